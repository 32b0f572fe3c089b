"""What the tables of the registry have in common."""

import pytest
from django.test import Client
from django.urls import reverse

from orgs.models import Territory, User
from tests.factories import OrganisationFactory, TerritoryFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> Territory:
    return TerritoryFactory(kind="municipality", name="Quagga city")


@pytest.fixture
def administrator() -> User:
    return UserFactory(is_staff=True)


def test_pages_of_a_table_keep_its_filters(city: Territory, administrator: User, client: Client) -> None:
    for _number in range(26):
        OrganisationFactory(published=True, territory=city)
    client.force_login(administrator)
    verified = f"{reverse('orgs:registry_list')}?state=verified"
    first = client.get(verified).content.decode()
    assert '<a class="pager-step" rel="next" href="?state=verified&amp;page=2">' in first
    last = client.get(f"{verified}&page=2").content.decode()
    assert '<a class="pager-step" rel="prev" href="?state=verified&amp;page=1">' in last
    assert (first.count("<tr>"), last.count("<tr>")) == (26, 2), "with the row of headings"
