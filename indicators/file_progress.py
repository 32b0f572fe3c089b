"""How far the check or the storing of a large file is: nobody writes anything down for it.

PostgreSQL itself counts the rows of a COPY. What comes after it, the session says by its name (application_name), which others see before
the transaction ends. Whoever is at a file holds a lock with the number of its import, and by this lock its session is found.
"""

import re
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _
from psycopg2.sql import SQL

from indicators.locks import Lock
from orgs.locks import HELD, lock_until_commit
from orgs.numbers import write_number

STORING, RULES, DECIDING = "storing", "rules", "deciding"
NAMED = re.compile(r"^import (storing|rules) (\d+)/(\d+)$")
NAME = "SELECT set_config('application_name', %s, true)"
# No row: nobody is at it. Null: all rows are read.
READ = SQL("""
    SELECT c.tuples_processed, a.application_name
    FROM pg_locks held LEFT JOIN pg_stat_progress_copy c ON c.pid = held.pid LEFT JOIN pg_stat_activity a ON a.pid = held.pid
    WHERE {held} AND held.classid = %s AND held.objid = %s
""").format(held=HELD)


@dataclass(frozen=True)
class FileProgress:
    """`read`: how many figures are read so far; None once all are, or before anybody has begun. `expected`: about how many there are."""

    is_begun: bool = False
    read: int | None = None
    expected: int | None = None
    step: str = ""
    done: int = 0
    of: int = 0

    @property
    def percent(self) -> int | None:
        """Of the step. Never all of it, for the estimate may be too low."""
        if self.of:
            return min(99, 100 * self.done // self.of)
        if self.step == DECIDING:
            return None
        if not self.is_begun or self.read is None:
            return 99 if self.is_begun else None
        return min(99, 100 * self.read // self.expected) if self.expected else None

    @property
    def is_unknown(self) -> bool:
        return self.percent is None

    @property
    def words(self) -> str:
        if not self.is_begun:
            return _("It is in the queue.")
        if self.step == DECIDING:
            return ""
        if self.step == STORING:
            return _("All figures are read. %(percent)s%% of them are stored.") % {"percent": self.percent}
        if self.step == RULES:
            return _("All figures are stored. %(done)s of %(of)s quality rules have looked at them.") % {
                "done": self.done,
                "of": self.of,
            }
        if self.read is None:
            return _(
                "All figures are read. They are now being compared with each other and with what the portal holds."
            )
        if self.percent is None:
            return _("%(read)s figures are read so far.") % {"read": write_number(self.read)}
        return _("%(percent)s%% read: %(read)s of about %(expected)s figures.") % {
            "percent": self.percent,
            "read": write_number(self.read),
            "expected": write_number(self.expected or 0),
        }


def claim(batch_id: int) -> None:
    """Until the end of the transaction, how far this session is can be asked for by the number of the import."""
    lock_until_commit(Lock.CHECK, batch_id)


def note(step: str, done: int, of: int) -> None:
    """Says how far this session is in a step, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(NAME, [f"import {step} {done}/{of}"])


def progress_of(batch_id: int, expected: int | None = None) -> FileProgress:
    with connection.cursor() as cursor:
        cursor.execute(READ, [Lock.CHECK.value, batch_id])
        found = cursor.fetchone()
    if found is None:
        return FileProgress()
    named = NAMED.match(found[1] or "")
    step, done, of = (named[1], int(named[2]), int(named[3])) if named else ("", 0, 0)
    return FileProgress(True, found[0], expected, step, done, of)
