"""The territory page: for each of the eleven domains what the current release says of a place."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.db.models import Count, Min, Q

from indicators.catalogue.formatting import names_of_groups
from indicators.catalogue.wording import definition_years
from indicators.dashboards.cards import Card, make_card
from indicators.dashboards.cells import Cell, Point, read_released
from indicators.dashboards.gap import Gap
from indicators.dashboards.opening import GAPS, OpeningSentence, apart, opening_sentences, spoken_of
from indicators.dashboards.place_figures import CARD_KEYS
from indicators.dashboards.targets import TargetLine, next_targets, target_lines
from indicators.models import Category, Indicator, Release, ReleasedFigure, Source, Target
from orgs.models import Domain, Organisation, Territory, TerritoryClosure


@dataclass(frozen=True)
class OtherFigure:
    """A further indicator of a domain, in one line."""

    indicator: Indicator
    card: Card
    is_borrowed: bool = False
    """Of a territory above, for want of one of its own."""
    target: TargetLine | None = None

    @property
    def point(self) -> Point:
        return self.card.latest


@dataclass(frozen=True)
class DomainView:
    """One domain in a territory. `card` may be that of a territory above: a page says so and never shows it as its own."""

    domain: Domain
    headline: Indicator | None
    card: Card | None = None
    is_borrowed: bool = False
    target: TargetLine | None = None
    """What the territory wants of the headline; never that of a territory above."""
    others: list[OtherFigure] = field(default_factory=list)

    @property
    def cards(self) -> list[Card]:
        """The one at its head, and the others."""
        return [*([self.card] if self.card else []), *(other.card for other in self.others)]

    @property
    def anchor(self) -> str:
        return f"domain-{self.domain.slug}"


@dataclass(frozen=True)
class TerritoryDashboard:
    territory: Territory
    path: list[Territory]
    """From the root down to and with the territory."""
    release: Release | None
    domains: list[DomainView]
    kinds_below: dict[str, int]
    """How many territories of each kind lie in it, from the highest level down."""

    @property
    def with_figures(self) -> list[DomainView]:
        return [view for view in self.domains if view.card]

    @property
    def without_figures(self) -> list[DomainView]:
        return [view for view in self.domains if not view.card]

    @cached_property
    def spoken_of(self) -> list[Card]:
        return spoken_of((card for view in self.domains for card in view.cards), self.territory.pk)

    @cached_property
    def sentences(self) -> list[OpeningSentence]:
        """What is true here and matters."""
        return opening_sentences(self.spoken_of)

    @cached_property
    def gaps(self) -> list[tuple[Card, Gap]]:
        """Where migrants and the host population stand apart, the widest first."""
        return apart(self.spoken_of)[:GAPS]

    @property
    def own_count(self) -> int:
        """Domains whose head is a figure of the place itself."""
        return sum(1 for view in self.domains if view.card and not view.is_borrowed)

    @property
    def residents(self) -> Card | None:
        """The figure that says how big a place is, where the planning domain counts residents.

        None where only a part of the place was counted: its head is no place for half a number.
        """
        own = [view.card for view in self.domains if view.card and not view.is_borrowed]
        others = [other.card for view in self.domains for other in view.others if not other.is_borrowed]
        return next((card for card in [*own, *others] if card.indicator.code == "C1" and card.may_lead), None)


def territory_dashboard(territory: Territory, release: Release | None, today: datetime.date) -> TerritoryDashboard:
    """Some dozen queries, whatever the territory holds."""
    path = list(Territory.objects.above(territory).select_related("scheme"))
    indicators = list(Indicator.objects.active().order_by("domain__order", "-is_headline", "order", "code"))
    kinds_below = count_kinds(territory, min(today, territory.valid_to))
    cards = _cards(path, indicators, release, kinds_below, today)
    targets = next_targets(territory, today.year)
    views = []
    for domain in Domain.objects.all():
        of_domain = [indicator for indicator in indicators if indicator.domain_id == domain.pk]
        headline = next(iter(of_domain), None)
        views.append(_view(domain, headline, _nearest(of_domain, path, cards), territory, targets))
    return TerritoryDashboard(territory, path, release, _with_sources(views, release), kinds_below)


def _nearest(indicators: list[Indicator], path: list[Territory], cards: dict[tuple[int, int], Card]) -> list[Card]:
    """For each indicator the card of the territory, else of the nearest one above that has one.

    Where that is of a part only, or of too few, the nearest one that may lead stands with it. Those that may lead come first, and the
    territory's own before others'.
    """
    found = []
    for indicator in indicators:
        there = [card for place in reversed(path) if (card := cards.get((place.pk, indicator.pk)))]
        found += there[:1]
        if there and not there[0].may_lead:
            found += [card for card in there[1:] if card.may_lead][:1]
    return sorted(found, key=lambda card: (not card.may_lead, card.territory.pk != path[-1].pk))


def _view(
    domain: Domain, headline: Indicator | None, cards: list[Card], territory: Territory, targets: dict[int, Target]
) -> DomainView:
    if not cards:
        return DomainView(domain, headline)
    figures = []
    for card in cards:
        is_borrowed = card.territory.pk != territory.pk
        target = None if is_borrowed else targets.get(card.indicator.pk)
        held = [target] if target else []
        line = next(iter(target_lines(held, card)), None)
        figures.append(OtherFigure(card.indicator, replace(card, targets=held), is_borrowed, line))
    first, *others = figures
    return DomainView(domain, headline, first.card, first.is_borrowed, first.target, others)


def _cards(
    path: list[Territory],
    indicators: list[Indicator],
    release: Release | None,
    kinds_below: dict[str, int],
    today: datetime.date,
) -> dict[tuple[int, int], Card]:
    if release is None:
        return {}
    rows = ReleasedFigure.objects.filter(release=release, territory__in=path, breakdown__key__in=CARD_KEYS)
    by_place: dict[tuple[int, int], list[Cell]] = defaultdict(list)
    for cell in read_released(rows):
        by_place[cell.territory_id, cell.indicator_id].append(cell)
    names = group_names([key for key in CARD_KEYS if key])
    places = {place.pk: place for place in path}
    known = {indicator.pk: indicator for indicator in indicators}
    changed_in = definition_years(indicators)
    cards = {}
    for (territory_id, indicator_id), cells in by_place.items():
        if indicator_id in known:
            below = kinds_below if territory_id == path[-1].pk else {}
            years = changed_in.get(indicator_id, ())
            card = make_card(known[indicator_id], places[territory_id], cells, names, below, years)
            if card:
                cards[territory_id, indicator_id] = replace(card, today=today)
    return cards


def group_names(keys: Iterable[str]) -> dict[str, str]:
    """The names of groups in the reader's language."""
    wanted = list(keys)
    dimensions = {part.split("=")[0] for key in wanted if key for part in key.split("&")}
    return names_of_groups(wanted, Category.objects.filter(dimension__code__in=dimensions).select_related("dimension"))


