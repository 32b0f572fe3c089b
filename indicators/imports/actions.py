"""Bringing figures in: check a file, store what it holds, approve it, or undo it. Each step is all or nothing."""

import hashlib
from datetime import datetime
from functools import partial
from pathlib import PurePath
from typing import IO, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.imports import engine
from indicators.imports.definition import read_mapping
from indicators.imports.mapping import ImportMapping
from indicators.imports.messages import Problem, problem_text
from indicators.models import ImportBatch, ImportMessage, Source
from indicators.permissions import can_decide_import, keeps_figures_of
from indicators.quality import checks
from orgs.models import Organisation, Territory, User
from orgs.queue import enqueue

ROLL_UP = "indicators.tasks.roll_up"


def check_import(
    *,
    mapping: dict[str, Any],
    file: File,
    authority: Organisation | None = None,
    mapping_name: str = "",
    by: User | None = None,
) -> ImportBatch:
    """A dry run. The import keeps the file and what was found in it, by the quality rules too; no figure is stored, and nothing that others share.

    Raises ValidationError where the mapping is at fault; a file at fault gives an import in the state "refused" with its messages.
    """
    read = read_mapping(mapping)
    checksum, size = digest_of(file)
    with transaction.atomic():
        findings = engine.examine(file, read, within=place_of(authority))
        batch = new_import(mapping, read, file, size, checksum, authority, mapping_name, by)
        note_check(batch, findings)
        if findings.rows_read:  # Otherwise it is no table, and nobody needs it again.
            keep_file(batch, file)
    return batch


def place_of(authority: Organisation | None) -> Territory | None:
    """In which, and in whose parts, an authority's figures lie. None, everywhere, for the platform itself."""
    return authority.territory if authority else None


def refuse_foreign_name(authority: Organisation | None, by: User | None) -> None:
    """Nobody brings figures in for an authority whose figures they do not keep, nor for the platform. `by` is None for the shell."""
    if by is not None and not (by.is_staff if authority is None else keeps_figures_of(by, authority)):
        raise PermissionDenied


def keep_file(batch: ImportBatch, file: File) -> None:
    file.seek(0)
    batch.file.save(batch.file_name, file, save=True)


def forget_file(batch: ImportBatch) -> None:
    """The caller saves the import; the file goes with the transaction."""
    transaction.on_commit(partial(batch.file.storage.delete, str(batch.file.name)))
    batch.file, batch.contents = "", None


@transaction.atomic
def bring_in_file(
    *,
    mapping: dict[str, Any],
    file: File,
    authority: Organisation | None = None,
    mapping_name: str = "",
    by: User | None = None,
) -> ImportBatch:
    """Checks a file and stores it in one pass, in one transaction: the import is then stored, or refused with its messages.

    Raises ValidationError where the mapping is at fault, or this very file already waits for approval.
    """
    read = read_mapping(mapping)
    checksum, size = digest_of(file)
    refuse_same_file(checksum, mapping)
    findings = engine.examine(file, read, to_store=True, within=place_of(authority))
    batch = new_import(mapping, read, file, size, checksum, authority, mapping_name, by)
    note_findings(batch, findings)
    if batch.state == ImportBatch.State.CHECKED:
        file.seek(0)
        batch.file.save(batch.file_name, file, save=False)
        _store_cells(batch, read)
    return batch


def new_import(
    mapping: dict[str, Any],
    read: ImportMapping,
    file: File,
    size: int,
    checksum: str,
    authority: Organisation | None,
    mapping_name: str,
    by: User | None,
) -> ImportBatch:
    refuse_foreign_name(authority, by)
    return ImportBatch.objects.create(
        authority=authority,
        source=known_source(read),
        mapping=mapping,
        mapping_name=mapping_name,
        file_name=PurePath(file.name or "").name[:200],
        size=size,
        checksum=checksum,
        state=ImportBatch.State.REFUSED,
        created_by=by,
    )


def known_source(read: ImportMapping) -> Source | None:
    """The source that the mapping names, where the portal has it: a check writes none."""
    return Source.objects.filter(name=read.source["name"]).first()


def source_of(read: ImportMapping) -> Source:
    """The source that the mapping names, made where it is new. What is known of one stays: others' figures stand beside it."""
    defaults = {name: read.source[name] for name in ("publisher", "licence", "url")}
    return Source.objects.get_or_create(name=read.source["name"], defaults=defaults)[0]


def source_in_file(batch: ImportBatch) -> dict[str, str]:
    """What the mapping of a file says of its source, where that differs from what the portal keeps; {} otherwise."""
    try:
        read = read_mapping(batch.mapping)
    except ValidationError:
        return {}
    if batch.source is None or batch.source.name != read.source["name"]:
        return {}
    given = {name: read.source[name] for name in ("publisher", "licence", "url")}
    return {name: text for name, text in given.items() if text and text != getattr(batch.source, name)}


