"""Whoever belongs to a closed organisation acts for it no more, and reads no figures in its name; its page and its papers they may still read."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from indicators import permissions as figures
from indicators.emails import figure_stewards
from indicators.models import ImportBatch, Report, ReportRequest
from indicators.worklist import queues
from orgs import permissions as registry
from orgs.oversight import actions as oversight
from partnerships import permissions as together
from partnerships.agreements import actions as partnerships
from partnerships.agreements.forms import authorities_of
from partnerships.practices.views import partnerships_led_by
from tests.factories_partnerships import level
from tests.world import World

pytestmark = pytest.mark.django_db

RIGHTS: dict[str, tuple[str, Callable[[World, Any], Any]]] = {
    "edit the page of the authority": ("manager", lambda w, u: registry.can_edit_organisation(u, w.authority)),
    "edit the page of the association": ("owner", lambda w, u: registry.can_edit_organisation(u, w.association)),
    "manage members": ("owner", lambda w, u: registry.can_manage_members(u, w.association)),
    "keep figures": ("steward", lambda w, u: registry.is_steward(u)),
    "keep figures of the authority": ("steward", lambda w, u: figures.keeps_figures_of(u, w.authority)),
    "bring figures in": ("steward", lambda w, u: figures.authorities_of(u)),
    "decide on an import": ("manager", lambda w, u: figures.can_decide_import(u, w.things["stored"])),
    "read imports": ("steward", lambda w, u: ImportBatch.objects.visible_to(u).exists()),
    "read requests": ("steward", lambda w, u: ReportRequest.objects.visible_to(u).exists()),
    "read what was answered to it": ("steward", lambda w, u: Report.objects.visible_to(u).exists()),
    "read viewings": ("manager", lambda w, u: figures.can_read_viewings(u)),
    "see confidential figures": ("steward", lambda w, u: figures.can_see_confidential_figures(u, w.city)),
    "set targets": ("steward", lambda w, u: figures.can_set_targets(u, w.city)),
    "answer a report": ("owner", lambda w, u: figures.can_answer_report(u, w.things["owed"])),
    "have reports to look at": ("manager", lambda w, u: queues.reports_asked_for(u).exists()),
    "get letters of stewards": ("steward", lambda w, u: figure_stewards().filter(pk=u.pk).exists()),
    "log partnerships": ("officer", lambda w, u: together.can_log_partnerships(u)),
    "choose the authority": ("officer", lambda w, u: authorities_of(u).exists()),
    "edit a partnership": ("officer", lambda w, u: together.can_edit_partnership(u, w.partnership)),
    "lead partnerships": ("officer", lambda w, u: partnerships_led_by(u).exists()),
    "speak for a party": (
        "owner",
        lambda w, u: together.parties_spoken_for(u, w.partnership.parties.select_related("organisation")),
    ),
    "add practices": ("officer", lambda w, u: together.can_add_practices(u)),
    "edit a table": ("officer", lambda w, u: together.can_edit_table(u, w.things["table"])),
}


def close(world: World) -> None:
    for organisation in (world.authority, world.association):
        oversight.close_organisation(organisation=organisation, reason="Dissolved", by=world.user("admin"))
        organisation.refresh_from_db()


@pytest.mark.parametrize("right", RIGHTS)
def test_right_ends_when_the_organisation_is_closed_and_comes_back_with_it(world: World, right: str) -> None:
    who, has = RIGHTS[right]
    user = world.user(who)
    assert has(world, user), "the test shows nothing"
    close(world)
    assert not has(world, user)
    for organisation in (world.authority, world.association):
        oversight.reopen_organisation(organisation=organisation, reason="Back", by=world.user("admin"))
        organisation.refresh_from_db()
    assert has(world, user)


@pytest.mark.parametrize(
    ("who", "name", "address"),
    [
        ("owner", "association", "organisation_detail"),
        ("owner", "association", "orgs:member_list"),
        ("viewer", "association", "orgs:member_list"),
        ("manager", "authority", "orgs:member_list"),
    ],
)
def test_its_people_still_read_its_page(world: World, who: str, name: str, address: str) -> None:
    close(world)
    client = Client()
    client.force_login(world.user(who))
    assert client.get(reverse(address, args=[getattr(world, name).slug])).status_code == 200


def test_association_still_reads_what_it_has_answered(world: World) -> None:
    close(world)
    assert Report.objects.visible_to(world.user("owner")).exists()


def test_closed_authority_or_partner_begins_no_partnership(world: World) -> None:
    officer = world.user("officer")
    facts: dict[str, Any] = {
        "authority": world.authority, "partners": [world.association], "kind": world.partnership.kind, "title": "Another",
        "territory": world.city, "domains": list(world.partnership.domains.all()), "promised": level("inform"),
        "starts_on": world.partnership.starts_on, "by": officer,
    }  # fmt: skip
    close(world)
    with pytest.raises(ValidationError, match="closed"):
        partnerships.log_partnership(**facts)
    with pytest.raises(ValidationError, match="closed"):
        partnerships.propose_partnership(partnership=world.draft, by=officer)
    oversight.reopen_organisation(organisation=world.authority, reason="Back", by=world.user("admin"))
    world.authority.refresh_from_db()
    with pytest.raises(ValidationError, match="closed"):
        partnerships.propose_partnership(partnership=world.draft, by=officer)
