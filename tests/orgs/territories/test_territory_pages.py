"""Classifications and places as administrators keep them, on pages: no shell, no JSON."""

import csv
import datetime
import io
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orgs.models import (
    Registration,
    Territory,
    TerritoryClosure,
    TerritoryImport,
    TerritoryOutline,
    TerritoryScheme,
    TerritorySuccession,
    User,
)
from orgs.models.territory import END
from orgs.territories import actions
from orgs.territories.actions import SplitPart
from tests.factories import (
    OrganisationFactory,
    ReviewerAppointmentFactory,
    ServiceFactory,
    TerritoryFactory,
    TerritorySchemeFactory,
    UserFactory,
)
from tests.orgs.territories.bringing import history, stored, successions
from tests.pages import words_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 1, 1)
SQUARE = b'{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]}}'


@pytest.fixture
def admin() -> User:
    return UserFactory(is_staff=True)


@pytest.fixture
def office(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def land() -> TerritoryScheme:
    """R > A > A1, A2; R > B."""
    scheme = TerritorySchemeFactory(code="land", name="Land")
    rows = [
        "R,North,region,",
        "A,Ashford,municipality,R",
        "B,Birk,municipality,R",
        "A1,Mill,neighbourhood,A",
        "A2,Hill,neighbourhood,A",
    ]
    stored(scheme, "code,name,kind,parent\n" + "\n".join(rows))
    return scheme


def place(code: str, **found: Any) -> Territory:
    return Territory.objects.get(scheme__code="land", code=code, **({"valid_to": END} | found))


def page_of(name: str, *arguments: Any) -> str:
    return reverse(f"orgs:{name}", args=["land", *arguments])


def confirm(client: Client, page: str, data: dict[str, Any]) -> str:
    """Sends a form, reads what follows, confirms it; the words of the page on which that stood."""
    before = history(TerritoryScheme.objects.get(code="land"))
    shown = client.post(page, data)
    assert shown.status_code == 200
    assert shown.context.get("consequences"), words_of(shown.content.decode())[-1500:]
    assert history(TerritoryScheme.objects.get(code="land")) == before, "the look has stored something"
    done = client.post(page, {**data, "seen": shown.context["seen"]})
    assert done.status_code == 302, words_of(done.content.decode())[-1500:]
    return words_of(shown.content.decode())


# --- Classifications ----------------------------------------------------------------------------------------------------


def test_from_nothing_to_places_on_pages_alone(office):
    """A classification is added, a file read, described, checked and stored."""
    made = office.post(
        reverse("orgs:scheme_add"),
        {"code": "land", "name_en": "Land", "name_es": "Tierra", "source": "Institute", "licence": "CC BY"},
    )
    assert made["Location"] == page_of("territory_import_add")
    file = SimpleUploadedFile("places.csv", "Código;Nombre;Nivel;Padre\nR;Norte;CCAA;\nA;Ágreda;local;R\n".encode())
    sent = office.post(made["Location"], {"file": file, "whole": "1"})
    batch = TerritoryImport.objects.get()
    assert sent["Location"] == page_of("territory_import_map", batch.pk)
    form = office.get(sent["Location"]).context["form"]
    data = {field.html_name: field.value() or "" for field in form if field.name != "parent"}
    assert [row[2].value() for row in form.column_rows] == ["code", "name", "kind", "parent"]
    refused = office.post(sent["Location"], data)
    assert "Say what “local” means." in words_of(refused.content.decode())
    [kind] = [field for field in form.kind_rows if field.label == "local"]
    checked = office.post(sent["Location"], data | {kind.html_name: "municipality"})
    assert checked["Location"] == page_of("territory_import_detail", batch.pk)
    assert "Nothing is stored yet" in words_of(office.get(checked["Location"]).content.decode())
    assert not Territory.objects.exists()
    office.post(page_of("territory_import_store", batch.pk))
    assert history(TerritoryScheme.objects.get()) == ["A .. Ágreda < R@", "R .. Norte"]
    said = words_of(office.get(reverse("orgs:scheme_list")).content.decode())
    assert "Land land 2 2 Institute" in said
    assert "places.csv" in office.get(page_of("territory_import_list")).content.decode()


def test_scheme_code_is_unique_and_none_of_the_portals_own(office, land):
    for code in ("land", "add"):
        answer = office.post(reverse("orgs:scheme_add"), {"code": code, "name_en": "Other"})
        assert "code" in answer.context["form"].errors
    assert TerritoryScheme.objects.count() == 1


def test_scheme_keeps_its_code_when_it_is_renamed(office, land):
    office.post(page_of("scheme_edit"), {"code": "other", "name_en": "Land of today"})
    assert list(TerritoryScheme.objects.values_list("code", "name_en")) == [("land", "Land of today")]


# --- Files --------------------------------------------------------------------------------------------------------------


def test_problems_are_listed_by_line_and_all_of_them_in_a_table(office, land, admin):
    rows = "\n".join(f"X{n},Place {n},municipality,nowhere" for n in range(150))
    file = SimpleUploadedFile("places.csv", f"code,name,kind,parent\n{rows}\n".encode())
    batch_page = office.post(page_of("territory_import_add"), {"file": file, "whole": "1"})["Location"]
    form = office.get(batch_page).context["form"]
    office.post(batch_page, {field.html_name: field.value() or "" for field in form if field.name != "parent"})
    batch = TerritoryImport.objects.get(file_name="places.csv", created_by=admin)
    page = office.get(page_of("territory_import_detail", batch.pk)).content.decode()
    assert page.count("No place has the code “nowhere”") == 100
    assert "150 problems" in words_of(page)
    assert "Store these places" not in page
    answer = office.get(page_of("territory_import_problems", batch.pk))
    table = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert (len(table), table[1][:3]) == (151, ["2", "parent", "nowhere"])
    office.post(page_of("territory_import_store", batch.pk))
    assert Territory.objects.count() == 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"<html><body>", "web page"),
        (b"PK\x03\x04 no", "not an Excel workbook"),
        (b'{"a": 1}', "GeoJSON"),
    ],
)
def test_file_that_is_no_table_is_refused_in_words(office, land, content, said):
    before = TerritoryImport.objects.count()
    file = SimpleUploadedFile("places.csv", content)
    answer = office.post(page_of("territory_import_add"), {"file": file, "whole": "1"})
    assert said in words_of(answer.content.decode())
    assert TerritoryImport.objects.count() == before


