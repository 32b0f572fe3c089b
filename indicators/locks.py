"""The locks of the figures (`orgs/locks.py` says what a lock is)."""

from enum import IntEnum

from django.db import connection
from psycopg2.sql import SQL, Composed, Literal


class Lock(IntEnum):
    RUN = 7_001
    """A run of the rollup, by its number: its worker lives. 0: slices are being claimed."""
    AUDIT = 7_002
    """One audit at a time, whoever asks for it."""
    CHECK = 7_003
    """An import of which the file is being checked or stored: by it the session that does so is found."""
    RELEASE = 7_004
    """A draft that is being made."""
    INDICATOR = 7_006
    """Its observations are being written."""
    FILE = 7_007
    """A file, by its checksum, that is being brought in."""
    MAPPING_NAME = 7_008
    """A mapping that is being saved, by its name."""
    STANDARD_LIST = 7_009
    """The standard list of groups: shared by those who place breakdowns in it, alone for who changes what adds up to what."""


def share_until_commit(lock: Lock) -> None:
    """Waits for who has it alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, 0)", [lock.value])


def claim_until_commit(lock: Lock) -> bool:
    """Has it alone; False at once where others hold it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [lock.value])
        return bool(cursor.fetchone()[0])


def lock_indicators_sql(ids: str) -> Composed:
    """As `lock_until_commit(Lock.INDICATOR, …)`, of the indicators that the query `ids` gives in order, in a column `id`."""
    return SQL("SELECT pg_advisory_xact_lock({kind}, id::int) FROM ({ids}) AS touched").format(
        kind=Literal(Lock.INDICATOR.value), ids=SQL(ids)
    )
