"""Asking organisations for figures, and what becomes of their answers.

What is typed stays with the report until it is sent. Then it is a batch like any other: the same quality rules, the same approval. The
answers of several organisations to one cell of a request are added up, ratios and means by their parts: never an average of averages.
"""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.emails import email_stewards, write_to_answerers
from indicators.imports import steps
from indicators.imports.actions import locked
from indicators.models import (
    Dimension,
    ImportBatch,
    Indicator,
    Observation,
    Period,
    Report,
    ReportAnswer,
    ReportReminder,
    ReportRequest,
    ReportStep,
)
from indicators.permissions import can_answer_report, can_review_report, can_withdraw_request, keeps_figures_of
from indicators.quality import checks
from indicators.reports.cells import (
    MOST_CELLS,
    Answers,
    Key,
    ReportCell,
    Typed,
    approved,
    cells_of,
    key_of_row,
    refuse_faults,
    with_breakdowns,
    write_observations,
)
from indicators.sources.actions import source_of_reports
from indicators.vocabulary import NO_FLAG, NO_NUMBER, Flag, Measure, Status
from orgs.models import Organisation, Territory, User
from orgs.models.reach import places_of_figures

WEEK = datetime.timedelta(days=7)


@transaction.atomic
def ask_for_reports(
    *,
    authority: Organisation,
    organisations: Iterable[Organisation],
    title: str,
    territory: Territory,
    indicators: Iterable[Indicator],
    periods: Iterable[Period],
    due_on: datetime.date,
    dimension: Dimension | None = None,
    with_parts: bool = False,
    note: str = "",
    by: User | None,
) -> ReportRequest:
    """Each organisation gets a report to fill in, and its people a letter."""
    organisations, indicators, periods = list(organisations), list(indicators), list(periods)
    for name, asked in (("organisations", organisations), ("indicators", indicators), ("periods", periods)):
        if not asked:
            raise ValidationError({name: _("Choose at least one.")})
    if not places_of_figures(authority.territory).filter(pk=territory.pk).exists():
        raise ValidationError({"territory": _("Choose the place of the authority, or one of its parts.")})
    _refuse_unless(by is None or keeps_figures_of(by, authority))
    if authority in organisations:
        raise ValidationError({"organisations": _("An authority cannot ask itself for figures: enter them instead.")})
    if due_on < timezone.localdate():
        raise ValidationError({"due_on": _("Choose today or a later day.")})
    scores = [indicator for indicator in indicators if indicator.measure == Measure.SCORE]
    if scores and len(organisations) > 1:
        refusal = ValidationError(
            _("“%(name)s” is a score, and scores cannot be added up. Ask one organisation only."),
            params={"name": scores[0]},
        )
        raise ValidationError({"indicators": refusal})
    request = ReportRequest(
        authority=authority,
        territory=territory,
        with_parts=with_parts,
        dimension=dimension,
        title=title,
        note=note,
        due_on=due_on,
        created_by=by,
    )
    request.full_clean()
    cells = cells_of(
        indicators=indicators, periods=periods, territory=territory, with_parts=with_parts, dimension=dimension
    )
    if not cells:
        raise ValidationError({"periods": _("The place did not exist in these periods.")})
    if len(cells) > MOST_CELLS:
        raise ValidationError(
            _("Each organisation would have to fill in %(number)s figures; the limit is %(most)s. Ask for less."),
            params={"number": len(cells), "most": MOST_CELLS},
        )
    request.save()
    request.indicators.set(indicators)
    request.periods.set(periods)
    for organisation in organisations:
        write_to_answerers(Report.objects.create(request=request, organisation=organisation), "report_asked")
    return request


def cells_of_request(request: ReportRequest) -> list[ReportCell]:
    return cells_of(
        indicators=request.indicators.all(),
        periods=request.periods.all(),
        territory=request.territory,
        with_parts=request.with_parts,
        dimension=request.dimension,
    )


def answers_of(report: Report) -> dict[Key, Typed]:
    return {key_of_row(row): Typed(row.number, row.base, row.is_missing) for row in report.answers.all()}


@transaction.atomic
def withdraw_request(*, request: ReportRequest, by: User | None) -> ReportRequest:
    """Nobody needs to answer any more. What is approved stays; what waits for a decision is taken back. Harmless twice."""
    request = ReportRequest.objects.select_for_update().get(pk=request.pk)
    _refuse_unless(by is None or can_withdraw_request(by, request))
    if request.withdrawn_at is not None:
        return request
    request.withdrawn_at = timezone.now()
    request.save()
    for report in request.reports.exclude(state=Report.State.APPROVED).select_related("organisation", "batch"):
        if report.batch is not None and report.batch.state == ImportBatch.State.STORED:
            steps.undo(locked(report.batch, ImportBatch.State.STORED), by)
        write_to_answerers(report, "report_withdrawn")
    return request