def test_file_that_is_too_large_is_refused_and_not_kept(office, land, settings):
    settings.IMPORT_MAX_BYTES = 1000
    before = TerritoryImport.objects.count()
    file = SimpleUploadedFile("places.csv", b"code,name\n" + b"A,B\n" * 1000)
    answer = office.post(page_of("territory_import_add"), {"file": file, "whole": "1"})
    assert "larger than" in words_of(answer.content.decode())
    assert TerritoryImport.objects.count() == before


def test_two_columns_of_one_meaning_are_refused(office, land):
    file = SimpleUploadedFile("places.csv", b"code,name,other\nA,B,C\n")
    page = office.post(page_of("territory_import_add"), {"file": file, "whole": "1"})["Location"]
    answer = office.post(page, {"column_0": "code", "column_1": "name", "column_2": "name", "kind": "area"})
    assert "Two columns are said to be" in words_of(answer.content.decode())
    answer = office.post(page, {"column_0": "name"})
    said = words_of(answer.content.decode())
    assert "Say which column has the code." in said
    assert "Say which column has the kind" in said


# --- Places -------------------------------------------------------------------------------------------------------------


def test_places_are_found_by_name_as_typed_code_kind_and_day(office, land):
    actions.end_place(
        place=place("B"), last_day=datetime.date(2020, 12, 31), with_parts=False, by=UserFactory(is_staff=True)
    )

    def found(**query: Any) -> list[str]:
        return sorted(one.code for one in office.get(page_of("place_list"), query).context["places"])

    assert found(q="ASHFÓRD") == ["A"]
    assert found(q="A1") == ["A1"]
    assert found(kind="municipality") == ["A", "B"]
    assert found(kind="municipality", on="2026-01-01") == ["A"]
    assert found() == ["A", "A1", "A2", "B", "R"]


