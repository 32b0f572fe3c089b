from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation
from orgs.models.reviewable import ReviewableQuerySet
from orgs.models.territory import Territory


class RemarkQuerySet(ReviewableQuerySet):
    place = "territory"

    def open(self) -> "RemarkQuerySet":
        """Without an answer."""
        return self.filter(closed_at=None)

    def unseen(self) -> "RemarkQuerySet":
        """Before the reviewers: without an answer, or with one of those about whom it is, which no reviewer has seen."""
        return self.filter(seen_at=None)

    def to_do_for(self, user: settings.AUTH_USER_MODEL) -> "RemarkQuerySet":  # type: ignore[name-defined]
        """Each side closes its own: who keeps a page by an answer, a reviewer by an answer or by having seen theirs."""
        judged = Remark.objects.judged_by(user).unseen()
        return self.filter(Q(pk__in=judged.values("pk")) | Q(pk__in=Remark.objects.kept_by(user).open().values("pk")))

    def judged_by(self, user: settings.AUTH_USER_MODEL) -> "RemarkQuerySet":  # type: ignore[name-defined]
        """By reviewers, and by administrators, but never about oneself."""
        if user.is_authenticated and user.is_staff:
            of_others = ~Q(organisation__in=Organisation.objects.own_of(user)) | Q(organisation=None)
            return self.filter(of_others)
        return self.reviewable_by(user)

    def kept_by(self, user: settings.AUTH_USER_MODEL) -> "RemarkQuerySet":  # type: ignore[name-defined]
        """Of the pages of organisations that one leads."""
        leading = user.memberships.acting().filter(role__in=["owner", "manager"])
        return self.filter(organisation__in=leading.values("organisation"))

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "RemarkQuerySet":  # type: ignore[name-defined]
        """Who keeps the page, its reviewers, and administrators."""
        if user.is_staff:
            return self
        if not user.is_authenticated:
            return self.none()
        reviewed, kept = Remark.objects.reviewable_by(user), Remark.objects.kept_by(user)
        return self.filter(Q(pk__in=reviewed.values("pk")) | Q(pk__in=kept.values("pk")))


class Remark(models.Model):
    """Somebody says that something is wrong on a public page. Its keeper answers, or a reviewer of the place; an address for the answer is
    forgotten with it, and without one after `DAYS_EMAIL_KEPT`. What its keeper answered stays before the reviewers until one of them has seen
    it."""

    DAYS_EMAIL_KEPT = 180

    page = models.CharField(_("page"), max_length=300)
    """Its address in the portal, from the first slash on."""
    words = models.CharField(_("what is wrong"), max_length=1000)
    email = models.EmailField(_("e-mail address for an answer"), blank=True, default="")
    language = models.CharField(_("language"), max_length=8)
    """Of the page on which it was said, and so of the answer."""
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="remarks", null=True, blank=True)
    """Who keeps the page; None where the portal does."""
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="remarks", null=True, blank=True)
    said_at = models.DateTimeField(_("said at"), default=timezone.now)
    answer = models.CharField(_("answer"), max_length=1000, blank=True, default="")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    seen_at = models.DateTimeField(_("seen by a reviewer at"), null=True, blank=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)

    objects = RemarkQuerySet.as_manager()

    class Meta:
        ordering = ["said_at", "pk"]
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        constraints = [
            models.CheckConstraint(condition=Q(page__startswith="/") & ~Q(words=""), name="remark_on_a_page"),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, answer="")
                | Q(closed_at__isnull=False, closed_by__isnull=False, email=""),
                name="remark_closed_and_its_address_forgotten",
                violation_error_message=_("Once a remark is closed, its address is forgotten."),
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | ~Q(answer="") | Q(seen_at__isnull=False, seen_by=F("closed_by")),
                name="remark_closed_with_an_answer",
                violation_error_message=_(
                    "A reviewer reads your answer: say what you have changed, or why it is right."
                ),
            ),
            models.CheckConstraint(
                condition=Q(seen_at=None, seen_by=None)
                | Q(seen_at__isnull=False, seen_by__isnull=False, closed_at__isnull=False),
                name="remark_seen_with_its_answer",
            ),
        ]
        indexes = [models.Index("said_at", name="remark_unseen", condition=Q(seen_at=None))]

    def __str__(self) -> str:
        return self.page

    def get_absolute_url(self) -> str:
        return reverse("orgs:remark_answer", args=[self.pk])

    @property
    def is_answered_by_email(self) -> bool:
        """Whether somebody gets the answer. Nobody does where no address was left, or it was forgotten."""
        return bool(self.email)
