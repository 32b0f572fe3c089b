import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation
from orgs.models.reviewable import ReviewableQuerySet
from orgs.models.verification_rules import VerificationRules
from orgs.vocabulary import Tier


class VerificationQuerySet(ReviewableQuerySet):
    def waiting(self) -> "VerificationQuerySet":
        """Before the reviewers. A closed organisation comes back there when it is reopened, one under a measure when that is lifted."""
        free = {"organisation__closed_on": None, "organisation__suspended_on": None, "organisation__withdrawn_on": None}
        return self.filter(state=Verification.State.SUBMITTED, **free)

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "VerificationQuerySet":  # type: ignore[name-defined]
        if user.is_staff:
            return self
        own = self.filter(organisation__in=user.memberships.active().values("organisation"))
        return self.filter(Q(pk__in=self.reviewable_by(user).values("pk")) | Q(pk__in=own.values("pk")))


@pghistory.track()
class Verification(models.Model):
    """One look at an organisation by a reviewer: submitted, then verified at a tier, or returned with reasons and sent again."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("to be reviewed")
        RETURNED = "returned", _("returned")
        VERIFIED = "verified", _("verified")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="verifications")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SUBMITTED)
    tier = models.CharField(_("tier"), max_length=12, choices=Tier, blank=True, default="")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="verifications", null=True, blank=True
    )
    reasons = models.TextField(_("reasons"), blank=True)
    # What the organisation said when it was decided, so that the next reviewer sees what has changed since. Its contact is not in it.
    profile = models.JSONField(_("profile at the decision"), default=dict, blank=True, editable=False)
    rules = models.ForeignKey(
        VerificationRules,
        models.PROTECT,
        related_name="verifications",
        null=True,
        blank=True,
        verbose_name=_("rules"),
        help_text=_("Under which it was decided; none stands for those that the portal comes with."),
    )
    submitted_at = models.DateTimeField(_("submitted at"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    holds_until = models.DateField(_("holds until"), null=True, blank=True)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        ordering = ["submitted_at", "pk"]
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        constraints = [
            models.UniqueConstraint(
                "organisation",
                name="verification_one_waiting",
                condition=Q(state="submitted"),
                violation_error_message=_("This organisation is already being reviewed."),
            ),
            models.CheckConstraint(
                condition=Q(state="submitted", decided_at=None)
                | (~Q(state="submitted") & Q(decided_at__isnull=False, reviewer__isnull=False)),
                name="verification_decision_is_signed",
                violation_error_message=_("A decision has a date and a reviewer."),
            ),
            models.CheckConstraint(
                condition=Q(state="verified") ^ Q(tier=""),
                name="verification_tier_when_verified",
                violation_error_message=_("A verified organisation has a tier."),
            ),
            models.CheckConstraint(
                condition=~Q(state="returned", reasons=""),
                name="verification_return_has_reasons",
                violation_error_message=_("Give the reasons for sending it back."),
            ),
            models.CheckConstraint(
                condition=Q(state="verified") | Q(holds_until=None, rules=None),
                name="verification_holds_when_verified",
                violation_error_message=_("Only a verification that was given holds for a time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("orgs:verification_review", args=[self.pk])


class VerificationAnswer(models.Model):
    """The reviewer's answer to one question of the checklist (`orgs.verification.checklist.CHECKLIST`)."""

    verification = models.ForeignKey(Verification, models.CASCADE, related_name="answers")
    question = models.CharField(_("question"), max_length=30)
    is_met = models.BooleanField(_("met"))
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [models.UniqueConstraint("verification", "question", name="verification_answer_once")]

    def __str__(self) -> str:
        return self.question
