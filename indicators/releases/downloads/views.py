"""The files of a release: for everybody, and cheap to ask for again, since a release never changes. It may be recalled: so a copy is kept
for minutes only, and then asked for again, which costs nothing while it stands."""

import gzip
import hashlib
from typing import IO, cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control, patch_vary_headers
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from indicators.catalogue.addresses import place_or_404
from indicators.models import Period, Release, ReleaseFile
from indicators.releases.downloads.contents import Contents, TooMuchError
from indicators.releases.downloads.formats import FORMATS, Format
from indicators.releases.downloads.making import made
from indicators.releases.file_actions import ask_for_file
from orgs.accounts.authentication import client_address
from orgs.compression import accepts_gzip
from orgs.file_turns import all_taken, later, turn

FIVE_MINUTES = 300
"""As long may a cache between here and the reader still show what was recalled."""
MOST_A_MINUTE = 60
"""Files for one address. Asking whether a file has changed costs nothing and is not counted."""
FILTERS = ("indicator", "territory", "period")


def file_etag(request: HttpRequest, pk: int, ending: str) -> str | None:
    """The file follows from the release, the wishes and the language; None where there is no such release."""
    if ending not in FORMATS or not Release.objects.published().filter(pk=pk).exists():
        return None
    wishes = "|".join([ending, get_language() or "", *(request.GET.get(name, "") for name in FILTERS)])
    return f'"release-{pk}-{hashlib.sha256(wishes.encode()).hexdigest()[:16]}"'


@login_not_required
@require_safe
@condition(etag_func=file_etag)
def release_download(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """A release as a file, all of it or ?indicator=CODE, ?territory=scheme:code, ?period=2020.

    What is small is written at once, a few files at a time; a large release as a whole is the file that a worker has made of it.
    """
    if ending not in FORMATS:
        raise Http404
    wanted = FORMATS[ending]
    release = get_object_or_404(Release.objects.ever_published(), pk=pk)
    if release.is_recalled:
        return recalled(release)
    contents = contents_of(request, release)
    if is_too_often(request):
        return later(_("You have asked for too many files. Try again in a minute."), status=429, seconds=60)
    if request.method == "HEAD":
        return finished(HttpResponse(content_type=wanted.content_type), contents, ending)
    if contents.is_whole and contents.release.figures_count > wanted.at_once:
        return stored_file(request, contents, wanted)
    try:
        contents.refuse_above(wanted.at_once)
    except TooMuchError as error:
        text = _(
            "Files in this format have at most %(most)s cells. Choose an indicator, a territory or a period as well."
        )
        return too_much(text % {"most": error.args[0]})
    with turn(request) as has_turn:
        if not has_turn:
            return all_taken()
        content = made(contents, wanted)
    return finished(FileResponse(content, content_type=wanted.content_type), contents, ending)


class UnpackedFile(gzip.GzipFile):
    """What is in a packed file, which is closed with it."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__(fileobj=packed)
        self.packed = packed

    def close(self) -> None:
        super().close()
        self.packed.close()


def stored_file(request: HttpRequest, contents: Contents, wanted: Format) -> HttpResponseBase:
    """As a worker made it. Where it has not yet, it is asked for."""
    stored = ask_for_file(release=contents.release, wanted=wanted, language=get_language() or settings.LANGUAGE_CODE)
    if stored.state == ReleaseFile.State.TOO_LARGE:
        return too_much(_("This format cannot hold that many cells. Choose an indicator, a territory or a period."))
    if stored.state == ReleaseFile.State.FAILED:
        return later(_("This file could not be made. Choose another format, or a part."), status=503, seconds=3600)
    if not stored.is_ready:
        return later(_("This file is being made. Try again in a minute."), status=503, seconds=60)
    content: IO[bytes] = stored.file.open()
    goes_packed = stored.is_packed and accepts_gzip(request)
    if stored.is_packed and not goes_packed:
        content = cast("IO[bytes]", UnpackedFile(content))
    response = finished(FileResponse(content, content_type=wanted.content_type), contents, wanted.ending)
    patch_vary_headers(response, ["Accept-Encoding"])
    if goes_packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def too_much(text: str) -> HttpResponse:
    return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")


def recalled(release: Release) -> HttpResponse:
    text = _("This release was recalled on %(date)s: %(reason)s Please do not use or pass on a copy of it.")
    words = {"date": date_format(timezone.localtime(release.recalled_at)), "reason": release.recall_reason}
    response = HttpResponse(text % words, status=410, content_type="text/plain; charset=utf-8")
    add_never_cache_headers(response)
    return response


def finished(response: HttpResponseBase, contents: Contents, ending: str) -> HttpResponseBase:
    parts = [part.code for part in (contents.indicator, contents.territory, contents.period) if part]
    name = "-".join(["release", str(contents.release.pk), *parts])
    name = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    patch_cache_control(response, public=True, max_age=FIVE_MINUTES, must_revalidate=True)
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
    key = f"downloads:{client_address(request)}:{timezone.now():%H%M}"
    if cache.add(key, 1, timeout=120):
        return False
    try:
        return cache.incr(key) > MOST_A_MINUTE
    except ValueError:  # It has just run out.
        return False
