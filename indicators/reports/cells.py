"""A small table of cells that a person fills in: which cells there are, and what was typed for each.

Blank means "not given" and is never 0. That there is no figure is a choice of its own.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from indicators.catalogue.breakdowns import ensure_breakdowns, key_of
from indicators.catalogue.formatting import period_words, value_words
from indicators.locks import Lock
from indicators.models import Breakdown, Category, Dimension, Indicator, Observation, Period, Release, ReleasedFigure
from indicators.vocabulary import NO_FLAG, PENDING, WITH_BASE, Flag, Measure
from orgs.locks import lock_until_commit
from orgs.models import Territory
from orgs.numbers import has_fraction, write_number

ONE_DAY = datetime.timedelta(days=1)
MOST_CELLS = 400
"""In one table. More is a file."""

Key = tuple[int, int, int, int]
"""Ids of indicator, period, territory and breakdown; where nobody has used the category yet, its own id below 0 instead of a breakdown's: no row
has such a one, and `with_breakdowns` makes it.
"""


@dataclass(frozen=True)
class ReportCell:
    """One place of the table."""

    indicator: Indicator
    period: Period
    territory: Territory
    breakdown_id: int
    group: str = ""
    """The category's name; "" for the total."""
    category_id: int = 0
    """0 for the total."""

    @property
    def key(self) -> Key:
        return self.indicator.pk, self.period.pk, self.territory.pk, self.breakdown_id

    @property
    def unused_key(self) -> Key:
        """What the key was before anybody used the category."""
        return self.indicator.pk, self.period.pk, self.territory.pk, -self.category_id

    @property
    def name(self) -> str:
        """In a form: the same before and after somebody first used the category."""
        return f"{self.indicator.pk}-{self.period.pk}-{self.territory.pk}-c{self.category_id}"

    @property
    def label(self) -> str:
        return f"{self.territory.local_name}, {self.group}" if self.group else self.territory.local_name

    @property
    def has_base(self) -> bool:
        return self.indicator.measure in WITH_BASE


@dataclass(frozen=True)
class Typed:
    """What a person said of a cell: a number (with its base for a ratio or a mean), or that there is none.

    A base of 0 says that there was nobody to count, so that a share or a mean is not applicable.
    """

    number: Decimal | None = None
    base: Decimal | None = None
    is_missing: bool = False

    @property
    def is_not_applicable(self) -> bool:
        return self.base == 0

    def fault(self, indicator: Indicator) -> tuple[str, str] | None:
        """What cannot be: the field ("n" or "b") and the sentence. What is only odd is for the quality rules."""
        if self.is_missing:
            if self.number is not None or self.base is not None:
                return "n", _("Give a number, or say that you have none; not both.")
            return None
        if self.number is None:
            return ("n", _("Enter the number, too.")) if self.base is not None else None
        if indicator.measure in (Measure.COUNT, Measure.RATIO) and self.number < 0:
            return "n", _("A number of people cannot be below 0.")
        if (indicator.is_whole or indicator.is_share_of_people) and has_fraction(self.number):
            return "n", _("Numbers of people have no decimals.")
        return self._fault_of_base(indicator) if indicator.measure in WITH_BASE else None

    def _fault_of_base(self, indicator: Indicator) -> tuple[str, str] | None:
        if self.base is None:
            return "b", _("Enter of how many, too.")
        if self.base < 0 or (self.base == 0 and self.number != 0):
            return "b", _("“Of how many” has to be more than 0. If there was nobody, enter 0 of 0.")
        if (indicator.measure == Measure.MEAN or indicator.is_share_of_people) and has_fraction(self.base):
            return "b", _("Numbers of people have no decimals.")
        return None

    def as_observation(self, indicator: Indicator) -> dict[str, Any]:
        """The columns of an observation: a mean is kept as its sum, so that it pools."""
        if self.is_missing or self.number is None:
            return {"numerator": None, "denominator": None, "value": None, "flags": Flag.MISSING}
        if self.is_not_applicable:
            return {"numerator": None, "denominator": None, "value": None, "flags": Flag.NOT_APPLICABLE}
        if indicator.measure == Measure.SCORE:
            return {"numerator": None, "denominator": None, "value": self.number, "flags": NO_FLAG}
        number = self.number
        if indicator.measure == Measure.MEAN and self.base is not None:
            number = round(number * self.base, 10)
        return {"numerator": number, "denominator": self.base, "value": None, "flags": NO_FLAG}

    @classmethod
    def of(cls, observation: Observation) -> "Typed":
        """The way back."""
        if observation.flags & Flag.MISSING:
            return cls(is_missing=True)
        if observation.flags & Flag.NOT_APPLICABLE:
            has_base = observation.indicator.measure in WITH_BASE
            return cls(number=Decimal(0) if has_base else None, base=Decimal(0))
        if observation.numerator is None:
            return cls(number=observation.value)
        if observation.indicator.measure == Measure.MEAN and observation.denominator:
            return cls(round(observation.numerator / observation.denominator, 6), observation.denominator)
        return cls(observation.numerator, observation.denominator)


