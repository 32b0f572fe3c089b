"""What the standard list makes known, from figures to release: the same people under two names, sensitive groups, bands without their whole."""

import pytest

from indicators.catalogue import loading
from indicators.models import Dimension, Identity
from indicators.releases import actions as releases
from indicators.rollup import worker
from orgs.models import Territory
from tests.indicators.land import Land, make_land

pytestmark = pytest.mark.django_db


def category(code: str, parent: str | None = None, **more: object) -> dict[str, object]:
    return {"code": code, "name": {"en": code}, "parent": parent, "part": True, "order": 1, **more}


PEOPLE = [
    {
        "code": "origin",
        "order": 3,
        "name": {"en": "Origin"},
        "categories": [category("HOST", same_as=[{"own_country_in": "citizenship"}]), category("FOREIGN")],
    },
    {
        "code": "citizenship",
        "order": 4,
        "name": {"en": "Citizenship"},
        "categories": [category("EUROPE"), category("AFRICA"), *(
            category(code, "EUROPE", country=country) for code, country in [("ESP", "ES"), ("FRA", "FR")]
        )],
    },
    {
        "code": "reason",
        "order": 5,
        "name": {"en": "Reason"},
        "sensitive": True,
        "categories": [category("FAM"), category("ASYLUM"), category("WORK")],
    },
]  # fmt: skip


@pytest.fixture
def country() -> Land:
    """The small land, in Spain."""
    land = make_land()
    spain = Territory.objects.create(
        scheme=land.territories["CITY"].scheme, code="ES", name="Spain", kind="country", has_all_parts=False
    )
    Territory.objects.filter(pk=land.territories["CITY"].pk).update(parent=spain)
    loading.load_dimensions(PEOPLE)
    land.indicators["PEOPLE"].threshold = land.indicators["PEOPLE"].rounding = 5
    land.indicators["PEOPLE"].save()
    return land


def states(land: Land, *keys: str) -> dict[str, dict[str, str]]:
    """{group: {place: state}} of a new release."""
    worker.roll_up()
    rows = releases.publish_release(note="New").figures.values_list("breakdown__key", "territory__code", "state")
    return {key: {place: state for one, place, state in rows if one == key} for key in keys}


def test_protected_group_does_not_stand_beside_itself_under_another_name(country: Land) -> None:
    """Nothing but the list says that the hosts of N1 are its Spaniards. Foreigners are few there, so the hosts go with them."""
    for place, (host, foreign) in {"N1": (3145, 3), "N2": (2000, 400), "N3": (1800, 300), "N4": (1500, 200)}.items():
        country.observe(place, "2020", host, key="origin=HOST")
        country.observe(place, "2020", foreign, key="origin=FOREIGN")
        country.observe(place, "2020", host, key="citizenship=ESP")
    found = states(country, "origin=HOST", "origin=FOREIGN", "citizenship=ESP", "")
    assert found["origin=FOREIGN"]["N1"] == "suppressed"
    assert "suppressed" in (found[""]["N1"], found["origin=HOST"]["N1"])
    assert "suppressed" in (found[""]["N1"], found["citizenship=ESP"]["N1"])
    assert found["origin=HOST"] == found["citizenship=ESP"]


def test_complement_that_nobody_reported_is_protected(country: Land) -> None:
    """Foreigners are everybody but the nationals, who are told as the host population in one table and as Spaniards in another."""
    for place, (everybody, spaniards) in {"N1": (3148, 3145), "N2": (2400, 2000), "N3": (2100, 1800)}.items():
        country.observe(place, "2020", everybody)
        country.observe(place, "2020", spaniards, key="citizenship=ESP")
    found = states(country, "", "citizenship=ESP")
    assert "suppressed" in (found[""]["N1"], found["citizenship=ESP"]["N1"])


def test_country_is_the_one_of_most_people_where_no_territory_says_it(country: Land) -> None:
    Territory.objects.filter(code="CITY").update(parent=None)
    for place, (host, foreign) in {"N1": (3145, 3), "N2": (2000, 400), "N3": (1800, 300), "N4": (1500, 200)}.items():
        country.observe(place, "2020", host, key="origin=HOST")
        country.observe(place, "2020", foreign, key="origin=FOREIGN")
        country.observe(place, "2020", host, key="citizenship=ESP")
        country.observe(place, "2020", 100, key="citizenship=FRA")
    found = states(country, "origin=HOST", "citizenship=ESP")
    assert found["origin=HOST"] == found["citizenship=ESP"]


def test_list_loaded_again_has_each_identity_once(country: Land) -> None:
    loading.load_dimensions(PEOPLE)
    (identity,) = Identity.objects.all()
    assert (identity.whole.code, identity.own_country_in and identity.own_country_in.code) == ("HOST", "citizenship")


def reasons(land: Land) -> None:
    """All twelve of N1 are there for one reason, in N2 all but two, elsewhere they differ."""
    for place, (family, asylum, work) in {
        "N1": (0, 12, 0),
        "N2": (40, 20, 30),
        "N3": (60, 70, 80),
        "N4": (90, 60, 50),
    }.items():
        for key, people in {"FAM": family, "ASYLUM": asylum, "WORK": work}.items():
            land.observe(place, "2020", people, key=f"reason={key}")


def test_group_that_everybody_belongs_to_is_protected_where_its_dimension_is_sensitive(country: Land) -> None:
    reasons(country)
    found = states(country, "reason=ASYLUM", "reason=FAM", "reason=WORK")
    assert found["reason=ASYLUM"]["N1"] == "suppressed"
    assert "suppressed" in (found["reason=FAM"]["N1"], found["reason=WORK"]["N1"])  # Two zeros would tell as much.


def test_group_that_everybody_belongs_to_is_shown_where_nothing_is_sensitive(country: Land) -> None:
    Dimension.objects.update(is_sensitive=False)
    reasons(country)
    found = states(country, "reason=ASYLUM", "reason=FAM", "reason=WORK")
    assert {state for places in found.values() for state in places.values()} == {"shown"}
