from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import F, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import CreateView, DetailView, FormView, UpdateView
from django_filters.views import FilterView

from orgs.listing.actions import list_organisation
from orgs.listing.views import refuse_too_many
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin, page_of
from orgs.models import Organisation
from partnerships.agreements.actions import (
    answer_partnership,
    delete_draft,
    end_partnership,
    log_partnership,
    propose_partnership,
    revise_partnership,
)
from partnerships.agreements.filters import PartnershipFilter
from partnerships.agreements.forms import AnswerForm, EndForm, PartnershipForm
from partnerships.agreements.page import partnership_page
from partnerships.agreements.within import PartnershipMixin, WithinPartnershipMixin
from partnerships.models import Assessment, Partnership, PartnershipParty
from partnerships.models.partnership import PartnershipQuerySet
from partnerships.permissions import can_answer, can_edit_partnership, can_log_partnerships
from partnerships.vocabulary import PartnershipState, PartyAnswer

SORTS = {"title": "title", "starts_on": "starts_on", "territory": "territory__name", "state": "state"}


def for_list(found: PartnershipQuerySet) -> PartnershipQuerySet:
    """With what a line of a list shows, in the same number of queries however many lines."""
    holding = Assessment.objects.confirmed_on(timezone.localdate()).select_related("confirmed")
    return (
        found.select_related("territory", "promised")
        .with_parties()
        .prefetch_related("domains", Prefetch("assessments", holding, to_attr="holding"))
    )


def sorted_by(found: PartnershipQuerySet, sort: str) -> PartnershipQuerySet:
    name = SORTS.get(sort.removeprefix("-"))
    if name is None:
        return found
    return found.order_by(F(name).desc() if sort.startswith("-") else F(name).asc(), "pk")


@method_decorator(login_not_required, name="dispatch")
class PartnershipListView(VisibleObjectMixin, PagedMixin, FilterView):
    model = Partnership
    filterset_class = PartnershipFilter
    template_name = "partnerships/partnership_list.html"

    def get_queryset(self) -> PartnershipQuerySet:
        visible = Partnership.objects.visible_to(self.request.user)
        return sorted_by(for_list(visible), self.request.GET.get("sort", ""))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            sort=self.request.GET.get("sort", ""), may_log=can_log_partnerships(self.request.user), **kwargs
        )


@method_decorator(login_not_required, name="dispatch")
class PartnershipDetailView(PartnershipMixin, DetailView):
    template_name = "partnerships/partnership_detail.html"
    context_object_name = "partnership"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = partnership_page(self.object, self.request.user)
        return super().get_context_data(page_obj=page_of(self.request, page.pop("entries")), **page, **kwargs)


class PartnershipCreateView(ActionMixin, VisibleObjectMixin, CreateView):
    """Logs a partnership and, with the first button, asks its partners at once."""

    model = Partnership
    form_class = PartnershipForm
    template_name = "partnerships/partnership_form.html"
    has_page_permission = staticmethod(can_log_partnerships)

    def get_form_kwargs(self) -> dict[str, Any]:
        slug = self.request.GET.get("partner")
        partner = Organisation.objects.published().filter(slug=slug).first() if slug else None
        return {**super().get_form_kwargs(), "user": self.person, "partner": partner}

    def perform(self, form: PartnershipForm) -> Partnership:
        partners = [*form.cleaned_data["partners"], *self.listed_now(form)]
        partnership = log_partnership(
            authority=form.cleaned_data["authority"],
            partners=partners,
            by=self.person,
            **form.facts(),
        )
        if "draft" not in self.request.POST:
            partnership = propose_partnership(partnership=partnership, by=self.person)
        messages.success(self.request, logged_message(partnership))
        return partnership

    def listed_now(self, form: PartnershipForm) -> list[Organisation]:
        """The partner that was not in the directory."""
        told = form.cleaned_data
        if not told["new_partner"]:
            return []
        refuse_too_many(self.request, told["new_partner_email"])
        partner = list_organisation(
            name=told["new_partner"],
            kind=told["new_partner_kind"],
            territory=told["territory"],
            email=told["new_partner_email"],
            listed_for=told["authority"],
            by=self.person,
        )
        messages.info(self.request, _("%(name)s is listed, and marked as unclaimed.") % {"name": partner.name})
        return [partner]


def logged_message(partnership: Partnership) -> str:
    reference = {"reference": partnership.reference}
    if partnership.state == PartnershipState.DRAFT:
        return _("Saved as a draft, reference %(reference)s. Only your authority sees it.") % reference
    return _("Logged, reference %(reference)s. The partners have been asked by e-mail whether it is right.") % reference


class PartnershipUpdateView(ActionMixin, PartnershipMixin, UpdateView):
    context_object_name = "partnership"
    form_class = PartnershipForm
    template_name = "partnerships/partnership_form.html"
    has_object_permission = staticmethod(can_edit_partnership)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.person}

    def perform(self, form: PartnershipForm) -> Partnership:
        partnership = revise_partnership(
            partnership=form.instance,
            partners=form.cleaned_data["partners"],
            domains=form.cleaned_data["domains"],
            practices=form.cleaned_data["practices"],
            by=self.person,
        )
        messages.success(self.request, _("Saved."))
        return partnership


class PartnershipProposeView(WithinPartnershipMixin):
    has_object_permission = staticmethod(can_edit_partnership)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.act(
            lambda: propose_partnership(partnership=self.partnership, by=self.person),
            _("The partners have been asked by e-mail whether it is right."),
        )


class PartnershipDeleteView(WithinPartnershipMixin):
    has_object_permission = staticmethod(can_edit_partnership)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.act(
            lambda: delete_draft(partnership=self.partnership, by=self.person),
            _("The draft has been deleted."),
            to=reverse("partnerships:partnership_list"),
        )


class PartnershipEndView(ActionMixin, WithinPartnershipMixin, FormView):
    has_object_permission = staticmethod(can_edit_partnership)
    form_class = EndForm
    template_name = "partnerships/partnership_end.html"

    def perform(self, form: EndForm) -> Partnership:
        ended = end_partnership(partnership=self.partnership, ends_on=form.cleaned_data["ends_on"], by=self.person)
        messages.success(self.request, _("The partnership has ended. It can still be read."))
        return ended


class PartnershipAnswerView(ActionMixin, WithinPartnershipMixin, FormView):
    """A partner says whether what the authority logged is right."""

    form_class = AnswerForm
    template_name = "partnerships/partnership_answer.html"

    def find(self) -> None:
        super().find()
        parties = PartnershipParty.objects.partners().select_related("organisation")
        self.party = get_object_or_404(
            parties, partnership=self.partnership, organisation__slug=self.kwargs["organisation"]
        )
        self.permit(can_answer(self.request.user, self.party))

    def get_initial(self) -> dict[str, Any]:
        is_open = self.party.answer == PartyAnswer.WAITING
        return {} if is_open else {"answer": self.party.answer, "note": self.party.note}

    def perform(self, form: AnswerForm) -> PartnershipParty:
        answered = answer_partnership(party=self.party, by=self.person, **form.cleaned_data)
        if answered.answer == PartyAnswer.CONFIRMED:
            messages.success(self.request, _("Thank you. The authority has been told that it is right."))
        else:
            messages.success(self.request, _("Thank you. The authority has been told what is not right."))
        return answered

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(party=self.party, **kwargs)