@pytest.mark.parametrize("name", ["place_list", "place_detail", "scheme_list"])
def test_pages_ask_as_much_for_many_places_as_for_few(office, land, name, django_assert_num_queries):
    page = (
        reverse("orgs:scheme_list")
        if name == "scheme_list"
        else page_of(name, *([place("R").pk] if name == "place_detail" else []))
    )
    office.get(page)
    with CaptureQueriesContext(connection) as few:
        office.get(page)
    for number in range(30):
        TerritoryFactory(scheme=land, parent=place("R"), name=f"Town {number}")
        TerritorySchemeFactory(code=f"s{number}", name=f"Scheme {number}")
    with django_assert_num_queries(len(few)):
        office.get(page)


def test_place_is_added(office, land):
    data = {
        "code": "C",
        "name": "Côte",
        "name_es": "Costa",
        "kind": "municipality",
        "parent": "North",
        "valid_from": "2020-01-01",
        "has_all_parts": "on",
    }
    office.post(page_of("place_add"), data)
    assert history(land)[-2:] == ["C 2020-01-01.. Côte < R@", "R .. North"]
    assert place("C").names == {"es": "Costa"}
    again = office.post(page_of("place_add"), data | {"valid_from": ""})
    assert "This code is already used" in words_of(again.content.decode())
    assert Territory.objects.filter(code="C").count() == 1


@pytest.mark.parametrize("code", ["A/B", "..", "A@2020-01-01", "A?", "A#1", "A\\B"])
def test_code_that_no_address_can_have_is_refused(office, land, code):
    answer = office.post(page_of("place_add"), {"code": code, "name": "Côte", "kind": "area"})
    assert "A code stands in an address" in words_of(answer.content.decode())
    with pytest.raises(IntegrityError, match="territory_code_in_address"), transaction.atomic():
        TerritoryFactory(scheme=land, code=code)


@pytest.mark.parametrize("code", ["08019", "ES51", "é", "A.1", "A B", "A@2020", "A:1"])
def test_code_of_every_other_kind_has_an_address(office, land, code):
    made = TerritoryFactory(scheme=land, code=code)
    assert office.get(made.get_absolute_url()).status_code == 200


def test_rename_is_a_correction_or_another_place_from_a_day_on(office, land):
    page = page_of("place_rename", place("A").pk)
    said = confirm(office, page, {"name": "Ash", "name_es": "Fresno"})
    assert "This is a correction of Ash (A)" in said
    assert (place("A").name, place("A").names) == ("Ash", {"es": "Fresno"})
    TerritoryOutline.objects.create(territory=place("A"), geometry={"type": "Polygon", "coordinates": []})
    said = confirm(office, page, {"name": "Ashville", "on": "2026-01-01"})
    assert "On 31 December 2025 these end: Ash (A). On 1 January 2026 these begin: Ashville (A)." in said
    assert "2 places that lie in them begin anew" in said
    assert history(land)[:6] == [
        "A ..2025-12-31 Ash < R@",
        "A 2026-01-01.. Ashville < R@",
        "A1 ..2025-12-31 Mill < A@",
        "A1 2026-01-01.. Mill < A@2026-01-01",
        "A2 ..2025-12-31 Hill < A@",
        "A2 2026-01-01.. Hill < A@2026-01-01",
    ]
    assert place("A").outline.geometry["type"] == "Polygon"


