"""What a reader takes away from a chart: a picture and a file that say the same of where the figures come from."""

import csv

import pytest
from playwright.sync_api import Page

from indicators.models import Indicator, Source
from indicators.releases import actions as releases
from indicators.rollup import worker
from indicators.vocabulary import Flag
from tests.indicators.land import make_land

# Every text that a canvas is asked to draw, so that a test can read a picture.
RECORD = """
    window.drawnTexts = [];
    const fillText = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        window.drawnTexts.push(text);
        return fillText.call(this, text, ...rest);
    };
"""


@pytest.fixture
def address(transactional_db) -> str:
    """Of a neighbourhood that shows the city's rate, which has a break."""
    land = make_land()
    Source.objects.update(name="Labour force survey", publisher="The office", licence="CC BY 4.0")
    Indicator.objects.filter(code="RATE").update(is_headline=True, name_en="Employment rate")
    for year, people, flags in ((2018, 500, 0), (2019, 520, 0), (2020, 610, Flag.BREAK), (2021, 630, 0)):
        land.observe("CITY", str(year), people, denominator=1000, indicator="RATE", flags=flags)
    worker.roll_up()
    releases.publish_release(note="First")
    return land.territories["N1"].get_absolute_url()


def test_picture_and_file_of_a_borrowed_chart_say_where_it_comes_from(page: Page, address: str) -> None:
    page.add_init_script(RECORD)
    page.goto(address)
    chart = page.locator("#chart-rate")
    chart.scroll_into_view_if_needed()
    chart.locator("canvas").wait_for()
    with page.expect_download() as download:
        chart.get_by_role("link", name="Figures (CSV)").click()
    file = download.value
    notes = dict(
        row for row in csv.reader(file.path().read_text(encoding="utf-8-sig").splitlines()) if row[0][:1] == "#"
    )
    assert file.suggested_filename.startswith("RATE-CITY-")
    page.evaluate("window.drawnTexts.length = 0")
    with page.expect_download() as download:
        chart.get_by_role("button", name="Picture (PNG)").click()
    assert download.value.suggested_filename == file.suggested_filename.replace(".csv", ".png")
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    drawn = " ".join(page.evaluate("window.drawnTexts"))
    for label in ("Place", "Indicator", "Unit", "Period", "Source and licence", "Release", "Address", "On suppression"):
        assert f"{label}: {notes[f'# {label}']}" in drawn
    assert "CC BY 4.0" in notes["# Source and licence"]
    assert "break" in notes["# Marks"]
