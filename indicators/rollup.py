"""The rollup: from approved observations to the figures of every territory, margin and period (engineering rules 1 to 7).

Work is cut into slices, an indicator in a year. A worker claims a slice with SKIP LOCKED, takes its dirty marks and recomputes just the
marked territories and those above them, in one transaction: whoever dies leaves the marks and the claim for the next one. Within a slice

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
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F
from django.utils import timezone

from indicators import rollup_sql as sql
from indicators.models import Breakdown, RollupRun, Slice
from indicators.vocabulary import Measure, TimeOperator

logger = logging.getLogger(__name__)

RUN_LOCK = 7_001  # The space of the session locks by which a run shows that its worker lives.


def roll_up(*, claimed_by: str | None = None) -> RollupRun | None:
    """Rolls up all that is marked and not parked; the run, or None where there was nothing to do.

    Any number of workers may call it at once. A run whose worker died is taken over first.
    """
    claimed_by = claimed_by or f"{socket.gethostname()}:{os.getpid()}"
    run = _orphaned_run(claimed_by)
    if run is None:
        if not _has_work():
            return None
        run = RollupRun.objects.create(claimed_by=claimed_by)
    with _alive(run):
        try:
            failed: set[int] = set()
            while (claimed := _claim(run, failed)) is not None:
                if claimed.parked_at is None:
                    _work_on(claimed, run, failed)
        finally:
            state = RollupRun.State.FAILED if failed else RollupRun.State.DONE
            RollupRun.objects.filter(pk=run.pk).update(state=state, finished_at=timezone.now())
    run.refresh_from_db()
    return run


def mark_all() -> int:
    """Marks every approved observation's place, for a recomputation from scratch; the number of marks. Parked slices get a new try."""
    with connection.cursor() as cursor:
        cursor.execute(sql.MARK_ALL)
        marks = int(cursor.rowcount)
    Slice.objects.exclude(parked_at=None).update(parked_at=None, attempts=0, error="")
    return marks


# --- Runs and slices ----------------------------------------------------------------------------------------------


def _has_work() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql.HAS_WORK)
        return bool(cursor.fetchone()[0])


def _orphaned_run(claimed_by: str) -> RollupRun | None:
    """A run that says "running" while nobody holds its lock: its worker was killed."""
    for run in RollupRun.objects.filter(state=RollupRun.State.RUNNING).order_by("started_at"):
        with _alive(run) as is_free:
            if is_free:
                taken = RollupRun.objects.filter(pk=run.pk, state=RollupRun.State.RUNNING)
                if taken.update(claimed_by=claimed_by, attempts=F("attempts") + 1):
                    logger.warning("run %s of %s is taken over by %s", run.pk, run.claimed_by, claimed_by)
                    run.refresh_from_db()
                    return run
    return None


@contextmanager
def _alive(run: RollupRun) -> Iterator[bool]:
    """Holds the session lock of a run; False where another worker holds it. PostgreSQL lets go of it when the worker dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [RUN_LOCK, run.pk])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [RUN_LOCK, run.pk])


def _claim(run: RollupRun, failed: set[int]) -> Slice | None:
    """The next slice with marks that no living worker holds, as this run's. It comes parked when it was tried too often."""
    parameters: dict[str, Any] = {
        "run": run.pk,
        "failed": list(failed),
        "max_attempts": Slice.MAX_ATTEMPTS,
        "space": RUN_LOCK,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.CLAIM, parameters)
        row = cursor.fetchone()
    return Slice.objects.get(pk=row[0]) if row else None


def _work_on(claimed: Slice, run: RollupRun, failed: set[int]) -> None:
    try:
        with transaction.atomic():
            figures = recompute(Slice.objects.select_for_update(no_key=True).get(pk=claimed.pk))
            Slice.objects.filter(pk=claimed.pk).update(attempts=0, claimed_by=None, error="")
            RollupRun.objects.filter(pk=run.pk).update(slices=F("slices") + 1, figures=F("figures") + figures)
    except (DatabaseError, ObjectDoesNotExist, ArithmeticError) as error:
        logger.exception("slice %s could not be rolled up", claimed)
        failed.add(claimed.pk)
        text = f"{type(error).__name__}: {error}"[:2000]
        parked = timezone.now() if claimed.attempts >= Slice.MAX_ATTEMPTS else None
        Slice.objects.filter(pk=claimed.pk).update(error=text, parked_at=parked, claimed_by=None)
        RollupRun.objects.filter(pk=run.pk).update(error=text)


# --- One slice ----------------------------------------------------------------------------------------------------


def recompute(part: Slice) -> int:
    """Brings the figures of a slice up to its observations, for what is marked; the number of figures written or removed.

    Runs in the caller's transaction, which holds the slice.
    """
    indicator = part.indicator
    parameters: dict[str, Any] = {"indicator": indicator.pk, "year": part.year, "frequency": indicator.frequency}
    with connection.cursor() as cursor:
        cursor.execute(sql.WORKBENCH)
        cursor.execute(sql.TAKE_MARKS, parameters)
        _follow_reporting_kind(cursor, part, parameters)
        cursor.execute(sql.TARGETS, parameters)
        written = 0
        if indicator.measure != Measure.SCORE:
            cursor.execute(sql.EXPECTED, {**parameters, "kind": part.reporting_kind})
            if indicator.time_operator != TimeOperator.NONE:
                cursor.execute(sql.PERIODS[indicator.time_operator], parameters)
            for rank in range(_highest_rank(), 0, -1):
                cursor.execute(sql.CATEGORIES, {**parameters, "rank": rank})
        cursor.execute(sql.DEPTHS)
        for (depth,) in cursor.fetchall():
            if indicator.measure != Measure.SCORE:
                cursor.execute(sql.TERRITORIES, {**parameters, "depth": depth})
            for statement in (sql.REMOVE_STALE, sql.WRITE_FRESH):
                cursor.execute(statement, {**parameters, "depth": depth})
                written += cursor.rowcount
    return written


def _follow_reporting_kind(cursor: CursorWrapper, part: Slice, parameters: dict[str, Any]) -> None:
    """Which territories should report is read off those that do. When that changes, every coverage in the slice does."""
    cursor.execute(sql.REPORTING_KIND, parameters)
    row = cursor.fetchone()
    kind = row[0] if row else ""
    if kind != part.reporting_kind:
        cursor.execute(sql.MARK_SLICE, parameters)
        part.reporting_kind = kind
        part.save(update_fields=["reporting_kind"])


def _highest_rank() -> int:
    return Breakdown.objects.order_by("-rank").values_list("rank", flat=True).first() or 0
