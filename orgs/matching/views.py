"""Needs and offers of all organisations in public, and for each of them those that meet its own."""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import CreateView, FormView, TemplateView, UpdateView
from django_filters.views import FilterView

from orgs.matching import actions as matching
from orgs.matching import capacities
from orgs.matching.filters import CapacityFilter
from orgs.matching.forms import AnswerMatchForm, AskForm, CapacityForm
from orgs.matching.suggestions import counterparts, suggestions_for
from orgs.mixins import ActionMixin, OfOrganisation, PagedMixin
from orgs.models import Capacity, CapacityMatch, Organisation

SIDES = ("need__organisation", "offer__organisation", "asked_by", "asker")


@method_decorator(login_not_required, name="dispatch")
class CapacitySearchView(PagedMixin, FilterView):
    """What verified organisations need, and what they offer to each other."""

    filterset_class = CapacityFilter
    template_name = "orgs/capacity_search.html"
    strict = True

    def get_queryset(self) -> QuerySet[Capacity]:
        return (
            Capacity.objects.current()
            .filter(organisation__in=Organisation.objects.verified().values("pk"))
            .select_related("organisation__territory__parent__parent__parent", "territory__parent__parent__parent")
            .order_by("kind", "side", "organisation__name_folded", "pk")
        )


class OfCapacities(OfOrganisation, ActionMixin):
    """The form for one of its needs or offers."""

    def get_queryset(self) -> QuerySet[Capacity]:
        return self.organisation.capacities.standing().select_related("territory__parent")

    def perform(self, form: CapacityForm) -> Capacity:
        return capacities.save_capacity(capacity=form.instance, by=self.person)

    def get_success_url(self) -> str:
        return reverse("orgs:capacity_list", args=[self.organisation.slug])


class CapacityListView(OfCapacities, CreateView):
    """What the organisation needs and offers, and a form to say one more."""

    model = Capacity
    form_class = CapacityForm
    template_name = "orgs/capacity_list.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": Capacity(organisation=self.organisation)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(capacities=self.get_queryset(), **kwargs)


class CapacityUpdateView(OfCapacities, UpdateView):
    model = Capacity
    form_class = CapacityForm
    template_name = "orgs/capacity_form.html"


class CapacityDeleteView(OfOrganisation):
    """Without a question: saying it again takes one press."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        capacity = get_object_or_404(self.organisation.capacities.standing(), pk=pk)
        try:
            capacities.remove_capacity(capacity=capacity, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect("orgs:capacity_list", slug)


class MatchListView(OfOrganisation, TemplateView):
    """What meets its own needs and offers, and what became of those that somebody asked for."""

    template_name = "orgs/match_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        matches = CapacityMatch.objects.of(self.organisation).select_related(*SIDES)
        return super().get_context_data(
            suggestions=suggestions_for(self.organisation),
            matches=[(match, match.other_than(self.organisation)) for match in matches],
            **kwargs,
        )


class MatchCreateView(OfOrganisation, ActionMixin, FormView):
    form_class = AskForm
    template_name = "orgs/match_form.html"
    own: Capacity
    other: Capacity

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        own = self.organisation.capacities.current().select_related("organisation__territory", "territory")
        self.own = get_object_or_404(own, pk=kwargs["own"])
        self.other = get_object_or_404(counterparts(self.own), pk=kwargs["other"])

    def perform(self, form: AskForm) -> CapacityMatch:
        return matching.ask(own=self.own, other=self.other, words=form.cleaned_data["words"], by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("You have asked. You will get an e-mail with the answer."))
        return reverse("orgs:match_list", args=[self.organisation.slug])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(own=self.own, other=self.other, **kwargs)


class OfMatch(OfOrganisation):
    match: CapacityMatch

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        matches = CapacityMatch.objects.of(self.organisation).select_related(*SIDES)
        self.match = get_object_or_404(matches, pk=kwargs["pk"])


class MatchAnswerView(OfMatch, ActionMixin, FormView):
    form_class = AnswerMatchForm
    template_name = "orgs/match_answer.html"

    def perform(self, form: AnswerMatchForm) -> CapacityMatch:
        is_agreed = form.cleaned_data["answer"] == CapacityMatch.State.AGREED
        return matching.answer(match=self.match, is_agreed=is_agreed, by=self.person)

    def get_success_url(self) -> str:
        return reverse("orgs:match_list", args=[self.organisation.slug])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(match=self.match, other=self.match.other_than(self.organisation), **kwargs)


class MatchStep(OfMatch):
    """A press on the list of matches."""

    http_method_names = ["post"]
    step: "ClassVar[staticmethod[..., CapacityMatch]]"

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        try:
            type(self).step(match=self.match, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect("orgs:match_list", slug)


class MatchDoneView(MatchStep):
    step = staticmethod(matching.finish)


class MatchWithdrawView(MatchStep):
    step = staticmethod(matching.withdraw)
