"""The rollup: from approved observations to the figures of every territory, margin and period (engineering rules 1 to 7).

Work is cut into slices, an indicator in a year. A worker claims a batch of slices with SKIP LOCKED, takes their dirty marks and recomputes
just the marked territories and those above them, in one transaction: whoever dies leaves the marks and the claim for the next one. A slice
that failed before is done alone, so that a poisoned one spoils no other. Within a batch, for all of its slices at once,

1. periods: where a territory reported months, its quarters, half-years and years follow by the indicator's operator over time;
2. categories: a complete set of groups in one territory gives their whole, one rank of the breakdowns after another;
3. territories: from the deepest level up, the parts of a territory give it, for every breakdown that the two steps before left open.

A reported figure stands above all of them; what would have been computed is kept beside it, to show the discrepancy. Counts, ratios and
means pool alike, by the sums of numerators and denominators. Scores and rates without their parts are never combined. Everything is
`numeric`, so that the order of additions does not matter.
"""

import logging
import os
import socket
from contextlib import ExitStack
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F
from django.utils import timezone
from psycopg2.sql import SQL, Identifier

from indicators import emails
from indicators.locks import Lock
from indicators.models import RollupRun, Slice
from indicators.rollup import comparison, sql, statements
from indicators.vocabulary import Origin
from orgs.locks import session_lock

logger = logging.getLogger(__name__)

# How much one transaction takes on: many slices with a mark here and there, or a few that are done anew.
BATCH_SLICES = 250
BATCH_PLACES = 16_000
TREE_PLACES = 2_000  # What a mark without a territory is taken for.
MOST_INTEGERS = 9_000_000  # Of at most 1e12 each: their sum fits a bigint.
MANY_FIGURES = 100_000


def roll_up(*, claimed_by: str | None = None) -> RollupRun | None:
    """Rolls up all that is marked and not parked; the run, or None where there was nothing to do.

    Any number of workers may call it at once. A run whose worker died is taken over first.
    """
    claimed_by = claimed_by or f"{socket.gethostname()}:{os.getpid()}"
    with ExitStack() as held:
        run = _orphaned_run(claimed_by, held)
        if run is None:
            if not _has_work():
                return None
            # Nobody sees the run before its lock is held, and takes it for one whose worker died.
            with transaction.atomic():
                run = RollupRun.objects.create(claimed_by=claimed_by)
                held.enter_context(session_lock(Lock.RUN, [run.pk]))
        try:
            failed: set[int] = set()
            while claimed := claim(run, failed):
                _work_on(claimed, run, failed)
        finally:
            state = RollupRun.State.FAILED if failed else RollupRun.State.DONE
            RollupRun.objects.filter(pk=run.pk).update(state=state, finished_at=timezone.now())
    run.refresh_from_db()
    return run


# --- Runs and slices ----------------------------------------------------------------------------------------------


def _has_work() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql.HAS_WORK)
        return bool(cursor.fetchone()[0])


def _orphaned_run(claimed_by: str, held: ExitStack) -> RollupRun | None:
    """A run that says "running" while nobody holds its lock: its worker was killed. Its lock is `held` from then on."""
    for run in RollupRun.objects.filter(state=RollupRun.State.RUNNING).order_by("started_at"):
        with ExitStack() as tried:
            if tried.enter_context(session_lock(Lock.RUN, [run.pk])):
                taken = RollupRun.objects.filter(pk=run.pk, state=RollupRun.State.RUNNING)
                if taken.update(claimed_by=claimed_by, attempts=F("attempts") + 1):
                    logger.warning("run %s of %s is taken over by %s", run.pk, run.claimed_by, claimed_by)
                    run.refresh_from_db()
                    held.enter_context(tried.pop_all())
                    return run
    return None


def claim(run: RollupRun, failed: set[int]) -> list[int]:
    """The next slices with marks that no living worker holds, as this run's; none that was tried too often, which is parked instead."""
    parameters: dict[str, Any] = {
        "run": run.pk,
        "failed": list(failed),
        "max_attempts": Slice.MAX_ATTEMPTS,
        "space": Lock.RUN.value,
        "slices": BATCH_SLICES,
        "places": BATCH_PLACES,
        "tree": TREE_PLACES,
    }
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.CLAIM, parameters)
            rows = cursor.fetchall()
        for pk, is_parked in rows:
            if is_parked:
                _tell_parked(pk)
        claimed = [pk for pk, is_parked in rows if not is_parked]
        if claimed or not rows:
            return claimed


