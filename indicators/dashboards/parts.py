"""The parts of a territory side by side: one figure of each, for a map, its list and a table."""

import datetime
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.formatting import KINDS_PLURAL, period_words
from indicators.catalogue.wording import definition_years
from indicators.dashboards.cells import MONTHS_OF, Cell, Point, months_later, read_released
from indicators.dashboards.changes import Change, change_of
from indicators.dashboards.coverage import Coverage, coverage_of
from indicators.dashboards.judgement import breaks_of, doubt_of
from indicators.dashboards.place_figures import TOTAL
from indicators.models import Breakdown, Indicator, Period, Release, ReleasedFigure
from indicators.vocabulary import Measure, PeriodKind, Unit
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

    @property
    def is_partial(self) -> bool:
        """A number is there, and it is not that of the whole place."""
        return self.value is not None and self.cell is not None and not self.cell.is_whole

    @property
    def may_be_ranked(self) -> bool:
        return self.value is not None and not self.is_partial


@dataclass(frozen=True)
class Parts:
    indicator: Indicator | None
    kind: str
    """Of the parts: districts or neighbourhoods, say."""
    period: Period | None
    figures: list[PartFigure]

    @property
    def full(self) -> Decimal:
        """What a whole bar stands for: 100 %, else the largest figure."""
        is_share = self.indicator is not None and self.indicator.unit == Unit.PERCENT
        return max(Decimal(100), self.highest) if is_share else self.highest

    @property
    def highest(self) -> Decimal:
        return max((abs(part.value) for part in self.ranked if part.value is not None), default=Decimal(0))

    @property
    def ranked(self) -> list[PartFigure]:
        """Those that may be set in an order: with a number, and that of the whole place."""
        return [part for part in self.figures if part.may_be_ranked]

    def sorted_by(self, sort: str) -> list[PartFigure]:
        """By name, or by value with those that have none always last, and before them those that are not the whole."""
        by_name = sorted(self.figures, key=lambda part: fold(part.territory.local_name))
        if sort in ("name", "-name"):
            return by_name if sort == "name" else by_name[::-1]
        with_value = sorted(
            (part for part in by_name if part.may_be_ranked),
            key=lambda part: part.value or Decimal(0),
            reverse=sort != "value",
        )
        return with_value + sorted(
            (part for part in by_name if not part.may_be_ranked), key=lambda one: not one.is_partial
        )


def indicators_of_parts(release: Release | None, territory: Territory) -> list[Indicator]:
    """Those of which some direct part has a released total; rates first, which can be compared whatever the size of a part."""
    if release is None:
        return []
    children = Territory.objects.filter(parent=territory).places()
    rates_first = Case(When(measure=Measure.COUNT, then=Value(1)), default=Value(0), output_field=IntegerField())
    there = ReleasedFigure.objects.filter(
        release=release, territory__in=children.values("pk"), indicator=OuterRef("pk"), breakdown=the_total()
    )
    return list(
        Indicator.objects.active()
        .annotate(there=Subquery(there.values("release")[:1]))
        .exclude(there=None)
        .order_by(rates_first, "-is_headline", "domain__order", "order", "code")
    )


def the_total() -> Subquery:
    """The total among the breakdowns, as a value: joined by its key, PostgreSQL would read every breakdown of every figure."""
    return Subquery(Breakdown.objects.filter(key=TOTAL).values("pk")[:1])


