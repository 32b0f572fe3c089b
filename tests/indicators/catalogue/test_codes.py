"""A municipality that merges may keep its code: one place at a time has it, and each figure finds the one of its period."""

import datetime
import json

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from indicators.dashboards.compare_form import AddressLookup
from indicators.models import Observation, ReleasedFigure
from indicators.releases import actions as releases
from indicators.rollup.worker import roll_up
from orgs.lookups.sources import TerritoryLookup
from orgs.models import Territory
from orgs.territories.loading import load_territories
from tests.indicators.land import Land, table

LAST, FIRST = datetime.date(2018, 12, 31), datetime.date(2019, 1, 1)


@pytest.fixture
def merged(land: Land) -> tuple[Territory, Territory]:
    """N1 as it was, and N1 as it is since it has taken in another."""
    old = land.territories["N1"]
    Territory.objects.filter(pk=old.pk).update(valid_to=LAST, name="Old town")
    old.refresh_from_db()
    new = Territory.objects.create(
        scheme=old.scheme, code="N1", name="Greater town", kind=old.kind, parent=old.parent, valid_from=FIRST
    )
    return old, new


def test_code_is_unique_at_one_time(land: Land, merged: tuple[Territory, Territory]) -> None:
    old, new = merged
    for begins in (LAST, FIRST, datetime.date(2025, 1, 1)):
        third = Territory(scheme=old.scheme, code="N1", name="Third", kind=old.kind, valid_from=begins)
        with pytest.raises(ValidationError, match="already used in the classification at that time"):
            third.full_clean()
        with pytest.raises(IntegrityError, match="territory_code"), transaction.atomic():
            third.save()
    with pytest.raises(IntegrityError, match="territory_code_once_at_a_time"), transaction.atomic():
        Territory.objects.filter(pk=old.pk).update(valid_to=FIRST)
    new.full_clean()


def test_import_finds_the_place_by_code_and_period(land: Land, merged: tuple[Territory, Territory]) -> None:
    old, new = merged
    rows = [("N1", year, "all", year) for year in (2017, 2018, 2019, 2020)] + [("N2", 2018, "all", 1)]
    land.bring_in(table(*rows))
    found = Observation.objects.filter(territory__code="N1").values_list("period__code", "territory")
    assert dict(found) == {"2017": old.pk, "2018": old.pk, "2019": new.pk, "2020": new.pk}


def test_import_of_a_period_between_two_places_of_a_code_is_refused(
    land: Land, merged: tuple[Territory, Territory]
) -> None:
    _old, new = merged
    Territory.objects.filter(pk=new.pk).update(valid_from=datetime.date(2021, 1, 1))
    batch = land.check(table(("N1", 2019, "all", 5), ("N1", 2021, "all", 5)))
    assert list(batch.messages.values_list("code", "value", "rows")) == [("outside_validity", "Old town 2019", 1)]


def test_addresses_reach_both(land: Land, merged: tuple[Territory, Territory], client: Client) -> None:
    old, new = merged
    for year, place in ((2018, old), (2019, new)):
        land.territories["N1"] = place
        land.observe("N1", str(year), year)
    roll_up()
    releases.publish_release(note="")
    assert new.get_absolute_url().endswith("/territories/test-land/N1/")
    assert old.get_absolute_url().endswith("/territories/test-land/N1@2018-12-31/")
    today, before = client.get(new.get_absolute_url()), client.get(old.get_absolute_url())
    assert "<h1" in today.content.decode()
    assert today.context["territory"] == new
    assert before.context["territory"] == old
    assert old.get_absolute_url() in today.content.decode()
    assert f'href="{new.get_absolute_url()}"' in before.content.decode()
    for year, place in ((2018, old), (2019, new)):
        page = client.get(reverse("indicators:figure_detail", args=["PEOPLE", "test-land", "N1", str(year)]))
        assert page.context["territory"] == place
    page = client.get(reverse("indicators:indicator_detail", args=["PEOPLE"]), {"territory": "test-land:N1@2018-12-31"})
    assert page.context["territory"] == old
    assert client.get(reverse("territory_detail", args=["test-land", "N1@2018-99-31"])).status_code == 404
    assert client.get(reverse("territory_detail", args=["test-land", "N1@2000-01-01"])).context["territory"] == old


def test_lookups_tell_them_apart(land: Land, merged: tuple[Territory, Territory]) -> None:
    old, new = merged
    labels = {place: TerritoryLookup().label(place) for place in TerritoryLookup(ever=True).exact("N1")}
    assert set(labels) == {old, new}
    assert "until" in labels[old]
    assert TerritoryLookup().exact("N1") == [new], "a place of today is meant"
    assert TerritoryLookup().exact(labels[old]) == [old]
    addresses = [AddressLookup().value(place) for place in (old, new)]
    assert addresses == ["test-land:N1@2018-12-31", "test-land:N1"]
    assert AddressLookup().get(addresses[:1]) == [old]
    assert AddressLookup().get(addresses[1:]) == [new]


def test_cube_has_one_category_for_the_code(land: Land, merged: tuple[Territory, Territory], client: Client) -> None:
    for year, place in zip((2018, 2019), merged, strict=True):
        land.territories["N1"] = place
        land.observe("N1", str(year), year)
    roll_up()
    release = releases.publish_release(note="")
    assert ReleasedFigure.objects.filter(territory__code="N1").count() == 2
    response = client.get(
        reverse("indicators:release_download", args=[release.pk, "json"]), {"indicator": "PEOPLE"}, follow=True
    )
    cube = json.loads(b"".join(response.streaming_content))  # type: ignore[attr-defined]
    codes = cube["dimension"]["territory"]["category"]["index"]
    assert codes.count("test-land:N1") == 1
    periods = cube["dimension"]["period"]["category"]["index"]
    place = codes.index("test-land:N1") * len(periods)
    assert [cube["value"].get(str(place + periods.index(year))) for year in ("2018", "2019")] == [2018, 2019]


def entry(code: str, parent: str | None = None, **fields: str) -> dict[str, object]:
    above = {"scheme": "loaded", "code": parent} if parent else None
    return {"scheme": "loaded", "code": code, "name": code, "kind": "municipality", "parent": above, **fields}


def test_files_of_territories_hold_both_and_are_loaded_as_often_as_one_likes(db: None) -> None:
    schemes = [{"code": "loaded", "name": {"en": "Loaded"}}]
    load_territories(schemes=schemes, territories=[entry("R"), entry("1", "R")])
    only = Territory.objects.get(code="1")
    both = [entry("R"), entry("1", "R", valid_from="2019-01-01"), entry("1", "R", valid_to="2018-12-31")]
    for _time in range(2):
        load_territories(schemes=schemes, territories=both)
        found = Territory.objects.filter(code="1").order_by("valid_from")
        assert [(place.pk == only.pk, place.valid_from.year, place.valid_to.year) for place in found] == [
            (True, 1, 2018),
            (False, 2019, 9999),
        ]
    load_territories(schemes=schemes, territories=[entry("R", valid_from="1900-01-01")])
    assert Territory.objects.get(code="R").valid_from.year == 1900
