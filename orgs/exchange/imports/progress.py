"""How far a worker is with a large file: nobody writes anything down for it.

Whoever is at a file holds a lock with the number of its import, and says by the name of its session (application_name) how many rows it has
done: others see that before the transaction ends. A worker that dies lets go of both.
"""

import re
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _
from psycopg2.sql import SQL

from orgs.locks import HELD, RegistryLock, lock_until_commit
from orgs.numbers import write_number

NAMED = re.compile(r"^organisations (\d+)$")
READ = SQL("""
    SELECT a.application_name FROM pg_locks held LEFT JOIN pg_stat_activity a ON a.pid = held.pid
    WHERE {held} AND held.classid = %s AND held.objid = %s
""").format(held=HELD)


@dataclass(frozen=True)
class RowProgress:
    """`expected` is None while nobody has read the file to its end."""

    is_begun: bool = False
    done: int = 0
    expected: int | None = None

    @property
    def percent(self) -> int | None:
        return min(99, 100 * self.done // self.expected) if self.expected and self.is_begun else None

    @property
    def is_unknown(self) -> bool:
        return self.percent is None

    @property
    def words(self) -> str:
        if not self.is_begun:
            return _("It is in the queue.")
        if self.expected is None:
            return _("%(done)s rows so far.") % {"done": write_number(self.done)}
        return _("%(done)s of %(expected)s rows.") % {
            "done": write_number(self.done),
            "expected": write_number(self.expected),
        }


def claim(batch_id: int) -> None:
    """Until the end of the transaction, how far this session is can be asked for by the number of the import."""
    lock_until_commit(RegistryLock.ORGANISATION_FILE, batch_id)


def note(rows: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, true)", [f"organisations {rows}"])


def progress_of(batch_id: int, expected: int | None) -> RowProgress:
    with connection.cursor() as cursor:
        cursor.execute(READ, [RegistryLock.ORGANISATION_FILE.value, batch_id])
        found = cursor.fetchone()
    if found is None:
        return RowProgress(expected=expected)
    named = NAMED.match(found[0] or "")
    return RowProgress(True, int(named[1]) if named else 0, expected)
