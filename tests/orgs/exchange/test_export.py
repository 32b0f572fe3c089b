"""The directory as files: what visitors are shown and no more, read again by other programs."""

import contextlib
import csv
import datetime
import io
import json
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orgs.exchange.formats import FORMATS
from orgs.file_turns import TURNS
from orgs.locks import RegistryLock
from orgs.models import Affiliation, Listing, Organisation, TerritoryOutline
from orgs.services import actions as services
from orgs.services.actions import Hours
from orgs.services.hours import read_stretches
from tests.factories import (
    AffiliationFactory,
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
)
from tests.orgs.exchange.standard import faults_of, faults_of_geojson, is_inside

pytestmark = pytest.mark.django_db


def fetched(client: Any, ending: str, **query: str) -> bytes:
    answer = client.get(reverse("orgs:organisation_export", args=[ending]), query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def table(client: Any, **query: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(fetched(client, "csv", **query).decode("utf-8-sig"))))


@pytest.fixture
def city() -> Any:
    return TerritoryFactory(kind="municipality", name="Quagga city")


@pytest.fixture
def house(city: Any) -> Organisation:
    house: Organisation = OrganisationFactory(
        published=True,
        territory=city,
        name="=Far; de Llevant",
        languages=["ca", "ar"],
        public_phone="93 000 00 00",
        website="https://far.example",
        address="Rambla 1",
        address_is_public=True,
        description="Two lines\nof text",
    )
    service = ServiceFactory(
        organisation=house,
        title="Desk",
        languages=["ur"],
        documents="passport",
        walks_in=True,
        whatsapp="+34 600 000 000",
    )
    services.set_hours(service, Hours({"MO": read_stretches("9-14"), "TU": read_stretches("9-14")}))
    return house


def test_table_has_a_row_for_each_public_organisation_of_the_filter(client, house):
    OrganisationFactory(published=True, name="Another")
    OrganisationFactory(name="Hidden")
    assert sorted(row["name"] for row in table(client)) == ["'=Far; de Llevant", "Another"]
    (row,) = table(client, language="ar")
    assert (row["languages"], row["services"], row["address"]) == ("ca; ar", "Desk", "Rambla 1")
    assert table(client, language="ur") == [row], "by the language of its service, as in the list"
    assert row["page"].endswith(house.get_absolute_url())


def test_workbook_opens_elsewhere_and_holds_no_formula(client, house):
    sheet = openpyxl.load_workbook(io.BytesIO(fetched(client, "xlsx"))).active
    assert sheet is not None
    rows = list(sheet.iter_rows())
    assert len(rows) == 2
    assert "f" not in {cell.data_type for cell in rows[1]}
    assert rows[1][1].value == "'=Far; de Llevant"


def test_map_has_the_middle_of_the_place(client, house, city):
    ring = [[2.0, 41.0], [2.3, 41.0], [2.3, 41.6], [2.0, 41.0]]
    TerritoryOutline.objects.create(territory=city, geometry={"type": "Polygon", "coordinates": [ring]})
    OrganisationFactory(published=True, name="Nowhere on a map")
    found = json.loads(fetched(client, "geojson"))
    assert found["type"] == "FeatureCollection"
    points = {one["properties"]["name"]: one["geometry"] for one in found["features"]}
    assert points == {
        "=Far; de Llevant": {"type": "Point", "coordinates": [2.2, 41.2]},
        "Nowhere on a map": None,
    }


def test_map_keeps_to_its_standard_and_each_point_lies_in_its_municipality(client):
    """Two cities that a swap of longitude and latitude would move out of their boundaries, and one without any."""
    rings = {
        "Far": [[2.05, 41.3], [2.23, 41.32], [2.2, 41.47], [2.05, 41.3]],
        "Mossel": [[-70.8, -33.6], [-70.5, -33.6], [-70.5, -33.3], [-70.8, -33.3], [-70.8, -33.6]],
    }
    for name, ring in rings.items():
        outline = {"type": "Polygon", "coordinates": [ring]}
        place = TerritoryFactory(kind="municipality", name=name)
        TerritoryOutline.objects.create(territory=place, geometry=outline)
        OrganisationFactory(
            published=True, name=name, territory=place, description='of "all" <kinds>\u2028\\', founded_year=1999
        )
    OrganisationFactory(published=True, name="Nowhere on a map")
    found = json.loads(fetched(client, "geojson"))
    assert faults_of_geojson(found) == []
    points = {one["properties"]["name"]: one["geometry"] for one in found["features"]}
    assert points.pop("Nowhere on a map") is None
    assert {name for name, point in points.items() if is_inside(point["coordinates"], rings[name])} == {*rings}
    assert len({one["id"] for one in found["features"]}) == 3


SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
WRONG = [
    ([], "3: no GeoJSON object"),
    ({"type": "point", "coordinates": [2, 41]}, "3: no GeoJSON object"),
    ({"type": "Point", "coordinates": [41, 92]}, "3.1.1: [41, 92] is no position of longitude and latitude"),
    ({"type": "Point", "coordinates": [2, "41"]}, "3.1.1: [2, '41'] is no position of longitude and latitude"),
    ({"type": "Point", "coordinates": []}, "3.1.1: [] is no position of longitude and latitude"),
    ({"type": "LineString", "coordinates": [[2, 41]]}, "3.1.4: a line has two positions"),
    ({"type": "MultiPoint", "coordinates": {}}, "3.1: no list of positions"),
    ({"type": "Polygon", "coordinates": [SQUARE[:4]]}, "3.1.6: a ring is closed"),
    ({"type": "Polygon", "coordinates": [SQUARE[::-1]]}, "3.1.6: right-hand rule"),
    ({"type": "MultiPolygon", "coordinates": [[SQUARE, SQUARE]]}, "3.1.6: right-hand rule"),
    ({"type": "Feature", "geometry": None}, "3.2: no properties"),
    ({"type": "Feature", "properties": {}}, "3.2: no geometry"),
    ({"type": "Feature", "properties": {}, "geometry": None, "id": True}, "3.2: an id is a text or a number"),
    ({"type": "FeatureCollection"}, "3.3: no list of features"),
    ({"type": "FeatureCollection", "features": [{"type": "Point", "coordinates": [2, 41]}]}, "3.3: no feature"),
    ({"type": "FeatureCollection", "features": [], "crs": {}}, "4: another reference system"),
    ({"type": "Point", "coordinates": [2, 41], "bbox": [40, 1, 42, 3]}, "5: the box is not around it"),
    ({"type": "Point", "coordinates": [2, 41], "bbox": [1, 40, 3]}, "5: the box is not around it"),
    ({"type": "Point", "coordinates": [2, 41], "properties": {}}, "7.1: properties in a Point"),
]


@pytest.mark.parametrize(("given", "fault"), WRONG)
def test_what_the_standard_of_maps_forbids_is_told(given: Any, fault: str) -> None:
    assert faults_of_geojson(given) == [fault]


@pytest.mark.shared
def test_standard_for_services_takes_every_organisation(client, house, shared):
    OrganisationFactory(published=True, name="Bare")
    ServiceFactory(
        organisation=OrganisationFactory(published=True), is_free=False, cost="5 euros", form="https://f.example"
    )
    page = json.loads(fetched(client, "hsds"))
    assert (page["total_items"], page["empty"], len(page["contents"])) == (3, False, 3)
    assert [faults for one in page["contents"] if (faults := faults_of(one, shared))] == []
    far = next(one for one in page["contents"] if one["name"] == "=Far; de Llevant")
    (desk,) = far["services"]
    assert [(each["byday"], each["opens_at"], each["closes_at"]) for each in desk["schedules"]] == [
        ("MO,TU", "09:00", "14:00")
    ]
    assert desk["required_documents"][0]["document"] == "passport"
    assert far["locations"][0]["addresses"][0]["address_1"] == "Rambla 1"
    assert json.loads(fetched(client, "hsds")) == page, "the same ids again"


def test_empty_list_is_a_file_too(client):
    assert json.loads(fetched(client, "hsds")) == {
        "contents": [], "total_items": 0, "total_pages": 1, "page_number": 1, "size": 0, "first_page": True,
        "last_page": True, "empty": True,
    }  # fmt: skip
    assert json.loads(fetched(client, "geojson"))["features"] == []
    assert table(client) == []


@pytest.mark.parametrize("ending", FORMATS)
def test_nothing_leaves_that_a_visitor_is_not_shown(client, ending, city):
    """Whoever asks: the file of an administrator is that of a visitor."""
    quarter = TerritoryFactory(kind="neighbourhood", name="Zebra quarter", code="ZEBRA", parent=city)
    house = OrganisationFactory(published=True, territory=quarter, address="Secret 1", public_email="desk@example.org")
    house.works_in.set([quarter])
    house.contacts.create(name="Okapi Person", email="okapi@private.example")
    MembershipFactory(organisation=house, user__email="member@private.example")
    ServiceFactory(organisation=house, title="Refuge", is_shelter=True)
    ServiceFactory(organisation=OrganisationFactory(published=True), title="Unreachable gnu", telephone="")
    OrganisationFactory(name="Unverified eland", territory=quarter)
    client.force_login(UserFactory(is_staff=True))
    content = fetched(client, ending)
    if ending == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        content = json.dumps([[str(cell.value) for cell in row] for row in sheet.iter_rows()]).encode()
    assert b"Refuge" in content
    for planted in (b"Zebra", b"ZEBRA", b"Secret", b"Okapi", b"private.example", b"gnu", b"eland"):
        assert planted not in content


