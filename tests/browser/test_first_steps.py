"""Whoever has started a portal opens it on a telephone: the code from the log, an account, a name. No shell in between."""

import io
import re

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.looking import Looker, open_context
from tests.browser.people import Person

PASSWORD = "three-larks-over-a-canal"


@pytest.mark.django_db(transaction=True)
def test_portal_is_begun_and_named(browser: Browser, base_url: str) -> None:
    cache.clear()  # Rates are counted there.
    said = io.StringIO()
    call_command("prepare", verbosity=0, stdout=said)
    code = re.findall(r"enter the code (\S+)", said.getvalue())[0]
    looker = Looker(open_context(browser, base_url, language="es", width=360), "nobody yet")
    assert looker.goes_to(reverse("administrator_first"))
    looker.looks()
    assert looker.faults == []

    begins = Person(browser, base_url, language="es", width=360)
    begins.goes_to("/")
    begins.reads("Este portal es nuevo")
    for name, text in {
        "code": code.lower(),
        "name": "Amina",
        "email": "amina@portal.example",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }.items():
        begins.fills(name, text)
    begins.presses("Create the account")
    expect(begins.page.locator("h1")).to_have_text("Administración")
    begins.follows("Name, languages and time zone")
    begins.fills("name_es", "Casa de Acogida")
    begins.presses("Save the settings")
    expect(begins.page.locator(".wordmark")).to_contain_text("Casa de Acogida")

    neighbour = Person(browser, base_url)
    neighbour.goes_to("/")
    expect(neighbour.page.locator(".wordmark")).to_contain_text("Casa de Acogida")
    expect(neighbour.page).to_have_title(re.compile("Casa de Acogida"))
