from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import FormView, ListView

from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import VerificationRules
from orgs.permissions import is_administrator, is_reviewer_or_administrator
from partnerships.assessments.forms import ReviewForm
from partnerships.assessments.review import decide_assessment
from partnerships.assessments.views import AssessmentMixin
from partnerships.engagement.evidence import counting, key_of
from partnerships.models import Assessment, AssessmentDecision, Criterion, Evidence, Experience
from partnerships.permissions import can_review_assessment
from partnerships.review_queues import engagement_levels
from partnerships.vocabulary import AssessmentState


class AssessmentQueueView(VisibleObjectMixin, PagedMixin, ListView):
    """Claims that wait for the reviewer, the oldest first; to administrators all of them. None of one's own."""

    model = Assessment
    has_page_permission = staticmethod(is_reviewer_or_administrator)
    template_name = "partnerships/assessment_queue.html"
    context_object_name = "assessments"

    def get_queryset(self) -> QuerySet[Assessment]:
        decided = Assessment.objects.reviewable_by(self.person).filter(pk=OuterRef("pk"))
        return (
            engagement_levels()
            .seen_by(self.person)
            .annotate(is_reviewed=Exists(decided))
            .select_related("claimed", "partnership__territory")
            .prefetch_related("partnership__parties__organisation", "decisions")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        now, overdue = timezone.now(), VerificationRules.objects.current().days_until_overdue
        context["sees_all"] = is_administrator(self.person)
        context["lines"] = [
            {
                "assessment": one,
                "url": reverse("partnerships:assessment_review", args=[one.pk])
                if one.is_reviewed
                else one.get_absolute_url(),
                "days": (now - one.submitted_at).days,
                "is_overdue": (now - one.submitted_at).days >= overdue,
                "is_again": bool(one.decisions.all()),
            }
            for one in context["assessments"]
            if one.submitted_at is not None
        ]
        return context


@dataclass(frozen=True)
class Changes:
    """What is different since the last decision."""

    added: list[Evidence]
    withdrawn: list[str]


def changes_since(decision: AssessmentDecision, evidence: list[Evidence]) -> Changes:
    """New pieces have come after the decision; pieces taken back live on in the audit trail alone."""
    added = [piece for piece in evidence if piece.put_forward_at > decision.decided_at]
    event_model = apps.get_model("partnerships", "EvidenceEvent")
    current = {piece.pk for piece in evidence}
    gone = (
        event_model.objects.filter(assessment_id=decision.assessment_id, pgh_created_at__lte=decision.decided_at)
        .exclude(pgh_obj_id__in=current)
        .select_related("criterion", "activity", "contribution", "document")
        .order_by("pgh_obj_id", "pgh_id")
        .distinct("pgh_obj_id")
    )
    return Changes(added, [f"{row.criterion.code}: {row.activity or row.contribution or row.document}" for row in gone])


class AssessmentReviewView(ActionMixin, AssessmentMixin, FormView):
    """Claim, criteria and evidence side by side; a verdict on each piece; the level that follows; the decision with
    reasons.
    """

    form_class = ReviewForm
    template_name = "partnerships/assessment_review.html"
    has_object_permission = staticmethod(can_review_assessment)

    def assessments(self) -> QuerySet[Assessment]:
        return super().assessments().filter(pk__in=Assessment.objects.reviewable_by(self.request.user).values("pk"))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "evidence": self.sheet.evidence}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.assessment.state != AssessmentState.SUBMITTED:
            raise PermissionDenied
        form = self.get_form()
        if request.headers.get("HX-Request"):
            context = {"standing": self.sheet.standing(form.accepted()), "assessment": self.assessment}
            return render(request, "partnerships/_review_standing.html", context)
        if "preview" in request.POST:
            # Without scripts: the same page with the level worked out, and no complaint about what is not filled in yet.
            unbound = ReviewForm(initial=request.POST.dict(), evidence=self.sheet.evidence)
            return self.render_to_response(self.get_context_data(form=unbound))
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    def perform(self, form: ReviewForm) -> AssessmentDecision:
        decision = decide_assessment(
            assessment=self.assessment,
            verdicts=form.verdicts(),
            outcome=form.cleaned_data["outcome"],
            reasons=form.cleaned_data["reasons"],
            by=self.person,
        )
        if decision.outcome == AssessmentDecision.Outcome.CONFIRMED:
            messages.success(
                self.request, _("Confirmed: %(level)s. Both sides have been told.") % {"level": decision.level}
            )
        else:
            messages.success(self.request, _("Returned with your reasons. Both sides have been told."))
        return decision

    def get_success_url(self) -> str:
        return reverse("partnerships:assessment_queue")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        form: ReviewForm = context["form"]
        decisions = list(self.assessment.decisions.select_related("level", "decided_by"))
        experiences = Experience.objects.visible_to(self.request.user).filter(assessment=self.assessment)
        return context | {
            "assessment": self.assessment,
            "partnership": self.assessment.partnership,
            "is_waiting": self.assessment.state == AssessmentState.SUBMITTED,
            "groups": self.groups(form),
            "standing": self.sheet.standing(form.accepted()),
            "claimed_standing": self.sheet.standing(counting(self.sheet.evidence)),
            "stage_levels": self.assessment.stage_levels.select_related("claimed", "confirmed"),
            "experiences": experiences.select_related("party__organisation", "level").prefetch_related(
                "stage_levels__level"
            ),
            "decisions": decisions,
            "changes": changes_since(decisions[0], self.sheet.evidence) if decisions else None,
        }

    def groups(self, form: ReviewForm) -> list[tuple[Criterion, list[Any]]]:
        """The rows of the form under their criteria, with the facts of each record beside."""
        options = {
            (row.criterion.pk, key_of(option.record)): option for row in self.sheet.rows() for option in row.options
        }
        rows = form.rows()
        return [
            (
                criterion,
                [
                    (row, options.get((criterion.pk, key_of(row.evidence.record))))
                    for row in rows
                    if row.evidence.criterion_id == criterion.pk
                ],
            )
            for criterion in self.sheet.criteria
        ]
