"""Where what is tied to a place counts: what became of a place is followed, so that no tie has to be moved when places change."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from orgs.models.territory import Territory, TerritoryClosure, TerritoryQuerySet

Places = Territory | models.QuerySet[Any, Any]
"""A place, or the keys of several."""


class TerritoryReachQuerySet(models.QuerySet["TerritoryReach"]):
    def today(self) -> "TerritoryReachQuerySet":
        day = timezone.localdate()
        return self.filter(valid_from__lte=day, valid_to__gte=day)

    def itself(self) -> "TerritoryReachQuerySet":
        """What a place stands for, without what that lies in."""
        return self.filter(depth=0)


class TerritoryReach(models.Model):
    """What is tied to one place (a seat, a service, an appointment) counts in another, and while it does. Kept by triggers.

    Up to its last day a place stands for itself, then for each of its successors (depth 0); and it counts in all that these lie in. A place
    that ended without a successor goes on standing for itself. What is over for a week is not kept.
    """

    counts_in = models.ForeignKey(Territory, models.CASCADE, related_name="reach_below")
    tied_to = models.ForeignKey(Territory, models.CASCADE, related_name="reach_above", db_index=False)
    depth = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField()

    objects = TerritoryReachQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("counts_in", "tied_to", "valid_from", name="reach_once")]
        # Both ways, and of each what a place stands for: depth 0. Not a partial index, which would be read whole beside another one.
        indexes = [
            models.Index("counts_in", "depth", name="reach_of_place"),
            models.Index("tied_to", "depth", name="reach_of_tie"),
        ]

    def __str__(self) -> str:
        return f"{self.tied_to_id} → {self.counts_in_id} ({self.depth})"


def ids_tied_within(places: Places) -> models.QuerySet[Any, Any]:
    """Of all places what is tied to which counts today in one of these, or in a part of it."""
    reach = TerritoryReach.objects.today()
    return reach.filter(counts_in__in=ids_today(places)).values("tied_to")


def ids_tied_around(places: Places | int) -> models.QuerySet[Any, Any]:
    """Of all places what is tied to which stands today for one of these, or for one that holds it."""
    reach = TerritoryReach.objects.today()
    of_these = reach.filter(**{"tied_to__in" if isinstance(places, models.QuerySet) else "tied_to": places})
    return reach.itself().filter(counts_in__in=of_these.values("counts_in")).values("tied_to")


def ids_today(places: Places) -> Any:
    """What they stand for today: a place that has not ended just for itself, of which nobody has to be asked."""
    if isinstance(places, Territory):
        if places.valid_to >= timezone.localdate():
            return [places.pk]
        return TerritoryReach.objects.today().itself().filter(tied_to=places).values("counts_in")
    return TerritoryReach.objects.today().itself().filter(tied_to__in=places).values("counts_in")


def places_of_figures(places: Places) -> TerritoryQuerySet:
    """Those whose figures are of one of these: what lay in it when they were counted, and what counts in it today."""
    keys = [places.pk] if isinstance(places, Territory) else places
    lay = TerritoryClosure.objects.filter(ancestor__in=keys).values("descendant")
    return Territory.objects.filter(Q(pk__in=lay) | Q(pk__in=ids_tied_within(places)))
