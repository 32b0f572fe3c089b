"""What an installation says of itself: on every page and in every e-mail, in every process, without a query for it."""

import datetime
import time
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from celery import shared_task
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from post_office.models import Email

from integration_portal import settings as portal_settings
from orgs import installation
from orgs.mail.emails import queue_email_to
from orgs.models import Portal, PublicPage
from orgs.models.portal import time_zones
from orgs.portal import actions as portals
from orgs.portal.forms import zone_choices
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/administration/portal/"


@pytest.fixture(autouse=True)
def offered(settings: Any) -> None:
    """As if French and Arabic were not complete, as a new language is not."""
    settings.OFFERED_LANGUAGES = ["en", "es"]


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    return client


def typed(**changed: Any) -> dict[str, Any]:
    return {
        "name_en": "Welcome House",
        "name_es": "Casa de Acogida",
        "contact_email": "hello@portal.example",
        "languages": ["en", "es"],
        "first_language": "en",
        "time_zone": "America/Bogota",
        "version": Portal.objects.get().version,
        **changed,
    }


def change_elsewhere(**changed: Any) -> None:
    """As another process would: this one is not told."""
    Portal.objects.update(version=Portal.objects.get().version + 1, **changed)


def page(path: str = "", language: str = "en") -> str:
    return Client().get(path or reverse("about"), headers={"accept-language": language}).content.decode()


def test_row_is_there_from_the_start_and_alone() -> None:
    assert Portal.objects.get().title == "Integration Portal"
    with pytest.raises(IntegrityError, match="portal_one"), transaction.atomic():
        Portal.objects.create(id=2)


@pytest.mark.parametrize(("languages", "first"), [(["en"], "es"), ([], "es")])
def test_first_language_is_one_of_those_offered(languages: list[str], first: str) -> None:
    with pytest.raises(IntegrityError, match="portal_first_language_offered"), transaction.atomic():
        Portal.objects.update(languages=languages, first_language=first)


def test_without_a_choice_it_is_as_the_settings_say(settings: Any) -> None:
    portal = Portal.objects.get()
    assert portal.offered_languages == settings.OFFERED_LANGUAGES
    assert portal.default_language == settings.LANGUAGE_CODE
    assert str(portal.zone) == settings.TIME_ZONE
    with translation.override("es"):
        assert portal.title == "Portal de Integración"


def test_language_that_is_no_longer_complete_is_not_offered(settings: Any) -> None:
    portal = Portal(languages=["fr", "es"], first_language="fr")
    assert (portal.offered_languages, portal.default_language) == (["es"], "es")
    assert Portal(languages=["fr"], first_language="fr").offered_languages == settings.OFFERED_LANGUAGES


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"name_en": "House", "name_es": "Casa"}, ("House", "Casa")),
        ({"name_es": "Casa"}, ("Casa", "Casa")),
        ({"name_en": "House", "name_fr": "Maison"}, ("House", "House")),
        ({}, ("Integration Portal", "Portal de Integración")),
    ],
)
def test_name_is_in_the_readers_language_else_in_another(names: dict[str, str], expected: tuple[str, str]) -> None:
    portal = Portal(**names)
    found = []
    for language in ("en", "es"):
        with translation.override(language):
            found.append(portal.title)
    assert tuple(found) == expected


def test_settings_stand_on_every_page_at_once(administrator: Client) -> None:
    assert page().count("Integration Portal") >= 3
    assert "hello@portal.example" not in page()
    answer = administrator.post(ADDRESS, typed())
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("administration"))
    for language, name in (("en", "Welcome House"), ("es", "Casa de Acogida")):
        html = page(language=language)
        assert html.count(name) >= 3
        assert "Integration Portal" not in html
        assert "mailto:hello@portal.example" in html
        assert name in page("/no-such-page/", language=language)
        with translation.override(language):
            assert name in render_to_string("500.html")


def test_name_stands_in_emails_in_the_readers_language(administrator: Client) -> None:
    administrator.post(ADDRESS, typed())
    for language, name in (("en", "Welcome House"), ("es", "Casa de Acogida")):
        email = queue_email_to(UserFactory(language=language), "second_step_removed", {})
        assert name in email.message
    Client().post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert not Email.objects.filter(message__contains="Integration Portal").exists()


def test_authenticator_apps_show_the_name(administrator: Client) -> None:
    administrator.post(ADDRESS, typed())
    user = UserFactory()
    for language, name in (("en", "Welcome%20House"), ("es", "Casa%20de%20Acogida")):
        with translation.override(language):
            assert f"issuer={name}" in get_adapter().build_totp_url(user, "SECRET").replace("+", "%20")


def test_language_that_is_not_chosen_is_neither_offered_nor_served(administrator: Client) -> None:
    administrator.post(ADDRESS, typed(languages=["es"], first_language="es"))
    html = page(language="en")
    assert '<html lang="es"' in html
    assert "English" not in html
    client = Client()
    client.force_login(UserFactory(language="en"))
    assert '<html lang="es"' in client.get(reverse("about")).content.decode()


def test_first_language_is_for_whoever_asks_for_none_of_them(administrator: Client) -> None:
    administrator.post(ADDRESS, typed(first_language="es"))
    assert '<html lang="es"' in page(language="de")
    assert '<html lang="en"' in page(language="en")


