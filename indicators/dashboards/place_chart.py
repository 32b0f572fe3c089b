"""The chart of one indicator in one territory: its lines, the sentences above it, and its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.formatting import period_words
from indicators.dashboards.cells import Point
from indicators.dashboards.chart_file import ChartSeries
from indicators.dashboards.findings import finding
from indicators.dashboards.gap import HOST
from indicators.dashboards.place_figures import SEXES, PlaceFigures
from indicators.models import Period

LONGEST_CHART = 60
MOST_NAMED = 4
"""Periods in a list of them."""


@dataclass(frozen=True)
class PlaceChart:
    """The figure that leads over time, beside those of the gap or of women and men."""

    figures: PlaceFigures

    @property
    def points(self) -> list[Point]:
        """What the chart draws, and the sentences speak of."""
        return self.figures.total.points[-LONGEST_CHART:]

    @property
    def keys(self) -> list[str]:
        figures = self.figures
        gap = figures.gaps[-1] if figures.gaps else None
        if gap and not gap.is_protected and gap.group in figures.series:
            return list(dict.fromkeys([figures.lead, gap.group, HOST]))
        return [figures.lead, *SEXES] if figures.sexes else [figures.lead]

    @property
    def is_worth_drawing(self) -> bool:
        """A line or bars of one value say nothing that the figure itself does not."""
        return sum(point.value is not None for point in self.points) > 1

    @property
    def finding(self) -> str:
        """The chart in sentences."""
        figures = self.figures
        gaps = figures.gaps if figures.gap else []
        breaks = figures.gap_breaks if gaps else figures.breaks
        return finding(figures.indicator, self.points, breaks, gaps, figures.gap_group)

    @property
    def series(self) -> list[ChartSeries]:
        figures = self.figures
        return [
            ChartSeries(figures.territory, figures.groups_by_key[key], figures.series[key].points[-LONGEST_CHART:])
            for key in self.keys
        ]

    @property
    def url(self) -> str:
        """Where the chart's file is."""
        figures = self.figures
        place = f"{figures.territory.scheme.code}:{figures.territory.address_code}"
        address = reverse("indicators:indicator_chart", args=[figures.indicator.code])
        return f"{address}?{urlencode({'territory': place}, safe=':')}"

    def drawn(self) -> dict[str, Any]:
        """What templates/components/chart.html draws."""
        figures = self.figures
        keys = self.keys
        breaks = {(key, one.at) for key in keys for one in figures.breaks_in(key)}
        rows = [
            {
                "label": period_words(point.period),
                "cells": [self._cell(key, point.period, (key, point.period.starts_on) in breaks) for key in keys],
            }
            for point in self.points
        ]
        return {
            "id": f"chart-{figures.indicator.code.lower().replace('.', '-')}",
            "title": figures.indicator.name,
            "finding": self.finding,
            "note": not_drawn_words(rows),
            "kind": "line" if len(rows) > 2 else "bar",
            "unit": str(figures.indicator.get_unit_display()),
            "decimals": figures.indicator.decimals,
            "columns": [figures.groups_by_key[key] for key in keys],
            "rows": rows,
            "targets": [
                {"label": _("Target for %(year)s") % {"year": target.year}, "value": target.value}
                for target in figures.targets
            ],
            "is_sample": figures.is_sample,
            "height": "small",
            "csv_url": self.url,
        }

    def _cell(self, key: str, period: Period, is_break: bool) -> dict[str, Any]:
        figures = self.figures
        point = figures.at(key, period)
        # A figure of before the territory is an estimate and has no page.
        has_page = point is not None and point.cell is not None and period.ends_on >= figures.territory.valid_from
        return {
            "value": point.value if point else None,
            "state": point.state if point else "missing",
            "flag": point.flag if point else "",
            "is_partial": bool(point and point.cell and point.value is not None and not point.cell.is_whole),
            "is_break": is_break,
            "url": figure_url(figures.indicator, figures.territory, period, key) if has_page else "",
        }


def not_drawn_words(rows: Sequence[Mapping[str, Any]]) -> str:
    """The periods of a chart in which a figure is in the table and not in the picture, since it is not the whole."""
    labels = [str(row["label"]) for row in rows if any(cell["is_partial"] for cell in row["cells"])]
    if not labels:
        return ""
    if len(labels) > MOST_NAMED:
        return _("Partial figures are shown in the table only: %(number)s periods from %(first)s to %(last)s.") % {
            "number": len(labels),
            "first": labels[0],
            "last": labels[-1],
        }
    return _("Partial figures are shown in the table only: %(periods)s.") % {"periods": ", ".join(labels)}
