"""How figures are spoken of: periods, numbers, units and changes in the reader's language."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Indicator, Period
from indicators.vocabulary import MEANS, Measure, PeriodKind, Unit
from orgs.models import Territory
from orgs.templatetags.portal import digits_shown

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


def period_words(period: Period) -> str:
    """2017, December 2017, quarter 4 of 2017, second half of 2017, school year 2017/18, mean of 2015 to 2017."""
    if period.kind == PeriodKind.MONTH:
        return formats.date_format(period.starts_on, "YEAR_MONTH_FORMAT")
    if period.kind == PeriodKind.QUARTER:
        quarter = (period.starts_on.month + 2) // 3
        return _("quarter %(quarter)s of %(year)s") % {"quarter": quarter, "year": period.year}
    if period.kind == PeriodKind.HALF:
        half = _("first half of %(year)s") if period.starts_on.month == 1 else _("second half of %(year)s")
        return half % {"year": period.year}
    if period.kind in (PeriodKind.SCHOOL, PeriodKind.FISCAL):
        years = f"{period.starts_on.year}/{period.ends_on.year % 100:02d}"
        words = _("school year %(years)s") if period.kind == PeriodKind.SCHOOL else _("financial year %(years)s")
        return words % {"years": years}
    if period.kind in MEANS:
        return _("mean of %(first)s to %(last)s") % {"first": period.starts_on.year, "last": period.ends_on.year}
    return str(period.year)


def number_words(value: Decimal, decimals: int) -> str:
    """A number as the reader writes it, without a minus sign that could be taken for a dash, and with no more digits than it has."""
    decimals = digits_shown(value, decimals)
    step = Decimal(1).scaleb(-decimals)
    rounded = value.quantize(step, rounding=ROUND_HALF_UP)
    text = formats.number_format(abs(rounded), decimal_pos=decimals, use_l10n=True, force_grouping=True)
    return f"−{text}" if rounded < 0 else text


def value_words(value: Decimal, indicator: Indicator) -> str:
    return number_words(value, indicator.decimals) + ("%" if indicator.unit == Unit.PERCENT else "")


def difference_words(difference: Decimal, indicator: Indicator) -> str:
    """The size of a difference: percentages differ by points."""
    amount = number_words(abs(difference), indicator.decimals)
    if indicator.unit == Unit.PERCENT:
        return _("%(number)s points") % {"number": amount}
    return amount


def change_words(difference: Decimal, before: Decimal, since: Period, indicator: Indicator) -> str:
    """Such as “Down 6,190 (7.7%) since December 2016”: counts also say how much that is of what it was."""
    parameters = {"amount": difference_words(difference, indicator), "period": period_words(since)}
    if not difference.quantize(Decimal(1).scaleb(-indicator.decimals), rounding=ROUND_HALF_UP):
        return _("Unchanged since %(period)s") % parameters
    if indicator.measure == Measure.COUNT and before:
        parameters["share"] = number_words(abs(difference) / abs(before) * 100, 1)
        if difference > 0:
            return _("Up %(amount)s (%(share)s%%) since %(period)s") % parameters
        return _("Down %(amount)s (%(share)s%%) since %(period)s") % parameters
    if difference > 0:
        return _("Up %(amount)s since %(period)s") % parameters
    return _("Down %(amount)s since %(period)s") % parameters
