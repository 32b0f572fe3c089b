"""What a release shows and hides."""

from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from indicators.catalogue import loading
from indicators.models import Release, ReleasedFigure
from indicators.releases import actions as releases
from indicators.releases.actions import publish_release
from indicators.rollup import worker
from tests.factories_indicators import FROZEN
from tests.indicators.land import Land
from tests.indicators.releasing import hidden, protect, release, shown


def test_open_figures_are_released_as_they_are(land: Land) -> None:
    land.observe("N1", "2020", 3)
    release(land)
    assert shown(land, "N1") == ("shown", 3)
    assert shown(land, "CITY") == ("shown", 3)


def test_release_is_frozen(land: Land) -> None:
    land.observe("N1", "2020", 30)
    release(land)
    land.observe("N1", "2020", 99)
    worker.roll_up()
    assert shown(land, "N1") == ("shown", 30)
    publish_release(note="Corrected")
    assert shown(land, "N1") == ("shown", 99)
    assert Release.objects.count() == 2


def test_release_waits_for_the_rollup(land: Land) -> None:
    land.observe("N1", "2020", 30)
    with pytest.raises(ValidationError):
        publish_release()
    assert not Release.objects.exists()


def test_small_group_is_hidden_with_the_cells_that_would_give_it_away(land: Land) -> None:
    protect(land)
    for place, women in {"N1": 3, "N2": 50, "N3": 50, "N4": 50}.items():
        land.observe(place, "2020", women, key="sex=F")
        land.observe(place, "2020", 60, key="sex=M")
    release(land)
    assert shown(land, "N1", "sex=F") == ("suppressed", None)
    assert shown(land, "N1", "sex=M") == ("suppressed", None)
    assert shown(land, "N1") == ("shown", 65)
    assert [shown(land, "N2", f"sex={sex}")[0] for sex in "FM"] == ["suppressed", "suppressed"]
    assert [shown(land, place, f"sex={sex}")[0] for place in ("N3", "N4", "D1", "CITY") for sex in "FM"] == [
        "shown"
    ] * 8


def test_small_group_in_one_table_leaves_the_tables_of_other_dimensions(land: Land) -> None:
    protect(land)
    for place in ("N1", "N2", "N3", "N4"):
        for sex in ("F", "M"):
            land.observe(place, "2020", 60, key=f"sex={sex}")
        for age, people in (("CHILD", 2), ("ADULT", 118)):
            land.observe(place, "2020", people, key=f"age={age}")
    release(land)
    assert shown(land, "N1", "age=ADULT") == ("suppressed", None)
    assert shown(land, "N1", "sex=F") == ("shown", 60)


def test_lone_suppressed_part_takes_its_smallest_sibling_with_it(land: Land) -> None:
    protect(land)
    land.observe("N1", "2020", 3, key="sex=F")
    land.observe("N1", "2020", 60, key="sex=M")
    for key in ("sex=F", "sex=M"):
        land.observe("N2", "2020", 40, key=key)
        land.observe("N3", "2020", 50, key=key)
        land.observe("N4", "2020", 55, key=key)
    release(land)
    assert shown(land, "N2", "sex=F") == ("suppressed", None)
    assert shown(land, "D1", "sex=F") == ("shown", 45)
    assert shown(land, "N3", "sex=F") == ("shown", 50)


def test_small_total_is_hidden_with_a_sibling(land: Land) -> None:
    protect(land)
    for place, people in {"N1": 2, "N2": 30, "N3": 40, "N4": 50}.items():
        land.observe(place, "2020", people)
    release(land)
    assert [shown(land, place)[0] for place in ("N1", "N2", "N3", "N4", "D1", "CITY")] == [
        "suppressed", "suppressed", "shown", "shown", "shown", "shown",
    ]  # fmt: skip


