"""What holds for every answer of the portal, whichever view gives it."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.template.loader import render_to_string
from django.utils import translation
from django.views.defaults import bad_request

from orgs.storage import discard_upload

logger = logging.getLogger(__name__)

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "gamepad",
        "geolocation",
        "gyroscope",
        "hid",
        "idle-detection",
        "local-fonts",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "screen-wake-lock",
        "serial",
        "storage-access",
        "usb",
        "xr-spatial-tracking",
    )
)
"""What no page of the portal does, so that nothing that finds its way into one can: https://www.w3.org/TR/permissions-policy/."""

GetResponse = Callable[[HttpRequest], HttpResponse]


@cache
def content_security_policy() -> str:
    """As the settings say: no page has a policy or a nonce of its own, so that it is put together once and not with each answer."""
    return build_policy()


class OnePolicyMiddleware:
    """Every answer says what a page may load, unless its view has said so in its own way; Django's own pages of errors are left as they are."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page_of_the_debugger = settings.DEBUG and response.status_code in (404, 500)
        if not is_page_of_the_debugger:
            response.headers.setdefault(HEADER, content_security_policy())
        return response


class PrivacyMiddleware:
    """Nobody keeps what was made for somebody: a page stays in no cache, of the browser or on the way, unless its view says otherwise.

    A page for a signed-in person stays in none whatever its view says: somebody else may sit at the computer next, and "back" would show it
    after the log-out.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        user = getattr(request, "user", None)  # None where the answer was ready before anybody asked who it is for.
        if user is not None and user.is_authenticated:
            del response.headers["Cache-Control"]
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class ReadableRequestMiddleware:
    """No text that PostgreSQL can hold has a NUL in it, and no browser sends one: such a request is refused before a view looks at it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = [request.path_info, *request.COOKIES.values()]
        for name, values in request.GET.lists():
            sent += [name, *values]
        if any("\0" in text for text in sent):
            return refuse(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Here the body is read: Django's check of the token reads it next, and a view that takes it in its own way is exempt from that."""
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        try:
            sent = [text for name, values in request.POST.lists() for text in (name, *values)]
        except UnreadablePostError:
            return None  # Whoever sent it has gone.
        except OSError as error:  # A large file goes through the folder for temporary files.
            discard_upload(request)
            logger.error("An upload could not be taken in: %s", error)
            return HttpResponse(render_to_string("507.html"), status=507)
        return refuse(request) if any("\0" in text for text in sent) else None


def refuse(request: HttpRequest) -> HttpResponse:
    with translation.override(translation.get_language_from_request(request)):
        return bad_request(request, ValueError("NUL"))
