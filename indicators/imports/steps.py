"""What is done to an import in each of its steps, within the transaction of who calls: checked, stored, approved, undone.

`indicators/imports/actions.py` says who may ask for a step, and whether it is done at once or by a worker.
"""

from typing import IO

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.sql import SQL

from indicators.imports import engine, kept_file, sources
from indicators.imports.mapping import ImportMapping
from indicators.imports.messages import problem_text
from indicators.locks import lock_indicators_sql
from indicators.models import ImportBatch, ImportMessage
from indicators.quality import checks
from orgs.models import Organisation, Territory, User
from orgs.models.reach import places_of_figures
from orgs.queue import enqueue

ROLL_UP = "indicators.tasks.roll_up"


def place_of(authority: Organisation | None) -> Territory | None:
    """In which, and in whose parts, an authority's figures lie. None, everywhere, for the platform itself."""
    return authority.territory if authority else None


def check(batch: ImportBatch, read: ImportMapping, file: IO[bytes], *, to_store: bool = False) -> engine.Findings:
    """What is wrong with the file, or else what the quality rules say of its figures. `to_store`: the cells are left where `store` finds them,
    which asks the rules itself."""
    findings = engine.examine(file, read, to_store=to_store, within=place_of(batch.authority))
    note_check(batch, findings, ask_rules=not to_store)
    return findings


def note_check(batch: ImportBatch, findings: engine.Findings, *, ask_rules: bool = True) -> None:
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
    if batch.state == ImportBatch.State.REFUSED:
        checks.forget(batch)
    elif ask_rules:
        checks.examine(batch, is_stored=False)


def store(batch: ImportBatch, read: ImportMapping) -> None:
    """The one step by which the cells of a file are stored: what the rules say of them stands there from then on."""
    batch.source = sources.source_of(read)
    engine.store(batch.pk, batch.source.pk)
    batch.state = ImportBatch.State.STORED
    batch.save()
    ImportMessage.objects.filter(batch=batch).delete()
    checks.examine(batch)


def store_checked(batch: ImportBatch, read: ImportMapping) -> None:
    """Stores the kept file. It is read again: what changed since the check counts. Raises ValidationError where it no longer fits."""
    with kept_file.open_again(batch) as file:
        findings = engine.examine(file, read, to_store=True, within=place_of(batch.authority))
    if findings.problems:
        raise ValidationError(
            _("The file no longer fits the portal. %(problem)s Check it again."),
            params={"problem": problem_text(findings.problems[0])},
        )
    for name in ("cells_new", "cells_changed", "cells_same"):
        setattr(batch, name, getattr(findings, name))
    store(batch, read)


def approve(batch: ImportBatch, by: User | None) -> None:
    """Of every import: a file, what was typed, a report. What lies elsewhere by now, since the tree or the authority changed, counts no more."""
    if batch.authority is not None:
        own = places_of_figures(batch.authority.territory)
        if batch.observations.exclude(territory__in=own.values("pk")).exists():
            raise ValidationError(
                _("Some of these figures are not in the territory of %(authority)s."),
                params={"authority": batch.authority},
                code="elsewhere",
            )
    checks.refuse_open_findings(batch)
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"batch": batch.pk})
        cursor.execute(SUPERSEDE_APPROVED, {"batch": batch.pk})
        cursor.execute(APPROVE, {"batch": batch.pk, "by": by.pk if by else None, "at": now})
        if cursor.rowcount >= engine.MANY_ROWS:  # The rollup starts at once, and plans by how many count.
            cursor.execute("ANALYZE indicators_observation")
    _note_decision(batch, ImportBatch.State.APPROVED, by)


def undo(batch: ImportBatch, by: User | None) -> None:
    """Takes the import back. Where its values counted, those that they had superseded count again."""
    if batch.state == ImportBatch.State.RECEIVED:  # It never became figures, so that nobody needs to look it up.
        kept_file.forget(batch)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"batch": batch.pk})
        cursor.execute(RESTORABLE, {"batch": batch.pk})
        cursor.execute(WITHDRAW, {"batch": batch.pk})
        cursor.execute(RESTORE)
        cursor.execute("DROP TABLE restorable")
    _note_decision(batch, ImportBatch.State.UNDONE, by)


def _note_decision(batch: ImportBatch, state: str, by: User | None) -> None:
    batch.state, batch.decided_by, batch.decided_at = state, by, timezone.now()
    batch.save()
    ImportMessage.objects.filter(batch=batch).delete()
    enqueue(ROLL_UP)


SAME_CELL = SQL("""(old.indicator_id, old.period_id, old.territory_id, old.breakdown_id)
    = (new.indicator_id, new.period_id, new.territory_id, new.breakdown_id)""")

# Decisions about the same indicator take turns with each other and with imports: one that supersedes what another is approving would
# leave a cell without any value.
LOCK = lock_indicators_sql(
    "SELECT DISTINCT indicator_id AS id FROM indicators_observation WHERE batch_id = %(batch)s ORDER BY 1"
)

SUPERSEDE_APPROVED = SQL("""
    UPDATE indicators_observation old SET status = 'superseded' FROM indicators_observation new
    WHERE new.batch_id = %(batch)s AND new.status = 'submitted' AND old.status = 'approved' AND {same_cell}
""").format(same_cell=SAME_CELL)

APPROVE = """
    UPDATE indicators_observation SET status = 'approved', approved_by_id = %(by)s, approved_at = %(at)s
    WHERE batch_id = %(batch)s AND status = 'submitted'
"""

# For each cell of the import that counts now: the last value that counted before it and was not taken back.
RESTORABLE = SQL("""
    CREATE TEMPORARY TABLE restorable ON COMMIT DROP AS
    SELECT DISTINCT ON (old.indicator_id, old.period_id, old.territory_id, old.breakdown_id) old.id
    FROM indicators_observation new JOIN indicators_observation old ON {same_cell}
    WHERE new.batch_id = %(batch)s AND new.status = 'approved' AND old.status = 'superseded' AND old.approved_at IS NOT NULL
    ORDER BY old.indicator_id, old.period_id, old.territory_id, old.breakdown_id, old.approved_at DESC, old.id DESC
""").format(same_cell=SAME_CELL)

WITHDRAW = "UPDATE indicators_observation SET status = 'withdrawn' WHERE batch_id = %(batch)s AND status IN ('draft', 'submitted', 'approved')"

RESTORE = "UPDATE indicators_observation SET status = 'approved' WHERE id IN (SELECT id FROM restorable)"
