"""Organisations from files: what a row says is stored once, refused with its place in the file, changed by its number, and undone."""

import csv
import datetime
import gc
import html
import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orgs.exchange.formats import FORMATS
from orgs.exchange.hsds import PORTAL, REFERENCE
from orgs.exchange.imports import actions as imports
from orgs.exchange.imports.mapping import of_own_standard_file
from orgs.exchange.imports.messages import TEXTS, problems_of
from orgs.exchange.records import records
from orgs.folding import Folded
from orgs.listing import actions as listing
from orgs.models import (
    Domain,
    ImportedOrganisation,
    Listing,
    Organisation,
    OrganisationImport,
    Service,
    Territory,
    User,
)
from orgs.readers.problems import Problem
from orgs.tasks import remove_stale_organisation_files
from orgs.territories.deletion import delete_place
from tests.factories import (
    AffiliationFactory,
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ServiceFactory,
    ServiceTypeFactory,
    TerritoryFactory,
    UserFactory,
)
from tests.orgs.exchange.standard import faults_of

pytestmark = pytest.mark.django_db

State = OrganisationImport.State


@pytest.fixture
def admin() -> User:
    return UserFactory(is_staff=True)


@pytest.fixture
def place() -> Territory:
    return TerritoryFactory(kind="municipality", name="Quagga city", code="Q1", scheme__code="PLACES")


COLUMNS = {
    "name": "name",
    "website": "web",
    "description": "about",
    "public_email": "mail",
    "founded_year": "since",
    "kind": {"always": "association"},
    "territory": {"column": "place", "scheme": "PLACES", "by": "code"},
}
HEAD = "number,name,web,about,mail,since,place\n"


def mapping(**more: Any) -> dict[str, Any]:
    columns = {**COLUMNS, **more.pop("columns", {})}
    return {"identifier": {"scheme": "GB-CHC", "column": "number"}, "columns": columns, **more}


def received(content: str | bytes, by: User, said: Any = None, name: str = "list.csv") -> OrganisationImport:
    content = content.encode() if isinstance(content, str) else content
    return imports.receive_file(file=ContentFile(content, name), mapping=said, by=by)


def checked(content: str | bytes, by: User, said: Any = None, name: str = "list.csv") -> OrganisationImport:
    said = mapping() if said is None else said
    return imports.check_import(batch=received(content, by, said, name), by=by)


def stored(content: str | bytes, by: User, said: Any = None, name: str = "list.csv") -> OrganisationImport:
    return imports.store_import(batch=checked(content, by, said, name), by=by)


def counts(batch: OrganisationImport) -> tuple[int, int, int, int]:
    return batch.rows_new, batch.rows_changed, batch.rows_same, batch.rows_refused


def faults(batch: OrganisationImport) -> list[tuple[str, int | None, str]]:
    return [(problem.code, problem.line, problem.column) for problem, _text in problems_of(batch)]


