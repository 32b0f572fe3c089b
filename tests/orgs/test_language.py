"""In which language a page comes: as pressed, as the account says, as the browser likes; never in one that is half translated."""

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from devtools.translations import COMPLETE
from integration_portal import settings as portal_settings
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def offered(settings):
    """As if French and Arabic were not complete, as a new language is not."""
    settings.OFFERED_LANGUAGES = ["en", "es"]


def language_of(client: Client, **headers: str) -> tuple[str, str]:
    response = client.get(reverse("about"), headers=headers)
    html = response.content.decode()
    start = html.index("<html lang=")
    tag = html[start : html.index(">", start)]
    assert response["Content-Language"] == tag.split('"')[1]
    return tag.split('"')[1], tag.split('"')[3]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("ar", ("en", "ltr")),
        ("ar-MA,ar;q=0.9,es;q=0.5", ("es", "ltr")),
        ("fr,en;q=0.8", ("en", "ltr")),
        ("es-AR", ("es", "ltr")),
        ("", ("en", "ltr")),
    ],
)
def test_browser_gets_a_language_that_is_complete(client, accepted, expected):
    assert language_of(client, **{"accept-language": accepted}) == expected


def test_incomplete_language_is_neither_offered_nor_pressed(client):
    html = client.get(reverse("about")).content.decode()
    assert "Español" in html
    assert "العربيّة" not in html
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "ar"
    assert language_of(client) == ("en", "ltr")


def test_every_complete_language_is_read_in_its_direction(client, settings):
    settings.OFFERED_LANGUAGES = portal_settings.OFFERED_LANGUAGES
    assert language_of(client, **{"accept-language": "ar-MA,es;q=0.5"}) == ("ar", "rtl")
    assert language_of(client, **{"accept-language": "fr-CA,en;q=0.8"}) == ("fr", "ltr")
    assert "العربيّة" in client.get(reverse("about")).content.decode()


def test_account_comes_before_the_browser_and_what_was_pressed_before_both(client):
    client.force_login(UserFactory(language="es"))
    assert language_of(client, **{"accept-language": "en"})[0] == "es"
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    assert language_of(client, **{"accept-language": "es"})[0] == "en"


def test_languages_are_offered_once_they_are_complete():
    assert set(portal_settings.OFFERED_LANGUAGES) == {"en", *COMPLETE}
    assert set(portal_settings.OFFERED_LANGUAGES) <= {code for code, _name in portal_settings.LANGUAGES}
