"""Whose service is shown, and which first: where its organisation stands is said beside its name, and orders what is alike otherwise."""

import datetime
import html

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integration_portal.search import search
from orgs.models import Listing, Organisation, Service, ServiceType, ServiceTypeWord, VolunteerOpportunity
from orgs.services.finding import words_of
from tests.factories import DomainFactory, OrganisationFactory, ServiceFactory, UserFactory

pytestmark = pytest.mark.django_db
FIND = reverse("orgs:service_search")


def days_ago(days: int) -> datetime.date:
    return timezone.localdate() - datetime.timedelta(days=days)


def unclaimed(**facts: object) -> Organisation:
    organisation: Organisation = OrganisationFactory(is_listed=True, **facts)
    Listing.objects.create(organisation=organisation, listed_by=UserFactory(is_staff=True))
    return organisation


def claimed(**facts: object) -> Organisation:
    organisation = unclaimed(**facts)
    Listing.objects.filter(organisation=organisation).update(claimed_at=timezone.now())
    return organisation


def lapsed(**facts: object) -> Organisation:
    organisation: Organisation = OrganisationFactory(published=True, holds_until=days_ago(1), **facts)
    return organisation


def verified(**facts: object) -> Organisation:
    organisation: Organisation = OrganisationFactory(published=True, holds_until=timezone.localdate(), **facts)
    return organisation


STANDINGS = [
    (unclaimed, "Unclaimed"),
    (claimed, "Not verified"),
    (lapsed, "Verification lapsed"),
    (verified, "Contact confirmed"),
]


def titles(client, **asked: str) -> list[str]:
    return [one.title for one in client.get(FIND, asked).context["page_obj"]]


@pytest.mark.parametrize(("made", "said"), STANDINGS)
def test_wherever_a_service_or_an_opportunity_is_found_it_says_where_its_organisation_stands(client, made, said):
    house = made(name="House of Okapi")
    service = ServiceFactory(organisation=house, title="Quagga desk")
    opportunity = VolunteerOpportunity.objects.create(
        organisation=house, kind="regular", title="Quagga choir", email="help@example.org"
    )
    pages = (FIND, service.get_absolute_url(), reverse("orgs:opportunity_search"), opportunity.get_absolute_url())
    others = {words for _made, words in STANDINGS if words != said}
    for address in (*pages, reverse("orgs:organisation_list"), "/search/?q=quagga"):
        page = html.unescape(client.get(address).content.decode())
        main = page[page.index("<main") :]
        assert "Quagga" in main or "House of Okapi" in main, address
        assert f"<span>{said}</span>" in main, address
        assert not [words for words in others if f"<span>{words}</span>" in main], address
        if address in (service.get_absolute_url(), opportunity.get_absolute_url()):
            assert ("Ask before you go" in main) is (made is not verified)
    for words in ("quagga", "okapi"):
        hits = [hit for group in search(words, AnonymousUser()) for hit in group.hits]
        assert {str(hit.status) for hit in hits} == {said}


def test_what_its_own_people_alone_see_has_no_mark(client):
    service = ServiceFactory(organisation=OrganisationFactory(), title="Quagga")
    client.force_login(UserFactory(is_staff=True))
    page = client.get(service.get_absolute_url()).content.decode()
    assert "Quagga" in page
    assert not [words for _made, words in STANDINGS if words in page]


def test_services_of_verified_organisations_come_first_among_equals(client):
    for made, days in ((unclaimed, 1), (lapsed, 2), (claimed, 3), (verified, 4)):
        ServiceFactory(organisation=made(), title=made.__name__, confirmed_on=days_ago(days))
    ServiceFactory(organisation=verified(), title="long ago", confirmed_on=days_ago(500))
    assert titles(client) == ["verified", "unclaimed", "lapsed", "claimed", "long ago"]


def test_what_nobody_confirmed_for_long_comes_behind_every_type(client):
    """Of the first type that somebody means too: it is in none of the first results while others are right."""
    domain = DomainFactory()
    types = [
        ServiceType.objects.create(code=code, domain=domain, order=order, name=words)
        for order, (code, words) in enumerate((("quagga", "quagga advice"), ("okapi", "okapi")))
    ]
    for one in types:
        ServiceTypeWord.objects.bulk_create(words_of(one.pk, "en", [one.name]))
    said = (
        (types[0], "first, old", 500),
        (types[1], "second", 10),
        (None, "Quagga advice and okapi", 20),
        (types[0], "first", 30),
    )
    for kind, title, days in said:
        ServiceFactory(type=kind, domain=domain, title=title, confirmed_on=days_ago(days))
    ServiceFactory(type=types[1], domain=domain, title="second, never", confirmed_on=None)
    assert titles(client, q="quagga advice okapi") == [
        "first", "second", "Quagga advice and okapi", "first, old", "second, never",
    ]  # fmt: skip
    (group,) = search("quagga advice okapi", AnonymousUser())
    assert [hit.title for hit in group.hits][-2:] == ["first, old", "second, never"]


def test_marks_cost_no_query_of_their_own(client):
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    def add(count: int) -> None:
        for _number in range(count):
            house = unclaimed()
            ServiceFactory(organisation=house, title="Quagga")
            VolunteerOpportunity.objects.create(
                organisation=house, kind="regular", title="Quagga", email="help@example.org"
            )

    addresses = (FIND, reverse("orgs:opportunity_search"), "/search/?q=quagga")
    add(1)
    few = [queries(address) for address in addresses]
    add(3)
    assert [queries(address) for address in addresses] == few


def test_order_is_one_sort_of_rows_that_are_joined_anyway():
    """Where an organisation stands is a column of the row that says whether its service is public: no table is read for the order alone."""
    ServiceFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Service.objects.public().likeliest_first().values("pk").explain()
    unordered = Service.objects.public().order_by().values("pk").explain()
    assert plan.count(" on orgs_") == unordered.count(" on orgs_")
    assert plan.count("Sort Key") == 1
