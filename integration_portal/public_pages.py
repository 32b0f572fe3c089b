"""The pages that every visitor gets alike are made once, and served from the database until something public changes.

docs/decisions/0007-public-pages.md tells why it is so. What is kept is answered before sessions, accounts and views are reached, with one
query; what is not named in PAGES is never kept, and neither is anything that was made for somebody.
"""

import gzip
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.cache import get_conditional_response

from integration_portal.middleware import GetResponse
from orgs import installation
from orgs.compression import accepts_gzip
from orgs.middleware import language_of_visitor

PAGES = frozenset(
    {
        "home",
        "search",
        "about",
        "data_licence",
        "accessibility",
        "privacy",
        "organisation_detail",
        "territory_detail",
        "orgs:organisation_list",
        "indicators:territory_list",
        "indicators:territory_outlines",
        "indicators:indicator_list",
        "indicators:indicator_detail",
        "indicators:compare",
        "indicators:figure_detail",
        "indicators:release_list",
        "indicators:release_detail",
        "partnerships:partnership_list",
        "partnerships:partnership_detail",
        "partnerships:organisation_partnerships",
        "partnerships:practice_list",
        "partnerships:practice_detail",
        "partnerships:table_list",
        "partnerships:table_detail",
    }
)
"""By the names of their addresses: what a visitor sees there depends on the address, the language, the day and what is public."""

LONGEST_ADDRESS = 1000
CACHE_CONTROL = "public, max-age=0, must-revalidate"
"""A browser or a proxy may keep the page and asks each time whether it still holds, so that what is recalled is gone at once and whoever
logs in gets another. That answer costs one query."""
VARY = "Accept-Language, Accept-Encoding, HX-Request"
LOCKS = [threading.Lock() for _ in range(64)]
LONGEST_WAIT = 10
"""Seconds for which a thread waits while another makes the page that it was asked for too."""

LOOK_UP = "SELECT version, portal, content_type, language, cache_control, body FROM orgs_kept_page(%s, %s)"
KEEP = """
    INSERT INTO orgs_publicpage (key, version, made_at, content_type, language, cache_control, body) VALUES (%s, %s, now(), %s, %s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, made_at = excluded.made_at, content_type = excluded.content_type,
        language = excluded.language, cache_control = excluded.cache_control, body = excluded.body
"""


@dataclass(frozen=True)
class Kept:
    content_type: str
    language: str
    cache_control: str
    body: bytes
    """Compressed. No secret stands in it, so that its size betrays none (BREACH)."""


class PublicPagesMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.PUBLIC_PAGES_SECONDS or not is_of_a_stranger(request) or not is_page(request.path_info):
            return self.get_response(request)
        key, version, kept = look_up(request)
        if kept is None:
            with one_at_a_time(key) as has_waited:
                if has_waited:
                    key, version, kept = look_up(request)
                if kept is None:
                    response = self.get_response(request)
                    if not is_for_everybody(request, response):
                        return response
                    kept = keep(key, version, response)
        return answer(request, kept)


def is_of_a_stranger(request: HttpRequest) -> bool:
    """Who has no session is nobody; a fragment for htmx is no page."""
    return (
        request.method in ("GET", "HEAD")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and "HTTP_HX_REQUEST" not in request.META
        and "HTTP_AUTHORIZATION" not in request.META
        and len(request.get_full_path()) <= LONGEST_ADDRESS
    )


@lru_cache(maxsize=10_000)
def is_page(path: str) -> bool:
    """Whether the address is that of one of PAGES. Anything else, a file above all, passes by: nobody stands in line for it."""
    try:
        return resolve(path).view_name in PAGES
    except Resolver404:
        return False


def is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the view neither wrote a cookie or a token into its answer nor says that it must not be kept."""
    asked = response.headers.get("Cache-Control", "public")
    return (
        request.method == "GET"
        and response.status_code == 200
        and not response.streaming
        and not response.cookies
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
        and not request.user.is_authenticated
        and request.session.is_empty()
        and "public" in asked
    )


def key_of(request: HttpRequest) -> str:
    parts = [
        code_version(),
        language_of_visitor(request),
        timezone.localdate().isoformat(),
        request.get_host(),
        request.get_full_path(),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def code_version() -> str:
    """Of code, templates, texts and settings: another version of the portal never serves what the one before has made."""
    digest = hashlib.sha256(repr((settings.DEMO, settings.PUBLIC_URL, settings.LANGUAGES)).encode())
    root: Path = settings.BASE_DIR
    for folder in ("integration_portal", "orgs", "indicators", "partnerships", "templates", "locale"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".mo", ".json"):
                digest.update(path.read_bytes())
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    digest.update(manifest.read_bytes() if manifest.exists() else b"")
    return digest.hexdigest()


def look_up(request: HttpRequest) -> tuple[str, str, Kept | None]:
    """The key of the page, the version of what is public, and the page if it is kept of that version.

    The same query tells whether another process has changed the portal itself: its name, or its languages and time zone, which the key
    follows.
    """
    key = key_of(request)
    version, portal, kept = read_kept(key)
    if not installation.heard_of(portal):
        timezone.activate(installation.current().zone)  # TimeZoneMiddleware puts an end to it.
        key = key_of(request)
        version, _portal, kept = read_kept(key)
    return key, version, kept


def read_kept(key: str) -> tuple[str, int | None, Kept | None]:
    """Most requests read nothing but this, so that no other query goes before it to see whether the connection still holds."""
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        row = ask(key)
    except (OperationalError, InterfaceError):
        connection.close()
        row = ask(key)
    version, portal, content_type, language, cache_control, body = row
    return version, portal, None if body is None else Kept(content_type, language, cache_control, bytes(body))


def ask(key: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP, [key, settings.PUBLIC_PAGES_SECONDS])
        return cursor.fetchone()


def keep(key: str, version: str, response: HttpResponse) -> Kept:
    """Under the version that was public before the page was made: what changes meanwhile has another."""
    kept = Kept(
        response.headers["Content-Type"],
        response.headers.get("Content-Language", ""),
        response.headers.get("Cache-Control", CACHE_CONTROL),
        gzip.compress(response.content, 6, mtime=0),
    )
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [key, version, kept.content_type, kept.language, kept.cache_control, kept.body])
    return kept


def answer(request: HttpRequest, kept: Kept) -> HttpResponse:
    etag = f'W/"{hashlib.sha256(kept.body).hexdigest()[:32]}"'
    if accepts_gzip(request):
        response = HttpResponse(kept.body, content_type=kept.content_type)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(gzip.decompress(kept.body), content_type=kept.content_type)
    headers = {
        "Content-Length": str(len(response.content)),
        "Content-Language": kept.language,
        "Cache-Control": kept.cache_control,
        "Vary": VARY,
        "ETag": etag,
    }
    for name, value in headers.items():
        response.headers[name] = value
    conditional = get_conditional_response(request, etag=etag, response=response)
    assert isinstance(conditional, HttpResponse)
    return conditional


@contextmanager
def one_at_a_time(key: str) -> Iterator[bool]:
    """A crowd that asks for one page has it made once in each process. Says whether somebody else may have made it meanwhile."""
    lock = LOCKS[int(key[:8], 16) % len(LOCKS)]
    if lock.acquire(blocking=False):
        has_waited, is_held = False, True
    else:
        has_waited, is_held = True, lock.acquire(timeout=LONGEST_WAIT)
    try:
        yield has_waited
    finally:
        if is_held:
            lock.release()
