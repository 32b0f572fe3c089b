from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orgs.models.account import User
from orgs.models.organisation import Organisation
from orgs.models.reviewable import ReviewableQuerySet
from orgs.models.support import belonged_to


class MeasureQuerySet(ReviewableQuerySet):
    not_by = "decided_by"

    def in_force(self) -> "MeasureQuerySet":
        return self.filter(lifted_at=None)

    def appealed(self) -> "MeasureQuerySet":
        """Before another reviewer."""
        return self.exclude(appealed_at=None).filter(appeal_decided_at=None, lifted_at=None)

    def without_judge(self) -> "MeasureQuerySet":
        """Whose appeal no administrator may decide either."""
        running = User.objects.filter(is_staff=True, is_active=True).exclude(pk=OuterRef("decided_by"))
        belonged = belonged_to(OuterRef(OuterRef("organisation"))).filter(user=OuterRef("pk"))
        return self.appealed().without_reviewer().filter(~Exists(running.exclude(Exists(belonged))))

    def overruled(self) -> "MeasureQuerySet":
        """Lifted by the decision on the appeal, or by somebody while it waited for one."""
        return self.exclude(appealed_at=None).filter(
            Q(appeal_decided_at=None) | Q(lifted_at=F("appeal_decided_at")), lifted_at__isnull=False
        )

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "MeasureQuerySet":  # type: ignore[name-defined]
        if user.is_staff:
            return self
        own = Q(organisation__in=user.memberships.active().values("organisation"))
        return self.filter(own | Q(pk__in=self.reviewable_by(user).values("pk")))


class Measure(models.Model):
    """What a reviewer has decided against an organisation, with reasons: that it is suspended, or that its tier is withdrawn.

    Its people may appeal once; another reviewer decides, who upholds or lifts it.
    """

    class Kind(models.TextChoices):
        SUSPENSION = "suspension", _("suspension")
        WITHDRAWAL = "withdrawal", _("withdrawal of the verification")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="measures")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    reasons = models.TextField(_("reasons"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="measures_decided")
    decided_at = models.DateTimeField(_("decided at"), default=timezone.now)
    tier_before = models.CharField(max_length=12, blank=True, default="", editable=False)
    verified_before = models.DateTimeField(null=True, blank=True, editable=False)
    held_until_before = models.DateField(null=True, blank=True, editable=False)
    """What is given back where it is lifted."""
    appeal = models.TextField(_("appeal"), blank=True)
    appealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="appeals", null=True, blank=True
    )
    appealed_at = models.DateTimeField(_("appealed at"), null=True, blank=True)
    appeal_reasons = models.TextField(_("reasons of the decision on the appeal"), blank=True)
    appeal_decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="appeals_decided", null=True, blank=True
    )
    appeal_decided_at = models.DateTimeField(_("appeal decided at"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="measures_lifted", null=True, blank=True
    )

    objects = MeasureQuerySet.as_manager()

    class Meta:
        ordering = ["-decided_at", "-pk"]
        verbose_name = pgettext_lazy("against an organisation", "measure")
        verbose_name_plural = pgettext_lazy("against an organisation", "measures")
        constraints = [
            models.UniqueConstraint(
                "organisation",
                name="measure_one_in_force",
                condition=Q(lifted_at=None),
                violation_error_message=_("There is a measure against this organisation already."),
            ),
            models.CheckConstraint(
                condition=~Q(reasons=""),
                name="measure_has_reasons",
                violation_error_message=_("Say why."),
            ),
            models.CheckConstraint(
                condition=Q(appealed_at=None, appealed_by=None, appeal="")
                | (Q(appealed_at__isnull=False, appealed_by__isnull=False) & ~Q(appeal="")),
                name="measure_appeal_has_words",
                violation_error_message=_("Say why it is wrong."),
            ),
            models.CheckConstraint(
                condition=Q(appeal_decided_at=None, appeal_decided_by=None)
                | (
                    Q(appeal_decided_at__isnull=False, appealed_at__isnull=False)
                    & ~Q(appeal_decided_by=None)
                    & ~Q(appeal_decided_by=F("decided_by"))
                    & ~Q(appeal_decided_by=F("appealed_by"))
                    & ~Q(appeal_reasons="")
                ),
                name="measure_appeal_to_another",
                violation_error_message=_("Another reviewer decides about an appeal, with reasons."),
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None) | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="measure_lifting_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("orgs:measure_detail", args=[self.organisation.slug, self.pk])

    @property
    def is_appeal_granted(self) -> bool:
        """Lifted by the decision on the appeal; one that was upheld may be lifted at a later moment."""
        return self.appeal_decided_at is not None and self.lifted_at == self.appeal_decided_at
