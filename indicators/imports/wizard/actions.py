"""Files of a kind that is new here: taken in, looked at, given a meaning column by column, and checked; large ones are checked and stored by a worker."""

import datetime
import logging
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from indicators.file_progress import FileProgress, claim, progress_of
from indicators.imports import engine
from indicators.imports.actions import (
    check_import,
    digest_of,
    forget_file,
    keep_file,
    known_source,
    locked,
    new_import,
    note_check,
    place_of,
    refuse_foreign_name,
    refuse_others,
    refuse_same_file,
    store_import,
)
from indicators.imports.definition import read_mapping
from indicators.imports.mapping import ImportMapping
from indicators.imports.messages import FileRefused, Problem, problem_text
from indicators.imports.progress import expected_figures
from indicators.imports.readers import sniffing
from indicators.imports.readers.sniffing import LAYOUT, FileContents, layout_of, look
from indicators.models import ImportBatch, ImportMessage
from indicators.models import SavedMapping as SavedMapping
from indicators.quality import checks
from orgs.models import Organisation, User
from orgs.queue import enqueue

CHECK_FILES = "indicators.tasks.check_files"
LARGE = 2 << 20
"""In bytes: larger files are checked by a worker, while the page says so."""

logger = logging.getLogger(__name__)


def take_in_file(
    *,
    mapping: dict[str, Any],
    file: File,
    authority: Organisation | None = None,
    mapping_name: str = "",
    by: User | None = None,
) -> ImportBatch:
    """A dry run for somebody who waits: as `check_import`, but a large file is only taken in, and checked by a worker."""
    if file.size <= LARGE:
        return check_import(mapping=mapping, file=file, authority=authority, mapping_name=mapping_name, by=by)
    read = read_mapping(mapping)
    engine.refuse_unfitting(read)
    checksum, size = digest_of(file)
    with transaction.atomic():
        batch = new_import(mapping, read, file, size, checksum, authority, mapping_name, by)
        batch.state = ImportBatch.State.QUEUED
        keep_file(batch, file)
        enqueue(CHECK_FILES)
    return batch


@transaction.atomic
def receive_file(*, file: File, authority: Organisation | None = None, by: User | None = None) -> ImportBatch:
    """Keeps a file of a kind that nobody has described yet, with what a first look sees in it.

    Raises ValidationError where it is no table that can be read; then nothing is kept.
    """
    refuse_foreign_name(authority, by)
    checksum, size = digest_of(file)
    try:
        layout = layout_of(file)
        contents = look(file, layout)
    except FileRefused as refusal:
        raise ValidationError([problem_text(problem) for problem in refusal.problems]) from None
    batch = ImportBatch.objects.create(
        authority=authority,
        mapping=layout,
        file_name=PurePath(file.name or "").name[:200],
        size=size,
        checksum=checksum,
        state=ImportBatch.State.UPLOADED,
        contents=contents.as_json(),
        created_by=by,
    )
    keep_file(batch, file)
    return batch


@transaction.atomic
def read_file_again(*, batch: ImportBatch, layout: dict[str, Any], by: User | None = None) -> ImportBatch:
    """Looks at a kept file as somebody says that it is written. Raises ValidationError where it cannot be read so."""
    batch = locked(batch, *ImportBatch.DESCRIBABLE)
    refuse_others(batch, by)
    contents = _look_at(batch, layout)
    kept = {name: value for name, value in batch.mapping.items() if name not in LAYOUT}
    batch.mapping, batch.contents = kept | layout, contents.as_json()
    batch.save()
    return batch


def contents_of(batch: ImportBatch) -> FileContents:
    """What there is in the kept file. Raises ValidationError where it cannot be read."""
    if batch.contents is not None:
        return FileContents.from_json(batch.contents)
    return _look_at(batch, {name: value for name, value in batch.mapping.items() if name in LAYOUT})


def texts_together(batch: ImportBatch, places: list[int], join: str) -> list[str]:
    """The different texts that some columns of the kept file have together. None where it cannot be read."""
    try:
        with open_kept_file(batch) as file:
            return sniffing.texts_together(
                file, {name: batch.mapping[name] for name in LAYOUT if name in batch.mapping}, places, join
            )
    except (FileRefused, OSError, ValidationError):
        return []


def _look_at(batch: ImportBatch, layout: dict[str, Any]) -> FileContents:
    try:
        with open_kept_file(batch) as file:
            return look(file, layout)
    except FileRefused as refusal:
        raise ValidationError([problem_text(problem) for problem in refusal.problems]) from None
    except OSError:
        raise file_is_gone() from None


def open_kept_file(batch: ImportBatch) -> File:
    """Raises ValidationError where the file is not there any more."""
    try:
        if not batch.file:
            raise FileNotFoundError
        return batch.file.open("rb")
    except OSError:
        raise file_is_gone() from None


def file_is_gone() -> ValidationError:
    return ValidationError(_("The file is gone from the portal. Send it again."))


