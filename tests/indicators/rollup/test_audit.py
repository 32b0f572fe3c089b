"""The nightly check, and what administrators hear of the rollup."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from post_office.models import Email

from indicators.locks import Lock
from indicators.models import ComputedFigure, DirtyMark, FigureAudit, FigureDifference, RollupRun, Slice
from indicators.rollup import actions as rollups
from indicators.rollup import worker
from indicators.tasks import audit_figures
from tests.factories import MembershipFactory, UserFactory
from tests.indicators.kept import lose_figure, spoil_figure
from tests.indicators.land import Land

POISON = """
    CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF 11 = ANY(NEW.numerators) THEN RAISE EXCEPTION 'poisoned'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER poison BEFORE INSERT ON indicators_computedplace FOR EACH ROW EXECUTE FUNCTION poison()
"""


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def fill(land: Land) -> None:
    for place, people in {"N1": 10, "N2": 20, "N3": 30, "N4": 40}.items():
        for year in ("2019", "2020"):
            land.observe(place, year, people, key="sex=F")
            land.observe(place, year, people + 1, key="sex=M")
    worker.roll_up()


def test_audit_of_right_figures_finds_nothing_and_changes_nothing(land: Land) -> None:
    fill(land)
    before = set(ComputedFigure.objects.values_list())
    audit = rollups.audit_figures()
    assert audit is not None
    assert (audit.slices, audit.figures, audit.differences_count) == (2, len(before), 0)
    assert audit.finished_at is not None
    assert set(ComputedFigure.objects.values_list()) == before
    assert not DirtyMark.objects.exists()
    assert not Email.objects.exists()


def test_audit_names_each_cell_that_differs_and_the_next_rollup_mends_it(land: Land) -> None:
    steward = MembershipFactory(
        role="steward", organisation__sector="authority", organisation__kind="local_authority"
    ).user
    fill(land)
    before = set(ComputedFigure.objects.values_list("territory__code", "breakdown__key", "numerator"))
    spoil_figure(1000, territory__code="CITY", period__code="2020", breakdown__key="")
    lose_figure(territory__code="D1", period__code="2020", breakdown__key="sex=F")
    assert audit_figures() == 2
    found = {
        (row.territory.code, row.breakdown.key): (row.kept, row.recomputed)
        for row in FigureDifference.objects.select_related("territory", "breakdown")
    }
    assert found == {("CITY", ""): (1000, 204), ("D1", "sex=F"): (None, 30)}
    assert Email.objects.get().to == [steward.email]
    worker.roll_up()
    assert set(ComputedFigure.objects.values_list("territory__code", "breakdown__key", "numerator")) == before
    assert audit_figures() == 0


def test_audit_passes_over_what_waits_for_the_rollup(land: Land) -> None:
    fill(land)
    land.observe("N1", "2020", 11, key="sex=F")
    waiting = DirtyMark.objects.count()
    audit = rollups.audit_figures()
    assert audit is not None
    assert (audit.slices, audit.differences_count) == (2, 0)
    assert DirtyMark.objects.count() == waiting > 0


def test_command_lists_the_differences_and_fails(land: Land) -> None:
    fill(land)
    spoil_figure(7, territory__code="CITY", period__code="2019", breakdown__key="")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 figures differ"):
        call_command("audit_figures", stdout=out)
    assert "PEOPLE 2019 CITY total: kept 7.0000000000, recomputed 204.0000000000" in out.getvalue()


def test_administrators_hear_once_of_a_parked_slice_and_once_of_its_recovery(land: Land, client: Client) -> None:
    admin = UserFactory(is_staff=True, email="admin@portal.example")
    land.observe("N1", "2021", 11)
    run_sql(POISON)
    for _ in range(4):
        worker.roll_up()
    part = Slice.objects.get(year=2021)
    assert part.parked_at is not None
    (mail,) = Email.objects.all()
    assert mail.to == [admin.email]
    assert "poisoned" in mail.message
    run_sql("DROP TRIGGER poison ON indicators_computedplace")

    client.force_login(admin)
    assert "poisoned" in client.get("/figures/runs/").content.decode()
    client.post(f"/figures/runs/{part.pk}/retry/")
    part.refresh_from_db()
    assert (part.parked_at, part.attempts) == (None, 0)
    worker.roll_up()
    assert land.value("CITY", "2021") == 11
    assert Email.objects.count() == 2
    part.refresh_from_db()
    assert part.alerted_at is None


def test_slice_whose_workers_died_is_parked_and_told(land: Land) -> None:
    UserFactory(is_staff=True)
    land.observe("N1", "2021", 11)
    Slice.objects.update(attempts=Slice.MAX_ATTEMPTS)
    worker.roll_up()
    assert Slice.objects.get().parked_at is not None
    assert Email.objects.count() == 1
    assert land.figure("CITY", "2021") is None


def test_poisoned_slice_of_a_batch_costs_the_others_no_attempt(land: Land) -> None:
    for year in ("2018", "2019", "2020"):
        land.observe("N1", year, 10)
    land.observe("N1", "2021", 11)
    run_sql(POISON)
    run = worker.roll_up()
    assert run is not None
    assert (run.state, run.slices) == (RollupRun.State.FAILED, 3)
    assert list(Slice.objects.order_by("year").values_list("attempts", flat=True)) == [0, 0, 0, 1]


def test_two_audits_do_not_run_at_once(land: Land) -> None:
    fill(land)
    elsewhere = connection.copy()
    try:
        with elsewhere.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, 0)", [Lock.AUDIT.value])
            assert rollups.audit_figures() is None
            assert not FigureAudit.objects.exists()
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [Lock.AUDIT.value])
    finally:
        elsewhere.close()
    assert rollups.audit_figures() is not None
    assert FigureAudit.objects.filter(finished_at=None).count() == 0


def test_page_of_runs_shows_the_last_check(land: Land, client: Client) -> None:
    fill(land)
    spoil_figure(7777, territory__code="CITY", period__code="2019", breakdown__key="")
    rollups.audit_figures()
    client.force_login(UserFactory(is_staff=True))
    html = client.get("/figures/runs/").content.decode()
    assert "7,777" not in html  # The numbers themselves stand on the page of the figure, for who gives a reason.
    assert "/figures/PEOPLE/test-land/CITY/2019/" in html
