"""What is behind one number (rule 8): the figures it was made of, the sources, and for those who keep figures who approved them."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, F, Max, Min, QuerySet

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.breakdowns import parse_key
from indicators.catalogue.formatting import base_words, names_of_groups, period_words
from indicators.dashboards.cells import Cell, read_confidential, read_released
from indicators.dashboards.coverage import Coverage, coverage_of
from indicators.dashboards.judgement import has_small_base
from indicators.models import (
    Breakdown,
    BreakdownMargin,
    Category,
    ComputedFigure,
    Figure,
    Indicator,
    Observation,
    Period,
    Release,
    ReleasedFigure,
    Source,
)
from indicators.vocabulary import Flag, Origin, Status
from orgs.models import Territory, TerritoryClosure
from orgs.numbers import write_number

MOST_DIGITS = 10
"""After the point, of what is stored."""


@dataclass(frozen=True)
class FigurePlace:
    """A cell's address: what, where, when and of whom."""

    indicator: Indicator
    territory: Territory
    period: Period
    breakdown: Breakdown


@dataclass(frozen=True)
class Input:
    """One of the figures that a figure was made of."""

    name: str
    url: str
    released: Cell | None
    confidential: Cell | None

    @property
    def origin_words(self) -> str:
        return str(Origin(self.confidential.origin).label) if self.confidential else ""


@dataclass(frozen=True)
class Contribution:
    """A batch of observations that went into a figure."""

    source: str
    batch_id: int | None
    file_name: str
    approved_by: str
    first_at: datetime.datetime
    last_at: datetime.datetime
    count: int


@dataclass(frozen=True)
class CellView:
    place: FigurePlace
    group: str
    """The breakdown in words; "" for the total."""
    released: Cell | None
    confidential: Cell | None
    inputs: list[Input]
    sources: list[Source]
    kinds_below: Mapping[str, int]
    computed: ComputedFigure | None = None
    """Where the figure was reported: what the rollup makes of its parts."""
    observations: list[Observation] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)

    @property
    def cell(self) -> Cell | None:
        """The figure that says how it was made."""
        return self.confidential or self.released

    @property
    def origin(self) -> str:
        return self.cell.origin if self.cell else ""

    @property
    def coverage(self) -> Coverage | None:
        """What `origin` does not say already."""
        if self.cell is None or self.cell.has_nothing:
            return None
        coverage = coverage_of(self.cell, self.kinds_below)
        return coverage if coverage.is_partial or self.origin == Origin.TERRITORIES else None

    @property
    def is_sample(self) -> bool:
        return any(source.is_sample for source in self.sources)

    @property
    def base_words(self) -> str:
        """How many people the released rate or mean is of, in a band; "" where nobody says."""
        return base_words(self.released.denominator) if self.released else ""

    @property
    def has_small_base(self) -> bool:
        return self.released is not None and has_small_base(self.place.indicator, self.released)

    @property
    def margin_words(self) -> str:
        """How far the confidential figure may be from the released one; "" where more is not known than the rounding tells: of a part, or an estimate."""
        cell = self.released
        if cell is None or not cell.margin or not cell.is_whole or cell.flags & Flag.ESTIMATED:
            return ""
        return write_number(cell.margin, at_most=MOST_DIGITS)

    @property
    def discrepancy(self) -> Decimal | None:
        """Reported − computed, where both are there and differ."""
        if self.computed is None or self.confidential is None or self.confidential.value is None:
            return None
        computed = self.computed.numerator * self.place.indicator.factor
        if self.computed.denominator:
            computed /= self.computed.denominator
        return self.confidential.value - computed if round(self.confidential.value - computed, 6) else None

    @property
    def computed_value(self) -> Decimal | None:
        return (
            self.confidential.value - self.discrepancy
            if self.confidential and self.confidential.value is not None and self.discrepancy
            else None
        )