def shelf_of(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for table in sorted(folder.rglob("*.csv")):
            archive.write(table, table.relative_to(folder))
    return packed.getvalue()


def faults_of_standard(shared: Path) -> tuple[int, int, list[list[str]]]:
    """Of the directory as HSDS: how many organisations and services leave, and what the schema refuses of any of them."""
    page = json.loads(b"".join(FORMATS["hsds"].write(records(Organisation.objects.published()))))
    offered = sum(len(one.get("services", ())) for one in page["contents"])
    return page["total_items"], offered, [found for one in page["contents"] if (found := faults_of(one, shared))]


UK = {
    "source": {"name": "UK charities", "licence": "OGL 3.0"},
    "identifier": {"column": "org_id"},
    "columns": {
        "name": "name",
        "website": "web",
        "description": "activities",
        "founded_year": "date_registered",
        "kind": {"always": "association"},
        "territory": {"always": "PLACES:Q1"},
    },
    "leave_out": {"active": ["False"]},
}


@pytest.mark.shared
def test_charities_of_a_country_come_in_once(admin, place, shared):
    content = (shared / "data/directories/uk_charities/ukcat_sample.csv").read_bytes()
    batch = stored(content, admin, UK)
    assert (batch.rows_read, sum(counts(batch)), Organisation.objects.count()) == (4203, 4203, batch.rows_new)
    assert batch.rows_new > 4000
    assert {code for code, _line, _column in faults(batch)} == {"twice", "bad_website"}
    assert all(line and column for _code, line, column in faults(batch))
    again = checked(content, admin, UK)
    assert counts(again) == (0, 0, batch.rows_new, batch.rows_refused)
    assert not again.does_something
    assert faults_of_standard(shared) == (batch.rows_new, 0, [])


@pytest.mark.shared
def test_classes_of_a_register_become_domains(admin, place, shared):
    DomainFactory(code="D4", order=4)
    said = {**UK, "columns": {**UK["columns"], "domains": {"column": "UKCAT", "values": {"BE101": "D4"}}}}
    batch = stored((shared / "data/directories/uk_charities/refugee_migrant_subset.csv").read_bytes(), admin, said)
    assert (batch.rows_read, sum(counts(batch))) == (44, 44)
    assert {code for code, _line, _column in faults(batch)} <= {"twice", "bad_website"}
    assert Organisation.objects.filter(domains__code="D4").count() > 10
    house = Organisation.objects.get(name="SOUTH LONDON CONGOLESE ASSOCIATION")
    assert house.identifiers == {"GB-CHC": "1053836"}
    assert (house.is_listed, house.listing.is_unclaimed, house.founded_year) == (True, True, 1996)
    assert house.listing.source == "UK charities, OGL 3.0"
    assert faults_of_standard(shared) == (batch.rows_new, 0, [])


MIAMI = {
    "identifier": {"scheme": "US-MIAMI211", "column": "id"},
    "columns": {
        "kind": {"always": "association"},
        "territory": {"always": "PLACES:Q1"},
        "languages": {"values": {"Creole": "ht"}},
    },
    "domain": {"always": "D1"},
}


@pytest.mark.shared
def test_package_of_tables_comes_with_its_services(admin, place, shared):
    DomainFactory(code="D1", order=1)
    content = shelf_of(shared / "data/directories/miami211_hsds11")
    batch = stored(content, admin, MIAMI, "miami.zip")
    assert (batch.rows_read, counts(batch)) == (1074, (1073, 0, 0, 1))
    assert [(one.code, one.column, one.value) for one, _text in problems_of(batch)] == [
        ("bad_website", "url", "releasethesilence")
    ]
    scouts = Organisation.objects.get(name="GIRL SCOUTS COUNCIL OF TROPICAL FLORIDA, INC.")
    assert (scouts.website, scouts.address) == ("https://www.girlscoutsfl.org", "11347 SW 160th Street, 33157 Miami")
    assert not scouts.address_is_public
    assert "\\n" not in scouts.description
    desk = scouts.services.get(title=scouts.name)
    assert (desk.telephone, desk.languages, desk.is_free) == ("305-253-4841", ["en", "es", "ht"], False)
    assert Service.objects.public().count() > 3000
    assert counts(checked(content, admin, MIAMI, "miami.zip")) == (0, 0, 1073, 1)
    assert faults_of_standard(shared) == (1073, Service.objects.public().count(), [])


def test_hours_and_documents_of_a_package_come_with_its_services(admin, place):
    DomainFactory(code="D1", order=1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "organizations.csv", "id,name,description,email,url,year_incorporated\n1,House,,,house.example,\n"
        )
        archive.writestr("services.csv", "id,organization_id,name,description,url\n7,1,Desk,,\n8,1,Class,,\n")
        archive.writestr("required_documents.csv", "id,service_id,document\n1,7,passport\n2,7,photo\n3,7,\n")
        archive.writestr(
            "regular_schedules.csv",
            "id,service_id,weekday,opens_at,closes_at\n1,7,Monday,9:00am,5:30pm\n2,7,Friday,9:00am,5:30pm\n3,8,Doomsday,9am,25:00\n",
        )
    stored(packed.getvalue(), admin, MIAMI, "one.zip")
    desk = Service.objects.get(title="Desk")
    assert [str(time) for time in desk.opening_times.all()] == ["MO,FR 09:00–17:30"]
    assert desk.documents == "passport, photo"
    assert not Service.objects.get(title="Class").opening_times.exists()
    assert counts(checked(packed.getvalue(), admin, MIAMI, "one.zip")) == (0, 0, 1, 0)
    Service.objects.filter(title="Desk").update(no_documents_required=True, documents="")
    stored(packed.getvalue(), admin, MIAMI, "one.zip")
    assert counts(checked(packed.getvalue(), admin, MIAMI, "one.zip")) == (0, 0, 1, 0)


def test_persons_are_not_read(admin, place):
    DomainFactory(code="D1", order=1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "data/organizations.csv", "id,name,description,email,url,year_incorporated\n1,House,,desk@house.example,,\n"
        )
        archive.writestr(
            "data/services.csv", "id,organization_id,name,description,url,email\n7,1,Desk,,,okapi@house.example\n"
        )
        archive.writestr("data/phones.csv", "id,organization_id,service_id,contact_id,number\n1,,7,3,0123 okapi\n")
        archive.writestr("data/contacts.csv", "id,organization_id,name,email\n3,1,Okapi,okapi@house.example\n")
    stored(packed.getvalue(), admin, MIAMI, "one.zip")
    page = json.dumps([*Organisation.objects.values("name", "public_email", "public_phone")]) + json.dumps(
        [*Service.objects.values("title", "telephone", "email")]
    )
    assert "okapi" not in page
    assert "desk@house.example" in page
    house = {"name": "Other", "email": "o@house.example", "contacts": [{"name": "Okapi"}], "id": "2", "legal_status": "x",
             "services": [{"name": "Class", "contacts": [{"email": "okapi@x.example"}], "email": "okapi@x.example"}]}  # fmt: skip
    stored(json.dumps({"contents": [house]}), admin, MIAMI, "one.json")
    assert Service.objects.get(title="Class").email == ""
    assert not Organisation.objects.get(name="Other").contacts.exists()


def test_telephones_of_persons_are_not_read_from_json(admin, place):
    DomainFactory(code="D1", order=1)
    own = {"id": "b", "contact_id": "c", "number": "600 666 666"}
    desk, nobody = {"id": "a", "number": "93 111 11 11", "contact_id": ""}, {"name": "Walk", "phones": [own]}
    house = {
        "name": "House",
        "id": "2",
        "phones": [own, desk],
        "services": [{"name": "Class", "phones": [own, desk]}, nobody],
    }
    stored(json.dumps({"contents": [house, {"name": "Bare", "id": "3", "phones": [own]}]}), admin, MIAMI, "one.json")
    assert dict(Organisation.objects.values_list("name", "public_phone")) == {"House": "93 111 11 11", "Bare": ""}
    assert dict(Service.objects.values_list("title", "telephone")) == {"Class": "93 111 11 11", "Walk": ""}


# --- Rows ---------------------------------------------------------------------------------------------------------------


def test_row_becomes_an_unclaimed_organisation(admin, place):
    stored(HEAD + "7,Far de Llevant,www.far.example/x,Helps,desk@far.example,1999,Q1\n", admin)
    house = Organisation.objects.get()
    assert (house.name, house.website, house.public_email, house.founded_year) == (
        "Far de Llevant", "https://www.far.example/x", "desk@far.example", 1999,
    )  # fmt: skip
    assert (house.identifiers, house.territory, house.slug) == ({"GB-CHC": "7"}, place, "far-de-llevant")
    assert [place] == [*house.works_in.all()]
    assert house.is_published
    assert not house.is_verified
    assert house.listing.listed_by == admin


@pytest.mark.parametrize(
    ("row", "fault", "column"),
    [
        ("7,,,,,,Q1", "no_name", "name"),
        ("7," + "n" * 201 + ",,,,,Q1", "too_long", "name"),
        ("7,House,http://in progress,,,,Q1", "bad_website", "web"),
        ("7,House,javascript:alert(1),,,,Q1", "bad_website", "web"),
        ("7,House,http://okapi@mail.example,,,,Q1", "bad_website", "web"),
        ("7,House,,,okapi,,Q1", "bad_email", "mail"),
        ("7,House,,,,12,Q1", "bad_year", "since"),
        ("7,House,,,,,Q9", "unknown_place", "place"),
        ("7,House,,,,,", "no_place", "place"),
        (",House,,,,,Q1", "no_identifier", "number"),
        ("7 8,House,,,,,Q1", "bad_identifier", "number"),
        ("7,House,,,", "ragged_row", ""),
        ("7,House\0,,,,,Q1", "no_text", "name"),
        ("1,Again,,,,,Q1", "twice", "number"),
    ],
)
def test_faulty_row_is_left_out_and_told(admin, place, row, fault, column):
    padding = "padding " * 600
    batch = stored(HEAD + f"1,Good,,{padding},,,Q1\n{row}\n2,Better,,,,,Q1\n", admin)
    assert faults(batch) == [(fault, 3, column)]
    assert counts(batch) == (2, 0, 0, 1)
    assert sorted(Organisation.objects.values_list("name", flat=True)) == ["Better", "Good"]
    (_problem, text) = problems_of(batch)[0]
    assert "%(" not in text


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "empty"),
        ("number,number,name,web,about,mail,since,place\n1,1,House,,,,,Q1\n", "Two columns"),
        ("number,name\n1,House\n", "no column"),
        (HEAD, "no rows"),
        (HEAD + "1,House,," + '"' + "x" * 200_000 + '",,,Q1\n', "cannot be read"),
        (b"\x00\x01" * 100, "not a text file"),
    ],
)
def test_file_that_cannot_be_read_is_refused(admin, place, content, fault):
    with pytest.raises(ValidationError) as refusal:
        received(content, admin, mapping())
    assert fault in " ".join(refusal.value.messages)
    assert not OrganisationImport.objects.exists()


