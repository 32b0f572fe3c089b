"""Who is shown a page, who is turned away, and who may change something, as `tests.access` has it in a table."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.forms import BaseModelForm
from django.http import HttpResponseBase
from django.test.utils import ContextList
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.access import logged_in, rows, things
from tests.rights import asked_of
from tests.world import USERS, World, make_second_city


def names(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[str]:
    """Of every address of the portal but the administration's."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from names(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"


def letter(response: HttpResponseBase) -> str:
    if getattr(response, "streaming", False):
        b"".join(response.streaming_content)  # type: ignore[attr-defined]
    if response.status_code == 302:
        return "L" if response.headers["Location"].startswith(reverse("account_login")) else "R"
    return {200: "P", 403: "F", 404: "N", 405: "M", 410: "G"}.get(response.status_code, str(response.status_code))


def rights_asked_for(response: Any) -> list[str]:
    """What rights rest on, of something that is there, among the fields of the page's forms."""
    contexts: list[Any] = response.context if isinstance(response.context, ContextList) else [response.context or []]
    forms = {
        value
        for context in contexts
        for layer in context
        for value in layer.values()
        if isinstance(value, BaseModelForm) and value.instance.pk
    }
    return [f"{form._meta.model._meta.label}.{name}" for form in forms for name in sorted(asked_of(form))]


def test_every_address_is_in_the_table_and_no_other() -> None:
    assert set(names()) == {name for name, *_ in rows()}


def test_every_row_says_something_of_everybody() -> None:
    assert [name for name, _, get, post in rows() if {len(get), len(post)} != {len(USERS)}] == []


@pytest.mark.django_db
@pytest.mark.parametrize("user", USERS)
def test_access(user: str, caplog: pytest.LogCaptureFixture, world: World) -> None:
    caplog.set_level("CRITICAL", "django.request")
    client = logged_in(world, user)
    session = client.cookies.get(settings.SESSION_COOKIE_NAME)
    place, arguments = USERS.index(user), things(world)
    differences = []
    for name, thing, get, post in rows():
        address = reverse(name, args=arguments[thing])
        for method, expected in (("GET", get[place]), ("POST", post[place])):
            client.cookies.clear()
            if session is not None:
                client.cookies[settings.SESSION_COOKIE_NAME] = session.value
            with transaction.atomic():  # What one request changes, the next one does not meet.
                response = client.generic(method, address)
                answer = letter(response)
                transaction.set_rollback(True)
            at = f"{method} {name} ({thing})"
            if answer != expected:
                differences.append(f"{at}: {answer} instead of {expected}")
            if user != "anonymous" and "no-store" not in response.headers.get("Cache-Control", ""):
                differences.append(f"{at}: may be kept, and was made for somebody")
            if user != "admin":
                differences += [f"{at}: asks for {asked}" for asked in rights_asked_for(response)]
    assert not differences, "\n".join(differences)


MIRRORED = [user for user in USERS if user not in ("outsider", "other_owner", "admin", "partial")]


@pytest.mark.django_db
@pytest.mark.parametrize("user", MIRRORED)
def test_access_holds_in_both_directions(user: str, caplog: pytest.LogCaptureFixture, world: World) -> None:
    """What the table says of one city's people and things holds for another city's as well: each address is tried on the things of either,
    by the same kind of person of either. `foreign` is the officer and steward of the other city each time."""
    caplog.set_level("CRITICAL", "django.request")
    second = make_second_city(world)
    place, arguments = USERS.index(user), things(second, first=world)
    client = logged_in(second, user)
    session = client.cookies.get(settings.SESSION_COOKIE_NAME)
    differences = []
    for name, thing, get, post in rows():
        if thing in OF_NO_CITY:
            continue
        for method, expected in (("GET", get[place]), ("POST", post[place])):
            client.cookies.clear()
            if session is not None:
                client.cookies[settings.SESSION_COOKIE_NAME] = session.value
            with transaction.atomic():
                answer = letter(client.generic(method, reverse(name, args=arguments[thing])))
                transaction.set_rollback(True)
            if answer != expected:
                differences.append(f"{method} {name} ({thing}): {answer} instead of {expected}")
    assert not differences, "\n".join(differences)


OF_NO_CITY = {
    "-", "indicator", "published", "previewed", "recalled", "released_file", "previewed_file", "recalled_file", "page", "nonsense",
    "mapping", "slice", "reset", "number", "figure", "task",
}  # fmt: skip


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
