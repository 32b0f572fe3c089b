"""Whoever has started a portal opens it on a telephone: the code from the log, an account, a name. No shell in between."""

import io
import re

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Browser, expect

from orgs.models import Territory
from tests.browser.looking import Looker, open_context
from tests.browser.people import Person, email_to, path_in
from tests.browser.volunteers import NAME, fills_in_three_pages, opens_the_queue, sends_and_confirms

MANAGER, REVIEWER = "manager@council.example", "reviewer@council.example"
PASSWORD = "three-larks-over-a-canal"


def prepared() -> str:
    """The code from the log of a portal that nobody has begun."""
    cache.clear()  # Rates are counted there.
    said = io.StringIO()
    call_command("prepare", verbosity=0, stdout=said)
    return re.findall(r"enter the code (\S+)", said.getvalue())[0]


def begins_as(administrator: Person, code: str) -> None:
    administrator.goes_to("/")
    for name, text in {
        "code": code.lower(),
        "name": "Amina",
        "email": "amina@portal.example",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }.items():
        administrator.fills(name, text)
    administrator.presses("Create the account")


@pytest.mark.django_db(transaction=True)
def test_portal_is_begun_and_named(browser: Browser, base_url: str) -> None:
    code = prepared()
    looker = Looker(open_context(browser, base_url, language="es", width=360), "nobody yet")
    assert looker.goes_to(reverse("administrator_first"))
    looker.looks()
    assert looker.faults == []

    begins = Person(browser, base_url, language="es", width=360)
    begins.goes_to("/")
    begins.reads("Este portal es nuevo")
    begins_as(begins, code)
    expect(begins.page.locator("h1")).to_have_text("Administración")
    begins.follows("Name, languages and time zone")
    begins.fills("name_es", "Casa de Acogida")
    begins.presses("Save the settings")
    expect(begins.page.locator(".wordmark")).to_contain_text("Casa de Acogida")

    neighbour = Person(browser, base_url)
    neighbour.goes_to("/")
    expect(neighbour.page.locator(".wordmark")).to_contain_text("Casa de Acogida")
    expect(neighbour.page).to_have_title(re.compile("Casa de Acogida"))


def country() -> bytes:
    """A file of 8,000 municipalities in fifty provinces."""
    rows = ["code,name,kind,parent", "Q,Quaggaland,country,"]
    rows += [f"Q{number:02},Province {number},province,Q" for number in range(50)]
    rows += [f"Q{number % 50:02}{number:04},Town {number},municipality,Q{number % 50:02}" for number in range(8000)]
    return ("\n".join(rows) + "\n").encode()


def accepts(browser: Browser, base_url: str, email: str, name: str) -> Person:
    invited = Person(browser, base_url)
    invited.goes_to(path_in(email_to(email)))
    invited.fills("name", name)
    invited.presses("Accept the invitation")
    return invited


@pytest.mark.django_db(transaction=True)
def test_city_begins_from_nothing_without_a_shell(browser: Browser, base_url: str) -> None:
    """First administrator, 8,000 places from a file, an authority, its manager, a reviewer; then a group registers there and is verified."""
    administrator = Person(browser, base_url)
    begins_as(administrator, prepared())
    administrator.goes_to(reverse("orgs:scheme_add"))
    for name, text in {
        "code": "quagga",
        "name_en": "Quaggaland",
        "source": "Office of statistics",
        "licence": "CC BY 4.0",
    }.items():
        administrator.fills(name, text)
    administrator.presses("Add it")
    administrator.goes_to(reverse("orgs:territory_import_add", args=["quagga"]))
    administrator.attaches("file", {"name": "places.csv", "mimeType": "text/csv", "buffer": country()})
    administrator.presses("Read the file")
    administrator.presses("Check the file")
    administrator.presses("Store these places")
    assert Territory.objects.filter(scheme__code="quagga").count() == 8051

    administrator.goes_to(reverse("orgs:authority_add"))
    administrator.fills("name", "Council of Town 77")
    administrator.chooses("level_of_government", "local")
    administrator.fills("territory", "Town 77")
    administrator.fills("reasons", "It is in the official gazette.")
    administrator.fills("manager", MANAGER)
    administrator.presses("Add the authority")
    administrator.goes_to(reverse("orgs:appointment_add"))
    administrator.fills("email", REVIEWER)
    administrator.fills("territory", "Province 27")
    administrator.presses("Appoint")

    manager = accepts(browser, base_url, MANAGER, "Manager (sample)")
    manager.goes_to(reverse("orgs:my_organisations"))
    manager.reads("Council of Town 77")
    reviewer = accepts(browser, base_url, REVIEWER, "Reviewer (sample)")
    volunteer = Person(browser, base_url, language="es", width=360)
    fills_in_three_pages(volunteer, "town 77", "Trabajo")
    sends_and_confirms(volunteer, "Town 77")
    opens_the_queue(reviewer)
    reviewer.chooses("outcome", "verified")
    reviewer.presses("Decide")
    neighbour = Person(browser, base_url)
    neighbour.goes_to("/organisations/?q=costura")
    neighbour.follows(NAME)
    neighbour.reads("Contact confirmed")
    for person in (administrator, manager, reviewer, volunteer, neighbour):
        person.leaves()
