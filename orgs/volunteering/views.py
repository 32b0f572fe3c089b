"""Lending a hand: what anybody can join in, and what an organisation's own people keep of it."""

import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.generic import CreateView, DeleteView, DetailView, FormView, TemplateView, UpdateView
from django_filters.views import FilterView

from orgs.mixins import ActionMixin, OfOrganisation, SearchedMixin, VisibleObjectMixin, page_of
from orgs.models import VolunteerOpportunity
from orgs.models.volunteering import given_since
from orgs.permissions import can_edit_organisation
from orgs.volunteering import actions as volunteering
from orgs.volunteering.filters import VolunteerOpportunityFilter
from orgs.volunteering.forms import EndOpportunityForm, VolunteerOpportunityForm

SHOWN_WITH = (
    "organisation__territory__parent__parent__parent",
    "organisation__listing",
    "territory__parent__parent__parent",
)
A_YEAR = datetime.timedelta(days=365)


@method_decorator(login_not_required, name="dispatch")
class OpportunitySearchView(SearchedMixin, FilterView):
    """What residents and newcomers can do together, for anybody."""

    filterset_class = VolunteerOpportunityFilter
    template_name = "orgs/opportunity_search.html"

    def get_queryset(self) -> QuerySet[VolunteerOpportunity]:
        return VolunteerOpportunity.objects.public().open_on(timezone.localdate()).order_by("-created_at", "-pk")

    def in_full(self) -> QuerySet[VolunteerOpportunity]:
        return VolunteerOpportunity.objects.select_related(*SHOWN_WITH)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(not_asked=not self.request.GET, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class OpportunityDetailView(VisibleObjectMixin, DetailView):
    """What people do there and how to join in; after its end what came of it."""

    model = VolunteerOpportunity
    template_name = "orgs/opportunity_detail.html"
    context_object_name = "opportunity"

    def get_queryset(self) -> QuerySet[VolunteerOpportunity]:
        return super().get_queryset().select_related(*SHOWN_WITH)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organisation = self.object.organisation
        can_edit = can_edit_organisation(self.request.user, organisation)
        return super().get_context_data(organisation=organisation, can_edit=can_edit, **kwargs)


class OpportunityListView(OfOrganisation, TemplateView):
    template_name = "orgs/opportunity_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = self.organisation.volunteer_opportunities.select_related(*SHOWN_WITH)
        return super().get_context_data(
            page_obj=page_of(self.request, own.order_by("-ended_on", "-created_at", "-pk")),
            given=given_since(timezone.localdate() - A_YEAR, self.organisation),
            **kwargs,
        )


class OfItsOpportunities(OfOrganisation):
    """A page about the opportunities of one organisation."""

    def get_queryset(self) -> QuerySet[VolunteerOpportunity]:
        return self.organisation.volunteer_opportunities.all()

    def get_success_url(self) -> str:
        return reverse("orgs:opportunity_list", args=[self.organisation.slug])


class OpportunityEditing(OfItsOpportunities, ActionMixin):
    """What adding and changing an opportunity have in common."""

    def perform(self, form: VolunteerOpportunityForm) -> VolunteerOpportunity:
        return volunteering.save_opportunity(opportunity=form.instance, by=self.person)


class OpportunityCreateView(OpportunityEditing, CreateView):
    model = VolunteerOpportunity
    form_class = VolunteerOpportunityForm
    template_name = "orgs/opportunity_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": VolunteerOpportunity(organisation=self.organisation)}


class OpportunityUpdateView(OpportunityEditing, UpdateView):
    model = VolunteerOpportunity
    form_class = VolunteerOpportunityForm
    template_name = "orgs/opportunity_form.html"

    def get_queryset(self) -> QuerySet[VolunteerOpportunity]:
        """What has ended stays as it was."""
        return super().get_queryset().filter(ended_on=None)


class OpportunityEndView(OfItsOpportunities, ActionMixin, FormView):
    form_class = EndOpportunityForm
    template_name = "orgs/opportunity_end.html"

    opportunity: VolunteerOpportunity

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.opportunity = get_object_or_404(self.get_queryset(), pk=kwargs["pk"])

    def perform(self, form: EndOpportunityForm) -> VolunteerOpportunity:
        return volunteering.end_opportunity(opportunity=self.opportunity, **form.cleaned_data, by=self.person)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(opportunity=self.opportunity, **kwargs)


class OpportunityDeleteView(OfItsOpportunities, DeleteView):
    model = VolunteerOpportunity
    template_name = "orgs/opportunity_confirm_delete.html"

    def form_valid(self, form: Any) -> HttpResponse:
        volunteering.remove_opportunity(opportunity=self.object, by=self.person)
        return redirect("orgs:opportunity_list", self.organisation.slug)
