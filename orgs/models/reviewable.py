from collections.abc import Callable
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from orgs.models.membership import Membership, ReviewerAppointment
from orgs.models.organisation import Organisation
from orgs.models.reach import ids_tied_within
from orgs.models.support import belonged_to


class ReviewableQuerySet(models.QuerySet[Any]):
    """What the reviewers of a place decide: never about one's own organisation, nor one that was: who left could come back."""

    place = "organisation__territory"
    """The field that says where it is."""
    not_by = ""
    """The field of whoever may not decide, where there is one."""

    def placed(self) -> Self:
        """`decided_in`: the place whose reviewers decide."""
        return self.alias(decided_in=F(self.place))

    def but_own_of(self, user: settings.AUTH_USER_MODEL) -> Self:  # type: ignore[name-defined]
        return self.exclude(organisation__in=Organisation.objects.own_of(user))

    @classmethod
    def insiders(cls, outer: Callable[[str], OuterRef]) -> models.QuerySet[Membership]:
        """Memberships of all that may not decide on a row, the fields of which `outer` refers to."""
        return belonged_to(outer("organisation"))

    def reviewable_by(self, user: settings.AUTH_USER_MODEL) -> Self:  # type: ignore[name-defined]
        """In the reviewer's territories."""
        if not user.is_authenticated:
            return self.none()
        territories = ids_tied_within(user.reviewer_appointments.active().values("territory"))
        return self.placed().filter(decided_in__in=territories).but_own_of(user)

    def without_reviewer(self) -> Self:
        """What no reviewer may decide, so that administrators are told."""
        today = timezone.localdate()
        above = "territory__reach_above"
        below = f"{above}__counts_in__reach_below"
        reviewing = ReviewerAppointment.objects.acting().filter(
            **{
                f"{above}__depth": 0,
                f"{above}__valid_from__lte": today,
                f"{above}__valid_to__gte": today,
                f"{below}__tied_to": OuterRef("decided_in"),
                f"{below}__valid_from__lte": today,
                f"{below}__valid_to__gte": today,
            }
        )
        if self.not_by:
            reviewing = reviewing.exclude(user=OuterRef(self.not_by))
        belonged = self.insiders(lambda field: OuterRef(OuterRef(field))).filter(user=OuterRef("user"))
        return self.placed().filter(~Exists(reviewing.exclude(Exists(belonged))))
