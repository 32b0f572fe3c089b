"""Every page of the portal in a real browser: nothing that axe finds, no script that fails, nothing wider than the window."""

from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser

from tests.access import rows, things
from tests.world import USERS, make_world


def note_error(faults: list[str], address: str, error: object) -> None:
    faults.append(f"{address}: {error}")


@pytest.mark.django_db(transaction=True)
def test_every_page_can_be_used_by_everybody(browser: Browser, base_url: str) -> None:
    """Each address as the last kind of person who may open it: who may do most meets most on it."""
    world = make_world()
    arguments, looked_at = things(world), 0
    faults: list[str] = []
    contexts = {}
    for name, thing, get, _post in rows():
        users = [user for user, answer in zip(USERS, get, strict=True) if answer == "P"]
        if not users:
            continue
        user, address = users[-1], reverse(name, args=arguments[thing])
        if user not in contexts:
            contexts[user] = browser.new_context(base_url=base_url, viewport={"width": 1280, "height": 900})
            person = world.users[user]
            if person is not None:
                client = Client()
                client.force_login(person)
                cookie = client.cookies[settings.SESSION_COOKIE_NAME]
                contexts[user].add_cookies([{"name": cookie.key, "value": cookie.value, "url": base_url}])
        answer = contexts[user].request.get(address)
        if "text/html" not in answer.headers.get("content-type", "") or "<!doctype" not in answer.text()[:200].lower():
            continue
        page = contexts[user].new_page()
        page.on("pageerror", partial(note_error, faults, address))
        page.goto(address)
        found = Axe().run(page).response["violations"]
        faults += [f"{address} ({user}): {one['id']} {one['nodes'][0]['html'][:160]}" for one in found]
        page.set_viewport_size({"width": 360, "height": 800})
        if not page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
            faults.append(f"{address} ({user}): wider than a window of 360 pixels")
        page.close()
        looked_at += 1
    for context in contexts.values():
        context.close()
    assert not faults, f"{len(faults)} faults on {looked_at} pages\n" + "\n".join(faults)
    assert looked_at > 80
