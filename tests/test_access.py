"""Who may change something, as `tests.access` has it in a table; who is shown a page, test_planted.py asks, which opens them all."""

from typing import Any, Literal

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.urls import reverse

from tests.access import BY_FIGURES_OF_RELEASE, PEOPLE, faults_of, logged_in, names, rows, set_session, table_of
from tests.settled import settle
from tests.world import USERS, World, make_second_city


def test_every_address_is_in_the_table_and_no_other() -> None:
    assert set(names()) == {name for name, *_ in rows()}


def test_every_row_says_something_of_everybody() -> None:
    assert [name for name, _, get, post in rows() if {len(get), len(post)} != {len(USERS)}] == []


METHODS: tuple[Literal["POST", "GET"], ...] = ("POST", "GET")


@pytest.fixture(scope="module")
def module_second_city(module_world: World, django_db_blocker: Any) -> World:
    """In the transaction of the module's world, and gone with it."""
    with django_db_blocker.unblock():
        second = make_second_city(module_world)
        settle()
    return second


@pytest.mark.django_db
@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_change_something(
    who: str, caplog: pytest.LogCaptureFixture, module_second_city: World, world: World
) -> None:
    caplog.set_level("CRITICAL", "django.request")
    client = logged_in(module_second_city if who.startswith("far ") else world, who.removeprefix("far "))
    client.get(reverse("healthz"))  # When somebody was seen is written down at their first request alone.
    session = client.cookies.get(settings.SESSION_COOKIE_NAME)
    faults = []
    for one in table_of(world, module_second_city):
        for method in METHODS if one.name in BY_FIGURES_OF_RELEASE else METHODS[:1]:
            expected = one.expected(who, method)
            if expected:
                set_session(client, session)
                with transaction.atomic():  # What one request changes, the next one does not meet.
                    response = client.generic(method, one.url)
                    b"".join(response)
                    faults += faults_of(response, f"{method} {one.url} ({one.name})", who, expected=expected)
                    transaction.set_rollback(True)
    assert not faults, "\n".join(faults)


@pytest.mark.django_db
def test_administration_is_for_administrators(world: World) -> None:
    models = [f"admin:{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]
    lists = [reverse("admin:index"), *(reverse(f"{model}_changelist") for model in models)]
    forms = [reverse(f"{model}_add") for model in models] + [reverse(f"{model}_change", args=[1]) for model in models]
    for user in ("anonymous", "outsider", "owner", "manager", "steward", "reviewer", "admin"):
        client = logged_in(world, user)
        expected = 200 if user == "admin" else 302
        pages = lists if user == "admin" else lists + forms
        assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, expected), user
