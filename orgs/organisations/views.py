"""An organisation's own people keep its profile, capacities and contact."""

from copy import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import ListView, TemplateView, UpdateView

from orgs.mixins import ActionMixin, AuthenticatedUserMixin, OfOrganisation, PagedMixin
from orgs.models import Membership, Organisation, OrganisationContact, ProposedChange, Registration
from orgs.organisations import actions as organisations
from orgs.organisations.forms import ContactDetailsForm, ProfileForm
from orgs.permissions import Person, can_edit_organisation, can_see_contacts, must_propose
from orgs.verification import actions as verification
from orgs.verification import proposals


class MyOrganisationsView(AuthenticatedUserMixin, PagedMixin, ListView):
    """The organisations that a person belongs to, and registrations that they have begun."""

    template_name = "orgs/my_organisations.html"
    context_object_name = "memberships"

    def get_queryset(self) -> QuerySet[Membership]:
        return (
            self.person.memberships.active()
            .select_related("organisation__territory__parent__parent__parent")
            .order_by("organisation__name_folded", "role")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        drafts = Registration.objects.filter(begun_by=self.person, confirmed_at=None)
        appointments = self.person.reviewer_appointments.active().select_related("territory")
        return super().get_context_data(drafts=drafts, appointments=appointments, **kwargs)


class OrganisationUpdateView(OfOrganisation, ActionMixin, UpdateView):
    model = Organisation
    form_class = ProfileForm
    template_name = "orgs/organisation_form.html"

    def get_object(self, queryset: QuerySet[Any] | None = None) -> Organisation:
        """As its people last said that it shall be; for an administrator, whose word counts at once, as it is."""
        wanted = copy(self.organisation)
        proposed = self.organisation.proposed_changes.filter(state=ProposedChange.State.OPEN).first()
        for fact, value in proposed.wanted.items() if proposed and must_propose(self.person, wanted) else ():
            setattr(wanted, fact, value)
        return wanted

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "by": self.person}

    def perform(self, form: ProfileForm) -> Organisation:
        return organisations.update_organisation(organisation=form.instance, **form.changes(), by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The profile has been saved."))
        return self.organisation.get_absolute_url()


class ChangeWithdrawView(OfOrganisation):
    """Without a question: it is proposed again in the form."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        change = get_object_or_404(self.organisation.proposed_changes, pk=pk)
        proposals.withdraw_change(change=change, by=self.person)
        return redirect(self.organisation)


class SubmitView(OfOrganisation, TemplateView):
    """Before the reviewers again: after a return, or for a higher tier."""

    template_name = "orgs/organisation_submit.html"

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        try:
            verification.submit_for_verification(organisation=self.organisation, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("A reviewer will look at it. You will get an e-mail with the decision."))
        return redirect(self.organisation)


class ContactUpdateView(OfOrganisation, ActionMixin, UpdateView):
    """The private contact: its own people change it, its reviewers read it."""

    model = OrganisationContact
    form_class = ContactDetailsForm
    template_name = "orgs/contact_form.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        if self.request.method == "POST":
            return can_edit_organisation(user, organisation)
        return can_see_contacts(user, organisation)

    def get_object(self, queryset: QuerySet[Any] | None = None) -> Model:
        """As its people last said that it shall be; to others, as it is."""
        contacts = self.organisation.contacts.order_by("-is_proposed")
        known = contacts if can_edit_organisation(self.person, self.organisation) else contacts.standing()
        return known.first() or OrganisationContact(organisation=self.organisation)

    def perform(self, form: ContactDetailsForm) -> OrganisationContact:
        said = {name: form.cleaned_data[name] for name in form.Meta.fields}
        return organisations.set_contact(organisation=self.organisation, **said, by=self.person)

    def get_success_url(self) -> str:
        said = (
            _("A reviewer looks at the new contact. Until it is accepted the one before stays.")
            if self.organisation.contacts.proposed().exists()
            else _("The contact has been saved.")
        )
        messages.success(self.request, said)
        return self.organisation.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        can_edit = can_edit_organisation(self.request.user, self.organisation)
        is_proposed = can_edit and self.organisation.contacts.proposed().exists()
        return super().get_context_data(can_edit=can_edit, is_proposed=is_proposed, **kwargs)
