"""Figures that are made up, as those of the demo, say so on every page on which one stands; and each number has its unit."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from indicators.models import Indicator, Source
from indicators.releases import actions as releases
from indicators.rollup import worker
from tests.factories import UserFactory
from tests.indicators.land import Land, make_land

pytestmark = pytest.mark.django_db
MARK = re.compile(r"made up")
PLACE = "territory=test-land:"


@pytest.fixture
def land() -> Land:
    """Of each place the people by sex; some neighbourhoods have a rate and a score of their own, the city the rate of all."""
    UserFactory(is_staff=True)  # Without whom a portal has no pages yet.
    land = make_land()
    Indicator.objects.filter(code__in=["PEOPLE", "RATE"]).update(is_headline=True)
    for place in ("N1", "N2", "N3", "N4"):
        for year in ("2020", "2021"):
            land.observe(place, year, 600, key="sex=F")
            land.observe(place, year, 500, key="sex=M")
            land.observe(place, year, 300, denominator=600, indicator="RATE")
    worker.roll_up()
    return land


def pages(release: int) -> dict[str, str]:
    """By what stands there."""
    detail = reverse("indicators:indicator_detail", args=["PEOPLE"])
    compare = reverse("indicators:compare", args=["PEOPLE"])
    figure = ["PEOPLE", "test-land"]
    return {
        "a card of the home page": reverse("home"),
        "cards and the table of parts of the city": reverse("territory_detail", args=["test-land", "CITY"]),
        "cards of a neighbourhood": reverse("territory_detail", args=["test-land", "N1"]),
        "the indicator with its parts and groups": f"{detail}?{PLACE}CITY",
        "the indicator in a neighbourhood": f"{detail}?{PLACE}N1",
        "places beside each other": f"{compare}?{PLACE}N1&{PLACE}N2",
        "groups beside each other": f"{compare}?by=groups&{PLACE}N1&group=sex%3DF&group=sex%3DM",
        "a reported figure": reverse("indicators:figure_detail", args=[*figure, "N1", "2020"]) + "?breakdown=sex=F",
        "a figure that was added up": reverse("indicators:figure_detail", args=[*figure, "CITY", "2020"]),
        "the release": reverse("indicators:release_detail", args=[release]),
        "the file of a chart": reverse("indicators:indicator_chart", args=["PEOPLE"]) + f"?{PLACE}CITY",
        "the file of a comparison": reverse("indicators:compare_chart", args=["PEOPLE"]) + f"?{PLACE}N1&{PLACE}N2",
        "licences": reverse("data_licence"),
        "the file of the release": reverse("indicators:release_download", args=[release, "csv"]),
    }


def words_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return (b"".join(answer) if answer.streaming else answer.content).decode()


def test_made_up_figure_is_marked_wherever_it_stands(client: Client, land: Land) -> None:
    looked_at = {}
    for is_sample in (False, True):
        Source.objects.update(is_sample=is_sample)
        release = releases.publish_release(note=f"Is a sample: {is_sample}")
        looked_at[is_sample] = {
            what: bool(MARK.search(words_of(client, address))) for what, address in pages(release.pk).items()
        }
    assert [what for what, is_marked in looked_at[False].items() if is_marked] == []
    assert [what for what, is_marked in looked_at[True].items() if not is_marked] == []


def test_each_card_has_its_unit(client: Client, land: Land) -> None:
    releases.publish_release(note="First")
    for address in (reverse("home"), reverse("territory_detail", args=["test-land", "CITY"])):
        numbers = re.split(r'class="figure-value figure-large', words_of(client, address))[1:]
        assert len(numbers) >= 2, address
        assert ["figure-unit" in number[:400].partition("</p>")[0] for number in numbers] == [True] * len(numbers)