def test_file_that_breaks_off_later_stores_nothing(admin, place):
    rows = "".join(f"{number},House {number},,,,,Q1\n" for number in range(2500))
    batch = checked(HEAD + rows + "3000,House,," + '"' + "x" * (10 << 20) + '",,,Q1\n', admin)
    assert (faults(batch), counts(batch)) == ([("endless_line", 2502, "")], (0, 0, 0, 1))
    with pytest.raises(ValidationError):
        imports.store_import(batch=batch, by=admin)


def test_hostile_text_is_harmless(admin, place):
    stored(HEAD + '7,"=HYPERLINK(""http://x"")\u202egnp",,=1+1,,,Q1\n', admin)
    house = Organisation.objects.get()
    assert house.name == '=HYPERLINK("http://x")gnp'
    table = b"".join(FORMATS["csv"].write(records(Organisation.objects.all()))).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["name"][:2], row["description"]) == ("'=", "'=1+1")


def test_columns_are_translated_as_the_mapping_says(admin, place):
    DomainFactory(code="D3", order=3)
    said = mapping(
        columns={
            "kind": {"column": "what", "values": {"Stiftung": "foundation"}, "otherwise": "association"},
            "territory": {"column": "place", "scheme": "PLACES", "by": "name"},
            "languages": {"column": "speaks", "separator": ","},
            "domains": {"column": "field", "values": {"Housing": "D3"}},
        },
        leave_out={"state": ["gone"]},
    )
    head = HEAD.strip() + ",what,speaks,field,state\n"
    batch = stored(
        head
        + '1,One,,,,,QUAGGA City,Stiftung,"English, العربية",Housing;Other,\n'
        + "2,Two,,,,,Quagga city,Verein,,,\n3,Three,,,,,Quagga city,Verein,Klingon,,\n4,Four,,,,,Quagga city,,,,gone\n",
        admin,
        said,
    )
    one, two = Organisation.objects.order_by("name")
    assert (one.kind, one.languages, [str(each.code) for each in one.domains.all()]) == (
        "foundation",
        ["ar", "en"],
        ["D3"],
    )
    assert two.kind == "association"
    assert (faults(batch), batch.rows_left_out) == ([("unknown_word", 4, "speaks")], 1)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"colums": {}}, "colums"),
        ({"columns": {**COLUMNS, "telephone": "x"}}, "telephone"),
        ({"columns": {**COLUMNS, "kind": {"always": "authority"}}}, "authority"),
        ({"columns": {**COLUMNS, "kind": {"column": "a", "values": {"x": "nonsense"}}}}, "nonsense"),
        ({"columns": {"name": "name", "kind": {"always": "association"}}}, "territory"),
        ({"columns": {**COLUMNS, "territory": {"always": "PLACES:Q9"}}}, "Q9"),
        ({"columns": {**COLUMNS, "territory": {"column": "place"}}}, "scheme"),
        ({"columns": COLUMNS, "identifier": {"scheme": "x", "column": "number"}}, "scheme"),
        ({"columns": COLUMNS, "domain": {"always": "D99"}}, "D99"),
        ({"columns": COLUMNS, "leave_out": {"about": "x"}}, "leave_out"),
        ({"columns": {**COLUMNS, "website": {"column": 3}}}, "website"),
        ({"columns": COLUMNS, "format": "pdf"}, "pdf"),
        ([], "mapping"),
    ],
)
def test_mapping_that_cannot_be_understood_is_refused_by_name(admin, place, said, fault):
    with pytest.raises(ValidationError) as refusal:
        received(HEAD + "7,House,,,,,Q1\n", admin, said)
    assert fault in " ".join(refusal.value.messages)


def test_workbook_comes_in_too(admin, place):
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEAD.strip().split(","), [7, "House", "", "", "", 1999, "Q1"]):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    stored(content.getvalue(), admin, name="list.xlsx")
    assert Organisation.objects.get().founded_year == 1999


def test_only_administrators_bring_organisations_in(admin, place):
    somebody = UserFactory()
    with pytest.raises(PermissionDenied):
        received(HEAD + "7,House,,,,,Q1\n", somebody, mapping())
    batch = checked(HEAD + "7,House,,,,,Q1\n", admin)
    for action in (imports.check_import, imports.store_import, imports.undo_import):
        with pytest.raises(PermissionDenied):
            action(batch=batch, by=somebody)
    assert [*OrganisationImport.objects.visible_to(somebody)] == []


# --- The next edition of a file ----------------------------------------------------------------------------------------------


def test_changed_row_changes_its_organisation(admin, place):
    stored(HEAD + "7,House,https://old.example,Text,,1999,Q1\n8,Other,,,,,Q1\n", admin)
    batch = stored(HEAD + "7,New house,https://new.example,,,1999,Q1\n8,Other,,,,,Q1\n", admin)
    assert counts(batch) == (0, 1, 1, 0)
    house = Organisation.objects.get(numbers__code="7")
    assert (house.name, house.website, house.version) == ("New house", "https://new.example", 2)
    assert house.description == "Text", "an empty cell says nothing"


