"""Statements that wait for a lock which a test holds."""

from typing import Any

from django.db import connection


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def is_waiting_for_hold(where: Any = connection) -> bool:
    """Whether somebody waits for it in this database: others of the server may be at the same test at the same time."""
    with where.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND objid = 666 AND NOT granted AND datname = current_database())"
        )
        return bool(cursor.fetchone()[0])
