"""Who belongs to an organisation."""

from typing import Any

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView, View

from orgs.forms import sent
from orgs.members import actions as members_actions
from orgs.members.actions import invitation_of
from orgs.members.forms import AcceptForm, InvitationForm, RoleForm
from orgs.mixins import ActionMixin, OfOrganisation, page_of, show_refusal
from orgs.models import Invitation, Membership, Organisation, User
from orgs.naming import address_upstairs
from orgs.permissions import (
    Person,
    can_ask_to_join,
    can_manage_members,
    can_still_invite,
    is_administrator,
    is_member,
)


class MemberListView(OfOrganisation, TemplateView):
    """Every member sees the others; those who lead may change it."""

    template_name = "orgs/member_list.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_manage_members(user, organisation) or is_member(user, organisation)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            page_obj=page_of(
                self.request,
                self.organisation.memberships.active().select_related("user").order_by("user__name", "pk"),
            ),
            invitations=self.organisation.invitations.open().select_related("mail"),
            requests=self.organisation.join_requests.open().visible_to(self.person).select_related("user"),
            can_manage=can_manage_members(self.request.user, self.organisation),
            **kwargs,
        )


class LedByReader(OfOrganisation):
    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_manage_members(user, organisation)

    def get_success_url(self) -> str:
        """The list of members, or the administration's page of the organisation for who came from there."""
        is_from_above = "from_administration" in self.request.POST and is_administrator(self.request.user)
        above = address_upstairs("organisation_manage", self.organisation.slug) if is_from_above else ""
        return above or reverse("orgs:member_list", args=[self.organisation.slug])


class InviteView(LedByReader, ActionMixin, FormView):
    form_class = InvitationForm
    template_name = "orgs/invitation_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "organisation": self.organisation}

    def perform(self, form: InvitationForm) -> Invitation:
        email = form.cleaned_data["email"].lower()
        if not ratelimit.consume(self.request, action="invite_member", key=email):
            raise ValidationError(_("Too many e-mails in a short time. Try again in an hour."))
        return members_actions.invite_member(organisation=self.organisation, **form.cleaned_data, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The invitation is being sent."))
        return super().get_success_url()


class WithdrawView(LedByReader):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        invitation = get_object_or_404(self.organisation.invitations.open(), pk=pk)
        members_actions.withdraw_invitation(invitation=invitation, by=self.person)
        messages.success(request, _("The invitation has been withdrawn."))
        return redirect(self.get_success_url())


class ResendView(LedByReader):
    """Again to who did not find the first e-mail. Whoever pressed it in the administration is led back there."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        invitation = get_object_or_404(self.organisation.invitations.open(), pk=pk)
        return send_again(request, invitation, by=self.person, then=self.get_success_url())


def send_again(request: HttpRequest, invitation: Invitation, *, by: User, then: str) -> HttpResponse:
    """One e-mail for each page on which it was pressed."""

    def act() -> str:
        if ratelimit.consume(request, action="invite_member", key=invitation.email):
            members_actions.send_invitation_again(invitation=invitation, by=by)
            messages.success(request, _("The invitation is being sent again."))
        else:
            messages.error(request, _("Too many e-mails in a short time. Try again in an hour."))
        return then

    try:
        return redirect(sent.act_once(request, act))
    except ValidationError as refusal:  # Accepted or withdrawn at this moment.
        messages.error(request, " ".join(refusal.messages))
        return redirect(then)


class OfMembership(OfOrganisation):
    membership: Membership

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.membership = get_object_or_404(self.members(), pk=kwargs["pk"])

    def members(self) -> QuerySet[Membership]:
        return self.organisation.memberships.active().select_related("user")

    def get_success_url(self) -> str:
        return reverse("orgs:member_list", args=[self.organisation.slug])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(membership=self.membership, **kwargs)


class RoleView(OfMembership, ActionMixin, FormView):
    form_class = RoleForm
    template_name = "orgs/role_form.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_manage_members(user, organisation)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "organisation": self.organisation}

    def get_initial(self) -> dict[str, Any]:
        return {"role": self.membership.role}

    def perform(self, form: RoleForm) -> Membership:
        return members_actions.change_role(membership=self.membership, role=form.cleaned_data["role"], by=self.person)


class EndMembershipView(OfMembership, TemplateView):
    """Somebody leaves: those who lead may end any membership, everybody their own."""

    template_name = "orgs/membership_confirm_end.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_manage_members(user, organisation) or self.membership.user == user

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        try:
            members_actions.end_membership(membership=self.membership, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(self.get_success_url())
        if self.membership.user == request.user:
            messages.success(request, _("You have left the organisation."))
            return redirect("orgs:my_organisations")
        messages.success(request, _("The membership has ended."))
        return redirect(self.get_success_url())


@method_decorator([login_not_required, never_cache], name="dispatch")
class InvitationDetailView(View):
    """Where the letter leads. It takes a press of a button, since programs that read mail follow its address."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        invitation = invitation_of(token)
        if invitation is not None and invitation.invited_by != request.user:
            members_actions.note_opened(invitation=invitation)
        return self.show(invitation, AcceptForm(initial={"name": getattr(request.user, "name", "")}))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        invitation = invitation_of(token)
        form = AcceptForm(request.POST)
        if invitation is None or invitation.accepted_at is not None or not form.is_valid():
            return self.show(invitation, form)
        try:
            user, is_new = members_actions.accept_invitation(
                invitation=invitation, name=form.cleaned_data["name"], language=get_language() or "en"
            )
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.show(invitation, form)
        if is_new and not request.user.is_authenticated:
            return perform_login(request, user, redirect_url=request.path, email=invitation.email)
        return redirect(request.path)

    def show(self, invitation: Invitation | None, form: AcceptForm) -> HttpResponse:
        is_gone = invitation is None or invitation.withdrawn_at is not None
        if invitation is not None and invitation.accepted_at is None:
            is_gone = is_gone or invitation.is_expired or not can_still_invite(invitation)
        if is_gone:
            context = {"joinable": joinable(invitation, self.request.user)}
            return render(self.request, "orgs/invitation_gone.html", context, status=404)
        return render(self.request, "orgs/invitation.html", {"invitation": invitation, "form": form})


def joinable(invitation: Invitation | None, user: Person) -> Organisation | None:
    """The organisation of an invitation that is no longer valid, where its reader may ask to act for it all the same."""
    organisation = invitation.organisation if invitation is not None else None
    is_joinable = organisation is not None and organisation.is_published and can_ask_to_join(user, organisation)
    return organisation if is_joinable else None
