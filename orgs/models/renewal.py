import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation
from orgs.models.verification import Verification


class RenewalQuerySet(models.QuerySet["Renewal"]):
    def of_grace(self) -> "RenewalQuerySet":
        """Given for a look that is still due: since then no reviewer has verified the organisation."""
        looks = Verification.objects.filter(
            organisation=OuterRef("organisation"),
            state=Verification.State.VERIFIED,
            decided_at__gt=OuterRef("renewed_at"),
        )
        return self.filter(~Exists(looks), is_grace=True)


class Renewal(models.Model):
    """That the people of a verified organisation have said that it is still what it was, and until when its verification holds since."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="renewals")
    renewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="renewals")
    renewed_at = models.DateTimeField(_("renewed at"), default=timezone.now)
    held_until = models.DateField(_("held until"))
    holds_until = models.DateField(_("holds until"))
    is_grace = models.BooleanField(_("until a reviewer has looked"), default=False)

    objects = RenewalQuerySet.as_manager()

    class Meta:
        ordering = ["-renewed_at", "-pk"]
        verbose_name = _("renewal")
        verbose_name_plural = _("renewals")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(holds_until__gt=models.F("held_until")), name="renewal_lengthens_it"
            ),
        ]
        triggers = [pgtrigger.Protect(name="renewals_stay", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.holds_until}"


class RenewalReminder(models.Model):
    """That an organisation has been told how long its verification still holds: once for each date and stage, whoever asks for it again."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="renewal_reminders")
    holds_until = models.DateField(_("holds until"))
    days = models.PositiveSmallIntegerField(_("days before"))
    sent_at = models.DateTimeField(_("sent at"), default=timezone.now)

    class Meta:
        ordering = ["-sent_at", "-pk"]
        verbose_name = _("reminder of a renewal")
        verbose_name_plural = _("reminders of renewals")
        constraints = [models.UniqueConstraint("organisation", "holds_until", "days", name="renewal_reminder_once")]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.holds_until}"
