"""Which needs and offers meet: of the same kind, of two verified organisations at work in the same places, at the same time."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from orgs.models import Capacity, CapacityMatch, Organisation
from orgs.vocabulary import CapacitySide

MOST = 50


def current() -> Q:
    """Not over yet."""
    return Q(to_day=None) | Q(to_day__gte=timezone.localdate())


def counterparts(capacity: Capacity) -> QuerySet[Capacity]:
    """Offers for a need and needs for an offer, of others; those between which nobody has asked."""
    is_need = capacity.side == CapacitySide.NEED
    asked = CapacityMatch.objects.filter(
        **({"need": capacity, "offer": OuterRef("pk")} if is_need else {"offer": capacity, "need": OuterRef("pk")})
    )
    others = Organisation.objects.verified().at_work_in(capacity.organisation.territory)
    found = Capacity.objects.filter(
        current(),
        kind=capacity.kind,
        side=CapacitySide.OFFER if is_need else CapacitySide.NEED,
        organisation__in=others.exclude(pk=capacity.organisation_id).values("pk"),
    ).exclude(Exists(asked))
    if capacity.from_day is not None:
        found = found.filter(Q(to_day=None) | Q(to_day__gte=capacity.from_day))
    if capacity.to_day is not None:
        found = found.filter(Q(from_day=None) | Q(from_day__lte=capacity.to_day))
    return found.select_related("organisation__territory").order_by("organisation__name_folded", "pk")


def suggestions_for(organisation: Organisation) -> list[tuple[Capacity, list[Capacity]]]:
    """For each of its own needs and offers those that meet it. One query for each of its own, of which it has a dozen at the most."""
    if not organisation.is_verified:
        return []
    own = organisation.capacities.filter(current()).select_related("organisation__territory")
    pairs = [(capacity, list(counterparts(capacity)[:MOST])) for capacity in own]
    return [(capacity, others) for capacity, others in pairs if others]