Answers = Mapping[Key, Typed]


def refuse_faults(cells: Iterable[ReportCell], answers: Answers) -> None:
    """ValidationError for the first that cannot be, whoever typed it and wherever."""
    for cell in cells:
        fault = answers[cell.key].fault(cell.indicator) if cell.key in answers else None
        if fault:
            raise ValidationError(f"{cell.label}: {fault[1]}")


def cells_of(
    *,
    indicators: Iterable[Indicator],
    periods: Iterable[Period],
    territory: Territory,
    with_parts: bool = False,
    dimension: Dimension | None = None,
) -> list[ReportCell]:
    """Every cell of the table, in the order in which it is read, and no row is written. A place that did not exist in a period has none there.

    The groups are the largest ones of the dimension, and the total before them; an indicator that is not broken down so has its total.
    """
    parts = list(Territory.objects.filter(parent=territory).places().order_by("code")) if with_parts else []
    categories = list(Category.objects.filter(dimension=dimension, parent=None, is_part=True)) if dimension else []
    keys = {category.pk: key_of({dimension.code: category.code}) for category in categories} if dimension else {}
    ids = dict(Breakdown.objects.filter(key__in=["", *keys.values()]).values_list("key", "pk"))
    broken_down = set(dimension.indicators.values_list("pk", flat=True)) if dimension else set()
    return [
        ReportCell(indicator, period, place, breakdown, group, category)
        for indicator in indicators
        for period in periods
        for place in [territory, *parts]
        if place.valid_from <= period.ends_on and place.valid_to >= period.starts_on
        for breakdown, group, category in [
            (ids.get("", 0), "", 0),
            *(
                (ids.get(keys[category.pk], -category.pk), category.name, category.pk)
                for category in categories
                if indicator.pk in broken_down
            ),
        ]
    ]


def with_breakdowns(cells: Iterable[ReportCell], answers: Answers) -> tuple[list[ReportCell], dict[Key, Typed]]:
    """Both with the breakdowns that are there by now; those of answers are made. Within the transaction that keeps the answers."""
    said = [(cell, answers.get(cell.key, answers.get(cell.unused_key))) for cell in cells]
    unused = {cell.category_id for cell, _typed in said if cell.breakdown_id <= 0}
    if unused:
        categories = Category.objects.filter(pk__in=unused).select_related("dimension")
        keys = {0: ""} | {one.pk: key_of({one.dimension.code: one.code}) for one in categories}
        needed = {cell.category_id for cell, typed in said if typed is not None} & unused
        if needed:
            ensure_breakdowns(keys[category] for category in needed)
        known = dict(Breakdown.objects.filter(key__in=keys.values()).values_list("key", "pk"))
        found = {category: known[key] for category, key in keys.items() if key in known}
        said = [
            (replace(cell, breakdown_id=found.get(cell.category_id, cell.breakdown_id)), typed) for cell, typed in said
        ]
    return [cell for cell, _typed in said], {cell.key: typed for cell, typed in said if typed is not None}


def _matching(cells: Iterable[ReportCell], rows: QuerySet[Observation]) -> QuerySet[Observation]:
    cells = list(cells)
    return rows.filter(
        indicator__in={cell.indicator.pk for cell in cells},
        period__in={cell.period.pk for cell in cells},
        territory__in={cell.territory.pk for cell in cells},
        breakdown__in={cell.breakdown_id for cell in cells},
    ).select_related("indicator")


def key_of_row(row: Any) -> Key:
    return row.indicator_id, row.period_id, row.territory_id, row.breakdown_id


