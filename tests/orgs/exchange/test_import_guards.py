"""What hostile, damaged or ill-timed files of organisations and mappings cannot do."""

import gzip
import io
import json
import secrets
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from post_office.models import Email

from orgs import installation
from orgs.exchange.imports import actions as imports
from orgs.exchange.imports import working
from orgs.exchange.imports.messages import problems_of
from orgs.listing import actions as listing
from orgs.models import Listing, Organisation, OrganisationImport, Portal, Territory, User
from orgs.tasks import work_on_organisation_files
from tests.factories import TerritoryFactory, UserFactory
from tests.threads import at_once

pytestmark = pytest.mark.django_db

State = OrganisationImport.State
COLUMNS = {
    "name": "name",
    "notice_email": "mail",
    "kind": {"always": "association"},
    "territory": {"always": "PLACES:Q1"},
}
CONTENT = "name,mail\nHouse,house@house.example\nShed,\n"


@pytest.fixture
def admin(client: Any) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def place() -> Territory:
    return TerritoryFactory(kind="municipality", name="Quagga city", code="Q1", scheme__code="PLACES")


def received(by: User, content: str | bytes = CONTENT, columns: Any = COLUMNS, **more: Any) -> OrganisationImport:
    content = content.encode() if isinstance(content, str) else content
    file = ContentFile(content, "list.csv")
    said = None if columns is None else {"columns": columns, **more}
    return imports.receive_file(file=file, mapping=said, described_later=True, by=by)


def stored(by: User, content: str = CONTENT, writes: bool = True) -> OrganisationImport:
    batch = imports.check_import(batch=received(by, content), by=by)
    return imports.store_import(batch=batch, writes_to_them=writes, by=by)


def locks_in(queries: Any) -> list[str]:
    """The tables whose rows are locked, in their order."""
    asked = [one["sql"] for one in queries if "FOR UPDATE" in one["sql"]]
    return [sql.split(' FROM "')[1].split('"')[0] for sql in asked]


# --- Locks -----------------------------------------------------------------------------------------------------------------


def test_letter_locks_the_organisation_before_its_listing(admin):
    """As opting out and undoing do: the other way round, they would wait for each other."""
    stored(admin)
    with CaptureQueriesContext(connection) as queries:
        assert listing.tell(Listing.objects.to_be_told().get().pk) == 1
    assert locks_in(queries)[:2] == ["orgs_organisation", "orgs_listing"]


def test_undoing_locks_organisations_in_one_order(admin):
    batch = stored(admin)
    with CaptureQueriesContext(connection) as queries:
        imports.undo_import(batch=batch, by=admin)
    (locking,) = [
        one["sql"] for one in queries if "FOR UPDATE" in one["sql"] and ' FROM "orgs_organisation"' in one["sql"]
    ]
    assert 'ORDER BY "orgs_organisation"."id" ASC' in locking


# --- Headings and mappings -------------------------------------------------------------------------------------------------


def package(heading: bytes, services: bytes = b"organization_id,name\n1,Soup\n") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("organizations.csv", b"id,name," + heading + b"\n1\xf1,House,x\n")
        archive.writestr("services.csv", services)
    return packed.getvalue()


@pytest.mark.parametrize("content", [package("año".encode("latin-1")), "name,m\0ail\nHouse,\n".encode("utf-16")])
def test_heading_that_is_no_text_is_refused(client, admin, content):
    with pytest.raises(ValidationError) as refusal:
        received(admin, content, None)
    assert "no text" in " ".join(refusal.value.messages)


def test_numbers_in_a_package_that_are_no_text_harm_nothing(client, admin):
    assert received(admin, package(b"url", b"organization_id,name\n1\xf1,Soup\n"), None).state == State.RECEIVED


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"columns": ' + "9" * 5000 + "}", "not valid JSON"),
        (json.dumps({"columns": {**COLUMNS, "name": "na\0me"}}), "no text"),
        (json.dumps({"columns": {**COLUMNS, "name": "na\ud800me"}}), "no text"),
        (json.dumps({"columns": COLUMNS, "leave_out": {"na\ud800me": []}}), "no text"),
        *[
            (json.dumps({"columns": {**COLUMNS, "kind": {"column": "mail", "values": values}}}), "kind: values")
            for values in ([], ["x"], "x", None)
        ],
    ],
)
def test_file_of_a_mapping_is_refused_with_the_reason(client, admin, text, fault):
    files = {"file": ContentFile(CONTENT.encode(), "list.csv"), "mapping": ContentFile(text.encode(), "m.json")}
    answer = client.post(reverse("orgs:organisation_import_add"), {**files, "whole": "1"})
    assert fault in " ".join(answer.context["form"].errors["mapping"])
    assert not OrganisationImport.objects.exists()


# --- The worker ------------------------------------------------------------------------------------------------------------


