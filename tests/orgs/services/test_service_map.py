"""How many services there are in each place: the numbers of the lists behind them, and nothing smaller than a municipality of a shelter."""

import random
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orgs.models import Territory, TerritoryOutline
from tests.factories import DomainFactory, OrganisationFactory, ServiceFactory, TerritoryFactory
from tests.orgs.services.land import make_city, offer, outline
from tests.pages import words_of

pytestmark = pytest.mark.django_db
MAP = reverse("orgs:service_map")


@pytest.fixture
def places() -> dict[str, Territory]:
    return make_city()


def shown(client: Client, **query: str) -> Any:
    answer: Any = client.get(MAP, query)
    assert answer.status_code == 200
    return answer.context["services"]


def counts(client: Client, **query: str) -> dict[str, int]:
    return {row.place.name: row.count for row in shown(client, **query).object_list}


def behind(client: Client, url: str) -> int:
    answer: Any = client.get(url)
    return int(answer.context["paginator"].count)


def test_services_count_where_their_organisation_is_or_works(client, places):
    offer(places["Mill"], "In Mill")
    offer(places["Mill"], "In Mill too", places["Port"])
    offer(places["Town"], "All over", places["City"])
    offer(places["City"], "Somewhere")
    offer(places["Town"], "Elsewhere")
    assert counts(client, territory="City") == {"Mill": 2, "Port": 1, "Hill": 0}
    assert [row.place.name for row in shown(client, territory="City").object_list] == ["Mill", "Port", "Hill"]
    assert shown(client, territory="City").finding == (
        "4 services in all. 2 of them are counted in no part: they are for the whole, or do not say where in it."
    )
    assert counts(client, territory="Region") == {"City": 4, "Town": 2}


@pytest.mark.parametrize("seed", range(2))
def test_each_number_is_that_of_the_list_behind_it(client, places, seed):
    chance = random.Random(seed)
    domain = DomainFactory()
    everywhere = list(places.values())
    for number in range(25):
        offer(
            chance.choice(everywhere),
            f"Service {number}",
            *chance.sample(everywhere, chance.randrange(3)),
            territories=chance.sample(everywhere, chance.choice([0, 0, 1, 2])),
            domain=chance.choice([domain, DomainFactory()]),
            languages=chance.choice([[], ["es"], ["es", "hy"]]),
            is_shelter=chance.random() < 0.2,
        )
    for asked in ({}, {"domain": domain.slug}, {"language": "hy", "q": "service"}):
        for place in ("City", "Region", "Mill"):
            services = shown(client, territory=place, **asked)
            for row in services.object_list:
                assert behind(client, row.url) == row.count, (place, row.place.name, asked)
            assert behind(client, services.whole_url) == services.total
            assert behind(client, f"{reverse('orgs:service_search')}?{services.filterset.address()}") == services.count


def test_shelter_counts_at_its_municipality_and_nowhere_below(client, places):
    house = OrganisationFactory(published=True, territory=places["Mill"])
    house.works_in.set([places["Mill"], places["Port"]])
    ServiceFactory(organisation=house, title="Bed", is_shelter=True)
    assert counts(client, territory="City") == {"Mill": 0, "Port": 0, "Hill": 0}
    assert shown(client, territory="City").total == 1
    assert counts(client, territory="Region") == {"City": 1, "Town": 0}


def test_what_is_not_public_counts_nowhere(client, places):
    ServiceFactory(organisation=OrganisationFactory(territory=places["Mill"]))
    offer(places["Mill"], "Unreachable", telephone="")
    for facts in ({"closed_on": timezone.localdate()}, {"suspended_on": timezone.localdate()}):
        ServiceFactory(organisation=OrganisationFactory(published=True, territory=places["Mill"], **facts))
    services = shown(client, territory="City")
    assert (services.total, set(counts(client, territory="City").values())) == (0, {0})


def test_list_of_places_is_on_the_page_without_scripts_and_keeps_the_filters(client, places):
    offer(places["Mill"], "In Mill", languages=["hy"])
    offer(places["Mill"], "In Mill too")
    body = client.get(MAP, {"territory": "City", "language": "hy"}).content.decode()
    listed = re.findall(r'<li data-code="[^"]*" data-name="(\w+)"\s+data-value="(\d+)"', body)
    assert listed == [("Mill", "1"), ("Hill", "0"), ("Port", "0")]
    (link,) = re.findall(r'<a href="([^"]*)">Mill</a>', body)
    assert link == (
        f"{reverse('orgs:service_search')}?territory=Mill&amp;territory_near=here&amp;language=hy&amp;territory_chosen={places['Mill'].pk}"
    )
    assert behind(client, link.replace("&amp;", "&")) == 1
    as_list = (
        f"{reverse('orgs:service_search')}?territory=City&amp;language=hy&amp;territory_chosen={places['City'].pk}"
    )
    assert f'<a class="link-icon" href="{as_list}">' in body
    back = client.get(as_list.replace("&amp;", "&")).content.decode()
    assert (
        f'<a class="link-icon" href="{MAP}?territory=City&amp;language=hy&amp;territory_chosen={places["City"].pk}">'
        in back
    )


def test_outlines_are_fetched_where_there_are_any(client, places):
    body = client.get(MAP, {"territory": "City"}).content.decode()
    (url,) = re.findall(r'data-geojson="([^"]+)"', body)
    assert {one["properties"]["name"] for one in client.get(url).json()["features"]} == {"Mill", "Port", "Hill"}
    TerritoryOutline.objects.filter(territory__kind="neighbourhood").delete()
    assert "data-geojson" not in client.get(MAP, {"territory": "City"}).content.decode()


def test_map_begins_with_the_first_place_that_has_several_parts(client, places):
    assert shown(client).whole == places["Region"]
    assert set(counts(client)) == {"City", "Town"}
    country = TerritoryFactory(kind="country", name="Country")
    Territory.objects.filter(pk=places["Region"].pk).update(parent=country)
    assert shown(client).whole == places["Region"]
    TerritoryFactory(kind="country", name="Another country")
    offer(places["Mill"], "In Mill")
    assert shown(client).whole is None
    assert counts(client) == {"Country": 1, "Another country": 0}
    assert "All places" in words_of(client.get(MAP).content.decode())


def test_place_without_parts_is_shown_among_its_neighbours(client, places):
    offer(places["Port"], "In Port")
    offer(places["Mill"], "In Mill", places["City"])
    services = shown(client, territory="Mill")
    assert services.whole == places["City"]
    assert counts(client, territory="Mill") == {"Mill": 1, "Port": 1, "Hill": 0}
    assert services.count == 1, "of the list, which is that of Mill"


def test_filter_that_is_not_understood_is_asked_back(client, places):
    body = client.get(MAP, {"territory": "Nowhere"}).content.decode()
    assert "“Nowhere” is not in the list." in body
    assert "data-map-list" not in body


def test_portal_without_places_says_so(client):
    assert "No places yet" in client.get(MAP).content.decode()


def test_page_costs_the_same_for_one_and_many(client, places):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(MAP, {"territory": "City"})
        return len(queries)

    offer(places["Mill"], "One")
    cost()
    one = cost()
    for number in range(15):
        quarter = TerritoryFactory(kind="neighbourhood", parent=places["City"], name=f"Quarter {number}")
        outline(quarter, 2.1 + number / 100)
        offer(quarter, f"More {number}", places["Port"])
    assert cost() == one
