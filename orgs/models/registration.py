import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation


class Registration(models.Model):
    """A CSO's application to be listed, from the first page to the confirmed address.

    Until the address is confirmed nothing else exists: no account and no organisation. `key` opens the draft for whoever began it;
    `answers` holds, by page, what was typed and, once that is valid, the facts it amounts to. They go when the organisation exists,
    and with a draft that nobody touched for `DAYS_KEPT`.
    """

    DAYS_KEPT = 60

    class Page(models.TextChoices):
        WHO = "who", _("Who you are")
        WHERE = "where", _("Where you work and what you do")
        CONTACT = "contact", _("Contact and declaration")

    class Status(models.TextChoices):
        NOT_STARTED = "not_started", _("not started")
        INCOMPLETE = "incomplete", _("incomplete")
        DONE = "done", _("done")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="registrations", null=True, blank=True
    )
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    answers = models.JSONField(default=dict, blank=True)
    reference = models.CharField(_("reference"), max_length=16, blank=True, default="")
    created_at = models.DateTimeField(_("begun at"), auto_now_add=True)
    saved_at = models.DateTimeField(_("saved at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    sent_to = models.EmailField(_("sent to"), blank=True, default="")
    confirmed_at = models.DateTimeField(_("address confirmed at"), null=True, blank=True)
    organisation = models.OneToOneField(
        Organisation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="registration",
        verbose_name=_("organisation"),
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
            models.CheckConstraint(
                condition=Q(sent_at=None) | ~Q(reference=""),
                name="registration_sent_has_reference",
                violation_error_message=_("A registration that was sent has a reference."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference or str(self.key)

    def status_of(self, page: str) -> Status:
        if page not in self.answers:
            return self.Status.NOT_STARTED
        return self.Status.INCOMPLETE if self.answers[page]["facts"] is None else self.Status.DONE

    @property
    def is_complete(self) -> bool:
        return all(self.status_of(page) == self.Status.DONE for page in self.Page.values)

    @property
    def is_open(self) -> bool:
        """Whether its answers can still be changed."""
        return self.confirmed_at is None
