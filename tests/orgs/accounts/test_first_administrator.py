"""The first account of an empty portal: by the code in the log, or by a command on the server."""

import io
import re
import sys
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from orgs.accounts import actions as accounts
from orgs.accounts import first_administrator
from orgs.management.commands import create_administrator
from orgs.models import User
from tests.factories import UserFactory
from tests.posts import token_on
from tests.threads import at_once

pytestmark = pytest.mark.django_db

ADDRESS = "/administration/first/"
PASSWORD = "three-larks-over-a-canal"


def typed(**changed: str) -> dict[str, str]:
    return {
        "code": first_administrator.code(),
        "name": "Amina",
        "email": "Amina@Portal.example",
        "password": PASSWORD,
        "password_again": PASSWORD,
        "language": "es",
        **changed,
    }


def test_code_has_eighty_bits_and_is_the_same_in_every_process() -> None:
    assert re.fullmatch("([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", first_administrator.code())
    assert len(first_administrator.SIGNS) == len(set(first_administrator.SIGNS)) == 32
    assert first_administrator.code() == first_administrator.code()


def test_code_follows_from_secret_key_and_database_and_never_comes_back(settings: Any) -> None:
    seen = {first_administrator.code()}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET applied = applied + interval '1 day'")
    seen.add(first_administrator.code())
    settings.SECRET_KEY = "another"
    seen.add(first_administrator.code())
    for _ in range(2):
        person = UserFactory(is_staff=True)
        User.objects.filter(pk=person.pk).update(is_staff=False)
        seen.add(first_administrator.code())
    assert len(seen) == 5
    UserFactory()
    assert first_administrator.code() in seen, "anybody else's account makes the code in the log worthless"


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code.replace('-', '')}\n"]
)
def test_code_is_read_as_people_copy_it(change: Any) -> None:
    assert first_administrator.is_right(change(first_administrator.code()))


@pytest.mark.parametrize("wrong", ["", "-", "0000-0000-0000-0000", "Ω" * 16])
def test_other_code_is_wrong(wrong: str) -> None:
    assert not first_administrator.is_right(wrong)
    assert not first_administrator.is_right(first_administrator.code()[:-1])


def test_code_opens_the_first_account_and_logs_in(client: Client) -> None:
    answer = client.post(ADDRESS, typed())
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("administration"))
    user = User.objects.get()
    assert (user.email, user.name, user.language, user.is_staff) == ("amina@portal.example", "Amina", "es", True)
    assert user.check_password(PASSWORD)
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == ("amina@portal.example", True, True)
    page = client.get(reverse("administration"))
    assert page.status_code == 200
    assert 'lang="es"' in page.content.decode()
    assert client.get(ADDRESS).status_code == 404
    assert Client().post(ADDRESS, typed(email="second@portal.example")).status_code == 404
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"code": "0000-0000-0000-0000"}, "code", "This is not the code"),
        ({"password": "password12", "password_again": "password12"}, "password", "too common"),
        ({"password": "1029384756", "password_again": "1029384756"}, "password", "numeric"),
        ({"password": "amina@portal", "password_again": "amina@portal"}, "password", "too similar"),
        ({"password_again": "something-else"}, "password_again", "passwords differ"),
        ({"email": "nobody"}, "email", "valid email"),
        ({"language": "xx"}, "language", "valid choice"),
        ({"name": " "}, "name", "required"),
    ],
)
def test_bad_input_is_said_and_nothing_is_stored(client: Client, change: Any, field: str, words: str) -> None:
    answer = client.post(ADDRESS, typed(**change))
    assert answer.status_code == 200
    assert words in " ".join(answer.context["form"].errors[field])
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()
    assert PASSWORD not in answer.content.decode()


def test_account_of_somebody_else_is_not_taken_over(client: Client) -> None:
    known = UserFactory(email="amina@portal.example")
    answer = client.post(ADDRESS, typed())
    assert "already an account" in " ".join(answer.context["form"].errors["email"])
    known.refresh_from_db()
    assert not known.is_staff
    assert known.check_password("password")


