"""What the page of a territory says of partnerships: how many, at which levels, and which. Never a mean: a ladder is
no league table.
"""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q
from django.utils.functional import Promise

from orgs.models import Domain, Service, Territory
from orgs.models.reach import ids_tied_around, ids_tied_within
from orgs.permissions import Person
from partnerships.models import Assessment, Experience, Level, Partnership, Scale
from partnerships.models.partnership import PartnershipQuerySet
from partnerships.vocabulary import AssessmentState, PartnershipState

# An experienced distribution tells nobody's own answer when so many answered, of so many kinds.
ANSWERS_NEEDED = 5
KINDS_NEEDED = 3


@dataclass(frozen=True)
class Count:
    code: str
    label: str | Promise
    count: int


@dataclass(frozen=True)
class TerritoryPartnerships:
    territory: Territory
    total: int
    states: list[Count]
    """Only of states that the reader may see."""
    levels: list[Count]
    """Live partnerships by the level confirmed today, lowest first, zeros included."""
    without_level: int
    """Live partnerships with no confirmed level today."""
    live: int
    """Levels are shares of these."""
    experienced: list[Count] | None
    """Experiences by level, or None while too few have answered."""
    partnerships: Sequence[Partnership]


@dataclass(frozen=True)
class Uncovered:
    """The domains in which nobody is at work in a place, as far as the registry knows."""

    without_service: list[Domain]
    """No verified organisation that works here offers a service in them."""
    without_partnership: list[Domain]
    """No partnership of the place, of a part of it or of an area that holds it is under way in them."""


def uncovered_domains(territory: Territory) -> Uncovered:
    """Two queries. What the public may read decides: one that nobody has verified covers nothing."""
    below, above = ids_tied_within(territory), ids_tied_around(territory)
    offered = Service.objects.public().verified().offered_in(territory)
    live = Partnership.objects.published().live().filter(Q(territory__in=below) | Q(territory__in=above))
    return Uncovered(
        list(Domain.objects.exclude(pk__in=offered.values("domain"))),
        list(Domain.objects.exclude(pk__in=live.values("domains"))),
    )


def partnerships_of(territory: Territory, user: Person, on: datetime.date, *, limit: int = 10) -> TerritoryPartnerships:
    """Of the territory and all below it, as far as `user` may see them; `limit` of them in full, the live and latest
    first.
    """
    visible = Partnership.objects.visible_to(user).within(territory)
    states = Counter(visible.values_list("state", flat=True))
    live = visible.live()
    confirmed = Counter(
        Assessment.objects.confirmed_on(on)
        .filter(partnership__in=live.values("pk"))
        .order_by("partnership_id", "-ends_on")
        .distinct("partnership_id")
        .values_list("confirmed__code", flat=True)
    )
    levels = list(Level.objects.filter(scale=Scale.objects.filter(is_current=True).first()).order_by("order"))
    return TerritoryPartnerships(
        territory=territory,
        total=sum(states.values()),
        states=[
            Count(state, PartnershipState(state).label, states[state]) for state in PartnershipState if states[state]
        ],
        levels=[Count(level.code, level.name, confirmed[level.code]) for level in levels],
        without_level=states[PartnershipState.ACTIVE] - sum(confirmed.values()),
        live=states[PartnershipState.ACTIVE],
        experienced=experienced_in(territory, levels),
        partnerships=first_of(visible, on, limit),
    )


def first_of(visible: PartnershipQuerySet, on: datetime.date, limit: int) -> list[Partnership]:
    holding = Assessment.objects.confirmed_on(on).select_related("confirmed")
    live_first = visible.order_by("state", "-starts_on", "pk")  # "active" comes before the other states
    return list(
        live_first.select_related("territory", "promised")
        .with_parties()
        .prefetch_related("domains", Prefetch("assessments", holding, to_attr="holding"))[:limit]
    )


def experienced_in(territory: Territory, levels: Sequence[Level]) -> list[Count] | None:
    """What organisations say of the periods whose level is confirmed; public only from five answers of three kinds."""
    rows = list(
        Experience.objects.filter(
            assessment__state=AssessmentState.CONFIRMED,
            assessment__partnership__in=Partnership.objects.published().within(territory).values("pk"),
        ).values_list("level__code", "party__organisation__kind")
    )
    if len(rows) < ANSWERS_NEEDED or len({kind for _code, kind in rows}) < KINDS_NEEDED:
        return None
    counts = Counter(code for code, _kind in rows)
    return [Count(level.code, level.name, counts[level.code]) for level in levels]
