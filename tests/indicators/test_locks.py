"""Locks that two sessions hold in turn."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.sql import SQL

from indicators.locks import Lock, lock_indicators_sql
from orgs.locks import HELD, lock_until_commit, number_of, session_lock
from tests.factories_indicators import IndicatorFactory
from tests.indicators.holds import is_waiting_for_hold
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[BaseDatabaseWrapper]:
    """A second session."""
    session = connection.copy()
    yield session
    session.close()


def is_free(session: BaseDatabaseWrapper, lock: Lock, key: int = 0) -> bool:
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [lock.value, key])
        took = bool(cursor.fetchone()[0])
        if took:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [lock.value, key])
    return took


def test_wait_in_another_database_is_not_taken_for_one_here() -> None:
    """Two runs on one server, or two workers of one run, hold the same number at the same time."""
    first, second = (connection.copy() for _ in range(2))
    for session in (first, second):
        session.settings_dict["NAME"] = "postgres"
        session.inc_thread_sharing()
    try:
        first.cursor().execute("SELECT pg_advisory_lock(666)")
        waiting = threading.Thread(target=lambda: second.cursor().execute("SELECT pg_advisory_lock(666)"))
        waiting.start()
        wait_until(lambda: is_waiting_for_hold(first), seconds=10, what="the wait in the other database")
        assert not is_waiting_for_hold()
    finally:
        first.close()
        waiting.join(10)
        second.close()


def test_kinds_of_locks_have_numbers_of_their_own() -> None:
    assert len(Lock.__members__) == len({lock.value for lock in Lock})


def test_session_lock_is_held_by_one(other: BaseDatabaseWrapper) -> None:
    with session_lock(Lock.AUDIT) as is_ours:
        assert is_ours
        assert not is_free(other, Lock.AUDIT)
        assert is_free(other, Lock.AUDIT, 1)
        assert is_free(other, Lock.RUN)
    assert is_free(other, Lock.AUDIT)


def test_session_lock_is_let_go_of_after_a_fault(other: BaseDatabaseWrapper) -> None:
    with pytest.raises(RuntimeError), session_lock(Lock.AUDIT):
        raise RuntimeError
    assert is_free(other, Lock.AUDIT)


def test_session_lock_takes_the_first_that_is_free(other: BaseDatabaseWrapper) -> None:
    other.cursor().execute("SELECT pg_advisory_lock(%s, 0)", [Lock.RELEASE.value])
    with session_lock(Lock.RELEASE) as is_ours:
        assert not is_ours
    with session_lock(Lock.RELEASE, range(2)) as is_ours:
        assert is_ours
        assert not is_free(other, Lock.RELEASE, 1)


def test_lock_until_commit_ends_with_the_transaction(other: BaseDatabaseWrapper) -> None:
    key = number_of("Café")
    with transaction.atomic():
        lock_until_commit(Lock.FILE, key, 5, 5)
        assert not is_free(other, Lock.FILE, key)
        assert not is_free(other, Lock.FILE, 5)
        with other.cursor() as cursor:
            held = SQL("SELECT held.objid FROM pg_locks held WHERE {held} AND held.classid = %s").format(held=HELD)
            cursor.execute(held, [Lock.FILE.value])
            assert (5,) in cursor.fetchall()
    assert is_free(other, Lock.FILE, key)


def test_indicators_are_locked_by_a_query_as_by_their_numbers(other: BaseDatabaseWrapper) -> None:
    indicator = IndicatorFactory()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(lock_indicators_sql("SELECT id FROM indicators_indicator ORDER BY 1"))
        assert not is_free(other, Lock.INDICATOR, indicator.pk)
    assert is_free(other, Lock.INDICATOR, indicator.pk)
