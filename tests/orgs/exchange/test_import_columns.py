"""The page on which the columns of a file of organisations are picked, large files in the worker, and letters to whom a list named."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from post_office.models import Email

from orgs.exchange.formats import FORMATS
from orgs.exchange.imports import actions as imports
from orgs.exchange.imports.guessing import columns_of, kind_of
from orgs.exchange.imports.messages import problems_of
from orgs.exchange.records import records
from orgs.listing import actions as listing
from orgs.models import Listing, Organisation, OrganisationImport, OrganisationMapping, Territory, User
from orgs.tasks import tell_listed_organisations, work_on_organisation_files
from tests.factories import DomainFactory, OrganisationFactory, TerritoryFactory, UserFactory

pytestmark = pytest.mark.django_db

State = OrganisationImport.State
CONTENT = (
    "Nombre de la entidad,Siglas,Tipo de entidad,Municipio,Página web,Correo electrónico,Ámbitos,Nº registro,Notas\n"
    "Casa Abierta,CA,Asociación,Quagga city,casa.example,casa@casa.example,Vivienda; Salud,7,x\n"
    "Fundación Puente,,Fundación,Quagga city,,,Salud,8,y\n"
    "Antigua,,Disuelta,Quagga city,,,,9,z\n"
)


@pytest.fixture
def admin(client: Any) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def place() -> Territory:
    return TerritoryFactory(kind="municipality", name="Quagga city", code="Q1", scheme__code="PLACES")


def sent(client: Any, content: str = CONTENT, **data: Any) -> Any:
    file = ContentFile(content.encode(), "lista.csv")
    return client.post(reverse("orgs:organisation_import_add"), {"file": file, "whole": "1", **data}, follow=True)


def fields_of(page: Any) -> dict[str, Any]:
    """What a person sends who changes nothing on the page."""
    form = page.context["form"]
    found = {field.html_name: field.value() for field in form if field.html_name != "place"}
    return {name: value for name, value in found.items() if value not in (None, False)}


def picked(client: Any, content: str = CONTENT, **data: Any) -> Any:
    page = sent(client, content)
    url = reverse("orgs:organisation_import_columns", args=[OrganisationImport.objects.latest("pk").pk])
    said = {"scheme": "PLACES", "register": "XP-LISTA", "source_name": "Registro", "source_licence": "CC BY 4.0"}
    return client.post(url, {**fields_of(page), **said, **data}, follow=True)


def test_headings_are_guessed_in_english_and_spanish():
    assert columns_of(["Nombre de la entidad", "Siglas", "Tipo", "Municipio", "Correo electrónico", "Teléfono", "¿?"]) == {
        "name": 0, "acronym": 1, "kind": 2, "territory": 3, "notice_email": 4, "public_phone": 5,
    }  # fmt: skip
    found = columns_of(["Name", "Website", "Activities", "Charity number", "Town"])
    assert found == {"name": 0, "website": 1, "description": 2, "identifier": 3, "territory": 4}
    assert [kind_of(text) for text in ("Fundación", "Asociación juvenil", "trade union", "Disuelta", "authority")] == [
        "foundation", "association", "trade_union", "", "",
    ]  # fmt: skip


def test_columns_are_picked_on_a_page(client, admin, place):
    DomainFactory(code="D3", order=3, name="Vivienda")
    page = sent(client)
    assert page.redirect_chain[-1][0].endswith("/columns/")
    assert "Casa Abierta" in page.content.decode()
    refused = picked(client)
    assert "Say what “Disuelta” means." in refused.content.decode()
    assert not Organisation.objects.exists()
    batch = OrganisationImport.objects.latest("pk")
    said = fields_of(refused)
    kinds = {
        field.label: field.html_name for _h, _m, fields in refused.context["form"].value_tables for field in fields
    }
    said |= {kinds["Disuelta"]: "leave_out", "mapping_name": "Registro de entidades"}
    url = reverse("orgs:organisation_import_columns", args=[batch.pk])
    done = client.post(url, said, follow=True)
    assert done.redirect_chain[-1][0] == batch.get_absolute_url()
    batch.refresh_from_db()
    assert (batch.state, batch.rows_new, batch.rows_left_out, batch.rows_refused) == (State.CHECKED, 2, 1, 0)
    imports.store_import(batch=batch, by=admin)
    house = Organisation.objects.get(name="Casa Abierta")
    assert (house.acronym, house.kind, house.territory, house.website) == (
        "CA",
        "association",
        place,
        "https://casa.example",
    )
    assert house.identifiers == {"XP-LISTA": "7"}
    assert [domain.code for domain in house.domains.all()] == ["D3"]
    assert house.listing.source == "Registro, CC BY 4.0"


def test_mapping_is_kept_chosen_again_and_downloaded(client, admin, place):
    picked(client, kind="association", mapping_name="Registro")
    kept = OrganisationMapping.objects.get()
    batch = OrganisationImport.objects.latest("pk")
    answer = client.get(reverse("orgs:organisation_import_mapping", args=[batch.pk]))
    assert "attachment" in answer["Content-Disposition"]
    assert answer.json() == batch.mapping == kept.definition
    again = sent(client, earlier=f"m{kept.pk}")
    assert again.redirect_chain[-1][0] == OrganisationImport.objects.latest("pk").get_absolute_url()
    assert OrganisationImport.objects.latest("pk").rows_new == batch.rows_new == 3
    file = ContentFile(json.dumps(answer.json()).encode(), "m.json")
    assert (
        sent(client, mapping=file).redirect_chain[-1][0] == OrganisationImport.objects.latest("pk").get_absolute_url()
    )
    other = picked(client, kind="foundation", mapping_name="Registro")
    assert "There is already a mapping with this name" in other.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganisationMapping.objects.create(name="Registro", definition={})


def test_page_opens_with_what_was_said(client, admin, place):
    picked(client, kind="association")
    batch = OrganisationImport.objects.latest("pk")
    url = reverse("orgs:organisation_import_columns", args=[batch.pk])
    before = batch.mapping
    client.post(url, fields_of(client.get(url)))
    batch.refresh_from_db()
    assert batch.mapping == before


def test_texts_of_a_column_that_is_chosen_anew_are_shown_first(client, admin, place):
    page = sent(client)
    notes = page.context["form"].header.index("Notas")
    answer = picked(client, kind="association", **{f"column_{notes}": "leave_out"})
    assert "Look at what the texts of “Notas” mean, below." in answer.content.decode()


def test_cells_with_several_are_divided_as_is_said(client, admin, place):
    DomainFactory(code="D3", order=3, name="Vivienda")
    content = CONTENT.replace("Vivienda; Salud", "Vivienda|Salud")
    answer = picked(client, content, kind="association", separator="|")
    assert "Look at what the texts of “Ámbitos” mean, below." in answer.content.decode()
    batch = OrganisationImport.objects.get()
    client.post(reverse("orgs:organisation_import_columns", args=[batch.pk]), fields_of(answer))
    batch.refresh_from_db()
    said = batch.mapping["columns"]["domains"]
    assert (said["values"], said["separator"]) == ({"Vivienda": "D3", "Salud": ""}, "|")


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"column_0": ""}, "Say which column has the name."),
        ({"column_3": ""}, "Say which column has the place"),
        ({"column_8": "name"}, "Two columns are said to be “Name”."),
        ({"scheme": ""}, "Choose the classification"),
        ({"source_licence": ""}, "Licence"),
    ],
)
def test_page_says_what_is_missing(client, admin, place, data, fault):
    answer = picked(client, **{"kind": "association", **data})
    assert answer.context["form"].errors
    assert fault in answer.content.decode()
    assert OrganisationImport.objects.get().state == State.RECEIVED


def test_faults_are_told_in_the_readers_language(client, admin, place):
    picked(client, CONTENT + "Sin lugar,,Asociación,,,,,10,\n", kind="association")
    batch = OrganisationImport.objects.latest("pk")
    with translation.override("es"):
        ((problem, text),) = problems_of(batch)
    assert (problem.line, problem.column, text) == (5, "Municipio", "Falta el lugar.")


# --- Large files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def large(monkeypatch: Any) -> None:
    monkeypatch.setattr(imports, "LARGE", 10)


def test_large_file_is_checked_and_stored_by_the_worker(client, admin, place, large):
    answer = picked(client, kind="association")
    batch = OrganisationImport.objects.get()
    assert batch.state == State.CHECKING
    assert "The file is being checked" in answer.content.decode()
    assert "Reload" in answer.content.decode()
    assert work_on_organisation_files() == 1
    store = reverse("orgs:organisation_import_store", args=[batch.pk])
    seen = imports.check_sign(OrganisationImport.objects.get())
    assert "The file is being stored" in client.post(store, {"seen": seen}, follow=True).content.decode()
    assert not Organisation.objects.exists()
    assert work_on_organisation_files() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.stored_by, Organisation.objects.count()) == (State.STORED, admin, 3)
    assert work_on_organisation_files() == 0


def test_worker_that_dies_is_followed_by_another_one(client, admin, place, large, monkeypatch):
    picked(client, kind="association")

    def die(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(imports, "take", die)
        with pytest.raises(KeyboardInterrupt):
            work_on_organisation_files()
    batch = OrganisationImport.objects.get()
    assert (batch.state, batch.attempts) == (State.CHECKING, 1)
    assert work_on_organisation_files() == 1
    OrganisationImport.objects.update(state=State.STORING, attempts=OrganisationImport.MAX_ATTEMPTS)
    assert work_on_organisation_files() == 0
    batch.refresh_from_db()
    assert batch.state == State.CHECKED
    assert "several times" in problems_of(batch)[0][1]


def test_worker_stores_for_administrators_only(client, admin, place, large):
    picked(client, kind="association")
    work_on_organisation_files()
    imports.store_import(batch=OrganisationImport.objects.get(), by=admin, from_page=True)
    User.objects.update(is_staff=False)
    work_on_organisation_files()
    assert OrganisationImport.objects.get().state == State.CHECKED
    assert not Organisation.objects.exists()


def test_many_are_put_back_by_the_worker(client, admin, place, monkeypatch):
    picked(client, kind="association")
    batch = imports.store_import(batch=OrganisationImport.objects.get(), by=admin)
    Listing.objects.filter(organisation=Organisation.objects.earliest("pk")).update(claimed_at=timezone.now())
    monkeypatch.setattr(imports, "MANY", 2)
    undo = reverse("orgs:organisation_import_undo", args=[batch.pk])
    page = client.post(undo, follow=True).content.decode()
    assert "The import is being undone" in page
    assert "Undo this import" not in page
    assert Organisation.objects.count() == 3
    assert work_on_organisation_files() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.undone_by, batch.rows_stayed) == (State.UNDONE, admin, 1)
    assert Organisation.objects.filter(closed_on=None).count() == 1
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "1 organisation stayed" in page
    assert batch.stayed[0] in page


def test_undoing_that_does_not_succeed_leaves_the_import_stored(client, admin, place, monkeypatch):
    picked(client, kind="association")
    batch = imports.store_import(batch=OrganisationImport.objects.get(), by=admin)
    monkeypatch.setattr(imports, "MANY", 2)
    imports.undo_import(batch=batch, by=admin, from_page=True)
    User.objects.update(is_staff=False)
    assert work_on_organisation_files() == 0
    batch.refresh_from_db()
    assert (batch.state, Organisation.objects.count()) == (State.STORED, 3)
    assert "no administrator any more" in problems_of(batch)[0][1]
    assert batch.rows_new == 3, "what it brought is still said"


def test_work_is_somebodys(admin, place, client):
    picked(client, kind="association")
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganisationImport.objects.update(state=State.CHECKING, asked_by=None)


# --- Letters ---------------------------------------------------------------------------------------------------------------


def written(client: Any, admin: User, *, writes: bool = True, content: str = CONTENT) -> OrganisationImport:
    page = sent(client, content)
    column = page.context["form"].header.index("Correo electrónico")
    answer = picked(client, content, kind="association", **{f"column_{column}": "notice_email"})
    batch = OrganisationImport.objects.latest("pk")
    assert batch.state == State.CHECKED, answer.context["form"].errors
    if batch.does_something:
        imports.store_import(batch=batch, writes_to_them=writes, by=admin)
    return batch


def test_those_whose_address_is_known_are_told_once(client, admin, place):
    batch = written(client, admin)
    assert (
        "casa@casa.example"
        not in client.get(Organisation.objects.get(name="Casa Abierta").get_absolute_url()).content.decode()
    )
    assert tell_listed_organisations() == 1
    letter = Email.objects.get()
    told = Listing.objects.get(organisation__name="Casa Abierta")
    assert (letter.to, told.notice_email) == (["casa@casa.example"], "")
    assert told.notified_at is not None
    assert imports.letters_of(OrganisationImport.objects.get(pk=batch.pk)) == {"sent": 1, "waiting": 0}
    assert "1 sent, 0 waiting" in client.get(batch.get_absolute_url()).content.decode()
    assert tell_listed_organisations() == 0
    assert not written(client, admin).does_something
    assert tell_listed_organisations() == 0
    assert Email.objects.count() == 1


def test_nobody_is_told_where_the_administrator_did_not_ask(client, admin, place):
    written(client, admin, writes=False)
    assert not Listing.objects.to_be_told().exists()
    assert tell_listed_organisations() == 0


def test_who_was_told_stays_when_the_import_is_undone(client, admin, place):
    batch = written(client, admin)
    tell_listed_organisations()
    imports.undo_import(batch=batch, by=admin)
    assert [one.name for one in Organisation.objects.all()] == ["Casa Abierta"]


@pytest.mark.parametrize("change", ["claimed", "opted out", "no administrator"])
def test_letter_that_is_not_due_any_more_is_not_sent(client, admin, place, change):
    written(client, admin)
    told = Listing.objects.to_be_told().get()
    if change == "claimed":
        Listing.objects.update(claimed_at=timezone.now())
    elif change == "opted out":
        listing.opt_out(listing=told)
    else:
        User.objects.update(is_staff=False)
    assert tell_listed_organisations() == 0
    assert not Email.objects.exists()
    assert not Listing.objects.to_be_told().exists()


# --- Our own table ---------------------------------------------------------------------------------------------------------


def test_own_table_says_where_an_organisation_works(client, admin, place):
    other = TerritoryFactory(name="Okapi", code="O1", scheme=place.scheme)
    house = OrganisationFactory(published=True, territory=place, name="Casa Abierta", kind="foundation")
    house.works_in.set([place, other])
    write = FORMATS["csv"].write
    first = b"".join(write(records(Organisation.objects.published())))
    house.delete()
    batch = imports.receive_file(file=ContentFile(first, "own.csv"), by=admin)
    imports.store_import(batch=imports.check_import(batch=batch, by=admin), by=admin)
    assert {*Organisation.objects.get().works_in.all()} == {place, other}
    second = b"".join(write(records(Organisation.objects.published())))
    rows = [
        dict(zip(*(line.split(",") for line in text.decode("utf-8-sig").splitlines()[:2]), strict=True))
        for text in (first, second)
    ]
    unlike = {name for name in rows[0] if rows[0][name] != rows[1][name]}
    own = {"reference", "identifiers", "page", "updated", "is_sample"}
    assert unlike <= own | {"standing", "verification", "verified_on", "source"}
    batch = imports.receive_file(file=ContentFile(first.replace(b"PLACES:O1", b"PLACES:X9"), "own.csv"), by=admin)
    assert [(p.code, p.value) for p, _text in problems_of(imports.check_import(batch=batch, by=admin))] == [
        ("unknown_place", "X9")
    ]


def test_places_in_which_it_works_come_and_go_with_an_import(client, admin, place):
    other = TerritoryFactory(name="Okapi", code="O1", scheme=place.scheme)
    said = {
        "identifier": {"scheme": "XP-LISTA", "column": "id"},
        "columns": {
            "name": "name", "kind": {"always": "association"}, "territory": {"always": "PLACES:Q1"},
            "works_in": {"column": "in", "scheme": "PLACES", "by": "name"},
        },
    }  # fmt: skip

    def stored(text: str) -> OrganisationImport:
        batch = imports.receive_file(file=ContentFile(text.encode(), "l.csv"), mapping=said, by=admin)
        return imports.store_import(batch=imports.check_import(batch=batch, by=admin), by=admin)

    stored("id,name,in\n1,Casa,Quagga city\n")
    batch = stored("id,name,in\n1,Casa,Quagga city; okapi\n")
    assert {*Organisation.objects.get().works_in.all()} == {place, other}
    imports.undo_import(batch=batch, by=admin)
    assert [*Organisation.objects.get().works_in.all()] == [place]
    with pytest.raises(ValidationError, match="There is nothing to store"):
        stored("id,name,in\n1,Casa,Quagga city\n")