def count_kinds(territory: Territory, on: datetime.date) -> dict[str, int]:
    """{kind: number} of what lies in the territory on a day, from the highest level down."""
    links = TerritoryClosure.objects.filter(ancestor=territory, depth__gt=0, valid_from__lte=on, valid_to__gte=on)
    rows = (
        links.exclude(descendant__kind=Territory.Kind.UNALLOCATED)
        .values("descendant__kind")
        .annotate(depth=Min("depth"), number=Count("pk"))
        .order_by("depth", "number")
    )
    return {row["descendant__kind"]: row["number"] for row in rows}


# --- Sources ------------------------------------------------------------------------------------------------------------


def _with_sources(views: list[DomainView], release: Release | None) -> list[DomainView]:
    cards = [card for view in views for card in [view.card, *(other.card for other in view.others)] if card]
    by_card = sources_of(cards, release)

    def named(card: Card) -> Card:
        return replace(card, sources=by_card.get((card.territory.pk, card.indicator.pk), []))

    return [
        replace(
            view,
            card=named(view.card) if view.card else None,
            others=[replace(other, card=named(other.card)) for other in view.others],
        )
        for view in views
    ]


def sources_of(cards: list[Card], release: Release | None) -> dict[tuple[int, int], list[Source]]:
    """Who published what each card shows: its own source, or those of the released figures within its territory and period."""
    if release is None or not cards:
        return {}
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    computed = []
    for card in cards:
        if card.cell.source_id is not None:
            found[card.territory.pk, card.indicator.pk].add(card.cell.source_id)
        else:
            computed.append(card)
    for card_territory in {card.territory.pk for card in computed}:
        within = TerritoryClosure.objects.filter(ancestor=card_territory).values("descendant")
        wanted = Q()
        for card in computed:
            if card.territory.pk == card_territory:
                period = card.latest.period
                wanted |= Q(
                    indicator=card.indicator,
                    period__starts_on__gte=period.starts_on,
                    period__ends_on__lte=period.ends_on,
                )
        rows = ReleasedFigure.objects.filter(wanted, release=release, territory__in=within, source__isnull=False)
        for indicator_id, source_id in rows.values_list("indicator_id", "source_id").distinct():
            found[card_territory, indicator_id].add(source_id)
    sources = Source.objects.in_bulk({pk for pks in found.values() for pk in pks})
    return {place: sorted((sources[pk] for pk in pks), key=lambda source: source.name) for place, pks in found.items()}


# --- Who is at work here ---------------------------------------------------------------------------------------------------


def organisations_at_work(territory: Territory) -> int:
    return Organisation.objects.verified().at_work_in(territory).count()
