"""The directory as files: what visitors are shown and no more, read again by other programs."""

import contextlib
import csv
import io
import json
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orgs.exchange.formats import FORMATS
from orgs.file_turns import TURNS
from orgs.locks import RegistryLock
from orgs.models import Organisation, TerritoryOutline
from orgs.services import actions as services
from orgs.services.actions import Hours
from orgs.services.hours import read_stretches
from tests.factories import (
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ServiceFactory,
    TerritoryFactory,
    UserFactory,
)
from tests.orgs.exchange.standard import faults_of

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
