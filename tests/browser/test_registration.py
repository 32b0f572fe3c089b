"""A group of volunteers registers itself, on a telephone and in Spanish, and at the end everybody finds it."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, expect

from orgs.models import Organisation, Verification
from tests.browser.people import Person, email_to, path_in
from tests.factories import DomainFactory, ReviewerFactory, TerritoryFactory, UserFactory

NAME = "Cosim Juntes"
EMAIL = "cosim@example.org"
REVIEWER = "reviewer@example.org"
SEEN = {
    "reachable": "yes",
    "purpose": "yes",
    "territory": "yes",
    "documented": "no",
    "two_years": "no",
    "accounts": "no",
}


@pytest.fixture
def city(transactional_db):
    cache.clear()  # Rates are counted there.
    UserFactory(is_staff=True)  # A portal that has been set up.
    city = TerritoryFactory(name="Barcelona", code="080193")
    TerritoryFactory(name="el Raval", code="N01", kind="neighbourhood", parent=city)
    ReviewerFactory(email=REVIEWER, name="Reviewer", territory=city)
    DomainFactory(name_en="Work and income", name_es="Trabajo e ingresos", name="Work and income")
    return city


def fills_in_three_pages(volunteer: Person) -> None:
    volunteer.goes_to("/")
    expect(volunteer.page.locator("html")).to_have_attribute("lang", "es")
    volunteer.follows("Register an organisation")
    volunteer.presses("Start now")

    volunteer.presses("Save and continue")  # Too early: the page says what is missing.
    volunteer.reads("Enter the name of the organisation.")
    volunteer.fills("name", NAME)
    volunteer.chooses("kind", "informal_group")
    volunteer.chooses("marks", "women")
    volunteer.presses("Save and continue")

    volunteer.fills("territory", "el raval")
    volunteer.chooses("domains", "Trabajo e ingresos")
    volunteer.chooses("languages_chosen", "es")
    volunteer.fills("description", "Cosemos juntas los jueves.")
    volunteer.fills("service_title", "Taller de costura")
    volunteer.fills("service_contact", "600 000 000")
    volunteer.chooses("service_domain", "Trabajo e ingresos")
    volunteer.chooses("service_marks", "has_childcare")
    volunteer.presses("Save and continue")

    volunteer.fills("contact_name", "Persona de muestra")
    volunteer.fills("email", EMAIL)
    volunteer.fills("phone", "600 000 000")
    volunteer.chooses("email_is_public", "no")
    volunteer.ticks("declaration")
    volunteer.presses("Save and continue")


def sends_and_confirms(volunteer: Person) -> str:
    """The reference."""
    volunteer.reads_title("Check your answers")
    for said in (NAME, "el Raval", "Taller de costura", "Cosemos juntas los jueves."):
        expect(volunteer.page.locator("main").get_by_text(said).first).to_be_visible()
    volunteer.presses("Send the registration")
    reference = re.search(r"ORG-\w{6}", volunteer.page.locator("main").inner_text())
    assert reference is not None
    assert not Organisation.objects.exists()
    volunteer.goes_to(path_in(email_to(EMAIL)))
    volunteer.presses("Confirm the registration")
    volunteer.reads(reference[0])
    return reference[0]


def opens_the_queue(reviewer: Person) -> None:
    reviewer.goes_to("/")
    reviewer.follows(f"Verify {NAME}")
    reviewer.reads("Cosemos juntas los jueves.")
    for question, answer in SEEN.items():
        reviewer.chooses(f"answer_{question}", answer)
    reviewer.fills("comment_reachable", "Spoke to her on the telephone.")


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