def approved(cells: Iterable[ReportCell]) -> dict[Key, Observation]:
    """What counts now."""
    return {key_of_row(row): row for row in _matching(cells, Observation.objects.approved())}


def pending(cells: Iterable[ReportCell]) -> dict[Key, Observation]:
    """What waits, whoever brought it in."""
    found = _matching(cells, Observation.objects.pending()).select_related("indicator", "batch__created_by")
    return {key_of_row(row): row for row in found}


def before(cells: Iterable[ReportCell], *, are_confidential: bool = False) -> dict[Key, str]:
    """In words, what the period before each cell's says: "2016: 1,234". As released, unless `are_confidential`: then as it counts."""
    cells = list(cells)
    kinds = {cell.period.kind for cell in cells}
    earlier = Period.objects.filter(kind__in=kinds, ends_on__in={cell.period.starts_on - ONE_DAY for cell in cells})
    by_kind = {(period.kind, period.ends_on): period for period in earlier}
    moved = {
        cell.key: replace(cell, period=period)
        for cell in cells
        if (period := by_kind.get((cell.period.kind, cell.period.starts_on - ONE_DAY))) is not None
    }
    if are_confidential:
        rows = approved(moved.values())
        said = {key: in_words(Typed.of(row), row.indicator) for key, row in rows.items()}
    else:
        said = released(moved.values())
    return {key: f"{period_words(cell.period)}: {said[cell.key]}" for key, cell in moved.items() if cell.key in said}


def released(cells: Iterable[ReportCell]) -> dict[Key, str]:
    """In words, what everybody may read of the cells: the figures of the current release, and that some are protected."""
    wanted = {cell.key: cell.indicator for cell in cells}
    current = Release.objects.current()
    if current is None or not wanted:
        return {}
    rows = ReleasedFigure.objects.filter(
        release=current,
        indicator__in={key[0] for key in wanted},
        period__in={key[1] for key in wanted},
        territory__in={key[2] for key in wanted},
        breakdown__in={key[3] for key in wanted},
    )
    said = {}
    for row in rows:
        indicator = wanted.get(key_of_row(row))
        if indicator is not None:
            said[key_of_row(row)] = row.get_state_display() if row.value is None else value_words(row.value, indicator)
    return said


def in_words(typed: Typed | None, indicator: Indicator) -> str:
    """What was said, with the figure that follows from it: "12 of 40 (30.0%)"."""
    if typed is None:
        return _("not given")
    if typed.is_not_applicable:
        return _("not applicable")
    if typed.is_missing or typed.number is None:
        return _("no figure")
    if indicator.measure == Measure.RATIO and typed.base:
        share = value_words(typed.number * indicator.factor / typed.base, indicator)
        return _("%(number)s of %(base)s (%(share)s)") % {
            "number": write_number(typed.number),
            "base": write_number(typed.base),
            "share": share,
        }
    if indicator.measure == Measure.MEAN and typed.base:
        return _("%(mean)s for %(base)s people") % {
            "mean": value_words(typed.number, indicator),
            "base": write_number(typed.base),
        }
    return write_number(typed.number)


def write_observations(*, batch_id: int, source_id: int, values: Mapping[Key, Mapping[str, Any]], status: str) -> None:
    """Makes `values` the batch's pending observations, in place of those that it had. What waits in a cell from elsewhere is superseded.

    Runs in a transaction; takes turns with the imports of the same indicators.
    """
    lock_until_commit(Lock.INDICATOR, *(key[0] for key in values))
    Observation.objects.filter(batch=batch_id, status__in=PENDING).delete()
    if not values:
        return
    others = Observation.objects.pending().filter(
        indicator__in={key[0] for key in values},
        period__in={key[1] for key in values},
        territory__in={key[2] for key in values},
        breakdown__in={key[3] for key in values},
    )
    waiting = [row.pk for row in others if key_of_row(row) in values]
    Observation.objects.filter(pk__in=waiting).update(status="superseded")
    Observation.objects.bulk_create(
        Observation(
            indicator_id=indicator,
            period_id=period,
            territory_id=territory,
            breakdown_id=breakdown,
            batch_id=batch_id,
            source_id=source_id,
            status=status,
            **columns,
        )
        for (indicator, period, territory, breakdown), columns in values.items()
    )


# --- The form ----------------------------------------------------------------------------------------------------------
