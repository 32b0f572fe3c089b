from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header


class AccountLocaleMiddleware:
    """The language a person pressed (cookie), else that of the account, else the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen not in settings.OFFERED_LANGUAGES:
            user = request.user
            chosen = user.language if user.is_authenticated else ""
        if chosen not in settings.OFFERED_LANGUAGES:
            chosen = language_of_browser(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        return response


def language_of_browser(request: HttpRequest) -> str:
    """The one of the offered languages that the browser likes best. A language of which half the texts are missing helps nobody."""
    for wanted, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        code = wanted.partition("-")[0]
        if code in settings.OFFERED_LANGUAGES:
            return code
    return settings.LANGUAGE_CODE
