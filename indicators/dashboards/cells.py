"""Reading figures, released or true, as plain cells, and lining them up into series over time."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from indicators.catalogue.periods import SUFFIXES
from indicators.models import Figure, Indicator, Period, ReleasedFigure
from indicators.vocabulary import MEANS, QUALITIES, Flag, PeriodKind, flag_labels

MONTHS_OF = {
    PeriodKind.MONTH: 1,
    PeriodKind.QUARTER: 3,
    PeriodKind.HALF: 6,
    PeriodKind.YEAR: 12,
    PeriodKind.SCHOOL: 12,
    PeriodKind.FISCAL: 12,
    **{kind: 12 * years for kind, years in MEANS.items()},
}
"""How long a period is."""

SHARED_COLUMNS = (
    "indicator_id", "territory_id", "period_id", "breakdown__key", "numerator", "denominator", "value", "flags", "origin",
    "reporters", "expected", "periods_used", "periods_expected", "oldest_input_at", "source_id",
)  # fmt: skip

NOTHING = (ReleasedFigure.State.MISSING.value, ReleasedFigure.State.NOT_APPLICABLE.value)


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: `state` is "" where there is a number, else "suppressed", "missing" or "not_applicable"."""

    indicator_id: int
    territory_id: int
    period: Period
    key: str
    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    """In the indicator's unit."""
    flags: int
    """The sum of them (`vocabulary.Flag`)."""
    origin: str
    reporters: int
    expected: int
    periods_used: int
    periods_expected: int
    oldest_input_at: datetime.datetime
    source_id: int | None
    state: str
    step: Decimal | None = None
    """The value is rounded to a multiple of this, in the indicator's unit; None where it is exact."""

    @property
    def margin(self) -> Decimal:
        """How far the true value may be from this one, in the indicator's unit: what disclosure control may have moved."""
        return (self.step or Decimal(0)) / 2

    @property
    def is_missing(self) -> bool:
        return self.state == "missing"

    @property
    def has_nothing(self) -> bool:
        """Nothing was counted: missing, or it cannot be. A protected figure has something."""
        return self.state in NOTHING

    @property
    def flag_words(self) -> str:
        """All that is said beside the number, or beside the state that stands in its place."""
        labels = flag_labels(self.flags & QUALITIES)
        return ", ".join(labels if self.state or self.is_whole else [*labels, _("partial")])

    @property
    def has_all_reporters(self) -> bool:
        """All who should have reported did."""
        return self.reporters >= self.expected

    @property
    def has_all_periods(self) -> bool:
        """All of the shorter periods that it is drawn from are there."""
        return self.periods_used >= self.periods_expected

    @property
    def is_whole(self) -> bool:
        return self.has_all_reporters and self.has_all_periods

    @property
    def has_parts(self) -> bool:
        """It may be pooled: its base is there, and its numerator, or a value from which that follows as near as may be."""
        return self.denominator is not None and self.value is not None


def read_released(rows: QuerySet[ReleasedFigure]) -> list[Cell]:
    """What the public may read."""
    found = list(rows.values_list(*SHARED_COLUMNS, "state", "step"))
    return _cells((row[:-2], "" if row[-2] == ReleasedFigure.State.SHOWN else row[-2], row[-1]) for row in found)


def read_confidential(rows: QuerySet[Figure]) -> list[Cell]:
    """The figures themselves, for those who keep them."""
    found = list(rows.values_list(*SHARED_COLUMNS))
    return _cells((row, state_of(row[7]), None) for row in found)


def state_of(flags: int) -> str:
    """The state of a figure before disclosure control; "" where it has a number."""
    if flags >= Flag.MISSING:
        return ReleasedFigure.State.MISSING.value
    return ReleasedFigure.State.NOT_APPLICABLE.value if flags >= Flag.NOT_APPLICABLE else ""


def _cells(rows: Iterable[tuple[tuple[Any, ...], str, Decimal | None]]) -> list[Cell]:
    held = list(rows)
    periods = Period.objects.in_bulk({row[2] for row, _state, _step in held})
    names = [field.name for field in fields(Cell)][: len(SHARED_COLUMNS)]
    cells = []
    for row, state, step in held:
        known = dict(zip(names, row, strict=True))
        known |= {
            "period": periods[row[2]],
            "state": state,
            "step": step,
            "value": with_digits_of(step, known["value"]),
        }
        cells.append(Cell(**known))
    return cells


