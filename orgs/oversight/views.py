"""Administrators look after organisations, whatever their state: kind and place, who leads them, closing and reopening."""

from typing import Any, ClassVar

from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, FormView, UpdateView
from django_filters.views import FilterView

from orgs.authorities.forms import LeaderForm
from orgs.members import actions as members
from orgs.mixins import ActionMixin, OfOrganisation, PagedMixin, VisibleObjectMixin
from orgs.models import (
    Invitation,
    Membership,
    Organisation,
    OrganisationClosing,
    OrganisationMerge,
    ReviewerAppointment,
    Verification,
)
from orgs.models.reach import ids_tied_around
from orgs.naming import address_upstairs
from orgs.organisations import actions as organisations
from orgs.oversight import actions as oversight
from orgs.oversight import merging
from orgs.oversight.filters import RegistryFilter
from orgs.oversight.forms import CloseForm, CloseOwnForm, KindForm, OrganisationMergeForm, ReasonForm
from orgs.permissions import KEEPERS, Person, can_close, is_administrator, is_member


def with_standing(queryset: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Whether it is with the reviewers."""
    waiting = Verification.objects.waiting().filter(organisation=OuterRef("pk"))
    return queryset.annotate(is_to_review=Exists(waiting))


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
            merge=organisation.merges_away.filter(undone_at=None).select_related("kept", "merged_by").first(),
            merges=organisation.merges_here.filter(undone_at=None).select_related("gone", "merged_by"),
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
        return super().get_context_data(
            stored=stored,
            members=stored.memberships.active().count(),
            keepers=stored.memberships.active().filter(role__in=KEEPERS).values("user").distinct().count(),
            reviewers=ReviewerAppointment.objects.active()
            .filter(territory__in=ids_tied_around(stored.territory))
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
    form_class = CloseForm
    template_name = "orgs/organisation_close.html"

    def perform(self, form: CloseForm) -> OrganisationClosing:
        return oversight.close_organisation(
            organisation=self.organisation, reason=form.cleaned_data["reason"], by=self.person
        )

    def get_success_url(self) -> str:
        messages.success(self.request, _("The organisation has been closed."))
        return super().get_success_url()


class CloseOwnView(OfOrganisation, ActionMixin, FormView):
    """By its owner, who cannot reopen it."""

    form_class = CloseOwnForm
    template_name = "orgs/organisation_close_own.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return organisation.closed_on is None and can_close(user, organisation) and is_member(user, organisation)

    def perform(self, form: CloseOwnForm) -> OrganisationClosing:
        told = form.cleaned_data
        return oversight.close_organisation(
            organisation=self.organisation, reason=told["reason"], on=told["on"], by=self.person
        )

    def get_success_url(self) -> str:
        messages.success(self.request, _("The organisation has been closed."))
        return reverse("orgs:my_organisations")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        others = self.organisation.memberships.active().exclude(user=self.person).values("user").distinct()
        found = {
            "members": others.count(),
            "services": self.organisation.services.count(),
            "capacities": self.organisation.capacities.standing().count(),
            "sponsorships": self.organisation.sponsorships.alive().count()
            + self.organisation.sponsorships_given.alive().count(),
        }
        return super().get_context_data(**found, is_used=any(found.values()), **kwargs)


class MergeView(OneForAdministrators, ActionMixin, FormView):
    form_class = OrganisationMergeForm
    template_name = "orgs/merge_form.html"
    follow: ClassVar[list[str]] = merging.FOLLOW

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "gone": self.organisation}

    def perform(self, form: OrganisationMergeForm) -> OrganisationMerge:
        told = form.cleaned_data
        return merging.merge_organisations(
            gone=self.organisation, kept=told["kept"], follow=self.follow, reason=told["reason"], by=self.person
        )

    def get_success_url(self) -> str:
        messages.success(self.request, _("They are one entry now."))
        if left := merging.left_behind(self.object):
            stayed = ngettext(
                "%(n)s thing stays with the old entry, since the other has its like already.",
                "%(n)s things stay with the old entry, since the other has their like already.",
                left,
            )
            messages.warning(self.request, stayed % {"n": left})
        return address_upstairs("organisation_manage", self.object.kept.slug) or self.object.kept.get_absolute_url()


class MergeUndoView(VisibleObjectMixin):
    has_page_permission = staticmethod(is_administrator)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        merge = get_object_or_404(OrganisationMerge.objects.select_related("gone"), pk=pk)
        try:
            merging.undo_merge(merge=merge, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("They are two entries again."))
        return redirect(address_upstairs("organisation_manage", merge.gone.slug) or merge.gone.get_absolute_url())


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
