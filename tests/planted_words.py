"""What the registry keeps for a few: words like no other, planted in a city's world, each with those of its people who may read it.

Whoever is of neither city, and whoever is of the other one, reads none of them.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from orgs.listing import actions as listing
from orgs.models import ImportedOrganisation, Listing, Measure, ProposedChange, Remark, Vouching
from orgs.organisations import actions as organisations
from tests.access import STRANGERS
from tests.world import World

OWN = frozenset({"owner", "editor", "viewer"})
LEADING = frozenset({"owner", "editor"})
ADMINISTRATORS = frozenset({"admin"})
REVIEWERS = frozenset({"reviewer", "partial"})
WRITTEN = re.compile(r"quokka(?P<letter>[ne])(?P<number>\d\d)secret", re.IGNORECASE)


@dataclass(frozen=True)
class Secret:
    """`put` writes the word where it belongs."""

    name: str
    readers: frozenset[str]
    put: Callable[[World, str], object]


def beginning(letter: str, number: int) -> str:
    """Of the word: what somebody may type who guesses it."""
    return f"quokka{letter.lower()}{number:02}"


def change(row: Any, **facts: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**facts)


def withhold_address(world: World, word: str) -> None:
    change(world.association, address=f"{word} street 1", address_is_public=False)


def set_contact(world: World, word: str) -> None:
    organisations.set_contact(
        organisation=world.association, name=word, email=f"{word}@example.org", phone="", by=world.user("owner")
    )


def propose_name(world: World, word: str) -> None:
    facts = {"name": [world.association.name, word]}
    world.things["change"] = world.association.proposed_changes.get(state=ProposedChange.State.OPEN)
    change(world.things["change"], facts=facts)


def propose_address(world: World, word: str) -> None:
    waiting = world.association.proposed_changes.get(state=ProposedChange.State.OPEN)
    change(waiting, facts={**waiting.facts, "address": [f"{word} street 2", "Street 3"]})


def write_into_history(world: World, word: str) -> None:
    """Where it was: in the rows from before, in what a file and a merge did, in what a reviewer saw at a decision."""
    house = world.association
    event = apps.get_model("orgs.OrganisationEvent")._base_manager
    event.filter(pgh_obj_id=house.pk).update(address=f"{word} street 4", address_is_public=True)
    ImportedOrganisation.objects.create(
        batch=world.things["organisations_file"], organisation=house, line=9, before={"address": word}, after={}
    )
    change(world.things["own_verification"], profile={"address": f"{word} street 5"})


def write_into_file(world: World, word: str) -> None:
    batch = world.things["organisations_file"]
    change(batch, contents=json.loads(json.dumps(batch.contents).replace("From a file", word)))


def ask_by_email(world: World, word: str) -> None:
    for organisation in (world.association, world.things["unclaimed"]):
        listing.ask_to_join_by_email(
            organisation=organisation, name=word, email=f"{word}@example.org", said=word, language="en"
        )


def measure_of(world: World) -> Measure:
    found: Measure = world.things["measure"]
    return found


SECRETS = [
    Secret("private contact", OWN | REVIEWERS | ADMINISTRATORS, set_contact),
    Secret("address that is not public", LEADING | REVIEWERS | ADMINISTRATORS, withhold_address),
    Secret(
        "description of one that is not public",
        REVIEWERS | ADMINISTRATORS,
        lambda world, word: change(world.hidden, description=word),
    ),
    Secret("proposed name", OWN | REVIEWERS | ADMINISTRATORS, propose_name),
    Secret("address as it was, of which another is proposed", LEADING | REVIEWERS | ADMINISTRATORS, propose_address),
    Secret("address in the history", frozenset(), write_into_history),
    Secret(
        "remark on a page",
        frozenset({"owner"}) | REVIEWERS | ADMINISTRATORS,
        lambda world, word: change(world.things["remark"], words=word),
    ),
    Secret(
        "address left with a remark",
        frozenset(),
        lambda world, word: Remark.objects.filter(pk=world.things["remark"].pk).update(email=f"{word}@example.org"),
    ),
    Secret(
        "need in somebody's own words",
        REVIEWERS | ADMINISTRATORS,
        lambda world, word: change(world.things["need"], words=word),
    ),
    Secret(
        "request to join",
        frozenset({"owner"}),
        lambda world, word: change(world.things["asked_of_ours"], said=word),
    ),
    Secret(
        "request to join one that nobody leads",
        REVIEWERS | ADMINISTRATORS,
        lambda world, word: change(world.things["asked"], said=word),
    ),
    Secret("request to join whose address is not confirmed", frozenset(), ask_by_email),
    Secret(
        "address to which a listing is told",
        frozenset(),
        lambda world, word: Listing.objects.filter(organisation=world.things["unclaimed"]).update(
            notice_email=f"{word}@example.org"
        ),
    ),
    Secret(
        "invited address",
        frozenset({"owner"}) | ADMINISTRATORS,
        lambda world, word: change(world.things["invitation"], email=f"{word}@example.org".lower()),
    ),
    Secret(
        "reasons of reviewers to an organisation",
        OWN | REVIEWERS | ADMINISTRATORS,
        lambda world, word: change(world.things["own_verification"], reasons=word),
    ),
    Secret(
        "what a reviewer saw before a change",
        frozenset({"reviewer"}) | ADMINISTRATORS,
        lambda world, word: change(world.things["reviewed"], profile={"description": word}),
    ),
    Secret(
        "words to another organisation",
        LEADING | ADMINISTRATORS,
        lambda world, word: change(world.things["match"], words=word),
    ),
    Secret(
        "what a voucher knows of a group",
        OWN | REVIEWERS | ADMINISTRATORS,
        lambda world, word: Vouching.objects.filter(pk=world.things["vouching"].pk).update(words=word),
    ),
    Secret(
        "reasons of a measure",
        REVIEWERS | ADMINISTRATORS,
        lambda world, word: change(measure_of(world), reasons=word),
    ),
    Secret(
        "appeal against a measure",
        REVIEWERS | ADMINISTRATORS,
        lambda world, word: change(measure_of(world), appeal=word),
    ),
    Secret(
        "name of a member",
        OWN | {"partial"} | ADMINISTRATORS,  # Who reviews in part belongs to it too.
        lambda world, word: change(world.things["member"].user, name=word),
    ),
    Secret(
        "rows of a file of organisations",
        ADMINISTRATORS,
        write_into_file,
    ),
]


def plant_words(world: World, letter: str) -> None:
    for number, secret in enumerate(SECRETS):
        secret.put(world, f"{beginning(letter, number)}secret")


def words_in(text: str) -> set[tuple[str, int]]:
    """(letter of the city, number in SECRETS) of those that a page tells."""
    return {(found["letter"].upper(), int(found["number"])) for found in WRITTEN.finditer(text)}


BY_LETTER = {"orgs:invitation_detail"}
"""Pages for whoever has got the letter with their address, which is the key."""


def told_to_others(page: str, text: str, who: str) -> list[str]:
    """What a page tells somebody who may not read it; `page` is the name of its address."""
    if page in BY_LETTER:
        return []
    city = "E" if who.startswith("far ") else "N"
    name = who.removeprefix("far ")
    return [
        f"{SECRETS[number].name} of {letter}"
        for letter, number in sorted(words_in(text))
        if name not in SECRETS[number].readers or (letter != city and name not in STRANGERS)
    ]
