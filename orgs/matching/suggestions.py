"""Which needs and offers meet: of one kind, of two verified organisations, in the same places, in a common language, at the same time."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from orgs.models import Capacity, CapacityMatch, Organisation, TerritoryClosure
from orgs.models.organisation import ids_at_work_in
from orgs.models.territory import Territory
from orgs.vocabulary import CapacitySide

MOST = 50


def current() -> Q:
    """Not over yet."""
    return Q(to_day=None) | Q(to_day__gte=timezone.localdate())


def of_use_in(place: Territory) -> Q:
    """Capacities of that place, of a part of it or of all that it lies in; one that names none is where its organisation works."""
    around = TerritoryClosure.objects.filter(descendant=place).values("ancestor")
    below = TerritoryClosure.objects.filter(ancestor=place).values("descendant")
    return Q(territory__in=around) | Q(territory__in=below) | Q(territory=None, organisation__in=ids_at_work_in(place))


def counterparts(capacity: Capacity) -> QuerySet[Capacity]:
    """Offers for a need and needs for an offer, of others; those between which nobody has asked."""
    is_need = capacity.side == CapacitySide.NEED
    asked = CapacityMatch.objects.filter(
        **({"need": capacity, "offer": OuterRef("pk")} if is_need else {"offer": capacity, "need": OuterRef("pk")})
    )
    found = Capacity.objects.filter(
        current(),
        of_use_in(capacity.place),
        kind=capacity.kind,
        side=CapacitySide.OFFER if is_need else CapacitySide.NEED,
        organisation__in=Organisation.objects.verified().exclude(pk=capacity.organisation_id).values("pk"),
    ).exclude(Exists(asked))
    if capacity.languages:
        found = found.filter(Q(languages=[]) | Q(languages__overlap=capacity.languages))
    if capacity.from_day is not None:
        found = found.filter(Q(to_day=None) | Q(to_day__gte=capacity.from_day))
    if capacity.to_day is not None:
        found = found.filter(Q(from_day=None) | Q(from_day__lte=capacity.to_day))
    return found.select_related("organisation__territory", "territory").order_by("organisation__name_folded", "pk")


def suggestions_for(organisation: Organisation) -> list[tuple[Capacity, list[Capacity]]]:
    """For each of its own needs and offers those that meet it. One query for each of its own, of which it has a dozen at the most."""
    if not organisation.is_verified:
        return []
    own = organisation.capacities.filter(current()).select_related("organisation__territory", "territory")
    pairs = [(capacity, list(counterparts(capacity)[:MOST])) for capacity in own]
    return [(capacity, others) for capacity, others in pairs if others]
