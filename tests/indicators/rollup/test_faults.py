"""What happens when things die: real workers, a real queue, the real database."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from celery import current_app
from django.db import connections
from django.db.models.signals import post_save
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from post_office.models import STATUS, Email

from devtools.embedded import held
from devtools.embedded.postgres import Postgres
from indicators import marks
from indicators.imports.actions import approve_import, store_import
from indicators.models import ComputedFigure, ComputedPlace, DirtyMark, Observation, RollupRun, Slice
from indicators.rollup import worker as rollup_worker
from indicators.tasks import roll_up
from integration_portal.schedule import Scheduler
from orgs.locks import session_lock
from orgs.mail.emails import queue_text
from tests.factories import UserFactory
from tests.indicators.computed import figures
from tests.indicators.holds import is_waiting_for_hold, run_sql
from tests.indicators.land import Land, make_land, table
from tests.processes import ROOT, Queue, beat, environment, kill, wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)
PERIODS = [str(year) for year in range(2000, 2012)]

# The rollup stands still at the figures of one year until somebody says "go", so that a worker can be killed just there.
HOLD = """
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF 666 = ANY(NEW.numerators) THEN PERFORM pg_advisory_xact_lock(666); END IF; RETURN NEW; END $$;
    CREATE TRIGGER hold BEFORE INSERT ON indicators_computedplace FOR EACH ROW EXECUTE FUNCTION hold();
"""
UNHOLD = "DROP TRIGGER IF EXISTS hold ON indicators_computedplace; DROP FUNCTION IF EXISTS hold()"


@pytest.fixture
def land(transactional_db: None) -> Land:
    return make_land()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """A Redis of this test's own, which it may stop; the portal in this process sends to it."""
    with Queue(tmp_path) as own:
        yield own


FILL = """
from tests.indicators.land import make_land
land = make_land()
for place in ("N1", "N2", "N3", "N4"):
    land.observe(place, "2020", 111)
land.observe("N9", "2020", 222)
"""


def parameters(address: str) -> str:
    """For psycopg2, of an embedded server's address: postgres://portal@:5432/folder/portal."""
    folder, database = address.split(":5432/", 1)[1].rsplit("/", 1)
    return f"host=/{folder.lstrip('/')} user=portal dbname={database}"


def is_counted(land: Land, people: int) -> bool:
    return land.value("CITY", "2020") == people


def observe_all(land: Land) -> None:
    for number, period in enumerate(PERIODS):
        for place in ("N1", "N2", "N3", "N4"):
            land.observe(place, period, 111 if number == 6 else 10 + number)
    land.observe("N9", PERIODS[6], 222)  # The city of that year is 666.


def test_worker_killed_in_a_rollup_is_followed_by_the_next_one(land: Land) -> None:
    observe_all(land)
    rollup_worker.roll_up()
    undisturbed = figures()
    ComputedPlace.objects.all().delete()
    marks.mark_all()
    run_sql(HOLD)
    run_sql("SELECT pg_advisory_lock(666)")
    try:
        with worker() as first:
            roll_up.delay()
            wait_until(is_waiting_for_hold, what="the worker at the held year")
            kill(first)
        run = RollupRun.objects.get(state=RollupRun.State.RUNNING)
        assert run.slices < len(PERIODS)
        assert DirtyMark.objects.exists()
    finally:
        run_sql("SELECT pg_advisory_unlock(666)")
        run_sql(UNHOLD)
    with worker():
        roll_up.delay()
        wait_until(
            lambda: not RollupRun.objects.filter(state=RollupRun.State.RUNNING).exists(), what="the end of the run"
        )
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RollupRun.State.DONE, 2)
    assert run.slices == len(PERIODS)
    assert figures() == undisturbed


def test_two_workers_at_once_share_the_work(land: Land) -> None:
    observe_all(land)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            rollup_worker.roll_up()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert set(RollupRun.objects.values_list("state", "error")) == {(RollupRun.State.DONE, "")}
    assert not DirtyMark.objects.exists()
    assert sum(RollupRun.objects.values_list("slices", flat=True)) == len(PERIODS)
    assert land.value("CITY", PERIODS[6]) == 666


