"""What a release shows and hides."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from indicators import rollup
from indicators.actions import publish_release
from indicators.models import Release, ReleasedFigure
from tests.indicators.land import Land


def release(land: Land) -> Release:
    rollup.roll_up()
    return publish_release()


def shown(land: Land, place: str, key: str = "", indicator: str = "PEOPLE") -> tuple[str, Decimal | None]:
    figure = ReleasedFigure.objects.get(
        release=Release.objects.current(),
        indicator__code=indicator,
        territory__code=place,
        period__code="2020",
        breakdown__key=key,
    )
    return figure.state, figure.value


def protect(land: Land, code: str = "PEOPLE", threshold: int = 5, rounding: int = 5) -> None:
    indicator = land.indicators[code]
    indicator.threshold, indicator.rounding = threshold, rounding
    indicator.save()


def test_open_figures_are_released_as_they_are(land: Land) -> None:
    land.observe("N1", "2020", 3)
    release(land)
    assert shown(land, "N1") == ("shown", 3)
    assert shown(land, "CITY") == ("shown", 3)


def test_release_is_frozen(land: Land) -> None:
    land.observe("N1", "2020", 30)
    release(land)
    land.observe("N1", "2020", 99)
    rollup.roll_up()
    assert shown(land, "N1") == ("shown", 30)
    publish_release(note="Corrected")
    assert shown(land, "N1") == ("shown", 99)
    assert Release.objects.count() == 2


def test_release_waits_for_the_rollup(land: Land) -> None:
    land.observe("N1", "2020", 30)
    with pytest.raises(ValidationError):
        publish_release()
    assert not Release.objects.exists()


def test_small_group_hides_its_whole_table(land: Land) -> None:
    protect(land)
    for place, women in {"N1": 3, "N2": 50, "N3": 50, "N4": 50}.items():
        land.observe(place, "2020", women, key="sex=F")
        land.observe(place, "2020", 60, key="sex=M")
    release(land)
    assert shown(land, "N1", "sex=F") == ("suppressed", None)
    assert shown(land, "N1", "sex=M") == ("suppressed", None)
    assert shown(land, "N1") == ("shown", 65)


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


def test_ratio_with_a_small_part_is_hidden_and_others_come_from_rounded_parts(land: Land) -> None:
    protect(land, "RATE")
    land.observe("N1", "2020", 3, denominator=80, indicator="RATE")
    land.observe("N2", "2020", 17, denominator=52, indicator="RATE")
    land.observe("N3", "2020", 18, denominator=61, indicator="RATE")
    release(land)
    assert shown(land, "N1", indicator="RATE") == ("suppressed", None)
    assert shown(land, "N3", indicator="RATE") == ("shown", Decimal("33.3333333333"))


def test_hidden_cell_cannot_hold_a_number(land: Land) -> None:
    land.observe("N1", "2020", 30)
    release(land)
    with pytest.raises(IntegrityError, match="released_hidden_has_no_number"), transaction.atomic():
        ReleasedFigure.objects.filter(state="shown").update(state="suppressed")
