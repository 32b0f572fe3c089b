"""Reviewers verify organisations."""

from copy import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, ListView
from django.views.generic.detail import SingleObjectMixin

from orgs.drawing.own_words import full_name, own_words
from orgs.languages import country_name, language_label
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import (
    Affiliation,
    Capacity,
    Membership,
    Organisation,
    ProposedChange,
    Territory,
    Verification,
    VerificationAnswer,
    VerificationRules,
    are_enough,
)
from orgs.permissions import (
    can_review_change,
    can_review_verification,
    is_reviewer_or_administrator,
)
from orgs.review_queues import changes, queues
from orgs.templatetags.registry import affiliation_mark
from orgs.verification import actions as verification_actions
from orgs.verification import proposals
from orgs.verification.differences import differences, fact_label, fact_words, profile_differences, readable
from orgs.verification.duplicates import possible_duplicates
from orgs.verification.forms import ChangeDecisionForm, ReviewForm
from orgs.verification.profiles import profile_of
from orgs.vocabulary import CapacitySide, VerificationCriterion


class ReviewQueueView(VisibleObjectMixin, PagedMixin, ListView):
    """What waits, oldest first. One's own organisations are not in it."""

    model = Verification
    template_name = "orgs/review_queue.html"
    paginate_by = 30
    has_page_permission = staticmethod(is_reviewer_or_administrator)

    def get_queryset(self) -> QuerySet[Verification]:
        user = self.request.user
        mine = Verification.objects.all() if user.is_staff else Verification.objects.reviewable_by(user)
        return (
            mine.waiting()
            .annotate(is_led=Exists(Membership.objects.leading().filter(organisation=OuterRef("organisation"))))
            .select_related("organisation__territory__parent__parent__parent")
            .order_by("submitted_at", "pk")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        now, overdue = timezone.now(), VerificationRules.objects.current().days_until_overdue
        context["cards"] = [
            {
                "verification": verification,
                "days": (now - verification.submitted_at).days,
                "is_overdue": (now - verification.submitted_at).days >= overdue,
                "status": standing_of(verification),
            }
            for verification in context["page_obj"]
        ]
        context["queues"] = [
            {"label": queue.label, "icon": queue.icon, "url": reverse(queue.url_name), "count": count}
            for queue in queues()[1:]
            if (count := queue.seen_by(self.person).count())
        ]
        return context


def standing_of(verification: Any) -> Any:
    """Of one with `is_led`."""
    if not verification.organisation.tier:
        return _("not yet published")
    return _("verified, to be looked at again") if verification.is_led else _("verified, but nobody acts for it")


class ReviewView(VisibleObjectMixin, ActionMixin, SingleObjectMixin, FormView):
    """What the organisation says, beside what has to be answered. The decision, once made, is shown in its place."""

    model = Verification
    form_class = ReviewForm
    template_name = "orgs/verification_review.html"
    has_page_permission = staticmethod(is_reviewer_or_administrator)

    def get_queryset(self) -> QuerySet[Verification]:
        user = self.request.user
        mine = Verification.objects.all() if user.is_staff else Verification.objects.reviewable_by(user)
        return mine.select_related("organisation__territory__parent__parent__parent", "reviewer").prefetch_related(
            "answers", "organisation__domains", Prefetch("organisation__works_in", Territory.objects.with_path())
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        if not can_review_verification(request.user, self.object):
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        rules = VerificationRules.objects.current()
        return {**super().get_form_kwargs(), "rules": rules, "organisation": self.object.organisation}

    def perform(self, form: ReviewForm) -> Verification:
        decided = verification_actions.decide_verification(
            verification=self.object,
            outcome=form.cleaned_data["outcome"],
            answers=form.answers(),
            reasons=form.cleaned_data["reasons"],
            by=self.person,
        )
        if decided.state == Verification.State.VERIFIED:
            messages.success(
                self.request,
                _("%(name)s is verified: %(tier)s.")
                % {"name": decided.organisation, "tier": decided.get_tier_display()},
            )
        else:
            messages.success(self.request, _("%(name)s has been sent back.") % {"name": decided.organisation})
        return decided

    def get_success_url(self) -> str:
        return reverse("orgs:review_queue")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        verification: Verification = self.object
        organisation = verification.organisation
        earlier = organisation.verifications.exclude(pk=verification.pk).exclude(state=Verification.State.SUBMITTED)
        last = earlier.select_related("reviewer").prefetch_related("answers").order_by("-decided_at").first()
        return super().get_context_data(
            organisation=organisation,
            said=what_it_says(organisation),
            contact=organisation.contacts.standing().first(),
            services=organisation.services.select_related("domain", "type", "organisation"),
            opportunities=organisation.volunteer_opportunities.select_related("territory", "organisation__territory"),
            **needs_and_offers(organisation),
            duplicates=possible_duplicates(organisation, by=self.person),
            **vouchings_of(organisation),
            last=last,
            last_answers=last and answered(last.answers.all()),
            changes=last and profile_differences([(last.profile, profile_of(organisation))])[0],
            proposed_change=organisation.proposed_changes.open().first(),
            answers=answered(verification.answers.all()),
            can_decide=can_review_verification(self.request.user, verification)
            and verification.state == Verification.State.SUBMITTED
            and not organisation.is_under_measure,
            measure=organisation.measures.in_force().first() if organisation.is_under_measure else None,
            **kwargs,
        )


class ChangeQueueView(VisibleObjectMixin, PagedMixin, ListView):
    """What verified organisations want to be called, or where to be found, from now on: the oldest first."""

    model = ProposedChange
    template_name = "orgs/change_queue.html"
    paginate_by = 30
    has_page_permission = staticmethod(is_reviewer_or_administrator)

    def get_queryset(self) -> QuerySet[ProposedChange]:
        return changes().seen_by(self.person).select_related("organisation__territory__parent__parent__parent")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        now, overdue = timezone.now(), VerificationRules.objects.current().days_until_overdue
        context["cards"] = [
            {
                "change": change,
                "days": (now - change.proposed_at).days,
                "is_overdue": (now - change.proposed_at).days >= overdue,
                "facts": capfirst(", ".join(str(fact_label(fact)) for fact in change.facts)),
            }
            for change in context["page_obj"]
        ]
        return context


class ChangeReviewView(VisibleObjectMixin, ActionMixin, SingleObjectMixin, FormView):
    """The difference alone, and the decision."""

    model = ProposedChange
    form_class = ChangeDecisionForm
    template_name = "orgs/change_review.html"
    has_page_permission = staticmethod(is_reviewer_or_administrator)

    def get_queryset(self) -> QuerySet[ProposedChange]:
        return super().get_queryset().select_related("organisation__territory", "proposed_by", "reviewer")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        if not can_review_change(request.user, self.object):
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    def perform(self, form: ChangeDecisionForm) -> ProposedChange:
        change = proposals.decide_change(
            change=self.object,
            outcome=form.cleaned_data["outcome"],
            reasons=form.cleaned_data["reasons"],
            by=self.person,
        )
        said = (
            _("The change of %(name)s is accepted.")
            if change.state == ProposedChange.State.ACCEPTED
            else _("The change of %(name)s has been sent back.")
        )
        messages.success(self.request, said % {"name": self.object.organisation})
        return change

    def get_success_url(self) -> str:
        return reverse("orgs:change_queue")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        change: ProposedChange = self.object
        as_wanted = copy(change.organisation)
        for fact, value in change.wanted.items():
            setattr(as_wanted, fact, value)
        return super().get_context_data(
            change=change,
            organisation=change.organisation,
            differences=differences(change),
            duplicates=possible_duplicates(as_wanted, by=self.person)
            if change.state == ProposedChange.State.OPEN
            else [],
            can_decide=change.state == ProposedChange.State.OPEN and can_review_change(self.request.user, change),
            **kwargs,
        )


def needs_and_offers(organisation: Organisation) -> dict[str, list[Capacity]]:
    capacities = list(organisation.capacities.standing().select_related("territory"))
    return {
        "needs": [capacity for capacity in capacities if capacity.side == CapacitySide.NEED],
        "offers": [capacity for capacity in capacities if capacity.side == CapacitySide.OFFER],
    }


def vouchings_of(organisation: Organisation) -> dict[str, Any]:
    """Who vouches or did, which of them count today, and whether these are enough in place of papers."""
    vouchings = list(organisation.vouchings.exclude(given_at=None).select_related("voucher", "given_by").order_by("pk"))
    counting = {row.pk for row in organisation.vouchings.counting()} if vouchings else set()
    return {
        "vouchings": vouchings,
        "counting": counting,
        "vouchings_are_enough": are_enough([row for row in vouchings if row.pk in counting]),
    }


def what_it_says(organisation: Organisation) -> list[tuple[Any, Any]]:
    return [
        (_("Name"), own_words(organisation.name)),
        (fact_label("acronym"), own_words(organisation.acronym)),
        (_("Kind"), capfirst(organisation.get_kind_display())),
        (_("Since"), organisation.founded_year),
        (fact_label("names"), readable(organisation.names)),
        (fact_label("identifiers"), fact_words("identifiers", organisation.identifiers)),
        (fact_label("legal_form"), own_words(organisation.legal_form)),
        (fact_label("marks"), ", ".join(str(mark) for mark in organisation.mark_labels)),
        (fact_label("works_as"), ", ".join(str(work) for work in organisation.work_labels)),
        (fact_label("size"), organisation.get_size_display()),
        (fact_label("budget"), organisation.get_budget_display()),
        *((fact_label(fact), belongs_to(organisation, kind)) for kind, fact in Affiliation.FACTS.items()),
        (_("Based in"), organisation.territory.label),
        (_("Works in"), " · ".join(place.label for place in organisation.works_in.all())),
        (_("Domains"), " · ".join(str(field) for field in organisation.fields_of_work.all())),
        (_("Languages"), ", ".join(language_label(code) for code in organisation.languages)),
        (_("Communities of origin"), ", ".join(country_name(code) for code in organisation.communities)),
        (_("What it does"), own_words(organisation.description, organisation.written_in)),
        (_("Website"), organisation.website),
        (fact_label("public_email"), organisation.public_email),
        (fact_label("public_phone"), organisation.public_phone),
        (fact_label("address"), own_words(organisation.address)),
    ]


def belongs_to(organisation: Organisation, kind: str) -> str:
    """With what a reviewer has to know: whether the other side has confirmed it."""
    live = organisation.affiliations.live().filter(kind=kind).marked().select_related("parent")
    return format_html_join(
        ", ",
        "{}{}",
        (
            (full_name(one.parent), format_html(" ({})", affiliation_mark(one)) if affiliation_mark(one) else "")
            for one in live.order_by("parent__name_folded", "pk")
        ),
    )


def answered(answers: Any) -> list[dict[str, Any]]:
    """In the order of the list; a question that the portal no longer knows comes last, by its code."""
    order = {code: number for number, code in enumerate(VerificationCriterion.values)}
    rows: list[VerificationAnswer] = sorted(answers, key=lambda answer: order.get(answer.question, len(order)))
    return [
        {
            "text": VerificationCriterion(answer.question).label if answer.question in order else answer.question,
            "is_met": answer.is_met,
            "comment": answer.comment,
        }
        for answer in rows
    ]
