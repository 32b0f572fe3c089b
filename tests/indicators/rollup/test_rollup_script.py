"""`manage.py rollup --print-sql` tells what a rollup runs, and what it tells does the same."""

import io
import re

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from indicators.models import ComputedFigure, ComputedPlace, DirtyMark, RollupRun, Slice
from indicators.rollup import worker
from tests.indicators.computed import figures
from tests.indicators.land import Land


def printed(*options: str) -> str:
    out = io.StringIO()
    call_command("rollup", "--print-sql", *options, stdout=out)
    return out.getvalue()


def figures_of_script(script: str) -> dict:
    """What there is once the text has been executed, in a transaction that is then rolled back."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.cursor.execute(script)
        found = figures()
        transaction.set_rollback(True)
    return found


def fill_year(land: Land) -> None:
    """Groups and their sets, parts, what is reported beside them, a figure that is missing."""
    for place, people in {"N1": 10, "N2": 20, "N3": 30}.items():
        for key in ("sex=F", "sex=M"):
            land.observe(place, "2020", people // 2, key=key)
    land.observe("N4", "2020", None)
    land.observe("D1", "2020", 33)


def fill(land: Land) -> None:
    fill_year(land)
    for month in range(1, 13):
        land.observe("N1", f"2021-{month:02d}", month, indicator="EVENTS")


def state() -> tuple[list, ...]:
    return (
        list(ComputedPlace.objects.order_by("pk").values()),
        list(DirtyMark.objects.order_by("pk").values()),
        list(Slice.objects.order_by("pk").values()),
        list(RollupRun.objects.values()),
    )


def test_printed_batch_writes_what_the_rollup_writes(land: Land) -> None:
    fill(land)
    script = printed()
    told = figures_of_script(script)
    worker.roll_up()
    assert told == figures() != {}
    assert {"categories", "territories", "periods"} == set(ComputedFigure.objects.values_list("origin", flat=True))


def test_printed_batch_of_changes_writes_what_the_rollup_writes(land: Land) -> None:
    """Where figures stand already: what is only read is carried, and only what differs is written."""
    fill(land)
    worker.roll_up()
    before = figures()
    land.observe("N3", "2020", 50, key="sex=F")
    script = printed()
    assert "rollup_packed" in script
    told = figures_of_script(script)
    worker.roll_up()
    assert told == figures() != before


def test_printing_changes_nothing(land: Land) -> None:
    fill(land)
    before = state()
    printed()
    printed("--all")
    assert state() == before


def test_everything_is_marked_by_the_script_itself(land: Land) -> None:
    fill_year(land)
    worker.roll_up()
    ComputedPlace.objects.all().delete()
    assert printed() == "-- Nothing to roll up.\n"
    script = printed("--all")
    assert "MARK_ALL: INSERT INTO indicators_dirtymark" in script
    told = figures_of_script(script)
    call_command("rollup", "--all", stdout=io.StringIO())
    assert told == figures() != {}


def test_each_statement_is_whole_named_and_can_be_explained(land: Land) -> None:
    fill(land)
    statements = re.split(r"\n(?=-- \d+\.)", printed())
    names = [statement.splitlines()[0] for statement in statements]
    assert all(re.match(r"-- \d+\. ", name) for name in names)
    assert [name for name in names if "TAKE_MARKS: DELETE FROM indicators_dirtymark, INSERT INTO rollup_mark" in name]
    assert [name for name in names if name.endswith("SLICES: CREATE TEMPORARY TABLE rollup_slice")]
    explained = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            if not re.search(r"^\s*(SET|ANALYZE|CREATE TEMPORARY TABLE \S+ \()", statement, re.MULTILINE):
                cursor.cursor.execute(re.sub(r"\A(-- .*\n)", r"\1EXPLAIN ", statement))
                assert cursor.cursor.fetchone()
                explained += 1
            cursor.cursor.execute(statement)
        transaction.set_rollback(True)
    assert explained > 20


@pytest.mark.django_db
def test_nothing_to_roll_up_is_said_as_a_comment() -> None:
    assert printed() == "-- Nothing to roll up.\n"
