"""Up to six territories, or six groups of one territory, side by side: as context, never as a ranking."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.breakdowns import key_of, parse_key
from indicators.catalogue.formatting import names_of_groups, period_words, value_words
from indicators.catalogue.wording import definition_years
from indicators.dashboards.cards import make_card
from indicators.dashboards.cells import (
    Cell,
    Point,
    Series,
    kind_to_show,
    make_series,
    read_released,
    time_line,
)
from indicators.dashboards.chart_file import ChartSeries
from indicators.dashboards.coverage import Coverage, coverage_of
from indicators.dashboards.judgement import Break, breaks_of, doubt_of, leading
from indicators.dashboards.place_chart import LONGEST_CHART
from indicators.dashboards.place_figures import TOTAL
from indicators.models import Category, Indicator, Period, Release, ReleasedFigure, Source
from orgs.folding import fold
from orgs.models import Territory, TerritoryClosure

MOST = 6
EVERYONE = "total"
"""How an address names the total, whose key is empty."""

LONGEST_SET = 12
"""More groups than these are folded away until they are asked for."""


@dataclass(frozen=True)
class Compared:
    """One column of the comparison: a place, or a group of people in it. Without a series nothing is published of it."""

    name: str
    territory: Territory
    key: str = TOTAL
    kind: str = ""
    """Of the periods in the series."""
    series: Series | None = None
    changed_in: tuple[int, ...] = ()
    """The years from which another definition holds."""
    group: str = ""
    """Of people; its name."""

    @property
    def latest(self) -> Point | None:
        """The newest whole figure, and only where there is none a partial one."""
        return leading(self.series.points) if self.series else None

    @property
    def breaks(self) -> list[Break]:
        points = self.series.points if self.series else []
        return breaks_of(points, changed_in=self.changed_in, begins_on=self.territory.valid_from)

    @property
    def period(self) -> str:
        return period_words(self.latest.period) if self.latest else ""

    @property
    def coverage(self) -> Coverage | None:
        return coverage_of(self.latest.cell, {}) if self.latest and self.latest.cell else None


@dataclass(frozen=True)
class Comparison:
    indicator: Indicator
    members: list[Compared]
    """Places by name; groups as the standard list has them."""
    chart_url: str = ""
    """Where the chart's file is."""
    sources: list[Source] = field(default_factory=list)

    @property
    def has_figures(self) -> bool:
        return any(member.series for member in self.members)

    @property
    def has_different_kinds(self) -> bool:
        return len({member.territory.kind for member in self.members}) > 1

    @property
    def has_different_periods(self) -> bool:
        """Some report by the month, others by the year: their rows do not meet."""
        return len({member.kind for member in self.members if member.series}) > 1

    @property
    def chart(self) -> dict[str, Any]:
        """What templates/components/chart.html draws: one column a member, one row a period."""
        points = [
            {point.period.code: point for point in member.series.points} if member.series else {}
            for member in self.members
        ]
        broken = [{one.at for one in member.breaks} for member in self.members]
        line = self._line(points)[-LONGEST_CHART:]
        return {
            "id": "chart-compare",
            "title": self.indicator.name,
            "finding": self.finding,
            "kind": "line" if len(line) > 2 else "bar",
            "unit": str(self.indicator.get_unit_display()),
            "decimals": self.indicator.decimals,
            "columns": [member.name for member in self.members],
            "rows": [
                {
                    "label": period_words(period),
                    "cells": [
                        self._cell(member, own.get(period.code), breaks)
                        for member, own, breaks in zip(self.members, points, broken, strict=True)
                    ],
                }
                for period in line
            ],
            "csv_url": self.chart_url,
            "is_sample": any(source.is_sample for source in self.sources),
        }

    @property
    def chart_series(self) -> list[ChartSeries]:
        return [
            ChartSeries(member.territory, member.group, member.series.points[-LONGEST_CHART:])
            for member in self.members
            if member.series
        ]

    def _line(self, points: list[dict[str, Point]]) -> list[Period]:
        periods = {point.period.code: point.period for own in points for point in own.values()}
        kinds = {period.kind for period in periods.values()}
        if len(kinds) == 1:
            return time_line([point.cell for own in points for point in own.values() if point.cell], kinds.pop())
        return sorted(periods.values(), key=lambda period: (period.starts_on, period.ends_on))

    def _cell(self, member: Compared, point: Point | None, breaks: set[datetime.date]) -> dict[str, Any]:
        if point is None or point.cell is None:
            return {"value": None, "state": "missing", "flag": "", "url": ""}
        return {
            "value": point.value,
            "state": point.state,
            "flag": point.flag,
            "is_partial": point.value is not None and not point.cell.is_whole,
            "is_break": point.period.starts_on in breaks,
            "url": figure_url(self.indicator, member.territory, point.period, member.key),
        }

    @property
    def finding(self) -> str:
        """The latest figure of each member that may be set beside others."""
        said = [
            _("%(name)s: %(value)s (%(period)s)")
            % {
                "name": member.name,
                "value": value_words(member.latest.value, self.indicator),
                "period": member.period,
            }
            for member in self.members
            if member.latest
            and member.latest.value is not None
            and doubt_of(self.indicator, member.latest.cell) is None
        ]
        return "; ".join(said)


