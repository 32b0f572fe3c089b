"""The parts of a territory side by side: one figure of each, for a map, its list and a table."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.dashboards.cards import TOTAL, Change, Coverage, coverage_of, figure_url, progress
from indicators.dashboards.cells import MONTHS_OF, Cell, months_later, read_released
from indicators.dashboards.words import KINDS_PLURAL, change_words, period_words
from indicators.models import Breakdown, Indicator, Period, Release, ReleasedFigure
from indicators.vocabulary import PeriodKind, Unit, are_comparable_over_time
from orgs.folding import fold
from orgs.models import Territory, TerritoryClosure

SORTS = ("value", "-value", "name", "-name")


@dataclass(frozen=True)
class PartFigure:
    """One part and its figure in the period that the list is about."""

    territory: Territory
    cell: Cell | None
    url: str
    change: Change | None
    coverage: Coverage | None

    @property
    def value(self) -> Decimal | None:
        return self.cell.value if self.cell else None

    @property
    def state(self) -> str:
        return self.cell.state if self.cell else "missing"


@dataclass(frozen=True)
class Parts:
    indicator: Indicator | None
    kind: str
    """Of the parts: districts or neighbourhoods, say."""
    period: Period | None
    figures: list[PartFigure]

    @property
    def highest(self) -> Decimal:
        return max((abs(part.value) for part in self.figures if part.value is not None), default=Decimal(0))

    @property
    def known(self) -> list[PartFigure]:
        return [part for part in self.figures if part.value is not None]

    def sorted_by(self, sort: str) -> list[PartFigure]:
        """By name, or by value with those that have none always last."""
        by_name = sorted(self.figures, key=lambda part: fold(part.territory.local_name))
        if sort in ("name", "-name"):
            return by_name if sort == "name" else by_name[::-1]
        with_value = sorted(
            (part for part in by_name if part.value is not None),
            key=lambda part: part.value or Decimal(0),
            reverse=sort != "value",
        )
        return with_value + [part for part in by_name if part.value is None]


def indicators_of_parts(release: Release | None, territory: Territory) -> list[Indicator]:
    """Those of which some direct part has a released total."""
    if release is None:
        return []
    children = Territory.objects.filter(parent=territory).places()
    there = ReleasedFigure.objects.filter(
        release=release, territory__in=children.values("pk"), indicator=OuterRef("pk"), breakdown=the_total()
    )
    return list(
        Indicator.objects.active()
        .annotate(there=Subquery(there.values("release")[:1]))
        .exclude(there=None)
        .order_by("-is_headline", "domain__order", "order", "code")
    )


def the_total() -> Subquery:
    """The total among the breakdowns, as a value: joined by its key, PostgreSQL would read every breakdown of every figure."""
    return Subquery(Breakdown.objects.filter(key=TOTAL).values("pk")[:1])


def territory_parts(
    territory: Territory, release: Release | None, indicator: Indicator | None, kind: str, today: datetime.date
) -> Parts:
    """The parts of one kind as they were in the latest period with figures, and those figures. Three queries, however many parts."""
    cells: list[Cell] = []
    if release is not None and indicator is not None:
        cells = _latest_cells(territory, release, indicator, kind)
    period = max((cell.period for cell in cells), key=lambda one: one.ends_on) if cells else None
    on = period.ends_on if period else min(today, territory.valid_to)
    links = TerritoryClosure.objects.filter(
        ancestor=territory, depth__gt=0, descendant__kind=kind, valid_from__lte=on, valid_to__gte=on
    )
    places = Territory.objects.filter(pk__in=links.values("descendant")).select_related("scheme")
    latest = {cell.territory_id: cell for cell in cells if period and cell.period.code == period.code}
    earlier = {cell.territory_id: cell for cell in cells if period and cell.period.code != period.code}
    figures = []
    for place in places:
        now, before = latest.get(place.pk), earlier.get(place.pk)
        figures.append(
            PartFigure(
                place,
                now,
                figure_url(indicator, place, period) if indicator and now and period else "",
                _change(indicator, before, now) if indicator else None,
                coverage_of(now, {}) if now and not now.state else None,
            )
        )
    return Parts(indicator, kind, period, figures)


def _latest_cells(territory: Territory, release: Release, indicator: Indicator, kind: str) -> list[Cell]:
    """Of the newest period of the indicator's own frequency in the parts, and of the same time a year before."""
    links = TerritoryClosure.objects.filter(ancestor=territory, depth__gt=0, descendant__kind=kind)
    rows = ReleasedFigure.objects.filter(release=release, indicator=indicator, breakdown=the_total())
    period_kind, starts_on = indicator.frequency, _newest(links, rows.filter(period__kind=indicator.frequency))
    if starts_on is None:  # reported in other steps than the catalogue says
        period_kind, starts_on = PeriodKind.YEAR, _newest(links, rows.filter(period__kind=PeriodKind.YEAR))
    if starts_on is None:
        return []
    back = months_later(starts_on, -max(12, MONTHS_OF[PeriodKind(period_kind)]))
    periods = Period.objects.filter(kind=period_kind, starts_on__in=[starts_on, back])
    return read_released(rows.filter(territory__in=links.values("descendant"), period__in=periods.values("pk")))


