"""The locks of the figures (`orgs/locks.py` says what a lock is)."""

from enum import IntEnum

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


def lock_indicators_sql(ids: str) -> Composed:
    """As `lock_until_commit(Lock.INDICATOR, …)`, of the indicators that the query `ids` gives in order, in a column `id`."""
    return SQL("SELECT pg_advisory_xact_lock({kind}, id::int) FROM ({ids}) AS touched").format(
        kind=Literal(Lock.INDICATOR.value), ids=SQL(ids)
    )
