"""The file of a chart: every figure that is drawn and all that one has to know, on the page of whichever place it stands."""

import csv
import re

import pytest
from django.urls import reverse

from indicators.models import Indicator, Source
from indicators.releases import actions as releases
from indicators.rollup import worker
from indicators.vocabulary import Flag
from tests.indicators.land import Land

pytestmark = pytest.mark.django_db


@pytest.fixture
def borrowed(land: Land) -> Land:
    """A rate that only the city has, with a break, a protected year and a missing one; its neighbourhoods show it as the city's."""
    Source.objects.update(
        name="Labour force survey", publisher="The office", licence="CC BY 4.0", url="https://office.example/lfs"
    )
    Indicator.objects.filter(code="RATE").update(
        is_headline=True, threshold=5, rounding=5, name_en="Employment rate", definition_en="At work, of all."
    )
    for year, people, flags in ((2018, 500, 0), (2019, 520, Flag.PROVISIONAL), (2020, 610, Flag.BREAK), (2021, 1, 0)):
        land.observe("CITY", str(year), people, denominator=1000, indicator="RATE", flags=flags)
    land.observe("CITY", "2022", None, indicator="RATE")
    worker.roll_up()
    releases.publish_release(note="First")
    return land


def read(response) -> tuple[dict[str, str], list[dict[str, str]]]:
    """What one has to know by label, and the rows."""
    assert response.status_code == 200
    lines = response.content.decode("utf-8-sig").splitlines()
    about = [line for line in lines if line.startswith(("#", '"#'))]
    rows = list(csv.DictReader(line for line in lines if line not in about))
    return {label.removeprefix("# "): text for label, text in csv.reader(about)}, rows


def link_in(page: str) -> str:
    found = re.search(r'href="([^"]+)"[^>]*data-chart-csv', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_borrowed_figure_goes_out_as_that_of_its_own_place_with_all_that_belongs_to_it(client, borrowed):
    neighbourhood = borrowed.territories["N1"]
    link = link_in(client.get(neighbourhood.get_absolute_url()).content.decode())
    response = client.get(link)
    about, rows = read(response)
    assert {row["territory"] for row in rows} == {"CITY"}
    assert about["Place"] == "CITY (municipality, test-land:CITY)"
    assert about["Indicator"] == "RATE · Employment rate"
    assert about["Unit"] == "%"
    assert about["Period"] == "2018 – 2022"
    assert about["Source and licence"] == "Labour force survey; The office; CC BY 4.0; https://office.example/lfs"
    assert about["Definition"] == "At work, of all."
    assert "fewer than 5" in about["On suppression"]
    assert "2020: break" in about["Marks"]
    assert about["Address"].startswith("http")
    assert reverse("indicators:indicator_detail", args=["RATE"]) in about["Address"]
    assert "published on" in about["Release"]
    assert re.fullmatch(r'attachment; filename="RATE-CITY-\d{4}-\d\d-\d\d\.csv"', response["Content-Disposition"])


def test_every_drawn_figure_is_in_the_file_with_its_state_and_its_flag(client, borrowed):
    _about, rows = read(client.get(reverse("indicators:indicator_chart", args=["RATE"])))
    found = {
        row["period"]: (row["value"], row["status"], row["unit"], row["source"])
        for row in rows
        if row["group"] == "All"
    }
    assert found == {
        "2018": ("50", "shown", "%", "Labour force survey"),
        "2019": ("52", "shown", "%", "Labour force survey"),
        "2020": ("61", "shown", "%", "Labour force survey"),
        "2021": ("", "suppressed", "%", "Labour force survey"),
        "2022": ("", "missing", "%", "Labour force survey"),
    }
    flags = {row["period"]: row["flags"] for row in rows}
    assert flags["2018"] == flags["2021"] == ""
    assert flags["2019"] == "provisional"
    assert "break" in flags["2020"]


def test_comparison_of_places_and_of_groups_has_a_file_too(client, land):
    for place, people in {"N1": 30, "N2": 70}.items():
        land.observe(place, "2020", people, key="sex=F")
        land.observe(place, "2020", 60, key="sex=M")
    worker.roll_up()
    releases.publish_release(note="First")
    url = reverse("indicators:compare", args=["PEOPLE"])
    page = client.get(url, {"territory": ["test-land:N1", "test-land:N2"]}).content.decode()
    about, rows = read(client.get(link_in(page)))
    assert [(row["territory"], row["value"]) for row in rows] == [("N1", "90"), ("N2", "130")]
    assert about["Place"].count(";") == 1
    assert "territory=test-land:N1&territory=test-land:N2" in about["Address"]
    page = client.get(f"{url}?by=groups&territory=test-land:N1&group=sex%3DF&group=sex%3DM").content.decode()
    _about, rows = read(client.get(link_in(page)))
    assert [(row["territory"], row["group"], row["value"]) for row in rows] == [("N1", "F", "30"), ("N1", "M", "60")]


def test_file_of_nothing_is_not_there(client, land):
    assert client.get(reverse("indicators:indicator_chart", args=["RATE"])).status_code == 404
    assert client.get(reverse("indicators:compare_chart", args=["RATE"])).status_code == 404
    assert client.get(reverse("indicators:indicator_chart", args=["NONE"])).status_code == 404
