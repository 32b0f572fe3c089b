"""What a page says of one indicator in one territory: its latest figure, how it moves, the gap, the groups, how whole and how old."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.formatting import (
    REPORTED_BY,
    base_words,
    change_words,
    past_change_words,
    period_in_sentence,
    period_words,
    side_shown,
)
from indicators.dashboards.cells import MONTHS_OF, Cell, Point, Series, kind_to_show, make_series, time_line
from indicators.dashboards.chart_file import ChartSeries
from indicators.dashboards.findings import finding, gap_sentence
from indicators.dashboards.gap import FOREIGN, GAP_KEYS, HOST, MOBILE, THIRD, Gap, gap_of
from indicators.dashboards.judgement import (
    Break,
    Doubt,
    breaks_of,
    doubt_of,
    has_small_base,
    is_current,
    judge,
    leading,
    may_be_shared,
    may_lead,
    since_last_break,
)
from indicators.models import Indicator, Period, Source, Target
from indicators.vocabulary import Comparator, Measure, Origin, PeriodKind, Unit
from orgs.models import Territory
from orgs.numbers import write_number

TOTAL = ""
SEXES = ("sex=F", "sex=M")
CARD_KEYS = (TOTAL, *SEXES, *GAP_KEYS)
"""The breakdowns that a card shows."""
LEADING = (TOTAL, FOREIGN, THIRD, MOBILE)
"""Whose figure leads: that of all; where a source gives groups alone, that of migrants, who stand beside the host population then."""

LONGEST_CHART = 60
MOST_NAMED = 4
"""Periods in a list of them."""


NOT_COMPARED: dict[Doubt, str | Promise] = {
    Doubt.BREAK: gettext_lazy("Cannot be compared with %(period)s: the series has a break"),
    Doubt.DEFINITION: gettext_lazy("Cannot be compared with %(period)s: the definition has changed"),
    Doubt.OUTLINE: gettext_lazy("Cannot be compared with %(period)s: that figure is estimated for another outline"),
}
"""Where a reader might compare two figures, and should not. Of any other doubt the page tells beside the figure."""


@dataclass(frozen=True)
class Change:
    """Between two periods. `progress` follows the indicator's direction: better, worse, same, or "" where nothing is to be said of it."""

    since: Period
    difference: Decimal | None
    progress: str
    words: str
    side: int | None = None
    """1 for up, −1 for down, 0 for unchanged as far as it is shown; None where nothing is compared."""


def change_of(
    indicator: Indicator, before: Point | None, now: Point | None, breaks: Sequence[Break], today: datetime.date
) -> Change | None:
    """As far as the two may be compared. None where there is nothing to say, not even that they cannot be."""
    verdict = judge(indicator, before, now, breaks, today)
    if before is None or now is None:
        return None
    if verdict.difference is None:
        sentence = NOT_COMPARED.get(verdict.doubt) if verdict.doubt else None
        if sentence is None:
            return None
        return Change(before.period, None, verdict.tone, str(sentence) % {"period": period_in_sentence(before.period)})
    if verdict.doubt == Doubt.OLD:
        words = past_change_words(verdict.difference, before.period, now.period, indicator)
    else:
        start = before.value or Decimal(0)
        with_share = indicator.measure == Measure.COUNT and may_be_shared(indicator, start)
        words = change_words(verdict.difference, start, before.period, indicator, with_share=with_share)
    side = side_shown(verdict.difference, indicator)
    return Change(before.period, verdict.difference, verdict.tone, words, side)


@dataclass(frozen=True)
class Coverage:
    """How whole a figure is."""

    is_partial: bool
    words: str


@dataclass(frozen=True)
class GroupFigure:
    """One group of a breakdown beside the others."""

    key: str
    name: str
    cell: Cell
    url: str
    share: Decimal | None
    """Of the total in per cent, for what adds up."""

    @property
    def is_partial(self) -> bool:
        return not self.cell.is_whole


