"""What the portal asks beyond allauth before an account changes hands, and the way to a second step for those who must have one."""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.utils import perform_login
from allauth.account.views import EmailView, PasswordSetView
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView

from orgs.accounts import actions as accounts
from orgs.accounts import first_administrator
from orgs.accounts.forms import FirstAdministratorForm
from orgs.forms import sent
from orgs.mixins import ActionMixin, AuthenticatedUserMixin
from orgs.models import User
from orgs.permissions import has_second_step, must_have_second_step


class LoggedInOfLateMixin(AuthenticatedUserMixin):
    """Who has neither a password nor a second step cannot be asked for it again (allauth lets them pass): they log in anew, by the code in
    their mail.
    """

    asks_to_log_in: str | Promise = gettext_lazy("Log in again to change how you get into your account.")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if (
            isinstance(user, User)
            and not user.has_usable_password()
            and not has_second_step(user)
            and not is_fresh(request)
        ):
            logout(request)
            messages.info(request, str(self.asks_to_log_in))
            return redirect_to_login(request.path, reverse("account_login"))
        return super().dispatch(request, *args, **kwargs)


class ProvenAgainMixin(LoggedInOfLateMixin):
    """For what gives somebody the way into an account, or power over all of them: whoever does it has just proved who they are.

    Otherwise a computer left open for a minute would be enough. allauth leads to the question, and back.
    """

    asks_to_log_in = gettext_lazy("Log in again to change this account.")

    @method_decorator(reauthentication_required)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved who they are within the time that allauth's own question allows."""
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < REAUTHENTICATION_TIMEOUT


class ChangeEmailView(LoggedInOfLateMixin, EmailView):
    """Asks for the password again (ACCOUNT_REAUTHENTICATION_REQUIRED), and tells the old address at once, while it can still be stopped."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        get_adapter().send_notification_mail(
            "account/email/email_change_asked",
            self.person,
            {"from_email": self.person.email, "to_email": form.cleaned_data["email"]},
            email=self.person.email,
        )
        return response


class SetPasswordView(LoggedInOfLateMixin, PasswordSetView):
    pass


class SecondStepView(AuthenticatedUserMixin, TemplateView):
    """Says why a second step is asked for, and leads to it in one press; then back to where the person was going."""

    template_name = "orgs/second_step.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        following = request.GET.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(following, {request.get_host()}, require_https=request.is_secure())
        following = following if is_ours else reverse("home")
        if has_second_step(self.person):
            return redirect(following)
        return self.render_to_response(
            self.get_context_data(following=following, must_have=must_have_second_step(self.person), **kwargs)
        )


@method_decorator([login_not_required, never_cache], name="dispatch")
class FirstAdministratorView(ActionMixin, FormView):
    """The first page of an empty portal. It does not exist any more once there is an administrator."""

    form_class = FirstAdministratorForm
    template_name = "orgs/first_administrator.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not first_administrator.is_missing():
            before = sent.led_to(sent.key_of(request))  # The button was pressed twice.
            if before is None:
                raise Http404
            return redirect(before)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if ratelimit.consume(request, action="first_administrator"):
            return super().post(request, *args, **kwargs)
        problem = _("Too many attempts in a short time. Try again in an hour.")
        return self.render_to_response(self.get_context_data(form=self.form_class(), problem=problem), status=429)

    def perform(self, form: FirstAdministratorForm) -> User:
        asked = {name: form.cleaned_data[name] for name in ("email", "name", "password", "language")}
        return accounts.create_first_administrator(**asked)

    def form_valid(self, form: BaseForm) -> HttpResponse:
        response = super().form_valid(form)
        user = getattr(self, "object", None)
        if user is None:
            return response
        messages.success(self.request, _("You are the administrator of this portal. Set it up here."))
        return perform_login(self.request, user, redirect_url=self.get_success_url(), email=user.email)

    def get_success_url(self) -> str:
        return reverse("administration")