def test_organisation_keeps_what_its_own_people_say(admin, place):
    stored(HEAD + "7,House,,,,,Q1\n", admin)
    house = Organisation.objects.get()
    Listing.objects.update(claimed_at=timezone.now())
    batch = checked(HEAD + "7,New house,,,,,Q1\n", admin)
    assert (counts(batch), faults(batch)) == ((0, 0, 0, 1), [("claimed", 2, "name")])
    assert counts(checked(HEAD + "7,House,,,,,Q1\n", admin)) == (0, 0, 1, 0)
    assert house == Organisation.objects.get(name="House")


@pytest.mark.parametrize("row", ["7,House,,,,,Q1", "7,Other name,,,,,Q1", "99,HÓUSE,,,,,Q1"])
def test_who_was_taken_off_does_not_come_back(admin, place, row):
    stored(HEAD + "7,House,,,,,Q1\n", admin)
    listing.opt_out(listing=Listing.objects.get())
    batch = checked(HEAD + row + "\n", admin)
    assert (counts(batch), faults(batch)) == ((0, 0, 0, 1), [("opted_out", 2, "name")])


@pytest.mark.parametrize(
    "row",
    [
        "99,Quite another,house.example,,,,Q1", "99,Quite another,,,WE@house.example,,Q1", "99,HOUSE,,,,,Q1a",
        "99,Quite another,https://www.house.example/en,,,,Q1a",
    ],
)  # fmt: skip
def test_who_was_taken_off_does_not_come_back_under_another_name_or_in_a_part_of_the_place(admin, place, row):
    TerritoryFactory(kind="neighbourhood", name="Quarter", code="Q1a", scheme=place.scheme, parent=place)
    stored(HEAD + "7,House,house.example,,we@house.example,,Q1\n", admin)
    listing.opt_out(listing=Listing.objects.get())
    batch = checked(HEAD + row + "\n99,Other house,other.example,,we@other.example,,Q1a\n".replace("99", "98"), admin)
    assert (counts(batch), faults(batch)) == ((1, 0, 0, 1), [("opted_out", 2, "name")])


def test_closed_organisation_stays_closed(admin, place):
    OrganisationFactory(name="House", territory=place, identifiers={"GB-CHC": "7"}, closed_on=timezone.localdate())
    assert faults(checked(HEAD + "7,House,,,,,Q1\n", admin)) == [("closed", 2, "name")]


def test_namesake_in_the_same_municipality_is_not_doubled(admin, place):
    quarter = TerritoryFactory(kind="neighbourhood", parent=place, scheme=place.scheme, code="Q11")
    OrganisationFactory(name="Fár, House", territory=quarter)
    OrganisationFactory(name="Elsewhere", territory=TerritoryFactory(kind="municipality"))
    content = HEAD + '7,"FAR, HOUSE",,,,,Q1\n8,Elsewhere,,,,,Q1\n9,Elsewhere,,,,,Q1\n'
    batch = checked(content, admin)
    assert (counts(batch), faults(batch)) == ((2, 0, 0, 1), [("perhaps_same", 2, "name")])
    batch = stored(content, admin, mapping(doubles="add"))
    assert counts(batch) == (3, 0, 0, 0)
    assert Organisation.objects.get(identifiers={"GB-CHC": "9"}).slug == "elsewhere-2"


def test_rows_without_numbers_are_known_by_name_and_place(admin, place):
    said = {"columns": COLUMNS}
    batch = stored(HEAD + ",House,,,,,Q1\n,HOUSE,,,,,Q1\n", admin, said)
    assert (counts(batch), faults(batch)) == ((1, 0, 0, 1), [("twice", 3, "")])
    assert faults(checked(HEAD + ",House,,,,,Q1\n", admin, said)) == [("perhaps_same", 2, "name")]