def test_zero_is_shown_and_missing_is_neither_zero_nor_suppressed(land: Land) -> None:
    protect(land)
    land.observe("N1", "2020", 0)
    land.observe("N2", "2020", None)
    release(land)
    assert shown(land, "N1") == ("shown", 0)
    assert shown(land, "N2") == ("missing", None)


def test_counts_are_rounded_each_for_itself(land: Land) -> None:
    protect(land)
    for place, people in {"N1": 12, "N2": 12, "N3": 13, "N4": 38}.items():
        land.observe(place, "2020", people)
    release(land)
    assert [shown(land, place)[1] for place in ("N1", "N3", "N4", "D1", "CITY")] == [10, 15, 40, 25, 75]


def test_what_has_no_denominator_is_released_with_none(land: Land) -> None:
    protect(land)
    for place, people in {"N1": 105, "N2": 200}.items():
        land.observe(place, "2020", people)
    assert not release(land).figures.exclude(denominator=None).exists()


def test_release_with_a_denominator_that_was_invented_is_not_published(land: Land) -> None:
    land.observe("N1", "2020", 30)
    worker.roll_up()
    draft = releases.start_release()
    draft.figures.update(denominator=5)
    with pytest.raises(IntegrityError, match="Only ratios and means"), transaction.atomic():
        releases.approve_release(release=draft)
    draft.figures.update(denominator=None)
    assert releases.approve_release(release=draft).published_at


def rate_of(land: Land, numerator: int, denominator: int) -> ReleasedFigure:
    """What is published of a rate that stands alone."""
    land.observe("N1", "2020", numerator, denominator=denominator, indicator="RATE")
    return release(land).figures.get(territory__code="N1", indicator__code="RATE", period__code="2020")


@pytest.mark.parametrize(
    ("numerator", "denominator", "base", "value", "step"),
    [
        (9, 31, None, None, None),  # A base of 31 allows no digit.
        (290, 1003, 1005, 29, 1),  # 28.9 %
        (29_031, 100_003, 100_005, "29.03", "0.01"),
        (0, 31, 30, 0, None),  # Nobody is nobody, and everybody everybody.
        (31, 31, 30, 100, None),
        (5, 2203, None, None, None),  # 0.23 %: to 0.5 points it would read 0, and is not.
    ],
)
def test_rate_is_that_of_its_true_parts_with_the_digits_that_its_base_allows(
    land: Land, numerator: int, denominator: int, base: Any, value: Any, step: Any
) -> None:
    protect(land, "RATE")
    figure = rate_of(land, numerator, denominator)
    assert (figure.numerator, figure.denominator) == (None, base)
    assert figure.value == (None if value is None else Decimal(value))
    assert figure.step == (None if step is None else Decimal(step))
    assert figure.state == ("suppressed" if base is None else "shown")


def test_change_of_one_person_is_no_change_of_a_published_rate(land: Land) -> None:
    protect(land, "RATE")
    land.observe("N1", "2019", 80, denominator=220, indicator="RATE")
    figure = rate_of(land, 79, 220)
    assert shown(land, "N1", indicator="RATE", period="2019")[1] == figure.value == 35


def test_mean_has_a_rounded_base_and_the_digits_that_it_allows(land: Land) -> None:
    protect(land, "MOOD")
    land.observe("N1", "2020-Q1", 4321, denominator=613, indicator="MOOD")
    figure = release(land).figures.get(territory__code="N1", period__code="2020-Q1")
    assert (figure.numerator, figure.denominator, figure.value, figure.step) == (
        None,
        615,
        Decimal("7.05"),  # 7.0489
        Decimal("0.05"),
    )


def test_unprotected_rate_has_its_parts(land: Land) -> None:
    figure = rate_of(land, 9, 31)
    assert (figure.numerator, figure.denominator, figure.step) == (9, 31, None)


