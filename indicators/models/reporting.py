import datetime

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from indicators.models.catalogue import Breakdown, Dimension, Indicator
from indicators.models.importing import ImportBatch
from indicators.models.period import Period
from orgs.models import Organisation, Territory

KEEPING_ROLES = ["steward", "manager"]


class ReportRequestQuerySet(models.QuerySet["ReportRequest"]):
    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "ReportRequestQuerySet":  # type: ignore[name-defined]
        """Those of the authorities where one is steward or manager."""
        if user.is_staff:
            return self
        return self.filter(
            authority__in=user.memberships.acting().filter(role__in=KEEPING_ROLES).values("organisation")
        )


@pghistory.track()
class ReportRequest(models.Model):
    """An authority asks organisations for figures by a day: which indicators, of which place and periods, in which groups.

    Each organisation that is asked has a `Report` of its own. What they answer for the same cell is added up (ratios and means pooled),
    since each reports what it has seen itself.
    """

    authority = models.ForeignKey(
        Organisation, models.PROTECT, related_name="report_requests", verbose_name=_("authority")
    )
    territory = models.ForeignKey(
        Territory, models.PROTECT, related_name="report_requests", verbose_name=_("territory")
    )
    with_parts = models.BooleanField(
        _("also each of its parts"), default=False, help_text=_("The districts of a city, for instance.")
    )
    dimension = models.ForeignKey(
        Dimension, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("groups")
    )
    indicators = models.ManyToManyField(Indicator, related_name="report_requests", verbose_name=_("indicators"))
    periods = models.ManyToManyField(Period, related_name="report_requests", verbose_name=_("periods"))
    title = models.CharField(_("title"), max_length=120)
    note = models.TextField(_("what it is for"), blank=True)
    due_on = models.DateField(_("due on"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(_("asked at"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = ReportRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-due_on", "-pk"]
        verbose_name = _("request for a report")
        verbose_name_plural = _("requests for reports")
        triggers = [
            pgtrigger.Trigger(
                name="of_the_authority",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("authority_id", "territory_id"),
                func=pgtrigger.Func(
                    "IF NOT EXISTS (SELECT FROM orgs_organisation a WHERE a.id = NEW.authority_id AND ("
                    "orgs_counts_in(NEW.territory_id, a.territory_id) OR EXISTS (SELECT FROM orgs_territoryclosure c "
                    "WHERE c.ancestor_id = a.territory_id AND c.descendant_id = NEW.territory_id))) THEN "
                    "RAISE EXCEPTION 'An authority asks for figures of its own territory.' "
                    "USING ERRCODE = 'check_violation', CONSTRAINT = 'request_of_the_authority'; END IF; RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "ReportQuerySet":  # type: ignore[name-defined]
        """Those of one's own organisations, and those that an authority asked for whose figures one keeps."""
        if user.is_staff:
            return self
        own, keeping = user.memberships.active(), user.memberships.acting().filter(role__in=KEEPING_ROLES)
        return self.filter(
            Q(organisation__in=own.values("organisation")) | Q(request__authority__in=keeping.values("organisation"))
        )

    def live(self) -> "ReportQuerySet":
        return self.filter(request__withdrawn_at=None)

    def unanswered(self) -> "ReportQuerySet":
        """Those for which the asked organisation has something to do."""
        return self.live().filter(state__in=[Report.State.DRAFT, Report.State.RETURNED])

    def overdue(self, on: datetime.date) -> "ReportQuerySet":
        return self.unanswered().filter(request__due_on__lt=on)


@pghistory.track()
class Report(models.Model):
    """What one organisation answers to a request. Withdrawn and overdue follow from the request and are not stored."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", pgettext_lazy("a report", "submitted")
        RETURNED = "returned", pgettext_lazy("a report", "returned")
        APPROVED = "approved", pgettext_lazy("a report", "approved")

    request = models.ForeignKey(ReportRequest, models.PROTECT, related_name="reports")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="reports", verbose_name=_("organisation")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="reports", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["request__due_on", "organisation", "pk"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(
                "request",
                "organisation",
                name="report_once",
                violation_error_message=_("This organisation is already asked."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request}, {self.organisation}"

    def get_absolute_url(self) -> str:
        return reverse("indicators:report_detail", args=[self.pk])

    @property
    def is_withdrawn(self) -> bool:
        return self.request.withdrawn_at is not None and self.state != self.State.APPROVED

    @property
    def is_open(self) -> bool:
        """The organisation may still write."""
        return self.state in (self.State.DRAFT, self.State.RETURNED) and self.request.withdrawn_at is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.request.due_on < timezone.localdate()


class ReportAnswer(models.Model):
    """A number as it was typed for one cell. What was left blank has no row; "we have no figure" is a row of its own kind, never 0.

    `number` is the count, the numerator of a ratio, the mean, or the score; `base` the denominator of a ratio or the people of a mean.
    """

    report = models.ForeignKey(Report, models.CASCADE, related_name="answers")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+")
    period = models.ForeignKey(Period, models.PROTECT, related_name="+")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    breakdown = models.ForeignKey(Breakdown, models.PROTECT, related_name="+")
    number = models.DecimalField(_("number"), max_digits=28, decimal_places=10, null=True, blank=True)
    base = models.DecimalField(_("base"), max_digits=28, decimal_places=10, null=True, blank=True)
    is_missing = models.BooleanField(_("no figure"), default=False)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(
                "report", "indicator", "period", "territory", "breakdown", name="report_answer_once"
            ),
            models.CheckConstraint(
                condition=Q(is_missing=True, number=None, base=None) | Q(is_missing=False, number__isnull=False),
                name="report_answer_says_one_thing",
                violation_error_message=_("Give a number, or say that you have none; not both."),
            ),
            models.CheckConstraint(
                condition=Q(base=None) | Q(base__gt=0) | Q(base=0, number=0),
                name="report_answer_base_positive",
                violation_error_message=_("A denominator is greater than 0, except for 0 of 0."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.indicator_id}"


class ReportStep(models.Model):
    """What happened to a report: it was sent, sent back with a note, sent again, approved. Nothing is overwritten."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", pgettext_lazy("a report", "submitted")
        RETURNED = "returned", pgettext_lazy("a report", "returned")
        APPROVED = "approved", pgettext_lazy("a report", "approved")

    report = models.ForeignKey(Report, models.CASCADE, related_name="steps")
    kind = models.CharField(_("step"), max_length=10, choices=Kind)
    note = models.TextField(_("note"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("step of a report")
        verbose_name_plural = _("steps of a report")
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="returned") | ~Q(note=""),
                name="report_returned_with_note",
                violation_error_message=_("Say what should be changed."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.report_id}"


class ReportReminder(models.Model):
    """That a report's people were reminded at one stage. One row for each, so that nobody is reminded twice."""

    class Stage(models.TextChoices):
        BEFORE = "before", _("a week before")
        DUE = "due", _("on the day")
        OVERDUE = "overdue", _("a week after")

    report = models.ForeignKey(Report, models.CASCADE, related_name="reminders")
    stage = models.CharField(_("stage"), max_length=10, choices=Stage)
    due_on = models.DateField(_("due on"))
    sent_at = models.DateTimeField(_("sent at"), default=timezone.now)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [models.UniqueConstraint("report", "stage", "due_on", name="report_reminder_once")]

    def __str__(self) -> str:
        return f"{self.stage} {self.report_id}"
