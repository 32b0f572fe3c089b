import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orgs.models import Organisation
from orgs.readable import readable
from partnerships.models.partnership import Partnership
from partnerships.vocabulary import ActivityKind, ContributionKind, DocumentKind, Stage


@pghistory.track()
class Activity(models.Model):
    """Something the parties did on a day: a briefing, a hearing, a working session, a course."""

    partnership = models.ForeignKey(Partnership, models.CASCADE, related_name="activities")
    kind = models.CharField(_("kind"), max_length=16, choices=ActivityKind)
    stage = models.CharField(_("stage"), max_length=16, choices=Stage)
    title = models.CharField(_("title"), max_length=150)
    held_on = models.DateField(_("date"))
    decision_on = models.DateField(
        _("date of the decision it was about"),
        null=True,
        blank=True,
        help_text=_("Shows that the organisations were told or asked in time."),
    )
    description = models.TextField(_("what happened"), blank=True)
    languages = models.CharField(_("languages used"), max_length=60, blank=True)
    women = models.PositiveIntegerField(_("women taking part"), null=True, blank=True)
    men = models.PositiveIntegerField(_("men taking part"), null=True, blank=True)
    participants = models.PositiveIntegerField(_("people taking part"), null=True, blank=True)
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    logged_at = models.DateTimeField(_("logged at"), auto_now_add=True)

    class Meta:
        ordering = ["-held_on", "-pk"]
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            readable("title", of="activity"),
            models.CheckConstraint(
                condition=Q(participants=None) | Q(participants__gte=Coalesce("women", 0) + Coalesce("men", 0)),
                name="activity_people_add_up",
                violation_error_message=_("Women and men together are more than the people taking part."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class Contribution(models.Model):
    """Something one party gave to another: money, a room, a trainer, hours."""

    partnership = models.ForeignKey(Partnership, models.CASCADE, related_name="contributions")
    giver = models.ForeignKey(
        Organisation, models.PROTECT, related_name="contributions_given", verbose_name=_("given by")
    )
    receiver = models.ForeignKey(
        Organisation, models.PROTECT, related_name="contributions_received", verbose_name=_("given to")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=ContributionKind)
    description = models.CharField(_("what was given"), max_length=250)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=2, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=40, blank=True, help_text=_("For example hours, rooms or laptops."))
    amount = models.DecimalField(_("amount or value"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    given_on = models.DateField(_("date"))
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    logged_at = models.DateTimeField(_("logged at"), auto_now_add=True)

    class Meta:
        ordering = ["-given_on", "-pk"]
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="money") | Q(amount__isnull=False, amount__gt=0),
                name="contribution_money_has_amount",
                violation_error_message=_("Money has an amount."),
            ),
            models.CheckConstraint(
                condition=~Q(giver=models.F("receiver")),
                name="contribution_to_another",
                violation_error_message=_("A contribution goes from one party to another."),
            ),
        ]

    def __str__(self) -> str:
        return self.description


def document_path(document: "Document", filename: str) -> str:
    """A name that says nothing and cannot be guessed; the original name is kept in the row."""
    return f"documents/{uuid.uuid4().hex}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "DocumentQuerySet":  # type: ignore[name-defined]
        """All papers of the partnerships that one's organisations take part in or that one may review; else those
        made public.
        """
        found = self.filter(partnership__in=Partnership.objects.visible_to(user).values("pk"))
        if user.is_staff:
            return found
        own = Q(partnership__in=Partnership.objects.of_members(user).values("pk"))
        reviewed = Q(partnership__in=Partnership.objects.in_review_of(user).values("pk"))
        public = Q(is_public=True, partnership__in=Partnership.objects.published().values("pk"))
        return found.filter(own | reviewed | public)


@pghistory.track()
class Document(models.Model):
    """A paper of the partnership: an agreement, minutes, an answer. Read through a view that asks who may."""

    partnership = models.ForeignKey(Partnership, models.CASCADE, related_name="documents")
    kind = models.CharField(_("kind"), max_length=18, choices=DocumentKind)
    stage = models.CharField(_("stage"), max_length=16, choices=Stage)
    title = models.CharField(_("title"), max_length=150)
    dated_on = models.DateField(_("date of the document"))
    decision_on = models.DateField(
        _("date of the decision it was about"),
        null=True,
        blank=True,
        help_text=_("Shows that the organisations were told or asked in time."),
    )
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    signed_by_all = models.BooleanField(_("signed by all parties"), default=False)
    language = models.CharField(_("language"), max_length=3, blank=True)
    is_public = models.BooleanField(_("anybody may read it"), default=False)
    file = models.FileField(_("file"), upload_to=document_path)
    file_name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    checksum = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-dated_on", "-pk"]
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [readable("title", "file_name", of="document")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("partnerships:document_download", args=[self.partnership.reference, self.pk])
