"""Bringing figures in: take a file in, check what it holds, store it, approve it, or undo it. Each step is all or nothing.

Every file comes in by `ingest`. A step of a large one is done by a worker where somebody looks at a page meanwhile (`from_page`).
"""

import datetime
import logging
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from indicators.file_progress import claim
from indicators.imports import engine, kept_file, sources, steps
from indicators.imports.definition import read_layout, read_mapping
from indicators.imports.mapping import ImportMapping, layout_entries
from indicators.imports.messages import OF_A_STEP
from indicators.locks import Lock
from indicators.models import ImportBatch, ImportMessage, SavedMapping
from indicators.permissions import can_decide_import, keeps_figures_of
from indicators.quality import checks
from orgs.locks import lock_until_commit, number_of
from orgs.models import Organisation, User
from orgs.queue import enqueue
from orgs.readers.layout import FileLayout
from orgs.readers.problems import Problem
from orgs.storage import digest_of, name_of

State = ImportBatch.State
WORK = "indicators.tasks.work_on_imports"
LARGE = 2 << 20
"""In bytes: what is done to larger files is done by a worker, while the page says how far it is."""

logger = logging.getLogger(__name__)


@transaction.atomic
def ingest(
    *,
    file: File,
    mapping: dict[str, Any] | None = None,
    mapping_name: str = "",
    authority: Organisation | None = None,
    by: User | None = None,
    store: bool = False,
    from_page: bool = False,
) -> ImportBatch:
    """The one way in of every file. Without a mapping it is received, with what a first look sees in it, and described later.

    With one it is checked, by the quality rules too; no figure is stored, and nothing that others share. With `store` it is checked and stored
    in one pass. A file at fault gives an import in the state "refused" with its messages.
    Raises ValidationError where the mapping is at fault, where a file without one is no table, or where this very file, which shall be stored,
    is stored already and not yet approved; then nothing is kept.
    """
    refuse_foreign_name(authority, by)
    read = None if mapping is None else read_mapping(mapping)
    checksum, size = digest_of(file)
    if store and mapping is not None:
        refuse_same_file(checksum, mapping)
    batch = ImportBatch(
        authority=authority,
        mapping=mapping,
        mapping_name=mapping_name,
        file_name=name_of(file),
        size=size,
        checksum=checksum,
        state=State.RECEIVED,
        created_by=by,
    )
    if read is None:
        layout, contents = kept_file.look_at(file)
        batch.mapping, batch.contents = layout.as_json(), contents.as_json()
        kept_file.keep(batch, file)
        return batch
    batch.source = sources.known_source(read)
    if from_page and size > LARGE:
        engine.refuse_unfitting(read)
        kept_file.keep(batch, file)
        return _leave_to_worker(batch, State.CHECKING, by)
    findings = steps.check(batch, read, file, to_store=store)
    if findings.rows_read:  # Otherwise it is no table, and nobody needs it again.
        kept_file.keep(batch, file)
    if store and batch.state == State.CHECKED:
        steps.store(batch, read)
    return batch


@transaction.atomic
def read_file_again(*, batch: ImportBatch, layout: FileLayout, by: User | None = None) -> ImportBatch:
    """Looks at a kept file as somebody says that it is written. Raises ValidationError where it cannot be read so."""
    batch = locked(batch, *ImportBatch.DESCRIBABLE)
    refuse_others(batch, by)
    entries = layout.as_json()
    with kept_file.open_again(batch) as file:
        contents = kept_file.look_at(file, read_layout(entries))[1]
    known = layout_entries(batch.mapping)
    batch.mapping = {name: value for name, value in batch.mapping.items() if name not in known} | entries
    batch.contents = contents.as_json()
    batch.save()
    return batch


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
    batch.mapping, batch.mapping_name, batch.source = mapping, mapping_name, sources.known_source(read)
    engine.refuse_unfitting(read)
    if batch.size > LARGE:
        checks.forget(batch)
        return _leave_to_worker(batch, State.CHECKING, by)
    _check_kept(batch, read)
    return batch


@transaction.atomic
def store_import(*, batch: ImportBatch, by: User | None = None, from_page: bool = False) -> ImportBatch:
    """Stores the checked file's cells as submitted observations."""
    batch = locked(batch, State.CHECKED)
    refuse_others(batch, by)
    refuse_same_file(batch.checksum, batch.mapping, but=batch)
    if from_page and batch.size > LARGE:
        return _leave_to_worker(batch, State.STORING, by)
    steps.store_checked(batch, read_mapping(batch.mapping))
    return batch


