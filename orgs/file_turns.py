"""Files written for readers a few at a time, in the whole portal: the other threads of the web server go on with pages."""

import gzip
import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from orgs.locks import RegistryLock, session_lock

TURNS = 2
"""Files that are written at once."""


@contextmanager
def turn(request: HttpRequest) -> Iterator[bool]:
    """Holds one of the turns; False where all are taken, or where the reader left before hers came."""
    if has_left(request):
        yield False
        return
    with session_lock(RegistryLock.DOWNLOAD, range(TURNS)) as is_held:
        yield is_held


def has_left(request: HttpRequest) -> bool:
    """Whether the reader has closed the connection. Only Gunicorn says so; to any other server she is there until the answer is sent."""
    link = request.META.get("gunicorn.socket")
    if link is None:
        return False
    try:
        return link.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def spooled(parts: Iterable[bytes], ending: str, *, is_packed: bool = False) -> IO[bytes]:
    """The whole file, at its start and gone once it is closed. Nothing of it leaves before its last line is written, so that a reader who
    is slow holds no cursor, and one who leaves leaves no work behind.
    """
    file: IO[bytes] = tempfile.TemporaryFile(suffix=f".{ending}")  # noqa: SIM115  Whoever reads it closes it.
    target: Any = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0) if is_packed else file
    target.writelines(parts)
    if is_packed:
        target.close()
    file.seek(0)
    return file


def later(text: str, *, status: int, seconds: int) -> HttpResponse:
    """Not now; nobody may keep this answer."""
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


def all_taken() -> HttpResponse:
    return later(_("Other files are being prepared. Try again in a few seconds."), status=503, seconds=10)