def public_view(place: FigurePlace, release: Release | None, kinds_below: Mapping[str, int]) -> CellView | None:
    """From the current release and nothing else; None where it has no such figure."""
    if release is None:
        return None
    released = next(iter(read_released(_at(_released(release), place))), None)
    if released is None:
        return None
    return CellView(
        place,
        group_words(place.breakdown),
        released,
        None,
        _inputs(place, released.origin, release, with_confidential=False),
        _public_sources(place, released, release),
        kinds_below,
    )


def steward_view(place: FigurePlace, release: Release | None, kinds_below: Mapping[str, int]) -> CellView | None:
    """The confidential figure beside the released one, with its observations and imports."""
    confidential = next(iter(read_confidential(_at(Figure.objects.all(), place))), None)
    released = next(iter(read_released(_at(_released(release), place))), None) if release else None
    observations = list(
        _at(Observation.objects.all(), place)
        .select_related("source", "batch", "approved_by")
        .order_by("-created_at", "-pk")
    )
    cell = confidential or released
    if cell is None and not observations:
        return None
    contributions = _contributions(place)
    computed = _at(ComputedFigure.objects.filter(is_overridden=True), place).first()
    return CellView(
        place,
        group_words(place.breakdown),
        released,
        confidential,
        _inputs(place, cell.origin if cell else Origin.REPORTED, release, with_confidential=True),
        list(Source.objects.filter(name__in={one.source for one in contributions})),
        kinds_below,
        computed,
        observations,
        contributions,
    )


def group_words(breakdown: Breakdown) -> str:
    if not breakdown.key:
        return ""
    return names_of_groups([breakdown.key], _categories([breakdown.key]))[breakdown.key]


def _categories(keys: Iterable[str]) -> QuerySet[Category]:
    dimensions = {dimension for key in keys for dimension in parse_key(key)}
    return Category.objects.filter(dimension__code__in=dimensions).select_related("dimension")


def _released(release: Release) -> QuerySet[ReleasedFigure]:
    return ReleasedFigure.objects.filter(release=release)


def _at(rows: QuerySet, place: FigurePlace) -> QuerySet:
    return rows.filter(
        indicator=place.indicator, territory=place.territory, period=place.period, breakdown=place.breakdown
    )


# --- What it was made of ------------------------------------------------------------------------------------------------


def _inputs(place: FigurePlace, origin: str, release: Release | None, *, with_confidential: bool) -> list[Input]:
    if origin == Origin.TERRITORIES:
        return _from_territories(place, release, with_confidential)
    if origin == Origin.CATEGORIES:
        return _from_categories(place, release, with_confidential)
    if origin == Origin.PERIODS:
        return _from_periods(place, release, with_confidential)
    return []


def _read(release: Release | None, with_confidential: bool, **where: object) -> tuple[list[Cell], list[Cell]]:
    """The released and the confidential cells."""
    released = read_released(_released(release).filter(**where)) if release else []
    return released, read_confidential(Figure.objects.filter(**where)) if with_confidential else []


def _from_territories(place: FigurePlace, release: Release | None, with_confidential: bool) -> list[Input]:
    on = place.period.ends_on
    parts = list(
        Territory.objects.filter(parent=place.territory, valid_from__lte=on, valid_to__gte=on).select_related("scheme")
    )
    released, confidential = _read(
        release,
        with_confidential,
        indicator=place.indicator,
        territory__in=parts,
        period=place.period,
        breakdown=place.breakdown,
    )
    of_public = {cell.territory_id: cell for cell in released}
    of_confidential = {cell.territory_id: cell for cell in confidential}
    return [
        Input(
            part.local_name,
            figure_url(place.indicator, part, place.period, place.breakdown.key),
            of_public.get(part.pk),
            of_confidential.get(part.pk),
        )
        for part in parts
    ]


