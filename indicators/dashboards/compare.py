"""Up to six territories, or six groups of one territory, side by side: as context, never as a ranking."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from indicators.dashboards.cards import LONGEST_CHART, TOTAL, Card, Coverage, coverage_of, figure_url, make_card
from indicators.dashboards.cells import Cell, Point, read_released, time_line
from indicators.dashboards.words import period_words, value_words
from indicators.models import Indicator, Release, ReleasedFigure
from orgs.folding import fold
from orgs.models import Territory

MOST = 6


@dataclass(frozen=True)
class Compared:
    """One column of the comparison; without a card nothing is published of the place."""

    territory: Territory
    card: Card | None

    @property
    def coverage(self) -> Coverage | None:
        return coverage_of(self.card.cell, {}) if self.card else None


@dataclass(frozen=True)
class Comparison:
    indicator: Indicator
    members: list[Compared]
    """By name."""

    @property
    def has_figures(self) -> bool:
        return any(member.card for member in self.members)

    @property
    def has_different_kinds(self) -> bool:
        return len({member.territory.kind for member in self.members}) > 1

    @property
    def has_different_periods(self) -> bool:
        """Some places report by the month, others by the year: their rows do not meet."""
        return len({member.card.kind for member in self.members if member.card}) > 1

    @property
    def partial(self) -> list[Compared]:
        return [member for member in self.members if member.coverage and member.coverage.is_partial]

    @property
    def chart(self) -> dict[str, Any]:
        """What templates/components/chart.html draws: one column a place, one row a period."""
        points = {
            member.territory.pk: {point.period.code: point for point in member.card.total.points}
            for member in self.members
            if member.card
        }
        periods = {point.period.code: point.period for own in points.values() for point in own.values()}
        kinds = {period.kind for period in periods.values()}
        if len(kinds) == 1:
            cells = [point.cell for own in points.values() for point in own.values() if point.cell]
            line = time_line(cells, kinds.pop())
        else:
            line = sorted(periods.values(), key=lambda period: (period.starts_on, period.ends_on))
        line = line[-LONGEST_CHART:]
        return {
            "id": "chart-compare",
            "title": self.indicator.name,
            "finding": self.finding,
            "kind": "line" if len(line) > 2 else "bar",
            "unit": str(self.indicator.get_unit_display()),
            "decimals": self.indicator.decimals,
            "columns": [member.territory.local_name for member in self.members],
            "rows": [
                {
                    "label": period_words(period),
                    "cells": [
                        self._cell(member, points.get(member.territory.pk, {}).get(period.code))
                        for member in self.members
                    ],
                }
                for period in line
            ],
        }

    def _cell(self, member: Compared, point: Point | None) -> dict[str, Any]:
        if point is None or point.cell is None:
            return {"value": None, "state": "missing", "flag": "", "url": ""}
        return {
            "value": point.value,
            "state": point.state,
            "flag": point.flag,
            "url": figure_url(self.indicator, member.territory, point.period),
        }

    @property
    def finding(self) -> str:
        """The latest figure of each place, by name."""
        said = [
            _("%(name)s: %(value)s (%(period)s)")
            % {
                "name": member.territory.local_name,
                "value": value_words(member.card.latest.value, self.indicator),
                "period": member.card.period,
            }
            for member in self.members
            if member.card and member.card.latest.value is not None
        ]
        return "; ".join(said)


def compare(indicator: Indicator, territories: Iterable[Territory], release: Release | None) -> Comparison:
    """Two queries, however many territories."""
    places = sorted(territories, key=lambda territory: (fold(territory.local_name), territory.pk))
    cells: dict[int, list[Cell]] = defaultdict(list)
    if release and places:
        rows = ReleasedFigure.objects.filter(
            release=release, indicator=indicator, breakdown__key=TOTAL, territory__in=[place.pk for place in places]
        )
        for cell in read_released(rows):
            cells[cell.territory_id].append(cell)
    members = [
        Compared(place, make_card(indicator, place, cells[place.pk], {}) if place.pk in cells else None)
        for place in places
    ]
    return Comparison(indicator, members)
