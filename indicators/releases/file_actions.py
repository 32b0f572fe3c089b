"""The files of a release: asked for when it is published or wanted, made by a worker, removed once nobody needs them."""

import datetime
import logging
from functools import partial

from django.conf import settings
from django.core.files import File
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone, translation

from indicators.models import Release, ReleaseFile
from indicators.releases.downloads.contents import Contents, TooMuchError
from indicators.releases.downloads.formats import FORMATS, Format
from indicators.releases.downloads.making import made
from orgs.queue import enqueue

logger = logging.getLogger(__name__)

MAKE_FILES = "indicators.tasks.make_release_files"
KEPT = datetime.timedelta(days=30)
"""For so long after it was made the file of a release that is no longer the latest is kept; whoever asks has it made again."""


def ask_for_file(*, release: Release, wanted: Format, language: str) -> ReleaseFile:
    """The file of a published release as it is now; a worker makes it if it is not there."""
    file, is_new = ReleaseFile.objects.get_or_create(release=release, format=wanted.ending, language=language)
    if is_new:
        enqueue(MAKE_FILES)
    return file


def ask_for_all_files(*, release: Release) -> None:
    """Those that are too large to be made while somebody waits, in every language."""
    for wanted in FORMATS.values():
        if release.figures_count > wanted.at_once:
            for language, _name in settings.LANGUAGES:
                ask_for_file(release=release, wanted=wanted, language=language)


def make_release_files() -> int:
    """Makes what was asked for, one after the other; how many. Any number of workers may call it: each file has one maker, by a lock on
    its row, and a file whose maker died is still waiting. Attempts are counted before; after three the file has failed.
    """
    count = 0
    tried: list[int] = []
    while (pk := _next(tried)) is not None:
        tried.append(pk)
        try:
            count += _make(pk)
        except (DatabaseError, OSError):
            logger.exception("The file %s of a release could not be made", pk)
    return count


def _next(tried: list[int]) -> int | None:
    """Counts the attempt and commits that before the work begins."""
    with transaction.atomic():
        waiting = ReleaseFile.objects.filter(state=ReleaseFile.State.WAITING).exclude(pk__in=tried)
        file = waiting.select_for_update(skip_locked=True).order_by("pk").first()
        if file is None:
            return None
        file.attempts = F("attempts") + 1
        file.save(update_fields=["attempts"])
        return file.pk


def _make(pk: int) -> int:
    with transaction.atomic():
        files = ReleaseFile.objects.filter(pk=pk, state=ReleaseFile.State.WAITING)
        file = files.select_for_update(skip_locked=True, of=("self",)).select_related("release").first()
        if file is None:
            return 0
        if file.attempts > ReleaseFile.MAX_ATTEMPTS:
            file.state = ReleaseFile.State.FAILED
        else:
            _fill(file)
        file.save()
    return int(file.is_ready)


def _fill(file: ReleaseFile) -> None:
    wanted = FORMATS[file.format]
    name = f"{file.release_id}-{file.language}.{wanted.ending}{'.gz' if wanted.is_text else ''}"
    try:
        with (
            translation.override(file.language),
            made(Contents(file.release), wanted, is_packed=wanted.is_text) as content,
        ):
            size = content.seek(0, 2)
            content.seek(0)
            storage, field = file.file.storage, file.file.field
            storage.delete(field.generate_filename(file, name))  # What a maker left that died before it could say so.
            file.file.save(name, File(content), save=False)
    except TooMuchError:
        file.state = ReleaseFile.State.TOO_LARGE
        return
    file.state, file.size, file.made_at = ReleaseFile.State.READY, size, timezone.now()


@transaction.atomic
def remove_release_files(*, release: Release) -> int:
    """All files of one release, from the disk too once that is committed; how many."""
    return _remove(list(release.files.select_for_update()))


@transaction.atomic
def remove_old_release_files(*, now: datetime.datetime) -> int:
    """Those of earlier releases, some time after they were made; how many."""
    current = Release.objects.current()
    old = ReleaseFile.objects.filter(made_at__lt=now - KEPT).exclude(release=current)
    return _remove(list(old.select_for_update(skip_locked=True)))


def _remove(files: list[ReleaseFile]) -> int:
    names = [(file.file.storage, file.file.name) for file in files if file.file.name]
    ReleaseFile.objects.filter(pk__in=[file.pk for file in files]).delete()
    for storage, name in names:
        transaction.on_commit(partial(storage.delete, str(name)))
    return len(files)
