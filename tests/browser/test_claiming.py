"""A volunteer without an account claims the page of her group, on a telephone, in Spanish and without JavaScript; a reviewer accepts."""

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser

from orgs.listing import actions as listing
from orgs.models import Organisation
from tests.browser.people import Person, email_to, path_in
from tests.factories import ReviewerFactory, TerritoryFactory, UserFactory

EMAIL = "costura@example.org"


@pytest.fixture
def listed(transactional_db: None) -> Organisation:
    cache.clear()  # Rates are counted there.
    administrator = UserFactory(is_staff=True)
    city = TerritoryFactory(name="Barcelona", kind="municipality")
    ReviewerFactory(email="reviewer@example.org", name="Reviewer", territory=city)
    return listing.list_organisation(name="Cosim Juntes", kind="association", territory=city, by=administrator)


def test_volunteer_claims_the_page_of_her_group(browser: Browser, base_url: str, listed: Organisation) -> None:
    volunteer = Person(browser, base_url, language="es", width=360, scripts=False)
    fits(volunteer, listed.get_absolute_url())
    volunteer.follows("This is us")
    fits(volunteer)
    volunteer.presses("Send the request")
    volunteer.reads("This field is required.")
    volunteer.fills("name", "Persona de muestra")
    volunteer.fills("email", EMAIL)
    volunteer.fills("said", "Llevo las cuentas.")
    volunteer.presses("Send the request")
    fits(volunteer)
    volunteer.reads_title("Nearly done: confirm your address")
    fits(volunteer, path_in(email_to(EMAIL)))
    volunteer.reads("Llevo las cuentas.")
    volunteer.presses("Confirm the request")
    fits(volunteer)
    volunteer.reads_title("Your request has been sent")

    reviewer = Person(browser, base_url)
    reviewer.logs_in("reviewer@example.org")
    reviewer.goes_to("/")
    reviewer.follows("Decide on a claim of Cosim Juntes")
    reviewer.reads("Llevo las cuentas.")
    reviewer.chooses("outcome", "accept")
    reviewer.presses("Decide")

    volunteer.goes_to(listed.get_absolute_url())
    volunteer.follows("Edit the profile")
    assert listed.memberships.get().user.email == EMAIL
    for person in (volunteer, reviewer):
        person.leaves()


def fits(person: Person, path: str = "") -> None:
    """Nothing of the page is wider than the telephone."""
    if path:
        person.goes_to(path)
    width = person.page.locator("body").evaluate("body => document.documentElement.scrollWidth")
    assert width <= 360, person.page.url
