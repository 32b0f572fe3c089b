"""A portal whose first language is not English: names are asked for in that one, and shown to whoever reads another."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from orgs import installation
from orgs.domains.forms import DomainForm
from orgs.exchange.imports import actions as house_imports
from orgs.exchange.imports.column_form import ColumnsForm
from orgs.folding import as_shown
from orgs.models import Domain, Portal, TerritoryScheme, User
from orgs.portal import actions as portals
from orgs.territories.forms import SchemeForm
from orgs.territories.imports import actions as places_imports
from orgs.territories.imports.forms import DescriptionForm
from tests.factories import DomainFactory, UserFactory
from tests.pages import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    return UserFactory(is_staff=True, language="en")


@pytest.fixture
def office(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


@pytest.fixture(autouse=True)
def spanish_first(administrator: User) -> None:
    portal = Portal.objects.get()
    portal.languages, portal.first_language = ["en", "es", "fr"], "es"
    portals.update_portal(portal=portal, by=administrator)
    installation.current()  # As each request does.


def test_name_in_the_first_language_is_enough_and_the_one_that_is_needed(office: Client) -> None:
    add = reverse("orgs:domain_add")
    fields = {"code": "D12", "order": "90", "name_en": "Sport"}
    assert set(office.post(add, fields).context["form"].errors) == {"name_es"}
    assert office.post(add, {**fields, "name_en": "", "name_es": "Deporte"}).status_code == 302
    domain = Domain.objects.get(code="D12")
    assert (domain.slug, domain.name_es, domain.name_en) == ("deporte", "Deporte", None)  # type: ignore[attr-defined]
    page = words_of(office.get(reverse("orgs:domain_list")).content.decode())
    assert "Deporte" in page
    assert "No name in English" in page


def test_form_has_the_first_language_at_once_and_the_others_to_open(office: Client) -> None:
    page = office.get(reverse("orgs:domain_add"))
    assert "In Spanish. Readers of other languages see this text where theirs is missing." in words_of(
        page.content.decode()
    )
    form = page.context["form"]
    assert [field.name for field in form.first_words()] == ["name_es", "description_es"]
    assert [language["code"] for language in form.translations()] == ["en", "fr", "ar"]
    assert (form["name_es"].label, form["name_en"].label) == ("Name", "Name (English)")


def test_classification_needs_a_name_in_the_first_language_alone(office: Client) -> None:
    add = reverse("orgs:scheme_add")
    assert set(office.post(add, {"code": "barrios"}).context["form"].errors) == {"name_es"}
    assert office.post(add, {"code": "barrios", "name_es": "Barrios"}).status_code == 302
    assert "Barrios" in words_of(office.get(reverse("orgs:scheme_list")).content.decode())


def test_rows_are_in_the_order_of_the_names_that_the_reader_sees() -> None:
    for code, names in {
        "c": {"name_en": "Cantons"},
        "b": {"name_en": "", "name_es": "Barrios"},
        "d": {"name_ar": "أحياء", "name_fr": "Départements"},
    }.items():
        TerritoryScheme.objects.create(code=code, **names)
    with translation.override("en"):
        ordered = list(TerritoryScheme.objects.order_by(as_shown("name"), "pk"))
        assert [str(one) for one in ordered] == ["Barrios", "Cantons", "Départements"]


@pytest.mark.parametrize(
    ("language", "ordered"), [("es", ["Áreas", "Barrios", "Zonas"]), ("fr", ["Arrondissements", "Barrios", "Secteurs"])]
)
def test_select_boxes_of_classifications_are_in_the_order_of_the_names_that_the_reader_sees(
    language: str, ordered: list[str], administrator: User
) -> None:
    for code, names in {
        "a": {"name_en": "Zones", "name_es": "Áreas", "name_fr": "Secteurs"},
        "b": {"name_es": "Barrios"},
        "z": {"name_en": "Areas", "name_es": "Zonas", "name_fr": "Arrondissements"},
    }.items():
        TerritoryScheme.objects.create(code=code, **names)
    own = TerritoryScheme.objects.create(code="own", name_es="Censo")
    places = places_imports.receive_file(scheme=own, file=ContentFile(b"code,name\n1,One\n", "places.csv"), by=None)
    houses = house_imports.receive_file(
        file=ContentFile(b"name\nHouse\n", "houses.csv"), described_later=True, by=administrator
    )
    with translation.override(language):
        of_places: Any = DescriptionForm(batch=places).fields["parent_scheme"]
        of_houses: Any = ColumnsForm(batch=houses, file_format="csv").fields["scheme"]
        boxes: tuple[Any, ...] = (of_places, of_houses)
        for box in boxes:
            assert [str(label) for value, label in box.choices if value and str(label) != "Censo"] == ordered


def test_reader_of_a_third_language_sees_the_first_one_before_english() -> None:
    domain = DomainFactory(name_en="Sport", name_es="Deporte")
    only = DomainFactory(name_en="", name_ar="رياضة")
    with translation.override("fr"):
        assert [str(one) for one in Domain.objects.filter(pk__in=[domain.pk, only.pk])] == ["Deporte", "رياضة"]
        assert set(Domain.objects.values_list("name", flat=True)) == {"Deporte", "رياضة"}


def test_portal_that_forgets_its_first_language_has_english_first_again(administrator: User) -> None:
    domain = DomainFactory(name_en="Sport", name_es="Deporte")
    portal = Portal.objects.get()
    portal.first_language = "en"
    portals.update_portal(portal=portal, by=administrator)
    installation.current()
    with translation.override("fr"):
        assert Domain.objects.get(pk=domain.pk).name == "Sport"


def test_forms_ask_anew_which_language_is_first(administrator: User) -> None:
    portal = Portal.objects.get()
    portal.first_language = "fr"
    portals.update_portal(portal=portal, by=administrator)
    for form in (DomainForm(), SchemeForm()):
        assert [name for name in form.fields if name.startswith("name") and form.fields[name].required] == ["name_fr"]