def test_what_was_changed_after_the_look_is_shown_again(office, land):
    page = page_of("place_rename", place("A").pk)
    seen = office.post(page, {"name": "Ash"}).context["seen"]
    answer = office.post(page, {"name": "Oak", "seen": seen})
    assert "This is a correction of Oak (A)" in words_of(answer.content.decode())
    assert place("A").name == "Ashford"


def test_circle_was_an_error_page_and_is_said_in_words(office, land, admin):
    with pytest.raises(IntegrityError, match="territory_no_cycle"), transaction.atomic():
        Territory.objects.filter(code="R").update(parent=place("A1"))
    with pytest.raises(ValidationError, match="cannot lie within itself"):
        actions.move_place(place=place("R"), parent=place("A1"), by=admin)
    for on in ("", "2026-01-01"):
        answer = office.post(page_of("place_move", place("R").pk), {"parent": "A1", "on": on})
        assert "A territory cannot lie within itself." in words_of(answer.content.decode())
    assert place("R").parent is None


def test_move_from_a_day_on_keeps_the_place_of_before(office, land):
    confirm(office, page_of("place_move", place("A1").pk), {"parent": "Birk", "on": "2026-01-01"})
    assert history(land)[1:3] == ["A1 ..2025-12-31 Mill < A@", "A1 2026-01-01.. Mill < B@"]
    confirm(office, page_of("place_move", place("A2").pk), {"parent": "B"})
    assert "A2 .. Hill < B@" in history(land)


def test_dates_are_corrected_and_impossible_ones_refused(office, land):
    page = page_of("place_correct", place("B").pk)
    facts = {"code": "B", "kind": "municipality", "has_all_parts": "on"}
    confirm(office, page, facts | {"valid_from": "1990-05-01"})
    assert place("B").valid_from == datetime.date(1990, 5, 1)
    answer = office.post(page, facts | {"valid_from": "2020-01-01", "valid_to": "2010-01-01"})
    assert "A territory ends after it begins." in words_of(answer.content.decode())
    answer = office.post(page, facts | {"code": "A"})
    assert "This code is already used" in words_of(answer.content.decode())
    assert place("B").valid_from == datetime.date(1990, 5, 1)


def test_end_takes_its_parts_along_or_is_refused(office, land):
    page = page_of("place_end", place("A").pk)
    answer = office.post(page, {"last_day": "2025-12-31"})
    assert "Some of its parts would go on without it" in words_of(answer.content.decode())
    said = confirm(office, page, {"last_day": "2025-12-31", "with_parts": "on"})
    assert "2 places that lie in it end too." in said
    assert [line for line in history(land) if "..2025-12-31" in line] == [
        "A ..2025-12-31 Ashford < R@",
        "A1 ..2025-12-31 Mill < A@",
        "A2 ..2025-12-31 Hill < A@",
    ]
    answer = office.post(page_of("place_end", Territory.objects.get(code="A").pk), {"last_day": "2026-12-31"})
    assert "has ended before that day" in words_of(answer.content.decode())


def test_merge_into_a_new_place_with_the_code_of_one_of_them(office, land):
    OrganisationFactory(territory=place("B"))
    ReviewerAppointmentFactory(territory=place("A"))
    data = {"others": "Birk", "on": "2026-01-01", "code": "A", "name": "Ashbirk"}
    said = confirm(office, page_of("place_merge", place("A").pk), data)
    assert "On 31 December 2025 these end: Ashford (A), Birk (B). On 1 January 2026 these begin: Ashbirk (A)." in said
    assert "1 organisation is based or at work in what ends. It counts in what follows" in said
    assert "1 reviewer is appointed for what ends, and reviews in all that follows." in said
    assert successions(land)[:2] == ["A1@2025-12-31 → A1@2026-01-01 1", "A2@2025-12-31 → A2@2026-01-01 1"]
    assert {"A@2025-12-31 → A@2026-01-01 1", "B@2025-12-31 → A@2026-01-01 1"} <= set(successions(land))
    assert "A1 2026-01-01.. Mill < A@2026-01-01" in history(land)
    on = {"valid_from__lte": DAY, "valid_to__gte": DAY}
    below = TerritoryClosure.objects.filter(ancestor=place("R"), **on).values_list("descendant__code", flat=True)
    assert sorted(below) == ["A", "A1", "A2", "R"]


