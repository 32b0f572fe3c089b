"""Places side by side: public, by name, from the released figures."""

import pytest
from django.urls import reverse

from tests.factories import TerritoryFactory
from tests.factories_indicators import RateFactory, ReleaseFactory, released
from tests.indicators.test_pages_territories import words_of

pytestmark = pytest.mark.django_db


def compare(client, indicator, *places):
    url = reverse("indicators:compare", args=[indicator.code])
    names = [place if isinstance(place, str) else f"{place.scheme.code}:{place.code}" for place in places]
    response = client.get(url, {"territory": names})
    assert response.status_code == 200
    return response


def test_places_stand_by_name_with_shown_zero_protected_and_missing_apart(client):
    release, rate = ReleaseFactory(), RateFactory(name="In work")
    upper, lower = TerritoryFactory(name="Aldea"), TerritoryFactory(name="Burgo", kind="country")
    hidden, empty = TerritoryFactory(name="Cala"), TerritoryFactory(name="Delta")
    released(release, rate, lower, "2025", "80")
    released(release, rate, upper, "2025", "0", reporters=1, expected=2)
    released(release, rate, hidden, "2025", state="suppressed")
    response = compare(client, rate, lower, empty, upper, hidden)
    chart = response.context["comparison"].chart
    assert chart["columns"] == ["Aldea", "Burgo", "Cala", "Delta"]
    assert [(cell["value"], cell["state"]) for cell in chart["rows"][0]["cells"]] == [
        (0, ""),
        (80, ""),
        (None, "suppressed"),
        (None, "missing"),
    ]
    text = words_of(response.content.decode())
    assert "different levels" in text
    assert "1 of 2 areas reported" in text
    assert "Aldea: 0.0 % (2025); Burgo: 80.0 % (2025)" in text.replace("0%", "0 %").replace("\xa0", " ")
    assert "Better" not in text


def test_too_many_and_unknown_places_get_a_plain_message(client):
    rate = RateFactory()
    many = compare(client, rate, *[f"test-land:X{number}" for number in range(7)])
    assert "You chose 7 places. Choose at most 6." in words_of(many.content.decode())
    assert "No place is known by nowhere:1" in words_of(compare(client, rate, "nowhere:1").content.decode())
    assert client.get("/indicators/NONE/compare/").status_code == 404
    assert compare(client, rate).context["comparison"] is None


def test_six_places_ask_as_few_queries_as_one(client, django_assert_num_queries):
    release, rate = ReleaseFactory(), RateFactory()
    places = [TerritoryFactory() for _ in range(6)]
    for place in places:
        released(release, rate, place, "2025", "50")
    compare(client, rate, places[0])
    with django_assert_num_queries(6) as captured:
        compare(client, rate, places[0])
    with django_assert_num_queries(len(captured)):
        compare(client, rate, *places)
