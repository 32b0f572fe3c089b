"""Reports: asked by an authority, answered by organisations, reviewed and counted."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView
from django.views.generic.base import View
from django.views.generic.detail import SingleObjectMixin
from django_filters.views import FilterView

from indicators.confidential import actions as confidential
from indicators.models import Report, ReportRequest, ReportStep
from indicators.permissions import (
    authorities_of,
    can_answer_report,
    can_ask_for_reports,
    can_review_report,
    can_see_confidential_figures_of,
    can_see_reports,
    can_withdraw_request,
)
from indicators.quality.messages import changes_of, groups_of
from indicators.reports import actions as reports
from indicators.reports.cell_form import GridForm
from indicators.reports.cells import ReportCell, Typed, approved, before, in_words, released
from indicators.reports.filters import ReportFilter
from indicators.reports.forms import AskForm, ReturnForm, SheetForm
from indicators.reports.workbook import make_sheet, read_sheet
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin, show_refusal

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReportListView(VisibleObjectMixin, PagedMixin, FilterView):
    """What one owes, and what one has asked for."""

    has_page_permission = staticmethod(can_see_reports)
    model = Report
    template_name = "indicators/report_list.html"
    filterset_class = ReportFilter
    context_object_name = "reports"

    def get_queryset(self) -> QuerySet[Report]:
        found: QuerySet[Report] = super().get_queryset()
        return found.select_related("request__authority", "organisation")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        overdue = Report.objects.visible_to(self.request.user).overdue(timezone.localdate())
        return super().get_context_data(
            overdue=overdue.count(), may_ask=can_ask_for_reports(self.request.user), **kwargs
        )


class RequestCreateView(VisibleObjectMixin, ActionMixin, FormView):
    """Asks organisations for figures, on one page."""

    has_page_permission = staticmethod(can_ask_for_reports)
    template_name = "indicators/report_ask.html"
    form_class = AskForm
    object: ReportRequest

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "authorities": authorities_of(self.request.user)}

    def get_initial(self) -> dict[str, Any]:
        authorities = authorities_of(self.request.user)
        return {"territory": authorities[0].territory} if authorities else {}

    def perform(self, form: AskForm) -> ReportRequest:
        request = reports.ask_for_reports(**form.cleaned_data, by=self.person)
        messages.success(self.request, _("Sent. Each organisation gets an e-mail with a link to its report."))
        return request

    def get_success_url(self) -> str:
        return reverse("indicators:report_list")


@dataclass(frozen=True)
class AnswerRow:
    """One cell of a report, side by side with what is known of it."""

    cell: ReportCell
    said: str
    is_given: bool
    now: str
    before: str


class ReportMixin(VisibleObjectMixin):
    has_page_permission = staticmethod(can_see_reports)
    model = Report
    context_object_name: str | None = "report"

    def get_queryset(self) -> QuerySet[Report]:
        found: QuerySet[Report] = super().get_queryset()
        return found.select_related("request__authority", "request__territory", "organisation", "batch")


class ReportDetailView(ReportMixin, DetailView):
    """The report with all that happened to it: to answer for those who are asked, to review for those who asked."""

    template_name = "indicators/report_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report: Report = self.object
        may_review = can_review_report(self.request.user, report)
        answers_for_it = can_answer_report(self.request.user, report)
        batch = report.batch
        access = confidential.use_confidential_access_of(batch=batch, by=self.person) if batch is not None else None
        shows_answers = answers_for_it or access is not None
        return super().get_context_data(
            rows=answer_rows(report, shows_answers=shows_answers, are_confidential=access is not None),
            shows_answers=shows_answers,
            access=access,
            may_open=access is None and batch is not None and can_see_confidential_figures_of(self.request.user, batch),
            steps=[entry_of(step) for step in report.steps.select_related("by")],
            returned=report.steps.filter(kind=ReportStep.Kind.RETURNED).first() if report.is_open else None,
            may_answer=can_answer_report(self.request.user, report) and report.is_open,
            may_review=may_review,
            may_withdraw=can_withdraw_request(self.request.user, report.request),
            quality=groups_of(batch) if batch is not None and access is not None and may_review else [],
            open_findings=batch.findings.open().count() if batch is not None and may_review else 0,
            changes=changes_of(batch) if batch is not None and access is not None and may_review else [],
            return_form=ReturnForm(),
            **kwargs,
        )


def answer_rows(report: Report, *, shows_answers: bool, are_confidential: bool) -> list[AnswerRow]:
    """What was answered, to those who may read it, beside what is known: as it counts to who gave a reason, else as released."""
    cells = reports.cells_of_request(report.request)
    answers = reports.answers_of(report) if shows_answers else {}
    if are_confidential:
        known = {key: in_words(Typed.of(row), row.indicator) for key, row in approved(cells).items()}
    else:
        known = released(cells)
    earlier = before(cells, are_confidential=are_confidential)
    return [
        AnswerRow(
            cell,
            in_words(answers.get(cell.key), cell.indicator) if shows_answers else "",
            cell.key in answers,
            known.get(cell.key, ""),
            earlier.get(cell.key, ""),
        )
        for cell in cells
    ]


ICONS = {"submitted": "send", "returned": "arrow-return-left", "approved": "check-lg"}
TONES = {"submitted": "info", "returned": "warning", "approved": "success"}


def entry_of(step: ReportStep) -> dict[str, Any]:
    """For the timeline."""
    return {
        "at": step.at,
        "title": step.get_kind_display().capitalize(),
        "who": step.by or "",
        "text": step.note,
        "icon": ICONS[step.kind],
        "tone": TONES[step.kind],
    }


class ReportAnswerView(ReportMixin, ActionMixin, SingleObjectMixin, FormView):
    """Fill it in on the page: keep it, or send it."""

    has_object_permission = staticmethod(can_answer_report)
    template_name = "indicators/report_answer.html"
    form_class = GridForm
    object: Any

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = None
        return super().dispatch(request, *args, **kwargs)

    @property
    def report(self) -> Report:
        if self.object is None:
            self.object = self.get_object()
        report: Report = self.object
        return report

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.report.is_open:
            messages.info(request, _("This report cannot be changed now."))
            return redirect(self.report)
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        cells = reports.cells_of_request(self.report.request)
        return {
            **super().get_form_kwargs(),
            "cells": cells,
            "answers": reports.answers_of(self.report),
            "hints": before(cells),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        returned = self.report.steps.filter(kind=ReportStep.Kind.RETURNED).first()
        kept = getattr(self.request, "kept_form", None)
        current = (
            kept.get("version") if kept else Report.objects.values_list("version", flat=True).get(pk=self.report.pk)
        )
        return super().get_context_data(report=self.report, returned=returned, version=current, **kwargs)

    def perform(self, form: GridForm) -> Report:
        typed = self.request.POST.get("version", "")
        report = reports.save_report(
            report=self.report,
            answers=form.answers,
            version=int(typed) if typed.isdecimal() else 0,
            by=self.person,
        )
        if "send" in self.request.POST:
            report = reports.submit_report(report=report, note=self.request.POST.get("note", "")[:2000], by=self.person)
            messages.success(self.request, _("Sent. You will get an e-mail when it is approved or returned."))
        else:
            saved = timezone.localtime().strftime("%H:%M")
            messages.success(self.request, _("Saved %(time)s. It is not sent yet.") % {"time": saved})
        return report

    def get_success_url(self) -> str:
        return self.report.get_absolute_url()

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        self.object = None
        return super().form_invalid(form)


class ReportWorkbookView(ReportMixin, SingleObjectMixin, View):
    """The spreadsheet to fill in."""

    has_object_permission = staticmethod(can_answer_report)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        report = self.get_object()
        assert isinstance(report, Report)
        content = make_sheet(report, reports.cells_of_request(report.request), reports.answers_of(report))
        response = HttpResponse(content, content_type=XLSX)
        name = f"{slugify(report.request.title) or 'report'}-{report.pk}.xlsx"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class ReportUploadView(ReportMixin, SingleObjectMixin, FormView):
    """The filled-in spreadsheet comes back. It is kept as a draft, to be looked at and sent."""

    has_object_permission = staticmethod(can_answer_report)
    template_name = "indicators/report_upload.html"
    form_class = SheetForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.object = self.get_object()
        return super().get_context_data(**kwargs)

    def form_valid(self, form: SheetForm) -> HttpResponse:
        report = self.get_object()
        assert isinstance(report, Report)
        cells = reports.cells_of_request(report.request)
        try:
            answers = read_sheet(form.cleaned_data["file"], report, cells, replace=form.cleaned_data["replace"])
            reports.save_report(report=report, answers=answers, version=report.version, by=self.person)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, _("The spreadsheet has been read. Check the figures, and send the report."))
        return redirect("indicators:report_answer", report.pk)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.get_object()  # Who may not is turned away before the file is looked at.
        return super().post(request, *args, **kwargs)


class ReportStepView(ReportMixin, SingleObjectMixin, View):
    """A decision, by POST only."""

    has_object_permission = staticmethod(can_review_report)
    http_method_names = ["post"]
    done = ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        report = self.get_object()
        assert isinstance(report, Report)
        try:
            self.decide(report, request.POST.get("note", "")[:2000])
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, self.done)
        return redirect(report)

    def decide(self, report: Report, note: str) -> None:
        raise NotImplementedError


class ReportApproveView(ReportStepView):
    def decide(self, report: Report, note: str) -> None:
        reports.approve_report(report=report, note=note, by=self.person)
        self.done = _("Approved. The figures now count and will be public with the next release.")


class ReportReturnView(ReportStepView):
    def decide(self, report: Report, note: str) -> None:
        reports.return_report(report=report, note=note, by=self.person)
        self.done = _("Returned with your note. The organisation has been told by e-mail.")


class RequestWithdrawView(VisibleObjectMixin, SingleObjectMixin, View):
    """Nobody needs to answer any more."""

    has_page_permission = staticmethod(can_ask_for_reports)
    has_object_permission = staticmethod(can_withdraw_request)
    model = ReportRequest
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = self.get_object()
        assert isinstance(asked, ReportRequest)
        reports.withdraw_request(request=asked, by=self.person)
        messages.success(request, _("Withdrawn. Those who had not answered have been told by e-mail."))
        return redirect("indicators:report_list")
