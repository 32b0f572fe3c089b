"""What reviewers have to do: how much is in the queue of each appointment, how old it is, and what was decided of late."""

import datetime
from collections import defaultdict
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, F, IntegerField, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from orgs.models import ReviewerAppointment, Territory, TerritoryReach, Verification
from orgs.permissions import SECOND_STEPS
from orgs.review_queues import queues

RECENT = datetime.timedelta(days=30)


def with_workload(appointments: QuerySet[ReviewerAppointment]) -> QuerySet[ReviewerAppointment]:
    """`to_review`, `oldest` and `decided` of all that is to be decided in the territory, and whether the person `is_secured` by a second factor.

    What is of one's own organisations is in nobody's own queue.
    """
    to_decide = []
    for queue in queues():
        own = queue.rows.insiders(OuterRef).filter(user=OuterRef(OuterRef("user")))
        theirs = queue.but_own(queue.rows.placed().filter(there("decided_in"), ~Exists(own)), OuterRef("user"))
        to_decide.append((theirs, queue.since))
    decided = Verification.objects.filter(
        there("organisation__territory"), reviewer=OuterRef("user"), decided_at__gte=timezone.now() - RECENT
    )
    secured = Authenticator.objects.filter(user=OuterRef("user"), type__in=SECOND_STEPS)
    return appointments.annotate(
        to_review=reduce(add, (number_of(rows) for rows, _since in to_decide)),
        oldest=Least(*(Subquery(rows.order_by(since).values(since)[:1]) for rows, since in to_decide)),
        decided=number_of(decided),
        is_secured=Exists(secured),
    )


class PlaceWithoutReviewer(NamedTuple):
    territory: Territory
    number: int
    oldest: datetime.datetime


def places_without_reviewer() -> list[PlaceWithoutReviewer]:
    """Where something waits that no reviewer may decide, the place with the oldest first; not what is nowhere: administrators answer for
    the portal's own pages. One query for each queue, and one for the places."""
    found: dict[int, list[tuple[int, datetime.datetime]]] = defaultdict(list)
    for queue in queues():
        rows = (
            queue.rows.without_reviewer().exclude(decided_in=None).order_by().annotate(at=F("decided_in")).values("at")
        )
        for at, count, oldest in rows.annotate(n=Count("pk"), since=Min(queue.since)).values_list("at", "n", "since"):
            found[at].append((count, oldest))
    territories = Territory.objects.with_path().in_bulk(found)
    places = [
        PlaceWithoutReviewer(territories[at], sum(n for n, _ in each), min(oldest for _, oldest in each))
        for at, each in found.items()
    ]
    return sorted(places, key=lambda place: place.oldest)


def there(place: str) -> Exists:
    """Whether a row, by its field of that name, counts today in the territory of the appointment around it."""
    today = timezone.localdate()
    return Exists(
        TerritoryReach.objects.today().filter(
            tied_to=OuterRef(place),
            counts_in__reach_below__tied_to=OuterRef(OuterRef("territory")),
            counts_in__reach_below__depth=0,
            counts_in__reach_below__valid_from__lte=today,
            counts_in__reach_below__valid_to__gte=today,
        )
    )


def number_of(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().annotate(whole=Value(1)).values("whole").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number"), output_field=IntegerField()), 0)
