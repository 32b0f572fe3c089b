"""A release whose maker dies: a real process, killed while it copies the figures."""

import pytest

from indicators.models import Release
from indicators.releases import actions as releases
from indicators.rollup import worker
from indicators.tasks import make_releases
from tests.indicators.holds import is_waiting_for_hold, run_sql
from tests.indicators.land import Land, make_land
from tests.processes import kill, started, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

# The copying stands still at one figure until somebody says "go".
HOLD = """
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.numerator = 666 THEN PERFORM pg_advisory_xact_lock(666); END IF; RETURN NEW; END $$;
    CREATE TRIGGER hold BEFORE INSERT ON indicators_releasedfigure FOR EACH ROW EXECUTE FUNCTION hold();
"""
UNHOLD = "DROP TRIGGER IF EXISTS hold ON indicators_releasedfigure; DROP FUNCTION IF EXISTS hold()"
MAKE = "import django; django.setup(); from indicators.releases import actions; actions.make_releases()"


@pytest.fixture
def land(transactional_db: None) -> Land:
    return make_land()


def test_release_whose_maker_was_killed_is_made_by_the_next_one(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indicators.releases.actions.LARGE", -1)
    land.observe("N1", "2020", 666)
    worker.roll_up()
    release = releases.start_release()
    run_sql(HOLD)
    run_sql("SELECT pg_advisory_lock(666)")
    try:
        with started("-c", MAKE) as maker:
            wait_until(is_waiting_for_hold, what="the maker at the held figure")
            assert make_releases() == 0  # Nobody makes it twice.
            kill(maker)
        release.refresh_from_db()
        assert (release.state, release.attempts, release.figures.count()) == (Release.State.DRAFT, 1, 0)
    finally:
        run_sql("SELECT pg_advisory_unlock(666)")
    try:
        wait_until(lambda: make_releases() == 1, what="the next one to make it")
    finally:
        run_sql(UNHOLD)
    release.refresh_from_db()
    assert (release.state, release.figures.count()) == (Release.State.PREVIEW, 3)
    assert releases.approve_release(release=release).published_at
