"""What reviewers have to do: how much is in the queue of each appointment, how old it is, and what was decided of late."""

import datetime
from functools import reduce
from operator import add
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from orgs.models import Membership, ReviewerAppointment, TerritoryReach, Verification
from orgs.permissions import SECOND_STEPS
from orgs.review_queues import queues

RECENT = datetime.timedelta(days=30)


def with_workload(appointments: QuerySet[ReviewerAppointment]) -> QuerySet[ReviewerAppointment]:
    """`to_review`, `oldest` and `decided` of all that is to be decided in the territory, and whether the person `is_secured` by a second factor.

    What is of one's own organisations is in nobody's own queue.
    """
    own = Membership.objects.filter(user=OuterRef(OuterRef("user")), organisation=OuterRef("organisation"))
    to_decide = []
    for queue in queues():
        theirs = queue.rows.filter(there(queue.place), ~Exists(own))
        to_decide.append((theirs.exclude(**{queue.not_by: OuterRef("user")}) if queue.not_by else theirs, queue.since))
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
