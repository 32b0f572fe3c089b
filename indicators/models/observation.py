import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from indicators.models.catalogue import Breakdown, Indicator
from indicators.models.importing import ImportBatch, Source
from indicators.models.period import Period
from indicators.vocabulary import MOST_FLAGS, NO_FLAG, NO_NUMBER, PENDING, Status, flag_labels
from orgs.models import Territory

CELL = ("indicator", "period", "territory", "breakdown")

# Whoever writes an approved observation, by whatever way, marks its place for the next rollup in the same transaction.
MARK = """
    INSERT INTO indicators_dirtymark (indicator_id, period_id, territory_id)
    SELECT DISTINCT indicator_id, period_id, territory_id FROM ({changed}) AS changed;
    INSERT INTO indicators_slice (indicator_id, year, attempts, error, reporting_kind)
    SELECT DISTINCT c.indicator_id, p.year, 0, '', '' FROM ({changed}) AS c JOIN indicators_period p ON p.id = c.period_id
    ON CONFLICT (indicator_id, year) DO NOTHING;
    RETURN NULL;
"""
INSERTED = "SELECT * FROM new_rows WHERE status = 'approved'"
DELETED = "SELECT * FROM old_rows WHERE status = 'approved'"


# Whoever brings figures in for an authority, by whatever way, brings in those of its place and the parts of it.
OTHERS = """
    SELECT FROM (SELECT DISTINCT batch_id, territory_id FROM {rows}) AS n
    JOIN indicators_importbatch b ON b.id = n.batch_id JOIN orgs_organisation a ON a.id = b.authority_id
    WHERE NOT EXISTS (SELECT FROM orgs_territoryclosure c WHERE c.ancestor_id = a.territory_id AND c.descendant_id = n.territory_id)
        AND NOT orgs_counts_in(n.territory_id, a.territory_id)
"""
REFUSE_OTHERS = f"""
    IF EXISTS ({OTHERS}) THEN
        RAISE EXCEPTION 'An authority brings in figures of its own territory.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'observation_of_the_authority';
    END IF;
"""


def mark_trigger(
    name: str, operation: pgtrigger.Operation, changed: str, referencing: pgtrigger.Referencing
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=pgtrigger.Func(MARK.replace("{changed}", changed)),
    )


class ObservationQuerySet(models.QuerySet["Observation"]):
    def approved(self) -> "ObservationQuerySet":
        return self.filter(status=Status.APPROVED)

    def pending(self) -> "ObservationQuerySet":
        return self.filter(status__in=PENDING)


class Observation(models.Model):
    """What a source said of one cell: an indicator in a territory, a period and a breakdown.

    Counts have a numerator; ratios a numerator and a denominator; means the sum (value times base) and the base as the same two, so that
    all three pool alike. A published rate or score without its parts is a `value` and is never combined. No figure at all is the flag
    "missing", one that cannot exist (a share of nobody) "not applicable"; neither is ever 0. It may have other flags beside: a break in the
    series holds for a year without a figure too. A new value supersedes the approved one when it
    is approved itself; the old row stays.
    """

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="observations", db_index=False)
    period = models.ForeignKey(Period, models.PROTECT, related_name="observations", db_index=False)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="observations", db_index=False)
    breakdown = models.ForeignKey(Breakdown, models.PROTECT, related_name="observations", db_index=False)
    numerator = models.DecimalField(_("numerator"), max_digits=30, decimal_places=10, null=True, blank=True)
    denominator = models.DecimalField(_("denominator"), max_digits=30, decimal_places=10, null=True, blank=True)
    value = models.DecimalField(_("value"), max_digits=30, decimal_places=10, null=True, blank=True)
    flags = models.SmallIntegerField(_("flags"), default=int(NO_FLAG))
    """The sum of its flags (`vocabulary.Flag`)."""
    answered = models.PositiveSmallIntegerField(_("answers"), null=True, blank=True)
    """Of what several organisations were asked to report: how many have; None where nobody was asked."""
    asked = models.PositiveSmallIntegerField(_("asked"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.SUBMITTED)
    source = models.ForeignKey(Source, models.PROTECT, related_name="observations", db_index=False)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="observations", null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    created_at = models.DateTimeField(_("entered at"), db_default=Now())

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        constraints = [
            models.UniqueConstraint(
                *CELL,
                name="observation_one_approved",
                condition=Q(status="approved"),
                violation_error_message=_("This cell already has an approved value."),
            ),
            models.UniqueConstraint(
                *CELL,
                name="observation_one_pending",
                condition=Q(status__in=["draft", "submitted", "returned"]),
                violation_error_message=_("This cell already has a value to be approved."),
            ),
            models.CheckConstraint(
                condition=Q(flags__gte=int(NO_NUMBER), numerator=None, denominator=None, value=None)
                | (
                    Q(flags__lt=int(NO_NUMBER))
                    & (
                        Q(numerator__isnull=False, value=None)
                        | Q(numerator=None, denominator=None, value__isnull=False)
                    )
                ),
                name="observation_says_one_thing",
                violation_error_message=_(
                    "Give a numerator, or a published value, or mark it as missing or not applicable."
                ),
            ),
            models.CheckConstraint(
                condition=Q(flags__gte=int(NO_FLAG), flags__lte=int(MOST_FLAGS)),
                name="observation_flags_known",
                violation_error_message=_("A figure is missing or not applicable, not both."),
            ),
            models.CheckConstraint(
                condition=Q(answered=None, asked=None) | Q(answered__lte=F("asked"), asked__gt=0),
                name="observation_answers_of_asked",
                violation_error_message=_("There cannot be more answers than organisations asked."),
            ),
            models.CheckConstraint(
                condition=Q(denominator=None) | Q(denominator__gt=0),
                name="observation_denominator_positive",
                violation_error_message=_("A denominator is greater than 0."),
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(approved_at__isnull=False),
                name="observation_approval_is_dated",
                violation_error_message=_("An approval has a date."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="of_the_authority",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),
                func=pgtrigger.Func(REFUSE_OTHERS.format(rows="new_rows") + "RETURN NULL;"),
            ),
            pgtrigger.Trigger(
                name="stays_with_the_authority",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("territory_id", "batch_id"),
                func=pgtrigger.Func(
                    REFUSE_OTHERS.format(rows="(SELECT NEW.batch_id, NEW.territory_id) AS moved") + "RETURN NEW;"
                ),
            ),
            mark_trigger("mark_inserted", pgtrigger.Insert, INSERTED, pgtrigger.Referencing(new="new_rows")),
            mark_trigger("mark_deleted", pgtrigger.Delete, DELETED, pgtrigger.Referencing(old="old_rows")),
            mark_trigger(
                "mark_updated",
                pgtrigger.Update,
                f"{INSERTED} UNION ALL {DELETED}",
                pgtrigger.Referencing(old="old_rows", new="new_rows"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period_id} {self.breakdown_id}"

    @property
    def flag_words(self) -> str:
        return ", ".join(flag_labels(self.flags))