@dataclass(frozen=True)
class Card:
    """One indicator in one territory. `series` holds each group over time. What it says of them it asks of `judgement`."""

    indicator: Indicator
    territory: Territory
    kind: str
    series: Mapping[str, Series]
    groups_by_key: Mapping[str, str]
    kinds_below: Mapping[str, int]
    changed_in: tuple[int, ...] = ()
    """The years from which another definition holds."""
    lead: str = TOTAL
    """The key of the group whose figure leads: all, or one of origin where a source says nothing of all together."""
    sources: list[Source] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    """Of this territory, to be drawn with the figures."""
    today: datetime.date = field(default_factory=timezone.localdate)

    @property
    def total(self) -> Series:
        """What leads. Of all, but for a source that has figures of groups alone (`lead_group`)."""
        return self.series[self.lead]

    @property
    def lead_group(self) -> str:
        """Whose figure leads, in words; "" where it is that of all."""
        return self.groups_by_key.get(self.lead, self.lead) if self.lead else ""

    @cached_property
    def latest(self) -> Point:
        """The figure that leads: the newest whole one, and only where there is none a partial one."""
        return leading(self.total.points) or self.total.points[-1]

    @property
    def cell(self) -> Cell:
        cell = self.latest.cell
        assert cell is not None  # `make_card` gives no card without one.
        return cell

    @property
    def may_lead(self) -> bool:
        """Whether it may stand at the head of a domain, or of a page."""
        return may_lead(self.indicator, self.cell)

    @property
    def heads(self) -> bool:
        """Whether it is a number that may stand for its place on the first page."""
        return doubt_of(self.indicator, self.cell) is None

    @property
    def is_judged(self) -> bool:
        """Whether something may be said of how things stand."""
        return doubt_of(self.indicator, self.cell) is None and not self.is_old

    @property
    def has_small_base(self) -> bool:
        return has_small_base(self.indicator, self.cell)

    @property
    def base_words(self) -> str:
        """How many people a rate or a mean is of, in a band; "" where nobody says."""
        return base_words(self.cell.denominator)

    @cached_property
    def newer_partial(self) -> "NewerFigure | None":
        """A figure of a part that is newer than the leading whole one: it stands beside it, as what it is."""
        newer = [
            point for point in self.total.points if point.period.starts_on > self.latest.period.starts_on and point.cell
        ]
        point = next((one for one in reversed(newer) if one.value is not None), None)
        if point is None or point.cell is None:
            return None
        url = figure_url(self.indicator, self.territory, point.period, self.lead)
        return NewerFigure(point, period_words(point.period), url, coverage_of(point.cell, self.kinds_below))

    @cached_property
    def breaks(self) -> list[Break]:
        return breaks_of(self.total.points, changed_in=self.changed_in, begins_on=self.territory.valid_from)

    def breaks_in(self, key: str) -> list[Break]:
        return breaks_of(self.series[key].points, changed_in=self.changed_in, begins_on=self.territory.valid_from)

    @property
    def is_sample(self) -> bool:
        return any(source.is_sample for source in self.sources)

    @property
    def url(self) -> str:
        return figure_url(self.indicator, self.territory, self.latest.period, self.lead)

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

    @cached_property
    def spark(self) -> list[Decimal | None]:
        """Since the last break, up to the figure that leads; partial figures leave a gap. Nothing where that is no line."""
        points = [
            point
            for point in since_last_break(self.total.points, self.breaks)
            if point.period.starts_on <= self.latest.period.starts_on
        ][-LONGEST_CHART:]
        values = [None if doubt_of(self.indicator, point.cell) else point.value for point in points]
        return values if sum(value is not None for value in values) > 1 else []

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
        return change_of(self.indicator, before, self.latest, self.breaks, self.today)

    @cached_property
    def gaps(self) -> list[Gap]:
        """In order of time, of the periods in which both groups are there and may be set against each other."""
        if self.indicator.comparator != Comparator.HOST:
            return []
        found = []
        for point in self.total.points:
            cells = {key: one.cell for key in GAP_KEYS if (one := self.at(key, point.period)) and one.cell}
            gap = gap_of(self.indicator, cells)
            if gap:
                found.append(gap)
        return found

    @property
    def gap(self) -> Gap | None:
        """The latest. None where it is of an earlier period than the figure that leads, and of the same group: of one group one figure is said."""
        latest = self.gaps[-1] if self.gaps else None
        if latest and latest.group == self.lead and latest.period.code != self.latest.period.code:
            return None
        return latest

    @property
    def old_gap_period(self) -> str:
        """Of a gap that is of another period than the figure beside which it stands; "" where both are of one."""
        return self.gap_period if self.gap and self.gap.period.code != self.latest.period.code else ""

    @cached_property
    def gap_breaks(self) -> list[Break]:
        """Of all the lines that a gap is drawn from."""
        keys = [key for key in (TOTAL, *GAP_KEYS) if key in self.series]
        return sorted({one for key in keys for one in self.breaks_in(key)}, key=lambda one: one.at)

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
        """Newer figures are due: nothing is said of today by this one."""
        return not is_current(self.latest.period, self.today)

    @cached_property
    def chart(self) -> dict[str, Any]:
        """What templates/components/chart.html draws."""
        keys = self.chart_keys
        breaks = {(key, one.at) for key in keys for one in self.breaks_in(key)}
        rows = [
            {
                "label": period_words(point.period),
                "cells": [self._drawn(key, point.period, (key, point.period.starts_on) in breaks) for key in keys],
            }
            for point in self.charted
        ]
        return {
            "id": f"chart-{self.indicator.code.lower().replace('.', '-')}",
            "title": self.indicator.name,
            "finding": self.finding,
            "note": not_drawn_words(rows),
            "kind": "line" if len(rows) > 2 else "bar",
            "unit": str(self.indicator.get_unit_display()),
            "decimals": self.indicator.decimals,
            "columns": [self.groups_by_key[key] for key in keys],
            "rows": rows,
            "targets": [
                {"label": _("Target for %(year)s") % {"year": target.year}, "value": target.value}
                for target in self.targets
            ],
            "is_sample": self.is_sample,
            "height": "small",
            "csv_url": self.chart_url,
        }

    @property
    def charted(self) -> list[Point]:
        """What the chart draws, and the sentences speak of."""
        return self.total.points[-LONGEST_CHART:]

    def _drawn(self, key: str, period: Period, is_break: bool) -> dict[str, Any]:
        point = self.at(key, period)
        # A figure of before the territory is an estimate and has no page.
        has_page = point is not None and point.cell is not None and period.ends_on >= self.territory.valid_from
        return {
            "value": point.value if point else None,
            "state": point.state if point else "missing",
            "flag": point.flag if point else "",
            "is_partial": bool(point and point.cell and point.value is not None and not point.cell.is_whole),
            "is_break": is_break,
            "url": figure_url(self.indicator, self.territory, period, key) if has_page else "",
        }

    @property
    def chart_url(self) -> str:
        """Where the chart's file is."""
        place = f"{self.territory.scheme.code}:{self.territory.address_code}"
        return f"{reverse('indicators:indicator_chart', args=[self.indicator.code])}?{urlencode({'territory': place}, safe=':')}"

    @property
    def chart_series(self) -> list[ChartSeries]:
        return [
            ChartSeries(self.territory, self.groups_by_key[key], self.series[key].points[-LONGEST_CHART:])
            for key in self.chart_keys
        ]

    @property
    def has_chart(self) -> bool:
        """A line or bars of one value say nothing that the figure itself does not."""
        return sum(point.value is not None for point in self.total.points[-LONGEST_CHART:]) > 1

    @property
    def chart_keys(self) -> list[str]:
        gap = self.gaps[-1] if self.gaps else None
        if gap and not gap.is_protected and gap.group in self.series:
            return list(dict.fromkeys([self.lead, gap.group, HOST]))
        return [self.lead, *SEXES] if self.sexes else [self.lead]

    @property
    def finding(self) -> str:
        """The chart in sentences."""
        gaps = self.gaps if self.gap else []
        return finding(self.indicator, self.charted, self.gap_breaks if gaps else self.breaks, gaps, self.gap_group)

    @property
    def gap_period(self) -> str:
        return period_words(self.gap.period) if self.gap else ""

    @property
    def gap_group(self) -> str:
        """Whom "migrants" stands for in the latest gap."""
        return self.groups_by_key.get(self.gap.group, "") if self.gap else ""

    @property
    def gap_words(self) -> str:
        """The gap in a sentence, with the group that it is about."""
        return gap_sentence(self.indicator, self.gap, self.gap_group) if self.gap else ""