@transaction.atomic
def save_report(*, report: Report, answers: Answers, version: int, by: User | None) -> Report:
    """Keeps what was typed so far. The second of two writers is told, and nothing of the first is lost."""
    report = _open_report(report)
    _refuse_unless(by is None or can_answer_report(by, report))
    if report.version != version:
        raise ValidationError(
            _(
                "Somebody else in your organisation saved this report while you were writing. Your answers are below and are "
                "not saved yet. Compare them with theirs, and save again to replace theirs."
            ),
            code="stale",
        )
    cells, answers = with_breakdowns(cells_of_request(report.request), answers)
    refuse_faults(cells, answers)
    report.answers.all().delete()
    ReportAnswer.objects.bulk_create(
        ReportAnswer(
            report=report,
            indicator_id=key[0],
            period_id=key[1],
            territory_id=key[2],
            breakdown_id=key[3],
            number=typed.number,
            base=typed.base,
            is_missing=typed.is_missing,
        )
        for key, typed in answers.items()
    )
    report.version += 1
    report.changed_at = timezone.now()
    report.save()
    return report


@transaction.atomic
def submit_report(*, report: Report, note: str = "", by: User | None) -> Report:
    """Sends it to the authority: a batch that waits for approval. The note of the last return stays in the history."""
    report = _open_report(report)
    _refuse_unless(by is None or can_answer_report(by, report))
    if not report.answers.exists():
        raise ValidationError(
            _("You have not filled anything in yet. If you have no figure, tick “We have no figure”.")
        )
    report.batch = ImportBatch.objects.create(
        kind=ImportBatch.Kind.REPORT,
        authority=report.request.authority,
        source=source_of_reports(report.request.authority),
        mapping={},
        file_name=f"{report.request.title} · {report.organisation.name}"[:200],
        size=0,
        state=ImportBatch.State.STORED,
        created_by=by,
    )
    report.state = Report.State.SUBMITTED
    report.changed_at = timezone.now()
    report.save()
    _fill_batch(report)
    ReportStep.objects.create(report=report, kind=ReportStep.Kind.SUBMITTED, note=note, by=by)
    email_stewards(report, "report_submitted")
    return report


@transaction.atomic
def return_report(*, report: Report, note: str, by: User | None) -> Report:
    """Sends it back with what should be different. Of one that counted already, the figures are taken back."""
    if not note.strip():
        raise ValidationError({"note": _("Say what should be changed.")})
    report = _locked(report, Report.State.SUBMITTED, Report.State.APPROVED)
    _refuse_unless(by is None or can_review_report(by, report))
    counted = report.state == Report.State.APPROVED
    if report.batch is not None and report.batch.state in (ImportBatch.State.STORED, ImportBatch.State.APPROVED):
        steps.undo(locked(report.batch, ImportBatch.State.STORED, ImportBatch.State.APPROVED), by)
    report.state = Report.State.RETURNED
    report.changed_at = timezone.now()
    report.save()
    if counted:
        _count_without(report, by)
    step = ReportStep.objects.create(report=report, kind=ReportStep.Kind.RETURNED, note=note.strip(), by=by)
    write_to_answerers(report, "report_returned", note=step.note)
    return report


def approve_report(*, report: Report, note: str = "", by: User | None) -> Report:
    """Lets the answers count, together with those of the others who were asked. Refused while a finding is open.

    The batch is made anew first, since others may have been approved meanwhile; what is found then is kept though it refuses.
    """
    with transaction.atomic():
        report = _locked(report, Report.State.SUBMITTED)
        _refuse_unless(by is None or can_review_report(by, report))
        _fill_batch(report)
    with transaction.atomic():
        report = _locked(report, Report.State.SUBMITTED)
        assert report.batch is not None  # It was sent.
        steps.approve(locked(report.batch, ImportBatch.State.STORED), by)
        report.state = Report.State.APPROVED
        report.changed_at = timezone.now()
        report.save()
        ReportStep.objects.create(report=report, kind=ReportStep.Kind.APPROVED, note=note, by=by)
        write_to_answerers(report, "report_approved")
    return report


@transaction.atomic
def send_reminders(*, today: datetime.date) -> int:
    """A week before the day, on it, and a week after: one letter each to those who have not answered; how many reports were reminded.

    Who was asked late, or where nothing ran for days, gets the latest of the stages that are due and no more. Twice is once.
    """
    stages = ReportReminder.Stage
    reminded = 0
    waiting = Report.objects.unanswered().filter(request__due_on__lte=today + WEEK)
    for report in waiting.select_for_update(of=("self",)).select_related("request__authority", "organisation"):
        due = report.request.due_on
        stage = stages.OVERDUE if today >= due + WEEK else stages.DUE if today >= due else stages.BEFORE
        _reminder, is_new = ReportReminder.objects.get_or_create(report=report, stage=stage, due_on=due)
        if is_new:
            write_to_answerers(report, "report_reminder", stage=str(stage))
            reminded += 1
    return reminded


