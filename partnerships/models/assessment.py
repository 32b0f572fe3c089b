import datetime
from collections.abc import Callable

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orgs.models import Membership, Organisation
from orgs.models.reviewable import ReviewableQuerySet
from partnerships.models.evidence_base import Activity, Contribution, Document
from partnerships.models.partnership import Partnership, PartnershipParty
from partnerships.models.scale import Criterion, Level, Scale
from partnerships.vocabulary import AssessmentState, PartyAnswer, PartyRole, Stage


class AssessmentQuerySet(ReviewableQuerySet):
    """Reviewed where the partnership is, by whoever belongs, or ever belonged, to none of its parties."""

    place = "partnership__territory"

    def waiting(self) -> "AssessmentQuerySet":
        return self.filter(state=AssessmentState.SUBMITTED)

    def open(self) -> "AssessmentQuerySet":
        """Not settled yet: with the authority or with a reviewer."""
        return self.exclude(state=AssessmentState.CONFIRMED)

    def claimed(self) -> "AssessmentQuerySet":
        """Those whose claim is in: from then on it can be read, and so can what the partners experienced."""
        return self.exclude(state=AssessmentState.DRAFT)

    def confirmed_on(self, date: datetime.date) -> "AssessmentQuerySet":
        """Whose confirmed level held on `date`: it lapses by itself when its two years are over."""
        return self.filter(state=AssessmentState.CONFIRMED, confirmed_from__lte=date, confirmed_until__gte=date)

    def open_to_experience_of(self, user: settings.AUTH_USER_MODEL) -> "AssessmentQuerySet":  # type: ignore[name-defined]
        """Of partnerships that an organisation of the person has confirmed. It may speak before the claim is in,
        without seeing it.
        """
        confirmed = PartnershipParty.objects.of_members(user).partners().filter(answer=PartyAnswer.CONFIRMED)
        return self.open().filter(partnership__in=confirmed.values("partnership"))

    def but_own_of(self, user: settings.AUTH_USER_MODEL) -> "AssessmentQuerySet":  # type: ignore[name-defined]
        return self.exclude(partnership__parties__organisation__in=Organisation.objects.own_of(user))

    @classmethod
    def insiders(cls, outer: Callable[[str], OuterRef]) -> models.QuerySet[Membership]:
        party = Q(organisation__parties__partnership=outer("partnership"))
        merged = Q(
            organisation__merges_away__kept__parties__partnership=outer("partnership"),
            organisation__merges_away__undone_at=None,
        )
        return Membership.objects.filter(party | merged)

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "AssessmentQuerySet":  # type: ignore[name-defined]
        """The parties' and the reviewers'; a draft is the authority's alone. The public reads decisions on the
        partnership's page.
        """
        if user.is_staff:
            return self
        parties = PartnershipParty.objects.of_members(user)
        as_authority = Q(partnership__in=parties.filter(role=PartyRole.AUTHORITY).values("partnership"))
        as_partner = Q(partnership__in=parties.filter(role=PartyRole.PARTNER).values("partnership")) & ~Q(state="draft")
        as_reviewer = Q(partnership__in=Partnership.objects.in_review_of(user).values("pk")) & ~Q(state="draft")
        return self.filter(as_authority | as_partner | as_reviewer)


@pghistory.track()
class Assessment(models.Model):
    """The engagement level of a partnership in a period: what the authority claims, with its evidence, and what the
    review made of it.

    It keeps the scale it was made under for ever. The promised level is copied from the partnership when it is
    submitted.
    """

    partnership = models.ForeignKey(Partnership, models.CASCADE, related_name="assessments")
    scale = models.ForeignKey(Scale, models.PROTECT, related_name="assessments")
    state = models.CharField(_("state"), max_length=10, choices=AssessmentState, default=AssessmentState.DRAFT)
    starts_on = models.DateField(_("period from"))
    ends_on = models.DateField(_("period to"))
    promised = models.ForeignKey(
        Level, models.PROTECT, related_name="+", verbose_name=_("promised"), null=True, blank=True
    )
    claimed = models.ForeignKey(
        Level, models.PROTECT, related_name="+", verbose_name=_("claimed"), null=True, blank=True
    )
    confirmed = models.ForeignKey(
        Level, models.PROTECT, related_name="+", verbose_name=_("confirmed"), null=True, blank=True
    )
    confirmed_from = models.DateField(_("confirmed from"), null=True, blank=True)
    confirmed_until = models.DateField(_("confirmed until"), null=True, blank=True)
    statement = models.TextField(_("statement of the authority"), blank=True)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(_("begun at"), auto_now_add=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["-ends_on", "-pk"]
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lt=F("ends_on")),
                name="assessment_period_in_order",
                violation_error_message=_("The period ends after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_at__isnull=False, claimed__isnull=False),
                name="assessment_claim_when_submitted",
                violation_error_message=_("A submitted assessment has a claimed level."),
            ),
            models.CheckConstraint(
                condition=(~Q(state="confirmed") & Q(confirmed=None, confirmed_from=None, confirmed_until=None))
                | (
                    Q(
                        state="confirmed",
                        confirmed__isnull=False,
                        confirmed_from__isnull=False,
                        confirmed_until__isnull=False,
                    )
                    & Q(confirmed_from__lt=F("confirmed_until"))
                ),
                name="assessment_confirmed_with_dates",
                violation_error_message=_("A confirmed level holds from one date to another."),
            ),
            models.UniqueConstraint(
                "partnership",
                "starts_on",
                "ends_on",
                name="assessment_once_per_period",
                violation_error_message=_("This period has already been assessed."),
            ),
            models.UniqueConstraint(
                "partnership",
                name="assessment_one_open",
                condition=~Q(state="confirmed"),
                violation_error_message=_("This partnership is being assessed already. Finish that first."),
            ),
        ]
        indexes = [
            models.Index("submitted_at", name="assessment_queue", condition=Q(state="submitted"))
        ]  # review queue

    def __str__(self) -> str:
        return f"{self.partnership} {self.starts_on:%Y-%m}–{self.ends_on:%Y-%m}"

    def get_absolute_url(self) -> str:
        return reverse("partnerships:assessment_detail", args=[self.pk])


