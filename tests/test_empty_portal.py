"""A portal in which nobody has done anything yet: from the empty database to the list of what is to be set up."""

import io
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orgs.models import Domain, PublicPage, User
from tests.factories import UserFactory
from tests.pages import words_of

pytestmark = pytest.mark.django_db


def prepare() -> str:
    out = io.StringIO()
    call_command("prepare", verbosity=0, stdout=out)
    return out.getvalue()


def test_from_the_empty_database_to_the_list_of_what_is_to_be_set_up(client: Client, settings: Any) -> None:
    said = prepare()
    assert Domain.objects.count() == 11
    address, code = re.search(r"(http\S+) and enter the code (\S+)", said).groups()  # type: ignore[union-attr]
    answer = client.get("/")
    assert answer.status_code == 302
    assert f"{settings.PUBLIC_URL}{answer.headers['Location']}" == address
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert code not in page.content.decode()
    password = "three-larks-over-a-canal"
    done = client.post(
        answer.headers["Location"],
        {
            "code": code,
            "name": "Amina",
            "email": "amina@portal.example",
            "password": password,
            "password_again": password,
            "language": "en",
        },
        follow=True,
    )
    assert done.redirect_chain[-1][0] == reverse("administration")
    words = words_of(done.content.decode())
    assert "Name, languages and time zone" in words
    assert "11 domains" in words
    assert User.objects.administrators().count() == 1
    assert "enter the code" not in prepare()
    assert client.get("/").status_code == Client().get("/").status_code == 200


def test_first_page_says_what_the_portal_is_for(client: Client) -> None:
    UserFactory(is_staff=True)
    answer = client.get("/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert reverse("orgs:registration_start") in page
    assert reverse("indicators:territory_list") in page


def test_lead_to_the_first_account_is_never_kept_and_costs_visitors_nothing_afterwards(settings: Any) -> None:
    settings.PUBLIC_PAGES_SECONDS = 900
    for _ in range(2):
        answer = Client().get("/")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "private, no-store")
    assert not PublicPage.objects.exists()
    assert Client().get(reverse("about")).status_code == 200
    UserFactory(is_staff=True)
    assert Client().get("/").status_code == 200
    with CaptureQueriesContext(connection) as captured:
        assert Client().get("/").status_code == 200
    assert len(captured) == 1


def test_signed_in_person_is_not_led_away(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/").status_code == 200
