from collections.abc import Callable
from hashlib import sha256
from typing import Any

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation.trans_real import parse_accept_lang_header

from orgs import installation
from orgs.accounts.authentication import client_address
from orgs.forms import kept
from orgs.models import User
from orgs.permissions import must_have_second_step


def chosen_language(request: HttpRequest) -> str:
    """The one that a person pressed (cookie); empty where none was."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in installation.current().offered_languages else ""


def language_of_visitor(request: HttpRequest) -> str:
    """Pressed, else the one of the offered languages that the browser likes best. One of which half the texts are missing helps nobody."""
    portal = installation.current()
    offered = portal.offered_languages
    accepted = parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
    liked = [chosen_language(request), *(wanted.partition("-")[0] for wanted, _weight in accepted)]
    return next((code for code in liked if code in offered), portal.default_language)


class TimeZoneMiddleware:
    """Days begin and end, and times are told, as in the place of the portal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(installation.current().zone):
            return self.get_response(request)


class AccountLocaleMiddleware:
    """The language a person pressed (cookie), else that of the account, else the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        own = user.language if user.is_authenticated else ""
        chosen = chosen_language(request) or (
            own if own in installation.current().offered_languages else language_of_visitor(request)
        )
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        return response


class SparingUserSessionsMiddleware(UserSessionsMiddleware):
    """When a person was last seen in a session is written down every few minutes, and not at each page."""

    SEEN = "seen"
    SECONDS = 5 * 60

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            answer: HttpResponse = self.get_response(request)
            return answer
        who, seen_at = request.session.get(self.SEEN, ("", 0))
        now = timezone.now().timestamp()
        # A session that goes on under another key, after a change of password, is another one in the list; one that is used from another
        # place or browser is told of at once.
        browser = f"{request.session.session_key} {client_address(request)} {request.headers.get('User-Agent', '')}"
        digest = sha256(browser.encode()).hexdigest()
        if who == digest and now - seen_at < self.SECONDS:
            answer = self.get_response(request)
        else:
            request.session[self.SEEN] = (digest, now)
            answer = super().__call__(request)
        return answer


class SecondStepMiddleware:
    """Who must log in with a second step and has none yet is led to it, whatever they open but for what they need on the way."""

    ON_THE_WAY = (
        "account_",
        "mfa_",
        "usersessions_",
        "second_step",
        "set_language",
        "about",
        "accessibility",
        "privacy",
        "healthz",
        "favicon",
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        assert request.resolver_match is not None  # A view was found.
        is_on_the_way = (request.resolver_match.view_name or "").startswith(self.ON_THE_WAY)
        if is_on_the_way or not isinstance(request.user, User) or not must_have_second_step(request.user):
            return None
        following = request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "")
        return redirect(f"{reverse('second_step')}?{urlencode({'next': following})}")


class KeepingLoginRequiredMiddleware(LoginRequiredMiddleware):
    """Every page is for people who are logged in unless it says otherwise; what somebody typed whose session has ended is kept till they are."""

    def process_request(self, request: HttpRequest) -> None:
        request.kept_form = None  # type: ignore[attr-defined]
        if request.method == "GET" and kept.KEPT in request.COOKIES and kept.BEGIN_AGAIN not in request.GET:
            request.kept_form = kept.kept_for(request)  # type: ignore[attr-defined]

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        response = super().handle_no_permission(request, view_func)
        kept.keep(request, response)
        return response

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:  # Of a visitor nothing is asked, and nothing set.
            kept.remember_who(request, response)
            is_sent = (request.method == "POST" and response.status_code < 500) or kept.BEGIN_AGAIN in request.GET
            if is_sent and request.user.is_authenticated and not hasattr(request, "has_kept_form"):
                kept.forget(request, response)
        return response