def test_number_of_queries_does_not_follow_the_number_of_organisations(client, city):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            fetched(client, "hsds")
        return len(captured)

    domain = DomainFactory()

    def add(count: int) -> None:
        for _number in range(count):
            house = OrganisationFactory(published=True, territory=city)
            house.fields_of_work.create(domain=domain)
            ServiceFactory(organisation=house).territories.set([city])

    add(2)
    few = queries()
    add(10)
    assert queries() == few


def test_filter_that_is_not_understood_leads_back_to_the_list(client):
    answer = client.get(reverse("orgs:organisation_export", args=["csv"]), {"sector": "martians"})
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('orgs:organisation_list')}?sector=martians"
    assert client.get(reverse("orgs:organisation_export", args=["exe"])).status_code == 404


def test_command_writes_the_same_file(client, house, tmp_path):
    for ending in ("csv", "geojson", "hsds"):
        out = tmp_path / ending
        call_command("export_organisations", out, format=ending, stdout=io.StringIO())
        assert out.read_bytes() == fetched(client, ending)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "geojson", "hsds"]


def test_no_more_than_a_few_files_of_the_directory_are_written_at_once(client):
    OrganisationFactory(published=True)
    address = reverse("orgs:organisation_export", args=["csv"])
    with contextlib.ExitStack() as held:
        for number in range(TURNS):
            other = connection.copy()
            held.callback(other.close)
            other.cursor().execute("SELECT pg_advisory_lock(%s, %s)", [RegistryLock.DOWNLOAD.value, number])
        answer = client.get(address)
        assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "10", "no-store")
    assert fetched(client, "csv")


# --- What it says of where an organisation stands, and of how its services are given -------------------------------------------


def at(standing: str, **facts: Any) -> Organisation:
    if standing in ("verified", "lapsed"):
        day = timezone.localdate() - datetime.timedelta(days=standing == "lapsed")
        house: Organisation = OrganisationFactory(published=True, holds_until=day, name=standing, **facts)
        return house
    house = OrganisationFactory(is_listed=True, name=standing, **facts)
    claimed_at = None if standing == "unclaimed" else timezone.now()
    by = UserFactory(is_staff=True)
    Listing.objects.create(organisation=house, listed_by=by, source="Register of Quagga, CC BY", claimed_at=claimed_at)
    return house


STANDINGS = ("verified", "lapsed", "unclaimed", "not_verified")


def test_every_file_says_where_an_organisation_stands(client):
    for standing in STANDINGS:
        ServiceFactory(organisation=at(standing))
    rows = {row["name"]: row for row in table(client)}
    assert {name: row["standing"] for name, row in rows.items()} == {standing: standing for standing in STANDINGS}
    assert {name for name, row in rows.items() if row["verification"]} == {"verified"}
    assert {name for name, row in rows.items() if row["source"]} == {"unclaimed"}
    found = {one["properties"]["name"]: one["properties"] for one in json.loads(fetched(client, "geojson"))["features"]}
    assert {name: one["standing"] for name, one in found.items()} == {standing: standing for standing in STANDINGS}
    services = {one["name"]: one["services"][0] for one in json.loads(fetched(client, "hsds"))["contents"]}
    assert {name: one["status"] for name, one in services.items()} == {
        "verified": "active", "lapsed": "inactive", "unclaimed": "inactive", "not_verified": "active",
    }  # fmt: skip
    assert {name: one.get("alert") for name, one in services.items()} == {
        "verified": None, "lapsed": "Verification lapsed", "unclaimed": "Unclaimed", "not_verified": "Not verified",
    }  # fmt: skip


