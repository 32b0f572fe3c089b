from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation


class OrganisationClosing(models.Model):
    """That an administrator closed an organisation, and why; and that it was reopened. While it is closed, `Organisation.closed_on` says so."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="closings")
    reason = models.TextField(_("reason"))
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="closings")
    closed_at = models.DateTimeField(_("closed at"), default=timezone.now)
    reopening_reason = models.TextField(_("reason for reopening"), blank=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reopenings", null=True, blank=True
    )
    reopened_at = models.DateTimeField(_("reopened at"), null=True, blank=True)

    class Meta:
        ordering = ["-closed_at", "-pk"]
        verbose_name = _("closing of an organisation")
        verbose_name_plural = _("closings of organisations")
        constraints = [
            models.UniqueConstraint(
                "organisation",
                name="closing_once",
                condition=Q(reopened_at=None),
                violation_error_message=_("This organisation is already closed."),
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="closing_has_reason",
                violation_error_message=_("Say why it is closed."),
            ),
            models.CheckConstraint(
                condition=Q(reopened_at=None, reopened_by=None, reopening_reason="")
                | Q(reopened_at__gte=F("closed_at"), reopened_by__isnull=False) & ~Q(reopening_reason=""),
                name="closing_reopening_is_signed",
                violation_error_message=_("Say why it is reopened."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.closed_at:%Y-%m-%d}"