def test_number_belongs_to_one_open_organisation(admin, place):
    house = OrganisationFactory(identifiers={"GB-CHC": "7"})
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganisationFactory(identifiers={"GB-CHC": "7"})
    Organisation.objects.filter(pk=house.pk).update(closed_on=timezone.localdate())
    other = OrganisationFactory(identifiers={"GB-CHC": "7"})
    assert [(one.organisation, one.is_open) for one in house.numbers.model.objects.order_by("pk")] == [
        (house, False),
        (other, True),
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganisationFactory(identifiers={"nonsense": "7"})


# --- Undoing -------------------------------------------------------------------------------------------------------------


def test_undoing_takes_away_what_came(admin, place):
    batch = stored(HEAD + "7,House,,,,,Q1\n8,Other,,,,,Q1\n", admin)
    assert imports.undo_import(batch=batch, by=admin) == []
    assert not Organisation.objects.exists()
    batch.refresh_from_db()
    assert (batch.state, batch.undone_by) == (State.UNDONE, admin)
    with pytest.raises(ValidationError):
        imports.undo_import(batch=batch, by=admin)
    assert counts(checked(HEAD + "7,House,,,,,Q1\n", admin)) == (1, 0, 0, 0)


def test_undoing_leaves_what_others_use_or_changed(admin, place):
    names = ("Claimed", "Joined", "Branch", "Renamed", "Untouched", "Served")
    batch = stored(HEAD + "".join(f"{number},{name},,,,,Q1\n" for number, name in enumerate(names, 1)), admin)
    of = {one.name: one for one in Organisation.objects.all()}
    Listing.objects.filter(organisation=of["Claimed"]).update(claimed_at=timezone.now())
    MembershipFactory(organisation=of["Joined"])
    AffiliationFactory(parent=of["Branch"], kind="branch")
    Organisation.objects.filter(pk=of["Renamed"].pk).update(name="Another name")
    ServiceFactory(organisation=of["Served"])
    left = imports.undo_import(batch=batch, by=admin)
    assert {one.pk for one in left} == {one.pk for name, one in of.items() if name != "Untouched"}
    assert not Organisation.objects.filter(name="Untouched").exists()


def test_undoing_puts_back_what_was_there(admin, place):
    DomainFactory(code="D1", order=1)
    DomainFactory(code="D2", order=2)
    said = mapping(columns={"domains": "field"})
    head = HEAD.strip() + ",field\n"
    stored(head + "7,House,https://old.example,Text,,1999,Q1,D1\n", admin, said)
    before = Organisation.objects.values("name", "website", "description", "founded_year", "identifiers").get()
    batch = stored(head + "7,New,https://new.example,Words,,2001,Q1,D2\n", admin, said)
    Organisation.objects.update(description="Own words")
    (left,) = imports.undo_import(batch=batch, by=admin)
    after = Organisation.objects.values("name", "website", "description", "founded_year", "identifiers").get()
    assert after == {**before, "description": "Own words"}
    assert [one.code for one in left.domains.all()] == ["D1"]


def test_undoing_takes_a_shelter_away_of_which_no_address_was_kept(admin, place):
    batch = stored(HEAD + "7,House,,,,,Q1\n", admin)
    house = Organisation.objects.get()
    Organisation.objects.update(address="Quokka lane 1")
    done = batch.done.get()
    batch.done.update(after={**done.after, "address": "Quokka lane 1"})
    ServiceFactory(organisation=house, is_shelter=True)
    Service.objects.all().delete()
    assert "address" not in batch.done.get().after
    assert imports.undo_import(batch=batch, by=admin) == []
    assert not Organisation.objects.exists()


def test_undoing_passes_over_places_that_were_deleted_since(admin, place):
    DomainFactory(code="D1", order=1)
    old, new = (TerritoryFactory(kind="neighbourhood", code=code, scheme=place.scheme, parent=place) for code in "ON")
    stored(portal_file(["O", "Q1"], ["O"]), admin, of_own_standard_file(), "own.json")
    batch = stored(portal_file(["N"], ["N", "Q1"]), admin, of_own_standard_file(), "own.json")
    assert counts(batch) == (0, 1, 0, 0)
    delete_place(place=old, by=admin)
    assert imports.undo_import(batch=batch, by=admin) == []
    connection.check_constraints()
    house = Organisation.objects.get()
    assert (house.territory, [*house.works_in.all()]) == (new, [place])
    assert {*house.services.get().territories.all()} == {new, place}


def test_undoing_leaves_addresses_beside_a_shelter_as_they_stand(admin, place):
    DomainFactory(code="D1", order=1)
    content = json.loads(portal_file(["Q1"], []))
    (house,) = content["contents"]
    (desk,) = house["services"]
    house["locations"] = [{"id": "a"}, {"id": "b", "addresses": [{"address_1": "Quokka lane 1"}]}]
    desk |= {"description": "old", "service_at_locations": [{"location_id": "b"}]}
    beds = {"name": "Beds", "attributes": [*desk["attributes"], said_by_portal("mark", "shelter")]}
    house["services"].append(beds)
    first = stored(json.dumps(content), admin, of_own_standard_file(), "own.json")
    desk["description"] = "new"
    second = stored(json.dumps(content), admin, of_own_standard_file(), "own.json")
    assert (counts(first), counts(second)) == ((1, 0, 0, 0), (0, 1, 0, 0))
    assert "Quokka" not in str([*ImportedOrganisation.objects.values("before", "after")])
    assert imports.undo_import(batch=second, by=admin) == []
    here = Service.objects.get(title="Desk")
    assert (here.description, here.address) == ("old", "Quokka lane 1")
    assert imports.undo_import(batch=first, by=admin) == []
    assert not Organisation.objects.exists()


def portal_file(places: list[str], areas: list[str]) -> str:
    """Of an organisation that is based in the first of its places, with a service that is for the people of some areas."""
    codes = [f"PLACES:{code}" for code in places]
    desk = {
        "name": "Desk",
        "attributes": [said_by_portal("domain", "D1")],
        "service_areas": [{"extent": f"PLACES:{code}"} for code in areas],
    }
    house = {
        "name": "House",
        "organization_identifiers": [{"identifier_type": REFERENCE, "identifier": "ORG-7"}],
        "attributes": [
            said_by_portal("kind", "association"),
            said_by_portal("territory", codes[0]),
            *(said_by_portal("works in", code) for code in codes),
        ],
        "services": [desk],
    }
    return json.dumps({"contents": [house]})


def said_by_portal(name: str, code: str) -> dict[str, Any]:
    return {"taxonomy_term": {"taxonomy": f"{PORTAL}/{name}", "code": code}}


@pytest.mark.parametrize(("later", "stay"), [("old", 0), ("By staff", 1)])
def test_undoing_takes_back_what_an_earlier_version_stored(admin, place, later, stay):
    """When fewer facts of a service were kept."""
    DomainFactory(code="D1", order=1)
    earlier = {"title", "description", "telephone", "form", "is_free", "cost", "languages", "type", "domain"}

    def stored_then(content: str) -> OrganisationImport:
        batch = stored(content, admin, MIAMI, "one.json")
        for done in batch.done.all():
            for facts in filter(None, (done.before, done.after)):
                facts["services"] = [{name: one[name] for name in earlier} for one in facts["services"]]
            done.save()
        return batch

    brought, changed = (stored_then(package(("Class", text), ("Desk", "same"))) for text in ("old", "new"))
    Service.objects.filter(title="Class").update(women_only=True)
    assert imports.undo_import(batch=changed, by=admin) == []
    assert Service.objects.values_list("description", "women_only").get(title="Class") == ("old", True)
    Service.objects.filter(title="Class").update(description=later)
    assert len(imports.undo_import(batch=brought, by=admin)) == Organisation.objects.count() == stay


def package(*services: tuple[str, str]) -> str:
    house = {"id": "1", "name": "House", "services": [{"name": name, "description": text} for name, text in services]}
    return json.dumps({"contents": [house]})


def test_services_are_known_by_their_titles(admin, place):
    DomainFactory(code="D1", order=1)
    stored(package(("Class", "old"), ("Desk", "same")), admin, MIAMI, "one.json")
    house = Organisation.objects.get()
    Service.objects.filter(title="Desk").update(women_only=True)
    ServiceFactory(organisation=house, title="By staff")
    before = {one.title: one.pk for one in house.services.all()}
    assert counts(checked(package(("Class", "old"), ("Desk", "same")), admin, MIAMI, "one.json")) == (0, 0, 1, 0)
    batch = stored(package(("Class", "new"), ("More", "text")), admin, MIAMI, "one.json")
    assert counts(batch) == (0, 1, 0, 0)
    after = {one.title: one for one in house.services.all()}
    assert {title: one.pk for title, one in after.items() if title != "More"} == before
    assert (after["Class"].description, after["Desk"].women_only) == ("new", True)
    assert imports.undo_import(batch=batch, by=admin) == []
    assert {one.title: one.description for one in house.services.all()} == {
        "By staff": after["By staff"].description,
        "Class": "old",
        "Desk": "same",
    }


def test_services_of_one_title_stay_apart(admin, place):
    DomainFactory(code="D1", order=1)
    stored(package(("Class", "old"), ("Desk", "old")), admin, MIAMI, "one.json")
    house = Organisation.objects.get()
    for description in ("second", "third"):
        ServiceFactory(organisation=house, title="Class", description=description)
    said = house.services.values_list("pk", "title", "description").order_by("pk")
    before = list(said.all())
    assert counts(checked(package(("Class", "old"), ("Desk", "old")), admin, MIAMI, "one.json")) == (0, 0, 1, 0)
    content = package(("Class", "new"), ("Desk", "new"))
    batch = stored(content, admin, MIAMI, "one.json")
    assert list(said.all()) == [(pk, title, text.replace("old", "new")) for pk, title, text in before]
    assert counts(checked(content, admin, MIAMI, "one.json")) == (0, 0, 1, 0)
    assert imports.undo_import(batch=batch, by=admin) == []
    assert list(said.all()) == before


def wide(content: str) -> bytes:
    """The same as a package of tables."""
    packed = io.BytesIO()
    services = [(one["name"], one["description"]) for one in json.loads(content)["contents"][0]["services"]]
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "organizations.csv", "id,name,description,email,url,year_incorporated\n1,House,,,house.example,\n"
        )
        rows = "".join(f"{number},1,{title},{text},\n" for number, (title, text) in enumerate(services))
        archive.writestr("services.csv", f"id,organization_id,name,description,url\n{rows}")
    return packed.getvalue()


