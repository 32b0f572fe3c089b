"""The standard list as it is shipped: what is sensitive in it, and which of its categories are the same people."""

import json
from collections import Counter
from pathlib import Path

import pytest

from indicators.catalogue.loading import load_dimensions
from indicators.models import Category, Dimension
from indicators.releases.linked_tables import CategoryLinks

pytestmark = pytest.mark.django_db

SHIPPED = json.loads((Path(__file__).parents[3] / "indicators/data/dimensions.json").read_text(encoding="utf-8"))
SPAIN = "ES"
PEOPLE = [
    ("ESP", "NONE"), ("ESP", "NONE"), ("ESP", "NATIONAL_WITH"), ("FRA", "FOREIGN"), ("ROU", "FOREIGN"), ("GBR", "FOREIGN"),
    ("MAR", "FOREIGN"), ("STATELESS", "FOREIGN"), ("XKX", "FOREIGN"),
]  # fmt: skip
"""In a place in Spain: the citizenship of each, and what a register of residents says of them."""


@pytest.fixture
def words() -> CategoryLinks:
    load_dimensions(SHIPPED)
    return CategoryLinks.now()


def test_reason_of_migration_and_statelessness_are_sensitive(words: CategoryLinks) -> None:
    assert set(Dimension.objects.filter(is_sensitive=True).values_list("code", flat=True)) == {"reason"}
    reasons = {
        ("reason", code) for code in Category.objects.filter(dimension__code="reason").values_list("code", flat=True)
    }
    assert len(reasons) == 4
    assert words.sensitive == reasons | {("citizenship", "STATELESS")}


def test_categories_that_are_said_to_be_the_same_people_are(words: CategoryLinks) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for citizenship, background in PEOPLE:
        counted.update(categories_of(citizenship, background))
    tried = []
    for same in words.same:
        if same.countries and SPAIN not in same.countries:
            continue
        parts = list(same.parts)
        if same.own_country_in:
            parts += [
                item for item, country in words.countries.items() if item[0] == same.own_country_in and country == SPAIN
            ]
        assert parts, same
        assert counted[same.whole] == sum(counted[part] for part in parts) > 0, same
        tried.append(same.whole)
    assert sorted(tried) == [
        ("background", "NATIONAL"),
        ("citizenship", "EU27_2020"),
        ("origin", "FOREIGN"),
        ("origin", "HOST"),
        ("origin", "HOST"),
    ]


def test_complete_sets_of_the_list_are_everybody(words: CategoryLinks) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for citizenship, background in PEOPLE:
        counted.update(categories_of(citizenship, background))
    for dimension in ("origin", "background"):
        assert sum(counted[dimension, code] for code in words.sets[dimension, None]) == len(PEOPLE)


def test_members_of_the_european_union_are_those_where_the_identity_holds(words: CategoryLinks) -> None:
    (union,) = [same for same in words.same if same.whole == ("citizenship", "EU27_2020")]
    assert len(union.countries) == 27
    assert union.countries == {words.countries["citizenship", code] for code in members()}


def members() -> list[str]:
    (union,) = [
        item for entry in SHIPPED if entry["code"] == "citizenship" for item in entry["categories"] if "members" in item
    ]
    return list(union["members"])


def categories_of(citizenship: str, background: str) -> set[tuple[str, str]]:
    """Everything that somebody in Spain is counted in."""
    found = {("citizenship", citizenship), ("background", background)}
    if citizenship in members():
        found.add(("citizenship", "EU27_2020"))
    if citizenship == "ESP":
        return found | {("origin", "HOST"), ("background", "NATIONAL")} | with_background(background)
    within = "MOBILE" if citizenship in members() else "THIRD"
    return found | {("origin", "FOREIGN"), ("origin", within)} | with_background(background)


def with_background(background: str) -> set[tuple[str, str]]:
    return set() if background == "NONE" else {("background", "WITH")}