def approve_import(*, batch: ImportBatch, by: User | None = None, from_page: bool = False) -> ImportBatch:
    """Makes the import's observations count: each supersedes the approved one of its cell. The rollup starts at once.

    Refused while a quality rule has something to say of it that nobody has accepted. What is found anew is kept though it refuses.
    """
    _refuse_report(batch)
    refuse_others(batch, by)
    if from_page and batch.size > LARGE:
        with transaction.atomic():
            batch = locked(batch, State.STORED)
            checks.refuse_open_findings(batch)
            return _leave_to_worker(batch, State.APPROVING, by)
    checks.examine_again(batch)
    with transaction.atomic():
        batch = locked(batch, State.STORED)
        steps.approve(batch, by)
    return batch


@transaction.atomic
def undo_import(*, batch: ImportBatch, by: User | None = None, from_page: bool = False) -> ImportBatch:
    """Takes the import back. Where its values counted, those that they had superseded count again."""
    _refuse_report(batch)
    refuse_others(batch, by)
    batch = locked(batch, State.DRAFT, State.RECEIVED, State.STORED, State.APPROVED)
    if from_page and batch.size > LARGE and batch.state in (State.STORED, State.APPROVED):
        return _leave_to_worker(batch, State.UNDOING, by)
    steps.undo(batch, by)
    return batch


# --- Large files: what is left to a worker ---------------------------------------------------------------------------


def _leave_to_worker(batch: ImportBatch, state: str, by: User | None) -> ImportBatch:
    batch.state, batch.asked_by, batch.attempts = state, by, 0
    batch.save()
    ImportMessage.objects.filter(batch=batch).delete()
    enqueue(WORK)
    return batch


def work_on_imports() -> int:
    """Does what was left to a worker, for each large file; for how many it was done. Any number of workers may call it, and one that dies
    loses nothing."""
    return sum(_work_on(pk) for pk in _with_worker().order_by("pk").values_list("pk", flat=True))


def _with_worker() -> QuerySet[ImportBatch]:
    return ImportBatch.objects.filter(state__in=ImportBatch.WITH_WORKER)


def _work_on(pk: int) -> int:
    """In one transaction under the import's lock, so that who dies leaves it as it was. Attempts are counted before."""
    mine = _with_worker().filter(pk=pk).select_for_update(skip_locked=True)
    with transaction.atomic():
        batch = mine.first()
        if batch is None:
            return 0
        state = batch.state
        batch.attempts += 1
        batch.save(update_fields=["attempts"])
    try:
        if state == State.APPROVING:
            _ask_rules_again(mine)
        with transaction.atomic():
            batch = mine.filter(state=state).first()
            if batch is None:
                return 0
            if batch.attempts > ImportBatch.MAX_ATTEMPTS:
                _give_back(batch, Problem("work_failed"))
                return 0
            _do(batch)
    except (DatabaseError, OSError, kept_file.FileIsGone):
        logger.exception("import %s could not be brought forward from %s", pk, state)
        return 0
    except (ValidationError, PermissionDenied) as refusal:
        with transaction.atomic():
            batch = mine.filter(state=state).first()
            if batch is not None:  # Otherwise another worker has it meanwhile.
                _give_back(batch, _problem_of(refusal))
        return int(state == State.CHECKING)
    return 1


def _problem_of(refusal: ValidationError | PermissionDenied) -> Problem:
    """Why a step was not taken, kept by its code: who reads it may read another language than the worker writes."""
    if isinstance(refusal, PermissionDenied):
        return Problem("not_allowed")
    if refusal.code in OF_A_STEP:
        return Problem(refusal.code, value=" ".join(str(value) for value in (refusal.params or {}).values())[:120])
    return Problem("mapping_at_fault", value=" ".join(refusal.messages)[:120])


def _ask_rules_again(mine: QuerySet[ImportBatch]) -> None:
    """In a transaction of its own: what is found anew is kept though it refuses."""
    with transaction.atomic():
        batch = mine.first()
        if batch is not None and batch.attempts <= ImportBatch.MAX_ATTEMPTS:
            claim(batch.pk)
            checks.examine(batch)


def _do(batch: ImportBatch) -> None:
    if batch.state == State.CHECKING:
        _check_kept(batch, read_mapping(batch.mapping))
        return
    refuse_others(batch, batch.asked_by)
    claim(batch.pk)
    if batch.state == State.STORING:
        refuse_same_file(batch.checksum, batch.mapping, but=batch)
        steps.store_checked(batch, read_mapping(batch.mapping))
    elif batch.state == State.APPROVING:
        steps.approve(batch, batch.asked_by)
    else:
        steps.undo(batch, batch.asked_by)