OFFERS = HEAD.strip() + ",offers\n"


@pytest.mark.parametrize("form", ["table", "package", "objects"])
def test_service_keeps_what_staff_wrote_and_the_file_does_not_say(admin, place, form):
    DomainFactory(code="D1", order=1)
    food = ServiceTypeFactory(code="food", name="Food", domain=DomainFactory(code="D2", order=2))
    content, said, name = {
        "table": (OFFERS + "7,House,,,,,Q1,food\n", mapping(columns={"service_types": "offers"}), "one.csv"),
        "package": (wide(package(("Food", ""))), MIAMI, "one.zip"),
        "objects": (package(("Food", "")), MIAMI, "one.json"),
    }[form]
    stored(content, admin, said, name)
    written = {
        "type": food.pk, "domain": food.domain_id, "description": "Text", "telephone": "93 1", "form": "https://house.example/form",
        "languages": ["ur"], "is_free": True, "documents": "passport",
    }  # fmt: skip
    Service.objects.update(**written)
    assert counts(checked(content, admin, said, name)) == (0, 0, 1, 0)
    Organisation.objects.update(name="Another name")
    assert counts(stored(content, admin, said, name)) == (0, 1, 0, 0)
    assert Service.objects.values(*written).get() == written


def test_service_is_free_or_costs_something_as_the_file_says_last(admin, place):
    DomainFactory(code="D1", order=1)

    def costing(fees: str) -> str:
        desk = {"name": "Desk", "fees_description": fees}
        return json.dumps({"contents": [{"id": "1", "name": "House", "services": [desk]}]})

    found = []
    for fees in ("5 euros", "Free", "6 euros"):
        stored(costing(fees), admin, MIAMI, "one.json")
        found.append(Service.objects.values_list("is_free", "cost").get())
        for again in (fees, ""):
            assert counts(checked(costing(again), admin, MIAMI, "one.json")) == (0, 0, 1, 0)
    assert found == [(False, "5 euros"), (True, ""), (False, "6 euros")]


def test_domain_of_a_service_is_that_of_its_type(admin, place):
    """Whatever the mapping says of those without one."""
    DomainFactory(code="D1", order=1)
    food = ServiceTypeFactory(code="food", domain=DomainFactory(code="D2", order=2))
    stored(package(("Desk", "old")), admin, MIAMI, "one.json")
    Service.objects.update(type=food, domain=food.domain)
    stored(package(("Desk", "new"), ("More", "")), admin, MIAMI, "one.json")
    found = Service.objects.values_list("title", "description", "type__code", "domain__code").order_by("title")
    assert list(found) == [("Desk", "new", "food", "D2"), ("More", "", None, "D1")]
    house = OrganisationFactory(published=True, territory=place)
    ServiceFactory(organisation=house, title="Own", domain=Domain.objects.get(code="D1"))
    content = b"".join(FORMATS["hsds"].write(records(Organisation.objects.filter(pk=house.pk))))
    house.services.update(type=food, domain=food.domain)
    here = imports.check_import(batch=received(content, admin, name="own.json"), by=admin)
    assert (counts(here), faults(here)) == ((0, 0, 1, 0), [])


def test_services_of_a_table_are_known_by_their_types(admin, place):
    """Whatever a type, or a service of it, is called by now."""
    food = ServiceTypeFactory(code="food", name="Food")
    ServiceTypeFactory(code="beds", name="Food"), ServiceTypeFactory(code="baths", name="Baths")
    said, row = mapping(columns={"service_types": "offers"}), OFFERS + "7,House,,,,,Q1,food;beds\n"
    stored(row, admin, said)
    food.name = food.name_en = "Food bank"
    food.save()
    assert counts(checked(row, admin, said)) == (0, 0, 1, 0)
    Service.objects.filter(type=food).update(title="Our food")
    before = set(Service.objects.values_list("pk", "title", "type__code"))
    assert counts(checked(row, admin, said)) == (0, 0, 1, 0)
    batch = stored(OFFERS + "7,House,,,,,Q1,food;beds;baths\n", admin, said)
    assert set(Service.objects.exclude(type__code="baths").values_list("pk", "title", "type__code")) == before
    assert Service.objects.get(type__code="baths").title == "Baths"
    assert imports.undo_import(batch=batch, by=admin) == []
    assert set(Service.objects.values_list("pk", "title", "type__code")) == before


def test_service_of_a_table_takes_one_of_its_title_where_none_has_its_type(admin, place):
    said, row = mapping(columns={"service_types": "offers"}), OFFERS + "7,House,,,,,Q1,food\n"
    ServiceTypeFactory(code="food", name="Food")
    stored(row, admin, said)
    Service.objects.update(type=None)
    stored(row, admin, said)
    assert list(Service.objects.values_list("title", "type__code")) == [("Food", "food")]


# --- There and back ------------------------------------------------------------------------------------------------------


