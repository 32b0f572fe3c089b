"""What comes out of the printer: a real PDF of the page of a place, and what is written in it."""

import os
import re
import unicodedata
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import Page

from indicators.models import Indicator
from indicators.releases import actions as releases
from indicators.rollup import worker
from tests.browser.looking import DRAW
from tests.browser.papers import pages_of, words_of
from tests.factories import UserFactory
from tests.indicators.land import make_land

CONTROLS = "button, select, form, nav a, header a:not(.wordmark), footer a"
TEXT_WITHOUT_CONTROLS = f"""() => {{
    const copy = document.querySelector("main").cloneNode(true);
    for (const control of copy.querySelectorAll("{CONTROLS}")) control.remove();
    return copy.textContent;
}}"""


def without_spaces(text: str) -> str:
    """And without ligatures: how a word is drawn is nobody's matter."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKD", text))


@pytest.mark.django_db(transaction=True)
def test_page_of_a_place_is_printed_with_place_date_and_address_and_without_controls(page: Page) -> None:
    UserFactory(is_staff=True)
    land = make_land()
    Indicator.objects.filter(code="RATE").update(is_headline=True, name_en="Employment rate")
    for place in ("N1", "N2", "N3", "N4", "CITY"):
        for year, people in ((2018, 500), (2019, 520), (2020, 610), (2021, 630)):
            land.observe(place, str(year), people, denominator=1000, indicator="RATE")
    worker.roll_up()
    releases.publish_release(note="First")
    city = land.territories["CITY"]
    page.goto(city.get_absolute_url())
    page.evaluate(DRAW)
    told = without_spaces(page.evaluate(TEXT_WITHOUT_CONTROLS))
    controls = {
        words
        for one in page.locator(CONTROLS).all()
        if one.is_visible() and len(words := without_spaces(one.inner_text())) > 3 and words not in told
    }
    assert len(controls) > 5
    paper = page.pdf(format="A4", print_background=True)
    if folder := os.environ.get("PAPERS"):
        Path(folder, "territory.pdf").write_bytes(paper)
    words = without_spaces(words_of(paper))
    today = date_format(timezone.localdate(), "DATE_FORMAT")
    for wanted in (city.name, "Employment rate", f"{settings.PUBLIC_URL}{city.get_absolute_url()}", f"of {today}"):
        assert without_spaces(wanted) in words, wanted
    assert sorted(one for one in controls if one in words) == []
    assert pages_of(paper) <= 4
