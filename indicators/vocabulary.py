"""The words of the figures: closed lists that code and SQL depend on."""

from enum import IntFlag
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _
from psycopg2.sql import SQL, Composable, Composed, Literal


class Measure(models.TextChoices):
    COUNT = "count", _("count")
    RATIO = "ratio", _("ratio")
    MEAN = "mean", _("mean")
    SCORE = "score", _("score")


WITH_BASE = (Measure.RATIO, Measure.MEAN)
"""What is counted out of something. The others have no denominator, and are never divided or pooled by one."""

OVER_TERRITORIES = {
    Measure.COUNT: _("added up"),
    Measure.RATIO: _("numerators and denominators added up"),
    Measure.MEAN: _("mean, weighted by its base"),
    Measure.SCORE: _("not combined"),
}
"""How the rollup combines the parts of a place: by the measure alone, so that it is not stored a second time."""


PROTECTIONS = ((0, 1), (5, 5), (10, 5), (10, 10), (20, 10))
"""(smallest group shown, base of the rounding) as an indicator may have them; the first protects nothing. Each withstands the attacker of
tests/indicators/attack.py, over all of Berlin's origins and with all that is shown known to the last digit: offer none that was not tried."""


class Direction(models.TextChoices):
    UP = "up", _("higher is better")
    DOWN = "down", _("lower is better")
    CONTEXT = "context", _("context only")
    IDEAL = "ideal", _("nearer to an ideal value is better")


class Comparator(models.TextChoices):
    NONE = "none", _("nothing")
    HOST = "host", _("the host population")
    TERRITORY_MEAN = "territory_mean", _("the mean of the territories")
    POPULATION_SHARE = "population_share", _("the share in the population")
    NETWORK_MEAN = "network_mean", _("the mean of the network")
    TARGET = "target", _("a target")


class PopulationGroup(models.TextChoices):
    """Integration is two-way: some indicators are asked of the host society."""

    MIGRANTS = "migrants", _("migrants")
    HOST = "host", _("the host population")
    EVERYONE = "everyone", _("everyone")
    INSTITUTION = "institution", _("institutions")


class TimeOperator(models.TextChoices):
    SUM = "sum", _("sum")
    LAST = "last", _("last")
    POOLED = "pooled", _("pooled")
    MEAN = "mean", _("mean")
    NONE = "none", _("none")


class PeriodKind(models.TextChoices):
    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    HALF = "half", _("half-year")
    YEAR = "year", _("year")
    SCHOOL = "school", _("school year")
    FISCAL = "fiscal", _("financial year")
    YEARS_2 = "years2", _("mean over two years")
    YEARS_3 = "years3", _("mean over three years")
    YEARS_4 = "years4", _("mean over four years")
    YEARS_5 = "years5", _("mean over five years")


CALENDAR = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.HALF, PeriodKind.YEAR)
"""Each is made of whole ones before it, so that figures may be added up from one to the next. The other kinds stand beside them."""

MEANS = {PeriodKind.YEARS_2: 2, PeriodKind.YEARS_3: 3, PeriodKind.YEARS_4: 4, PeriodKind.YEARS_5: 5}
"""Kinds of which a figure is drawn from several years together, and from how many."""


class Unit(models.TextChoices):
    PERCENT = "percent", _("%")
    COUNT = "count", _("people")
    AGREEMENTS = "agreements", _("agreements")
    ENROLMENTS = "enrolments", _("enrolments")
    YEARS = "years", _("years")
    DAYS = "days", _("days")
    EUROS = "euros", _("euros")
    EUROS_PER_MONTH = "euros_month", _("euros a month")
    EUROS_M2 = "euros_m2", _("euros per m²")
    PER_100 = "per_100", _("per 100")
    PER_1000 = "per_1000", _("per 1,000")
    PER_100000 = "per_100000", _("per 100,000")
    INDEX_0_1 = "index_0_1", _("index from 0 to 1")
    INDEX_0_3 = "index_0_3", _("stage from 0 to 3")
    INDEX_0_4 = "index_0_4", _("stage from 0 to 4")
    INDEX_0_100 = "index_0_100", _("index from 0 to 100")
    INDEX_0_50_100 = "index_0_50_100", _("0, 50 or 100")
    MEAN_0_10 = "mean_0_10", _("from 0 to 10")
    RATIO = "ratio", _("ratio")