def note_check(batch: ImportBatch, findings: engine.Findings) -> None:
    """What a dry run found, within its transaction: what is wrong with the file, or else what the quality rules say of its figures."""
    note_findings(batch, findings)
    if batch.state == ImportBatch.State.CHECKED:
        checks.examine(batch, is_stored=False)
    else:
        checks.forget(batch)


def note_findings(batch: ImportBatch, findings: engine.Findings) -> None:
    batch.state = ImportBatch.State.REFUSED if findings.problems else ImportBatch.State.CHECKED
    for name in ("rows_read", "rows_left_out", "cells_new", "cells_changed", "cells_same", "unused_columns"):
        setattr(batch, name, getattr(findings, name))
    batch.problems = len(findings.problems)
    batch.save()
    ImportMessage.objects.filter(batch=batch).delete()
    ImportMessage.objects.bulk_create(
        ImportMessage(
            batch=batch,
            code=problem.code,
            line=problem.line,
            column=problem.column[:120],
            value=problem.value[:120],
            rows=problem.rows,
        )
        for problem in findings.problems
    )


def same_file(checksum: str, mapping: dict[str, Any], *, but: ImportBatch | None = None) -> ImportBatch | None:
    """The import by which this very file already came in by this mapping: approved, or waiting for approval."""
    held = ImportBatch.objects.filter(
        checksum=checksum, mapping=mapping, state__in=[ImportBatch.State.STORED, ImportBatch.State.APPROVED]
    )
    return (held.exclude(pk=but.pk) if but else held).first()


def refuse_same_file(checksum: str, mapping: dict[str, Any], *, but: ImportBatch | None = None) -> None:
    with connection.cursor() as cursor:  # Of two at once, the second waits here and then sees the first.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('indicators_import_file'), hashtext(%s))", [checksum])
    held = same_file(checksum, mapping, but=but)
    if held is not None and held.state == ImportBatch.State.STORED:
        raise ValidationError(
            _("This very file is already in: import %(number)s, which waits for approval. Nothing was stored twice."),
            params={"number": held.pk},
        )


def message_text(message: ImportMessage) -> str:
    """The message in the reader's language."""
    return problem_text(Problem(message.code, message.line, message.column, message.value, message.rows))


@transaction.atomic
def store_import(*, batch: ImportBatch, by: User | None = None) -> ImportBatch:
    """Stores the checked file's cells as submitted observations. The file is read again: what changed since the check counts."""
    batch = locked(batch, ImportBatch.State.CHECKED, ImportBatch.State.STORING)
    refuse_others(batch, by)
    refuse_same_file(batch.checksum, batch.mapping, but=batch)
    read = read_mapping(batch.mapping)
    with batch.file.open("rb") as file:
        findings = engine.examine(file, read, to_store=True, within=place_of(batch.authority))
    if findings.problems:
        raise ValidationError(
            _("The file no longer fits the portal: %(problem)s Check it again."),
            params={"problem": problem_text(findings.problems[0])},
        )
    batch.cells_new, batch.cells_changed, batch.cells_same = (
        findings.cells_new,
        findings.cells_changed,
        findings.cells_same,
    )
    _store_cells(batch, read)
    return batch


def _store_cells(batch: ImportBatch, read: ImportMapping) -> None:
    """The one step by which the cells of a file are stored: what the rules say of them stands there from then on."""
    batch.source = source_of(read)
    engine.store(batch.pk, batch.source.pk)
    batch.state = ImportBatch.State.STORED
    batch.save()
    checks.examine(batch)


def approve_import(*, batch: ImportBatch, by: User | None = None) -> ImportBatch:
    """Makes the import's observations count: each supersedes the approved one of its cell. The rollup starts at once.

    Refused while a quality rule has something to say of it that nobody has accepted. What is found anew is kept though it refuses.
    """
    _refuse_report(batch)
    refuse_others(batch, by)
    checks.examine_again(batch)
    return approve_batch(batch, by)


