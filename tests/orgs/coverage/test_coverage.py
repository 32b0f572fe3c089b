"""Who offers what, where: counted in the database, and once more here by hand."""

import csv
import datetime
import html
import io
import itertools
import random
import re
from collections import defaultdict
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orgs.coverage.counting import coverage_by_part, coverage_by_type
from orgs.models import Organisation, Service, ServiceType, Territory
from orgs.vocabulary import Kind
from tests.factories import DomainFactory, OrganisationFactory, ServiceFactory, TerritoryFactory

pytestmark = pytest.mark.django_db
COVERAGE = reverse("orgs:coverage")


@pytest.fixture
def land() -> dict[str, Territory]:
    """A city with two districts, of which one has two quarters."""
    city = TerritoryFactory(kind="municipality", name="City")
    north, south = (TerritoryFactory(kind="district", name=name, parent=city) for name in ("North", "South"))
    quarters = [TerritoryFactory(kind="neighbourhood", name=name, parent=north) for name in ("Mill", "Port")]
    return {place.name: place for place in (city, north, south, *quarters)}


@pytest.fixture
def types() -> list[ServiceType]:
    domains = [DomainFactory(order=order) for order in (901, 902)]
    return [
        ServiceType.objects.create(
            code=f"type-{number}", domain=domains[number % 2], order=number, name=f"Type {number}"
        )
        for number in range(4)
    ]


def counts(place: Territory | None, language: str = "") -> dict[str, tuple[int, int, int]]:
    return {
        one.type.code: (one.offer.cso, one.offer.authority, one.offer.other)
        for domain in coverage_by_type(place, language)
        for one in domain.types
        if one.offer.total
    }


def test_organisations_count_once_by_their_sector_and_those_that_cannot_be_reached_not_at_all(land, types):
    desk = OrganisationFactory(published=True, territory=land["Mill"])
    ServiceFactory(organisation=desk, type=types[0], domain=types[0].domain)
    ServiceFactory(organisation=desk, type=types[0], domain=types[0].domain)
    hall = OrganisationFactory(published=True, territory=land["City"], kind=Kind.AUTHORITY, level_of_government="local")
    ServiceFactory(organisation=hall, type=types[0], domain=types[0].domain)
    firm = OrganisationFactory(published=True, territory=land["City"], kind=Kind.ENTERPRISE)
    ServiceFactory(organisation=firm, type=types[1], domain=types[1].domain, telephone="")
    unverified = OrganisationFactory(is_listed=True, territory=land["City"])
    ServiceFactory(organisation=unverified, type=types[2], domain=types[2].domain)
    assert counts(None) == counts(land["City"]) == {"type-0": (1, 1, 0)}
    assert counts(land["Mill"]) == {"type-0": (1, 0, 0)}
    assert counts(land["South"]) == {}


def test_language_counts_where_the_service_or_its_organisation_speaks_it(land, types):
    house = OrganisationFactory(published=True, territory=land["City"], languages=["hy"])
    ServiceFactory(organisation=house, type=types[0], domain=types[0].domain)
    ServiceFactory(organisation=house, type=types[1], domain=types[1].domain, languages=["es"])
    ServiceFactory(
        organisation=house, type=types[2], domain=types[2].domain, languages=["es"], interpreter_on_request=True
    )
    assert set(counts(None, "hy")) == {"type-0", "type-2"}
    assert set(counts(None, "es")) == {"type-1", "type-2"}


