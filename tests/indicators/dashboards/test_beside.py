"""Which groups are everybody: women and men, and whoever a source reports beside them."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from indicators.catalogue.loading import load_dimensions
from indicators.models import BreakdownMargin, Category, ComputedFigure
from indicators.rollup import worker
from tests.indicators.computed import compare_with_scratch
from tests.indicators.land import DIMENSIONS, Land
from tests.indicators.releasing import hidden, protect, release
from tests.indicators.stored import rules, sentences, store

pytestmark = pytest.mark.django_db
SEX: dict[str, Any] = {
    "breakdowns": {"sex": {"column": "sex", "codes": {"women": "F", "men": "M", "others": "X"}, "total": ["all"]}}
}


@pytest.fixture
def three(land: Land) -> Land:
    """The small land, with a third sex beside the set of two."""
    third = {"code": "X", "name": {"en": "Others"}, "parent": None, "part": False, "beside": True, "order": 3}
    categories: Any = DIMENSIONS[0]["categories"]
    load_dimensions([DIMENSIONS[0] | {"categories": [*categories, third]}])
    return land


def people(land: Land, place: str, **amounts: int) -> None:
    for code, amount in amounts.items():
        land.observe(place, "2020", amount, key=f"sex={code}")


def test_whoever_is_reported_beside_a_set_belongs_to_it(three: Land) -> None:
    people(three, "N1", F=10, M=12, X=3)
    people(three, "N2", F=20, M=20)
    people(three, "N3", F=5, X=1)
    worker.roll_up()
    assert [three.value(place, "2020") for place in ("N1", "N2", "D1")] == [25, 40, 65]
    assert three.figure("N3", "2020") is None
    people(three, "N3", M=4)
    compare_with_scratch()
    assert three.value("N3", "2020") == 10


def test_nobody_is_missed_where_they_are_not_asked_for(three: Land) -> None:
    people(three, "N1", X=3)
    worker.roll_up()
    assert not ComputedFigure.objects.filter(breakdown__key="").exists()
    assert BreakdownMargin.objects.filter(part__key="sex=X", is_beside=True, set_size=2).exists()


def test_total_without_those_beside_is_a_finding(three: Land) -> None:
    rows = ("N1", 2017, "women", 10), ("N1", 2017, "men", 12), ("N1", 2017, "others", 3)
    batch = store(three, *rows, ("N1", 2017, "all", 22), **SEX)
    assert sentences(batch) == ["PEOPLE. Everybody in N1 in 2017: 22, and the groups of “Sex” add up to 25."]
    assert rules(store(three, *rows, ("N1", 2017, "all", 25), **SEX)) == []


def test_few_beside_a_set_cannot_be_had_as_a_difference(three: Land) -> None:
    protect(three)
    people(three, "N1", F=50, M=60, X=3)
    three.observe("N1", "2020", 113)
    release(three)
    assert "N1 sex=X" in hidden()
    assert hidden() & {"N1", "N1 sex=F", "N1 sex=M"}


def test_page_of_a_total_names_those_beside(client: Client, three: Land) -> None:
    people(three, "N1", F=10, M=12, X=3)
    release(three)
    page = client.get(reverse("indicators:figure_detail", args=["PEOPLE", "test-land", "N1", "2020"])).content.decode()
    assert "Others" in page


def test_part_of_a_set_is_not_beside_it(three: Land) -> None:
    with pytest.raises(IntegrityError, match="category_part_or_beside"), transaction.atomic():
        Category.objects.filter(code="F").update(is_beside=True)


def test_standard_list_has_the_third_sex_beside_the_set() -> None:
    """Decision 0005: where a source reports it, it is part of everybody; where it does not, women and men are."""
    listed = json.loads((Path(__file__).parents[3] / "indicators/data/dimensions.json").read_text(encoding="utf-8"))
    (sex,) = [entry for entry in listed if entry["code"] == "sex"]
    assert {one["code"]: (one["part"], one.get("beside", False)) for one in sex["categories"]} == {
        "F": (True, False),
        "M": (True, False),
        "X": (False, True),
    }
