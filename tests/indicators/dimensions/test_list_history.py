"""The history of sources and of the standard list: also of what is deleted, in all languages, and of what an identity was made of."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.dimensions import actions as dimensions
from indicators.models import Category, Dimension, Identity
from indicators.sources import actions as sources
from indicators.sources.actions import source_of_typed
from orgs.models import User
from tests.factories import AuthorityFactory, UserFactory
from tests.factories_indicators import SourceFactory
from tests.pages import words_of
from tests.posts import post_seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> User:
    user: User = UserFactory(is_staff=True, name="Ada Keeper")
    client.force_login(user)
    return user


@pytest.fixture
def colour() -> Dimension:
    dimension = Dimension.objects.create(code="colour", name_en="Colour", name_es="Color", order=90)
    for order, code in enumerate(("RED", "BLUE")):
        Category.objects.create(dimension=dimension, code=code, name_en=code.title(), order=order)
    return dimension


def page(client: Client, kind: str, **asked: str) -> str:
    return words_of(client.get(reverse("indicators:list_history", args=[kind]), asked).content.decode())


def test_deleted_source_stays_in_the_history_with_what_it_said(client: Client, administrator: User) -> None:
    source = SourceFactory(name="Census", licence="CC0")
    client.post(reverse("indicators:source_delete", args=[source.pk]))
    text = page(client, "sources")
    deleted = text[text.index("Census Deleted") : text.index("Census Added")]
    assert "Ada Keeper" in deleted
    assert "CC0" in deleted
    assert (
        reverse("indicators:list_history", args=["sources"])
        in client.get(reverse("indicators:source_list")).content.decode()
    )


def test_change_says_from_what_to_what(client: Client, administrator: User) -> None:
    source = SourceFactory(name="Census", licence="CC0")
    post_seen(client, reverse("indicators:source_edit", args=[source.pk]), {"name": "Census", "licence": "CC BY 4.0"})
    text = page(client, "sources")
    changed = text[text.index("Census Changed") : text.index("Census Added")]
    assert "Licence CC0 CC BY 4.0" in changed


def test_names_are_kept_in_every_language(client: Client, administrator: User, colour: Dimension) -> None:
    colour.name_es = "Tinte"  # type: ignore[attr-defined]
    dimensions.save_dimension(dimension=colour, by=administrator)
    text = page(client, "dimensions")
    changed = text[text.index("Colour Changed") : text.index("Colour Added")]
    assert "Name in Spanish Color Tinte" in changed
    assert "Name in English" not in changed
    red = Category.objects.get(code="RED")
    dimensions.delete_category(category=red, by=administrator)
    text = page(client, "categories")
    assert "Dimension Colour" in text[text.index("Red Deleted") :]


def test_history_of_an_identity_says_of_what_it_was_made(
    client: Client, administrator: User, colour: Dimension
) -> None:
    shade = Dimension.objects.create(code="shade", name_en="Shade", order=91)
    dark = Category.objects.create(dimension=shade, code="DARK", name_en="Dark")
    parts = list(Category.objects.filter(dimension=colour))
    identity = dimensions.add_identity(identity=Identity(whole=dark), parts=parts, by=administrator)
    dimensions.delete_identity(identity=identity, by=administrator)
    for category in [*parts, dark]:
        dimensions.delete_category(category=category, by=administrator)
    text = page(client, "identities")
    for done in ("Added", "Deleted"):
        assert f"Dark {done}" in text
    assert text.count("Blue, Red") == 2


def test_unknown_kind_is_not_found(client: Client, administrator: User) -> None:
    assert client.get(reverse("indicators:list_history", args=["people"])).status_code == 404


@pytest.mark.parametrize("kind", ["sources", "categories", "identities"])
def test_history_costs_the_same_for_few_and_many(
    client: Client, administrator: User, colour: Dimension, kind: str
) -> None:
    shade = Dimension.objects.create(code="shade", name_en="Shade", order=91)

    def add(number: int) -> None:
        sources.save_source(source=SourceFactory.build(name=f"Source {number}"), by=administrator)
        whole = Category.objects.create(dimension=shade, code=f"S{number}", name_en=f"Shade {number}", is_part=False)
        dimensions.add_identity(
            identity=Identity(whole=whole), parts=[Category.objects.get(code="RED")], by=administrator
        )

    def queries() -> int:
        page(client, kind)
        with CaptureQueriesContext(connection) as captured:
            page(client, kind)
        return len(captured)

    add(0)
    few = queries()
    for number in range(1, 6):
        add(number)
    assert queries() == few


def test_history_says_to_which_authority_a_source_is_tied(client: Client, administrator: User) -> None:
    source = source_of_typed(AuthorityFactory(name="City council"))
    changed = page(client, "sources").split(f"{source.name} Added")[0]
    assert "Typed by – City council" in changed


def test_fields_are_named_in_the_language_of_the_reader(client: Client, administrator: User, colour: Dimension) -> None:
    red, blue = (Category.objects.get(code=code) for code in ("RED", "BLUE"))
    blue.parent = red
    dimensions.save_category(category=blue, by=administrator)
    client.cookies["django_language"] = "es"
    text = page(client, "categories")
    assert "Dentro de la categoría mayor" in text
    assert "Dimensión" in text
    assert "Parent" not in text
