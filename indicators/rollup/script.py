"""One batch of the rollup as a script for psql, so that its statements can be explained: what really ran, written down and rolled back."""

import re
from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any

from django.db import connection, transaction
from psycopg2.sql import Composable

from indicators import marks
from indicators.models import RollupRun, Slice
from indicators.rollup import sql, statements, worker

END = re.compile(r";\s*(?:\n|$)")
CHANGE = re.compile(
    r"\b(CREATE TEMPORARY TABLE|INSERT INTO|DELETE FROM|UPDATE|DROP TABLE|ANALYZE|SET LOCAL)\s+(?!SET\b)\"?(\w+)"
)
SOURCE = re.compile(r"\bFROM\s+\"?(\w+)")


def statements_of_a_batch(*, everything: bool = False) -> list[str]:
    """What a worker would do next, each statement whole, its parameters filled in, under a comment that names it; none where nothing waits.

    They follow each other in one transaction, with which the temporary tables go. Nothing is changed; a worker passes the slices by
    meanwhile. `everything`: as if all figures were marked first.
    """
    ran: list[tuple[str, str]] = []

    def note(execute: Callable[..., Any], statement: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        ran.append((statement, context["cursor"].cursor.mogrify(statement, parameters).decode()))
        return execute(statement, parameters, many, context)

    with transaction.atomic():
        if everything:
            with connection.execute_wrapper(note):
                marks.mark_all()
        slices = _next_slices()
        if slices:
            with connection.execute_wrapper(note):
                worker.recompute(slices)
        transaction.set_rollback(True)
    return list(_told(ran)) if slices else []


def _next_slices() -> list[int]:
    """Those that a worker would claim now. The claim is given back, with its attempt and its locks; the slices stay locked."""
    with transaction.atomic():
        claimed = worker.claim(RollupRun.objects.create(claimed_by="manage.py rollup --print-sql"), set())
        transaction.set_rollback(True)
    held = Slice.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=claimed)
    return list(held.order_by("pk").values_list("pk", flat=True))


def _told(ran: list[tuple[str, str]]) -> Iterator[str]:
    """`ran`: statements as they were composed, and with their parameters. Those that were sent as one text are told one by one: EXPLAIN takes one."""
    names = _names()
    for number, (composed, text) in enumerate(ran, 1):
        name = f" {names[composed]}:" if composed in names else ""
        for statement in END.split(text):
            if statement.strip():
                yield f"-- {number}.{name} {what_it_does(statement)}\n{dedent(statement).strip()};\n"


def _names() -> dict[str, str]:
    """{text: name} of the statements that are composed once for every batch."""
    with connection.cursor() as cursor:
        return {
            value.as_string(cursor.cursor) if isinstance(value, Composable) else value: name
            for module in (sql, statements, marks)
            for name, value in vars(module).items()
            if name.isupper() and isinstance(value, str | Composable)
        }


def what_it_does(statement: str) -> str:
    """The tables and settings that it changes; where it changes none, the first table that it reads."""
    changes = [f"{verb} {name}" for verb, name in CHANGE.findall(statement)]
    if changes:
        return ", ".join(changes)
    source = SOURCE.search(statement)
    return f"SELECT FROM {source[1]}" if source else "SELECT"