@pytest.fixture
def house(place):
    return OrganisationFactory(
        published=True, territory=place, name="=Far; de Llevant", kind="foundation", languages=["ca", "ar"], acronym="FdL",
        public_phone="93 000 00 00", website="https://far.example", description="Two lines\nof text", founded_year=1999,
        identifiers={"GB-CHC": "7"},
    )  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_own_table_comes_in_again_without_a_mapping(admin, house, ending):
    house.domains.add(DomainFactory(code="D5", order=5))
    Organisation.objects.filter(pk=house.pk).update(
        names={"ur": "مشرقی مینار", "ca": "Far"}, legal_form="Private foundation", size="6-20", budget="0-10"
    )
    web = OrganisationFactory(published=True, kind="network", territory=house.territory, name="Web")
    AffiliationFactory(organisation=house, parent=web)
    content = b"".join(FORMATS[ending].write(records(Organisation.objects.published())))
    here = imports.check_import(batch=received(content, admin, name=f"own.{ending}"), by=admin)
    assert (counts(here), faults(here)) == ((0, 0, 2, 0), [])
    said = Organisation.objects.filter(name=house.name).values(
        "name", "kind", "languages", "acronym", "public_phone", "website", "description", "founded_year"
    )
    before = said.get()
    house.delete()
    there = imports.store_import(
        batch=imports.check_import(batch=received(content, admin, name=f"own.{ending}"), by=admin), by=admin
    )
    assert counts(there) == (1, 0, 1, 0)
    assert said.get() == {**before, "languages": ["ar", "ca"]}
    again = Organisation.objects.get(name=house.name)
    assert again.identifiers == {"GB-CHC": "7", "XP-REFERENCE": house.reference}
    assert [one.code for one in again.domains.all()] == ["D5"]
    assert counts(imports.check_import(batch=received(content, admin, name="own.csv"), by=admin)) == (0, 0, 2, 0)


