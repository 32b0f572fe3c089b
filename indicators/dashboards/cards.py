"""What a page says of one indicator in one territory: its latest figure, how whole and how old it is, the gap, and the chart."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.formatting import base_words, period_words
from indicators.dashboards.cells import Cell, Point, kind_to_show, make_series, time_line
from indicators.dashboards.coverage import Coverage, coverage_of
from indicators.dashboards.findings import gap_sentence
from indicators.dashboards.judgement import doubt_of, has_small_base, is_current, may_lead, since_last_break
from indicators.dashboards.place_chart import LONGEST_CHART, PlaceChart
from indicators.dashboards.place_figures import LEADING, TOTAL, PlaceFigures
from indicators.models import Indicator
from indicators.vocabulary import Unit
from orgs.models import Territory


@dataclass(frozen=True)
class NewerFigure:
    """A figure that is newer than the leading one, and not the whole."""

    point: Point
    period: str
    url: str
    coverage: Coverage


@dataclass(frozen=True)
class Card(PlaceFigures):
    """One indicator in one territory, as pages show it."""

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
    def newer_partial(self) -> NewerFigure | None:
        """A figure of a part that is newer than the leading whole one: it stands beside it, as what it is."""
        newer = [
            point for point in self.total.points if point.period.starts_on > self.latest.period.starts_on and point.cell
        ]
        point = next((one for one in reversed(newer) if one.value is not None), None)
        if point is None or point.cell is None:
            return None
        url = figure_url(self.indicator, self.territory, point.period, self.lead)
        return NewerFigure(point, period_words(point.period), url, coverage_of(point.cell, self.kinds_below))

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
    def coverage(self) -> Coverage:
        return coverage_of(self.cell, self.kinds_below)

    @property
    def is_old(self) -> bool:
        """Newer figures are due: nothing is said of today by this one."""
        return not is_current(self.latest.period, self.today)

    @property
    def gap_words(self) -> str:
        """The gap in a sentence, with the group that it is about."""
        return gap_sentence(self.indicator, self.gap, self.gap_group) if self.gap else ""

    @cached_property
    def as_chart(self) -> PlaceChart:
        return PlaceChart(self)

    @cached_property
    def chart(self) -> dict[str, Any]:
        """What templates/components/chart.html draws."""
        return self.as_chart.drawn()

    @property
    def has_chart(self) -> bool:
        return self.as_chart.is_worth_drawing

    @property
    def finding(self) -> str:
        """The chart in sentences."""
        return self.as_chart.finding


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
