"""Findings of the quality rules in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.breakdowns import parse_key
from indicators.catalogue.formatting import names_of_groups, period_words, value_words
from indicators.models import Breakdown, Category, Finding, ImportBatch, ImportChange, Indicator, QualityRule
from indicators.vocabulary import Measure
from orgs.numbers import has_fraction, write_number

MOST_CHANGES = 20
"""The largest are written down; how many there are in all, the batch says."""

Code = QualityRule.Code


class FindingMessage(NamedTuple):
    """A finding in the reader's language, with the address of its cell."""

    finding: Finding
    sentence: str
    url: str


def tell(findings: Iterable[Finding]) -> list[FindingMessage]:
    """Sentences for findings, in two queries however many there are. Select their cells with `with_cells` first."""
    findings = list(findings)
    breakdowns = {
        row.pk: row.key
        for row in Breakdown.objects.filter(
            pk__in={finding.breakdown_id for finding in findings}
            | {finding.other_breakdown_id for finding in findings if finding.other_breakdown_id}
        )
    }
    keys = set(breakdowns.values())
    dimensions = {dimension for key in keys for dimension in parse_key(key)}
    dimensions |= {finding.detail for finding in findings if finding.rule == Code.PARTS_DIFFER}
    categories = list(Category.objects.filter(dimension__code__in=dimensions).select_related("dimension"))
    groups = {**names_of_groups(keys, categories), "": _("everybody")}
    names = {category.dimension.code: category.dimension.name for category in categories}
    return [
        FindingMessage(
            finding,
            _sentence(finding, {pk: groups[key] for pk, key in breakdowns.items()}, names),
            figure_url(finding.indicator, finding.territory, finding.period, breakdowns[finding.breakdown_id]),
        )
        for finding in findings
    ]


class Replacement(NamedTuple):
    """A value that a batch replaces, in the reader's language. `words` of what it says of the cell instead."""

    row: ImportChange
    group: str
    period: str
    before: str
    after: str
    difference: str


def changes_of(batch: ImportBatch) -> list[Replacement]:
    """The largest changes that the batch would make, or has made: those of its first indicator before those of others."""
    rows = list(
        ImportChange.objects.filter(batch=batch).select_related("indicator", "period", "territory__scheme", "breakdown")
    )
    keys = {row.breakdown.key for row in rows}
    dimensions = {dimension for key in keys for dimension in parse_key(key)}
    groups = names_of_groups(keys, Category.objects.filter(dimension__code__in=dimensions).select_related("dimension"))
    return [
        Replacement(
            row,
            groups[row.breakdown.key],
            period_words(row.period),
            _number_or_none(row.before, row.indicator),
            _number_or_none(row.after, row.indicator),
            change_words(row.before, row.after),
        )
        for row in rows
    ]


def _number_or_none(value: Decimal | None, indicator: Indicator) -> str:
    return _("no figure") if value is None else _amount(value, indicator)


def change_words(before: Decimal | None, after: Decimal | None) -> str:
    """−96 %, where both are there and the first is not 0."""
    if before is None or after is None or not before:
        return ""
    percent = (after - before) * 100 / abs(before)
    shown = write_number(percent, 0 if abs(percent) >= 10 else 1, has_plus=True)
    return _("%(change)s %%") % {"change": shown}


CELL_ROWS = ("indicator", "period", "territory__scheme", "other_period", "accepted_by")


