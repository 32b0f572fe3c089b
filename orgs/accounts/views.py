"""What the portal asks beyond allauth before an account changes hands, and the way to a second step for those who must have one."""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.views import EmailView, PasswordSetView
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from orgs.mixins import AuthenticatedUserMixin
from orgs.models import User
from orgs.permissions import has_second_step, must_have_second_step


class LoggedInOfLateMixin(AuthenticatedUserMixin):
    """Who has neither a password nor a second step cannot be asked for it again (allauth lets them pass): they log in anew, by the code in
    their mail.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if (
            isinstance(user, User)
            and not user.has_usable_password()
            and not has_second_step(user)
            and not is_fresh(request)
        ):
            logout(request)
            messages.info(request, _("Log in again to change how you get into your account."))
            return redirect_to_login(request.path, reverse("account_login"))
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