def test_own_table_of_an_earlier_edition_needs_no_mapping_either(admin, house):
    """What columns were added since, nobody has to have."""
    rows = csv.DictReader(
        io.StringIO(b"".join(FORMATS["csv"].write(records(Organisation.objects.all()))).decode("utf-8-sig"))
    )
    out = io.StringIO()
    kept = [name for name in rows.fieldnames or () if name not in ("standing", "names", "legal_form", "size", "budget")]
    writer = csv.DictWriter(out, kept, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    assert counts(imports.check_import(batch=received(out.getvalue(), admin, name="own.csv"), by=admin)) == (0, 0, 1, 0)


def test_own_standard_file_comes_in_again(admin, house, place):
    Organisation.objects.filter(pk=house.pk).update(acronym="", names={"ca": "Far"})
    ServiceFactory(
        organisation=house, title="Desk", languages=["ur"], telephone="93 1", is_free=True, domain__code="D1"
    )
    content = b"".join(FORMATS["hsds"].write(records(Organisation.objects.published())))
    said = {
        "identifier": {"scheme": "XP-REFERENCE", "column": "reference"},
        "columns": {
            "kind": {"column": "legal_status", "values": {"Foundation": "foundation", "foundation": "foundation"}},
            "territory": {"column": "place", "scheme": "PLACES", "by": "name"},
        },
        "domain": {"always": "D1"},
    }
    here = checked(content, admin, said, "own.json")
    assert (counts(here), faults(here)) == ((0, 0, 1, 0), [])
    house.delete()
    stored(content, admin, said, "own.json")
    again = Organisation.objects.get()
    assert (again.name, again.kind, again.territory, again.website) == (house.name, "foundation", place, house.website)
    assert again.acronym == "", "a name in another language is none"
    desk = again.services.get()
    assert (desk.title, desk.languages, desk.telephone, desk.is_free) == ("Desk", ["ur"], "93 1", True)


def test_file_that_calls_itself_of_this_portal_is_believed_only_where_the_mapping_says_so(admin, place):
    DomainFactory(code="D1", order=1)
    house = json.loads(portal_file(["Q1"], ["Q1"]))["contents"][0]
    door = {"id": "b", "addresses": [{"address_1": "Quokka lane 1"}]}
    house |= {"id": "7", "locations": [{"id": "a"}, door]}
    house["attributes"] += [said_by_portal("size", "6-20"), said_by_portal("mark", "women")]
    house["organization_identifiers"].append({"identifier_scheme": "GB-CHC", "identifier": "9"})
    house["services"][0] |= {"email": "quokka@person.example", "service_at_locations": [{"location_id": "b"}]}
    content = json.dumps({"contents": [house]})
    stored(content, admin, MIAMI, "one.json")
    other = Organisation.objects.get()
    desk = other.services.get()
    assert (desk.email, desk.address, other.size, other.marks) == ("", "", "", [])
    assert other.identifiers == {"US-MIAMI211": "7"}
    other.delete()
    stored(content, admin, of_own_standard_file(), "one.json")
    own = Organisation.objects.get()
    desk = own.services.get()
    assert (desk.email, desk.address, own.size, own.marks) == (
        "quokka@person.example",
        "Quokka lane 1",
        "6-20",
        ["women"],
    )
    assert own.identifiers == {"GB-CHC": "9", "XP-REFERENCE": "ORG-7"}


@pytest.mark.parametrize("is_own", [True, False])
def test_page_says_that_a_file_of_a_portal_brings_addresses_of_its_services(client, admin, place, is_own):
    DomainFactory(code="D1", order=1)
    client.force_login(admin)
    said = None if is_own else MIAMI
    batch = imports.check_import(batch=received(portal_file(["Q1"], []), admin, said, "one.json"), by=admin)
    warning = "the addresses of its services are imported too"
    assert (warning in client.get(batch.get_absolute_url()).content.decode()) is is_own


# --- Cost ------------------------------------------------------------------------------------------------------------------


def test_queries_do_not_grow_with_the_rows(admin, place):
    def cost(first: int, count: int) -> int:
        rows = "".join(f"{n},House {n},,,,,Q1\n" for n in range(first, first + count))
        batch = checked(HEAD + rows, admin)
        with CaptureQueriesContext(
            connection,
        ) as taken:
            imports.store_import(batch=batch, by=admin)
        return len(taken)

    assert cost(1, 5) == cost(100, 200)


def test_namesakes_are_found_by_an_index(place):
    names = Organisation.objects.alias(own_name=Folded("name")).filter(own_name__in=["one", "two"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "organisation_own_name" in names.explain()


def test_memory_does_not_grow_with_the_file(admin, place, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 100)
    take = imports.take

    def take_and_tidy(*arguments: Any) -> None:
        """What only waits for the collector of garbage is no growth."""
        take(*arguments)
        gc.collect()

    monkeypatch.setattr(imports, "take", take_and_tidy)

    def peak(first: int, count: int) -> int:
        rows = "".join(
            f"{n},House {n},https://h{n}.example,{'Text ' * 40},,1999,Q1\n" for n in range(first, first + count)
        )
        batch = received(HEAD + rows, admin, mapping())
        del rows
        tracemalloc.start()
        batch = imports.check_import(batch=batch, by=admin)
        imports.store_import(batch=batch, by=admin)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert batch.rows_new == count
        return most

    peak(10_000, 100)  # What is kept from the first time on is no part of it.
    small, large = peak(20_000, 150), peak(30_000, 1500)
    assert large < 1.2 * small, (small, large)


def test_stale_files_are_removed_and_history_stays(admin, place):
    kept = stored(HEAD + "7,House,,,,,Q1\n", admin)
    checked(HEAD + "8,Other,,,,,Q1\n", admin)
    OrganisationImport.objects.update(created_at=timezone.now() - datetime.timedelta(days=61))
    fresh = received(HEAD + "9,Third,,,,,Q1\n", admin, mapping())
    assert remove_stale_organisation_files() == 1
    assert remove_stale_organisation_files() == 0
    assert {*OrganisationImport.objects.all()} == {kept, fresh}


def test_page_shows_the_numbers_in_registers(client, admin, place):
    stored(HEAD + "7,House,,,,,Q1\n", admin)
    body = client.get(Organisation.objects.get().get_absolute_url()).content.decode()
    assert "Charity Commission" in body
    assert "<bdi>7</bdi>" in body


# --- In the browser --------------------------------------------------------------------------------------------------------


def test_pages_bring_a_file_in_and_undo_it(client, admin, place):
    client.force_login(admin)
    add = reverse("orgs:organisation_import_add")
    content = HEAD + "7,House,,,,,Q1\n8,,,,,,Q1\n"

    def sent(**data: Any) -> Any:
        return client.post(add, {"file": ContentFile(content.encode(), "list.csv"), "whole": "1", **data}, follow=True)

    for said, fault in (("{", "not valid JSON"), ('{"colums": {}}', "colums")):
        answer = sent(mapping=ContentFile(said.encode(), "m.json"))
        assert fault in html.unescape(answer.content.decode())
    assert not OrganisationImport.objects.exists()
    said = ContentFile(json.dumps(mapping()).encode(), "m.json")
    page = sent(mapping=said).content.decode()
    batch = OrganisationImport.objects.get()
    assert "The name is missing." in page
    assert not Organisation.objects.exists()
    batch.refresh_from_db()
    store = reverse("orgs:organisation_import_store", args=[batch.pk])
    page = client.post(store, {"seen": imports.check_sign(batch)}, follow=True).content.decode()
    assert "The organisations are stored." in page
    Listing.objects.update(claimed_at=timezone.now())
    page = client.post(reverse("orgs:organisation_import_undo", args=[batch.pk]), follow=True).content.decode()
    assert "1 organisation stayed" in page
    assert "House" in page
    page = client.post(reverse("orgs:organisation_import_undo", args=[batch.pk]), follow=True).content.decode()
    assert "can be undone" in page
    again = sent(earlier=str(batch.pk))
    assert OrganisationImport.objects.count() == 2
    assert "There is nothing to store." in again.content.decode()
    table = b"".join(client.get(reverse("orgs:organisation_import_problems", args=[batch.pk])).streaming_content)
    assert b"The name is missing." in table
    assert b"list.csv" in client.get(reverse("orgs:organisation_import_list")).content


# --- The command -----------------------------------------------------------------------------------------------------------


def run(*arguments: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_organisations", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_command_looks_stores_and_undoes(admin, place, tmp_path):
    (tmp_path / "list.csv").write_text(HEAD + "7,House,,,,,Q1\n8,,,,,,Q1\n", encoding="utf-8")
    (tmp_path / "m.json").write_text(json.dumps(mapping()), encoding="utf-8")
    given = (tmp_path / "list.csv", "--mapping", tmp_path / "m.json")
    out, err = run(*given, "--dry-run")
    assert out.startswith("2 rows: 1 new, 0 changed, 0 unchanged, 0 left out by the mapping, 1 refused.\nDry run")
    assert err == f"3\tname\t\t{TEXTS['no_name']}\n"
    assert not Organisation.objects.exists()
    assert not OrganisationImport.objects.exists()
    out, err = run(*given)
    batch = OrganisationImport.objects.get()
    assert out.splitlines()[-1] == f"Stored as import {batch.pk}."
    assert Organisation.objects.count() == 1
    assert run(*given)[0].endswith("There was nothing to store.\n")
    assert "Undone. 0 " in run("--undo", batch.pk)[0]
    assert not Organisation.objects.exists()


def test_command_takes_a_folder_of_tables(admin, place, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/organizations.csv").write_text("id,name,description,email,url,year_incorporated\n1,House,,,,\n")
    (tmp_path / "data/contacts.csv").write_text("id,organization_id,name\n3,1,Okapi\n")
    (tmp_path / "m.json").write_text(json.dumps({**MIAMI, "domain": ""}), encoding="utf-8")
    assert run(tmp_path / "data", "--mapping", tmp_path / "m.json")[0].startswith("1 rows: 1 new")
    batch = OrganisationImport.objects.get()
    with batch.file.open("rb") as file, zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["organizations.csv"]


@pytest.mark.parametrize("given", [(), ("nowhere.csv",), ("--undo", 999_999), ("nowhere.csv", "--undo", 1)])
def test_command_says_what_it_cannot_do(admin, given):
    with pytest.raises(CommandError):
        run(*given)


def test_command_needs_an_administrator(place, tmp_path):
    (tmp_path / "list.csv").write_text(HEAD, encoding="utf-8")
    with pytest.raises(CommandError, match="administrator"):
        run(tmp_path / "list.csv")


def test_every_fault_has_its_words():
    for code in TEXTS:
        assert "%(" not in imports.all_texts([Problem(code, 3, "column", "value")])[0]
