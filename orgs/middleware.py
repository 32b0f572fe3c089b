from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header


def chosen_language(request: HttpRequest) -> str:
    """The one that a person pressed (cookie); empty where none was."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in settings.OFFERED_LANGUAGES else ""


def language_of_visitor(request: HttpRequest) -> str:
    """Pressed, else the one of the offered languages that the browser likes best. One of which half the texts are missing helps nobody."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    liked = [chosen_language(request), *(wanted.partition("-")[0] for wanted, _weight in accepted)]
    return next((code for code in liked if code in settings.OFFERED_LANGUAGES), settings.LANGUAGE_CODE)


class AccountLocaleMiddleware:
    """The language a person pressed (cookie), else that of the account, else the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        own = user.language if user.is_authenticated else ""
        chosen = chosen_language(request) or (
            own if own in settings.OFFERED_LANGUAGES else language_of_visitor(request)
        )
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        return response
