"""The file of one chart: the figures that it draws, and what somebody has to know who uses them elsewhere.

CSV in UTF-8 with a byte-order mark. Lines that begin with "#" come first, a label and a text each: the picture of the chart carries the
same. Then one row for each figure. Numbers have a decimal point; a figure that is not shown has no number but a status.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from indicators.catalogue.formatting import period_words
from indicators.dashboards.cells import Point
from indicators.models import Indicator, Release, ReleasedFigure
from indicators.releases.downloads.contents import Contents, name_of, plain
from orgs.models import Territory
from orgs.spreadsheets import BYTE_ORDER_MARK, csv_lines

HEAD = (
    "scheme",
    "territory",
    "territory_name",
    "period",
    "period_name",
    "group",
    "value",
    "unit",
    "status",
    "flags",
    "source",
)


class ChartSeries(NamedTuple):
    """One line of a chart: a group of people in a place."""

    territory: Territory
    group: str
    points: list[Point]


@dataclass(frozen=True)
class ChartFile:
    indicator: Indicator
    release: Release
    series: list[ChartSeries]
    address: str
    """Of the page with the chart, in full."""

    @cached_property
    def contents(self) -> Contents:
        """The indicator as the release has it."""
        return Contents(self.release, self.release.indicators.get(indicator=self.indicator))

    @property
    def name(self) -> str:
        """For a folder of downloads: C5-ES-2026-11-28.csv."""
        codes = dict.fromkeys(one.territory.code for one in self.series)
        text = "-".join([self.indicator.code, *codes, self.contents.date])
        return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-.") else "_" for sign in text) + ".csv"

    @property
    def notes(self) -> list[tuple[str, str]]:
        """Label and text, in the reader's language."""
        released = self.contents.indicator
        assert released is not None
        assert self.release.published_at is not None
        places = dict.fromkeys(
            f"{one.territory.local_name} ({one.territory.get_kind_display()}, {one.territory.scheme.code}:{one.territory.code})"
            for one in self.series
        )
        shown = [point.period for one in self.series for point in one.points]
        first, last = min(shown, key=lambda one: one.starts_on), max(shown, key=lambda one: one.ends_on)
        periods = [period_words(first)] if first.code == last.code else [period_words(first), period_words(last)]
        return [
            (_("Indicator"), f"{released.code} · {released.name}"),
            (_("Place"), "; ".join(places)),
            (_("Unit"), str(self.indicator.get_unit_display())),
            (_("Period"), " – ".join(periods)),
            *([(_("Marks"), "; ".join(self.marks))] if self.marks else []),
            *((_("Source and licence"), text) for text in self.source_texts),
            (
                _("Release"),
                _("%(number)s, published on %(date)s")
                % {"number": self.release.pk, "date": date_format(self.release.published_at, "DATE_FORMAT")},
            ),
            (_("On suppression"), f"{self.contents.suppression_note} {self.contents.rule_of(released)}"),
            (_("Definition"), " ".join(released.definition.split())),
            (_("Address"), self.address),
        ]

    @property
    def marks(self) -> list[str]:
        """Which figures stand under which reservation: "2021: break in series"."""
        found: dict[str, None] = {}
        for one in self.series:
            for point in one.points:
                if point.cell is not None and point.cell.flag_words:
                    found[f"{period_words(point.period)}: {point.cell.flag_words}"] = None
        return list(found)

    @property
    def source_texts(self) -> list[str]:
        """Of the figures that are drawn; of all that the indicator has where one was computed from several."""
        used = {point.cell.source_id for one in self.series for point in one.points if point.cell is not None}
        sources = self.contents.sources
        chosen = [sources[pk] for pk in used if pk in sources] if None not in used else list(sources.values())
        texts = [
            "; ".join(
                word
                for word in (name_of(one), one["publisher"], one["licence"] or _("licence not stated"), one["url"])
                if word
            )
            for one in chosen
        ]
        return sorted(texts) or [_("not stated")]

    def csv(self) -> Iterator[bytes]:
        yield BYTE_ORDER_MARK
        yield from csv_lines((f"# {label}", text) for label, text in self.notes)
        yield from csv_lines([HEAD])
        yield from csv_lines(self._row(one, point) for one in self.series for point in one.points)

    def _row(self, one: ChartSeries, point: Point) -> list[str]:
        cell, place = point.cell, one.territory
        source = self.contents.sources.get((cell.source_id if cell else None) or 0)
        return [
            place.scheme.code,
            place.code,
            place.local_name,
            point.period.code,
            period_words(point.period),
            one.group,
            plain(point.value),
            str(self.indicator.get_unit_display()),
            point.state or ReleasedFigure.State.SHOWN.value,
            cell.flag_words if cell else "",
            name_of(source) if source else "",
        ]
