"""How near to a place a service is, as far as places tell: where exactly an organisation is, nobody stores.

First comes what is in the place; then what is in the places around it, by how far their middles lie apart; then what serves a larger area
that the place is part of; and last what is somewhere in its municipality. Shelters are kept at their municipality by the database
(orgs/migrations/0004_shelters_lie_in_their_municipality.py), so that they are near to all of its places alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, Exists, FloatField, OuterRef, Q, QuerySet, Subquery, TextChoices, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.models import Organisation, Territory, TerritoryOutline, TerritoryReach
from orgs.models.reach import ids_tied_around, ids_tied_within
from orgs.models.territory import Kilometres
from orgs.numbers import write_number

MOST_NEIGHBOURS = 8
FARTHEST = 50
"""Kilometres: who lives there does not come on foot."""
LARGER_AREA, SOMEWHERE = 100, 101
"""Ranks behind those of the place (0) and of its neighbours (1 to MOST_NEIGHBOURS)."""


class Nearness(TextChoices):
    HERE = "here", gettext_lazy("Only what is in the place")
    AROUND = "around", gettext_lazy("Nearest first, with the places around it")


def ids_within(places: Iterable[int]) -> QuerySet[Any, Any]:
    """Of organisations that are based or work in one of the places, or below it."""
    below = ids_tied_within(Territory.objects.filter(pk__in=list(places)).order_by().values("pk"))
    at_work = Organisation.works_in.through.objects.order_by().filter(territory__in=below)
    seats = Organisation.objects.filter(territory__in=below).order_by().values("pk")
    return seats.union(at_work.values("organisation"))


@dataclass(frozen=True)
class Neighbour:
    place: Territory
    kilometres: float

    @property
    def distance(self) -> str:
        if self.kilometres < 1:
            return _("less than 1 km")
        return _("about %(number)s km") % {"number": write_number(round(self.kilometres), 0)}


class Surroundings:
    """Of a place that comes with those above it (`with_path`)."""

    def __init__(self, place: Territory) -> None:
        self.place = place

    @cached_property
    def neighbours(self) -> list[Neighbour]:
        """The nearest places of its kind, in its classification; none where its boundary is not known."""
        middle = TerritoryOutline.objects.filter(territory=self.place).values_list("middle", flat=True).first()
        if middle is None:
            return []
        here = Value(middle, output_field=ArrayField(FloatField()))
        alike = Territory.objects.active(timezone.localdate()).filter(
            scheme=self.place.scheme_id, kind=self.place.kind, outline__middle__isnull=False
        )
        near = alike.exclude(pk=self.place.pk).annotate(kilometres=Kilometres("outline__middle", here))
        nearest = near.filter(kilometres__lte=FARTHEST).order_by("kilometres", "pk")[:MOST_NEIGHBOURS]
        return [Neighbour(one, one.kilometres) for one in nearest]

    @property
    def enclosing(self) -> list[Territory]:
        """What it lies in, up to its municipality; nothing where it is no part of one."""
        above = self.place.surroundings
        return above if above and above[-1].kind == Territory.Kind.MUNICIPALITY else []

    @cached_property
    def ranks(self) -> dict[int, int]:
        """By the key of the place and of its neighbours, nearest first."""
        return {pk: rank for rank, pk in enumerate([self.place.pk, *(one.place.pk for one in self.neighbours)])}

    def organisation_ids(self) -> QuerySet[Any, Any]:
        around = ids_tied_within(Territory.objects.filter(pk__in=list(self.ranks)).order_by().values("pk"))
        above = ids_tied_around(self.place)
        enclosing = TerritoryReach.objects.today().itself().filter(counts_in__in=[one.pk for one in self.enclosing])
        at_work = Organisation.works_in.through.objects.order_by()
        seats = Organisation.objects.order_by()
        return (
            seats.filter(territory__in=around)
            .values("pk")
            .union(
                seats.filter(territory__in=enclosing.values("tied_to")).values("pk"),
                at_work.filter(territory__in=around).values("organisation"),
                at_work.filter(territory__in=above).values("organisation"),
            )
        )

    def rank(self) -> Combinable:
        """Of a service among those of `organisation_ids`: that of the nearest place in which its organisation is based or works."""
        reach = TerritoryReach.objects.today().filter(counts_in__in=list(self.ranks))
        rank = Case(*[When(counts_in=pk, then=Value(rank)) for pk, rank in self.ranks.items()])
        ranked = reach.annotate(rank=rank).order_by("rank")
        seat = ranked.filter(tied_to=OuterRef("organisation__territory"))
        work = ranked.filter(tied_to__organisations_at_work=OuterRef("organisation"))
        above = ids_tied_around(self.place)
        serves_more = Organisation.works_in.through.objects.filter(
            organisation=OuterRef("organisation"), territory__in=above
        )
        return Coalesce(
            Least(Subquery(seat.values("rank")[:1]), Subquery(work.values("rank")[:1])),
            Case(When(Q(Exists(serves_more)), then=Value(LARGER_AREA)), default=Value(SOMEWHERE)),
        )

    def words(self, rank: int) -> str:
        """How far something of this rank is, for people."""
        if rank == 0:
            return _("in %(place)s") % {"place": self.place.local_name}
        if rank == LARGER_AREA:
            return _("for a larger area that %(place)s is part of") % {"place": self.place.local_name}
        if rank == SOMEWHERE:
            return _("somewhere in %(place)s") % {"place": self.enclosing[-1].local_name}
        near = self.neighbours[rank - 1]
        return _("near it, in %(place)s: %(distance)s") % {"place": near.place.local_name, "distance": near.distance}
