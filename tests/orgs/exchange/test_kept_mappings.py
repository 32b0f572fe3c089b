"""Kept mappings of files of organisations: renamed and deleted by administrators, on the portal's own pages."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from orgs.exchange.imports import mapping_actions as mappings
from orgs.models import OrganisationMapping, User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST = reverse("orgs:organisation_mapping_list")


@pytest.fixture
def administrator(client: Client) -> User:
    user: User = UserFactory(is_staff=True)
    client.force_login(user)
    return user


def test_mapping_is_renamed_and_offered_by_its_new_name(client: Client, administrator: User) -> None:
    mapping = OrganisationMapping.objects.create(name="Registro", definition={})
    OrganisationMapping.objects.create(name="Other", definition={})
    assert LIST in client.get(reverse("orgs:organisation_import_list")).content.decode()
    edit = reverse("orgs:organisation_mapping_edit", args=[mapping.pk])
    assert edit in client.get(LIST).content.decode()
    assert "already a mapping with this name" in client.post(edit, {"name": "Other"}).content.decode()
    assert client.post(edit, {"name": "Register of 2026"}).status_code == 302
    assert "Register of 2026" in client.get(reverse("orgs:organisation_import_add")).content.decode()
    assert set(OrganisationMapping.objects.values_list("name", flat=True)) == {"Register of 2026", "Other"}


def test_mapping_is_deleted_once_somebody_has_been_asked(client: Client, administrator: User) -> None:
    mapping = OrganisationMapping.objects.create(name="Registro", definition={})
    delete = reverse("orgs:organisation_mapping_delete", args=[mapping.pk])
    assert "Delete “Registro”?" in client.get(delete).content.decode()
    assert client.post(delete).status_code == 302
    assert not OrganisationMapping.objects.exists()
    with pytest.raises(ValidationError, match="has deleted this mapping"):
        mappings.rename_mapping(mapping=mapping, name="Two", by=administrator)


def test_nobody_but_administrators_does() -> None:
    mapping, outsider = OrganisationMapping.objects.create(name="Registro", definition={}), UserFactory()
    with pytest.raises(PermissionDenied):
        mappings.rename_mapping(mapping=mapping, name="Two", by=outsider)
    with pytest.raises(PermissionDenied):
        mappings.delete_mapping(mapping=mapping, by=outsider)
