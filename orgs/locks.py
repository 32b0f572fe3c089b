"""Advisory locks of PostgreSQL: who does what at a time, in however many processes. It lets go of them when the process that holds one dies.

A lock has two numbers: its kind, and which one of the kind. Each app lists its kinds; no two have one number.
"""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection
from psycopg2.sql import SQL, Identifier


class RegistryLock(IntEnum):
    PREPARATION = 7_101
    """The database is being brought up to date: web server and worker may start at one moment."""
    FIRST_ADMINISTRATOR = 7_102
    """The account of the first administrator is being opened."""
    VERIFICATION_RULES = 7_103
    """The rules of verification are being changed."""
    DOWNLOAD = 7_104
    """One of the turns in which files are written for readers."""
    ORGANISATION_FILE = 7_105
    """A file of organisations is being checked or stored; which one of the kind is the number of its import."""
    MAPPING_NAME = 7_106
    """A mapping of a file of organisations is being kept under a name."""
    ADMINISTRATORS = 7_107
    """Somebody stops being administrator, or the account of one is being closed."""


HELD = SQL(
    "held.locktype = 'advisory' AND held.granted AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""The condition of a lock in `pg_locks held`; its kind is `classid`, which one `objid`."""


@contextmanager
def session_lock(lock: IntEnum, keys: Iterable[int] = (0,)) -> Iterator[bool]:
    """Holds one of them, whatever is committed meanwhile; False at once where others hold them all."""
    held = next((key for key in keys if _call("pg_try_advisory_lock", lock, key)), None)
    try:
        yield held is not None
    finally:
        if held is not None:
            _call("pg_advisory_unlock", lock, held)


@contextmanager
def one_after_another(lock: IntEnum) -> Iterator[None]:
    """Waits for whoever holds it, and holds it whatever is committed meanwhile."""
    _call("pg_advisory_lock", lock, 0)
    try:
        yield
    finally:
        _call("pg_advisory_unlock", lock, 0)


def lock_until_commit(lock: IntEnum, *keys: int) -> None:
    """Waits for those who hold them; always in one order, so that no two wait for each other."""
    with connection.cursor() as cursor:
        for key in sorted(set(keys)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock.value, key])


def number_of(text: str) -> int:
    """The key of what has a text and no number. Two texts of one number would wait for each other, and no more."""
    return zlib.crc32(text.encode()) - 2**31


def _call(function: str, lock: IntEnum, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(SQL("SELECT {function}(%s, %s)").format(function=Identifier(function)), [lock.value, key])
        return bool(cursor.fetchone()[0])