# --- From answers to observations ---------------------------------------------------------------------------------------


def _refuse_unless(is_allowed: bool) -> None:
    if not is_allowed:
        raise PermissionDenied


def _locked(report: Report, *states: str) -> Report:
    """With the request's row, so that two reports of one request are decided one after the other."""
    ReportRequest.objects.select_for_update().get(pk=report.request_id)
    report = Report.objects.select_for_update(of=("self",)).select_related("request", "batch").get(pk=report.pk)
    if report.state not in states:
        raise ValidationError(
            _("This report is already in the state “%(state)s”."), params={"state": report.get_state_display()}
        )
    if report.request.withdrawn_at is not None:
        raise ValidationError(_("The request was withdrawn. You do not need to answer it."))
    return report


def _open_report(report: Report) -> Report:
    return _locked(report, Report.State.DRAFT, Report.State.RETURNED)


def _fill_batch(report: Report) -> None:
    """Writes what the request would hold with this report into its batch, and asks the quality rules."""
    assert report.batch is not None
    assert report.batch.source_id is not None
    cells = cells_of_request(report.request)
    values = pooled(report.request, also=report)
    own = answers_of(report)
    now = approved(cells)
    news = {
        key: columns for key, columns in values.items() if key in own and not (key in now and _same(now[key], columns))
    }
    write_observations(batch_id=report.batch.pk, source_id=report.batch.source_id, values=news, status=Status.SUBMITTED)
    report.batch.cells_new = sum(key not in now for key in news)
    report.batch.cells_changed = len(news) - report.batch.cells_new
    report.batch.cells_same = len(own) - len(news)
    report.batch.save()
    checks.examine(report.batch)


def _same(row: Observation, columns: Mapping[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in columns.items())


def pooled(request: ReportRequest, *, also: Report | None = None) -> dict[Key, dict[str, Any]]:
    """The columns of the request's observations: the approved answers, and those of one more report, added up.

    Provisional, and not the whole, while somebody who was asked has not been approved yet, or has no figure where others have one.
    """
    reports = list(request.reports.prefetch_related("answers"))
    counted = [report for report in reports if report.state == Report.State.APPROVED or report == also]
    indicators = {indicator.pk: indicator for indicator in request.indicators.all()}
    said: dict[Key, list[dict[str, Any]]] = {}
    for report in counted:
        for key, typed in answers_of(report).items():
            said.setdefault(key, []).append(typed.as_observation(indicators[key[0]]))
    return {key: _sum(columns, asked=len(reports)) for key, columns in said.items()}


def _sum(said: list[dict[str, Any]], *, asked: int) -> dict[str, Any]:
    known = [columns for columns in said if columns["flags"] < NO_NUMBER]
    not_applicable = [columns for columns in said if columns["flags"] == Flag.NOT_APPLICABLE]
    if not known:  # What nobody knows may be anything; it is not applicable where it is so for all.
        return next((columns for columns in said if columns not in not_applicable), said[0])

    def total(name: str) -> Decimal | None:
        numbers = [columns[name] for columns in known if columns[name] is not None]
        return sum(numbers, Decimal(0)) if numbers else None

    flags = Flag.PROVISIONAL if len(known) + len(not_applicable) < asked else NO_FLAG
    return {
        "numerator": total("numerator"),
        "denominator": total("denominator"),
        "value": total("value"),
        "flags": flags,
        "answered": len(known) + len(not_applicable),
        "asked": asked,
    }


def _count_without(report: Report, by: User | None) -> None:
    """After an approved report was taken back: its cells hold what the other approved ones say."""
    values = {key: columns for key, columns in pooled(report.request).items() if key in answers_of(report)}
    now = approved(cells_of_request(report.request))
    news = {key: columns for key, columns in values.items() if key not in now or not _same(now[key], columns)}
    last = (
        report.request.reports.filter(state=Report.State.APPROVED)
        .select_related("batch")
        .order_by("-changed_at")
        .first()
    )
    if not news or last is None or last.batch is None or last.batch.source_id is None:
        return
    Observation.objects.filter(pk__in=[now[key].pk for key in news if key in now]).update(status=Status.SUPERSEDED)
    Observation.objects.bulk_create(
        Observation(
            indicator_id=key[0],
            period_id=key[1],
            territory_id=key[2],
            breakdown_id=key[3],
            batch=last.batch,
            source_id=last.batch.source_id,
            status=Status.APPROVED,
            approved_by=by,
            approved_at=timezone.now(),
            **columns,
        )
        for key, columns in news.items()
    )