@dataclass(frozen=True)
class NewerFigure:
    """A figure that is newer than the leading one, and not the whole."""

    point: Point
    period: str
    url: str
    coverage: "Coverage"


def make_card(
    indicator: Indicator,
    territory: Territory,
    cells: list[Cell],
    names: Mapping[str, str],
    kinds_below: Mapping[str, int] | None = None,
    changed_in: tuple[int, ...] = (),
) -> Card | None:
    """From all cells of the indicator in the territory; None where nothing is known of all together, nor of a group of origin.

    `changed_in`: the years from which another definition holds (`wording.definition_years`).
    """
    there = {cell.key for cell in cells}
    lead = next((key for key in LEADING if key in there), None)
    if lead is None:
        return None
    kind = kind_to_show([cell for cell in cells if cell.key == lead], indicator)
    own = [cell for cell in cells if cell.period.kind == kind]
    periods = time_line([cell for cell in own if cell.key == lead], kind)
    keys = {cell.key for cell in own}
    series = {key: make_series([cell for cell in own if cell.key == key], periods) for key in keys}
    if not series.get(lead):
        return None
    return Card(indicator, territory, kind, series, {TOTAL: _("All"), **names}, kinds_below or {}, changed_in, lead)


def not_drawn_words(rows: Sequence[Mapping[str, Any]]) -> str:
    """The periods of a chart in which a figure is in the table and not in the picture, since it is not the whole."""
    labels = [str(row["label"]) for row in rows if any(cell["is_partial"] for cell in row["cells"])]
    if not labels:
        return ""
    if len(labels) > MOST_NAMED:
        return _(
            "Figures that are not the whole are in the table alone: %(number)s periods from %(first)s to %(last)s."
        ) % {
            "number": len(labels),
            "first": labels[0],
            "last": labels[-1],
        }
    return _("Figures that are not the whole are in the table alone: %(periods)s.") % {"periods": ", ".join(labels)}