def _give_back(batch: ImportBatch, why: Problem) -> None:
    """What could not be done. A file that should be stored and no longer fits is checked again, which says line by line why."""
    if batch.state == State.STORING and why.code not in OF_A_STEP:
        _leave_to_worker(batch, State.CHECKING, batch.asked_by)
    elif batch.state == State.CHECKING:
        steps.note_check(batch, engine.Findings(problems=[why]))
    else:
        batch.state = _state_before(batch)
        batch.save()
        ImportMessage.objects.create(batch=batch, code=why.code, value=why.value)


def _state_before(batch: ImportBatch) -> str:
    """What the import was when a worker was asked to store, approve or undo it."""
    if batch.state == State.STORING:
        return State.CHECKED
    return State.APPROVED if batch.state == State.UNDOING and batch.observations.approved().exists() else State.STORED


def _check_kept(batch: ImportBatch, read: ImportMapping) -> None:
    claim(batch.pk)
    with kept_file.open_again(batch) as file:
        steps.check(batch, read, file)


# --- Refusals --------------------------------------------------------------------------------------------------------


def refuse_foreign_name(authority: Organisation | None, by: User | None) -> None:
    """Nobody brings figures in for an authority whose figures they do not keep, nor for the platform. `by` is None for the shell."""
    if by is not None and not (by.is_staff if authority is None else keeps_figures_of(by, authority)):
        raise PermissionDenied


def same_file(checksum: str, mapping: dict[str, Any], *, but: ImportBatch | None = None) -> ImportBatch | None:
    """The import by which this very file already came in by this mapping: approved, or waiting for approval."""
    held = ImportBatch.objects.filter(
        checksum=checksum, mapping=mapping, state__in=[ImportBatch.State.STORED, ImportBatch.State.APPROVED]
    )
    return (held.exclude(pk=but.pk) if but else held).first()


def refuse_same_file(checksum: str, mapping: dict[str, Any], *, but: ImportBatch | None = None) -> None:
    lock_until_commit(Lock.FILE, number_of(checksum))  # Of two at once, the second waits here and then sees the first.
    held = same_file(checksum, mapping, but=but)
    if held is not None and held.state == ImportBatch.State.STORED:
        raise ValidationError(
            _(
                "This file has already been imported and is to be approved: import %(number)s. Nothing was stored twice."
            ),
            params={"number": held.pk},
            code="same_file",
        )


def refuse_others(batch: ImportBatch, by: User | None) -> None:
    """Asked again where it is done, so that no page can forget it. `by` is None for the shell."""
    if by is not None and not can_decide_import(by, batch):
        raise PermissionDenied


def _refuse_report(batch: ImportBatch) -> None:
    if batch.kind == ImportBatch.Kind.REPORT:
        raise ValidationError(_("This is an organisation's report. Approve or return it on the page of the report."))


def locked(batch: ImportBatch, *states: str) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state not in states:
        raise ValidationError(
            _("This import is already in the state “%(state)s”."), params={"state": batch.get_state_display()}
        )
    return batch


@transaction.atomic
def remove_old_files(*, now: datetime.datetime) -> int:
    """Files of which no figures came do not stay for ever; how many went. What was found in them stays, and so does what nobody described.

    One that somebody is just describing is left for the next day.
    """
    last = now - datetime.timedelta(days=ImportBatch.DAYS_KEPT)
    old = ImportBatch.objects.filter(
        kind=ImportBatch.Kind.FILE, state__in=ImportBatch.PASSING, created_at__lt=last
    ).exclude(file="")
    batches = list(old.select_for_update(skip_locked=True, of=("self",)))
    for batch in batches:
        kept_file.forget(batch)
        if batch.state == ImportBatch.State.RECEIVED:
            batch.state, batch.decided_at = ImportBatch.State.UNDONE, now
        batch.save()
    return len(batches)


@transaction.atomic
def save_mapping(*, name: str, definition: dict[str, Any], by: User | None = None) -> SavedMapping:
    """Keeps a mapping for the next file. One that is there already keeps its meaning: others rely on it, so that a change gets a new name."""
    read_mapping(definition)
    # Of two at once, the second waits here and then sees the first.
    lock_until_commit(Lock.MAPPING_NAME, number_of(name))
    saved, created = SavedMapping.objects.get_or_create(name=name, defaults={"definition": definition})
    if not created and saved.definition != definition:
        raise ValidationError({"name": _("There is already a mapping with this name. Give this one another name.")})
    return saved
