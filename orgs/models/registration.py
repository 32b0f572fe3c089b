import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation


class Registration(models.Model):
    """A CSO's application to be listed, from the first page to the confirmed address.

    Until the address is confirmed nothing else exists: no account and no organisation. `key` opens the draft for whoever began it;
    `answers` holds, for each page, what was typed and is valid or not yet.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    answers = models.JSONField(default=dict)
    reference = models.CharField(_("reference"), max_length=16, blank=True, default="")
    created_at = models.DateTimeField(_("begun at"), auto_now_add=True)
    saved_at = models.DateTimeField(_("saved at"), auto_now=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("address confirmed at"), null=True, blank=True)
    organisation = models.OneToOneField(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="registration", verbose_name=_("organisation")
    )

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.UniqueConstraint("reference", name="registration_reference", condition=~Q(reference="")),
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(sent_at__isnull=False),
                name="registration_sent_before_confirmed",
                violation_error_message=_("A registration is sent before its address is confirmed."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference or str(self.key)
