"""The main pages in a real Chromium, from the right and in dark colours: accessible, within their policy, and as wide as the screen.

test_every_page.py looks at all of them in English, light and wide.
"""

from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import Looker, open_context
from tests.world import World, make_world

View = tuple[str, Literal["light", "dark"], int]

NARROW_ARABIC: View = ("ar", "light", 360)
WIDE_ARABIC_DARK: View = ("ar", "dark", 1280)


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
            "/privacy/",
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


@pytest.mark.parametrize(("view", "who"), [(NARROW_ARABIC, "everybody"), (WIDE_ARABIC_DARK, "anonymous")])
def test_pages_are_accessible_and_keep_their_policy(
    browser: Browser, base_url: str, world: World, view: View, who: str
) -> None:
    language, colours, width = view
    faults: list[str] = []
    for name, pages in pages_of(world).items():
        if who not in ("everybody", name):
            continue
        context = open_context(
            browser, base_url, user=world.users[name], language=language, colours=colours, width=width
        )
        looker = Looker(context, name)
        for address in pages:
            assert looker.goes_to(address), address
            looker.looks()
        faults += looker.faults
        context.close()
    assert not faults, "\n".join(faults)
