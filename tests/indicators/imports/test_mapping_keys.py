"""What a mapping says beyond one column and its codes: keys of several columns, names of places, a sign for 0, a few aliases, rows left out."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from indicators.imports import actions as imports
from indicators.imports import kept_file
from indicators.imports.definition import read_mapping
from indicators.imports.messages import message_text
from indicators.imports.wizard.views import ImportMapView
from indicators.models import ImportBatch, Observation
from orgs.models import Territory, User
from tests.factories_indicators import StewardFactory
from tests.indicators.describing import filled, form_of, post
from tests.indicators.files import csv_file
from tests.indicators.land import MAPPING, Land, table
from tests.indicators.refusals import told

HEADER = ("state", "city", "year", "people")
KEYS = {"breakdowns": {}, "period": {"kind": "year", "column": "year"}}


@pytest.fixture
def named(land: Land) -> Land:
    """Two states, each with a Springfield, one with a Shelbyville; a state has the name of its city."""
    for code, name in {
        "D1": "Illinois",
        "D2": "Oregon",
        "N1": "Springfield",
        "N2": "Shelbyville",
        "N3": "Springfield",
    }.items():
        Territory.objects.filter(pk=land.territories[code].pk).update(name=name, names={"es": f"{name} (es)"})
    Territory.objects.filter(pk=land.territories["N4"].pk).update(name="Óregon")
    return land


def stored(land: Land, *rows: tuple[Any, ...], **mapping: Any) -> dict[str, int]:
    land.bring_in(table(*rows, header=HEADER), **(KEYS | mapping))
    return {code: int(number or 0) for code, number in Observation.objects.values_list("territory__code", "numerator")}


def test_city_within_a_state_is_found_by_both_names(named: Land) -> None:
    rows = [
        ("Illinois", "Springfield", 2020, 1),
        ("OREGON", "springfield", 2020, 2),
        ("D1", "Shelbyville (es)", 2020, 3),
    ]
    territory = {"scheme": "test-land", "by": "name", "columns": ["state", "city"]}
    assert stored(named, *rows, territory=territory) == {"N1": 1, "N3": 2, "N2": 3}


def test_name_of_several_places_is_asked_about(named: Land) -> None:
    rows = table(("", "Springfield", 2020, 1), ("", "Oregon", 2020, 2), ("", "Capital City", 2020, 3), header=HEADER)
    batch = named.check(rows, territory={"scheme": "test-land", "by": "name", "column": "city"}, **KEYS)
    assert [message[:4] for message in told(batch)] == [
        (2, "city", "several_places", "Springfield"),
        (3, "city", "several_places", "Oregon"),
        (4, "city", "unknown_territory", "Capital City"),
    ]
    districts = {"scheme": "test-land", "by": "name", "kind": "district", "column": "city"}
    assert stored(named, ("", "Oregon", 2020, 2), territory=districts) == {"D2": 2}


def test_aliases_for_some_and_the_rest_as_they_stand(named: Land) -> None:
    rows = [("", "The Shelby", 2020, 1), ("", "Illinois", 2020, 2), ("", "N4", 2020, 3)]
    codes = {"The Shelby": "Shelbyville", "*": "*"}
    territory = {"scheme": "test-land", "by": "name", "column": "city", "codes": codes}
    batch = named.check(
        table(("", "Illinois", 2020, 2), header=HEADER),
        **(KEYS | {"territory": territory | {"codes": {"The Shelby": "N2"}}}),
    )
    assert told(batch)[0][2:4] == ("unknown_territory", "Illinois")
    assert stored(named, *rows, territory=territory) == {"N2": 1, "D1": 2, "N4": 3}


def test_several_columns_make_a_code(land: Land) -> None:
    territory = {"scheme": "test-land", "columns": ["state", "city"], "join": ""}
    batch = land.check(table(("N", "7", 2020, 5), header=HEADER), **(KEYS | {"territory": territory}))
    assert told(batch) == [(2, "state, city", "unknown_territory", "N7", 1)]
    assert stored(land, ("N", "1", 2020, 5), territory=territory) == {"N1": 5}
    codes = {"here / there": "N2"}
    found = stored(
        land,
        ("here", "there", 2020, 6),
        territory={"scheme": "test-land", "columns": ["state", "city"], "codes": codes},
    )
    assert found == {"N1": 5, "N2": 6}


def test_groups_of_several_columns(land: Land) -> None:
    sex = {"columns": ["state", "city"], "codes": {"grown / woman": "F", "grown / man": "M"}}
    rows = table(("grown", "woman", 2020, 5), ("grown", "man", 2020, 6), header=HEADER)
    land.bring_in(rows, **(KEYS | {"breakdowns": {"sex": sex}, "territory": {"scheme": "test-land", "constant": "N1"}}))
    assert set(Observation.objects.values_list("breakdown__key", "numerator")) == {("sex=F", 5), ("sex=M", 6)}


def test_a_sign_for_0(land: Land) -> None:
    rows = [("", "N1", 2020, "-"), ("", "N2", 2020, 3), ("", "N3", 2020, "")]
    territory = {"scheme": "test-land", "column": "city"}
    assert told(land.check(table(*rows, header=HEADER), **(KEYS | {"territory": territory})))[0][2:4] == (
        "not_a_number",
        "-",
    )
    stored(land, *rows, territory=territory, zero=["-"])
    found = dict(Observation.objects.values_list("territory__code", "numerator"))
    assert found == {"N1": 0, "N2": 3, "N3": None}
    with pytest.raises(ValidationError, match="and that it is 0"):
        read_mapping(MAPPING | {"zero": ["-"], "missing": ["-"]})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"territory": {"scheme": "test-land", "columns": "city"}}, "list of their names"),
        ({"territory": {"scheme": "test-land", "columns": []}}, "list of their names"),
        ({"territory": {"scheme": "test-land", "columns": ["city"], "column": "city"}}, "a column or a constant"),
        ({"territory": {"scheme": "test-land", "column": "city", "by": "smell"}}, "“code” or “name”"),
        ({"territory": {"scheme": "test-land", "column": "city", "kind": "moon"}}, "moon"),
        ({"numerator": {"columns": ["a", "b"]}}, "names a column"),
    ],
)
def test_faulty_keys_are_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        read_mapping(MAPPING | change)
    assert said in " ".join(refusal.value.messages)


# --- In the browser ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def steward(named: Land) -> User:
    user: User = StewardFactory(organisation__territory=named.territories["CITY"]).user
    return user


def described(content: str, by: User, **data: Any) -> tuple[ImportBatch, dict[str, Any]]:
    batch = imports.ingest(file=csv_file(content), authority=by.memberships.get().organisation, by=by)
    answers = {"indicator": "=PEOPLE", "source_name": "Office", "scheme": "test-land"}
    return batch, filled(form_of(batch)) | answers | data


def test_form_says_state_and_city_an_alias_a_sign_for_0_and_rows_left_out(client: Client, steward: User) -> None:
    client.force_login(steward)
    content = (
        "state,city,kind,year,people\nIllinois,Springfield,final,2020,-\nOregon,Springfield,final,2020,2\n"
        "Illinois,The Shelby,final,2020,3\nIllinois,Shelbyville,draft,2020,4\n"
    )
    batch, data = described(content, steward, territory="c1", territory_within="c0", number="c4", period="c3", zero="-")
    data |= {"territory_by_name": "on", "filter_1": "c2"}
    data = {name: value for name, value in data.items() if not name.startswith("code-")}
    shown = post(client, batch, data | {"show": "1"})
    rows = {row.text: row.name for one in shown.context["form"].translations for row in one.rows}
    assert set(rows) == {"Illinois / The Shelby", "final", "draft"}
    assert "has no meaning yet: “Illinois / The Shelby”" in " ".join(post(client, batch, data).content.decode().split())
    post(client, batch, data | {rows["Illinois / The Shelby"]: "N2", rows["final"]: ":keep", rows["draft"]: ":leave"})
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.CHECKED, [message_text(message) for message in batch.messages.all()]
    assert batch.mapping["territory"] == {
        "scheme": "test-land", "by": "name", "columns": ["state", "city"], "codes": {"Illinois / The Shelby": "N2", "*": "*"},
    }  # fmt: skip
    assert (batch.mapping["zero"], batch.mapping["where_not"]) == (["-"], {"kind": ["draft"]})
    imports.store_import(batch=batch)
    assert dict(Observation.objects.values_list("territory__code", "numerator")) == {"N1": 0, "N3": 2, "N2": 3}
    again = form_of(batch)
    assert (again["territory_within"].value(), again["filter_1"].value(), again["zero"].value()) == ("c0", "c2", "-")
    assert {row.text: row.code for one in again.translations for row in one.rows if one.part == "filter_1"} == {
        "final": ":keep",
        "draft": ":leave",
    }


def test_form_lists_of_many_names_only_those_that_nobody_knows(client: Client, named: Land, steward: User) -> None:
    client.force_login(steward)
    place = named.territories["N1"]
    Territory.objects.bulk_create(
        Territory(scheme=place.scheme, parent=place.parent, code=f"X{n}", name=f"Village {n}", kind="area")
        for n in range(217)
    )
    content = "city,year,people\n" + "".join(f"Village {n},2020,{n}\n" for n in range(216)) + "Ville 216,2020,216\n"
    batch, data = described(content, steward, territory="c0", number="c2", period="c1")
    form = ImportMapView.form_class(contents=kept_file.contents_of(batch), base=batch.mapping)
    assert form["territory_by_name"].value() or form["territory"].value() == ""
    data = {name: value for name, value in data.items() if not name.startswith("code-")} | {"territory_by_name": "on"}
    shown = post(client, batch, data | {"show": "1"})
    [translation] = [one for one in shown.context["form"].translations if one.part == "territory"]
    assert [row.text for row in translation.rows] == ["Ville 216"]
    post(client, batch, data | {translation.rows[0].name: "X216"})
    batch.refresh_from_db()
    assert batch.mapping["territory"]["codes"] == {"Ville 216": "X216", "*": "*"}
    assert (batch.state, batch.cells_new) == (ImportBatch.State.CHECKED, 217)
    page = client.get(reverse("indicators:import_map", args=[batch.pk]))
    assert page.status_code == 200