def share_of(indicator: Indicator, cell: Cell, whole: Cell | None) -> Decimal | None:
    """In per cent, where both are whole and large enough to say so."""
    if indicator.measure != Measure.COUNT or whole is None or whole.value is None or cell.value is None:
        return None
    if not may_be_shared(indicator, whole.value) or not (cell.is_whole and whole.is_whole):
        return None
    return cell.value / whole.value * 100


def coverage_of(cell: Cell, kinds_below: Mapping[str, int]) -> Coverage:
    """In words: how many of those who were asked have answered, or of the territories that report, with their kind where it is known."""
    kinds = [kind for kind, count in kinds_below.items() if count == cell.expected and kind in REPORTED_BY]
    if cell.origin == Origin.REPORTED and cell.expected > 1:
        words = _("%(answered)s of %(asked)s organisations asked have answered") % {
            "answered": cell.reporters,
            "asked": cell.expected,
        }
    elif cell.origin == Origin.TERRITORIES or not cell.has_all_reporters:
        pattern = REPORTED_BY[kinds[-1] if kinds else Territory.Kind.AREA]
        words = str(pattern) % {
            "reported": write_number(cell.reporters),
            "expected": write_number(cell.expected),
        }
    else:
        words = str(Origin(cell.origin).label)
    if not cell.has_all_periods:
        words += _(", %(used)s of %(expected)s periods") % {
            "used": cell.periods_used,
            "expected": cell.periods_expected,
        }
    return Coverage(not cell.is_whole, words)