def test_one_file_that_cannot_be_worked_on_keeps_no_other_waiting(admin, monkeypatch):
    monkeypatch.setattr(imports, "LARGE", 1)
    first, second = [imports.check_import(batch=received(admin), by=admin, from_page=True) for _each in range(2)]
    kept = working.do

    def do(batch: OrganisationImport) -> None:
        if batch.pk == first.pk:
            raise ZeroDivisionError
        kept(batch)

    monkeypatch.setattr(working, "do", do)
    assert work_on_organisation_files() == 1
    second.refresh_from_db()
    assert second.state == State.CHECKED


def test_check_of_a_file_that_is_gone_says_so(admin, monkeypatch):
    monkeypatch.setattr(imports, "LARGE", 1)
    batch = imports.check_import(batch=received(admin), by=admin, from_page=True)
    Path(batch.file.path).unlink()
    assert work_on_organisation_files() == 0
    batch.refresh_from_db()
    assert [text for _problem, text in problems_of(batch)] == [
        "The file could not be checked: the portal no longer has it. Send it again."
    ]


def test_columns_of_a_file_that_is_gone_lead_to_the_import(client, admin):
    batch = received(admin, columns=None)
    Path(batch.file.path).unlink()
    answer = client.get(reverse("orgs:organisation_import_columns", args=[batch.pk]), follow=True)
    assert answer.redirect_chain[-1][0] == batch.get_absolute_url()
    assert "The portal no longer has the file." in answer.content.decode()


# --- What the page of the columns cannot show --------------------------------------------------------------------------------


def described_again(client: Any, batch: OrganisationImport, **data: Any) -> dict[str, Any]:
    """The mapping after the page was sent as it opened, but for `data`."""
    url = reverse("orgs:organisation_import_columns", args=[batch.pk])
    form = client.get(url).context["form"]
    found = {field.html_name: field.value() for field in form}
    sent = {name: value for name, value in found.items() if value not in (None, False)}
    sent["place"] = "Quagga city"
    answer = client.post(url, {**sent, "source_name": "List", "source_licence": "CC0", **data})
    assert answer.status_code == 302, answer.context["form"].errors
    batch.refresh_from_db()
    return dict(batch.mapping)


def test_page_keeps_what_it_cannot_show_of_a_mapping(client, admin):
    heads = [
        "name",
        "state",
        "type",
        "tags",
        "from",
        "numbers",
        "note",
        *(f"c{number}" for number in range(70)),
        "last",
    ]
    rows = [
        [
            f"House {number}",
            "gone" if number == 1 else f"s{number}",
            f"t{number}",
            f"tag {number}",
            "x",
            "",
            "odd",
            *[""] * 70,
            "acr",
        ]
        for number in range(70)
    ]
    content = "\n".join(",".join(row) for row in [heads, *rows]) + "\n"
    columns = {
        "name": "name",
        "kind": {"column": "type", "values": {"t1": "foundation", "t99": "cooperative"}},
        "territory": {"always": "PLACES:Q1"},
        "languages": {"always": "es"},
        "marks": {"column": "tags", "values": {"tag 1": "", "tag 2": ""}, "separator": "|"},
        "communities": {"column": "from", "values": {"x": "MA"}},
        "identifiers": {"column": "numbers", "values": {"y": "GB-CHC-1"}},
        "description": "note",
        "acronym": "last",
        "service_types": {"values": {"a": "b"}},
        "other_name": {"column": "name", "language": "es"},
    }
    said = {"state": ["gone"], "note": ["even"]}
    batch = received(admin, content, columns, leave_out=said, domain="")
    found = described_again(client, batch)
    assert found["columns"] == columns
    assert found["leave_out"] == said
    assert (batch.rows_new + batch.rows_refused, batch.rows_left_out) == (69, 1)


def test_page_forgets_what_was_said_of_a_column_that_means_another_thing(client, admin):
    columns = {**COLUMNS, "communities": {"column": "from", "values": {"x": "MA"}}}
    batch = received(admin, "name,mail,from\nHouse,,x\n", columns, leave_out={"from": ["y"]})
    found = described_again(client, batch, column_2="address")
    assert found["columns"]["address"] == "from"
    assert "communities" not in found["columns"]
    assert "leave_out" not in found


# --- Addresses -------------------------------------------------------------------------------------------------------------


def test_stored_file_keeps_no_texts_but_its_headings(admin):
    batch = stored(admin)
    assert OrganisationImport.objects.get().contents == {"header": ["name", "mail"]}
    imports.undo_import(batch=batch, by=admin)
    assert OrganisationImport.objects.get().contents == {"header": ["name", "mail"]}