def test_table_has_all_that_the_page_says_of_an_organisation(client):
    mother = OrganisationFactory(published=True, name="Mother")
    hidden, web = OrganisationFactory(name="Hidden"), OrganisationFactory(published=True, kind="network", name="Web")
    house = OrganisationFactory(
        published=True, name="House", kind="public_agency", level_of_government="local", legal_form="Consortium",
        size="251-", budget="0-10", names={"ca": "Casa", "ur": "گھر"},
    )  # fmt: skip
    of_mother = AffiliationFactory(organisation=house, parent=mother, kind="branch")
    for network in (web, hidden):
        AffiliationFactory(organisation=house, parent=network)
    house.fields_of_work.create(domain=DomainFactory(code="D3"), since_year=2010)
    house.fields_of_work.create(domain=DomainFactory(code="D4"))
    row = next(row for row in table(client) if row["name"] == "House")
    asked = (
        "names", "level_of_government", "legal_form", "size", "budget", "branch_of", "networks", "domains", "domains_since",
    )  # fmt: skip
    assert [row[name] for name in asked] == [
        "ca:Casa; ur:گھر", "local", "Consortium", "251+ people", "0-10 thousand EUR", mother.reference, web.reference, "D3; D4", "D3:2010",
    ]  # fmt: skip
    Affiliation.objects.filter(pk=of_mother.pk).update(parent=hidden)
    row = next(row for row in table(client) if row["name"] == "House")
    assert row["branch_of"] == ""


@pytest.fixture
def offering(house: Organisation) -> Organisation:
    """A house that gives a service at its door, one elsewhere, one online, one that shelters nobody knows where."""
    Organisation.objects.filter(pk=house.pk).update(names={"ur": "مینار", "ca": "Far"})
    desk = house.services.get()
    desk.accessibility, desk.has_childcare, desk.languages = ["step_free"], True, []
    desk.save()
    today = timezone.localdate()
    services.set_hours(
        desk,
        Hours(
            {"MO": read_stretches("9-14"), "TU": read_stretches("9-14")},
            [(today, today + datetime.timedelta(days=3)), (datetime.date(2020, 1, 1), datetime.date(2020, 1, 2))],
        ),
    )
    ServiceFactory(organisation=house, title="Elsewhere", address="Carrer Nou 2", accessibility=["toilet"])
    ServiceFactory(organisation=house, title="Online", delivery=["online"], form="https://far.example/form")
    return house


@pytest.mark.shared
def test_standard_for_services_holds_where_when_and_how_they_are_given(client, offering, shared):
    (far,) = json.loads(fetched(client, "hsds"))["contents"]
    assert faults_of(far, shared) == []
    seat, *others = far["locations"]
    assert ([one["code"] for one in seat["languages"]], seat["addresses"][0]["address_1"]) == (["ca", "ar"], "Rambla 1")
    assert [one["description"] for one in seat["accessibility"]] == ["step-free"]
    by_name = {one["name"]: one for one in far["services"]}
    places = {
        name: [link["location_id"] for link in one.get("service_at_locations", ())] for name, one in by_name.items()
    }
    elsewhere, online = places["Elsewhere"][0], places["Online"][0]
    assert places == {"Desk": [seat["id"]], "Elsewhere": [elsewhere], "Online": [online]}
    known = {one["id"]: one for one in others}
    assert known[elsewhere]["addresses"][0]["address_1"] == "Carrer Nou 2"
    assert known[elsewhere]["accessibility"][0]["description"] == "accessible toilet"
    assert (known[online]["location_type"], known[online]["url"]) == ("virtual", "https://far.example/form")
    assert set(known) == {elsewhere, online}
    desk = by_name["Desk"]
    today = timezone.localdate()
    closed = [(one["valid_from"], one["valid_to"]) for one in desk["schedules"] if "freq" not in one]
    assert closed == [(today.isoformat(), (today + datetime.timedelta(days=3)).isoformat())], "what is past is no news"
    assert [one["code"] for one in desk["languages"]] == ["ca", "ar"], "those of its organisation"
    terms = {(term["taxonomy"], term.get("code")) for term in (each["taxonomy_term"] for each in desk["attributes"])}
    assert {("portal/accessibility", "step_free"), ("portal/mark", "childcare")} <= terms
    assert {each["value"]: each["taxonomy_term"]["code"] for each in far["attributes"] if "value" in each} == {
        "مینار": "ur", "Far": "ca",
    }  # fmt: skip
    ids = [one["id"] for one in (*far["locations"], *far["services"], *far["attributes"])]
    assert len(ids) == len(set(ids))


@pytest.mark.shared
def test_no_location_tells_where_a_shelter_or_what_is_withheld_is(client, offering, shared):
    ServiceFactory(organisation=offering, title="Refuge", is_shelter=True, delivery=["address"])
    (far,) = json.loads(fetched(client, "hsds"))["contents"]
    assert faults_of(far, shared) == []
    assert "Rambla 1" not in json.dumps(far), "nobody who lives there is found by the house"
    refuge = next(one for one in far["services"] if one["name"] == "Refuge")
    assert "service_at_locations" not in refuge
    desk = next(one for one in far["services"] if one["name"] == "Desk")
    assert "service_at_locations" not in desk, "its door is that of the house"
    assert "addresses" not in far["locations"][0]