def _newest(links: QuerySet[TerritoryClosure], rows: QuerySet[ReleasedFigure]) -> datetime.date | None:
    """When the newest known figure of any of the places begins: a short look into each of them."""
    of_place = (
        rows.filter(territory=OuterRef("descendant"))
        .exclude(state=ReleasedFigure.State.MISSING)
        .order_by("-period__starts_on")
        .values("period__starts_on")[:1]
    )
    newest: datetime.date | None = links.annotate(at=Subquery(of_place)).aggregate(newest=Max("at"))["newest"]
    return newest


def _change(indicator: Indicator, before: Cell | None, now: Cell | None) -> Change | None:
    if (
        before is None
        or now is None
        or before.value is None
        or now.value is None
        or not are_comparable_over_time(before.flags, now.flags)
    ):
        return None
    return Change(
        before.period,
        now.value - before.value,
        progress(indicator, before.value, now.value),
        change_words(now.value - before.value, before.value, before.period, indicator),
    )


def map_of(territory: Territory, parts: Parts, sort: str, address: Callable[[Territory], str]) -> dict[str, Any]:
    """What templates/components/map.html draws; `address` is where a place leads."""
    indicator = parts.indicator
    url = reverse("indicators:territory_outlines", args=[territory.scheme.code, territory.address_code])
    query = f"?level={parts.kind}" + (f"&on={parts.period.ends_on:%Y-%m-%d}" if parts.period else "")
    places = [
        {
            "code": part.territory.code,
            "name": part.territory.local_name,
            "url": address(part.territory),
            "value": part.value,
            "state": part.state,
            "value_url": part.url,
        }
        for part in parts.sorted_by(sort)
    ]
    return {
        "id": "map-of-parts",
        "title": f"{indicator.name}, {period_words(parts.period)}"
        if indicator and parts.period
        else str(KINDS_PLURAL[parts.kind]),
        "finding": map_finding(parts),
        "geojson_url": url + query,
        "unit": "%" if indicator and indicator.unit == Unit.PERCENT else "",
        "decimals": indicator.decimals if indicator else None,
        "direction": indicator.direction if indicator else "",
        "places": places,
    }


def map_finding(parts: Parts) -> str:
    known = sorted(parts.known, key=lambda part: part.value or 0)
    if len(known) < 2 or parts.indicator is None:
        return ""
    return _("Highest in %(highest)s, lowest in %(lowest)s.") % {
        "highest": known[-1].territory.local_name,
        "lowest": known[0].territory.local_name,
    }
