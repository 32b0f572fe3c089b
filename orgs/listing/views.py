"""Staff list an organisation that is not there; its own people claim it, ask to join it, or have it taken off."""

from typing import Any

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, ListView, TemplateView, View

from orgs.listing import actions as listing
from orgs.listing.forms import InviteToClaimForm, JoinByEmailForm, JoinDecisionForm, JoinForm, ListingForm
from orgs.mixins import ActionMixin, OfOrganisation, PagedMixin, VisibleObjectMixin
from orgs.models import JoinRequest, Organisation
from orgs.permissions import (
    LISTING_ROLES,
    Person,
    can_ask_to_join,
    can_decide_join_request,
    can_invite_to_claim,
    can_list_organisations,
    is_reviewer_or_administrator,
    is_unclaimed,
    leaders_of,
)
from orgs.review_queues import claims


class ListingCreateView(VisibleObjectMixin, ActionMixin, FormView):
    form_class = ListingForm
    template_name = "orgs/listing_form.html"
    has_page_permission = staticmethod(can_list_organisations)
    object: Organisation

    def get_initial(self) -> dict[str, Any]:
        return {"language": get_language(), "name": self.request.GET.get("name", "")[:200]}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "by": self.person}

    def perform(self, form: ListingForm) -> Organisation:
        told = {name: form.cleaned_data[name] for name in form.FACTS}
        refuse_too_many(self.request, told["email"])
        acting = self.person.memberships.acting().filter(role__in=LISTING_ROLES).select_related("organisation").first()
        authority = None if acting is None else acting.organisation
        return listing.list_organisation(**told, listed_for=authority, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("It is listed, and marked as unclaimed."))
        return self.object.get_absolute_url()


def refuse_too_many(request: HttpRequest, email: str) -> None:
    if email and not ratelimit.consume(request, action="invite_member", key=email.lower()):
        raise ValidationError(_("Too many e-mails in a short time. Try again in an hour."))


class InviteToClaimView(OfOrganisation, ActionMixin, FormView):
    """Its people are asked, or asked again at another address."""

    form_class = InviteToClaimForm
    template_name = "orgs/listing_invite.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_invite_to_claim(user, organisation)

    def get_initial(self) -> dict[str, Any]:
        return {"language": get_language()}

    def perform(self, form: InviteToClaimForm) -> Organisation:
        refuse_too_many(self.request, form.cleaned_data["email"])
        listing.invite_to_claim(organisation=self.organisation, **form.cleaned_data, by=self.person)
        return self.organisation

    def get_success_url(self) -> str:
        messages.success(self.request, _("The invitation is being sent."))
        return self.organisation.get_absolute_url()


