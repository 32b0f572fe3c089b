"""Every list of the registry that has no test of its own elsewhere asks the database as often for many rows as for one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orgs.exchange.imports import actions as organisation_imports
from orgs.listing import actions as listing
from orgs.models import Organisation, Remark, Territory, User, VoicedNeed
from orgs.standing import measures
from tests.factories import (
    AuthorityFactory,
    MembershipFactory,
    OrganisationFactory,
    ProposedChangeFactory,
    ReviewerAppointmentFactory,
    TerritoryFactory,
    UserFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> Territory:
    return TerritoryFactory(kind="municipality", name="Quagga city")


@pytest.fixture
def administrator() -> User:
    return UserFactory(is_staff=True)


def published(city: Territory) -> Organisation:
    return OrganisationFactory(published=True, territory=city)


def ask_to_join(city: Territory, by: User) -> None:
    unclaimed = OrganisationFactory(territory=city, is_listed=True)
    listing.ask_to_join(organisation=unclaimed, said="I am the treasurer.", by=UserFactory())


def appeal(city: Territory, by: User) -> None:
    suspended = published(city)
    first = ReviewerAppointmentFactory(territory=city).user
    measure = measures.take_measure(organisation=suspended, kind="suspension", reasons="It asks for money.", by=first)
    measures.appeal(measure=measure, text="It does not.", by=MembershipFactory(organisation=suspended).user)


def bring_file(city: Territory, by: User) -> None:
    place = {"always": f"{city.scheme.code}:{city.code}"}
    said = {"columns": {"name": "name", "kind": {"always": "association"}, "territory": place}}
    organisation_imports.receive_file(file=ContentFile(b"name\nHouse\n", "list.csv"), mapping=said, by=by)


LISTS: list[tuple[str, Callable[[Territory, User], Any]]] = [
    ("orgs:change_queue", lambda city, by: ProposedChangeFactory(organisation=published(city))),
    ("orgs:join_queue", ask_to_join),
    ("orgs:appeal_queue", appeal),
    ("orgs:need_queue", lambda city, by: VoicedNeed.objects.create(territory=city, words="A place to sleep.")),
    (
        "orgs:remark_list",
        lambda city, by: Remark.objects.create(
            page="/", words="It has moved.", language="en", organisation=published(city), territory=city
        ),
    ),
    ("orgs:review_queue", lambda city, by: VerificationFactory(organisation=OrganisationFactory(territory=city))),
    ("orgs:organisation_import_list", bring_file),
    ("orgs:registry_list", lambda city, by: published(city)),
    ("orgs:authority_list", lambda city, by: AuthorityFactory(territory=city)),
    ("orgs:appointment_list", lambda city, by: ReviewerAppointmentFactory(territory=city)),
    ("orgs:my_organisations", lambda city, by: MembershipFactory(user=by, organisation=published(city))),
]


@pytest.mark.parametrize(("name", "add"), LISTS, ids=[name for name, _add in LISTS])
def test_list_costs_the_same_for_many_rows(
    name: str, add: Callable[[Territory, User], Any], city: Territory, administrator: User, client: Client
) -> None:
    client.force_login(administrator)

    def look() -> tuple[int, str]:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(reverse(name))
        assert answer.status_code == 200
        return len(captured), answer.content.decode()

    add(city, administrator)
    look()
    few, page = look()
    for _number in range(5):
        add(city, administrator)
    many, longer = look()
    assert many == few
    assert len(longer) > len(page), "the rows are on the page"


def test_list_of_members_costs_the_same_for_many(city: Territory, administrator: User, client: Client) -> None:
    client.force_login(administrator)
    organisation = published(city)
    page = reverse("orgs:member_list", args=[organisation.slug])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(page)
        return len(captured)

    MembershipFactory(organisation=organisation)
    queries()
    few = queries()
    for _number in range(5):
        MembershipFactory(organisation=organisation)
    assert queries() == few


def test_pages_of_a_table_keep_its_filters(city: Territory, administrator: User, client: Client) -> None:
    for _number in range(26):
        published(city)
    client.force_login(administrator)
    verified = f"{reverse('orgs:registry_list')}?state=verified"
    first = client.get(verified).content.decode()
    assert '<a class="pager-step" rel="next" href="?state=verified&amp;page=2">' in first
    last = client.get(f"{verified}&page=2").content.decode()
    assert '<a class="pager-step" rel="prev" href="?state=verified&amp;page=1">' in last
    assert (first.count("<tr>"), last.count("<tr>")) == (26, 2), "with the row of headings"