def test_opting_out_leaves_no_address_behind(admin):
    columns = {**COLUMNS, "public_email": "mail", "public_phone": "phone", "address": "street", "website": "web"}
    head, row = "number,name,mail,phone,street,web,about\n", "7,Hut,Hut@hut.example,600,Street 7,hut.example,Words\n"
    columns |= {"description": "about"}
    numbers = {"scheme": "GB-CHC", "column": "number"}
    for content in (head + row, head + row.replace("600", "601").replace("Street", "Way")):
        batch = imports.check_import(batch=received(admin, content, columns, identifier=numbers), by=admin)
        imports.store_import(batch=batch, writes_to_them=True, by=admin)
        listing.tell_listed()
    listing.opt_out(listing=Listing.objects.get())
    house = Organisation.objects.get()
    kept = str([(one.before, one.after) for one in house.brought_in.all()])
    assert house.brought_in.count() == 2
    assert [text for text in ("hut.example", "600", "601", "Street", "Way", "Words") if text in kept] == []
    assert "hut" not in house.invitations.get().email


@pytest.mark.parametrize("mail", ["no address", "x" * 300 + "@example.org"])
def test_secret_address_with_a_fault_is_not_kept(admin, mail):
    batch = imports.check_import(batch=received(admin, f"name,mail\nHut,{mail}\n"), by=admin)
    ((problem, _text),) = problems_of(batch)
    assert (problem.column, problem.value) == ("mail", "…")


def test_address_at_which_one_was_taken_off_brings_no_other_one_in(admin):
    stored(admin)
    assert listing.tell_listed() == 1
    listing.opt_out(listing=Listing.objects.get(notified_at__isnull=False))
    again = received(admin, "name,mail\nHouse of the other list,HOUSE@house.example\n")
    batch = imports.check_import(batch=again, by=admin)
    assert [problem.code for problem, _text in problems_of(batch)] == ["opted_out"]
    assert not batch.does_something
    assert Email.objects.count() == 1


def test_letter_is_in_the_first_language_of_the_portal_where_the_list_names_none_that_it_offers(admin):
    installation.Memory.known = installation.Known(
        Portal(languages=["es", "en"], first_language="es"), time.monotonic()
    )
    stored(admin)
    assert listing.tell_listed() == 1
    assert Email.objects.get().message.startswith("Hola")


def test_address_that_stands_in_two_listings_before_it_opts_out_is_told_once(admin):
    """And once it has opted out of the first, the second sends it nothing either."""
    stored(admin)
    stored(admin, "name,mail\nHouse of the other list,HOUSE@house.example\n")
    first = Listing.objects.to_be_told().order_by("pk")[0]
    assert listing.tell(first.pk) == 1
    listing.opt_out(listing=first)
    assert listing.tell_listed() == 0
    assert Email.objects.count() == 1
    assert not Listing.objects.to_be_told().exists()


def test_address_is_told_by_one_listing_only(admin):
    stored(admin)
    assert listing.tell_listed() == 1
    stored(admin, "name,mail\nHouse of the other list,HOUSE@house.example\n")
    assert listing.tell_listed() == 0
    assert Email.objects.count() == 1
    assert not Listing.objects.to_be_told().exists()


# --- What was read before it is stored ---------------------------------------------------------------------------------------


def test_only_the_check_that_was_read_is_stored(client, admin):
    batch = imports.check_import(batch=received(admin), by=admin)
    url = reverse("orgs:organisation_import_store", args=[batch.pk])
    seen = client.get(batch.get_absolute_url()).context["seen"]
    other = {"columns": {**COLUMNS, "kind": {"always": "foundation"}}, "format": "csv"}
    imports.check_import(batch=imports.describe_import(batch=batch, mapping=other, by=admin), by=admin)
    for sign in (seen, ""):
        assert "checked anew meanwhile" in client.post(url, {"seen": sign}, follow=True).content.decode()
    assert not Organisation.objects.exists()
    page = client.get(batch.get_absolute_url())
    assert f'name="seen" value="{page.context["seen"]}"' in page.content.decode()
    client.post(url, {"seen": page.context["seen"]})
    assert {one.kind for one in Organisation.objects.all()} == {"foundation"}


@pytest.mark.django_db(transaction=True)
def test_second_press_does_not_wait_for_the_first(admin):
    batch = imports.check_import(batch=received(admin), by=admin)
    with transaction.atomic():
        OrganisationImport.objects.select_for_update().get(pk=batch.pk)
        (answer,) = at_once(lambda: imports.store_import(batch=batch, by=admin))
    assert "being worked on" in str(answer)


@pytest.mark.parametrize("is_packed", [True, False])
def test_packed_file_is_large_sooner(admin, is_packed):
    rows = "".join(f"{secrets.token_hex(20)},\n" for _number in range(2500))
    content = f"name,mail\n{rows}".encode()
    batch = received(admin, gzip.compress(content) if is_packed else content[:100_000].rpartition(b"\n")[0])
    assert imports.LARGE_PACKED < batch.size < imports.LARGE
    found = imports.check_import(batch=batch, by=admin, from_page=True)
    assert found.state == (State.CHECKING if is_packed else State.CHECKED)