def _work_on(claimed: list[int], run: RollupRun, failed: set[int]) -> None:
    try:
        with transaction.atomic():
            # Whoever changes a slice by hand waits; a claim passes it by.
            held = list(Slice.objects.select_for_update(no_key=True).filter(pk__in=claimed).order_by("pk"))
            figures = recompute([part.pk for part in held])
            for part in held:
                if part.alerted_at is not None:
                    emails.email_recovered(part)
            Slice.objects.filter(pk__in=claimed).update(attempts=0, claimed_by=None, error="", alerted_at=None)
            RollupRun.objects.filter(pk=run.pk).update(
                slices=F("slices") + len(claimed), figures=F("figures") + figures
            )
    except (DatabaseError, ArithmeticError) as error:
        logger.exception("slices %s could not be rolled up", claimed)
        if len(claimed) > 1:  # One of them is at fault: each is tried alone, and this was no attempt of theirs.
            Slice.objects.filter(pk__in=claimed).update(attempts=F("attempts") - 1)
            for pk in claimed:
                if _claim_again(pk, run):
                    _work_on([pk], run, failed)
            return
        failed.update(claimed)
        text = f"{type(error).__name__}: {error}"[:2000]
        for part in Slice.objects.filter(pk__in=claimed):
            part.error, part.claimed_by = text, None
            if part.attempts >= Slice.MAX_ATTEMPTS:
                part.parked_at = timezone.now()
            part.save()
            if part.parked_at is not None:
                _tell_parked(part.pk)
        RollupRun.objects.filter(pk=run.pk).update(error=text)


@transaction.atomic
def _tell_parked(pk: int) -> None:
    """The administrators hear of it once, until it is well again."""
    part = Slice.objects.select_for_update().get(pk=pk)
    if part.alerted_at is None:
        emails.email_parked(part)
        part.alerted_at = timezone.now()
        part.save(update_fields=["alerted_at"])


def _claim_again(pk: int, run: RollupRun) -> bool:
    """The attempt of one slice of a batch that failed as a whole."""
    return bool(Slice.objects.filter(pk=pk, claimed_by=run).update(attempts=F("attempts") + 1))


# --- A batch of slices --------------------------------------------------------------------------------------------


def recompute(slices: list[int]) -> int:
    """Brings the figures of the slices up to their observations, for what is marked; the number of figures written or removed.

    Runs in the caller's transaction, which holds the slices.
    """
    with connection.cursor() as cursor:
        written = _write(cursor, *_compute(cursor, slices))
        if written >= MANY_FIGURES:  # Whoever reads them next, a release or the next pass, is planned by what there is.
            cursor.execute(sql.COUNT_PLACES)
    return written


