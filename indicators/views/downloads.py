"""The files of a release: for everybody, and cheap to ask for again, since a release never changes."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from indicators.downloads import Contents, TooMuchError, write_csv, write_jsonstat, write_sdmx_csv, write_xlsx
from indicators.models import Period, Release
from indicators.views.territories import place_or_404

A_WEEK = 7 * 24 * 3600
MOST_A_MINUTE = 60
"""Files for one address. Asking whether a file has changed costs nothing and is not counted."""
FILTERS = ("indicator", "territory", "period")


class Format(NamedTuple):
    ending: str
    name: Any
    content_type: str
    write: Callable[[Contents], Any]
    hint: Any


FORMATS = [
    Format("csv", "CSV", "text/csv; charset=utf-8", write_csv, gettext_lazy("for any program; names beside the codes")),
    Format(
        "xlsx",
        "XLSX",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        write_xlsx,
        gettext_lazy("for spreadsheets; at most a million rows"),
    ),
    Format(
        "sdmx.csv",
        "SDMX-CSV 2.0",
        "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8",
        write_sdmx_csv,
        gettext_lazy("for statistical systems; codes only"),
    ),
    Format(
        "json",
        "JSON-stat 2.0",
        "application/json",
        write_jsonstat,
        gettext_lazy("for programs; at most a million cells"),
    ),
]
BY_ENDING = {one.ending: one for one in FORMATS}


def file_etag(request: HttpRequest, pk: int, ending: str) -> str | None:
    """The file follows from the release, the wishes and the language; None where there is no such release."""
    if ending not in BY_ENDING or not Release.objects.published().filter(pk=pk).exists():
        return None
    wishes = "|".join([ending, get_language() or "", *(request.GET.get(name, "") for name in FILTERS)])
    return f'"release-{pk}-{hashlib.sha256(wishes.encode()).hexdigest()[:16]}"'


@login_not_required
@require_safe
@condition(etag_func=file_etag)
def release_download(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """A release as a file, all of it or ?indicator=CODE, ?territory=scheme:code, ?period=2020."""
    if ending not in BY_ENDING:
        raise Http404
    wanted = BY_ENDING[ending]
    contents = contents_of(request, get_object_or_404(Release.objects.published(), pk=pk))
    if is_too_often(request):
        response = HttpResponse(
            _("Too many files at once. Wait a minute."), status=429, content_type="text/plain; charset=utf-8"
        )
        response.headers["Retry-After"] = "60"
        return response
    if request.method == "HEAD":
        return finished(HttpResponse(content_type=wanted.content_type), contents, ending)
    try:
        content = wanted.write(contents)
    except TooMuchError as error:
        text = _("This format carries at most %(most)s cells. Choose an indicator, a territory or a period.")
        return HttpResponse(text % {"most": error.args[0]}, status=400, content_type="text/plain; charset=utf-8")
    answer = FileResponse if hasattr(content, "read") else StreamingHttpResponse
    return finished(answer(content, content_type=wanted.content_type), contents, ending)


def finished(response: HttpResponseBase, contents: Contents, ending: str) -> HttpResponseBase:
    parts = [part.code for part in (contents.indicator, contents.territory, contents.period) if part]
    name = "-".join(["release", str(contents.release.pk), *parts])
    name = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    patch_cache_control(response, public=True, max_age=A_WEEK, immutable=True)
    patch_vary_headers(response, ["Accept-Language", "Cookie"])  # The reader's language.
    return response


def contents_of(request: HttpRequest, release: Release) -> Contents:
    """What of the release the address asks for; 404 where it names something that is not there."""
    code, territory, period = (request.GET.get(name, "") for name in FILTERS)
    scheme, _colon, place = territory.partition(":")
    of = get_object_or_404(Period, code=period) if period else None
    return Contents(
        release,
        get_object_or_404(release.indicators, code=code) if code else None,
        place_or_404(scheme, place, of.ends_on if of else None) if territory else None,
        of,
    )


def is_too_often(request: HttpRequest) -> bool:
    """Counted in the cache, for each address and minute. Without a cache nobody is turned away."""
    key = f"downloads:{request.META.get('REMOTE_ADDR', '')}:{timezone.now():%H%M}"
    if cache.add(key, 1, timeout=120):
        return False
    try:
        return cache.incr(key) > MOST_A_MINUTE
    except ValueError:  # It has just run out.
        return False