@transaction.atomic
def describe_import(
    *, batch: ImportBatch, mapping: dict[str, Any], mapping_name: str = "", by: User | None = None
) -> ImportBatch:
    """Gives a kept file its mapping and checks it by that: at once, or by a worker where it is large.

    Raises ValidationError where the mapping is at fault.
    """
    batch = locked(batch, *ImportBatch.DESCRIBABLE)
    refuse_others(batch, by)
    read = read_mapping(mapping)
    batch.mapping, batch.mapping_name, batch.source = mapping, mapping_name, known_source(read)
    batch.attempts = 0
    engine.refuse_unfitting(read)
    if batch.size > LARGE:
        batch.state = ImportBatch.State.QUEUED
        batch.save()
        ImportMessage.objects.filter(batch=batch).delete()
        checks.forget(batch)
        enqueue(CHECK_FILES)
    else:
        try:
            _check_kept(batch, read)
        except OSError:
            raise file_is_gone() from None
    return batch


@transaction.atomic
def ask_to_store(*, batch: ImportBatch, by: User | None = None) -> ImportBatch:
    """Stores the checked file's cells: at once, or by a worker where it is large."""
    if batch.size <= LARGE:
        return store_import(batch=batch, by=by)
    batch = locked(batch, ImportBatch.State.CHECKED)
    refuse_others(batch, by)
    refuse_same_file(batch.checksum, batch.mapping, but=batch)
    batch.state, batch.attempts = ImportBatch.State.STORING, 0
    batch.save()
    enqueue(CHECK_FILES)
    return batch


def work_on_waiting_files() -> int:
    """Checks the large files that were taken in, and stores those that shall be; how many. Any number of workers may call it, and one that
    dies loses nothing."""
    waiting = ImportBatch.objects.filter(state__in=ImportBatch.WITH_WORKER).order_by("pk")
    return sum(_work_on(batch.pk) for batch in waiting)


def _work_on(pk: int) -> int:
    """In one transaction under the import's lock, so that who dies leaves it waiting. Attempts are counted before."""
    waiting = ImportBatch.objects.filter(pk=pk, state__in=ImportBatch.WITH_WORKER).select_for_update(skip_locked=True)
    with transaction.atomic():
        batch = waiting.first()
        if batch is None:
            return 0
        state = batch.state
        batch.attempts += 1
        batch.save(update_fields=["attempts"])
    try:
        with transaction.atomic():
            batch = waiting.first()
            if batch is None:
                return 0
            if batch.attempts > ImportBatch.MAX_ATTEMPTS:
                note_check(batch, engine.Findings(problems=[Problem("check_failed")]))
                return 0
            if batch.state == ImportBatch.State.STORING:
                claim(batch.pk)
                store_import(batch=batch)
            else:
                _check_kept(batch, read_mapping(batch.mapping))
    except ValidationError as refusal:
        return _refuse_waiting(waiting.filter(state=state), refusal)
    except (DatabaseError, OSError):
        logger.exception("import %s could not be checked or stored", pk)
        return 0
    return 1


@transaction.atomic
def _refuse_waiting(waiting: QuerySet[ImportBatch], refusal: ValidationError) -> int:
    """What should be stored and no longer fits is checked again, which says line by line why. Nothing where another worker has it meanwhile."""
    batch = waiting.first()
    if batch is None:
        return 0
    if batch.state == ImportBatch.State.STORING:
        batch.state, batch.attempts = ImportBatch.State.QUEUED, 0
        batch.save()
        enqueue(CHECK_FILES)
        return 0
    note_check(batch, engine.Findings(problems=[Problem("mapping_at_fault", value=" ".join(refusal.messages)[:120])]))
    return 1


def _check_kept(batch: ImportBatch, read: ImportMapping) -> None:
    claim(batch.pk)
    with batch.file.open("rb") as file:
        findings = engine.examine(file, read, within=place_of(batch.authority))
    note_check(batch, findings)


@transaction.atomic
def remove_old_files(*, now: datetime.datetime) -> int:
    """Files of which no figures came do not wait for ever; how many went. What was found in them stays, and so does what nobody described.

    One that somebody is just describing is left for the next day.
    """
    last = now - datetime.timedelta(days=ImportBatch.DAYS_KEPT)
    old = ImportBatch.objects.filter(
        kind=ImportBatch.Kind.FILE, state__in=ImportBatch.PASSING, created_at__lt=last
    ).exclude(file="")
    batches = list(old.select_for_update(skip_locked=True, of=("self",)))
    for batch in batches:
        forget_file(batch)
        if batch.state == ImportBatch.State.UPLOADED:
            batch.state, batch.decided_at = ImportBatch.State.UNDONE, now
        batch.save()
    return len(batches)


def progress_of_check(batch: ImportBatch) -> FileProgress:
    """How far the worker is with a large file."""
    try:
        with open_kept_file(batch) as file:
            expected = expected_figures(file, batch.size, read_mapping(batch.mapping))
    except (OSError, ValidationError):
        expected = None
    return progress_of(batch.pk, expected)


@transaction.atomic
def save_mapping(*, name: str, definition: dict[str, Any], by: User | None = None) -> SavedMapping:
    """Keeps a mapping for the next file. One that is there already keeps its meaning: others rely on it, so that a change gets a new name."""
    read_mapping(definition)
    with connection.cursor() as cursor:  # Of two of one name at once, the second waits here and then sees the first.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('indicators_savedmapping'))")
    saved, created = SavedMapping.objects.get_or_create(name=name, defaults={"definition": definition})
    if not created and saved.definition != definition:
        raise ValidationError({"name": _("There is another mapping of this name. Give this one a name of its own.")})
    return saved
