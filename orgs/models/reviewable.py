from typing import Any, Self

from django.conf import settings
from django.db import models

from orgs.models.organisation import Organisation
from orgs.models.reach import ids_tied_within


class ReviewableQuerySet(models.QuerySet[Any]):
    """What reviewers decide about an organisation."""

    def reviewable_by(self, user: settings.AUTH_USER_MODEL) -> Self:  # type: ignore[name-defined]
        """Of organisations in the reviewer's territories, but never one's own, nor one that was: who left could come back."""
        if not user.is_authenticated:
            return self.none()
        territories = ids_tied_within(user.reviewer_appointments.active().values("territory"))
        return self.filter(organisation__territory__in=territories).exclude(
            organisation__in=Organisation.objects.own_of(user)
        )
