from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.models.catalogue import Indicator


class ProtectionChangeQuerySet(models.QuerySet["ProtectionChange"]):
    def open(self) -> "ProtectionChangeQuerySet":
        return self.filter(decided_at=None)


class ProtectionChange(models.Model):
    """Somebody asks for a weaker protection of an indicator's small groups. It holds once a second person agrees, and not before.

    `rules`: {name of the rule: the value that is asked for}. It is the log of it, too: nothing of it is overwritten.
    """

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="protection_changes")
    rules = models.JSONField(_("protection"))
    reason = models.CharField(_("reason"), max_length=250)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    is_agreed = models.BooleanField(_("agreed"), default=False)

    objects = ProtectionChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("weaker protection")
        verbose_name_plural = _("weaker protections")
        constraints = [
            models.UniqueConstraint(
                "indicator",
                name="protection_change_one_open",
                condition=Q(decided_at=None),
                violation_error_message=_(
                    "A second person already has to decide on a weaker protection of this indicator."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="protection_change_has_a_reason",
                violation_error_message=_("Give the reason for the change."),
            ),
            models.CheckConstraint(
                condition=Q(is_agreed=False)
                | Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("asked_by")),
                name="protection_change_takes_two_people",
                violation_error_message=_("Somebody else has to agree."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.asked_at:%Y-%m-%d}"
