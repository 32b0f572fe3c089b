"""Where uploads are kept: a file is there whole or not at all, and a full disk is said to the person who waits."""

import contextlib
import errno
import hashlib
import logging
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import IO

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db.models import FileField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
PART = ".part"
A_DAY = 24 * 3600
MADE_HERE = "releases/"
"""The folder of files that are made of what the database holds."""


class NoRoom(ValidationError):
    """The file could not be kept; whatever belonged to it is undone with the transaction."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The file could not be stored because the server is full. Tell the administrators of the portal, and try again later."
            ),
            code="no_room",
        )


def digest_of(file: IO[bytes] | File) -> tuple[str, int]:
    """SHA-256 in hexadecimal digits, and the size in bytes."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(1 << 20):
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return digest.hexdigest(), size


def name_of(file: File) -> str:
    return PurePath(file.name or "").name[:200]


class WholeFileStorage(FileSystemStorage):
    """Writes beside the place where the file will stand and puts it there in one step, so that nobody meets half a file.

    A file of less than a day stays when it is taken back, for `remove_orphans`: a backup copies the files, dumps the database and copies what
    has come since, and has every file that a row of its dump names whatever is taken back meanwhile (docs/operations.md). What the portal makes
    itself goes at once: a release that is recalled leaves no file.
    """

    def delete(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            if name.startswith(MADE_HERE) or Path(self.path(name)).stat().st_mtime < time.time() - A_DAY:
                super().delete(name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        try:
            return self._put(name, content)
        except OSError as error:
            logger.error("%s could not be kept: %s", name, error)
            raise NoRoom from error

    def _put(self, name: str, content: "File[bytes]") -> str:
        place = Path(self.path(name))
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = place.with_name(f".{secrets.token_hex(8)}{PART}")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            while not put_in_place(part, place):
                place = Path(self.path(self.get_available_name(str(place.relative_to(self.location)))))
        finally:
            part.unlink(missing_ok=True)
        return str(place.relative_to(self.location)).replace("\\", "/")


def discard_upload(request: HttpRequest) -> None:
    """What had come in of a file when the folder for temporary files was full. Django leaves it to the garbage collector."""
    for handler in request.upload_handlers:
        with contextlib.suppress(OSError):
            handler.upload_interrupted()


def put_in_place(part: Path, place: Path) -> bool:
    """False where something is there already: nothing is written over."""
    try:
        os.link(part, place)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if place.exists():
            return False
        part.rename(place)
    return True


def files_in_use() -> set[str]:
    """Every file that a row names, in whichever model."""
    return {
        name
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, FileField)
        for name in model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True).iterator()
        if name
    }


def remove_orphans(storage: FileSystemStorage) -> list[str]:
    """Files of which no row knows: taken back on their first day, or left by a transaction that was undone or a process that died. Those of the
    last day may belong to a transaction that is still open, or to a backup that is being made. Their names.
    """
    before = time.time() - A_DAY
    root = Path(storage.location)
    old = [path for path in files_below(root) if path.stat().st_mtime < before]
    used = files_in_use()  # Read after the files were listed: what became a row meanwhile is in use.
    orphans = [path for path in old if str(path.relative_to(root)) not in used]
    for path in orphans:
        path.unlink(missing_ok=True)
    return sorted(str(path.relative_to(root)) for path in orphans)


def files_below(root: Path) -> Iterator[Path]:
    for path in root.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink():
                yield path
