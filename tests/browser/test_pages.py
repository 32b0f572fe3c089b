"""Every main page in a real Chromium: accessible, within its policy, and as wide as the screen, in both directions and both colours."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as TooLate

from tests.world import World, make_world

View = tuple[str, Literal["light", "dark"], int]

WIDE_LIGHT: View = ("en", "light", 1280)
NARROW_DARK: View = ("en", "dark", 360)
NARROW_ARABIC: View = ("ar", "light", 360)
WIDE_ARABIC_DARK: View = ("ar", "dark", 1280)
BAD = {"serious", "critical"}


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def pages_of(world: World) -> dict[str, list[str]]:
    """The main pages, by who opens them."""
    association = world.association.get_absolute_url()
    figures = world.things
    return {
        "anonymous": [
            "/",
            "/search/?q=city",
            "/about/",
            "/about/data/",
            "/about/accessibility/",
            "/organisations/",
            "/organisations/register/",
            association,
            "/territories/",
            world.city.get_absolute_url(),
            "/indicators/",
            "/indicators/PEOPLE/",
            "/indicators/PEOPLE/history/",
            "/indicators/PEOPLE/compare/?territory=test-land:CITY&territory=test-land:D1",
            "/indicators/PEOPLE/compare/?by=groups&territory=test-land:CITY&group=total",
            "/figures/PEOPLE/test-land/CITY/2022/",
            "/figures/releases/",
            figures["published"].get_absolute_url(),
            "/partnerships/",
            world.claim.partnership.get_absolute_url(),
            "/practices/",
            "/tables/",
            figures["table"].get_absolute_url(),
            "/accounts/login/",
        ],
        "officer": [
            "/",
            "/partnerships/new/",
            world.assessment.get_absolute_url(),
            f"{world.partnership.get_absolute_url()}documents/new/",
        ],
        "owner": [
            "/",
            f"{association}edit/",
            f"{association}members/",
            f"/partnerships/assessments/{world.assessment.pk}/experience/{world.association.slug}/",
        ],
        "steward": [
            "/figures/",
            "/figures/imports/",
            "/figures/imports/new/",
            figures["refused"].get_absolute_url(),
            f"{figures['described'].get_absolute_url()}map/",
            "/figures/releases/new/",
            figures["previewed"].get_absolute_url(),
            "/figures/true/PEOPLE/test-land/CITY/",
            "/indicators/RATE/edit/",
        ],
        "reviewer": [
            "/reviews/organisations/",
            figures["verification"].get_absolute_url(),
            f"/reviews/assessments/{world.claim.pk}/",
        ],
    }


def comes_true(page: Page, condition: str) -> bool:
    """At once, or when the charts have found their size on a slow machine."""
    try:
        page.wait_for_function(condition, timeout=5000)
    except TooLate:
        return False
    return True


def faults_of(page: Page, addresses: list[str]) -> list[str]:
    faults: list[str] = []
    page.on(
        "console", lambda message: faults.append(f"{page.url}: {message.text}") if message.type == "error" else None
    )
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    for address in addresses:
        answer = page.goto(address)
        if answer is None or answer.status != 200:
            faults.append(f"{address}: {answer and answer.status}")
        page.evaluate("document.querySelectorAll('.chart, .map').forEach((one) => one.scrollIntoView())")
        page.wait_for_load_state("networkidle")
        if not comes_true(page, "document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
            faults.append(f"{address}: wider than the screen")
        faults += [
            f"{address}: {fault['id']} {fault['nodes'][0]['html'][:200]}"
            for fault in Axe().run(page).response["violations"]
            if fault["impact"] in BAD
        ]
    return faults


@pytest.mark.parametrize(
    ("view", "who"),
    [
        (WIDE_LIGHT, "everybody"),
        (NARROW_ARABIC, "everybody"),
        (NARROW_DARK, "anonymous"),
        (WIDE_ARABIC_DARK, "anonymous"),
    ],
)
def test_pages_are_accessible_and_keep_their_policy(
    browser: Browser, base_url: str, world: World, view: View, who: str
) -> None:
    language, colours, width = view
    faults: list[str] = []
    for name, pages in pages_of(world).items():
        if who not in ("everybody", name):
            continue
        context = browser.new_context(base_url=base_url, viewport={"width": width, "height": 900}, color_scheme=colours)
        context.add_cookies([{"name": "django_language", "value": language, "url": base_url}])
        if name != "anonymous":
            client = Client()
            client.force_login(world.user(name))
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base_url}])
        faults += faults_of(context.new_page(), pages)
        context.close()
    assert not faults, "\n".join(faults)
