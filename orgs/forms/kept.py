"""What was typed into a form comes back after the session had ended: kept for an hour, sealed, and for the same browser and account alone.

A browser in which somebody is logged in holds a signed cookie by which it is known, later, whose session it was. Where a form arrives
without a session, what was typed is sealed with a new secret; the secret goes into a cookie of that browser, for the address of the form
alone, and the portal keeps the rest. After log-in the form opens with it. Passwords and files are never kept, and nothing of a page that
could not show it again.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.encoding import escape_uri_path

from orgs.forms.sent import TOKEN
from orgs.models import KeptForm, User

WHO = f"{settings.HOST_COOKIE}who"
WHO_AGE = settings.SESSION_COOKIE_AGE + 7 * 24 * 3600
KEPT = "__Secure-kept-form" if settings.HTTPS else "kept-form"
BEGIN_AGAIN = "begin_again"
SALT = "orgs.forms.kept"
LARGEST = 1 << 18
"""In bytes, of what was typed."""
NEVER = ("password", "passwd", "secret", "otp", "code_", "token")
COOKIE: dict[str, Any] = {"httponly": True, "samesite": "Lax", "secure": settings.HTTPS}


class NoFiles(FileUploadHandler):
    """Files are read and thrown away."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


def owner_of(user: User) -> str:
    return salted_hmac(SALT, str(user.pk), algorithm="sha256").hexdigest()


def remember_who(request: HttpRequest, response: HttpResponse) -> None:
    """In the browser of somebody who is logged in."""
    user = request.user
    if isinstance(user, User) and whose_session_it_was(request) != owner_of(user):
        response.set_signed_cookie(WHO, owner_of(user), salt=SALT, max_age=WHO_AGE, **COOKIE)


def whose_session_it_was(request: HttpRequest) -> str:
    """The owner; "" where nobody was logged in in this browser."""
    return str(request.get_signed_cookie(WHO, default="", salt=SALT, max_age=WHO_AGE))


def keep(request: HttpRequest, response: HttpResponse) -> bool:
    """Keeps what was typed into a form that arrived without its session, and gives the browser the key to it. Says whether it did."""
    owner = whose_session_it_was(request)
    view = request.resolver_match and getattr(request.resolver_match.func, "view_class", None)
    if request.method != "POST" or not owner or not getattr(view, "shows_kept_form", False):
        return False
    typed = typed_in(request)
    if not typed or len(typed) > LARGEST:
        return False
    secret = secrets.token_bytes(32)
    with transaction.atomic():
        KeptForm.objects.create(
            secret_digest=digest_of(secret.hex()),
            owner=owner,
            address=request.get_full_path(),
            sealed=Fernet(urlsafe_b64encode(secret)).encrypt(typed.encode()),
        )
        latest = KeptForm.objects.filter(owner=owner).order_by("-pk").values("pk")[: KeptForm.MOST]
        KeptForm.objects.filter(owner=owner).exclude(pk__in=list(latest.values_list("pk", flat=True))).delete()
    response.set_cookie(KEPT, secret.hex(), max_age=KeptForm.KEPT, path=escape_uri_path(request.path), **COOKIE)
    request.has_kept_form = True  # type: ignore[attr-defined]
    return True


def typed_in(request: HttpRequest) -> str:
    """The fields of the form as they would stand in an address, without passwords and files."""
    if not hasattr(request, "_files"):  # Nobody has read the body yet.
        request.upload_handlers = [NoFiles(request)]
    try:
        fields = request.POST.lists()
    except (MultiPartParserError, OSError):
        return ""
    kept = {
        name: values for name, values in fields if name != TOKEN and not any(part in name.lower() for part in NEVER)
    }
    return urlencode(kept, doseq=True)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def kept_for(request: HttpRequest) -> QueryDict | None:
    """What was typed at this address before its session ended, by the same person in the same browser."""
    secret = request.COOKIES.get(KEPT, "")
    if not secret or not isinstance(request.user, User):
        return None
    found = KeptForm.objects.filter(
        secret_digest=digest_of(secret),
        owner=owner_of(request.user),
        address=request.get_full_path(),
        created_at__gt=timezone.now() - KeptForm.KEPT,
    ).first()
    if found is None:
        return None
    try:
        typed = Fernet(urlsafe_b64encode(bytes.fromhex(secret))).decrypt(bytes(found.sealed))
    except (InvalidToken, ValueError):
        return None
    return QueryDict(typed)


def forget(request: HttpRequest, response: HttpResponse) -> None:
    """Once the form is sent anew, or its writer wants it empty."""
    secret = request.COOKIES.get(KEPT, "")
    found = KeptForm.objects.filter(secret_digest=digest_of(secret)).first() if secret else None
    if found is not None and urlsplit(found.address).path == urlsplit(request.get_full_path()).path:
        found.delete()
        response.delete_cookie(KEPT, path=escape_uri_path(request.path), samesite="Lax")