def with_digits_of(step: Decimal | None, value: Decimal | None) -> Decimal | None:
    """A value with no more digits than its step: 29.2 to 0.2, 30 to 5. They go with it into all that is made of it."""
    if step is None or value is None:
        return value
    return value.quantize(Decimal(1).scaleb(min(step.adjusted(), 0)), rounding=ROUND_HALF_UP)


def pooled_step(base: Decimal, base_error: Decimal, numerator_error: Decimal, spread: Decimal) -> Decimal | None:
    """How precise a pooled value is, as `Cell.step`, where its parts come from rounded values and bases.

    base: of all together. base_error: by how much that may be off. numerator_error: the sum of each (base + its error) × half its step.
    spread: from the lowest value to the highest. For true bases d and values v beside the pooled V, sum d (v - V) / sum d is the error:
    each value is off by half its step at most, and the weights, which are off by base_error, matter as far as values differ.
    """
    if not base_error and not numerator_error:
        return None
    return round(2 * (numerator_error + base_error * spread) / (base - base_error), 10) or None


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a time line; without a cell there is nothing known of that period."""

    period: Period
    cell: Cell | None

    @property
    def value(self) -> Decimal | None:
        return self.cell.value if self.cell else None

    @property
    def state(self) -> str:
        return self.cell.state if self.cell else "missing"

    @property
    def flag(self) -> str:
        return self.cell.flag_words if self.cell else ""


@dataclass(frozen=True)
class Series:
    """The figures of one group over all periods from the first to the last, gaps included."""

    points: list[Point]

    def __bool__(self) -> bool:
        return any(point.state != "missing" for point in self.points)

    @property
    def latest(self) -> Point | None:
        """The newest point at which something is known, be it that it is protected."""
        return next((point for point in reversed(self.points) if point.state != "missing"), None)

    @cached_property
    def by_start(self) -> dict[datetime.date, Point]:
        return {point.period.starts_on: point for point in self.points}

    def at(self, period: Period) -> Point | None:
        return self.by_start.get(period.starts_on)

    def before(self, point: Point, months: int) -> Point | None:
        """The point that lies so many months back."""
        return self.by_start.get(months_later(point.period.starts_on, -months))

    @property
    def values(self) -> list[Decimal | None]:
        return [point.value for point in self.points]


def make_series(cells: Iterable[Cell], periods: list[Period]) -> Series:
    by_period = {cell.period.code: cell for cell in cells}
    return Series([Point(period, by_period.get(period.code)) for period in periods])


def kind_to_show(cells: Iterable[Cell], indicator: Indicator) -> str:
    """How often the indicator is reported, if it was, else the shortest periods that there are."""
    kinds = {cell.period.kind for cell in cells if not cell.is_missing}
    if not kinds or indicator.frequency in kinds:
        return indicator.frequency
    return min(kinds, key=lambda kind: MONTHS_OF[PeriodKind(kind)])


def time_line(cells: Iterable[Cell], kind: str) -> list[Period]:
    """Every period of the kind from the first to the last of the cells.

    Means over several years may follow each other year by year or end to end: in the shortest step that the cells have.
    """
    starts = sorted({cell.period.starts_on for cell in cells if cell.period.kind == kind})
    if not starts:
        return []
    first, last, step = starts[0], starts[-1], MONTHS_OF[PeriodKind(kind)]
    if kind in MEANS and len(starts) > 1:
        step = min(12 * (after.year - before.year) for before, after in pairwise(starts))
    periods = []
    while first <= last:
        periods.append(period_at(first, kind))
        first = months_later(first, step)
    return periods


def period_at(starts_on: datetime.date, kind: str) -> Period:
    """The period as indicators_period has it, without asking the database for the gaps."""
    year, month = starts_on.year, starts_on.month
    code = {
        PeriodKind.YEAR: f"{year}",
        PeriodKind.HALF: f"{year}-S{1 if month < 7 else 2}",
        PeriodKind.QUARTER: f"{year}-Q{(month + 2) // 3}",
        PeriodKind.MONTH: f"{year}-{month:02}",
        **{beside: f"{year}{suffix}" for beside, suffix in SUFFIXES.items()},
    }[PeriodKind(kind)]
    ends_on = months_later(starts_on, MONTHS_OF[PeriodKind(kind)]) - datetime.timedelta(days=1)
    return Period(code=code, kind=kind, year=year, starts_on=starts_on, ends_on=ends_on)


def months_later(day: datetime.date, months: int) -> datetime.date:
    place = day.year * 12 + day.month - 1 + months
    return datetime.date(place // 12, place % 12 + 1, day.day)
