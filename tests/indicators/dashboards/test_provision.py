"""Gaps in provision: what nobody offers, beside what people ask for and how migrants stand."""

import csv
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from indicators.dashboards.provision import in_two_digits, provision_of
from indicators.dashboards.territory import territory_dashboard
from indicators.models import Indicator, Release
from indicators.vocabulary import Comparator, Direction
from orgs.models import Domain, ServiceType, Territory, VoicedNeed
from tests.factories import DomainFactory, OrganisationFactory, ServiceFactory, TerritoryFactory
from tests.factories_indicators import IndicatorFactory, RateFactory, ReleaseFactory, released

pytestmark = pytest.mark.django_db
LAST = str(timezone.localdate().year - 1)


@pytest.fixture
def city() -> Territory:
    return TerritoryFactory(kind="municipality", name="Rivertown")


@pytest.fixture
def domains() -> list[Domain]:
    return [DomainFactory(order=order, name=f"Domain {order}") for order in (901, 902, 903)]


@pytest.fixture
def types(domains: list[Domain]) -> list[ServiceType]:
    return [
        ServiceType.objects.create(code=f"type-{n}", domain=domains[n % 3], order=n, name=f"Type {n}") for n in range(6)
    ]


def rate_of(
    domain: Domain, city: Territory, migrants: int, hosts: int, cell: dict[str, Any] | None = None, **facts: Any
) -> Indicator:
    """Of 2,000 migrants and 8,000 of the host population, so many each; `cell`: what else is said of the figure of migrants."""
    release = Release.objects.current() or ReleaseFactory()
    said = {"direction": Direction.UP, "comparator": Comparator.HOST, **facts}
    rate = RateFactory(domain=domain, name=f"Rate of {domain}", is_headline=True, **said)
    released(release, rate, city, LAST, numerator=migrants + hosts, denominator=10_000)
    of_migrants = {"numerator": migrants, "denominator": 2_000, **(cell or {})}
    released(release, rate, city, LAST, key="origin=FOREIGN", **of_migrants)
    released(release, rate, city, LAST, key="origin=HOST", numerator=hosts, denominator=8_000)
    return rate


def voice(one: ServiceType, city: Territory, number: int) -> None:
    VoicedNeed.objects.bulk_create(VoicedNeed(type=one, territory=city) for _person in range(number))


def shown(city: Territory, order: str = "asked") -> list[tuple[str, int, int, int | None]]:
    dashboard = territory_dashboard(city, Release.objects.current(), timezone.localdate())
    found = provision_of(dashboard, order)
    return [(one.domain.name, len(one.missing), one.asked_for, one.cases) for one in found]


def test_gap_at_the_cost_of_migrants_is_told_with_its_cases(client: Client, city, domains, types):
    rate_of(domains[0], city, migrants=1_000, hosts=5_600)  # 50 and 70 of 100: 400 of 2,000 more would make both alike.
    rate_of(domains[1], city, migrants=400, hosts=800, direction=Direction.DOWN)  # 20 and 10: 200 fewer.
    rate_of(domains[2], city, migrants=1_800, hosts=5_600)  # Better than the host population.
    assert shown(city) == [("Domain 901", 2, 0, 400), ("Domain 902", 2, 0, 200), ("Domain 903", 2, 0, None)]
    page = client.get(reverse("indicators:provision", args=[city.scheme.code, city.code])).content.decode()
    assert "20.0 points below the host population" in page
    assert "Rate of Domain 902" in page
    assert "Rate of Domain 903" not in page


@pytest.mark.parametrize(
    "facts",
    [
        {"direction": Direction.CONTEXT},
        {"comparator": Comparator.NONE},
        {"cell": {"reporters": 1, "expected": 4}},
        {"cell": {"state": "suppressed", "numerator": None, "denominator": None}},
    ],
)
def test_nothing_is_said_of_what_may_not_be_judged(city, domains, types, facts):
    rate_of(domains[0], city, migrants=1_000, hosts=5_600, **facts)
    assert shown(city)[0] == ("Domain 901", 2, 0, None)


def test_figures_of_what_lies_above_are_nobody_s_gap_here(city, domains, types):
    quarter = TerritoryFactory(kind="district", parent=city)
    rate_of(domains[0], city, migrants=1_000, hosts=5_600)
    assert shown(quarter)[0] == ("Domain 901", 2, 0, None)


def test_what_somebody_offers_is_not_missing_and_few_voices_are_not_told(city, domains, types):
    house = OrganisationFactory(published=True, territory=city)
    ServiceFactory(organisation=house, type=types[0], domain=domains[0])
    voice(types[0], city, 9)
    voice(types[3], city, 2)
    voice(types[4], city, 3)
    assert shown(city) == [("Domain 902", 2, 3, None), ("Domain 903", 2, 0, None), ("Domain 901", 1, 0, None)]


def test_order_follows_the_reader(client: Client, city, domains, types):
    rate_of(domains[1], city, migrants=1_900, hosts=7_900)
    rate_of(domains[2], city, migrants=200, hosts=5_600)
    voice(types[0], city, 5)
    assert [name for name, *_rest in shown(city, "asked")] == ["Domain 901", "Domain 902", "Domain 903"]
    assert [name for name, *_rest in shown(city, "gap")] == ["Domain 903", "Domain 902", "Domain 901"]
    assert [name for name, *_rest in shown(city, "cases")] == ["Domain 903", "Domain 902", "Domain 901"]
    url = reverse("indicators:provision", args=[city.scheme.code, city.code])
    assert client.get(url, {"order": "nonsense"}).status_code == 200


def test_file_says_what_the_page_says(client: Client, city, domains, types):
    rate_of(domains[0], city, migrants=1_000, hosts=5_600)
    voice(types[0], city, 6)
    answer = client.get(reverse("indicators:provision_file", args=[city.scheme.code, city.code]))
    rows = list(csv.reader(b"".join(answer).decode("utf-8-sig").splitlines()))
    assert len(rows) == 4
    assert rows[1][1:6] == ["Domain 901", "2", "Type 0, Type 3", "5", "Rate of Domain 901"]
    assert rows[1][7] == "400"


def test_number_of_queries_is_that_of_one(client: Client, city, domains, types):
    url = reverse("indicators:provision", args=[city.scheme.code, city.code])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        return len(captured)

    rate_of(domains[0], city, migrants=1_000, hosts=5_600)
    queries()
    few = queries()
    for domain in domains[1:]:
        rate_of(domain, city, migrants=1_000, hosts=5_600)
        IndicatorFactory(domain=domain)
    for number in range(10, 20):
        ServiceType.objects.create(code=f"type-{number}", domain=domains[0], order=number, name=f"Type {number}")
    assert queries() == few


@pytest.mark.parametrize(("number", "told"), [("12345", 12_000), ("99.6", 100), ("10", 10), ("987", 990)])
def test_cases_are_told_in_two_digits(number: str, told: int) -> None:
    assert in_two_digits(Decimal(number)) == told
