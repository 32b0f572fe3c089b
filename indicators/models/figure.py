from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from indicators.models.catalogue import Breakdown, Indicator
from indicators.models.period import Period
from indicators.vocabulary import Origin
from orgs.models import Territory


class ComputedPlace(models.Model):
    """What the rollup made for one place in one way: the cells of an indicator in a territory and a period, as arrays of one length.

    The n-th of each array belongs to the n-th breakdown, in the order of their ids. An array is None where it would say nothing: no
    denominators, nothing overridden, one period, no flags. So a row costs a few bytes for a cell, and a neighbourhood is one write; `ComputedFigure`
    reads it cell by cell. Cells that a source reported stay observations and are not copied.

    Every row is drawn from observations whose references the database checks, so the millions here are not checked again.
    """

    pk = models.CompositePrimaryKey("indicator", "period", "territory", "origin")
    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    period = models.ForeignKey(Period, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    origin = models.CharField(max_length=12, choices=Origin)
    breakdowns = ArrayField(models.BigIntegerField())
    numerators = ArrayField(models.DecimalField(max_digits=40, decimal_places=10))
    denominators = ArrayField(models.DecimalField(max_digits=40, decimal_places=10, null=True), null=True)
    overridden = ArrayField(models.BooleanField(), null=True)
    reporters = ArrayField(models.IntegerField())
    expected = models.PositiveIntegerField()
    periods_used = ArrayField(models.SmallIntegerField(), null=True)
    periods_expected = ArrayField(models.SmallIntegerField(), null=True)
    flags = ArrayField(models.SmallIntegerField(), null=True)
    oldest_inputs_at = ArrayField(models.DateTimeField())
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    numerators__len=F("breakdowns__len"),
                    reporters__len=F("breakdowns__len"),
                    oldest_inputs_at__len=F("breakdowns__len"),
                )
                & (Q(denominators=None) | Q(denominators__len=F("breakdowns__len")))
                & (Q(overridden=None) | Q(overridden__len=F("breakdowns__len")))
                & (Q(periods_used=None) | Q(periods_used__len=F("breakdowns__len")))
                & (Q(periods_expected=None) | Q(periods_expected__len=F("breakdowns__len")))
                & (Q(flags=None) | Q(flags__len=F("breakdowns__len"))),
                name="computed_arrays_of_one_length",
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period_id} {self.origin}"


class ComputedFigure(models.Model):
    """What the rollup made for one cell: a view of `ComputedPlace`.

    `is_overridden` says that the cell was reported too: the reported figure stands, this one is kept to show the discrepancy.
    """

    pk = models.CompositePrimaryKey("indicator", "period", "territory", "breakdown")
    indicator = models.ForeignKey(Indicator, models.DO_NOTHING, related_name="+")
    period = models.ForeignKey(Period, models.DO_NOTHING, related_name="+")
    territory = models.ForeignKey(Territory, models.DO_NOTHING, related_name="+")
    breakdown = models.ForeignKey(Breakdown, models.DO_NOTHING, related_name="+")
    numerator = models.DecimalField(max_digits=40, decimal_places=10)
    denominator = models.DecimalField(max_digits=40, decimal_places=10, null=True)
    origin = models.CharField(max_length=12, choices=Origin)
    is_overridden = models.BooleanField()
    reporters = models.PositiveIntegerField()
    expected = models.PositiveIntegerField()
    periods_used = models.PositiveSmallIntegerField()
    periods_expected = models.PositiveSmallIntegerField()
    flags = models.SmallIntegerField()
    oldest_input_at = models.DateTimeField()
    computed_at = models.DateTimeField()

    class Meta:
        managed = False

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
    flags = models.SmallIntegerField()
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
