from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise, cached_property
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
from partnerships.engagement import levels
from partnerships.engagement.evidence import (
    AnyRecord,
    Roles,
    counting,
    criteria_of,
    date_of,
    evidence_of,
    facts_of,
    key_of,
    ladder_of,
    measure_of,
    period_of,
    pieces_of,
    records_of,
)
from partnerships.engagement.levels import Derivations, Shortfall
from partnerships.models import (
    Assessment,
    Contribution,
    Criterion,
    Document,
    Evidence,
    Experience,
    Level,
    PartnershipParty,
)
from partnerships.permissions import can_edit_assessment, can_edit_partnership, can_give_experience
from partnerships.vocabulary import OBSTACLE_WORDS, AssessmentState, PartyAnswer, Stage


@dataclass(frozen=True)
class Option:
    """A record of the partnership that can stand for a criterion, or nearly."""

    value: str
    record: AnyRecord
    kind: str
    date: Any
    stage: str
    url: str
    evidence: Evidence | None
    edit_url: str
    hindrance: str | Promise = ""
    """What would have to be mended before it can."""

    @property
    def is_refused(self) -> bool:
        """A reviewer did not accept it."""
        return self.evidence is not None and self.evidence.is_accepted is False


@dataclass(frozen=True)
class CriterionRow:
    criterion: Criterion
    options: list[Option]
    near: list[Option]
    is_met: bool
    counts_stages: bool

    @property
    def chosen(self) -> list[Option]:
        return [option for option in self.options if option.evidence]

    @property
    def is_refused(self) -> bool:
        """Something was put forward, and none of it was accepted."""
        return bool(self.chosen) and all(option.is_refused for option in self.chosen)


@dataclass(frozen=True)
class StageStanding:
    label: str | Promise
    level: Level | None
    missing: list[Criterion]
    is_empty: bool


@dataclass(frozen=True)
class Standing:
    """The level that follows from the evidence, in objects that a template can name."""

    level: Level | None
    missing: list[Criterion]
    stages: list[StageStanding]


class Sheet:
    """An assessment laid out by criterion, with every record that can serve it."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self.roles = Roles.of(assessment.partnership)
        self.criteria = criteria_of(assessment.scale)
        self.ladder = ladder_of(assessment.scale, self.criteria)
        self.levels = {level.code: level for level in Level.objects.filter(scale=assessment.scale)}

    @cached_property
    def evidence(self) -> list[Evidence]:
        return evidence_of(self.assessment)

    @cached_property
    def records(self) -> list[AnyRecord]:
        return records_of(self.assessment.partnership)

    def findings(self, evidence: list[Evidence]) -> Derivations:
        return levels.derive(self.ladder, pieces_of(evidence, self.roles), period_of(self.assessment))

    def standing(self, evidence: list[Evidence]) -> Standing:
        findings = self.findings(evidence)
        by_code = {criterion.code: criterion for criterion in self.criteria}
        stages = [
            StageStanding(
                label=Stage(stage).label,
                level=self.levels.get(finding.level or ""),
                missing=[by_code[code] for code in finding.missing],
                is_empty=finding.is_empty,
            )
            for stage, finding in findings.stages.items()
        ]
        overall = findings.overall
        missing = [by_code[code] for code in overall.missing]
        return Standing(self.levels.get(overall.level or ""), missing, stages)

    def rows(self) -> list[CriterionRow]:
        met = self.findings(counting(self.evidence)).overall.met
        standing_for = {(piece.criterion_id, key_of(piece.record)): piece for piece in self.evidence}
        rows = []
        for criterion in self.criteria:
            options, near = [], []
            for record in self.records:
                option, is_able = self.option(criterion, record, standing_for.get((criterion.pk, key_of(record))))
                if is_able:
                    options.append(option)
                elif option.hindrance:
                    near.append(option)
            rule = measure_of(criterion).rule
            rows.append(CriterionRow(criterion, options, near, criterion.code in met, rule.stages > 1))
        return rows

    def option(self, criterion: Criterion, record: AnyRecord, evidence: Evidence | None) -> tuple[Option, bool]:
        found = levels.obstacle(measure_of(criterion), facts_of(record, self.roles), period_of(self.assessment))
        # Of another kind or another time is no near miss, only another record.
        is_near = found not in (None, Shortfall.KIND, Shortfall.PERIOD)
        return Option(
            value=f"{criterion.pk}:{key_of(record)}",
            record=record,
            kind=record.get_kind_display(),
            date=date_of(record),
            stage="" if isinstance(record, Contribution) else record.get_stage_display(),
            url=record.get_absolute_url() if isinstance(record, Document) else "",
            evidence=evidence,
            edit_url=reverse(
                "partnerships:record_edit",
                args=[self.assessment.partnership.reference, record._meta.model_name, record.pk],
            ),
            hindrance=OBSTACLE_WORDS[found.value] if found is not None and is_near else "",
        ), found is None


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
    """The claim and its evidence. For the authority while it is theirs: the desk on which it is made, ending in the
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
                "Submitted. A reviewer who is no party to it checks the evidence, and both sides get the decision by mail."
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
    """Takes the ticks of the desk. With htmx it answers with the level that follows; else it comes back to the desk.

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
                raise ValidationError(_("That record is not there any more. Load the page again."))
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
        messages.success(self.request, _("The draft is discarded."))
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
        messages.success(self.request, _("Thank you. Your view is kept."))
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
