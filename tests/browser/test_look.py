"""The style guide holds every component, so what is right there is right wherever they are used."""

import re
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import translation
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from devtools.styleguide import SHARES
from orgs.drawing.figures import figure
from tests.browser.looking import Looker, open_context

PAGES = ["/styleguide/", "/accounts/login/"]
VIEWS = [("en", "light", 1280), ("en", "dark", 360), ("ar", "light", 360), ("ar", "dark", 1280), ("es", "light", 320)]


@pytest.fixture(autouse=True)
def demo(settings):
    settings.DEMO = True


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(("language", "colours", "width"), VIEWS)
def test_page_is_accessible_and_obeys_its_policy(browser: Browser, base_url, address, language, colours, width):
    looker = Looker(open_context(browser, base_url, language=language, colours=colours, width=width), "visitor")
    assert looker.goes_to(address)
    looker.looks()
    assert looker.faults == []


def box_of(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box
    return box


def test_chart_becomes_a_table_at_a_press(page: Page):
    page.goto("/styleguide/")
    chart = page.locator("#sample-line")
    chart.scroll_into_view_if_needed()
    chart.locator("canvas").wait_for()
    assert chart.locator("table").is_hidden()
    chart.get_by_role("button", name="Table").click()
    expect(chart.get_by_role("row", name="2021")).to_be_visible()


def test_map_is_walked_with_the_arrow_keys(page: Page):
    page.goto("/styleguide/")
    figure = page.locator("#sample-map")
    figure.scroll_into_view_if_needed()
    figure.locator("path[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    expect(figure.get_by_role("status")).to_have_text("Eixample: 24.1%")


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_scripts_write_numbers_as_the_server_does(browser: Browser, base_url, language):
    context = browser.new_context(base_url=base_url)
    context.add_cookies([{"name": "django_language", "value": language, "url": base_url}])
    page = context.new_page()
    page.goto("/styleguide/")
    for number, decimals in ((101387, 0), (1234, 0), (-82033.45, 1), (0.25, 2), (999, 0)):
        with translation.override(language):
            written = figure(Decimal(str(number)), decimals)
        scripted = page.evaluate("([one, places]) => portalNumbers.full(one, places, places)", [number, decimals])
        assert scripted == written
    with translation.override(language):
        share = figure(Decimal("1.25"), 2)
    assert page.evaluate("portalNumbers.short(1250000)").startswith(share)
    sample = page.locator("#sample-map")
    sample.scroll_into_view_if_needed()
    with translation.override(language):
        highest = figure(Decimal("48.2"), 1)
    expect(sample.locator("[data-map-legend]")).to_contain_text(f"{highest}%")
    context.close()


def test_a_stacked_table_keeps_all_of_a_cell_beside_its_label(browser: Browser, base_url):
    context = browser.new_context(base_url=base_url, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto("/styleguide/")
    astray = page.locator("#sample-stack").evaluate(
        """(table) => Array.from(table.querySelectorAll("td[data-label]")).flatMap((cell) => {
            const label = 8.5 * parseFloat(getComputedStyle(document.documentElement).fontSize);
            const box = cell.getBoundingClientRect();
            const range = document.createRange();
            range.selectNodeContents(cell);
            return Array.from(range.getClientRects())
                .filter((one) => one.width && (one.left < box.left + label || one.right > box.right + 0.5))
                .map((one) => `${cell.textContent.trim()}: ${one.left} to ${one.right}`);
        })"""
    )
    assert astray == []
    assert page.locator("#sample-stack td").first.evaluate("(cell) => getComputedStyle(cell, '::before').content")
    context.close()


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_legend_of_a_chart_stands_above_its_plot_however_many_rows_it_takes(browser: Browser, base_url, width):
    context = browser.new_context(base_url=base_url, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/styleguide/")
    chart = page.locator("#sample-many")
    chart.scroll_into_view_if_needed()
    chart.locator("canvas").wait_for()
    texts = chart.locator("[data-chart-canvas]").evaluate(
        """(box) => echarts.getInstanceByDom(box).getZr().storage.getDisplayList(true)
            .filter((one) => one.style.text)
            .map((one) => {
                const rect = one.getBoundingRect().clone();
                if (one.getComputedTransform()) rect.applyTransform(one.getComputedTransform());
                return [one.style.text, rect.y, rect.y + rect.height, rect.x + rect.width];
            })"""
    )
    legend = [place for text, *place in texts if not text[0].isdigit()]
    labels = [place for text, *place in texts if text[0].isdigit()]
    assert len(legend) >= 5
    assert max(bottom for _top, bottom, _right in legend) < min(top for top, _bottom, _right in labels)
    assert max(right for *_, right in legend) <= box_of(chart)["width"]
    context.close()


@pytest.mark.parametrize("way", ["button", "key"])
def test_what_was_not_seen_yet_is_drawn_before_it_is_printed(page: Page, way: str):
    page.add_init_script(
        """window.print = () => {
            const counts = [".chart:not(.is-drawn)", ".map-side[hidden]", ".map-place"]
            document.documentElement.dataset.printed = counts.map((one) => document.querySelectorAll(one).length);
        }"""
    )
    page.set_viewport_size({"width": 1280, "height": 300})
    page.goto("/styleguide/")
    assert page.locator(".map-place").count() == 0
    if way == "key":
        page.keyboard.press("Control+p")
    else:
        page.locator("[data-print]").evaluate("(button) => button.click()")
    expect(page.locator("html")).to_have_attribute("data-printed", f"0,0,{len(SHARES)}")


@pytest.mark.parametrize("width", [360, 1280])
def test_paper_shows_all_of_a_map_and_what_is_folded_away(page: Page, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/styleguide/")
    figure = page.locator("#sample-map")
    figure.scroll_into_view_if_needed()
    figure.locator("path").first.wait_for()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1000})
    box = box_of(figure.locator("[data-map-canvas]"))
    for path in figure.locator("path.map-place").all():
        place = box_of(path)
        assert box["x"] <= place["x"] <= box["x"] + box["width"] - place["width"]
        assert box["y"] <= place["y"] <= box["y"] + box["height"] - place["height"]
    assert box_of(page.locator("#sample-on-paper"))["height"] > 0
    assert page.locator("#sample-many tfoot").evaluate("(foot) => getComputedStyle(foot).display") == "table-row-group"


def test_choice_of_colours_is_kept(page: Page):
    page.emulate_media(color_scheme="light")
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Dark colours").click()
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_error_summary_takes_the_focus_and_leads_to_the_field(page: Page):
    page.goto("/accounts/login/")
    page.locator(".account-form").get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator(".error-summary a").first.click()
    expect(page.locator("#id_login")).to_be_focused()


def test_page_without_scripts_has_menu_language_and_figures(browser: Browser, base_url):
    context = browser.new_context(base_url=base_url, viewport={"width": 360, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto("/styleguide/")
    assert page.get_by_role("banner").get_by_role("link", name="Log in").is_visible()
    assert page.locator("#sample-line table").is_visible()
    page.locator(".tool-menu summary").first.click()
    page.get_by_role("button", name="العربيّة").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    context.close()