def test_merge_into_a_place_that_goes_on(office, land):
    said = confirm(office, page_of("place_merge", place("A").pk), {"on": "2026-01-01", "into": "Birk"})
    assert "Birk (B) goes on as it is." in said
    assert "A1 2026-01-01.. Mill < B@" in history(land)
    assert "A@2025-12-31 → B@9999-12-31 1" not in successions(land)
    assert TerritorySuccession.objects.get(predecessor__code="A").successor == place("B")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"on": "2026-01-01", "code": "N", "name": "New"}, "Choose with which other places it merges."),
        ({"others": "Birk", "on": "2026-01-01"}, "Give the new place a code and a name"),
        ({"others": "Birk", "on": "2026-01-01", "code": "R", "name": "New"}, "This code is already used"),
        ({"others": "Birk", "on": "2026-01-01", "into": "Birk"}, "It is one of those that end."),
    ],
)
def test_merge_that_cannot_be_is_refused_and_nothing_is_left_of_it(office, land, data, said):
    before = history(land)
    answer = office.post(page_of("place_merge", place("A").pk), data)
    assert said in words_of(answer.content.decode())
    assert history(land) == before


def into(*parts: tuple[str, str, str]) -> dict[str, str]:
    """What is typed to split a place: of each part the code, the name and the share."""
    typed = [(number, zip(("code", "name", "share"), part, strict=True)) for number, part in enumerate(parts, 1)]
    return {"on": "2026-01-01"} | {f"{fact}_{number}": value for number, pairs in typed for fact, value in pairs}


def test_split_shares_a_place_out(office, land):
    data = into(("A", "Ash", "62.5"), ("F", "Ford", "37.5"))
    confirm(office, page_of("place_split", place("A").pk), data)
    assert {"A@2025-12-31 → A@2026-01-01 0.625", "A@2025-12-31 → F@2026-01-01 0.375"} <= set(successions(land))
    assert "A1 2026-01-01.. Mill < A@2026-01-01" in history(land)
    answer = office.post(page_of("place_split", place("B").pk), data | {"code_1": "B", "share_2": "10"})
    assert "The shares do not add up to 100 %." in words_of(answer.content.decode())
    assert place("B").name == "Birk"


def test_code_passes_to_another_outline_and_is_found_by_day(office, land):
    confirm(office, page_of("place_pass_code", place("B").pk), {"name": "New Birk", "on": "2026-01-01"})
    assert successions(land) == []
    found = Territory.objects.coded
    assert (found("land", "B@2025-12-31").name, found("land", "B", DAY).name) == ("Birk", "New Birk")


def test_outline_is_uploaded_replaced_and_removed(office, land):
    page = page_of("place_outline", place("B").pk)
    office.post(page, {"file": SimpleUploadedFile("b.geojson", SQUARE)})
    assert place("B").outline.geometry["coordinates"][0][0] == [1, 1]
    for content, said in [
        (SQUARE.replace(b"Polygon", b"LineString"), "not an area"),
        (SQUARE.replace(b"[2, 1]", b"[2000, 1]"), "not on the globe"),
        (b"nonsense", "not valid JSON"),
    ]:
        answer = office.post(page, {"file": SimpleUploadedFile("b.geojson", content)})
        assert said in words_of(answer.content.decode())
    assert "5 points" in words_of(office.get(page_of("place_detail", place("B").pk)).content.decode())
    office.post(page, {"remove": "on"})
    assert not TerritoryOutline.objects.exists()