def _from_categories(place: FigurePlace, release: Release | None, with_confidential: bool) -> list[Input]:
    """The complete set of groups that adds up to this one. Where several do, the smallest, as the rollup takes it."""
    links = BreakdownMargin.objects.filter(whole=place.breakdown).select_related("part").order_by("part__key")
    by_dimension: dict[int, list[BreakdownMargin]] = {}
    for link in links:
        by_dimension.setdefault(link.dimension_id, []).append(link)
    released, confidential = _read(
        release,
        with_confidential,
        indicator=place.indicator,
        territory=place.territory,
        period=place.period,
        breakdown__in=[link.part_id for link in links],
    )
    of_public = {cell.key: cell for cell in released}
    of_confidential = {cell.key: cell for cell in confidential}
    there = of_confidential if with_confidential else of_public
    complete = [
        found
        for found in by_dimension.values()
        if sum(link.part.key in there for link in found if not link.is_beside) >= found[0].set_size
    ]
    if not complete:
        return []
    chosen = min(complete, key=lambda found: (found[0].set_size, found[0].dimension_id))
    keys = [link.part.key for link in chosen if link.part.key in there]
    names = names_of_groups(keys, _categories(keys))
    return [
        Input(
            names[key],
            figure_url(place.indicator, place.territory, place.period, key),
            of_public.get(key),
            of_confidential.get(key),
        )
        for key in keys
    ]


def _from_periods(place: FigurePlace, release: Release | None, with_confidential: bool) -> list[Input]:
    shorter = Period.objects.filter(
        kind=place.indicator.frequency, starts_on__gte=place.period.starts_on, ends_on__lte=place.period.ends_on
    )
    released, confidential = _read(
        release,
        with_confidential,
        indicator=place.indicator,
        territory=place.territory,
        period__in=shorter.values("pk"),
        breakdown=place.breakdown,
    )
    of_public = {cell.period.pk: cell for cell in released}
    of_confidential = {cell.period.pk: cell for cell in confidential}
    return [
        Input(
            period_words(period),
            figure_url(place.indicator, place.territory, period, place.breakdown.key),
            of_public.get(period.pk),
            of_confidential.get(period.pk),
        )
        for period in shorter
    ]


# --- Where it came from -------------------------------------------------------------------------------------------------


def _within(place: FigurePlace) -> dict[str, object]:
    """All that may have gone into the figure: the territory and those below, the period and those in it."""
    return {
        "indicator": place.indicator,
        "territory__in": TerritoryClosure.objects.filter(ancestor=place.territory).values("descendant"),
        "period__starts_on__gte": place.period.starts_on,
        "period__ends_on__lte": place.period.ends_on,
    }


def _public_sources(place: FigurePlace, cell: Cell, release: Release) -> list[Source]:
    if cell.source_id is not None:
        return list(Source.objects.filter(pk=cell.source_id))
    rows = _released(release).filter(**_within(place), source__isnull=False)
    return list(Source.objects.filter(pk__in=rows.values("source")).order_by("name"))


def _contributions(place: FigurePlace) -> list[Contribution]:
    rows = (
        Observation.objects.filter(**_within(place), status=Status.APPROVED)
        .filter(breakdown__in=_finer(place.breakdown))
        .values("batch_id", source_name=F("source__name"), file=F("batch__file_name"), who=F("approved_by__name"))
        .annotate(first_at=Min("approved_at"), last_at=Max("approved_at"), count=Count("pk"))
        .order_by("source_name", "batch_id")
    )
    return [
        Contribution(
            row["source_name"],
            row["batch_id"],
            row["file"] or "",
            row["who"] or "",
            row["first_at"],
            row["last_at"],
            row["count"],
        )
        for row in rows
    ]


def _finer(breakdown: Breakdown) -> QuerySet[Breakdown]:
    """The breakdowns whose people all belong to this one: each of its categories, or one that is nested in it, is named."""
    found = Breakdown.objects.all()
    parts = parse_key(breakdown.key)
    parents = dict(Category.objects.filter(dimension__code__in=parts).values_list("pk", "parent"))
    for category in Category.objects.filter(breakdowns=breakdown):
        held = {category.pk}
        while further := {pk for pk, parent in parents.items() if parent in held} - held:
            held |= further
        found = found.filter(categories__in=held)
    return found.distinct()