def territory_parts(
    territory: Territory, release: Release | None, indicator: Indicator | None, kind: str, today: datetime.date
) -> Parts:
    """The parts of one kind as they were in the latest period with figures, and those figures. Some queries, however many parts."""
    cells: list[Cell] = []
    if release is not None and indicator is not None:
        cells = _latest_cells(territory, release, indicator, kind)
    lines: dict[int, list[Point]] = defaultdict(list)
    for cell in sorted(cells, key=lambda one: one.period.starts_on):
        lines[cell.territory_id].append(Point(cell.period, cell))
    period = max((cell.period for cell in cells), key=lambda one: one.ends_on) if cells else None
    back = _a_year_before(period) if period else None
    on = period.ends_on if period else min(today, territory.valid_to)
    links = TerritoryClosure.objects.filter(
        ancestor=territory, depth__gt=0, descendant__kind=kind, valid_from__lte=on, valid_to__gte=on
    )
    places = Territory.objects.filter(pk__in=links.values("descendant")).select_related("scheme")
    latest = {cell.territory_id: cell for cell in cells if period and cell.period.code == period.code}
    changed_in = definition_years([indicator]).get(indicator.pk, ()) if indicator else ()
    figures = []
    for place in places:
        now = latest.get(place.pk)
        figures.append(
            PartFigure(
                place,
                now,
                figure_url(indicator, place, period) if indicator and now and period else "",
                _change(indicator, place, lines[place.pk], (back, period.starts_on), changed_in, today)
                if indicator and period and back
                else None,
                coverage_of(now, {}) if now and not now.state else None,
            )
        )
    return Parts(indicator, kind, period, figures)


def _latest_cells(territory: Territory, release: Release, indicator: Indicator, kind: str) -> list[Cell]:
    """Of the indicator's own frequency in the parts: from the same time a year before up to the newest period that they share."""
    links = TerritoryClosure.objects.filter(ancestor=territory, depth__gt=0, descendant__kind=kind)
    rows = ReleasedFigure.objects.filter(release=release, indicator=indicator, breakdown=the_total())
    period_kind, starts_on = indicator.frequency, _newest(links, rows.filter(period__kind=indicator.frequency))
    if starts_on is None:  # reported in other steps than the catalogue says
        period_kind, starts_on = PeriodKind.YEAR, _newest(links, rows.filter(period__kind=PeriodKind.YEAR))
    if starts_on is None:
        return []
    back = _a_year_before(Period(kind=period_kind, starts_on=starts_on))
    periods = Period.objects.filter(kind=period_kind, starts_on__range=[back, starts_on])
    return read_released(rows.filter(territory__in=links.values("descendant"), period__in=periods.values("pk")))


def _a_year_before(period: Period) -> datetime.date:
    """Where the period begins with which one is compared: of the same time of the year, or the one before where they are longer."""
    return months_later(period.starts_on, -max(12, MONTHS_OF[PeriodKind(period.kind)]))


def _newest(links: QuerySet[TerritoryClosure], rows: QuerySet[ReleasedFigure]) -> datetime.date | None:
    """When the newest known figure of the places begins: a short look into each of them.

    The median, so that one place that is ahead of the others does not empty their list, nor one that has stopped hold it back.
    """
    of_place = (
        rows.filter(territory=OuterRef("descendant"))
        .exclude(state=ReleasedFigure.State.MISSING)
        .filter(period__starts_on__lte=timezone.localdate())
        .order_by("-period__starts_on")
        .values("period__starts_on")[:1]
    )
    known = sorted(links.annotate(at=Subquery(of_place)).exclude(at=None).values_list("at", flat=True))
    return known[len(known) // 2] if known else None


def _change(
    indicator: Indicator,
    place: Territory,
    line: list[Point],
    between: tuple[datetime.date, datetime.date],
    changed_in: tuple[int, ...],
    today: datetime.date,
) -> Change | None:
    """From one period to another, which begin on two days, in the place's own figures of that time."""
    by_start = {point.period.starts_on: point for point in line}
    before, now = (by_start.get(at) for at in between)
    return change_of(indicator, before, now, breaks_of(line, changed_in=changed_in, begins_on=place.valid_from), today)


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
            "state": "partial" if part.is_partial else part.state,
            "flag": part.cell.flag_words if part.cell else "",
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
        "is_amount": indicator is not None and indicator.measure == Measure.COUNT,
        "places": places,
    }


def map_finding(parts: Parts) -> str:
    if parts.indicator is None:
        return ""
    judged = [part for part in parts.ranked if doubt_of(parts.indicator, part.cell) is None]
    known = sorted(judged, key=lambda part: part.value or 0)
    if len(known) < 2 or known[0].value == known[-1].value:
        return ""
    return _("Highest in %(highest)s, lowest in %(lowest)s.") % {
        "highest": known[-1].territory.local_name,
        "lowest": known[0].territory.local_name,
    }
