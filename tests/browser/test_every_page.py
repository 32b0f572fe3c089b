"""Every page of the portal in a real browser: nothing that axe finds, no script that fails, nothing against its policy, nothing wider than the window."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from tests.access import rows, things
from tests.browser.looking import Looker, open_context
from tests.world import USERS, make_world


@pytest.mark.django_db(transaction=True)
def test_every_page_can_be_used_by_everybody(browser: Browser, base_url: str) -> None:
    """Each address as the last kind of person who may open it: who may do most meets most on it."""
    world = make_world()
    arguments, looked_at = things(world), 0
    lookers: dict[str, Looker] = {}
    for name, thing, get, _post in rows():
        users = [user for user, answer in zip(USERS, get, strict=True) if answer == "P"]
        if not users:
            continue
        user = users[-1]
        if user not in lookers:
            lookers[user] = Looker(open_context(browser, base_url, user=world.users[user]), user)
        if lookers[user].goes_to(reverse(name, args=arguments[thing])):
            lookers[user].looks(narrower=360)
            looked_at += 1
    faults = [fault for looker in lookers.values() for fault in looker.faults]
    assert not faults, f"{len(faults)} faults on {looked_at} pages\n" + "\n".join(faults)
    assert looked_at > 80
