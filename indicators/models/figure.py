from django.db import models
from django.utils.translation import gettext_lazy as _

from indicators.models.catalogue import Breakdown, Indicator
from indicators.models.period import Period
from indicators.vocabulary import Origin
from orgs.models import Territory


class ComputedFigure(models.Model):
    """What the rollup made for one cell. Cells that a source reported stay observations and are not copied.

    Every row is drawn from observations whose references the database checks, so the millions here are not checked again.
    `is_beaten` says that the cell was reported too: the reported figure stands, this one is kept to show the discrepancy.
    """

    pk = models.CompositePrimaryKey("indicator", "period", "territory", "breakdown")
    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    period = models.ForeignKey(Period, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    breakdown = models.ForeignKey(Breakdown, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    numerator = models.DecimalField(_("numerator"), max_digits=40, decimal_places=10)
    denominator = models.DecimalField(_("denominator"), max_digits=40, decimal_places=10, null=True)
    origin = models.CharField(_("how it was made"), max_length=12, choices=Origin)
    is_beaten = models.BooleanField(default=False)
    reporters = models.PositiveIntegerField(_("territories that reported"))
    expected = models.PositiveIntegerField(_("territories that should report"))
    periods_used = models.PositiveSmallIntegerField(_("periods used"), default=1)
    periods_expected = models.PositiveSmallIntegerField(_("periods expected"), default=1)
    oldest_input_at = models.DateTimeField(_("oldest input"))
    computed_at = models.DateTimeField(_("computed at"))

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period_id} {self.breakdown_id}"


class Figure(models.Model):
    """The figure of every cell, reported or computed: a view. `value` is in the indicator's unit; rounded to ten decimals."""

    pk = models.CompositePrimaryKey("indicator", "period", "territory", "breakdown")
    indicator = models.ForeignKey(Indicator, models.DO_NOTHING, related_name="+")
    period = models.ForeignKey(Period, models.DO_NOTHING, related_name="+")
    territory = models.ForeignKey(Territory, models.DO_NOTHING, related_name="+")
    breakdown = models.ForeignKey(Breakdown, models.DO_NOTHING, related_name="+")
    numerator = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    denominator = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    value = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    flag = models.CharField(max_length=12)
    origin = models.CharField(max_length=12, choices=Origin)
    reporters = models.PositiveIntegerField()
    expected = models.PositiveIntegerField()
    periods_used = models.PositiveSmallIntegerField()
    periods_expected = models.PositiveSmallIntegerField()
    oldest_input_at = models.DateTimeField()
    computed_at = models.DateTimeField()
    source_id = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "indicators_figure"

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period_id} {self.breakdown_id}"
