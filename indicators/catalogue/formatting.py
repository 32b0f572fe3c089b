"""How figures are spoken of: periods, numbers, units and changes in the reader's language."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.catalogue.breakdowns import parse_key
from indicators.models import Category, Indicator, Period
from indicators.vocabulary import MEANS, PeriodKind, Unit
from orgs.models import Territory
from orgs.numbers import write_number

Words = str | Promise

# "%(reported)s of %(expected)s ... reported" has to be a whole sentence for each kind: languages bend the words around the number.
REPORTED_BY: dict[str, Words] = {
    Territory.Kind.COUNTRY: gettext_lazy("%(reported)s of %(expected)s countries reported"),
    Territory.Kind.REGION: gettext_lazy("%(reported)s of %(expected)s regions reported"),
    Territory.Kind.PROVINCE: gettext_lazy("%(reported)s of %(expected)s provinces reported"),
    Territory.Kind.MUNICIPALITY: gettext_lazy("%(reported)s of %(expected)s municipalities reported"),
    Territory.Kind.DISTRICT: gettext_lazy("%(reported)s of %(expected)s districts reported"),
    Territory.Kind.NEIGHBOURHOOD: gettext_lazy("%(reported)s of %(expected)s neighbourhoods reported"),
    Territory.Kind.AREA: gettext_lazy("%(reported)s of %(expected)s areas reported"),
}

KINDS_PLURAL: dict[str, Words] = {
    Territory.Kind.COUNTRY: gettext_lazy("Countries"),
    Territory.Kind.REGION: gettext_lazy("Regions"),
    Territory.Kind.PROVINCE: gettext_lazy("Provinces"),
    Territory.Kind.MUNICIPALITY: gettext_lazy("Municipalities"),
    Territory.Kind.DISTRICT: gettext_lazy("Districts"),
    Territory.Kind.NEIGHBOURHOOD: gettext_lazy("Neighbourhoods"),
    Territory.Kind.AREA: gettext_lazy("Areas"),
    Territory.Kind.UNALLOCATED: gettext_lazy("Place not stated"),
}


BASE_BANDS = (50, 100, 500, 1_000, 10_000)

MEASURES = {
    Unit.AGREEMENTS,
    Unit.YEARS,
    Unit.DAYS,
    Unit.EUROS,
    Unit.EUROS_PER_MONTH,
    Unit.PER_100,
    Unit.PER_1000,
    Unit.PER_100000,
}
"""Units that are said after the number."""


QUARTERS: tuple[Words, ...] = (
    gettext_lazy("first quarter of %(year)s"),
    gettext_lazy("second quarter of %(year)s"),
    gettext_lazy("third quarter of %(year)s"),
    gettext_lazy("fourth quarter of %(year)s"),
)
QUARTERS_IN_SENTENCES: tuple[Words, ...] = (
    gettext_lazy("the first quarter of %(year)s"),
    gettext_lazy("the second quarter of %(year)s"),
    gettext_lazy("the third quarter of %(year)s"),
    gettext_lazy("the fourth quarter of %(year)s"),
)


def period_words(period: Period) -> str:
    """2017, December 2017, fourth quarter of 2017, second half of 2017, school year 2017/18, mean of 2015 to 2017."""
    if period.kind == PeriodKind.MONTH:
        return formats.date_format(period.starts_on, "YEAR_MONTH_FORMAT")
    if period.kind == PeriodKind.QUARTER:
        return str(QUARTERS[period.starts_on.month // 3]) % {"year": period.year}
    if period.kind == PeriodKind.HALF:
        half = _("first half of %(year)s") if period.starts_on.month == 1 else _("second half of %(year)s")
        return half % {"year": period.year}
    if period.kind in (PeriodKind.SCHOOL, PeriodKind.FISCAL):
        words = _("school year %(years)s") if period.kind == PeriodKind.SCHOOL else _("financial year %(years)s")
        return words % {"years": _years(period)}
    if period.kind in MEANS:
        return _("mean of %(first)s to %(last)s") % {"first": period.starts_on.year, "last": period.ends_on.year}
    return str(period.year)


def period_in_sentence(period: Period) -> str:
    """As `period_words`, with the article where languages want one: since the fourth quarter of 2017."""
    if period.kind == PeriodKind.QUARTER:
        return str(QUARTERS_IN_SENTENCES[period.starts_on.month // 3]) % {"year": period.year}
    if period.kind == PeriodKind.HALF:
        is_first = period.starts_on.month == 1
        half = _("the first half of %(year)s") if is_first else _("the second half of %(year)s")
        return half % {"year": period.year}
    if period.kind in (PeriodKind.SCHOOL, PeriodKind.FISCAL):
        is_school = period.kind == PeriodKind.SCHOOL
        words = _("the school year %(years)s") if is_school else _("the financial year %(years)s")
        return words % {"years": _years(period)}
    if period.kind in MEANS:
        return _("the mean of %(first)s to %(last)s") % {"first": period.starts_on.year, "last": period.ends_on.year}
    return period_words(period)


def _years(period: Period) -> str:
    return f"{period.starts_on.year}/{period.ends_on.year % 100:02d}"


def value_words(value: Decimal, indicator: Indicator, *, names_people: bool = False) -> str:
    """With its unit, but for scales, which are no measure; people are named where `names_people`: once in a sentence is enough."""
    number = write_number(value, indicator.decimals)
    if indicator.unit == Unit.PERCENT:
        return f"{number}%"
    has_unit = indicator.unit in MEASURES or (names_people and indicator.unit == Unit.COUNT and value != 1)
    return f"{number} {indicator.get_unit_display()}" if has_unit else number


def side_shown(difference: Decimal, indicator: Indicator) -> int:
    """1 for up, −1 for down, and 0 for what is rounded away: words, arrows and tones follow it alike."""
    shown = difference.quantize(Decimal(1).scaleb(-indicator.decimals), rounding=ROUND_HALF_UP)
    return (shown > 0) - (shown < 0)


def difference_words(difference: Decimal, indicator: Indicator) -> str:
    """The size of a difference: percentages differ by points."""
    amount = write_number(abs(difference), indicator.decimals)
    if indicator.unit == Unit.PERCENT:
        return _("%(number)s points") % {"number": amount}
    return f"{amount} {indicator.get_unit_display()}" if indicator.unit in MEASURES else amount


def change_words(difference: Decimal, before: Decimal, since: Period, indicator: Indicator, *, with_share: bool) -> str:
    """Such as “Down 6,190 (7.7%) since December 2016”; `with_share`: how much that is of what it was may be said."""
    parameters = {"amount": difference_words(difference, indicator), "period": period_in_sentence(since)}
    if not side_shown(difference, indicator):
        return _("Unchanged since %(period)s") % parameters
    if with_share:
        parameters["share"] = write_number(abs(difference) / abs(before) * 100, 1)
        if difference > 0:
            return _("Up %(amount)s (%(share)s%%) since %(period)s") % parameters
        return _("Down %(amount)s (%(share)s%%) since %(period)s") % parameters
    if difference > 0:
        return _("Up %(amount)s since %(period)s") % parameters
    return _("Down %(amount)s since %(period)s") % parameters


def past_change_words(difference: Decimal, since: Period, until: Period, indicator: Indicator) -> str:
    """Of figures that say nothing of today: such as “Down 6,190 from December 2016 to December 2017”."""
    parameters = {
        "amount": difference_words(difference, indicator),
        "since": period_in_sentence(since),
        "until": period_in_sentence(until),
    }
    if not side_shown(difference, indicator):
        return _("Unchanged from %(since)s to %(until)s") % parameters
    if difference > 0:
        return _("Up %(amount)s from %(since)s to %(until)s") % parameters
    return _("Down %(amount)s from %(since)s to %(until)s") % parameters


def base_words(base: Decimal | None) -> str:
    """Of how many people a figure is, in a band that gives no exact number away; "" where it is not known."""
    if base is None:
        return ""
    bounds = [bound for bound in BASE_BANDS if bound <= base]
    if not bounds:
        return _("fewer than %(number)s") % {"number": write_number(BASE_BANDS[0])}
    above = BASE_BANDS[len(bounds) :]
    if not above:
        return _("%(number)s or more") % {"number": write_number(bounds[-1])}
    return _("%(from)s to %(to)s") % {
        "from": write_number(bounds[-1]),
        "to": write_number(above[0] - 1),
    }


def names_of_groups(keys: Iterable[str], categories: Iterable[Category]) -> dict[str, str]:
    """{"sex=F": "Women", "age=Y0-4&sex=F": "0 to 4, Women"}; the categories come with their dimension."""
    by_code = {(category.dimension.code, category.code): category.name for category in categories}
    return {
        key: ", ".join(by_code.get(item, item[1]) for item in parse_key(key).items()) if key else _("All")
        for key in keys
    }
