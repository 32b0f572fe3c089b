"""The rules of the rollup, one by one. `compare_with_scratch` holds rule 7 wherever it is called."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from indicators import marks
from indicators.catalogue.loading import load_dimensions
from indicators.models import Breakdown, ComputedFigure, ComputedPlace, DirtyMark, Observation, Period, RollupRun, Slice
from indicators.rollup import actions as rollups
from indicators.rollup import worker
from indicators.vocabulary import QUALITIES, Flag
from orgs.models import Territory, TerritorySuccession
from tests.indicators.computed import compare_with_scratch
from tests.indicators.kept import spoil_figure
from tests.indicators.land import DIMENSIONS, Land, make_land, table


@pytest.fixture
def land(db: None) -> Land:
    """For each test anew: some here commit, or make another one."""
    return make_land()


def test_count_adds_up_the_tree(land: Land) -> None:
    for place, people in {"N1": 10, "N2": 20, "N3": 30, "N4": 40, "N9": 5}.items():
        land.observe(place, "2020", people)
    worker.roll_up()
    assert [land.value(place, "2020") for place in ("D1", "D2", "CITY")] == [30, 70, 105]
    city = land.figure("CITY", "2020")
    assert city is not None
    assert (city.origin, city.reporters, city.expected) == ("territories", 4, 4)
    compare_with_scratch()


def test_reported_beats_computed_and_the_sum_is_kept_beside_it(land: Land) -> None:
    for place, people in {"N1": 10, "N2": 20, "N3": 30, "N4": 40, "D1": 33}.items():
        land.observe(place, "2020", people)
    worker.roll_up()
    assert land.value("D1", "2020") == 33
    assert ComputedFigure.objects.get(territory__code="D1", is_overridden=True).numerator == 30
    assert land.value("CITY", "2020") == 103
    compare_with_scratch()


def test_half_covered_sum_says_so(land: Land) -> None:
    land.observe("N1", "2020", 10)
    land.observe("N3", "2020", 30)
    land.observe("N4", "2020", None)
    worker.roll_up()
    city = land.figure("CITY", "2020")
    assert city is not None
    assert (city.value, city.reporters, city.expected) == (40, 2, 4)


def test_reported_missing_does_not_hide_what_can_be_computed(land: Land) -> None:
    land.observe("N1", "2020", 10)
    land.observe("D1", "2020", None)
    worker.roll_up()
    assert land.value("D1", "2020") == 10
    assert land.figure("D1", "2020").origin == "territories"  # type: ignore[union-attr]


def test_missing_alone_stays_missing(land: Land) -> None:
    land.observe("N1", "2020", None)
    worker.roll_up()
    figure = land.figure("N1", "2020")
    assert figure is not None
    assert (figure.value, figure.flags) == (None, Flag.MISSING)
    assert land.figure("CITY", "2020") is None


def test_territory_whose_parts_are_not_all_known_is_not_added_up(land: Land) -> None:
    city = land.territories["CITY"]
    city.has_all_parts = False
    city.save()
    land.observe("N1", "2020", 10)
    worker.roll_up()
    assert land.value("D1", "2020") == 10
    assert land.figure("CITY", "2020") is None


def test_complete_set_of_groups_gives_the_whole(land: Land) -> None:
    for key, people in {"sex=F": 6, "sex=M": 4}.items():
        land.observe("N1", "2020", people, key=key)
    land.observe("N2", "2020", 7, key="sex=F")
    worker.roll_up()
    assert land.value("N1", "2020") == 10
    assert land.figure("N2", "2020") is None
    assert land.value("D1", "2020", key="sex=F") == 13
    assert land.value("D1", "2020") == 10
    compare_with_scratch()


def test_nested_groups_are_never_added_to_their_own_parts(land: Land) -> None:
    for key, people in {"age=BABY": 1, "age=PUPIL": 2, "age=ADULT": 10, "age=Y15-29": 6}.items():
        land.observe("N1", "2020", people, key=key)
    worker.roll_up()
    assert land.value("N1", "2020", key="age=CHILD") == 3
    assert land.value("N1", "2020") == 13


def test_reported_parent_group_stands_in_the_whole(land: Land) -> None:
    for key, people in {"age=BABY": 1, "age=PUPIL": 2, "age=CHILD": 4, "age=ADULT": 10}.items():
        land.observe("N1", "2020", people, key=key)
    worker.roll_up()
    assert land.value("N1", "2020") == 14


def test_two_dimensions_give_every_margin(land: Land) -> None:
    people = {
        ("BABY", "F"): 1,
        ("BABY", "M"): 2,
        ("PUPIL", "F"): 3,
        ("PUPIL", "M"): 4,
        ("ADULT", "F"): 5,
        ("ADULT", "M"): 6,
    }
    for (age, sex), number in people.items():
        land.observe("N1", "2020", number, key=f"age={age}&sex={sex}")
    worker.roll_up()
    margins = {"sex=F": 9, "sex=M": 12, "age=CHILD": 10, "age=CHILD&sex=F": 4, "age=ADULT": 11, "": 21}
    assert {key: land.value("CITY", "2020", key=key) for key in margins} == margins
    compare_with_scratch()


def test_ratio_pools_its_parts_and_is_never_a_mean_of_percentages(land: Land) -> None:
    land.observe("N1", "2020", 1, denominator=10, indicator="RATE")
    land.observe("N2", "2020", 50, denominator=90, indicator="RATE")
    worker.roll_up()
    assert land.value("D1", "2020", indicator="RATE") == 51


def test_mean_is_weighted_by_its_base(land: Land) -> None:
    land.observe("N1", "2020-Q1", 5 * 2, denominator=2, indicator="MOOD")
    land.observe("N2", "2020-Q1", 8 * 1, denominator=1, indicator="MOOD")
    land.observe("N2", "2020-Q2", 2 * 9, denominator=9, indicator="MOOD")
    worker.roll_up()
    assert land.value("D1", "2020-Q1", indicator="MOOD") == 6
    assert land.value("D1", "2020", indicator="MOOD") == 3


def test_score_and_bare_rate_are_shown_only_where_reported(land: Land) -> None:
    land.observe("N1", "2020", None, indicator="SCORE", value=Decimal(80), flags=0)
    land.observe("N1", "2020", None, indicator="RATE", value=Decimal("61.8"), flags=0)
    worker.roll_up()
    assert land.value("N1", "2020", indicator="SCORE") == 80
    assert land.value("N1", "2020", indicator="RATE") == Decimal("61.8")
    assert not ComputedFigure.objects.exists()


def test_months_give_quarters_half_years_and_the_year(land: Land) -> None:
    for month in range(1, 13):
        land.observe("N1", f"2020-{month:02d}", month, indicator="EVENTS")
        land.observe("N1", f"2020-{month:02d}", month, indicator="STOCK")
    worker.roll_up()
    periods = ("2020-Q1", "2020-Q4", "2020-S1", "2020")
    assert [land.value("CITY", period, indicator="EVENTS") for period in periods] == [6, 33, 21, 78]
    assert [land.value("CITY", period, indicator="STOCK") for period in periods] == [
        2,
        11,
        Decimal("3.5"),
        Decimal("6.5"),
    ]
    compare_with_scratch()


def test_year_of_a_few_months_says_how_many(land: Land) -> None:
    land.observe("N1", "2020-01", 4, indicator="EVENTS")
    land.observe("N1", "2020-05", 6, indicator="EVENTS")
    worker.roll_up()
    year = land.figure("CITY", "2020", indicator="EVENTS")
    assert year is not None
    assert (year.value, year.periods_used, year.periods_expected) == (10, 2, 12)


def test_figure_belongs_to_the_division_of_its_time(land: Land) -> None:
    land.observe("N1", "2018", 10)
    land.observe("N2", "2018", 20)
    land.observe("N2", "2020", 21)
    old = land.territories["N1"]
    old.valid_to = "2018-12-31"
    old.save()
    worker.roll_up()
    assert land.value("D1", "2018") == 30
    district = land.figure("D1", "2020")
    assert district is not None
    assert (district.value, district.reporters, district.expected) == (21, 1, 1)
    compare_with_scratch()


def test_move_in_the_tree_moves_the_figures(land: Land) -> None:
    for place, people in {"N1": 10, "N2": 20, "N3": 30}.items():
        land.observe(place, "2020", people)
    worker.roll_up()
    neighbourhood = land.territories["N2"]
    neighbourhood.parent = land.territories["D2"]
    neighbourhood.save()
    worker.roll_up()
    assert [land.value(place, "2020") for place in ("D1", "D2", "CITY")] == [10, 50, 60]
    compare_with_scratch()


@pytest.mark.parametrize(
    "numbers", [("0.1", "0.2"), ("7", "0.0000000001"), ("9" * 19, "9" * 19), ("1000000000000", "1")], ids=str
)
def test_numbers_of_any_size_add_up_exactly(land: Land, numbers: tuple[str, str]) -> None:
    first, second = map(Decimal, numbers)
    for place, people in {"N1": first, "N2": second, "N3": 4}.items():
        land.observe(place, "2020", people, key="sex=F")
        land.observe(place, "2020", 1, key="sex=M")
    worker.roll_up()
    assert [land.value(place, "2020") for place in ("N1", "D1", "CITY")] == [
        first + 1,
        first + second + 2,
        first + second + 7,
    ]
    compare_with_scratch()


def test_mean_of_periods_that_does_not_end_is_kept_as_it_is_recomputed(land: Land) -> None:
    for place in ("N1", "N2", "N3"):
        for month, people in enumerate((1, 0, 0), start=1):
            land.observe(place, f"2020-{month:02d}", people, indicator="STOCK")
    worker.roll_up()
    assert land.value("N1", "2020-Q1", indicator="STOCK") == Decimal("0.3333333333")
    land.observe("N4", "2020-01", 1, indicator="STOCK")
    compare_with_scratch()
    audit = rollups.audit_figures()
    assert audit is not None
    assert audit.differences_count == 0


def test_denominators_of_shorter_periods_count_though_the_batch_has_none_itself(land: Land) -> None:
    land.indicators["RATE"].frequency = "month"
    land.indicators["RATE"].save()
    for month in (1, 2, 3):
        land.observe("CITY", f"2020-{month:02d}", 3, denominator=10, indicator="RATE")
    worker.roll_up()
    land.observe("CITY", "2020-04", None, indicator="RATE")
    worker.roll_up()
    assert [land.value("CITY", period, indicator="RATE") for period in ("2020-Q1", "2020-S1", "2020")] == [30, 30, 30]
    compare_with_scratch()


def test_place_is_one_row_for_each_way_of_making(land: Land) -> None:
    for place in ("N1", "N2"):
        land.observe(place, "2020", 6, key="sex=F")
        land.observe(place, "2020", 3, key="sex=M")
    land.observe("D1", "2020", 20)
    worker.roll_up()
    rows: dict[tuple[str, str], Any] = {
        (row.territory.code, row.origin): (
            dict(zip(row.breakdowns, row.numerators, strict=True)),
            row.overridden,
            row.denominators,
        )
        for row in ComputedPlace.objects.select_related("territory")
    }
    total, women, men = (Breakdown.objects.get(key=key).pk for key in ("", "sex=F", "sex=M"))
    assert rows["N1", "categories"] == ({total: 9}, None, None)
    assert rows["D1", "territories"] == (
        {total: 18, women: 12, men: 6},
        [key == total for key in sorted((total, women, men))],
        None,
    )
    assert len(rows) == 4


def test_withdrawn_value_leaves_no_trace(land: Land) -> None:
    observation = land.observe("N1", "2020", 10)
    worker.roll_up()
    observation.status = "withdrawn"
    observation.save()
    worker.roll_up()
    assert not ComputedFigure.objects.exists()


def test_second_run_has_nothing_to_do(land: Land) -> None:
    land.observe("N1", "2020", 10)
    first = worker.roll_up()
    assert first is not None
    assert first.state == RollupRun.State.DONE
    stamps = set(ComputedFigure.objects.values_list("computed_at", flat=True))
    assert worker.roll_up() is None
    marks.mark_all()
    again = worker.roll_up()
    assert again is not None
    assert again.figures == 0
    assert set(ComputedFigure.objects.values_list("computed_at", flat=True)) == stamps


def test_unapproved_value_neither_marks_nor_counts(land: Land) -> None:
    land.observe("N1", "2020", 10, status="submitted", approved_at=None)
    assert not DirtyMark.objects.exists()
    assert worker.roll_up() is None


def test_failing_slice_is_parked_after_three_attempts_and_the_others_go_on(land: Land) -> None:
    land.observe("N1", "2020", 10)
    land.observe("N1", "2021", 11)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF 11 = ANY(NEW.numerators) THEN RAISE EXCEPTION 'poisoned'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER poison BEFORE INSERT ON indicators_computedplace FOR EACH ROW EXECUTE FUNCTION poison()"
        )
    for attempt in (1, 2, 3):
        run = worker.roll_up()
        assert run is not None
        assert run.state == RollupRun.State.FAILED
        poisoned = Slice.objects.get(year=2021)
        assert (poisoned.attempts, poisoned.parked_at is not None) == (attempt, attempt == 3)
    assert "poisoned" in poisoned.error
    assert worker.roll_up() is None
    assert land.value("CITY", "2020") == 10
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER poison ON indicators_computedplace")
    marks.mark_all()
    worker.roll_up()
    assert land.value("CITY", "2021") == 11


def test_import_to_figure(land: Land) -> None:
    land.bring_in(table(("N1", 2020, "women", 10), ("N1", 2020, "men", 12), ("N3", 2020, "all", 5)))
    worker.roll_up()
    assert land.value("CITY", "2020") == 27


def test_reporting_kind_with_parts_of_its_own_kind_counts_the_smallest(land: Land) -> None:
    """Where planning areas, their regions and their districts are all called areas, only the planning areas should report."""
    for territory in land.territories.values():
        if territory.kind in ("district", "neighbourhood"):
            territory.kind = "area"
            territory.save()
    for place, people in {"N1": 10, "N2": 20, "N3": 30}.items():
        land.observe(place, "2020", people)
    worker.roll_up()
    city = land.figure("CITY", "2020")
    assert city is not None
    assert (city.value, city.reporters, city.expected) == (60, 3, 4)


def test_second_set_of_groups_gives_the_whole_where_the_first_has_gaps(land: Land) -> None:
    land.observe("N1", "2020", 6, key="sex=F")
    land.observe("N1", "2020", 3, key="age=CHILD")
    land.observe("N1", "2020", 8, key="age=ADULT")
    worker.roll_up()
    assert land.value("N1", "2020") == 11


def test_mark_without_a_territory_does_the_whole_tree_anew(land: Land) -> None:
    for place, people in {"N1": 10, "N3": 30}.items():
        land.observe(place, "2020", people)
    worker.roll_up()
    ComputedPlace.objects.filter(territory__code="CITY").delete()
    spoil_figure(5, territory__code="D1")
    DirtyMark.objects.create(indicator=land.indicators["PEOPLE"], period=Period.objects.get(code="2020"))
    run = worker.roll_up()
    assert run is not None
    assert run.figures == 2
    assert [land.value(place, "2020") for place in ("D1", "D2", "CITY")] == [10, 30, 40]


def test_figure_of_a_place_that_reports_no_more_goes_with_a_whole_mark(land: Land) -> None:
    land.observe("N1", "2020", 10)
    land.observe("N3", "2020", 30)
    worker.roll_up()
    Observation.objects.filter(territory__code="N3").delete()
    DirtyMark.objects.all().delete()
    marks.mark_all()
    worker.roll_up()
    assert land.figure("D2", "2020") is None
    assert land.value("CITY", "2020") == 10


def test_moved_territory_is_taken_from_the_place_that_it_left(land: Land) -> None:
    land.observe("N3", "2020", 30)
    worker.roll_up()
    assert land.value("D2", "2020") == 30
    land.territories["N3"].parent = land.territories["D1"]
    land.territories["N3"].save()
    worker.roll_up()
    assert land.figure("D2", "2020") is None
    assert land.value("D1", "2020") == 30
    assert land.value("CITY", "2020") == 30


def test_change_of_a_rule_of_adding_up_is_seen_in_the_figures(land: Land) -> None:
    land.observe("N1", "2020-01", 10, indicator="STOCK")
    land.observe("N1", "2020-02", 20, indicator="STOCK")
    worker.roll_up()
    assert land.value("CITY", "2020-Q1", indicator="STOCK") == 15
    land.indicators["STOCK"].time_operator = "last"
    land.indicators["STOCK"].save()
    worker.roll_up()
    assert land.value("CITY", "2020-Q1", indicator="STOCK") == 20
    land.territories["D1"].has_all_parts = False
    land.territories["D1"].save()
    worker.roll_up()
    assert land.figure("CITY", "2020-Q1", indicator="STOCK") is None


def test_group_that_comes_to_a_set_leaves_it_incomplete_until_it_reports(land: Land) -> None:
    land.observe("N1", "2020", 10, key="sex=F")
    land.observe("N1", "2020", 12, key="sex=M")
    worker.roll_up()
    assert land.value("CITY", "2020") == 22
    categories: Any = DIMENSIONS[0]["categories"]
    third = {"code": "X", "name": {"en": "X"}, "parent": None, "part": True, "order": 3}
    sex = DIMENSIONS[0] | {"categories": [*categories, third]}
    load_dimensions([sex])
    worker.roll_up()
    assert land.figure("CITY", "2020") is None
    land.observe("N1", "2020", 1, key="sex=X")
    worker.roll_up()
    assert land.value("CITY", "2020") == 23
    load_dimensions([sex])
    assert not DirtyMark.objects.exists()


PLACES = st.sampled_from(["N1", "N2", "N3", "N4", "N9", "D1", "D2", "CITY"])
VALUES = st.tuples(
    st.just("value"),
    PLACES,
    st.sampled_from(["PEOPLE", "RATE", "EVENTS", "STOCK"]),
    st.sampled_from(["2020", "2021", "2020-02", "2020-03", "2020-Q1"]),
    st.sampled_from(["", "sex=F", "sex=M", "age=CHILD", "age=ADULT&sex=F", "age=ADULT&sex=M", "age=BABY", "age=PUPIL"]),
    st.one_of(st.none(), st.just("withdraw"), st.integers(0, 50)),
    st.one_of(st.just(0), st.integers(0, int(QUALITIES))),
)
MERGES = st.tuples(st.just("merge"), st.sampled_from(["N1", "N2", "N3", "N4"]))
MOVES = st.tuples(st.just("move"), st.sampled_from(["N1", "N2", "N3", "N4"]), st.sampled_from(["D1", "D2"]))
PARTS = st.tuples(st.just("parts"), st.sampled_from(["D1", "D2", "CITY"]), st.booleans())
RULES = st.tuples(
    st.just("rule"), st.sampled_from(["EVENTS", "STOCK"]), st.sampled_from(["last", "mean", "sum", "none"])
)
CHANGES = st.lists(
    st.tuples(st.one_of(VALUES, VALUES, VALUES, VALUES, MERGES, MOVES, PARTS, RULES), st.integers(0, 2)),
    min_size=1,
    max_size=14,
)


def change(land: Land, kind: str, *what: object) -> None:
    if kind == "merge":  # From 2021 on the place lies in a new one, with its successor known.
        old = land.territories[str(what[0])]
        old.valid_to = datetime.date(2020, 12, 31)
        old.save()
        code = f"M{what[0]}"
        if code not in land.territories:
            new = Territory.objects.create(
                scheme=old.scheme, code=code, name=code, kind=old.kind, parent=old.parent, valid_from="2021-01-01"
            )
            land.territories[code] = new
            TerritorySuccession.objects.create(predecessor=old, successor=new)
    elif kind == "move":
        place = land.territories[str(what[0])]
        place.parent = land.territories[str(what[1])]
        place.save()
    elif kind == "parts":
        place = land.territories[str(what[0])]
        place.has_all_parts = bool(what[1])
        place.save()
    elif kind == "rule":
        indicator = land.indicators[str(what[0])]
        indicator.time_operator = str(what[1])
        indicator.save()
    else:
        where, counted, period, key, value, flags = what
        assert isinstance(flags, int)
        if value == "withdraw":
            cell = {"territory__code": where, "period__code": period, "breakdown__key": key, "status": "approved"}
            for observation in Observation.objects.filter(indicator__code=counted, **cell):
                observation.status = "withdrawn"
                observation.save()
        else:
            denominator = None if value is None or counted != "RATE" else 100
            numbers: dict[str, Any] = {"key": str(key), "indicator": str(counted), "denominator": denominator}
            missing = Flag.MISSING if value is None else 0
            land.observe(str(where), str(period), value, flags=flags | missing, **numbers)


@pytest.mark.django_db
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(CHANGES)
@example(
    [
        (("value", "D1", "EVENTS", "2020", "", 0, 0), 0),
        (("value", "N1", "EVENTS", "2020", "", None, 0), 1),
        (("move", "N2", "D2"), 0),
    ]
)
@example([(("value", "N3", "PEOPLE", "2020", "", 0, 5), 0), (("merge", "N1"), 1), (("move", "N3", "D1"), 0)])
def test_kept_figures_equal_those_from_scratch(changes: list) -> None:
    """After any sequence of values, corrections, withdrawals, merges and moves, rolled up now and then, now and then twice."""
    with transaction.atomic():
        land = make_land()
        for what, tasks in changes:
            change(land, *what)
            for _ in range(tasks):
                worker.roll_up()
        compare_with_scratch()
        transaction.set_rollback(True)