def differences(slices: list[int]) -> tuple[int, list[tuple[Any, ...]]]:
    """How many figures the slices have by their observations, computed from nothing, and where the kept ones differ.

    Rows: ids of indicator, period, territory and breakdown, the kept numerator and the recomputed one. Changes nothing. Slices of which
    something waits for the rollup are passed over: they differ as long as it does.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # A worker passes them by meanwhile; what it is busy with is waited for.
        slices = list(
            Slice.objects.select_for_update(no_key=True)
            .filter(pk__in=slices)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        slices = sorted(set(slices) - _marked(cursor, slices))
        cursor.execute(sql.MARK_SLICES, {"slices": slices})
        _facts, made = _compute(cursor, slices)
        cursor.execute(comparison.compared(made))
        (compared,) = cursor.fetchone()
        cursor.execute(comparison.differences(made))
        rows = cursor.fetchall()
        transaction.set_rollback(True)
    if rows:  # Those that came in while we looked carry their mark.
        with connection.cursor() as cursor:
            touched = set(Slice.objects.filter(pk__in=_marked(cursor, slices)).values_list("indicator_id", flat=True))
        rows = [row for row in rows if row[0] not in touched]
    return compared, rows


def _marked(cursor: CursorWrapper, slices: list[int]) -> set[int]:
    cursor.execute(sql.MARKED_SLICES, {"slices": slices})
    return {pk for (pk,) in cursor.fetchall()}


def _compute(cursor: CursorWrapper, slices: list[int]) -> tuple[statements.Facts, dict[str, str]]:
    """Computes the figures that the marked places of the slices should have; what the batch is like, and {temporary table of cells: origin}."""
    cursor.execute(sql.SETTINGS)
    cursor.execute(sql.LEFT_BEHIND)
    left = [Identifier(table) for (table,) in cursor.fetchall()]
    if left:
        cursor.execute(SQL("DROP TABLE {tables}").format(tables=SQL(", ").join(left)))
    cursor.execute(sql.SLICES, {"slices": slices})
    for statement in (
        sql.TAKE_MARKS,
        sql.REPORTING_KINDS,
        sql.SCOPE,
        sql.PLACES,
        sql.LINKS,
        sql.COVERAGE,
        sql.CELLS,
        sql.MARGINS,
    ):
        cursor.execute(statement)
    facts = _facts(cursor)
    own = _own_cells(cursor, facts)
    made = dict(own)
    cursor.execute(sql.DEPTHS)
    levels: list[tuple[str, int, int]] = []
    for depth, first, last, first_part, last_part in cursor.fetchall():
        table = f"rollup_territories_{depth}"
        cursor.execute(statements.cells(table, facts))
        deeper = [name for name, start, end in levels if start <= last_part and end >= first_part]
        reported = [statements.REPORTED_TABLE] if first_part <= facts.last_reported else []
        carried = [statements.CARRIED_TABLE] if facts.has_carried else []
        tables = [*reported, *carried, *(own if first_part <= facts.last_own else ()), *deeper]
        if tables:
            standing = own if first <= facts.last_own else ()
            parameters = {
                "depth": depth,
                "first": first,
                "last": last,
                "first_part": first_part,
                "last_part": last_part,
            }
            cursor.execute(statements.territories(facts, to=table, tables=tables, standing=standing), parameters)
            cursor.execute(statements.counted(table))
            levels.append((table, first, last))
            made[table] = Origin.TERRITORIES
    return facts, made


def _own_cells(cursor: CursorWrapper, facts: statements.Facts) -> dict[str, str]:
    """The cells that a place gives by itself: from its shorter periods, and from complete sets of its groups. {table: origin}."""
    there = {statements.REPORTED_TABLE: set(facts.reported)}  # {table: breakdowns in it}.
    if facts.has_shorter_periods:
        cursor.execute(statements.cells(statements.PERIODS_TABLE, facts))
        cursor.execute(statements.PERIODS)
        cursor.execute(statements.counted(statements.PERIODS_TABLE))
        cursor.execute(statements.BREAKDOWNS_OF_PERIODS)
        there[statements.PERIODS_TABLE] = {pk for (pk,) in cursor.fetchall()}
    cursor.execute(statements.cells(statements.CATEGORIES_TABLE, facts))
    there[statements.CATEGORIES_TABLE] = set()
    cursor.execute(sql.MARGIN_STEPS)
    for rank, choice, parts, wholes in cursor.fetchall():
        tables = [table for table, breakdowns in there.items() if not breakdowns.isdisjoint(parts)]
        standing = [
            table
            for table, breakdowns in there.items()
            if table != statements.REPORTED_TABLE and not breakdowns.isdisjoint(wholes)
        ]
        if not tables:
            continue
        parameters = {
            "rank": rank,
            "choice": choice,
            "parts": parts,
            "wholes": wholes,
            "last_target": facts.last_target,
        }
        if standing:
            cursor.execute(statements.is_open(facts, tables=tables, standing=standing), parameters)
            if not cursor.fetchone()[0]:
                continue
        cursor.execute(statements.categories(facts, tables=tables, standing=standing), parameters)
        if cursor.rowcount:
            cursor.execute(statements.counted(statements.CATEGORIES_TABLE))
            there[statements.CATEGORIES_TABLE].update(wholes)
    own = {statements.PERIODS_TABLE: str(Origin.PERIODS)} if facts.has_shorter_periods else {}
    own[statements.CATEGORIES_TABLE] = str(Origin.CATEGORIES)
    return own


def _facts(cursor: CursorWrapper) -> statements.Facts:
    cursor.execute(sql.REPORTED)
    reported = cursor.fetchall()
    cursor.execute(sql.CARRIED)
    carried, has_carried_denominators, has_carried_periods, are_carried_integral, has_carried_flags = cursor.fetchone()
    cursor.execute(sql.PLACES_AND_RIVALS)
    has_shorter_periods, has_conflicts, last_target = cursor.fetchone()
    return statements.Facts(
        reported=frozenset(row[0] for row in reported if row[3]),
        has_carried=carried > 0,
        has_denominators=has_shorter_periods or has_carried_denominators or any(row[4] for row in reported),
        has_shorter_periods=has_shorter_periods,
        has_periods=has_shorter_periods or has_carried_periods,
        has_conflicts=has_conflicts,
        has_flags=has_shorter_periods or has_carried_flags or any(row[6] for row in reported),
        is_integral=not has_shorter_periods
        and are_carried_integral
        and all(row[5] for row in reported)
        and carried + sum(row[1] for row in reported) < MOST_INTEGERS,
        last_reported=max((row[2] for row in reported), default=0),
        last_target=last_target,
    )


def _write(cursor: CursorWrapper, facts: statements.Facts, made: dict[str, str]) -> int:
    """The number of figures written or removed, counted by the rows of their places."""
    cursor.execute(sql.HAS_FIGURES)
    if not cursor.fetchone()[0]:
        cursor.execute(statements.write_all(facts, made))
        return int(cursor.fetchone()[0])
    cursor.execute(statements.pack(facts, made))
    figures = 0
    for statement in (statements.REMOVE_STALE, statements.WRITE_CHANGED):
        cursor.execute(statement)
        figures += int(cursor.fetchone()[0])
    return figures