def _sentence(finding: Finding, groups: dict[int, str], dimensions: dict[str, str]) -> str:
    indicator = finding.indicator
    group = groups[finding.breakdown_id]
    words: dict[str, Any] = {
        "group": group[:1].upper() + group[1:],
        "place": finding.territory.local_name,
        "period": period_words(finding.period),
        "indicator": indicator.name,
        "amount": _amount(finding.amount, indicator),
        "other": "" if finding.other is None else _amount(finding.other, indicator),
        "whole": groups.get(finding.other_breakdown_id or 0, ""),
        "before": period_words(finding.other_period) if finding.other_period else "",
    }
    where = _("%(indicator)s. %(group)s in %(place)s in %(period)s") % words
    match finding.rule:
        case Code.PART_OVER_WHOLE:
            text = _("%(amount)s, more than %(whole)s: %(other)s.") % _people(words, finding)
        case Code.PART_OVER_BASE:
            text = _("the numerator is %(amount)s, more than the denominator: %(other)s.") % _people(words, finding)
        case Code.SHARE_OVER_100:
            text = _("%(amount)s, and a share cannot be more than 100%%.") % words
        case Code.OUTSIDE_RANGE:
            words["unit"] = indicator.get_unit_display()
            if finding.amount < (finding.other or 0):
                text = _("%(amount)s, and in this unit (%(unit)s) a figure cannot be less than %(other)s.") % words
            else:
                text = _("%(amount)s, and in this unit (%(unit)s) a figure cannot be more than %(other)s.") % words
        case Code.FRACTION:
            words["amount"] = write_number(finding.amount, 3)
            words["hundredfold"] = _amount(finding.amount * 100, indicator)
            text = _("%(amount)s looks like a fraction. Is %(hundredfold)s meant?") % words
        case Code.NOT_ENDED:
            text = _("%(amount)s, though the period has not ended.") % words
        case Code.PARTS_DIFFER if finding.detail == "territory":
            text = _("%(amount)s, and its parts add up to %(other)s.") % words
        case Code.PARTS_DIFFER:
            words["dimension"] = dimensions.get(finding.detail, finding.detail)
            text = _("%(amount)s, and the groups of “%(dimension)s” add up to %(other)s.") % words
        case Code.JUMP:
            text = _("%(amount)s, after %(other)s in %(before)s.") % words
        case Code.GAP:
            return (
                _("%(indicator)s. %(place)s has figures for %(before)s and for %(period)s, and none between them.")
                % words
            )
        case _ if finding.detail == "territory":
            text = _("%(amount)s, far from the places beside it: half of them are below %(other)s.") % words
        case _:
            text = _("%(amount)s, far from all other periods: half of them are below %(other)s.") % words
    return f"{where}: {text}"


def _amount(value: Decimal, indicator: Indicator) -> str:
    if indicator.measure == Measure.COUNT and not has_fraction(value):
        return write_number(value, 0)
    return value_words(value, indicator)


def _people(words: dict[str, Any], finding: Finding) -> dict[str, Any]:
    """These two hold people against people, whatever the indicator's unit."""
    assert finding.other is not None
    return {**words, "amount": write_number(finding.amount, 0), "other": write_number(finding.other, 0)}


SHOWN = 20
"""Of one rule. The rest is counted."""


@dataclass(frozen=True)
class FindingGroup:
    """The findings of one rule in a batch: those that are open first."""

    code: str
    label: str
    open: int
    accepted: int
    told: list[FindingMessage]

    @property
    def hidden(self) -> int:
        return self.open + self.accepted - len(self.told)


def groups_of(batch: ImportBatch) -> list[FindingGroup]:
    """The findings of a batch by rule, in the order of the rules."""
    counted = Finding.objects.filter(batch=batch).order_by().values("rule")
    counted = counted.annotate(all=Count("pk"), accepted=Count("accepted_at"))
    counts = {row["rule"]: (row["all"], row["accepted"]) for row in counted}
    place = Window(RowNumber(), partition_by="rule", order_by=[F("accepted_at").desc(nulls_first=True), F("pk").asc()])
    first = Finding.objects.filter(batch=batch).annotate(place=place).filter(place__lte=SHOWN)
    by_rule: dict[str, list[FindingMessage]] = {}
    for told in tell(first.select_related(*CELL_ROWS).order_by("rule", "place")) if counts else []:
        by_rule.setdefault(told.finding.rule, []).append(told)
    return [
        FindingGroup(code, str(label).capitalize(), counts[code][0] - counts[code][1], counts[code][1], by_rule[code])
        for code, label in Code.choices
        if code in counts
    ]