def test_outline_is_found_in_a_file_of_many_by_the_code(office, land):
    features = [
        SQUARE.decode().replace('"properties": {}', f'"properties": {{"id": "{code}"}}').replace("[1, 1]", f"[{at}, 1]")
        for code, at in (("A", 0.5), ("B", 0.25))
    ]
    many = f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}'
    office.post(page_of("place_outline", place("B").pk), {"file": SimpleUploadedFile("all.geojson", many.encode())})
    assert place("B").outline.geometry["coordinates"][0][0] == [0.25, 1]


def test_change_before_the_place_begins_is_refused(office, land, admin):
    Territory.objects.filter(code="B").update(valid_from=datetime.date(2026, 6, 1))
    for name, data in [
        ("place_rename", {"name": "X", "on": "2026-06-01"}),
        ("place_end", {"last_day": "2026-05-31"}),
        ("place_pass_code", {"name": "X", "on": "2026-01-01"}),
    ]:
        answer = office.post(page_of(name, place("B").pk), data)
        assert "begins on that day or later" in words_of(answer.content.decode()), name


@pytest.mark.parametrize("share", ["-5", "0", "101", "x"])
def test_impossible_share_is_refused(office, land, share):
    answer = office.post(page_of("place_pass_code", place("B").pk), {"name": "X", "on": "2026-01-01", "share": share})
    assert answer.status_code == 200
    assert not answer.context.get("consequences")
    assert answer.context["form"].errors