@pytest.mark.parametrize("seed", range(3))
def test_parts_are_counted_as_by_hand(land, types, seed):
    chance = random.Random(seed)
    kinds = [Kind.ASSOCIATION, Kind.AUTHORITY, Kind.ENTERPRISE]
    for _number in range(25):
        kind = chance.choice(kinds)
        house = OrganisationFactory(
            published=True,
            territory=chance.choice(list(land.values())),
            kind=kind,
            level_of_government="local" if kind == Kind.AUTHORITY else "",
        )
        house.works_in.set(chance.sample(list(land.values()), chance.randrange(3)))
        for one in chance.sample(types, chance.randrange(3)):
            ServiceFactory(organisation=house, type=one, domain=one.domain)
    parts = [land["North"], land["South"], land["Mill"]]
    expected: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for part in parts:
        at_work = set(Organisation.objects.at_work_in(part).values_list("pk", flat=True))
        for service in Service.objects.filter(organisation__in=at_work):
            expected[part.pk][service.domain_id].add(service.organisation_id)
    found = coverage_by_part(parts)
    assert {part: {domain: offer.total for domain, offer in row.items()} for part, row in found.items()} == {
        part: {domain: len(houses) for domain, houses in row.items()} for part, row in expected.items()
    }
    for part in parts:
        for domain, offer in found[part.pk].items():
            houses = Organisation.objects.filter(pk__in=expected[part.pk][domain])
            assert (offer.cso, offer.authority) == (houses.civil_society().count(), houses.authorities().count())


def test_page_says_where_nobody_is_and_leads_to_the_services_behind_each_number(client, land, types):
    for _number in range(5):
        house = OrganisationFactory(published=True, territory=land["Mill"])
        ServiceFactory(organisation=house, type=types[0], domain=types[0].domain, title="Desk")
    page = client.get(COVERAGE, {"territory": "City"}).content.decode()
    assert page.count("Nobody") == 3
    assert page.count("Many: do they know of each other?") == 1
    (address,) = [
        part.split('"')[0]
        for part in page.split('href="')
        if part.startswith(f"{reverse('orgs:service_search')}?type=type-0")
    ]
    behind = client.get(address.replace("&amp;", "&")).content.decode()
    assert behind.count(">Desk</a>") == 5
    assert "North" in page
    assert "South" in page


