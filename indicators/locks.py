"""Advisory locks of PostgreSQL: who does what at a time, in however many processes. It lets go of them when the process that holds one dies.

A lock has two numbers: its kind, and which one of the kind.
"""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection
from psycopg2.sql import SQL, Composed, Identifier, Literal


class Lock(IntEnum):
    RUN = 7_001
    """A run of the rollup, by its number: its worker lives. 0: slices are being claimed."""
    AUDIT = 7_002
    """One audit at a time, whoever asks for it."""
    CHECK = 7_003
    """An import of which the file is being checked or stored: by it the session that does so is found."""
    RELEASE = 7_004
    """A draft that is being made."""
    DOWNLOAD = 7_005
    """One of the turns in which files are written for readers."""
    INDICATOR = 7_006
    """Its observations are being written."""
    FILE = 7_007
    """A file, by its checksum, that is being brought in."""
    MAPPING_NAME = 7_008
    """A mapping that is being saved, by its name."""


HELD = SQL(
    "held.locktype = 'advisory' AND held.granted AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""The condition of a lock in `pg_locks held`; its kind is `classid`, which one `objid`."""


@contextmanager
def session_lock(lock: Lock, keys: Iterable[int] = (0,)) -> Iterator[bool]:
    """Holds one of them, whatever is committed meanwhile; False at once where others hold them all."""
    held = next((key for key in keys if _call("pg_try_advisory_lock", lock, key)), None)
    try:
        yield held is not None
    finally:
        if held is not None:
            _call("pg_advisory_unlock", lock, held)


def lock_until_commit(lock: Lock, *keys: int) -> None:
    """Waits for those who hold them; always in one order, so that no two wait for each other."""
    with connection.cursor() as cursor:
        for key in sorted(set(keys)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock.value, key])


def number_of(text: str) -> int:
    """The key of what has a text and no number. Two texts of one number would wait for each other, and no more."""
    return zlib.crc32(text.encode()) - 2**31


def lock_indicators_sql(ids: str) -> Composed:
    """As `lock_until_commit(Lock.INDICATOR, …)`, of the indicators that the query `ids` gives in order, in a column `id`."""
    return SQL("SELECT pg_advisory_xact_lock({kind}, id::int) FROM ({ids}) AS touched").format(
        kind=Literal(Lock.INDICATOR.value), ids=SQL(ids)
    )


def _call(function: str, lock: Lock, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(SQL("SELECT {function}(%s, %s)").format(function=Identifier(function)), [lock.value, key])
        return bool(cursor.fetchone()[0])
