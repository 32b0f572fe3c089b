from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.conditions import public
from orgs.models.organisation import Organisation
from orgs.models.reviewable import ReviewableQuerySet


class ReviewedProfileQuerySet(ReviewableQuerySet):
    def changed(self) -> "ReviewedProfileQuerySet":
        """Of public organisations that hold a tier, or of which it was withdrawn: what has gone live since a reviewer last saw it."""
        return self.filter(
            public("organisation__"),
            ~Q(organisation__tier="") | Q(organisation__withdrawn_on__isnull=False),
            organisation__closed_on=None,
            unseen_since__isnull=False,
        )

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "ReviewedProfileQuerySet":  # type: ignore[name-defined]
        return self if user.is_staff else self.reviewable_by(user)


class ReviewedProfile(models.Model):
    """What a reviewer last saw of a verified organisation, and since when it says something else.

    Triggers note every change, whichever way it comes (`orgs/migrations/0008_changes_of_profiles.py`); only a reviewer takes it off the list.
    """

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="reviewed_profile")
    profile = models.JSONField(_("what it said"), default=dict, editable=False)
    """As `orgs.verification.profiles.profile_of` gives it."""
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("seen by"))
    seen_at = models.DateTimeField(_("seen at"), default=timezone.now)
    unseen_since = models.DateTimeField(_("changed since"), null=True, blank=True)
    changed_at = models.DateTimeField(_("last change"), null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    """Grows with each change, so that nobody takes off what they have not seen."""

    objects = ReviewedProfileQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        verbose_name = _("profile as reviewed")
        verbose_name_plural = _("profiles as reviewed")
        constraints = [
            models.CheckConstraint(
                condition=Q(unseen_since=None, changed_at=None)
                | Q(unseen_since__isnull=False, changed_at__gte=models.F("unseen_since")),
                name="reviewed_profile_changed_since",
            ),
        ]
        # What is to be looked at, the newest first.
        indexes = [
            models.Index("changed_at", name="reviewed_profile_changed", condition=Q(unseen_since__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.organisation)

    def get_absolute_url(self) -> str:
        return f"{reverse('orgs:unreviewed_list')}#change-{self.pk}"
