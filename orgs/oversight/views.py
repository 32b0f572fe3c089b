"""Administrators look after organisations, whatever their state: kind and place, who leads them, closing and reopening."""

from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, FormView, UpdateView
from django_filters.views import FilterView

from orgs.authorities.forms import LeaderForm
from orgs.members import actions as members
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import (
    Invitation,
    Membership,
    Organisation,
    OrganisationClosing,
    ReviewerAppointment,
    TerritoryClosure,
    Verification,
)
from orgs.naming import address_upstairs
from orgs.organisations import actions as organisations
from orgs.oversight import actions as oversight
from orgs.oversight.filters import RegistryFilter
from orgs.oversight.forms import KindForm, ReasonForm
from orgs.permissions import KEEPERS, is_administrator


def with_standing(queryset: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Until when the last verification holds, and whether it is with the reviewers."""
    verified = Verification.objects.filter(organisation=OuterRef("pk"), state=Verification.State.VERIFIED)
    waiting = Verification.objects.waiting().filter(organisation=OuterRef("pk"))
    return queryset.annotate(
        holds_until=Subquery(verified.order_by("-decided_at").values("holds_until")[:1]),
        is_to_review=Exists(waiting),
    )


class RegistryListView(VisibleObjectMixin, PagedMixin, FilterView):
    """All organisations, also those that the directory does not show; the latest change first."""

    filterset_class = RegistryFilter
    template_name = "orgs/registry_list.html"
    has_page_permission = staticmethod(is_administrator)
    strict = True

    def get_queryset(self) -> QuerySet[Organisation]:
        everything = Organisation.objects.select_related("territory__parent__parent__parent")
        return with_standing(everything).order_by("-updated_at", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(today=timezone.localdate(), **kwargs)


class OneForAdministrators(VisibleObjectMixin):
    """A page of one organisation, named by its slug."""

    has_page_permission = staticmethod(is_administrator)
    organisation: Organisation

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if is_administrator(request.user):
            everything = with_standing(Organisation.objects.select_related("territory__parent__parent__parent"))
            self.organisation = get_object_or_404(everything, slug=kwargs["slug"])

    def get_success_url(self) -> str:
        return address_upstairs("organisation_manage", self.organisation.slug) or self.organisation.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(organisation=self.organisation, **kwargs)  # type: ignore[misc]


class ManageView(OneForAdministrators, DetailView):
    """All that an administrator needs to know of an organisation before doing something to it."""

    template_name = "orgs/organisation_manage.html"

    def get_object(self, queryset: Any = None) -> Organisation:
        return self.organisation

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organisation = self.organisation
        leading = [Membership.Role.OWNER, Membership.Role.MANAGER]
        invitations = organisation.invitations.filter(role__in=leading).select_related("mail")
        decided = organisation.verifications.exclude(state=Verification.State.SUBMITTED)
        return super().get_context_data(
            leaders=organisation.memberships.active().filter(role__in=leading).select_related("user"),
            members=organisation.memberships.active().values("user").distinct().count(),
            invitations=invitations.order_by("-created_at")[:10],
            verification=decided.select_related("reviewer", "rules").order_by("-decided_at").first(),
            closings=organisation.closings.select_related("closed_by", "reopened_by"),
            today=timezone.localdate(),
            **kwargs,
        )


class KindUpdateView(OneForAdministrators, ActionMixin, UpdateView):
    model = Organisation
    form_class = KindForm
    template_name = "orgs/kind_form.html"

    def get_object(self, queryset: Any = None) -> Organisation:
        return self.organisation

    def perform(self, form: KindForm) -> Organisation:
        changes = {name: form.cleaned_data[name] for name in form.Meta.fields}
        return organisations.update_organisation(organisation=form.instance, **changes, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Kind and place have been saved."))
        return super().get_success_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stored = Organisation.objects.select_related("territory").get(pk=self.organisation.pk)
        above = TerritoryClosure.objects.filter(descendant=stored.territory_id).values("ancestor")
        return super().get_context_data(
            stored=stored,
            members=stored.memberships.active().count(),
            keepers=stored.memberships.active().filter(role__in=KEEPERS).values("user").distinct().count(),
            reviewers=ReviewerAppointment.objects.active()
            .filter(territory__in=above)
            .values("user")
            .distinct()
            .count(),
            **kwargs,
        )


class InviteLeaderView(OneForAdministrators, ActionMixin, FormView):
    """A manager of an authority, an owner of anything else: who then invites the others."""

    form_class = LeaderForm
    template_name = "orgs/leader_form.html"

    def get_initial(self) -> dict[str, Any]:
        return {"language": get_language()}

    def perform(self, form: LeaderForm) -> Invitation:
        if not ratelimit.consume(self.request, action="invite_member", key=form.cleaned_data["email"].lower()):
            raise ValidationError(_("Too many e-mails in a short time. Try again in an hour."))
        role = Membership.Role.MANAGER if self.organisation.is_authority else Membership.Role.OWNER
        return members.invite_member(organisation=self.organisation, role=role, **form.cleaned_data, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The invitation is being sent."))
        return super().get_success_url()


class CloseView(OneForAdministrators, ActionMixin, FormView):
    form_class = ReasonForm
    template_name = "orgs/organisation_close.html"

    def perform(self, form: ReasonForm) -> OrganisationClosing:
        return oversight.close_organisation(
            organisation=self.organisation, reason=form.cleaned_data["reason"], by=self.person
        )

    def get_success_url(self) -> str:
        messages.success(self.request, _("The organisation has been closed."))
        return super().get_success_url()


class ReopenView(OneForAdministrators, ActionMixin, FormView):
    form_class = ReasonForm
    template_name = "orgs/organisation_reopen.html"

    def perform(self, form: ReasonForm) -> Organisation:
        return oversight.reopen_organisation(
            organisation=self.organisation, reason=form.cleaned_data["reason"], by=self.person
        )

    def get_success_url(self) -> str:
        messages.success(self.request, _("The organisation has been reopened."))
        return super().get_success_url()
