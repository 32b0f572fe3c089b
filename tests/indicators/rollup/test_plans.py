"""How PostgreSQL goes about large imports: what it plans by, and that it never looks through all cells for each of them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from indicators.file_progress import RULES, STORING, claim, note, progress_of
from indicators.imports import actions as imports
from indicators.imports import engine
from indicators.models import ImportBatch, QualityRule
from tests.indicators.land import Land, make_land, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def land(db: None) -> Land:
    """For each test anew: a transaction sees the activities of its server as they were when it first asked."""
    return make_land()


ROWS = [
    (place, year, sex, 50) for place in ("N1", "N2", "N3") for year in range(2010, 2018) for sex in ("women", "men")
]


class Plans:
    """The plans of the statements that begin in some way, each asked for just before it runs."""

    def __init__(self, beginning: str) -> None:
        self.beginning = beginning
        self.told: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.strip().startswith(self.beginning):
            context["cursor"].cursor.execute(f"EXPLAIN {sql}", params)
            self.told.append("\n".join(row[0] for row in context["cursor"].cursor.fetchall()))
        return execute(sql, params, many, context)


def test_rules_join_sets_and_never_look_through_all_cells_for_each(land: Land) -> None:
    """As they would for many places: the planner takes four columns that belong together for four that do not."""
    batch = land.check(table(*ROWS))
    plans = Plans("INSERT INTO quality_found")
    with connection.execute_wrapper(plans):
        imports.store_import(batch=batch)
    assert len(plans.told) > QualityRule.objects.count()
    assert [plan for plan in plans.told if "Nested Loop" in plan] == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_nestloop")
        assert cursor.fetchone() == ("on",)


def test_cells_of_a_file_are_counted_before_they_are_joined(land: Land) -> None:
    batch = land.check(table(*ROWS))
    plans = Plans("UPDATE indicators_observation o SET status = 'superseded'")
    with connection.execute_wrapper(plans):
        imports.store_import(batch=batch)
    (plan,) = plans.told
    (scan,) = [line for line in plan.splitlines() if "import_cell" in line]
    assert f"rows={len(ROWS)} " in scan


def test_rollup_after_a_large_approval_plans_by_what_counts(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statistics of before the approval say that nothing is approved: it would be read whole for each period."""
    monkeypatch.setattr(engine, "MANY_ROWS", 20)
    imports.approve_import(batch=imports.store_import(batch=land.check(table(*ROWS))))
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'observation_one_approved'")
        assert cursor.fetchone() == (len(ROWS),)


@pytest.mark.parametrize(
    ("step", "percent", "words"),
    [
        (STORING, 25, "All figures are read. 25% of them are stored."),
        (RULES, 25, "All figures are stored. 3 of 12 quality rules have looked at them."),
    ],
)
def test_steps_after_the_reading_are_told(land: Land, step: str, percent: int, words: str) -> None:
    batch = land.check(table(("N1", 2017, "all", 50)))
    assert batch.state == ImportBatch.State.CHECKED
    with transaction.atomic():
        claim(batch.pk)
        note(step, 3, 12)
        progress = progress_of(batch.pk)
    assert (progress.percent, progress.words) == (percent, words)
