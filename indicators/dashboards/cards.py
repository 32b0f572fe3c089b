"""What a page says of one indicator in one territory: its latest figure, how it moves, the gap, the groups, how whole and how old."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.breakdowns import parse_key
from indicators.dashboards.cells import MONTHS_OF, Cell, Point, Series, kind_to_show, make_series, time_line
from indicators.dashboards.chart_file import ChartSeries
from indicators.dashboards.gap import GAP_KEYS, HOST, Gap, gap_of
from indicators.dashboards.words import (
    REPORTED_BY,
    change_words,
    difference_words,
    number_words,
    period_words,
    value_words,
)
from indicators.models import Category, Indicator, Period, Source
from indicators.vocabulary import Direction, Flag, Measure, Origin, PeriodKind, Unit
from orgs.models import Territory

TOTAL = ""
SEXES = ("sex=F", "sex=M")
CARD_KEYS = (TOTAL, *SEXES, *GAP_KEYS)
"""The breakdowns that a card shows."""

LONGEST_CHART = 60


def figure_url(indicator: Indicator, territory: Territory, period: Period, key: str = TOTAL) -> str:
    """The page that shows what is behind a number."""
    is_of_then = territory.valid_from <= period.ends_on <= territory.valid_to
    code = territory.code if is_of_then else territory.address_code
    url = reverse("indicators:figure", args=[indicator.code, territory.scheme.code, code, period.code])
    return f"{url}?breakdown={key.replace('&', '%26')}" if key else url


@dataclass(frozen=True)
class Change:
    """Between two periods. `progress` follows the indicator's direction: better, worse, same, or "" where it has none."""

    since: Period
    difference: Decimal | None
    progress: str
    words: str


@dataclass(frozen=True)
class Coverage:
    """How whole a figure is."""

    reported: int
    expected: int
    periods_used: int
    periods_expected: int
    words: str

    @property
    def is_partial(self) -> bool:
        return self.reported < self.expected or self.periods_used < self.periods_expected


@dataclass(frozen=True)
class GroupFigure:
    """One group of a breakdown beside the others."""

    key: str
    name: str
    cell: Cell
    url: str
    share: Decimal | None
    """Of the total in per cent, for what adds up."""