RANGE_OF_UNIT: dict[Unit, tuple[int, int | None]] = {
    Unit.PERCENT: (0, 100),
    Unit.COUNT: (0, None),
    Unit.AGREEMENTS: (0, None),
    Unit.ENROLMENTS: (0, None),
    Unit.YEARS: (0, None),
    Unit.DAYS: (0, None),
    Unit.EUROS: (0, None),
    Unit.EUROS_PER_MONTH: (0, None),
    Unit.EUROS_M2: (0, None),
    Unit.PER_100: (0, None),
    Unit.PER_1000: (0, None),
    Unit.PER_100000: (0, None),
    Unit.INDEX_0_1: (0, 1),
    Unit.INDEX_0_3: (0, 3),
    Unit.INDEX_0_4: (0, 4),
    Unit.INDEX_0_100: (0, 100),
    Unit.INDEX_0_50_100: (0, 100),
    Unit.MEAN_0_10: (0, 10),
    Unit.RATIO: (0, None),
}
"""The least and the most that a figure in the unit can be, None where there is no most. Places per 100 people may be more than 100."""

SHARES = (Unit.PERCENT, Unit.PER_100, Unit.PER_1000, Unit.PER_100000)
"""So many of so many."""

CURRENCY_OF_UNIT = {Unit.EUROS: "EUR", Unit.EUROS_PER_MONTH: "EUR", Unit.EUROS_M2: "EUR"}
"""A unit of money names its currency, by ISO 4217. Figures in another one are refused: rates of exchange are for the source to choose."""


class Status(models.TextChoices):
    """Of an observation. A cell has at most one approved and at most one pending row; the older ones are superseded."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    RETURNED = "returned", _("returned")
    APPROVED = "approved", _("approved")
    SUPERSEDED = "superseded", _("superseded")
    WITHDRAWN = "withdrawn", _("withdrawn")


PENDING = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED)


class Flag(IntFlag):
    """What a source says of a figure. A cell holds several at once, as one number: their sum.

    Qualities travel to whatever is added up from the cell. The two that say that there is no number do not: a cell with one of them has
    nothing to add. They stand highest, so that a comparison tells them from the others, and the planner has statistics for it.
    """

    ESTIMATED = 1
    BREAK = 2
    PROVISIONAL = 4
    UNRELIABLE = 8
    DEFINITION = 16
    NOT_APPLICABLE = 32
    MISSING = 64


NO_FLAG = Flag(0)
QUALITIES = Flag.ESTIMATED | Flag.BREAK | Flag.PROVISIONAL | Flag.UNRELIABLE | Flag.DEFINITION
NO_NUMBER = Flag.NOT_APPLICABLE
"""From here on a cell has no number: it cannot exist (a share of nobody), or nobody knows it. Neither is 0, and neither is added up."""
MOST_FLAGS = Flag.MISSING | QUALITIES
"""A cell is not both missing and not applicable."""

FLAG_CODES = {
    "estimated": Flag.ESTIMATED,
    "break": Flag.BREAK,
    "provisional": Flag.PROVISIONAL,
    "unreliable": Flag.UNRELIABLE,
    "definition": Flag.DEFINITION,
    "inapplicable": Flag.NOT_APPLICABLE,
    "missing": Flag.MISSING,
}
"""As mappings and files write them; several with a space between them."""

FLAG_LABELS = {
    Flag.ESTIMATED: _("estimated"),
    Flag.BREAK: _("break in series"),
    Flag.PROVISIONAL: _("provisional"),
    Flag.UNRELIABLE: _("unreliable"),
    Flag.DEFINITION: _("definition differs"),
    Flag.NOT_APPLICABLE: _("not applicable"),
    Flag.MISSING: _("missing"),
}


def flags_of(codes: str) -> Flag | None:
    """The flags that some codes with spaces between them stand for; None where one of them is not known."""
    flags = NO_FLAG
    for code in codes.split():
        if code not in FLAG_CODES:
            return None
        flags |= FLAG_CODES[code]
    return flags


def codes_of(flags: int) -> str:
    """The way back, in the order of FLAG_CODES."""
    return " ".join(code for code, flag in FLAG_CODES.items() if flags & flag)


def codes_in_sql(column: Composable) -> Composed:
    """SQL for `codes_of` a column."""
    each = (
        SQL("CASE WHEN {column} & {flag} > 0 THEN {code} END").format(
            column=column, flag=Literal(flag), code=Literal(code)
        )
        for code, flag in FLAG_CODES.items()
    )
    return SQL("concat_ws(' ', {each})").format(each=SQL(", ").join(each))


def flag_labels(flags: int) -> list[str]:
    """In words, in the reader's language."""
    return [str(label) for flag, label in FLAG_LABELS.items() if flags & flag]