def test_times_and_days_are_those_of_the_portal(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    late = datetime.datetime(2026, 3, 1, 2, 0, tzinfo=datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: late)
    before = administrator.get(reverse("about")).context["today"]
    administrator.post(ADDRESS, typed(time_zone="America/Bogota"))
    after = administrator.get(reverse("about")).context["today"]
    assert (before.isoformat(), after.isoformat()) == ("2026-03-01", "2026-02-28")
    assert timezone.get_current_timezone_name() == portal_settings.TIME_ZONE, "it ends with the request"


@shared_task
def tell_time_zone() -> str:
    return timezone.get_current_timezone_name()


def test_task_decides_what_day_it_is_as_pages_do() -> None:
    change_elsewhere(time_zone="America/Bogota")
    installation.forget()
    assert tell_time_zone.apply().get() == "America/Bogota"
    assert timezone.get_current_timezone_name() == portal_settings.TIME_ZONE


def test_time_zone_that_the_machine_does_not_know_is_that_of_the_settings() -> None:
    assert str(Portal(time_zone="Europe/Nowhere").zone) == portal_settings.TIME_ZONE


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name_en": "", "name_es": ""}, "name_en", "at least one language"),
        ({"name_es": "Dos\u2028líneas" + "x" * 60}, "name_es", "at most 60"),
        ({"languages": []}, "languages", "at least one language"),
        ({"languages": ["es"], "first_language": "en"}, "first_language", "in which the portal is offered"),
        ({"languages": ["fr"]}, "languages", "fr is not"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Mars/Olympus is not"),
        ({"contact_email": "nobody"}, "contact_email", "valid email"),
    ],
)
def test_bad_input_is_said_and_nothing_is_stored(administrator: Client, change: Any, field: str, words: str) -> None:
    before = Portal.objects.values().get()
    answer = administrator.post(ADDRESS, typed(**change))
    assert answer.status_code == 200
    assert words in " ".join(answer.context["form"].errors[field])
    assert Portal.objects.values().get() == before
    assert "Integration Portal" in page()


def test_second_of_two_editors_is_told(administrator: Client) -> None:
    stale = typed(name_en="Second")
    administrator.post(ADDRESS, typed(name_en="First"))
    answer = administrator.post(ADDRESS, stale)
    assert "Somebody else saved this" in answer.content.decode()
    assert Portal.objects.get().title == "First"


def test_form_shows_what_holds(administrator: Client) -> None:
    form = administrator.get(ADDRESS).context["form"]
    values = {name: form[name].value() for name in ("languages", "first_language", "time_zone")}
    assert values == {"languages": ["en", "es"], "first_language": "en", "time_zone": portal_settings.TIME_ZONE}
    assert "name_ar" not in form.fields


def test_every_time_zone_can_be_chosen() -> None:
    offered = {name for _region, zones in zone_choices() for name, _label in zones}
    assert offered == time_zones()
    assert {"UTC", "Europe/Madrid", "America/Argentina/Buenos_Aires", portal_settings.TIME_ZONE} <= offered


def test_nobody_else_changes_it() -> None:
    with pytest.raises(PermissionDenied):
        portals.update_portal(portal=Portal.objects.get(), by=UserFactory())


# --- In several processes, without a query ----------------------------------------------------------------------------------


def test_page_costs_no_query_for_it() -> None:
    client = Client()
    client.force_login(UserFactory())
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("about"))
    assert [query for query in captured if "orgs_portal" in query["sql"]] == []


def test_change_by_another_process_is_noticed_after_a_while(settings: Any) -> None:
    change_elsewhere(name_en="Elsewhere")
    assert "Integration Portal" in page()
    settings.PORTAL_SECONDS = -1
    assert "Elsewhere" in page()


def test_kept_page_follows_a_change_by_another_process_at_once(settings: Any) -> None:
    settings.PUBLIC_PAGES_SECONDS = 900
    assert "Integration Portal" in page(language="de")
    change_elsewhere(name_es="En otra parte", languages=["es"], first_language="es", time_zone="Pacific/Auckland")
    html = page(language="de")
    assert "En otra parte" in html
    assert '<html lang="es"' in html
    with CaptureQueriesContext(connection) as captured:
        assert page(language="de") == html
    assert len(captured) == 1
    assert str(installation.current().zone) == "Pacific/Auckland"
    assert PublicPage.objects.count() == 2


def test_page_of_errors_asks_nobody() -> None:
    installation.forget()
    with CaptureQueriesContext(connection) as captured:
        assert "Integration Portal" in render_to_string("500.html")
    assert len(captured) == 0


def test_portal_without_its_row_is_as_the_settings_say() -> None:
    Portal.objects.all().delete()
    installation.forget()
    assert installation.current().title == "Integration Portal"
    assert installation.heard_of(None)


def test_reading_holds_for_a_while(settings: Any) -> None:
    settings.PORTAL_SECONDS = 3600
    installation.Memory.known = installation.Known(Portal(name_en="Known"), time.monotonic())
    assert installation.current().title == "Known"
    installation.Memory.known = installation.Known(Portal(name_en="Known"), time.monotonic() - 3601)
    assert installation.current().title == "Integration Portal"