def test_nobody_else_changes_a_place(land):
    other = UserFactory()
    for change in (
        lambda: actions.rename_place(place=place("A"), name="X", names={}, by=other),
        lambda: actions.move_place(place=place("A"), parent=None, by=other),
        lambda: actions.correct_place(place=place("A"), code="X", by=other),
        lambda: actions.end_place(place=place("A"), last_day=DAY, with_parts=True, by=other),
        lambda: actions.merge_places(places=[place("A"), place("B")], on=DAY, code="X", name="X", by=other),
        lambda: actions.split_place(
            place=place("A"), on=DAY, pieces=[SplitPart("X", "X", 1), SplitPart("Y", "Y", 0)], by=other
        ),
        lambda: actions.pass_code(place=place("A"), on=DAY, name="X", share=None, by=other),
        lambda: actions.set_outline(place=place("A"), geometry=None, by=other),
        lambda: actions.add_place(scheme=land, code="X", name="X", kind="area", by=other),
        lambda: actions.save_scheme(scheme=land, by=other),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert "X" not in " ".join(history(land))


def test_page_of_a_place_tells_its_history(office, land):
    confirm(office, page_of("place_rename", place("A").pk), {"name": "Ashville", "on": "2026-01-01"})
    confirm(office, page_of("place_move", place("A").pk), {"parent": ""})
    said = words_of(office.get(page_of("place_detail", place("A").pk)).content.decode())
    assert "Comes from Ashford (until 31 December 2025)" in said
    assert "Other times of this code" in said
    assert "Changes of code, kind, place and dates" in said
    old = Territory.objects.get(code="A", valid_to="2025-12-31")
    assert "Became Ashville (since 1 January 2026)" in words_of(
        office.get(page_of("place_detail", old.pk)).content.decode()
    )


# --- What was entered by mistake ----------------------------------------------------------------------------------------


def test_split_by_mistake_is_undone_by_deleting_what_began(office, land):
    before = history(land)
    confirm(office, page_of("place_split", place("A").pk), into(("X", "X-place", "30"), ("Y", "Y-place", "70")))
    said = confirm(office, page_of("place_delete", place("Y").pk), {"_": ""})
    assert "These are deleted, as if they had never been: Y-place (Y)." in said
    assert "These go on" not in said
    said = confirm(office, page_of("place_delete", place("X").pk), {"_": ""})
    assert "These go on, as if they had not ended: Ashford (A), Hill (A2), Mill (A1)." in said
    assert history(land) == before
    assert successions(land) == []


def test_page_of_a_deletion_says_at_once_what_follows_and_stores_nothing(office, land):
    before, page = history(land), page_of("place_delete", place("B").pk)
    shown = office.get(page)
    said = words_of(shown.content.decode())
    assert "These are deleted, as if they had never been:" in said
    assert "Confirm and store" in said
    assert "See what follows" not in said
    assert history(land) == before
    assert office.post(page, {"seen": shown.context["seen"]}).status_code == 302
    assert not land.territories.filter(code="B").exists()


def test_page_of_a_deletion_says_at_once_why_a_place_in_use_stays(office, land):
    OrganisationFactory(territory=place("A2"))
    said = words_of(office.get(page_of("place_delete", place("A").pk)).content.decode())
    assert "a place in it: organisations." in said
    assert "Confirm and store" not in said
    assert "See what follows" not in said


def test_place_in_use_is_not_deleted(office, land):
    page = page_of("place_delete", place("A").pk)
    ServiceFactory().territories.add(place("A1"))
    answer = office.post(page, {"_": ""})
    assert "These refer to it or to a place in it: services." in words_of(answer.content.decode())
    OrganisationFactory(territory=place("A2"))
    answer = office.post(page, {"_": ""})
    assert "a place in it: organisations, services." in words_of(answer.content.decode())
    confirm(office, page_of("place_delete", place("B").pk), {"_": ""})
    assert not land.territories.filter(code="B").exists()


def refusal(client: Client, page: str) -> str:
    answer = client.post(page, {"_": ""})
    assert answer.status_code == 200
    assert not answer.context.get("consequences")
    return words_of(answer.content.decode())


def test_place_that_became_another_is_deleted_after_that(office, land):
    for on, name in (("2026-01-01", "Second"), ("2027-01-01", "Third")):
        confirm(office, page_of("place_rename", place("B").pk), {"name": name, "on": on})
    second = land.territories.get(name="Second")
    assert "It has become another place, or a place in it has: Third (B)." in refusal(
        office, page_of("place_delete", second.pk)
    )


def test_carried_part_is_not_deleted_without_what_carried_it(office, land):
    confirm(office, page_of("place_rename", place("A").pk), {"name": "Renamed", "on": "2026-01-01"})
    said = refusal(office, page_of("place_delete", place("A1").pk))
    assert "These would go on in a place that has ended: Mill (A1)." in said


def test_part_of_another_time_goes_with_its_place(office, land):
    new = Territory.objects.create(
        scheme=land, code="N", name="New", kind="municipality", valid_from=datetime.date(2020, 1, 1)
    )
    Territory.objects.create(
        scheme=land, code="N1", name="Old", kind="neighbourhood", parent=new, valid_to=datetime.date(2019, 12, 31)
    )
    confirm(office, page_of("place_delete", new.pk), {"_": ""})
    assert not land.territories.filter(code__startswith="N").exists()


def test_place_that_a_registration_names_is_not_deleted(office, land):
    for named in ({"territory": place("B").pk, "works_in": []}, {"territory": 0, "works_in": [place("B").pk]}):
        Registration.objects.all().delete()
        Registration.objects.create(answers={"where": {"typed": {}, "facts": named}})
        assert "a place in it: registrations." in refusal(office, page_of("place_delete", place("B").pk))


def test_share_is_corrected(office, land):
    confirm(office, page_of("place_split", place("B").pk), into(("X", "X-place", "30"), ("Y", "Y-place", "70")))
    old = land.territories.get(code="B")
    page = page_of("place_shares", old.pk)
    first, second = old.successions.order_by("successor__code")
    answer = office.post(page, {str(first.pk): "60", str(second.pk): "50"})
    assert "The shares add up to more than 100 %." in words_of(answer.content.decode())
    assert office.post(page, {str(first.pk): "60", str(second.pk): "40"}).status_code == 302
    assert [str(one.share) for one in old.successions.order_by("successor__code")] == ["0.600000", "0.400000"]
