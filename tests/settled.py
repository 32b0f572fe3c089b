"""Rows that several tests share."""

from django.db import connection


def settle() -> None:
    """Checks what they refer to. Call it when they are made: the end of each test checks what no transaction before it has, and is undone.

    Without it every test on the demo checks all of the demo, which takes 0.4 s of PostgreSQL.
    """
    connection.check_constraints()
