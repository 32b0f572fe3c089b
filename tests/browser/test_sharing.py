"""What somebody found is put on paper, copied, and looked at on a map: in a real browser, and without scripts."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import Browser, Page, expect

from orgs.models import Service, Territory
from tests.browser.papers import words_of
from tests.browser.people import Person
from tests.factories import UserFactory
from tests.orgs.services.land import make_city, offer

FIND, MAP = reverse("orgs:service_search"), reverse("orgs:service_map")
CONTROLS = (
    "Apply filters",
    "Share this list",
    "Share this service",
    "Send by WhatsApp",
    "Nearest first",
    "Show as",
    "Print",
    "Skip to",
)


@pytest.fixture
def places(transactional_db: None) -> dict[str, Territory]:
    cache.clear()
    UserFactory(is_staff=True)  # A portal that has been set up.
    return make_city()


@pytest.fixture
def advice(places: dict[str, Territory]) -> Service:
    service = offer(
        places["Mill"],
        "Advice for all",
        telephone="+34 600 000 001",
        whatsapp="+34 600 000 002",
        email="advice@house.example",
        form="https://forms.example/ask",
    )
    service.organisation.website = "https://house.example/start"
    service.organisation.save()
    return service


def plain(text: str) -> str:
    return "".join(text.split())


def printed(page: Page, name: str) -> str:
    paper = page.pdf(format="A4", print_background=True)
    if folder := os.environ.get("PAPERS"):
        Path(folder, f"{name}.pdf").write_bytes(paper)
    return plain(words_of(paper))


def test_list_and_service_are_printed_with_every_way_to_reach_it_and_nothing_to_press(
    page: Page, advice: Service
) -> None:
    today = date_format(timezone.localdate(), "DATE_FORMAT")
    query = "?territory=Mill&territory_near=around"
    for path, name, more in (
        (f"{FIND}{query}", "services", ["Place: Mill", "in Mill", "1 result"]),
        (advice.get_absolute_url(), "service", ["How to reach it"]),
    ):
        page.goto(path)
        page.locator(".share > summary").click()
        expect(page.get_by_role("link", name="Send by WhatsApp")).to_be_visible()
        words = printed(page, name)
        wanted = [
            advice.title,
            advice.telephone,
            advice.whatsapp,
            advice.email,
            advice.form,
            advice.organisation.website,
            f"{settings.PUBLIC_URL}{path}",
            f"of {today}",
            *more,
        ]
        assert [one for one in wanted if plain(one) not in words] == []
        assert [one for one in CONTROLS if plain(one) in words] == []


def test_address_is_copied_at_a_press(browser: Browser, base_url: str, advice: Service) -> None:
    reader = Person(browser, base_url)
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.goes_to(f"{FIND}?q=advice")
    reader.page.locator(".share > summary").click()
    reader.page.get_by_role("button", name="Copy the address").click()
    expect(reader.page.locator(".share [role=status]")).to_have_text("The address is copied.")
    assert reader.page.evaluate("() => navigator.clipboard.readText()") == f"{settings.PUBLIC_URL}{FIND}?q=advice"
    assert reader.complaints == []


def test_map_is_drawn_and_a_place_on_it_leads_to_its_list(
    browser: Browser, base_url: str, places: dict[str, Territory], advice: Service
) -> None:
    reader = Person(browser, base_url)
    reader.goes_to(f"{MAP}?territory=City")
    expect(reader.page.locator(".map-place")).to_have_count(3)
    expect(reader.page.locator(".map-circle")).to_have_count(1)
    reader.page.locator(".map-place[aria-label^='Mill']").focus()
    expect(reader.page.locator("[data-map-status]")).to_have_text("Mill: 1")
    reader.page.keyboard.press("Enter")
    expect(reader.page.locator(".link-list-title")).to_have_text(["Advice for all"])
    assert reader.complaints == []


def test_places_are_a_list_without_scripts(
    browser: Browser, base_url: str, places: dict[str, Territory], advice: Service
) -> None:
    reader = Person(browser, base_url, width=360, scripts=False)
    reader.goes_to(f"{MAP}?territory=City")
    expect(reader.page.locator("[data-map-list] > li")).to_have_count(3)
    expect(reader.page.locator("[data-map-side]")).to_be_hidden()
    reader.page.locator("[data-map-list] a").first.click()
    expect(reader.page.locator(".link-list-title")).to_have_text(["Advice for all"])
