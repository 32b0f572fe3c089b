"""Which needs and offers meet: of one kind, of two verified organisations, in the same places, in a common language, at the same time.

Meeting is mutual: what is proposed to one of the two is proposed to the other.
"""

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet, Value

from orgs.models import Capacity, CapacityMatch, Organisation, Territory
from orgs.models.reach import ids_tied_around, ids_tied_within
from orgs.vocabulary import CapacitySide

MOST = 50


def of_use_in(places: Iterable[Territory]) -> Q:
    """Capacities of one of these places, of a part of it or of what it lies in; one that names none is where its organisation is or works."""
    there = Territory.objects.filter(pk__in=[place.pk for place in places]).order_by().values("pk")
    around, below = ids_tied_around(there), ids_tied_within(there)
    at_work = Organisation.works_in.through.objects.order_by()
    organisations = [
        found
        for related in (around, below)
        for found in (
            Organisation.objects.filter(territory__in=related).order_by().values("pk"),
            at_work.filter(territory__in=related).values("organisation"),
        )
    ]
    return (
        Q(territory__in=around)
        | Q(territory__in=below)
        | Q(territory=None, organisation__in=organisations[0].union(*organisations[1:]))
    )


def places_of(capacity: Capacity) -> list[Territory]:
    if capacity.territory is not None:
        return [capacity.territory]
    return [capacity.organisation.territory, *capacity.organisation.works_in.all()]


def counterparts(capacity: Capacity) -> QuerySet[Capacity]:
    """Offers for a need and needs for an offer, of others; those between which nobody has asked."""
    is_need = capacity.side == CapacitySide.NEED
    asked = CapacityMatch.objects.closing().filter(
        **({"need": capacity, "offer": OuterRef("pk")} if is_need else {"offer": capacity, "need": OuterRef("pk")})
    )
    found = (
        Capacity.objects.current()
        .filter(
            of_use_in(places_of(capacity)),
            kind=capacity.kind,
            side=CapacitySide.OFFER if is_need else CapacitySide.NEED,
            organisation__in=Organisation.objects.verified().exclude(pk=capacity.organisation_id).values("pk"),
        )
        .exclude(Exists(asked))
    )
    if capacity.languages:
        found = found.filter(Q(languages=[]) | Q(languages__overlap=capacity.languages))
    if capacity.from_day is not None:
        found = found.filter(Q(to_day=None) | Q(to_day__gte=capacity.from_day))
    if capacity.to_day is not None:
        found = found.filter(Q(from_day=None) | Q(from_day__lte=capacity.to_day))
    return in_order(found)


def in_order(found: QuerySet[Capacity]) -> QuerySet[Capacity]:
    """As they are shown, with their organisations and places."""
    return found.select_related("organisation__territory", "territory").order_by("organisation__name_folded", "pk")


def suggestions_for(organisation: Organisation) -> list[tuple[Capacity, list[Capacity]]]:
    """For each of its own needs and offers those that meet it. As many queries for many of its own as for one."""
    if not organisation.is_verified:
        return []
    own = list(
        organisation.capacities.current()
        .select_related("organisation__territory", "territory")
        .prefetch_related("organisation__works_in")
    )
    meets: dict[int, set[int]] = {capacity.pk: set() for capacity in own}
    for other, capacity in pairs_of(own):
        meets[capacity].add(other)
    others = in_order(Capacity.objects.filter(pk__in=set().union(*meets.values())))
    found = [(capacity, [other for other in others if other.pk in meets[capacity.pk]]) for capacity in own]
    return [(capacity, those) for capacity, those in found if those]


def pairs_of(own: Sequence[Capacity]) -> Iterable[tuple[int, int]]:
    """The keys of what meets one of these, and of that one: the first for each, in one query."""
    of_each = [
        counterparts(capacity).annotate(meets=Value(capacity.pk)).values_list("pk", "meets")[:MOST] for capacity in own
    ]
    return of_each[0].union(*of_each[1:], all=True) if of_each else []