@dataclass(frozen=True)
class Card:
    """One indicator in one territory. `cells` hold the latest period of each group, `series` each group over time."""

    indicator: Indicator
    territory: Territory
    kind: str
    series: Mapping[str, Series]
    groups_by_key: Mapping[str, str]
    kinds_below: Mapping[str, int]
    sources: list[Source] = field(default_factory=list)

    @property
    def total(self) -> Series:
        return self.series[TOTAL]

    @cached_property
    def latest(self) -> Point:
        point = self.total.latest or self.total.points[-1]
        return point

    @property
    def cell(self) -> Cell:
        cell = self.latest.cell
        assert cell is not None  # `make_card` gives no card without one.
        return cell

    @property
    def url(self) -> str:
        return figure_url(self.indicator, self.territory, self.latest.period)

    @property
    def period(self) -> str:
        return period_words(self.latest.period)

    @property
    def unit(self) -> str:
        return str(self.indicator.get_unit_display())

    @property
    def short_unit(self) -> str:
        """Without "people", which the indicator's name says already."""
        return "" if self.indicator.unit == Unit.COUNT else self.unit

    @property
    def spark(self) -> list[Decimal | None]:
        return self.total.values[-LONGEST_CHART:] if len(self.total.points) > 1 else []

    @property
    def newer_missing(self) -> str:
        """The period after the latest known one for which the source says that it has no figure."""
        newest = self.total.points[-1]
        return (
            period_words(newest.period)
            if newest.cell is not None and newest.period.code != self.latest.period.code
            else ""
        )

    @cached_property
    def changes(self) -> list[Change]:
        """Since the same time of the year before, where figures come more than once a year, and since the period before."""
        months = MONTHS_OF[PeriodKind(self.kind)]
        steps = [months] if months == 12 else [12, months]
        found = (self.change_since(self.total.before(self.latest, step)) for step in steps)
        return [change for change in found if change]

    @property
    def change(self) -> Change | None:
        return next(iter(self.changes), None)

    def change_since(self, before: Point | None) -> Change | None:
        now = self.latest
        if before is None or before.value is None or now.value is None:
            return None
        if self._is_broken(before, now):
            words = _("Cannot be compared with %(period)s: the series has a break") % {
                "period": period_words(before.period)
            }
            return Change(before.period, None, "", words)
        difference = now.value - before.value
        words = change_words(difference, before.value, before.period, self.indicator)
        return Change(before.period, difference, progress(self.indicator, before.value, now.value), words)

    def _is_broken(self, before: Point, now: Point) -> bool:
        return any(
            point.cell is not None and point.cell.flags & Flag.BREAK
            for point in self.total.points
            if before.period.starts_on < point.period.starts_on <= now.period.starts_on
        )

    @cached_property
    def gap(self) -> Gap | None:
        """Of the newest period in which both groups are there."""
        for period in reversed([point.period for point in self.total.points]):
            cells = {key: point.cell for key in GAP_KEYS if (point := self.at(key, period)) and point.cell}
            gap = gap_of(self.indicator, cells)
            if gap:
                return gap
        return None

    def at(self, key: str, period: Period) -> Point | None:
        return self.series[key].at(period) if key in self.series else None

    @cached_property
    def sexes(self) -> list[GroupFigure]:
        """Women and men in the latest period, where both were counted apart."""
        found = self.groups(SEXES)
        return found if len(found) == len(SEXES) else []

    def groups(self, keys: Iterable[str]) -> list[GroupFigure]:
        figures = []
        for key in keys:
            point = self.at(key, self.latest.period)
            if point is None or point.cell is None:
                continue
            figures.append(
                GroupFigure(
                    key,
                    self.groups_by_key[key],
                    point.cell,
                    figure_url(self.indicator, self.territory, self.latest.period, key),
                    share_of(self.indicator, point.cell, self.latest.cell),
                )
            )
        return figures

    @cached_property
    def coverage(self) -> Coverage:
        return coverage_of(self.cell, self.kinds_below)

    @property
    def is_old(self) -> bool:
        """A figure is due a year after its period ended; more than another such period without it is late."""
        due = self.latest.period.ends_on + datetime.timedelta(days=365 + 31 * MONTHS_OF[PeriodKind(self.kind)])
        return due < datetime.date.today()  # noqa: DTZ011 - a day more or less is no matter

    @cached_property
    def chart(self) -> dict[str, Any]:
        """What templates/components/chart.html draws."""
        keys = self.chart_keys
        points = self.total.points[-LONGEST_CHART:]
        rows = [
            {
                "label": period_words(point.period),
                "cells": [
                    {
                        "value": one.value if one else None,
                        "state": one.state if one else "missing",
                        "flag": one.flag if one else "",
                        "url": figure_url(self.indicator, self.territory, point.period, key)
                        if one and one.cell and point.period.ends_on >= self.territory.valid_from
                        else "",  # a figure of before the territory is an estimate and has no page
                    }
                    for key in keys
                    for one in [self.at(key, point.period)]
                ],
            }
            for point in points
        ]
        return {
            "id": f"chart-{self.indicator.code.lower().replace('.', '-')}",
            "title": self.indicator.name,
            "finding": self.finding,
            "kind": "line" if len(points) > 2 else "bar",
            "unit": str(self.indicator.get_unit_display()),
            "decimals": self.indicator.decimals,
            "columns": [self.groups_by_key[key] for key in keys],
            "rows": rows,
            "height": "small",
            "csv_url": self.chart_url,
        }

    @property
    def chart_url(self) -> str:
        """Where the chart's file is."""
        place = f"{self.territory.scheme.code}:{self.territory.code}"
        return f"{reverse('indicators:indicator_chart', args=[self.indicator.code])}?{urlencode({'territory': place}, safe=':')}"

    @property
    def chart_series(self) -> list[ChartSeries]:
        return [
            ChartSeries(self.territory, self.groups_by_key[key], self.series[key].points[-LONGEST_CHART:])
            for key in self.chart_keys
        ]

    @property
    def chart_keys(self) -> list[str]:
        gap = self.gap
        if gap and not gap.is_protected and gap.group in self.series:
            return [TOTAL, gap.group, HOST]
        return [TOTAL, *SEXES] if self.sexes else [TOTAL]

    @property
    def finding(self) -> str:
        """The chart in a sentence."""
        known = [point for point in self.total.points[-LONGEST_CHART:] if point.value is not None]
        if len(known) < 2:
            return ""
        values = {
            "first": value_words(known[0].value or Decimal(0), self.indicator),
            "from": period_words(known[0].period),
            "last": value_words(known[-1].value or Decimal(0), self.indicator),
            "to": period_words(known[-1].period),
        }
        return _("From %(first)s (%(from)s) to %(last)s (%(to)s).") % values

    @property
    def gap_words(self) -> str:
        """The gap in a sentence, with the group that it is about."""
        gap = self.gap
        if gap is None or gap.difference is None:
            return ""
        values = {
            "group": self.groups_by_key.get(gap.group, ""),
            "amount": difference_words(gap.difference, self.indicator),
            "period": period_words(gap.period),
        }
        if gap.difference > 0:
            return _("%(group)s: %(amount)s above the host population (%(period)s)") % values
        if gap.difference < 0:
            return _("%(group)s: %(amount)s below the host population (%(period)s)") % values
        return _("%(group)s: the same as the host population (%(period)s)") % values