class Judgement(NamedTuple):
    """What a flag leaves of a figure when it is held against another one (statistics, rule 9)."""

    back: bool
    """Compared with the figures before it: change, trend, finding, progress."""
    like_alone: bool
    """Compared with a figure without this flag: over time, and between places or groups."""
    tone: bool
    """Called better or worse, ranked, coloured or put at the head of a page."""


JUDGEMENT_OF_FLAG = {
    Flag.ESTIMATED: Judgement(back=True, like_alone=True, tone=True),
    Flag.BREAK: Judgement(back=False, like_alone=True, tone=True),
    Flag.PROVISIONAL: Judgement(back=True, like_alone=True, tone=True),
    Flag.UNRELIABLE: Judgement(back=True, like_alone=True, tone=False),
    Flag.DEFINITION: Judgement(back=True, like_alone=False, tone=True),
    Flag.NOT_APPLICABLE: Judgement(back=False, like_alone=False, tone=False),
    Flag.MISSING: Judgement(back=False, like_alone=False, tone=False),
}
"""The one table of what each flag means for comparison. Whatever a figure is flagged with is said beside it."""


def _denied(part: str) -> Flag:
    """The flags of which a part of their judgement is not allowed."""
    flags = NO_FLAG
    for flag, judgement in JUDGEMENT_OF_FLAG.items():
        if not getattr(judgement, part):
            flags |= flag
    return flags


_NOT_BACK, _NOT_LIKE, _NO_TONE = _denied("back") & QUALITIES, _denied("like_alone") & QUALITIES, _denied("tone")


def are_comparable_over_time(before: int, *after: int) -> bool:
    """Whether the last of some figures may be held against the first: `after` has the flags of all that lie between them, and of the last.

    What lies between counts, with a number or without: a break there parts the two.
    """
    last = after[-1] if after else before
    has_numbers = before < NO_NUMBER and last < NO_NUMBER
    return has_numbers and not any(flags & _NOT_BACK for flags in after) and before & _NOT_LIKE == last & _NOT_LIKE


def are_comparable_beside(*flags: int) -> bool:
    """Whether figures of one period, of several places or groups, may be held against each other."""
    return all(each < NO_NUMBER for each in flags) and (len(flags) < 2 or not any(each & _NOT_LIKE for each in flags))


def may_have_tone(*flags: int) -> bool:
    """Whether what is drawn from these figures may be called better or worse."""
    return not any(each & _NO_TONE for each in flags)


class Origin(models.TextChoices):
    REPORTED = "reported", _("reported by the source")
    CATEGORIES = "categories", _("added up from its groups")
    TERRITORIES = "territories", _("added up from its parts")
    PERIODS = "periods", _("drawn from shorter periods")