def test_hidden_cell_cannot_hold_a_number(land: Land) -> None:
    land.observe("N1", "2020", 30)
    release(land)
    with (
        pgtrigger.ignore(*FROZEN),
        pytest.raises(IntegrityError, match="released_hidden_has_no_number"),
        transaction.atomic(),
    ):
        ReleasedFigure.objects.filter(state="shown").update(state="suppressed")


def test_ratio_is_hidden_where_all_but_a_few_are_in_it(land: Land) -> None:
    """498 of 500 tells as much about the two as 2 of 500."""
    protect(land, "RATE")
    for place, part in {"N1": 498, "N2": 200, "N3": 250, "N4": 250}.items():
        land.observe(place, "2020", part, denominator=500, indicator="RATE")
    release(land)
    assert hidden("RATE") == {"N1", "N2"}


def test_ratio_of_few_people_is_hidden(land: Land) -> None:
    protect(land, "RATE")
    for place, part, whole in (("N1", 0, 4), ("N2", 200, 500), ("N3", 250, 500), ("N4", 0, 500)):
        land.observe(place, "2020", part, denominator=whole, indicator="RATE")
    release(land)
    assert hidden("RATE") == {"N1", "N2"}
    assert shown(land, "N4", indicator="RATE") == ("shown", 0)


def test_mean_of_few_people_is_hidden(land: Land) -> None:
    protect(land, "MOOD")
    for place, total, base in (("N1", 20, 3), ("N2", 300, 50), ("N3", 400, 60), ("N4", 500, 70)):
        land.observe(place, "2020-Q1", total, denominator=base, indicator="MOOD")
    release(land)
    assert hidden("MOOD", "2020-Q1") == {"N1", "N2"}
    assert hidden("MOOD", "2020") == {"N1", "N2"}
    assert shown(land, "N3", indicator="MOOD", period="2020-Q1")[0] == "shown"


def test_rate_without_its_parts_is_shown_as_it_was_published(land: Land) -> None:
    protect(land, "RATE")
    land.observe("CITY", "2020", None, indicator="RATE", value=Decimal("3.5"), flags=0)
    release(land)
    assert shown(land, "CITY", indicator="RATE") == ("shown", Decimal("3.5"))


def test_month_is_hidden_with_another_of_its_quarter(land: Land) -> None:
    protect(land, "EVENTS")
    for month, events in {"2020-01": 3, "2020-02": 20, "2020-03": 30, "2020-04": 40}.items():
        for place in ("N1", "N2"):
            land.observe(place, month, events if place == "N1" else 50, indicator="EVENTS")
    release(land)
    assert hidden("EVENTS", "2020-01") == {"N1", "N2"}
    assert hidden("EVENTS", "2020-02") == {"N1", "N2"}
    assert hidden("EVENTS", "2020-03") == hidden("EVENTS", "2020-Q1") == hidden("EVENTS", "2020") == set()
    assert shown(land, "N1", indicator="EVENTS", period="2020-Q1") == ("shown", 55)


def three_ways(land: Land) -> None:
    loading.load_dimensions(
        [
            {
                "code": "origin",
                "order": 3,
                "name": {"en": "Origin"},
                "categories": [
                    {"code": code, "name": {"en": code}, "parent": None, "part": True, "order": 1}
                    for code in ("HOST", "FOREIGN")
                ],
            }
        ]
    )
    protect(land)


def test_threshold_is_double_in_three_way_tables_below_the_municipality(land: Land) -> None:
    three_ways(land)
    for place, people in {"N1": 8, "N2": 50, "N3": 50, "N4": 50}.items():
        land.observe(place, "2020", people, key="age=CHILD&origin=HOST&sex=F")
        land.observe(place, "2020", 60, key="age=CHILD&origin=FOREIGN&sex=F")
        land.observe(place, "2020", people, key="age=ADULT&sex=F")
    land.observe("CITY", "2020", 8, key="age=ADULT&origin=HOST&sex=M")
    release(land)
    assert hidden() == {
        f"{place} age=CHILD&origin={origin}&sex=F" for place in ("N1", "N2") for origin in ("HOST", "FOREIGN")
    }
    assert shown(land, "N1", "age=ADULT&sex=F") == ("shown", 10)
    assert shown(land, "CITY", "age=ADULT&origin=HOST&sex=M") == ("shown", 10)