def test_run_that_has_just_begun_is_not_taken_for_one_whose_worker_died(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody looks for such runs at the moment when it is stored, and again when it is being worked on."""
    observe_all(land)
    seen: list[int] = []
    claim = rollup_worker.claim

    def look() -> None:
        runs = threading.Thread(target=lambda: seen.append(orphans()))
        runs.start()
        runs.join()

    def orphans() -> int:
        try:
            with contextlib.ExitStack() as held:
                return int(rollup_worker._orphaned_run("another", held) is not None)
        finally:
            connections.close_all()

    def locked_after_a_look(*arguments: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            look()
        return session_lock(*arguments)

    def claimed_after_a_look(*arguments: Any) -> Any:
        look()
        return claim(*arguments)

    monkeypatch.setattr(rollup_worker, "session_lock", locked_after_a_look)
    monkeypatch.setattr(rollup_worker, "claim", claimed_after_a_look)
    run = rollup_worker.roll_up()
    assert run is not None
    assert (run.attempts, run.slices) == (1, len(PERIODS))
    assert len(seen) >= 2
    assert sum(seen) == 0


def test_redis_down_pages_serve_writes_succeed_and_the_work_is_caught_up(
    land: Land, queue: Queue, client: Client
) -> None:
    batch = store_import(batch=land.check(table(("N1", 2020, "women", 4), ("N1", 2020, "men", 3))))
    UserFactory(is_staff=True)  # Without an administrator the first page leads to the first account.
    queue.stop()
    begun = time.monotonic()
    approve_import(batch=batch)
    mail = queue_text(to="somebody@portal.example", subject="Hello", body="Still here.")
    assert client.get("/").status_code == 200
    assert client.get("/healthz").content == b"ok\n"
    assert time.monotonic() - begun < 5
    assert Observation.objects.filter(status="approved").count() == 2
    with worker(REDIS_URL=queue.url), beat(REDIS_URL=queue.url):
        tasks = {"indicators.tasks.roll_up", "orgs.tasks.send_queued_mail"}
        wait_until(lambda: tasks <= set(PeriodicTask.objects.values_list("task", flat=True)), what="the schedule")
        assert land.value("CITY", "2020") is None
        queue.start()
        PeriodicTask.objects.update(interval=IntervalSchedule.objects.get_or_create(every=1, period="seconds")[0])
        PeriodicTasks.update_changed()
        wait_until(lambda: land.value("CITY", "2020") == 7, what="the figure")
        wait_until(lambda: Email.objects.filter(pk=mail.pk, status=STATUS.sent).exists(), what="the e-mail")


def test_duplicated_and_late_deliveries_change_nothing(land: Land) -> None:
    land.observe("N1", "2020", 10)
    with worker():
        for _ in range(5):
            roll_up.delay()
        wait_until(lambda: land.value("CITY", "2020") == 10, what="the figure")
        land.observe("N1", "2020", 12)
        for _ in range(3):
            roll_up.delay()
        wait_until(lambda: land.value("CITY", "2020") == 12, what="the corrected figure")
    assert ComputedFigure.objects.count() == 2


def test_redis_flushed_in_the_middle_loses_nothing(land: Land, queue: Queue) -> None:
    """The message that asked for the rollup is gone, and so is beat's lock on nothing: the marks are in PostgreSQL."""
    with worker(REDIS_URL=queue.url), beat(REDIS_URL=queue.url):
        tasks = {"indicators.tasks.roll_up"}
        wait_until(lambda: tasks <= set(PeriodicTask.objects.values_list("task", flat=True)), what="the schedule")
        PeriodicTask.objects.update(enabled=False)
        PeriodicTasks.update_changed()
        land.observe("N1", "2020", 10)
        queue.flush()
        queue.stop()
        queue.start()
        queue.flush()
        PeriodicTask.objects.filter(task__in=tasks).update(
            enabled=True, interval=IntervalSchedule.objects.get_or_create(every=1, period="seconds")[0]
        )
        PeriodicTasks.update_changed()
        wait_until(lambda: land.value("CITY", "2020") == 10, what="the figure")


def test_two_beats_ask_twice_and_change_nothing(land: Land, queue: Queue) -> None:
    with worker(REDIS_URL=queue.url), beat(REDIS_URL=queue.url), beat(REDIS_URL=queue.url):
        wait_until(lambda: PeriodicTask.objects.filter(task="indicators.tasks.roll_up").exists(), what="the schedule")
        PeriodicTask.objects.filter(task="indicators.tasks.roll_up").update(
            interval=IntervalSchedule.objects.get_or_create(every=1, period="seconds")[0]
        )
        PeriodicTasks.update_changed()
        for people in (10, 12, 14):
            land.observe("N1", "2020", people)
            wait_until(partial(is_counted, land, people), what="the figure")
    assert PeriodicTask.objects.filter(task="indicators.tasks.roll_up").count() == 1
    assert ComputedFigure.objects.count() == 2
    assert not RollupRun.objects.filter(state=RollupRun.State.FAILED).exists()


def test_poisoned_slice_that_kills_its_workers_is_parked_and_the_others_go_on(land: Land) -> None:
    observe_all(land)
    run_sql(HOLD)
    run_sql("SELECT pg_advisory_lock(666)")
    try:
        for _ in range(Slice.MAX_ATTEMPTS):
            with worker() as victim:
                roll_up.delay()
                wait_until(is_waiting_for_hold, what="the worker at the held year")
                kill(victim)
            wait_until(lambda: not is_waiting_for_hold(), what="the end of its session")
        with worker():
            roll_up.delay()
            wait_until(lambda: Slice.objects.exclude(parked_at=None).exists(), what="the parking")
            wait_until(lambda: not RollupRun.objects.filter(state="running").exists(), what="the end of the run")
    finally:
        run_sql("SELECT pg_advisory_unlock(666)")
        run_sql(UNHOLD)
    assert [part.year for part in Slice.objects.exclude(parked_at=None)] == [int(PERIODS[6])]
    assert land.figure("CITY", PERIODS[6]) is None
    assert land.value("CITY", PERIODS[5]) == 60


def test_schedule_set_by_an_administrator_stays(land: Land, queue: Queue) -> None:
    with beat(REDIS_URL=queue.url):
        wait_until(lambda: PeriodicTask.objects.filter(name="check the figures").exists(), what="the schedule")
    slow = IntervalSchedule.objects.get_or_create(every=900, period="seconds")[0]
    PeriodicTask.objects.filter(name="roll up what changed").update(interval=slow)
    PeriodicTask.objects.filter(name="send queued mail").delete()
    with beat(REDIS_URL=queue.url):
        wait_until(lambda: PeriodicTask.objects.filter(name="send queued mail").exists(), what="the missing task")
    assert PeriodicTask.objects.get(name="roll up what changed").interval == slow


def test_schedule_that_an_administrator_changes_while_beat_starts_is_followed(transactional_db: None) -> None:
    """Beat fills an empty schedule; as it writes the last task, somebody sets the first one to a second."""

    def change(instance: PeriodicTask, **sent: Any) -> None:
        if instance.name == list(current_app.conf.beat_schedule)[-1]:
            often = IntervalSchedule.objects.get_or_create(every=1, period="seconds")[0]
            PeriodicTask.objects.filter(name="roll up what changed").update(interval=often)
            PeriodicTasks.update_changed()

    post_save.connect(change, sender=PeriodicTask)
    try:
        scheduler = Scheduler(app=current_app)
    finally:
        post_save.disconnect(change, sender=PeriodicTask)
    assert scheduler.schedule["roll up what changed"].schedule.run_every.total_seconds() == 1


def test_postgresql_killed_in_a_rollup_and_started_again_loses_nothing(tmp_path: Path, queue: Queue) -> None:
    """A server of this test's own, killed with -9 while a worker computes; its keeper starts it again."""
    server = Postgres(tmp_path / "var", durable=True)
    with held(server) as address:
        portal = {"DATABASE_URL": address, "REDIS_URL": queue.url}
        for arguments in (["migrate", "--verbosity", "0"], ["shell", "-c", FILL]):
            subprocess.run([sys.executable, "manage.py", *arguments], env=environment(**portal), cwd=ROOT, check=True)
        with worker(**portal), contextlib.closing(psycopg2.connect(parameters(address))) as holding:
            holding.autocommit = True
            holding.cursor().execute(HOLD)
            holding.cursor().execute("SELECT pg_advisory_lock(666)")
            roll_up.delay()
            wait_until(lambda: is_waiting_for_hold(holding), what="the worker at the held year")
            postmaster = (server.data / "postmaster.pid").read_text().split("\n", 1)[0]
            os.kill(int(postmaster), signal.SIGKILL)
            wait_until(lambda: server.running_address() == address, what="the server's return")
            with contextlib.closing(psycopg2.connect(parameters(address))) as after, after.cursor() as cursor:
                after.autocommit = True
                cursor.execute("SELECT count(*) FROM indicators_computedfigure")
                assert cursor.fetchone() == (0,)
                cursor.execute(UNHOLD)
                roll_up.delay()  # As beat does every minute.
                city = (
                    "SELECT numerator FROM indicators_computedfigure WHERE origin = 'territories' AND numerator > 300"
                )

                def is_there() -> bool:
                    cursor.execute(city)
                    return [int(number) for (number,) in cursor.fetchall()] == [666]

                wait_until(is_there, what="the figure of the city")


def test_two_stewards_importing_the_same_cells_take_turns(land: Land) -> None:
    first, second = (land.check(table(("N1", 2020, "women", people))) for people in (4, 5))
    errors: list[BaseException] = []

    def bring_in(batch) -> None:
        try:
            store_import(batch=batch)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=bring_in, args=[batch]) for batch in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert sorted(Observation.objects.values_list("status", flat=True)) == ["submitted", "superseded"]
