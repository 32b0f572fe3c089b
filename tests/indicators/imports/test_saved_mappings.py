"""Saved mappings on the portal's own pages: renamed by who imports, deleted by administrators; imports keep their own copy."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from indicators.imports import actions as imports
from indicators.imports import mapping_actions as mappings
from indicators.models import SavedMapping
from orgs.models import User
from tests.factories import AuthorityFactory, MembershipFactory, TerritoryFactory, UserFactory
from tests.factories_indicators import ImportBatchFactory, IndicatorFactory, SavedMappingFactory, definition_for
from tests.pages import words_of
from tests.threads import at_once

TITLE = {"en": "People of the register", "es": "Personas del padrón"}
LIST = reverse("indicators:mapping_list")


@pytest.fixture
def steward(db: None) -> User:
    user: User = MembershipFactory(organisation=AuthorityFactory(), role="steward").user
    return user


def edit(mapping: SavedMapping) -> str:
    return reverse("indicators:mapping_edit", args=[mapping.pk])


def delete(mapping: SavedMapping) -> str:
    return reverse("indicators:mapping_delete", args=[mapping.pk])


def test_mapping_is_renamed_by_who_imports_and_is_called_so_in_every_language(client: Client, steward: User) -> None:
    mapping = SavedMappingFactory(name="register", definition={"title": TITLE, "columns": {"territory": "place"}})
    client.force_login(steward)
    assert LIST in client.get(reverse("indicators:import_list")).content.decode()
    listed = client.get(LIST).content.decode()
    assert "People of the register" in words_of(listed)
    assert edit(mapping) in listed
    assert delete(mapping) not in listed
    page = client.get(edit(mapping))
    assert page.context["form"]["name"].value() == "People of the register"
    assert client.post(edit(mapping), {"name": "Padrón 2026"}).status_code == 302
    mapping.refresh_from_db()
    assert (mapping.name, mapping.definition) == ("Padrón 2026", {"columns": {"territory": "place"}})
    client.cookies["django_language"] = "es"
    assert "Padrón 2026" in words_of(client.get(LIST).content.decode())


def test_mapping_that_keeps_its_title_keeps_its_languages(client: Client, steward: User) -> None:
    mapping = SavedMappingFactory(name="register", definition={"title": TITLE})
    client.force_login(steward)
    client.post(edit(mapping), {"name": "People of the register"})
    mapping.refresh_from_db()
    assert (mapping.name, mapping.definition) == ("register", {"title": TITLE})


def test_name_of_another_mapping_is_refused(client: Client, steward: User) -> None:
    mapping, _other = SavedMappingFactory(name="One"), SavedMappingFactory(name="Other")
    client.force_login(steward)
    assert "There is already a mapping with this name" in client.post(edit(mapping), {"name": "Other"}).content.decode()
    mapping.refresh_from_db()
    assert mapping.name == "One"


def test_mapping_is_deleted_by_an_administrator_and_imports_keep_what_they_need(client: Client, steward: User) -> None:
    mapping = SavedMappingFactory(name="One")
    batch = ImportBatchFactory(mapping=mapping.definition, mapping_name="One")
    client.force_login(steward)
    assert client.post(delete(mapping)).status_code == 403
    with pytest.raises(PermissionDenied):
        mappings.delete_mapping(mapping=mapping, by=steward)
    client.force_login(UserFactory(is_staff=True))
    assert delete(mapping) in client.get(LIST).content.decode()
    assert "Delete “One”?" in client.get(delete(mapping)).content.decode()
    assert client.post(delete(mapping)).status_code == 302
    assert not SavedMapping.objects.exists()
    batch.refresh_from_db()
    assert (batch.mapping, batch.mapping_name) == (mapping.definition, "One")
    with pytest.raises(ValidationError, match="has deleted this mapping"):
        mappings.rename_mapping(mapping=mapping, name="Two", by=steward)


def test_nobody_else_renames(steward: User) -> None:
    mapping = SavedMappingFactory(name="One")
    with pytest.raises(PermissionDenied):
        mappings.rename_mapping(mapping=mapping, name="Two", by=UserFactory())


@pytest.mark.django_db(transaction=True)
def test_name_that_is_taken_at_the_same_moment_is_one_mapping() -> None:
    administrator = UserFactory(is_staff=True)
    mapping = SavedMappingFactory(name="One")
    new = definition_for(IndicatorFactory(), TerritoryFactory())

    answers = at_once(
        lambda: mappings.rename_mapping(mapping=mapping, name="Two", by=administrator),
        lambda: imports.save_mapping(name="Two", definition=new, by=administrator),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["SavedMapping", "ValidationError"]
    assert SavedMapping.objects.filter(name="Two").count() == 1