def test_guessing_is_slowed_down_by_address(client: Client) -> None:
    statuses = [client.post(ADDRESS, typed(code="0000")).status_code for _ in range(22)]
    assert (statuses[0], statuses[-1]) == (200, 429)
    assert client.post(ADDRESS, typed()).status_code == 429
    assert not User.objects.exists()


def test_button_that_is_pressed_twice_leads_to_the_same_page() -> None:
    client, again = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    sending = typed() | {"csrfmiddlewaretoken": token_on(client, ADDRESS)}
    again.cookies["csrftoken"] = client.cookies["csrftoken"].value
    for browser in (client, again):
        answer = browser.post(ADDRESS, sending)
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("administration"))
    assert User.objects.count() == 1
    assert again.post(ADDRESS, sending | {"email": "other@portal.example"}).status_code == 404


def test_sample_administrator_is_none_outside_a_demo(settings: Any) -> None:
    UserFactory(is_staff=True, is_sample=True)
    assert first_administrator.is_missing()
    settings.DEMO = True
    assert not first_administrator.is_missing()


def test_portal_whose_administrator_was_closed_is_not_opened_to_whoever_comes(client: Client) -> None:
    UserFactory(is_staff=True, is_active=False)
    assert client.get(ADDRESS).status_code == 404
    assert client.get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_server_says_the_code_at_its_start_as_long_as_it_is_needed(caplog: pytest.LogCaptureFixture) -> None:
    assert at_once(first_administrator.announce) == [None]
    assert first_administrator.code() in caplog.text
    caplog.clear()
    UserFactory(is_staff=True)
    assert at_once(first_administrator.announce) == [None]
    assert caplog.text == ""


@pytest.mark.django_db(transaction=True)
def test_server_starts_where_the_database_is_not_prepared(caplog: pytest.LogCaptureFixture) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orgs_user RENAME TO orgs_user_of_another_day")
        try:
            assert at_once(first_administrator.announce) == [None]
        finally:
            cursor.execute("ALTER TABLE orgs_user_of_another_day RENAME TO orgs_user")
    assert "is not known" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_becomes_administrator() -> None:
    def create(email: str) -> User:
        return accounts.create_first_administrator(email=email, name="", password=PASSWORD, language="en")

    outcomes = at_once(partial(create, "one@portal.example"), partial(create, "two@portal.example"))
    assert {type(outcome) for outcome in outcomes} == {User, ValidationError}
    assert User.objects.administrators().count() == 1


# --- On the server --------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_administrator", *arguments, stdout=out)
    return out.getvalue()


def test_command_prints_an_address_that_works_once(client: Client, settings: Any) -> None:
    said = run("Amina@portal.example", "--name", "Amina  B")
    user = User.objects.get()
    assert (user.email, user.name, user.is_staff, user.has_usable_password()) == (
        "amina@portal.example", "Amina B", True, False,
    )  # fmt: skip
    path = said.split(settings.PUBLIC_URL)[1].strip()
    form = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    other = Client()
    assert "password1" not in other.get(path, follow=True).content.decode()
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.get(reverse("administration")).status_code == 200


def test_command_takes_a_password_from_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    answers = iter([PASSWORD, PASSWORD])
    monkeypatch.setattr(create_administrator, "getpass", lambda prompt: next(answers))
    assert "http" not in run("amina@portal.example")
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(("answers", "words"), [(["short", "short"], "too short"), ([PASSWORD, "other"], "differ")])
def test_command_refuses_a_bad_password(monkeypatch: pytest.MonkeyPatch, answers: list[str], words: str) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    given = iter(answers)
    monkeypatch.setattr(create_administrator, "getpass", lambda prompt: next(given))
    with pytest.raises(CommandError, match=words):
        run("amina@portal.example")
    assert not User.objects.exists()


def test_command_makes_an_administrator_of_somebody_who_has_an_account() -> None:
    known = UserFactory(email="amina@portal.example", name="Amina")
    run("amina@portal.example", "--name", "Another name")
    known.refresh_from_db()
    assert (known.is_staff, known.name, known.check_password("password")) == (True, "Amina", True)


def test_command_refuses_what_is_no_address() -> None:
    with pytest.raises(CommandError, match="valid email"):
        run("nobody")
