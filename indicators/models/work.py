from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from indicators.models.catalogue import Breakdown, Indicator
from indicators.models.period import Period
from orgs.models import Territory


class DirtyMark(models.Model):
    """A place whose approved observations changed since the last rollup. Written by triggers in the writer's transaction.

    Without a territory it stands for every place of the indicator in the period.
    """

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="+", db_index=False)
    period = models.ForeignKey(Period, models.CASCADE, related_name="+", db_index=False)
    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", null=True, blank=True, db_index=False)

    class Meta:
        indexes = [models.Index("indicator", "period", name="mark_of_slice")]  # rollup: the marks of the claimed slices

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period_id}"


class RollupRun(models.Model):
    """One worker's pass over what is marked. A run whose worker died is taken over by the next one."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    state = models.CharField(_("state"), max_length=8, choices=State, default=State.RUNNING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    claimed_by = models.CharField(_("claimed by"), max_length=120)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    slices = models.PositiveIntegerField(_("slices"), default=0)
    figures = models.PositiveIntegerField(_("figures written"), default=0)
    error = models.TextField(_("error"), blank=True, default="")

    class Meta:
        ordering = ["-started_at", "-pk"]
        verbose_name = _("rollup run")
        verbose_name_plural = _("rollup runs")
        indexes = [models.Index("started_at", name="run_unfinished", condition=Q(state="running"))]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.get_state_display()}"


class Slice(models.Model):
    """An indicator in a year: the unit that one worker rolls up at a time, under a row lock.

    `attempts` is counted before the work and set back after it, so that a slice which kills its workers is known, and parked.
    """

    MAX_ATTEMPTS = 3

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="+")
    year = models.PositiveSmallIntegerField(_("year"))
    claimed_by = models.ForeignKey(
        RollupRun, models.SET_NULL, related_name="claimed_slices", null=True, blank=True, db_index=False
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    parked_at = models.DateTimeField(_("parked at"), null=True, blank=True)
    alerted_at = models.DateTimeField(
        _("administrators told at"), null=True, blank=True, help_text=_("Until they are told that it works again.")
    )
    error = models.TextField(_("error"), blank=True, default="")
    reporting_kind = models.CharField(
        _("reported by"),
        max_length=16,
        choices=Territory.Kind,
        blank=True,
        default="",
        help_text=_("The smallest territories that report."),
    )

    class Meta:
        ordering = ["indicator", "year"]
        verbose_name = _("slice")
        verbose_name_plural = _("slices")
        constraints = [models.UniqueConstraint("indicator", "year", name="slice_once")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.year}"


class FigureAudit(models.Model):
    """A check of the kept figures against a computation from nothing, every night. It changes no figure."""

    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    slices = models.PositiveIntegerField(_("slices"), default=0)
    figures = models.PositiveBigIntegerField(_("figures compared"), default=0)
    differences_count = models.PositiveIntegerField(_("differences"), default=0)

    class Meta:
        ordering = ["-started_at", "-pk"]
        verbose_name = _("audit of the figures")
        verbose_name_plural = _("audits of the figures")

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"


class FigureDifference(models.Model):
    """A cell whose kept figure is not what its observations give; None where one of the two is not there at all."""

    MOST = 1000  # Of one audit: who sees that many needs no more to know where to look.

    audit = models.ForeignKey(FigureAudit, models.CASCADE, related_name="differences")
    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="+")
    period = models.ForeignKey(Period, models.CASCADE, related_name="+", db_index=False)
    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    breakdown = models.ForeignKey(Breakdown, models.CASCADE, related_name="+", db_index=False)
    kept = models.DecimalField(_("kept"), max_digits=40, decimal_places=10, null=True)
    recomputed = models.DecimalField(_("recomputed"), max_digits=40, decimal_places=10, null=True)

    class Meta:
        ordering = ["audit", "pk"]
        verbose_name = _("difference")
        verbose_name_plural = _("differences")

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period_id} {self.breakdown_id}"
