"""Statements that wait for a lock which a test holds."""

from typing import Any

from django.db import connection


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def is_waiting_for_hold(where: Any = connection) -> bool:
    with where.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 666 AND NOT granted)"
        )
        return bool(cursor.fetchone()[0])