def test_file_says_what_the_page_says(client, land, types):
    house = OrganisationFactory(published=True, territory=land["Mill"])
    ServiceFactory(organisation=house, type=types[0], domain=types[0].domain)
    answer: Any = client.get(reverse("orgs:coverage_file"), {"territory": "City"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    offered = [row for row in rows if row["Civil society organisations"] != "0"]
    assert {(row["Place"].split(" (")[0], row["Type of service"]) for row in offered} == {
        ("City", "Type 0"),
        ("North", ""),
    }


def test_place_that_is_not_understood_is_asked_back(client):
    assert "Nowhere" in client.get(COVERAGE, {"territory": "Nowhere"}).content.decode()
    assert client.get(reverse("orgs:coverage_file"), {"territory": "Nowhere"}).status_code == 302


@pytest.mark.parametrize("domain", ["", "one"])
def test_number_of_queries_does_not_follow_the_size(client, land, types, domain):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(COVERAGE, asked)
        return len(captured)

    asked = {"territory": "City", "domain": domain and types[0].domain.slug}
    few = queries()
    for number in range(6):
        TerritoryFactory(parent=land["City"], name=f"Part {number}")
        ServiceFactory(type=types[0], domain=types[0].domain, organisation__territory=land["City"])
    assert queries() == few


def drawn_numbers(page: str) -> list[tuple[int, str]]:
    """Each number that is a link, with its address."""
    within = "".join(re.findall(r'<td class="num".*?</td>', page, re.DOTALL))
    cells = re.findall(r'<a href="([^"]+)">(\d+)</a>', within)
    return [(int(number), html.unescape(address)) for address, number in cells]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("language", ["", "hy"])
def test_each_number_is_the_length_of_the_list_that_it_opens(client, land, types, seed, language):
    """Verified, listed, lapsed and closed ones, services for people of some places, in languages, that nobody can reach: whatever there is."""
    chance = random.Random(seed)
    places = [*land.values(), TerritoryFactory(name="Elsewhere")]
    kinds = [Kind.ASSOCIATION, Kind.AUTHORITY, Kind.ENTERPRISE, Kind.MEDIA]
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    for _number in range(60):
        kind = chance.choice(kinds)
        standing: dict[str, Any] = chance.choice(
            [
                {"published": True},
                {"published": True},
                {"is_listed": True},
                {"published": True, "holds_until": yesterday},
                {},
            ]
        )
        house = OrganisationFactory(
            territory=chance.choice(places),
            kind=kind,
            level_of_government="local" if kind == Kind.AUTHORITY else "",
            languages=chance.choice([[], ["hy"]]),
            **standing,
        )
        house.works_in.set(chance.sample(places, chance.randrange(3)))
        for one in chance.choices(types, k=chance.randrange(4)):
            made = ServiceFactory(
                organisation=house,
                type=one,
                domain=one.domain,
                telephone=chance.choice(["600", "600", ""]),
                languages=chance.choice([[], ["hy"], ["es"]]),
            )
            made.territories.set(chance.sample(places, chance.choice([0, 0, 1, 2])))
    seen = 0
    for place, domain in itertools.product(["", "City", "North"], ["", types[0].domain.slug]):
        page = client.get(COVERAGE, {"territory": place, "language": language, "domain": domain})
        numbers = drawn_numbers(page.content.decode())
        coverage = page.context["coverage"]
        offers = [one.offer for each in coverage.domains for one in each.types]
        offers += [cell.offer for part in page.context["parts"] for cell in part.cells]
        counted = [number for offer in offers for number in (offer.cso, offer.authority, offer.other) if number]
        assert [number for number, _address in numbers] == counted, "each that is not nobody is a link"
        for number, address in numbers:
            answer = client.get(address)
            assert not answer.context["filter"].errors
            assert (answer.context["paginator"].count, address) == (number, address)
        seen += len(numbers)
    assert seen > 10


def crossed(answer: Any) -> dict[str, dict[str, list[tuple[str, int]]]]:
    """By place and by what stands at the head of a column, who offers it: (icon, how many)."""
    return {
        row.place.name: {cell.what.name: [(one.icon, one.number) for one in cell.sectors] for cell in row.cells}
        for row in answer.context["parts"]
    }


def test_types_of_a_domain_stand_beside_the_places_with_who_offers_them(client, land, types):
    desk = OrganisationFactory(published=True, territory=land["Mill"])
    ServiceFactory(organisation=desk, type=types[0], domain=types[0].domain)
    hall = OrganisationFactory(published=True, territory=land["City"], kind=Kind.AUTHORITY, level_of_government="local")
    hall.works_in.set([land["City"]])
    ServiceFactory(organisation=hall, type=types[0], domain=types[0].domain)
    ServiceFactory(organisation=hall, type=types[1], domain=types[1].domain)
    asked = {"territory": "City", "domain": types[0].domain.slug}
    answer = client.get(COVERAGE, asked)
    assert crossed(answer) == {
        "North": {"Type 0": [("people", 1), ("bank", 1)], "Type 2": []},
        "South": {"Type 0": [("bank", 1)], "Type 2": []},
    }
    page = answer.content.decode()
    assert page.count("nobody</span>") == 2
    assert "Type 1" not in page
    within = client.get(html.unescape(re.findall(r'<th scope="row"><a href="([^"]+)">North', page)[0]))
    assert set(crossed(within)) == {"Mill", "Port"}, "the choice of the domain goes along"
    assert within.context["coverage"].domain == types[0].domain
    file: Any = client.get(reverse("orgs:coverage_file"), asked)
    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert [
        (row["Place"].split(" (")[0], row["Type of service"], row["Civil society organisations"], row["Authorities"])
        for row in rows
    ] == [
        ("City", "Type 0", "1", "1"), ("City", "Type 2", "0", "0"),
        ("North", "Type 0", "1", "1"), ("North", "Type 2", "0", "0"),
        ("South", "Type 0", "0", "1"), ("South", "Type 2", "0", "0"),
    ]  # fmt: skip


def test_places_come_in_pages_and_all_of_them_in_the_file(client, land, types):
    for number in range(30):
        TerritoryFactory(parent=land["City"], name=f"Part {number:02}")
    first, last = (client.get(COVERAGE, {"territory": "City", "page": page}) for page in ("1", "99"))
    assert [len(page.context["parts"]) for page in (first, last)] == [25, 7]
    assert "page=2" in first.content.decode()
    file: Any = client.get(reverse("orgs:coverage_file"), {"territory": "City", "page": "2"})
    assert b"".join(file.streaming_content).count(b"\n") == 1 + len(types) + 32 * 2


def test_what_is_for_people_of_another_place_is_no_service_of_this_one(client, land, types):
    house = OrganisationFactory(published=True, territory=land["City"])
    house.works_in.set([land["South"]])
    ServiceFactory(organisation=house, type=types[0], domain=types[0].domain).territories.set([land["South"]])
    assert counts(land["City"]) == {"type-0": (1, 0, 0)}, "a part of it has the service"
    assert counts(land["North"]) == {}
    assert list(coverage_by_part([land["North"], land["South"]])) == [land["South"].pk]


def test_links_name_a_place_so_that_it_is_found_in_any_language(client, land, types):
    """Also one of two that are called the same, and lie in places that are called the same."""
    ServiceFactory(type=types[0], domain=types[0].domain, organisation__territory=land["Mill"])
    TerritoryFactory(kind="neighbourhood", name="Mill", parent=land["North"])
    page = html.unescape(client.get(COVERAGE, {"territory": "North"}).content.decode())
    asked = f"territory=Mill&territory_chosen={land['Mill'].pk}"
    links = {link for link in re.findall(r'href="([^"]+)"', page) if asked in link}
    assert {link.partition("?")[0] for link in links} == {COVERAGE, reverse("orgs:organisation_list")}
    for link in links:
        answer = client.get(link, headers={"Accept-Language": "es"})
        form = answer.context["form"] if link.startswith(COVERAGE) else answer.context["filter"].form
        assert form.is_valid(), form.errors
        assert form.cleaned_data["territory"] == land["Mill"]


def test_service_search_can_be_of_verified_organisations_alone(client, types):
    ServiceFactory(type=types[0], domain=types[0].domain, title="Of a verified one")
    listed = OrganisationFactory(is_listed=True)
    ServiceFactory(organisation=listed, type=types[0], domain=types[0].domain, title="Of a listed one")
    found = client.get(reverse("orgs:service_search"), {"type": "type-0", "verified": "on"}).context["page_obj"]
    assert [one.title for one in found] == ["Of a verified one"]
    assert len(client.get(reverse("orgs:service_search"), {"type": "type-0"}).context["page_obj"].object_list) == 2


def test_directory_asks_for_one_service_that_is_all_that_is_asked(client, land, types):
    """A desk of another type in the language, and a desk of the type in another language, are not one desk."""
    two_desks = OrganisationFactory(published=True, territory=land["City"], languages=["hy"], name="Two desks")
    ServiceFactory(organisation=two_desks, type=types[0], domain=types[0].domain, languages=["es"])
    ServiceFactory(organisation=two_desks, type=types[1], domain=types[1].domain, languages=["hy"])
    one_desk = OrganisationFactory(published=True, territory=land["City"], name="One desk")
    ServiceFactory(organisation=one_desk, type=types[0], domain=types[0].domain, languages=["hy"])
    asked = {"offers": "type-0", "language": "hy", "territory": "City"}
    found = client.get(reverse("orgs:organisation_list"), asked).context["page_obj"]
    assert [one.name for one in found] == ["One desk"]
    found = client.get(reverse("orgs:organisation_list"), {"offers_in": types[1].domain.slug}).context["page_obj"]
    assert [one.name for one in found] == ["Two desks"]
