from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import CreateView, FormView, View

from orgs.mixins import ActionMixin, VisibleObjectMixin
from partnerships.agreements.within import WithinPartnershipMixin
from partnerships.assessments.actions import (
    begin_assessment,
    discard_assessment,
    put_forward_evidence,
    submit_assessment,
    withdraw_evidence,
)
from partnerships.assessments.experience import give_experience
from partnerships.assessments.forms import ClaimForm, ExperienceForm, PeriodForm
from partnerships.assessments.sheet import Sheet
from partnerships.engagement.evidence import (
    counting,
    key_of,
)
from partnerships.models import (
    Assessment,
    Experience,
    PartnershipParty,
)
from partnerships.permissions import can_edit_assessment, can_edit_partnership, can_give_experience
from partnerships.vocabulary import AssessmentState, PartyAnswer


class AssessmentCreateView(ActionMixin, WithinPartnershipMixin, CreateView):
    model = Assessment
    form_class = PeriodForm
    template_name = "partnerships/assessment_create.html"
    has_object_permission = staticmethod(can_edit_partnership)
    object: Assessment

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "partnership": self.partnership}

    def perform(self, form: PeriodForm) -> Assessment:
        return begin_assessment(partnership=self.partnership, by=self.person, **form.cleaned_data)

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()


class AssessmentMixin(VisibleObjectMixin):
    """For the pages of one assessment."""

    assessment: Assessment

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.assessment = get_object_or_404(self.assessments(), pk=kwargs["pk"])
        has_object_permission = type(self).has_object_permission
        if has_object_permission is not None and not has_object_permission(request.user, self.assessment):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def assessments(self) -> QuerySet[Assessment]:
        return Assessment.objects.visible_to(self.request.user).select_related(
            "scale", "claimed", "promised", "confirmed", "partnership__territory", "partnership__promised"
        )

    @cached_property
    def sheet(self) -> Sheet:
        return Sheet(self.assessment)


class AssessmentDetailView(ActionMixin, AssessmentMixin, FormView):
    """The claim and its evidence. For the authority while it is theirs: the form on which it is made, ending in the
    claim.
    """

    form_class = ClaimForm
    template_name = "partnerships/assessment_detail.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not can_edit_assessment(self.request.user, self.assessment):
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    @cached_property
    def may_work(self) -> bool:
        is_theirs = self.assessment.state in (AssessmentState.DRAFT, AssessmentState.RETURNED)
        return is_theirs and can_edit_assessment(self.request.user, self.assessment)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "assessment": self.assessment}

    def perform(self, form: ClaimForm) -> Assessment:
        submitted = submit_assessment(
            assessment=self.assessment,
            claimed=form.cleaned_data["claimed"],
            stage_levels=form.stage_levels(),
            statement=form.cleaned_data["statement"],
            by=self.person,
        )
        messages.success(
            self.request,
            _(
                "Submitted. A reviewer who is not a party checks the evidence, and both sides get the decision by e-mail."
            ),
        )
        return submitted

    def get_success_url(self) -> str:
        return self.assessment.partnership.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            assessment=self.assessment,
            partnership=self.assessment.partnership,
            may_work=self.may_work,
            may_discard=self.may_work and self.assessment.state == AssessmentState.DRAFT,
            rows=self.sheet.rows(),
            standing=self.sheet.standing(counting(self.sheet.evidence)),
            stage_levels=self.assessment.stage_levels.select_related("claimed", "confirmed"),
            decisions=self.assessment.decisions.select_related("level"),
            **kwargs,
        )


class AssessmentEvidenceView(AssessmentMixin, View):
    """Takes the ticks of the form. With htmx it answers with the level that follows; else it comes back to the form.

    What a reviewer did not accept is not ticked, and stays in sight with the reason until another record replaces it. A tick puts it
    forward anew.
    """

    has_object_permission = staticmethod(can_edit_assessment)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            self.store(set(request.POST.getlist("evidence")))
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(self.request, message)
        sheet = Sheet(self.assessment)
        if self.request.headers.get("HX-Request"):
            context = {
                "assessment": self.assessment,
                "standing": sheet.standing(counting(sheet.evidence)),
                "saved": True,
            }
            return render(request, "partnerships/_assessment_standing.html", context)
        return HttpResponseRedirect(f"{self.assessment.get_absolute_url()}#claim")

    @transaction.atomic
    def store(self, wanted: set[str]) -> None:
        sheet = self.sheet
        standing_for = {f"{piece.criterion_id}:{key_of(piece.record)}": piece for piece in sheet.evidence}
        refused = {value for value, piece in standing_for.items() if piece.is_accepted is False}
        replaced = {value.partition(":")[0] for value in wanted - refused}
        for value, piece in standing_for.items():
            if value not in wanted and (value not in refused or str(piece.criterion_id) in replaced):
                withdraw_evidence(evidence=piece, by=self.person)
        records = {key_of(record): record for record in sheet.records}
        criteria = {str(criterion.pk): criterion for criterion in sheet.criteria}
        for value in wanted - (standing_for.keys() - refused):
            criterion, _colon, key = value.partition(":")
            if criterion not in criteria or key not in records:
                raise ValidationError(_("That record no longer exists. Reload the page."))
            put_forward_evidence(
                assessment=self.assessment, criterion=criteria[criterion], record=records[key], by=self.person
            )


class AssessmentDiscardView(AssessmentMixin, View):
    has_object_permission = staticmethod(can_edit_assessment)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            discard_assessment(assessment=self.assessment, by=self.person)
        except ValidationError as refusal:
            messages.error(self.request, " ".join(refusal.messages))
            return HttpResponseRedirect(self.assessment.get_absolute_url())
        messages.success(self.request, _("The draft has been discarded."))
        return HttpResponseRedirect(self.assessment.partnership.get_absolute_url())


class ExperienceUpdateView(ActionMixin, VisibleObjectMixin, FormView):
    """The partner's own view. The page knows the period and nothing of the claim."""

    form_class = ExperienceForm
    template_name = "partnerships/experience_form.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mine = PartnershipParty.objects.of_members(request.user).partners().filter(answer=PartyAnswer.CONFIRMED)
        self.party = get_object_or_404(
            mine.select_related("organisation"),
            organisation__slug=kwargs["organisation"],
            partnership__assessments=kwargs["pk"],
        )
        self.assessment = get_object_or_404(Assessment.objects.select_related("scale", "partnership"), pk=kwargs["pk"])
        if not can_give_experience(request.user, self.party):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.assessment.state == AssessmentState.CONFIRMED:
            messages.info(request, _("The level of this period has been confirmed. Views are closed."))
            return HttpResponseRedirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "assessment": self.assessment, "party": self.party}

    def perform(self, form: ExperienceForm) -> Experience:
        given = give_experience(
            assessment=self.assessment,
            party=self.party,
            level=form.cleaned_data["level"],
            stage_levels=form.stage_levels(),
            comment=form.cleaned_data["comment"],
            by=self.person,
        )
        messages.success(self.request, _("Thank you. Your view has been saved."))
        return given

    def get_success_url(self) -> str:
        return self.assessment.partnership.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            assessment=self.assessment,
            partnership=self.assessment.partnership,
            party=self.party,
            is_hidden=self.assessment.state == AssessmentState.DRAFT,
            **kwargs,
        )