@transaction.atomic
def approve_batch(batch: ImportBatch, by: User | None) -> ImportBatch:
    """The approval of every batch: a file, what was typed, a report. What lies elsewhere by now, since the tree or the authority changed,
    counts no more."""
    batch = locked(batch, ImportBatch.State.STORED)
    if batch.authority is not None:
        own = Territory.objects.within(batch.authority.territory)
        if batch.observations.exclude(territory__in=own.values("pk")).exists():
            raise ValidationError(
                _("Some of these figures are not in the territory of %(authority)s."),
                params={"authority": batch.authority},
            )
    checks.refuse_open_findings(batch)
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"batch": batch.pk})
        cursor.execute(SUPERSEDE_APPROVED, {"batch": batch.pk})
        cursor.execute(APPROVE, {"batch": batch.pk, "by": by.pk if by else None, "at": now})
        if cursor.rowcount >= engine.MANY_ROWS:  # The rollup starts at once, and plans by how many count.
            cursor.execute("ANALYZE indicators_observation")
    return _decided(batch, ImportBatch.State.APPROVED, by, now)


def undo_import(*, batch: ImportBatch, by: User | None = None) -> ImportBatch:
    """Takes the import back. Where its values counted, those that they had superseded count again."""
    _refuse_report(batch)
    refuse_others(batch, by)
    return undo_batch(batch, by)


@transaction.atomic
def undo_batch(batch: ImportBatch, by: User | None) -> ImportBatch:
    batch = locked(
        batch, ImportBatch.State.DRAFT, ImportBatch.State.UPLOADED, ImportBatch.State.STORED, ImportBatch.State.APPROVED
    )
    if batch.state == ImportBatch.State.UPLOADED:  # It never became figures, so that nobody needs to look it up.
        forget_file(batch)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"batch": batch.pk})
        cursor.execute(RESTORABLE, {"batch": batch.pk})
        cursor.execute(WITHDRAW, {"batch": batch.pk})
        cursor.execute(RESTORE)
        cursor.execute("DROP TABLE restorable")
    return _decided(batch, ImportBatch.State.UNDONE, by, timezone.now())


def refuse_others(batch: ImportBatch, by: User | None) -> None:
    """Asked again where it is done, so that no page can forget it. `by` is None for the shell."""
    if by is not None and not can_decide_import(by, batch):
        raise PermissionDenied


def _refuse_report(batch: ImportBatch) -> None:
    if batch.kind == ImportBatch.Kind.REPORT:
        raise ValidationError(_("This is an organisation's report: approve or return it on its own page."))


def digest_of(file: IO[bytes] | File) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(1 << 20):
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return digest.hexdigest(), size


def locked(batch: ImportBatch, *states: str) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state not in states:
        raise ValidationError(
            _("This import is already in the state “%(state)s”."), params={"state": batch.get_state_display()}
        )
    return batch


def _decided(batch: ImportBatch, state: str, by: User | None, at: datetime) -> ImportBatch:
    batch.state, batch.decided_by, batch.decided_at = state, by, at
    batch.save()
    enqueue(ROLL_UP)
    return batch


SAME_CELL = """(old.indicator_id, old.period_id, old.territory_id, old.breakdown_id)
    = (new.indicator_id, new.period_id, new.territory_id, new.breakdown_id)"""

# Decisions about the same indicator take turns with each other and with imports: one that supersedes what another is approving would
# leave a cell without any value.
LOCK = """
    SELECT pg_advisory_xact_lock(hashtext('indicators_importbatch'), indicator_id::int)
    FROM (SELECT DISTINCT indicator_id FROM indicators_observation WHERE batch_id = %(batch)s ORDER BY 1) AS touched
"""

SUPERSEDE_APPROVED = f"""
    UPDATE indicators_observation old SET status = 'superseded' FROM indicators_observation new
    WHERE new.batch_id = %(batch)s AND new.status = 'submitted' AND old.status = 'approved' AND {SAME_CELL}
"""

APPROVE = """
    UPDATE indicators_observation SET status = 'approved', approved_by_id = %(by)s, approved_at = %(at)s
    WHERE batch_id = %(batch)s AND status = 'submitted'
"""

# For each cell of the import that counts now: the last value that counted before it and was not taken back.
RESTORABLE = f"""
    CREATE TEMPORARY TABLE restorable ON COMMIT DROP AS
    SELECT DISTINCT ON (old.indicator_id, old.period_id, old.territory_id, old.breakdown_id) old.id
    FROM indicators_observation new JOIN indicators_observation old ON {SAME_CELL}
    WHERE new.batch_id = %(batch)s AND new.status = 'approved' AND old.status = 'superseded' AND old.approved_at IS NOT NULL
    ORDER BY old.indicator_id, old.period_id, old.territory_id, old.breakdown_id, old.approved_at DESC, old.id DESC
"""

WITHDRAW = "UPDATE indicators_observation SET status = 'withdrawn' WHERE batch_id = %(batch)s AND status IN ('draft', 'submitted', 'approved')"

RESTORE = "UPDATE indicators_observation SET status = 'approved' WHERE id IN (SELECT id FROM restorable)"