def test_reported_whole_hides_like_a_computed_one(land: Land) -> None:
    """The city's own number differs from the sum of its districts; whoever knows by how much must not work out the part."""
    protect(land)
    for place, people in {"N1": 3, "N2": 30, "N3": 40, "N4": 50, "D1": 33, "CITY": 125}.items():
        land.observe(place, "2020", people)
    release(land)
    assert hidden() == {"N1", "N2"}


def test_what_a_release_hid_stays_hidden_in_the_next(land: Land) -> None:
    protect(land)
    for place, people in {"N1": 3, "N2": 30, "N3": 40, "N4": 50}.items():
        land.observe(place, "2020", people)
    release(land)
    land.observe("N1", "2020", 60)
    release(land)
    assert hidden() == {"N1", "N2"}
    assert shown(land, "D1") == ("shown", 90)


def test_what_the_last_release_told_does_not_hide_what_is_small_now(land: Land) -> None:
    """N4 was shown and is unchanged: hiding it now would leave N3 as the difference of two numbers that are known."""
    protect(land)
    for place, people in {"N1": 30, "N2": 30, "N3": 40, "N4": 50}.items():
        land.observe(place, "2020", people)
    release(land)
    assert hidden() == set()
    land.observe("N3", "2020", 4)
    release(land)
    assert hidden() == {"N3", "D2", "CITY"}
    assert shown(land, "N4") == ("shown", 50)


def test_pattern_is_the_same_every_time(land: Land) -> None:
    protect(land)
    for place, people in {"N1": 3, "N2": 30, "N3": 2, "N4": 1}.items():
        for sex in ("F", "M"):
            land.observe(place, "2020", people + (sex == "M"), key=f"sex={sex}")
    release(land)
    first = hidden()
    with pgtrigger.ignore():  # What is published is frozen otherwise.
        Release.objects.all().delete()
    release(land)
    assert first
    assert hidden() == first


def test_release_costs_the_same_queries_for_few_and_many_cells(land: Land, django_assert_max_num_queries: Any) -> None:
    protect(land)
    for place in ("N1", "N2", "N3", "N4"):
        for sex in ("F", "M"):
            land.observe(place, "2020", 3, key=f"sex={sex}")
    worker.roll_up()
    with django_assert_max_num_queries(40):
        publish_release()


def test_count_of_the_small_follows_the_rule_by_which_they_are_hidden(land: Land) -> None:
    """Below the municipality, 8 of a three-way breakdown are small; so are the 2 that 498 of 500 leave out. What was hidden stays so."""
    three_ways(land)
    protect(land, "RATE")
    for place, people in {"N1": 8, "N2": 50, "N3": 50, "N4": 50}.items():
        land.observe(place, "2020", people, key="age=CHILD&origin=HOST&sex=F")
        land.observe(place, "2020", 60, key="age=CHILD&origin=FOREIGN&sex=F")
        land.observe(place, "2020", 498 if place == "N1" else 250, denominator=500, indicator="RATE")
    of_people, of_rate = release(land).indicators.order_by("code")
    assert (of_people.suppressed_count, of_people.primary_count, of_people.complementary_count) == (4, 1, 3)
    assert (of_rate.suppressed_count, of_rate.primary_count, of_rate.complementary_count) == (2, 1, 1)
    land.observe("N1", "2020", 60, key="age=CHILD&origin=HOST&sex=F")
    again = release(land).indicators.get(code="PEOPLE")
    assert (again.suppressed_count, again.primary_count, again.carried_over_count, again.complementary_count) == (
        4,
        0,
        4,
        0,
    )
