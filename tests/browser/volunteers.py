"""A group of volunteers that registers on a telephone and in Spanish, and the reviewer who looks at it."""

import re

from playwright.sync_api import expect

from orgs.models import Organisation
from tests.browser.people import Person, email_to, path_in

NAME = "Cosim Juntes"
EMAIL = "cosim@example.org"
SEEN = {
    "reachable": "yes",
    "purpose": "yes",
    "territory": "yes",
    "documented": "no",
    "two_years": "no",
    "accounts": "no",
}


def fills_in_three_pages(volunteer: Person, place: str = "el raval", domain: str = "Trabajo e ingresos") -> None:
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

    volunteer.fills("territory", place)
    volunteer.chooses("domains", domain)
    volunteer.chooses("languages_chosen", "es")
    volunteer.fills("description", "Cosemos juntas los jueves.")
    volunteer.fills("service_title", "Taller de costura")
    volunteer.fills("service_contact", "600 000 000")
    volunteer.chooses("service_domain", domain)
    volunteer.chooses("service_marks", "has_childcare")
    volunteer.presses("Save and continue")

    volunteer.fills("contact_name", "Persona de muestra")
    volunteer.fills("email", EMAIL)
    volunteer.fills("phone", "600 000 000")
    volunteer.chooses("email_is_public", "no")
    volunteer.ticks("declaration")
    volunteer.presses("Save and continue")


def sends_and_confirms(volunteer: Person, place: str = "el Raval") -> str:
    """The reference."""
    volunteer.reads_title("Check your answers")
    for said in (NAME, place, "Taller de costura", "Cosemos juntas los jueves."):
        expect(volunteer.page.locator("main").get_by_text(said).first).to_be_visible()
    volunteer.presses("Send the registration")
    reference = re.search(r"ORG-\w{6}", volunteer.page.locator("main").inner_text())
    assert reference is not None
    assert not Organisation.objects.filter(name=NAME).exists()
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