def compare(indicator: Indicator, territories: Iterable[Territory], release: Release | None) -> Comparison:
    """Four queries, however many territories."""
    places = sorted(territories, key=lambda territory: (fold(territory.local_name), territory.pk))
    cells: dict[int, list[Cell]] = defaultdict(list)
    if release and places:
        rows = ReleasedFigure.objects.filter(
            release=release, indicator=indicator, breakdown__key=TOTAL, territory__in=[place.pk for place in places]
        )
        for cell in read_released(rows):
            cells[cell.territory_id].append(cell)
    changed_in = definition_years([indicator]).get(indicator.pk, ())
    members = []
    for place in places:
        card = make_card(indicator, place, cells[place.pk], {}) if place.pk in cells else None
        members.append(
            Compared(place.local_name, place, kind=card.kind, series=card.total, changed_in=changed_in, group=_("All"))
            if card
            else Compared(place.local_name, place)
        )
    sources = _sources(indicator, places, release)
    return Comparison(indicator, members, _chart_url(places_url(indicator, places)), sources)


def _sources(indicator: Indicator, places: list[Territory], release: Release | None) -> list[Source]:
    """Who published the indicator's figures of the places, and those in them, of which others are added up."""
    within = TerritoryClosure.objects.filter(ancestor__in=[place.pk for place in places]).values("descendant")
    rows = ReleasedFigure.objects.filter(
        release=release, indicator=indicator, territory__in=within, source__isnull=False
    )
    return list(Source.objects.filter(pk__in=rows.values("source")).order_by("name"))


def places_url(indicator: Indicator, territories: Iterable[Territory]) -> str:
    """The page that compares these places."""
    return _url(indicator, _places(territories))


def _chart_url(page_url: str) -> str:
    path, _mark, query = page_url.partition("?")
    return f"{path}chart.csv?{query}"


def _places(territories: Iterable[Territory]) -> list[tuple[str, str]]:
    return [("territory", f"{place.scheme.code}:{place.address_code}") for place in territories]


def _url(indicator: Indicator, query: list[tuple[str, str]]) -> str:
    return f"{reverse('indicators:compare', args=[indicator.code])}?{urlencode(query, safe=':')}"


# --- Groups -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GroupChoice:
    value: str
    """As it stands in the address."""
    name: str
    is_chosen: bool


@dataclass(frozen=True)
class GroupSet:
    """The groups of one dimension, or of several together, to choose from."""

    name: str
    choices: list[GroupChoice]

    @property
    def is_long(self) -> bool:
        return len(self.choices) > LONGEST_SET

    @property
    def at_hand(self) -> list[GroupChoice]:
        """All of them; of a long set, those that are chosen."""
        return [choice for choice in self.choices if choice.is_chosen or not self.is_long]

    @property
    def folded(self) -> list[GroupChoice]:
        """The rest, for who looks for another."""
        return [choice for choice in self.choices if self.is_long and not choice.is_chosen]


