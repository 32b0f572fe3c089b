"""What of a release is wanted, read row by row by a cursor in the server, and the words that go with it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg2.sql import SQL, Composed, Identifier, Placeholder

from indicators.catalogue.breakdowns import parse_key
from indicators.models import Breakdown, Period, Release, ReleasedDimension, ReleasedFigure, ReleasedIndicator
from indicators.releases.changes import dimensions_now, disclosure_rule
from indicators.vocabulary import WITH_BASE, Flag
from orgs.models import Territory

BATCH = 2000
TOTAL = "_T"
State = ReleasedFigure.State

# SDMX's cross-domain code list CL_OBS_STATUS; JSON-stat and the tables say the same in their own ways.
STATUS_OF_STATE: dict[str, str] = {State.SUPPRESSED: "Q", State.MISSING: "O", State.NOT_APPLICABLE: "M"}
STATUS_OF_FLAG = {
    Flag.BREAK: "B",
    Flag.UNRELIABLE: "U",
    Flag.DEFINITION: "D",
    Flag.PROVISIONAL: "P",
    Flag.ESTIMATED: "E",
}
"""What weighs more for whoever compares comes first: some readers take one letter only."""
NORMAL = "A"

COLUMNS = (
    "indicator_id", "territory_id", "period_id", "breakdown_id", "state", "value", "step", "numerator", "denominator", "flags",
    "reporters", "expected", "periods_used", "periods_expected", "source_id",
)  # fmt: skip
ORDER = ("release_id", "indicator_id", "period_id", "breakdown_id")
ROWS = SQL("SELECT {columns} FROM indicators_releasedfigure WHERE {where} ORDER BY {order}")
COUNT = SQL("SELECT count(*) FROM (SELECT FROM indicators_releasedfigure WHERE {where} LIMIT %(enough)s) AS counted")
DISTINCT = SQL("SELECT DISTINCT {column} FROM indicators_releasedfigure WHERE {where} ORDER BY 1")


def _listed(columns: Iterable[str]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))


class TooMuchError(Exception):
    """More cells than the format can carry; `args[0]` is how many it can."""


class FigureRow(NamedTuple):
    """One cell of a release, as COLUMNS has it."""

    indicator: int
    territory: int
    period: int
    breakdown: int
    state: str
    value: Decimal | None
    step: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    flags: int
    reporters: int
    expected: int
    periods_used: int
    periods_expected: int
    source: int | None

    @property
    def flag_letters(self) -> str:
        """Of all its flags, as Eurostat writes them: "BU"."""
        return "".join(letter for flag, letter in STATUS_OF_FLAG.items() if self.flags & flag)

    @property
    def statuses(self) -> str:
        """The letter of its state, where there is no number, and those of its flags; NORMAL where it has neither."""
        return STATUS_OF_STATE.get(self.state, "") + self.flag_letters or NORMAL

    @property
    def obs_status(self) -> str:
        """The one letter of them that weighs most."""
        return self.statuses[0]


class PlaceNames(NamedTuple):
    scheme: str
    code: str
    name: str


@dataclass(frozen=True)
class Contents:
    """A release, or what of it is wanted: an indicator, a territory (the one place), a period."""

    release: Release
    indicator: ReleasedIndicator | None = None
    territory: Territory | None = None
    period: Period | None = None

    @property
    def is_whole(self) -> bool:
        return not (self.indicator or self.territory or self.period)

    # --- Figures ---

    @property
    def where(self) -> tuple[Composed, dict[str, Any]]:
        """The condition in SQL and its parameters."""
        wanted = {
            "release_id": self.release.pk,
            "indicator_id": self.indicator.indicator_id if self.indicator else None,
            "territory_id": self.territory.pk if self.territory else None,
            "period_id": self.period.pk if self.period else None,
        }
        known = {name: value for name, value in wanted.items() if value is not None}
        each = (SQL("{column} = {value}").format(column=Identifier(name), value=Placeholder(name)) for name in known)
        return SQL(" AND ").join(each), known

    def rows(self) -> Iterator[FigureRow]:
        """In the order of an index, so that the first come at once; at no time more than BATCH of them are in memory."""
        where, parameters = self.where
        order = ORDER if self.territory else (*ORDER, "territory_id")
        statement = ROWS.format(columns=_listed(COLUMNS), where=where, order=_listed(order))
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute(statement, parameters)
            while batch := cursor.fetchmany(BATCH):
                yield from map(FigureRow._make, batch)

    def refuse_above(self, most: int) -> None:
        """Raises TooMuchError where there are more cells."""
        where, parameters = self.where
        with connection.cursor() as cursor:
            cursor.execute(COUNT.format(where=where), {**parameters, "enough": most + 1})
            if cursor.fetchone()[0] > most:
                raise TooMuchError(most)

    def distinct(self, column: str) -> list[int]:
        """The ids that occur in one of the columns."""
        where, parameters = self.where
        with connection.cursor() as cursor:
            cursor.execute(DISTINCT.format(column=Identifier(column), where=where), parameters)
            return [row[0] for row in cursor.fetchall()]

    # --- What the ids mean ---

    @cached_property
    def indicators(self) -> dict[int, ReleasedIndicator]:
        found = [self.indicator] if self.indicator else self.release.indicators.all()
        return {one.indicator_id: one for one in found}

    @cached_property
    def places(self) -> dict[int, PlaceNames]:
        found = Territory.objects.filter(pk=self.territory.pk) if self.territory else Territory.objects.all()
        return {pk: PlaceNames(*rest) for pk, *rest in found.values_list("pk", "scheme__code", "code", "name")}

    @cached_property
    def periods(self) -> dict[int, Period]:
        return Period.objects.in_bulk([self.period.pk] if self.period else None)

    @cached_property
    def dimensions(self) -> list[ReleasedDimension]:
        """The standard ones when it was made, whether or not something is broken down by them: so columns do not come and go. Releases that
        keep none have those of today."""
        return list(self.release.dimensions.all()) or dimensions_now(self.release)

    @cached_property
    def groups(self) -> dict[int, list[str]]:
        """For each breakdown the category in each dimension, TOTAL where it is not broken down by it."""
        return {
            pk: [parts.get(dimension.code, TOTAL) for dimension in self.dimensions]
            for pk, parts in ((pk, parse_key(key)) for pk, key in Breakdown.objects.values_list("pk", "key"))
        }

    @cached_property
    def sources(self) -> dict[int, dict[str, Any]]:
        return {source["id"]: source for indicator in self.indicators.values() for source in indicator.sources}

    # --- What one has to know ---

    @property
    def title(self) -> str:
        names = [self.indicator.name] if self.indicator else [_("Figures on integration")]
        names += [self.territory.name] if self.territory else []
        names += [self.period.code] if self.period else []
        return ", ".join(names)

    @property
    def date(self) -> str:
        """In ISO 8601."""
        assert self.release.published_at is not None
        return self.release.published_at.date().isoformat()

    @property
    def suppression_note(self) -> str:
        return _(
            "Figures about very small groups are suppressed because they could identify people. Some others are suppressed too, "
            "so that nobody can work out the first by subtraction. Suppressed, missing, not applicable and 0 are four different "
            "things."
        )

    def rule_of(self, indicator: ReleasedIndicator) -> str:
        threshold, base = disclosure_rule(indicator)
        if threshold == 0:
            return _("Nothing is suppressed or rounded: the source has published these figures.")
        rule = ngettext(
            "Groups of fewer than %(count)s person are suppressed.",
            "Groups of fewer than %(count)s people are suppressed.",
            threshold,
        ) % {"count": threshold}
        rounding = _("Counts are rounded to %(base)s.") % {"base": base} if base > 1 else ""
        return " ".join(text for text in (rule, rounding, self._rule_of_values(indicator)) if text)

    def _rule_of_values(self, indicator: ReleasedIndicator) -> str:
        if indicator.measure not in WITH_BASE:
            return ""
        return _(
            "Values are calculated from the unrounded numbers and then rounded to the step given beside them: the larger "
            "the base, the finer the step. Numerators are not published."
        )

    @property
    def metadata(self) -> list[tuple[str, str]]:
        """Label and text, in the reader's language."""
        assert self.release.published_at is not None
        lines = [
            (_("Title"), self.title),
            (_("Release"), str(self.release.pk)),
            (_("Published on"), date_format(self.release.published_at, "DATE_FORMAT")),
            (_("Note"), self.release.note or "–"),
            (_("Indicator"), self.indicator.code if self.indicator else _("all")),
            (_("Territory"), str(self.territory.code) if self.territory else _("all")),
            (_("Period"), self.period.code if self.period else _("all")),
            (_("On suppression"), self.suppression_note),
            (_("Status"), "; ".join(f"{state.value}: {state.label}" for state in State)),
        ]
        for source in self.sources.values():
            words = [name_of(source), source["publisher"], source["licence"] or _("licence not stated"), source["url"]]
            lines.append((_("Source and licence"), "; ".join(word for word in words if word)))
        for indicator in self.indicators.values():
            definition = " ".join(f"{indicator.name}. {indicator.definition}".split())
            lines.append((_("Definition of %(code)s") % {"code": indicator.code}, definition))
            lines.append((_("Disclosure rule of %(code)s") % {"code": indicator.code}, self.rule_of(indicator)))
        return lines


def name_of(source: Mapping[str, Any]) -> str:
    """What a source is called; one that is made up says so wherever its name goes."""
    name = str(source["name"])
    return _("%(name)s (sample, made up)") % {"name": name} if source.get("is_sample") else name


def plain(number: Decimal | None) -> str:
    """Digits without an exponent and without idle zeros; "" for none."""
    if number is None:
        return ""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
