"""A group of volunteers registers itself, on a telephone and in Spanish, and at the end everybody finds it."""

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser

from orgs.models import Organisation, Verification
from tests.browser.people import Person, email_to
from tests.browser.volunteers import EMAIL, NAME, fills_in_three_pages, opens_the_queue, sends_and_confirms
from tests.factories import DomainFactory, ReviewerFactory, TerritoryFactory, UserFactory

REVIEWER = "reviewer@example.org"


@pytest.fixture
def city(transactional_db):
    cache.clear()  # Rates are counted there.
    UserFactory(is_staff=True)  # A portal that has been set up.
    city = TerritoryFactory(name="Barcelona", code="080193")
    TerritoryFactory(name="el Raval", code="N01", kind="neighbourhood", parent=city)
    ReviewerFactory(email=REVIEWER, name="Reviewer", territory=city)
    DomainFactory(name_en="Work and income", name_es="Trabajo e ingresos", name="Work and income")
    return city


def test_group_registers_itself_and_is_found(browser: Browser, base_url: str, city) -> None:
    volunteer = Person(browser, base_url, language="es", width=360)
    reviewer = Person(browser, base_url)
    neighbour = Person(browser, base_url)

    fills_in_three_pages(volunteer)
    reference = sends_and_confirms(volunteer)
    organisation = Organisation.objects.get(reference=reference)

    neighbour.goes_to("/organisations/")
    neighbour.does_not_read(NAME)

    reviewer.logs_in(REVIEWER)
    opens_the_queue(reviewer)
    reviewer.chooses("outcome", "verified")
    reviewer.presses("Decide")
    assert Verification.objects.get().answers.get(question="reachable").comment == "Spoke to her on the telephone."

    neighbour.goes_to("/organisations/?q=costura")
    neighbour.follows(NAME)
    neighbour.reads_title(NAME)
    neighbour.reads("Contact confirmed")
    neighbour.reads("Taller de costura")
    neighbour.does_not_read("600 000 000")
    assert neighbour.page.url.endswith(organisation.get_absolute_url())
    for person in (volunteer, reviewer, neighbour):
        person.leaves()


def test_group_is_asked_to_mend_something_and_comes_back(browser: Browser, base_url: str, city) -> None:
    volunteer = Person(browser, base_url, language="es", width=360)
    reviewer = Person(browser, base_url)
    neighbour = Person(browser, base_url)
    reasons = "The telephone number is not in service."

    fills_in_three_pages(volunteer)
    sends_and_confirms(volunteer)
    reviewer.logs_in(REVIEWER)
    opens_the_queue(reviewer)
    reviewer.chooses("outcome", "returned")
    reviewer.fills("reasons", reasons)
    reviewer.presses("Decide")
    assert reasons in email_to(EMAIL).message

    volunteer.goes_to("/")
    volunteer.reads(reasons)
    volunteer.follows(f"Corrija {NAME}")
    volunteer.follows("Private contact")
    volunteer.fills("phone", "611 111 111")
    volunteer.presses("Save the contact")
    volunteer.follows("Send it again")
    volunteer.presses("Send")

    opens_the_queue(reviewer)
    reviewer.reads(reasons)  # What was decided last.
    reviewer.chooses("outcome", "verified")
    reviewer.presses("Decide")

    neighbour.goes_to("/organisations/")
    neighbour.follows(NAME)
    neighbour.reads("Contact confirmed")
    for person in (volunteer, reviewer, neighbour):
        person.leaves()