def make_card(
    indicator: Indicator,
    territory: Territory,
    cells: list[Cell],
    names: Mapping[str, str],
    kinds_below: Mapping[str, int] | None = None,
) -> Card | None:
    """From all cells of the indicator in the territory; None where nothing at all is known of its total."""
    kind = kind_to_show([cell for cell in cells if cell.key == TOTAL], indicator)
    own = [cell for cell in cells if cell.period.kind == kind]
    periods = time_line([cell for cell in own if cell.key == TOTAL], kind)
    keys = {cell.key for cell in own}
    series = {key: make_series([cell for cell in own if cell.key == key], periods) for key in keys}
    if not series.get(TOTAL):
        return None
    return Card(indicator, territory, kind, series, {TOTAL: _("All"), **names}, kinds_below or {})


def progress(indicator: Indicator, before: Decimal, now: Decimal) -> str:
    """Rule 6: better or worse by the indicator's direction; "" where it has none."""
    if indicator.direction == Direction.CONTEXT:
        return ""
    step = Decimal(1).scaleb(-indicator.decimals)
    if before.quantize(step, rounding=ROUND_HALF_UP) == now.quantize(step, rounding=ROUND_HALF_UP):
        return "same"
    if indicator.direction == Direction.IDEAL:
        ideal = indicator.ideal_value or Decimal(0)
        return "better" if abs(now - ideal) < abs(before - ideal) else "worse"
    return "better" if (now > before) == (indicator.direction == Direction.UP) else "worse"


def share_of(indicator: Indicator, cell: Cell, whole: Cell | None) -> Decimal | None:
    if indicator.measure != Measure.COUNT or whole is None or not whole.value or cell.value is None:
        return None
    return cell.value / whole.value * 100


def coverage_of(cell: Cell, kinds_below: Mapping[str, int]) -> Coverage:
    """In words, with the kind of territory that reports where the numbers tell which one that is."""
    kinds = [kind for kind, count in kinds_below.items() if count == cell.expected and kind in REPORTED_BY]
    if cell.origin == Origin.TERRITORIES or cell.reporters < cell.expected:
        pattern = REPORTED_BY[kinds[-1] if kinds else Territory.Kind.AREA]
        words = str(pattern) % {
            "reported": number_words(Decimal(cell.reporters), 0),
            "expected": number_words(Decimal(cell.expected), 0),
        }
    else:
        words = str(Origin(cell.origin).label)
    if cell.periods_used < cell.periods_expected:
        words += _(", %(used)s of %(expected)s periods") % {
            "used": cell.periods_used,
            "expected": cell.periods_expected,
        }
    return Coverage(cell.reporters, cell.expected, cell.periods_used, cell.periods_expected, words)


def names_of_groups(keys: Iterable[str], categories: Iterable[Category]) -> dict[str, str]:
    """{"sex=F": "Women", "age=Y0-4&sex=F": "0 to 4, Women"}; the categories come with their dimension."""
    by_code = {(category.dimension.code, category.code): category.name for category in categories}
    return {
        key: ", ".join(by_code.get(item, item[1]) for item in parse_key(key).items()) if key else _("All")
        for key in keys
    }
