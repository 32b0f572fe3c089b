"""Near a place: what is in it comes first, then what is in the places around it, then what serves a larger area or is somewhere in the city."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orgs.models import Service, Territory, TerritoryOutline
from orgs.services.nearness import MOST_NEIGHBOURS, Surroundings
from tests.factories import OrganisationFactory, ServiceFactory, TerritoryFactory, TerritorySchemeFactory
from tests.orgs.services.land import make_city, offer, outline
from tests.pages import words_of

pytestmark = pytest.mark.django_db
FIND = reverse("orgs:service_search")


@pytest.fixture
def places() -> dict[str, Territory]:
    return make_city()


@pytest.fixture
def offers(places: dict[str, Territory]) -> dict[str, Service]:
    """Named against their order, so that nothing but nearness explains it."""
    made = [
        offer(places["Mill"], "Z in Mill"),
        offer(places["Port"], "Y in Port"),
        offer(places["Hill"], "X in Hill"),
        offer(places["Town"], "C for the city", places["City"]),
        offer(places["City"], "B somewhere in the city"),
        offer(places["Town"], "A in the town"),
    ]
    return {service.title: service for service in made}


def found(client: Client, **query: str) -> list[tuple[str, str]]:
    """Title and distance of each on the page, in their order."""
    answer: Any = client.get(FIND, query)
    return [(service.title, how_far) for service, how_far in answer.context["found"]]


def test_nearest_come_first_and_say_how_far_they_are(client, offers):
    assert found(client, territory="Mill", territory_near="around") == [
        ("Z in Mill", "in Mill"),
        ("Y in Port", "near it, in Port: about 2 km"),
        ("X in Hill", "near it, in Hill: about 5 km"),
        ("C for the city", "for a larger area that Mill is part of"),
        ("B somewhere in the city", "somewhere in City"),
    ]
    assert [title for title, _far in found(client, territory="Hill", territory_near="around")][:3] == [
        "X in Hill",
        "Y in Port",
        "Z in Mill",
    ]
    assert "near it, in Port: about 2 km" in words_of(
        client.get(FIND, {"territory": "Mill", "territory_near": "around"}).content.decode()
    )


def test_without_asking_for_nearness_the_list_is_what_serves_the_place(client, offers):
    assert found(client, territory="Mill") == [("C for the city", ""), ("Z in Mill", "")]
    assert found(client, territory="Mill", territory_near="here") == [("Z in Mill", "")]


def test_towns_are_near_each_other_as_quarters_are(client, offers):
    near = dict(found(client, territory="Town", territory_near="around"))
    assert near["A in the town"] == near["C for the city"] == "in Town"
    assert near["Z in Mill"] == near["B somewhere in the city"] == "near it, in City: about 14 km"


def test_nearest_of_its_places_counts_and_alike_near_the_likeliest_come_first(client, places, offers):
    for service in offers.values():
        service.confirmed_on = timezone.localdate()
        service.save()
    offer(places["Hill"], "0 from Hill, works in Port", places["Port"], places["City"])
    offer(places["Port"], "1 of Port, not confirmed")
    offer(places["Port"], "2 of Port", confirmed_on=timezone.localdate())
    assert [title for title, far in found(client, territory="Mill", territory_near="around") if "Port" in far] == [
        "2 of Port",
        "Y in Port",
        "0 from Hill, works in Port",
        "1 of Port, not confirmed",
    ]


def test_what_is_for_people_of_other_places_is_not_near(client, places, offers):
    offer(places["Port"], "For people of Port", territories=[places["Port"]])
    offer(places["Port"], "For people of Mill", territories=[places["Mill"]])
    titles = [title for title, _far in found(client, territory="Mill", territory_near="around")]
    assert "For people of Mill" in titles
    assert "For people of Port" not in titles


def test_shelter_is_no_nearer_to_one_quarter_than_to_another(client, places, offers):
    """Though its organisation said a quarter before it had one, and offers something else there too."""
    house = OrganisationFactory(published=True, territory=places["Mill"], name="Refuge")
    house.works_in.set([places["Mill"], places["Port"]])
    ServiceFactory(organisation=house, title="Advice")
    ServiceFactory(organisation=house, title="Bed", is_shelter=True)
    for quarter in ("Mill", "Port", "Hill"):
        near = dict(found(client, territory=quarter, territory_near="around"))
        assert near["Bed"] == near["Advice"] == f"for a larger area that {quarter} is part of"
        assert "Bed" not in dict(found(client, territory=quarter, territory_near="here"))
    assert dict(found(client, territory="City", territory_near="here"))["Bed"] == ""
    orders = {
        tuple(title for title, far in found(client, territory=quarter, territory_near="around") if "larger" in far)
        for quarter in ("Mill", "Port", "Hill")
    }
    assert len(orders) == 1


def test_what_is_not_public_is_not_near(client, places):
    ServiceFactory(organisation=OrganisationFactory(territory=places["Port"]), title="Of nobody known")
    offer(places["Port"], "Unreachable", telephone="")
    closed = offer(places["Port"], "Closed")
    closed.organisation.closed_on = timezone.localdate()
    closed.organisation.save()
    assert found(client, territory="Mill", territory_near="around") == []


def test_place_without_boundary_has_no_neighbours_and_the_rest_all_the_same(client, places, offers):
    TerritoryOutline.objects.filter(territory=places["Mill"]).delete()
    assert [title for title, _far in found(client, territory="Mill", territory_near="around")] == [
        "Z in Mill",
        "C for the city",
        "B somewhere in the city",
    ]


def test_neighbours_are_the_nearest_places_of_its_kind_that_are_there(places):
    def beside(name: str, east: float, **facts: Any) -> None:
        outline(TerritoryFactory(name=name, **{"kind": "neighbourhood", "parent": places["City"], **facts}), east)

    beside("District", 2.01, kind="district")
    beside("Of another classification", 2.01, scheme=TerritorySchemeFactory(code="other", name="Other"))
    beside("Gone", 2.01, valid_to="2020-12-31")
    beside("Far away", 2.8)
    mill = Territory.objects.with_path().get(pk=places["Mill"].pk)
    assert [one.place.name for one in Surroundings(mill).neighbours] == ["Port", "Hill"]
    for number in range(MOST_NEIGHBOURS):
        beside(f"Quarter {number}", 2.007 + number / 1000)
    nearest = Surroundings(mill).neighbours
    assert [one.place.name for one in nearest] == [f"Quarter {number}" for number in range(MOST_NEIGHBOURS)]
    assert nearest[0].distance == "less than 1 km"


def test_near_nothing_is_asked_back(client, offers):
    body = client.get(FIND, {"territory_near": "around"}).content.decode()
    assert "Near which place? Type its name." in body
    assert "Z in Mill" not in body


def test_place_leaves_with_how_near_it_is(client, offers):
    body = client.get(FIND, {"q": "in", "territory": "Mill", "territory_near": "around"}).content.decode()
    assert 'class="chip" href="?q=in"' in body
    assert 'class="chip" href="?q=in&amp;territory=Mill"' in body


def test_orders_are_offered_where_there_is_a_place(client, places, offers):
    assert b"Order:" not in client.get(FIND).content
    body = client.get(FIND, {"territory": "Mill"}).content.decode()
    nearest = f"?territory=Mill&amp;territory_near=around&amp;territory_chosen={places['Mill'].pk}"
    assert f'<a href="{nearest}">Nearest first</a>' in body
    assert (
        '<strong aria-current="true">Nearest first</strong>'
        in client.get(f"{FIND}{nearest.replace('&amp;', '&')}").content.decode()
    )


def test_page_costs_the_same_for_one_and_many(client, places, offers):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(FIND, {"territory": "Mill", "territory_near": "around"}).status_code == 200
        return len(queries)

    cost()
    one = cost()
    for number in range(12):
        offer(places["Port"], f"More {number}", places["Hill"])
        outline(TerritoryFactory(kind="neighbourhood", parent=places["City"]), 2.1 + number / 100)
    assert cost() == one
