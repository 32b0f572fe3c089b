from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from indicators.models.catalogue import Breakdown, Indicator
from indicators.models.importing import Source
from indicators.models.period import Period
from indicators.vocabulary import Flag, Origin
from orgs.models import Territory


class ReleaseQuerySet(models.QuerySet["Release"]):
    def current(self) -> "Release | None":
        return self.filter(published_at__isnull=False).order_by("-published_at", "-pk").first()


class Release(models.Model):
    """A frozen, disclosure-controlled copy of the figures. Public pages read the latest one and nothing else."""

    note = models.CharField(_("note"), max_length=250, blank=True, help_text=_("What is new or corrected."))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="releases", null=True, blank=True
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    figures_count = models.PositiveIntegerField(_("figures"), default=0)
    suppressed_count = models.PositiveIntegerField(_("suppressed"), default=0)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        indexes = [
            models.Index(fields=["-published_at"], name="release_current", condition=Q(published_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.published_at or self.created_at:%Y-%m-%d}"


class ReleasedFigure(models.Model):
    """One cell of a release, as anybody may read it. A suppressed cell has no number at all."""

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        SUPPRESSED = "suppressed", _("suppressed to protect small groups")
        MISSING = "missing", _("missing")

    pk = models.CompositePrimaryKey("release", "territory", "indicator", "period", "breakdown")
    release = models.ForeignKey(Release, models.CASCADE, related_name="figures", db_index=False)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    breakdown = models.ForeignKey(Breakdown, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    state = models.CharField(_("state"), max_length=10, choices=State)
    numerator = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    denominator = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    value = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    flag = models.CharField(max_length=12, choices=Flag, blank=True, default="")
    origin = models.CharField(max_length=12, choices=Origin)
    reporters = models.PositiveIntegerField()
    expected = models.PositiveIntegerField()
    periods_used = models.PositiveSmallIntegerField()
    periods_expected = models.PositiveSmallIntegerField()
    oldest_input_at = models.DateTimeField()
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", null=True, db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="shown") | Q(numerator=None, denominator=None, value=None),
                name="released_hidden_has_no_number",
            ),
        ]
        indexes = [
            # The indicator page: one indicator over all territories.
            models.Index("release", "indicator", "period", "breakdown", name="released_by_indicator"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period_id} {self.breakdown_id}"
