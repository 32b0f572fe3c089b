"""How a verification goes on: renewed by its people, suspended or withdrawn by a reviewer, appealed against to another."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, ListView, TemplateView

from orgs.forms import sent
from orgs.mixins import ActionMixin, OfOrganisation, PagedMixin, VisibleObjectMixin
from orgs.models import Measure, Organisation
from orgs.permissions import (
    Person,
    can_appeal,
    can_decide_appeal,
    can_edit_organisation,
    can_lift_measure,
    can_take_measure,
    is_administrator,
    is_reviewer_or_administrator,
    judges_of,
)
from orgs.review_queues import appeals
from orgs.standing import measures, renewals
from orgs.standing.forms import AppealDecisionForm, AppealForm, MeasureForm


class RenewView(OfOrganisation, TemplateView):
    """Still right? One press, and it holds on."""

    template_name = "orgs/organisation_renew.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_edit_organisation(user, organisation)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        try:
            return redirect(sent.act_once(request, self.renewed))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(self.organisation)

    def renewed(self) -> str:
        renewed = renewals.renew(organisation=self.organisation, by=self.person)
        if renewals.is_with_reviewers(renewed):
            said = (
                _("A reviewer has to look at all of it first. It stays lapsed until then.")
                if renewed.has_lapsed
                else _("A reviewer looks at all of it this time. Meanwhile it holds until %(date)s.")
                % {"date": date_format(renewed.holds_until or timezone.localdate(), "DATE_FORMAT")}
            )
            messages.success(self.request, said)
        else:
            messages.success(self.request, _("Renewed. Thank you for keeping the registry true."))
        return renewed.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            can_be_renewed=renewals.can_be_renewed(self.organisation),
            is_with_reviewers=renewals.is_with_reviewers(self.organisation),
            **kwargs,
        )


class MeasureCreateView(OfOrganisation, ActionMixin, FormView):
    form_class = MeasureForm
    template_name = "orgs/measure_form.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_take_measure(user, organisation)

    def perform(self, form: MeasureForm) -> Measure:
        return measures.take_measure(organisation=self.organisation, **form.cleaned_data, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Done. Those who lead the organisation get your reasons by e-mail."))
        return str(self.object.get_absolute_url())


class OfMeasure(OfOrganisation):
    measure: Measure

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        visible = self.organisation.measures.visible_to(self.person)
        self.measure = get_object_or_404(
            visible.select_related("organisation", "decided_by", "appealed_by", "appeal_decided_by", "lifted_by"),
            pk=kwargs["pk"],
        )

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return True  # What is visible is theirs to read; who may act, each page asks.

    def permit(self, is_allowed: bool) -> None:
        if not is_allowed:
            raise PermissionDenied

    def get_success_url(self) -> str:
        return self.measure.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(measure=self.measure, **kwargs)


class MeasureDetailView(OfMeasure, TemplateView):
    template_name = "orgs/measure_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        measure, user = self.measure, self.request.user
        is_in_force = measure.lifted_at is None
        is_undecided = measure.appealed_at is not None and measure.appeal_decided_at is None
        return super().get_context_data(
            can_appeal=is_in_force and measure.appealed_at is None and can_appeal(user, measure),
            can_decide=is_in_force and is_undecided and can_decide_appeal(user, measure),
            is_of_nobody=is_in_force and is_undecided and is_administrator(user) and not judges_of(measure).exists(),
            can_lift=is_in_force and not is_undecided and can_lift_measure(user, measure),
            **kwargs,
        )


class AppealCreateView(OfMeasure, ActionMixin, FormView):
    form_class = AppealForm
    template_name = "orgs/appeal_form.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.permit(can_appeal(request.user, self.measure))

    def perform(self, form: AppealForm) -> Measure:
        return measures.appeal(measure=self.measure, text=form.cleaned_data["appeal"], by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Another reviewer decides. You will get an e-mail."))
        return super().get_success_url()


class AppealDecideView(OfMeasure, ActionMixin, FormView):
    form_class = AppealDecisionForm
    template_name = "orgs/appeal_decide.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.permit(can_decide_appeal(request.user, self.measure))

    def perform(self, form: AppealDecisionForm) -> Measure:
        told = form.cleaned_data
        return measures.decide_appeal(
            measure=self.measure, is_lifted=told["outcome"], reasons=told["reasons"], by=self.person
        )

    def get_success_url(self) -> str:
        messages.success(self.request, _("Decided. The organisation gets your reasons by e-mail."))
        return super().get_success_url()


class MeasureLiftView(OfMeasure):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        measures.lift_measure(measure=self.measure, by=self.person)
        messages.success(request, _("The measure has been lifted."))
        return redirect(self.get_success_url())


class AppealQueueView(VisibleObjectMixin, PagedMixin, ListView):
    """Appeals that the reader may decide, the oldest first."""

    model = Measure
    template_name = "orgs/appeal_queue.html"
    context_object_name = "measures"
    has_page_permission = staticmethod(is_reviewer_or_administrator)

    def get_queryset(self) -> QuerySet[Measure]:
        return appeals().seen_by(self.person).select_related("organisation__territory__parent__parent__parent")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stuck = Measure.objects.without_judge() if is_administrator(self.person) else Measure.objects.none()
        return super().get_context_data(of_nobody=set(stuck.values_list("pk", flat=True)), **kwargs)
