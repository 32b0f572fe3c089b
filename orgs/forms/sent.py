"""A form that is sent several times, by a double press or four times at once, acts once; every other sending is led to what the first one led to.

The key of a sending is the token that the page carries against forgery (`csrf_token`): it is in every form, made at random each time a
page is shown, and checked before a view runs. With it count who sends, where to, and what: who goes back and sends something else means
something else.
"""

import hashlib
import json
from collections.abc import Callable

from django.db import connection, transaction
from django.http import HttpRequest

from orgs.models import SentForm

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of the field


def key_of(request: HttpRequest) -> str | None:
    """None where nothing was sent from a page."""
    token = request.POST.get(TOKEN)
    if request.method != "POST" or not token:
        return None
    said = sorted((name, values) for name, values in request.POST.lists() if name != TOKEN)
    files = sorted((name, file.name, file.size) for name, found in request.FILES.lists() for file in found)
    sending = [token, str(request.user.pk), request.get_full_path(), said, files]
    return hashlib.sha256(json.dumps(sending).encode()).hexdigest()


def act_once(request: HttpRequest, act: Callable[[], str]) -> str:
    """Does what the form is for, in one transaction with the mark that it was done, and says where that led; or where it led before.

    Who comes while the first one is at work waits for it. Where the first one fails, the next one is the first.
    """
    key = key_of(request)
    with transaction.atomic():
        if not is_first(key):
            return led_to(key) or request.get_full_path()
        url = act()
        SentForm.objects.filter(key=key).update(url=url)
    return url


def is_first(key: str | None) -> bool:
    """Within a transaction. Another one that holds the key is waited for."""
    if key is None:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orgs_sentform (key, url, created_at) VALUES (%s, '', now()) ON CONFLICT DO NOTHING", [key]
        )
        return bool(cursor.rowcount)


def led_to(key: str | None) -> str | None:
    """Where this very sending led before; None where there was none."""
    found = SentForm.objects.filter(key=key).first() if key else None
    return found.url if found else None
