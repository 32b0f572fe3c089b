"""What a reader takes away from a chart: a picture and a file that say the same of where the figures come from."""

import csv

import pytest
from playwright.sync_api import Page

from indicators.models import Indicator, Source, Target
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
# Looked for in the page itself: `wait_for_function` evaluates a text there, which the policy forbids from the second look on.
DRAWN = """() => new Promise((done, failed) => {
    const until = performance.now() + 20000;
    const look = () => {
        if (window.drawnTexts.length > 6) done();
        else if (performance.now() > until) failed(new Error(`drawn: ${window.drawnTexts}`));
        else requestAnimationFrame(look);
    };
    look();
})"""


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
    for label in (
        "Place",
        "Indicator",
        "Unit",
        "Period",
        "Source and licence",
        "Marks",
        "Release",
        "Address",
        "On suppression",
    ):
        assert f"{label}: {notes[f'# {label}']}" in drawn
    assert "CC BY 4.0" in notes["# Source and licence"]
    assert notes["# Marks"] == "2020: break in series"


# Every line that a canvas is asked to draw: its dashes, its colour, and of how many pieces it is.
RECORD_LINES = """
    window.drawnLines = [];
    const pen = CanvasRenderingContext2D.prototype;
    const { beginPath, lineTo, stroke } = pen;
    let pieces = 0;
    pen.beginPath = function () { pieces = 0; return beginPath.call(this); };
    pen.lineTo = function (...place) { pieces += 1; return lineTo.apply(this, place); };
    pen.stroke = function (...path) {
        window.drawnLines.push({ pieces, dashes: this.getLineDash(), colour: this.strokeStyle });
        return stroke.apply(this, path);
    };
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_break", [False, True])
def test_line_is_broken_and_marked_at_a_break_and_a_target_is_drawn(page: Page, has_break: bool) -> None:
    land = make_land()
    for year, people in ((2018, 500), (2019, 520), (2020, 610), (2021, 630)):
        flags = Flag.BREAK if has_break and year == 2020 else 0
        land.observe("CITY", str(year), people, denominator=1000, indicator="RATE", flags=flags)
    Target.objects.create(
        indicator=land.indicators["RATE"],
        territory=land.territories["CITY"],
        year=2030,
        value=80,
        baseline_year=2018,
        baseline_value=50,
    )
    worker.roll_up()
    releases.publish_release(note="First")
    page.add_init_script(RECORD)
    page.add_init_script(RECORD_LINES)
    page.goto("/indicators/RATE/?territory=test-land:CITY")
    chart = page.locator("#chart-rate")
    chart.scroll_into_view_if_needed()
    chart.locator("canvas").wait_for()
    page.evaluate("window.drawnTexts.length = window.drawnLines.length = 0")
    page.set_viewport_size({"width": 1000, "height": 800})
    page.evaluate(DRAWN)
    lines, texts = page.evaluate("window.drawnLines"), page.evaluate("window.drawnTexts")
    of_the_figures = max(line["pieces"] for line in lines if not line["dashes"])
    assert of_the_figures == (1 if has_break else 3), "four years, drawn in one stretch or in two"
    assert ("break in series" in texts) == has_break, texts
    assert any(len(line["dashes"]) == 2 and line["dashes"][0] == 1.5 * line["dashes"][1] for line in lines), (
        "the target"
    )
    assert any("2030" in text for text in texts), texts


@pytest.mark.django_db(transaction=True)
def test_no_two_labels_of_an_axis_read_alike(page: Page) -> None:
    """However close the figures lie, and however large they are."""
    land = make_land()
    for year, more in ((2018, 0), (2019, 2), (2020, 3), (2021, 5)):
        land.observe("CITY", str(year), 50_000 + more, denominator=100_000, indicator="RATE")
        land.observe("CITY", str(year), 12_000_000 + 1000 * more, indicator="STOCK")
    worker.roll_up()
    releases.publish_release(note="First")
    page.add_init_script(RECORD)
    for code in ("RATE", "STOCK"):
        page.goto(f"/indicators/{code}/?territory=test-land:CITY")
        chart = page.locator(f"#chart-{code.lower()}")
        chart.scroll_into_view_if_needed()
        chart.locator("canvas").wait_for()
        page.evaluate("window.drawnTexts.length = 0")
        page.set_viewport_size({"width": 1000 if code == "RATE" else 1100, "height": 800})
        page.evaluate(DRAWN)
        years = {"2018", "2019", "2020", "2021"}
        labels = [text for text in page.evaluate("window.drawnTexts") if text[0].isdigit() and text not in years]
        once = labels[: labels.index(labels[0], 1)] if labels.count(labels[0]) > 1 else labels
        assert len(once) >= 3, labels
        assert len(set(once)) == len(once), labels


@pytest.mark.django_db(transaction=True)
def test_whoever_looks_through_a_list_with_the_arrow_keys_stays_on_the_page(page: Page) -> None:
    make_land()
    tried = 0
    for address in ("/organisations/", "/partnerships/", "/indicators/"):
        page.goto(address)
        for index in range(page.locator("main select").count()):
            choice = page.locator("main select").nth(index)
            if not choice.is_visible() or choice.locator("option").count() < 2:
                continue
            page.evaluate("window.isStill = true")
            choice.focus()
            before = choice.input_value()
            page.keyboard.press("ArrowDown")
            page.wait_for_timeout(300)
            assert page.evaluate("window.isStill") is True, address
            assert choice.input_value() != before
            assert choice.evaluate("(one) => document.activeElement === one")
            tried += 1
    assert tried >= 2
