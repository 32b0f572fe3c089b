from decimal import Decimal

import pghistory
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from indicators.models.catalogue import Breakdown, Indicator
from indicators.models.importing import ImportBatch
from indicators.models.period import Period
from orgs.models import Territory


@pghistory.track()
class QualityRule(models.Model):
    """A question that is asked of every batch before it may count, and how far a figure may go before somebody has to look at it."""

    class Code(models.TextChoices):
        PART_OVER_WHOLE = "part_over_whole", _("part larger than the whole")
        PART_OVER_BASE = "part_over_base", _("numerator larger than the denominator of a share")
        SHARE_OVER_100 = "share_over_100", _("share over 100 %")
        OUTSIDE_RANGE = "outside_range", _("outside what the unit allows")
        FRACTION = "fraction", _("looks like a fraction instead of a share")
        NOT_ENDED = "not_ended", _("period that has not ended")
        PARTS_DIFFER = "parts_differ", _("sum of the parts differs from the total")
        JUMP = "jump", _("sudden jump against the period before")
        GAP = "gap", _("gap between periods")
        OUTLIER = "outlier", _("far from all others")

    code = models.CharField(_("rule"), max_length=20, choices=Code, unique=True)
    is_active = models.BooleanField(_("in use"), default=True)
    threshold = models.DecimalField(
        _("threshold"),
        max_digits=12,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
        help_text=_(
            "Jump and sum of parts: percent. Share: the most it may be. Gap: how many periods may be missing. Far from all others: how many "
            "median deviations."
        ),
    )
    minimum = models.DecimalField(
        _("smallest difference of counts"),
        max_digits=14,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
        help_text=_("Smaller differences are ignored."),
    )
    minimum_points = models.DecimalField(
        _("smallest difference of shares and scores"),
        max_digits=12,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
        help_text=_("In the unit of the indicator; for shares, percentage points."),
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("quality rule")
        verbose_name_plural = _("quality rules")

    def __str__(self) -> str:
        return self.get_code_display()


class FindingQuerySet(models.QuerySet["Finding"]):
    def open(self) -> "FindingQuerySet":
        return self.filter(accepted_at=None)

    def accepted(self) -> "FindingQuerySet":
        return self.exclude(accepted_at=None)


class Finding(models.Model):
    """What a quality rule has to say of one cell of a batch. While one is open, the batch does not count.

    `amount` is the cell's number, `other` what it was held against: the number of another breakdown, period or territory where one is
    named. Whoever accepts it says why; that stays.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="findings")
    rule = models.CharField(_("rule"), max_length=20, choices=QualityRule.Code)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+", db_index=False)
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", db_index=False)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", db_index=False)
    breakdown = models.ForeignKey(Breakdown, models.PROTECT, related_name="+", db_index=False)
    amount = models.DecimalField(_("number"), max_digits=40, decimal_places=10)
    other = models.DecimalField(_("held against"), max_digits=40, decimal_places=10, null=True, blank=True)
    other_breakdown = models.ForeignKey(
        Breakdown, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    other_period = models.ForeignKey(Period, models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    detail = models.CharField(max_length=20, blank=True)
    """Which of the ways of a rule: a dimension's code, or "territory"."""
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["rule", "pk"]
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at=None, reason="") | (Q(accepted_at__isnull=False) & ~Q(reason="")),
                name="finding_accepted_with_reason",
                violation_error_message=_("Say why the figure is right."),
            ),
        ]
        indexes = [models.Index("batch", "rule", name="finding_of_batch")]

    def __str__(self) -> str:
        return f"{self.rule} {self.batch_id}"


class ImportChange(models.Model):
    """A value that a batch replaces, in the unit of its indicator; None where there is no figure. The largest ones, for who checks and approves."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="changes")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+", db_index=False)
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", db_index=False)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", db_index=False)
    breakdown = models.ForeignKey(Breakdown, models.PROTECT, related_name="+", db_index=False)
    before = models.DecimalField(_("before"), max_digits=40, decimal_places=10, null=True, blank=True)
    after = models.DecimalField(_("after"), max_digits=40, decimal_places=10, null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("change")
        verbose_name_plural = _("changes")

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