@dataclass(frozen=True)
class Groups:
    """The groups of people that an indicator tells apart in a territory, and those of them that were asked for."""

    names: Mapping[str, str]
    """By key."""
    chosen: list[str] = field(default_factory=list)
    """By key."""
    unknown: list[str] = field(default_factory=list)
    """What was asked for and is no group."""
    categories: Mapping[tuple[str, str], Category] = field(default_factory=dict)

    @cached_property
    def sets(self) -> list[GroupSet]:
        """First everyone, then by one dimension, then by several."""
        by_dimensions: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for key in sorted(self.names, key=self._place):
            by_dimensions[tuple(parse_key(key))].append(key)
        return [
            GroupSet(
                self._name_of_set(keys[0]),
                [GroupChoice(key or EVERYONE, self.names[key], key in self.chosen) for key in keys],
            )
            for keys in by_dimensions.values()
        ]

    def _place(self, key: str) -> tuple[int, list[tuple[int, str]], list[tuple[int, str]]]:
        members = [self.categories[item] for item in parse_key(key).items()]
        return (
            len(members),
            [(member.dimension.order, member.dimension.code) for member in members],
            [(member.order, member.code) for member in members],
        )

    def _name_of_set(self, key: str) -> str:
        names = [self.categories[item].dimension.name for item in parse_key(key).items()]
        return ", ".join(names) if names else _("Everyone")


def groups_of(
    indicator: Indicator, territory: Territory | None, release: Release | None, asked: Iterable[str]
) -> Groups:
    """Those with a released figure, and those that are asked for. Two queries, however many groups."""
    released: set[str] = set()
    if release and territory:
        rows = ReleasedFigure.objects.filter(release=release, indicator=indicator, territory=territory)
        released.update(
            rows.exclude(state=ReleasedFigure.State.MISSING).values_list("breakdown__key", flat=True).distinct()
        )
    wanted = {text: _key_in_address(text) for text in asked}
    keys = released | {key for key in wanted.values() if key is not None}
    dimensions = {dimension for key in keys for dimension in parse_key(key)}
    categories = list(Category.objects.filter(dimension__code__in=dimensions).select_related("dimension"))
    by_code = {(category.dimension.code, category.code): category for category in categories}
    known = {key for key in keys if all(item in by_code for item in parse_key(key).items())}
    chosen = sorted({key for key in wanted.values() if key is not None and key in known})
    groups = Groups(
        names_of_groups(known, categories),
        chosen,
        [text for text, key in wanted.items() if key not in known],
        by_code,
    )
    chosen.sort(key=groups._place)
    return groups


def _key_in_address(text: str) -> str | None:
    """The key of a group as an address names it; None for what cannot be one."""
    if text == EVERYONE:
        return TOTAL
    if not all(
        dimension and category for dimension, _sign, category in (part.partition("=") for part in text.split("&"))
    ):
        return None
    return key_of(parse_key(text))


def groups_url(indicator: Indicator, territory: Territory | None, keys: Iterable[str] = ()) -> str:
    """The page that compares groups of a territory."""
    named = [("group", key or EVERYONE) for key in keys]
    return _url(indicator, [("by", "groups"), *_places([territory] if territory else []), *named])


def compare_groups(indicator: Indicator, territory: Territory, groups: Groups, release: Release | None) -> Comparison:
    """Those that are chosen. Four queries, however many there are."""
    cells: dict[str, list[Cell]] = defaultdict(list)
    if release and groups.chosen:
        rows = ReleasedFigure.objects.filter(
            release=release, indicator=indicator, territory=territory, breakdown__key__in=groups.chosen
        )
        for cell in read_released(rows):
            cells[cell.key].append(cell)
    changed_in = definition_years([indicator]).get(indicator.pk, ())
    members = []
    for key in groups.chosen:
        kind = kind_to_show(cells[key], indicator)
        series = make_series([cell for cell in cells[key] if cell.period.kind == kind], time_line(cells[key], kind))
        members.append(Compared(groups.names[key], territory, key, kind, series or None, changed_in, groups.names[key]))
    sources = _sources(indicator, [territory], release)
    return Comparison(indicator, members, _chart_url(groups_url(indicator, territory, groups.chosen)), sources)