@method_decorator([login_not_required, never_cache], name="dispatch")
class OptOutView(View):
    """Where the letter leads. Programs that read mail follow its address, so it takes a press of a button."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.show(token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        found = listing.listing_of(token)
        if found is not None:
            try:
                listing.opt_out(listing=found)
            except ValidationError as refusal:
                return self.show(token, problem=" ".join(refusal.messages))
        return self.show(token)

    def show(self, token: str, **context: Any) -> HttpResponse:
        found = listing.listing_of(token)
        if found is None:
            return render(self.request, "orgs/registration_unknown.html", status=404)
        return render(
            self.request, "orgs/listing_opt_out.html", {"listing": found, "organisation": found.organisation, **context}
        )


@method_decorator([login_not_required, never_cache], name="dispatch")
class JoinCreateView(OfOrganisation, ActionMixin, FormView):
    """“This is us”, or “ask to join”: one question, which those answer who lead the organisation, or its reviewers.

    It takes no account: who is not logged in says a name and an address, which a letter confirms.
    """

    template_name = "orgs/join_form.html"

    def get_form_class(self) -> type[JoinForm]:
        return JoinForm if self.request.user.is_authenticated else JoinByEmailForm

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_ask_to_join(user, organisation)

    def perform(self, form: JoinForm) -> JoinRequest:
        if not self.request.user.is_authenticated:
            return self.ask_by_email(form)
        if not ratelimit.consume(self.request, action="invite_member", key=f"join {self.person.pk}"):
            raise ValidationError(_("Too many e-mails in a short time. Try again in an hour."))
        return listing.ask_to_join(organisation=self.organisation, said=form.cleaned_data["said"], by=self.person)

    def ask_by_email(self, form: JoinForm) -> JoinRequest:
        if not ratelimit.consume(self.request, action="ask_to_join", key=form.cleaned_data["email"].lower()):
            raise ValidationError(_("Too many e-mails in a short time. Try again in an hour."))
        return listing.ask_to_join_by_email(
            organisation=self.organisation, language=get_language() or settings.LANGUAGE_CODE, **form.cleaned_data
        )

    def get_success_url(self) -> str:
        if not self.request.user.is_authenticated:
            return reverse("orgs:join_sent", args=[self.organisation.slug])
        messages.success(self.request, _("Your request has been sent. You will get an e-mail with the answer."))
        return self.organisation.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            asked=self.asked(),
            is_unclaimed=is_unclaimed(self.organisation),
            is_led=leaders_of(self.organisation).exists(),
            **kwargs,
        )

    def asked(self) -> JoinRequest | None:
        """What the reader has asked already; of a visitor that is not known before they confirm."""
        if not self.request.user.is_authenticated:
            return None
        return self.organisation.join_requests.open().filter(user=self.person).first()


@method_decorator([login_not_required, never_cache], name="dispatch")
class JoinSentView(OfOrganisation, TemplateView):
    """A letter is on its way. The same for every address."""

    template_name = "orgs/join_sent.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_led = leaders_of(self.organisation).exists()
        return super().get_context_data(is_led=is_led, days=JoinRequest.DAYS_UNCONFIRMED, **kwargs)


@method_decorator([login_not_required, never_cache], name="dispatch")
class JoinConfirmView(View):
    """Where that letter leads. Programs that read mail follow its address, so it takes a press of a button to confirm."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.show(token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        asked = listing.asked_in_letter(token)
        if asked is None or asked.user is not None:
            return self.show(token)
        try:
            asked, is_new = listing.confirm_join_request(request=asked)
        except ValidationError as refusal:
            return self.show(token, problem=" ".join(refusal.messages))
        if is_new and asked.user is not None and not request.user.is_authenticated:
            # Who read the mail is who the new account belongs to; an old one has ways of its own to log in.
            return perform_login(request, asked.user, redirect_url=request.path, email=asked.user.email)
        return redirect(request.path)

    def show(self, token: str, **context: Any) -> HttpResponse:
        asked = listing.asked_in_letter(token)
        if asked is None:
            return render(self.request, "orgs/join_gone.html", {"days": JoinRequest.DAYS_UNCONFIRMED}, status=404)
        is_theirs = asked.user is not None and asked.user == self.request.user
        context |= {"asked": asked, "organisation": asked.organisation, "is_theirs": is_theirs}
        return render(self.request, "orgs/join_confirm.html", context)


class JoinWithdrawView(OfOrganisation):
    """Without a question: it is asked again in the form."""

    http_method_names = ["post"]

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return user.is_authenticated

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        asked = get_object_or_404(self.organisation.join_requests.filter(user=self.person), pk=pk)
        listing.withdraw_join_request(request=asked, by=self.person)
        return redirect(self.organisation)


class JoinQueueView(VisibleObjectMixin, PagedMixin, ListView):
    """Requests for organisations that nobody leads, the oldest first."""

    model = JoinRequest
    template_name = "orgs/join_queue.html"
    context_object_name = "requests"
    has_page_permission = staticmethod(is_reviewer_or_administrator)

    def get_queryset(self) -> QuerySet[JoinRequest]:
        return claims().seen_by(self.person).select_related("user", "organisation__territory__parent__parent__parent")


class JoinDecideView(OfOrganisation, ActionMixin, FormView):
    form_class = JoinDecisionForm
    template_name = "orgs/join_decide.html"
    asked: JoinRequest

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        visible = self.organisation.join_requests.visible_to(self.person).select_related("user")
        self.asked = get_object_or_404(visible, pk=kwargs["pk"])

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return True  # What is visible is theirs to read; deciding asks once more.

    def get_form_kwargs(self) -> dict[str, Any]:
        is_first = not leaders_of(self.organisation).exists()
        return {**super().get_form_kwargs(), "organisation": self.organisation, "is_first": is_first}

    def perform(self, form: JoinDecisionForm) -> JoinRequest:
        if not can_decide_join_request(self.person, self.asked):
            raise PermissionDenied
        told = form.cleaned_data
        request = listing.decide_join_request(
            request=self.asked,
            is_accepted=told["outcome"],
            role=told.get("role", ""),
            reasons=told["reasons"],
            by=self.person,
        )
        messages.success(self.request, _("The person gets an e-mail with your decision."))
        return request

    def get_success_url(self) -> str:
        is_ours = self.person.memberships.active().filter(organisation=self.organisation).exists()
        return reverse("orgs:member_list", args=[self.organisation.slug]) if is_ours else reverse("orgs:join_queue")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            asked=self.asked,
            can_decide=self.asked.state == JoinRequest.State.OPEN and can_decide_join_request(self.person, self.asked),
            **kwargs,
        )