class AssessmentLevel(models.Model):
    """The level that the authority claims for one stage."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="stage_levels")
    stage = models.CharField(_("stage"), max_length=16, choices=Stage)
    claimed = models.ForeignKey(Level, models.PROTECT, related_name="+")
    confirmed = models.ForeignKey(Level, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint("assessment", "stage", name="assessment_stage_once")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}: {self.claimed}"


@pghistory.track()
class Evidence(models.Model):
    """A record that the portal holds, put forward to show that a criterion is met. The reviewer accepts it or not."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="evidence")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="evidence")
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="evidence", null=True, blank=True)
    contribution = models.ForeignKey(Contribution, models.PROTECT, related_name="evidence", null=True, blank=True)
    document = models.ForeignKey(Document, models.PROTECT, related_name="evidence", null=True, blank=True)
    put_forward_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    put_forward_at = models.DateTimeField(_("put forward at"), auto_now_add=True)
    is_accepted = models.BooleanField(_("accepted"), null=True, blank=True)
    comment = models.TextField(_("comment of the reviewer"), blank=True)

    class Meta:
        ordering = ["criterion__level__order", "criterion__code", "pk"]
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            models.CheckConstraint(
                condition=Q(activity__isnull=False, contribution=None, document=None)
                | Q(activity=None, contribution__isnull=False, document=None)
                | Q(activity=None, contribution=None, document__isnull=False),
                name="evidence_is_one_record",
                violation_error_message=_("Evidence is one activity, one contribution or one document."),
            ),
            models.UniqueConstraint(
                "assessment",
                "criterion",
                "activity",
                "contribution",
                "document",
                name="evidence_once",
                nulls_distinct=False,
                violation_error_message=_("This record already stands for that criterion."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion.code}: {self.record}"

    @property
    def record(self) -> Activity | Contribution | Document:
        found = self.activity or self.contribution or self.document
        assert found is not None  # evidence_is_one_record
        return found


class ExperienceQuerySet(models.QuerySet["Experience"]):
    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "ExperienceQuerySet":  # type: ignore[name-defined]
        """Where the claim is in, by whoever sees the partnership. Until then by the organisation that gave it alone:
        not by the authority, and not by administrators or reviewers, through whom it could reach the authority.
        """
        own = Q(party__in=PartnershipParty.objects.of_members(user).partners().values("pk"))
        claimed = Q(assessment__in=Assessment.objects.claimed().values("pk"))
        return self.filter(assessment__partnership__in=Partnership.objects.visible_to(user).values("pk")).filter(
            own | claimed
        )


@pghistory.track()
class Experience(models.Model):
    """What a partner organisation says of the same period. Hidden from the authority until its own claim is in."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="experiences")
    party = models.ForeignKey(PartnershipParty, models.CASCADE, related_name="experiences")
    level = models.ForeignKey(Level, models.PROTECT, related_name="+", verbose_name=_("experienced level"))
    comment = models.TextField(_("comment"), blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    given_at = models.DateTimeField(_("given at"), auto_now=True)

    objects = ExperienceQuerySet.as_manager()

    class Meta:
        ordering = ["party__organisation__name"]
        verbose_name = _("experience")
        verbose_name_plural = _("experiences")
        constraints = [
            models.UniqueConstraint(
                "assessment",
                "party",
                name="experience_once",
                violation_error_message=_("This organisation has already given its view."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party.organisation}: {self.level}"


class ExperienceLevel(models.Model):
    """The level that the partner experienced in one stage."""

    experience = models.ForeignKey(Experience, models.CASCADE, related_name="stage_levels")
    stage = models.CharField(_("stage"), max_length=16, choices=Stage)
    level = models.ForeignKey(Level, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint("experience", "stage", name="experience_stage_once")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}: {self.level}"


@pghistory.track()
class AssessmentDecision(models.Model):
    """What a reviewer decided, and why. Kept for ever, one row a decision."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        RETURNED = "returned", _("returned")

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="decisions")
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    level = models.ForeignKey(Level, models.PROTECT, related_name="+", null=True, blank=True)
    reasons = models.TextField(_("reasons"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), auto_now_add=True)

    class Meta:
        ordering = ["-decided_at", "-pk"]
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reasons=""),
                name="decision_has_reasons",
                violation_error_message=_("Give your reasons."),
            ),
            models.CheckConstraint(
                condition=Q(outcome="confirmed") ^ Q(level=None),
                name="decision_confirms_a_level",
                violation_error_message=_("A confirmation names a level."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.decided_at:%Y-%m-%d}"
