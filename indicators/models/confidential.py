import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.models.catalogue import Breakdown, Indicator
from indicators.models.importing import ImportBatch
from indicators.models.period import Period
from orgs.models import Membership, Territory, User
from orgs.models.reach import places_of_figures


class ConfidentialAccessQuerySet(models.QuerySet["ConfidentialAccess"]):
    def open_for(
        self, user: User | AnonymousUser, territory: Territory, indicator: Indicator
    ) -> "ConfidentialAccessQuerySet":
        """Those by which a person may see the figures of a territory now: opened for it or for one that holds it."""
        return self.open_now(user).filter(indicator=indicator, territory__descendant_links__descendant=territory)

    def open_now(self, user: User | AnonymousUser) -> "ConfidentialAccessQuerySet":
        if not user.is_authenticated:
            return self.none()
        return self.filter(user=user, opened_at__lte=timezone.now(), expires_at__gt=timezone.now())


class ConfidentialAccess(models.Model):
    """Somebody said why they need figures as they are before disclosure control, and sees them for a while.

    Those of an indicator in a territory, or those of one import (a file, what was typed, a report) with what it is compared with.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="confidential_accesses")
    territory = models.ForeignKey(
        Territory, models.PROTECT, related_name="confidential_accesses", null=True, blank=True
    )
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, related_name="confidential_accesses", null=True, blank=True
    )
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="confidential_accesses", null=True, blank=True)
    reason = models.CharField(
        _("reason"),
        max_length=250,
        validators=[MinLengthValidator(10, _("Say in a few words why you need the figure."))],
    )
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    expires_at = models.DateTimeField(_("open until"))

    objects = ConfidentialAccessQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        verbose_name = _("opening of confidential figures")
        verbose_name_plural = _("openings of confidential figures")
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("opened_at")), name="confidential_access_ends_later"),
            models.CheckConstraint(
                condition=Q(batch=None, territory__isnull=False, indicator__isnull=False)
                | Q(batch__isnull=False, indicator=None),
                name="confidential_access_is_to_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="confidential_access_has_a_reason",
                violation_error_message=_("Say in a few words why you need the figure."),
            ),
        ]
        triggers = [pgtrigger.Protect(name="keep_access", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.user} {self.indicator_id or self.batch_id} {self.territory_id}"


class ConfidentialViewingQuerySet(models.QuerySet["ConfidentialViewing"]):
    def visible_to(self, user: User | AnonymousUser) -> "ConfidentialViewingQuerySet":
        """Administrators all of them; managers of an authority those of its territory and below."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        managed = user.memberships.acting().filter(role=Membership.Role.MANAGER)
        return self.filter(territory__in=places_of_figures(managed.values("organisation__territory")))


class ConfidentialViewing(models.Model):
    """Once that confidential figures were shown: to whom (of the access), which, when. Never changed, never removed."""

    access = models.ForeignKey(ConfidentialAccess, models.PROTECT, related_name="viewings")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", null=True, blank=True)
    period = models.ForeignKey(
        Period, models.PROTECT, related_name="+", null=True, blank=True, help_text=_("Empty: all periods.")
    )
    breakdown = models.ForeignKey(Breakdown, models.PROTECT, related_name="+", null=True, blank=True)
    viewed_at = models.DateTimeField(_("seen at"), db_default=Now(), db_index=True)

    objects = ConfidentialViewingQuerySet.as_manager()

    class Meta:
        ordering = ["-viewed_at", "-pk"]
        verbose_name = _("viewing of confidential figures")
        verbose_name_plural = _("viewings of confidential figures")
        triggers = [pgtrigger.Protect(name="keep_viewing", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.access_id} {self.viewed_at}"
