"""A planted figure is looked for everywhere: each address of the access table, as every kind of person of two cities.

Each planted number is protected (it is smaller than the threshold, as 2 would be) and like no other on a page, however it is written.
Where it may stand, and for whom, is said by `indicators.permissions.TRUE_FIGURES_STAND`.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from indicators import actions, rollup
from indicators.grid import Typed, cells_of
from indicators.models import Import, Indicator, Period, Release, TrueViewing
from indicators.permissions import TRUE_FIGURES_STAND, TrueRight
from orgs.models import User
from tests.indicators.land import MAPPING, table
from tests.test_access import rows, things
from tests.world import World, make_second_city, make_world

APPROVED, STORED, REFUSED, TYPED, ANSWERED, REPORTED = 30211, 30223, 30237, 30241, 30253, 30269
PLANTED = {APPROVED, STORED, REFUSED, TYPED, ANSWERED, REPORTED}
THRESHOLD = 32_000
# In any language, in an attribute, in JSON, in a file: with whatever stands between the thousands.
WRITTEN = re.compile(r"(?<!\d)(30)(?:[.,'’\s  ]|&#?\w{1,6};|\\u[0-9a-f]{4})?(2\d\d)(?!\d)")
SPREADSHEETS = ("xlsx",)


def plant(world: World, city: World, letter: str) -> None:
    """Into one city: counted and not released, stored, refused, typed, and answered by its association."""
    land, steward, owner = world.land, city.user("steward"), city.user("owner")
    land.observe(f"{letter}1", "2022", APPROVED, key="sex=F")
    land.observe(f"{letter}1", "2019", APPROVED)

    def check(*row: Any) -> Import:
        file = SimpleUploadedFile("planted.csv", table(row))
        return actions.check_import(mapping=MAPPING, file=file, authority=city.authority, by=steward)

    city.things["stored"] = actions.store_import(batch=check(f"{letter}2", 2024, "all", STORED), by=steward)
    city.things["refused"] = check(f"{letter}3", 2024, "all", f"{REFUSED}p")
    cells = cells_of(
        indicators=[land.indicators["PEOPLE"]], periods=[Period.objects.get(code="2016")], territory=city.city
    )
    choice = {
        "indicator": "PEOPLE", "territory": city.city.pk, "period": "2016", "with_parts": False, "dimension": "", "address": "",
    }  # fmt: skip
    actions.save_entry(
        authority=city.authority,
        cells=cells,
        answers={cell.key: Typed(Decimal(TYPED)) for cell in cells},
        choice=choice,
        seen=actions.signature(cells),
        title="Typed",
        send=False,
        by=steward,
    )
    owed, sent = city.things["owed"], city.things["sent"]
    actions.save_report(
        report=owed,
        answers={cell.key: Typed(Decimal(ANSWERED)) for cell in actions.cells_of_request(owed.request)},
        version=owed.version,
        by=owner,
    )
    actions.return_report(report=sent, note="Count again", by=steward)
    sent.refresh_from_db()
    answers = {cell.key: Typed(Decimal(REPORTED)) for cell in actions.cells_of_request(sent.request)}
    sent = actions.save_report(report=sent, answers=answers, version=sent.version, by=owner)
    actions.submit_report(report=sent, by=owner)
    sent.refresh_from_db()
    assert sent.batch is not None
    actions.accept_findings(batch=sent.batch, reason="A test says so", by=steward)
    city.things["sent"] = actions.approve_report(
        report=sent, by=steward
    )  # What counts is told in the next one's hints.


@pytest.fixture
def cities(db: None) -> tuple[World, World]:
    world = make_world()
    actions.discard_release(release=world.things["previewed"])
    second = make_second_city(world)
    Indicator.objects.update(threshold=THRESHOLD, rounding=1)
    plant(world, world, "N")
    plant(world, second, "E")
    rollup.roll_up()
    world.things["published"] = actions.publish_release(note="With the planted ones, protected")
    world.things["previewed"] = actions.start_release(note="Second")
    return world, second


def addresses(world: World, second: World) -> Iterator[tuple[str, str]]:
    """(name, address): every one of the access table on the things of either city, and what hangs on them."""
    for arguments in (things(world), things(second, first=world)):
        for name, thing, *_letters in rows():
            yield name, reverse(name, args=arguments[thing])
    for city, letter in ((world, "N"), (second, "E")):
        for place in (f"{letter}1", city.city.code):
            for period in ("2019", "2022"):
                yield "indicators:figure", reverse("indicators:figure", args=["PEOPLE", "test-land", place, period])
            yield (
                "indicators:indicator",
                reverse("indicators:indicator", args=["PEOPLE"]) + f"?territory=test-land:{place}",
            )
            yield "indicators:territory", reverse("indicators:territory", args=["test-land", place])
        choice = f"?authority={city.authority.pk}&indicator=PEOPLE&period="
        for place, period in ((city.city.code, "2016"), (f"{letter}1", "2019"), (f"{letter}1", "2020")):
            yield "indicators:entry", reverse("indicators:entry") + f"{choice}{period}&territory={place}"
    for ending in ("csv", "xlsx", "sdmx.csv", "json"):
        yield (
            "indicators:release_download",
            reverse("indicators:release_download", args=[world.things["published"].pk, ending]),
        )


def content_of(response: HttpResponseBase) -> str:
    content = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
    return content.decode(errors="replace")


def found_in(text: str) -> set[int]:
    return {int("".join(match)) for match in WRITTEN.findall(text)} & PLANTED


def own_of(person: User, world: World, second: World) -> set[TrueRight]:
    """By which rights somebody may read something without having given a reason."""
    rights = set()
    if person in (world.users["steward"], second.users["steward"]):
        rights.add(TrueRight.OWN)
    if person in (city.users[name] for city in (world, second) for name in ("owner", "editor")):
        rights.add(TrueRight.OWN_ORGANISATION)
    return rights


def test_planted_figure_stands_nowhere_without_the_right(cities: tuple[World, World], capsys: Any) -> None:
    world, second = cities
    everything = list(dict.fromkeys(addresses(world, second)))
    people = dict(world.users) | {f"far {n}": u for n, u in second.users.items()}
    seen, wrong, read = 0, [], set()
    for who, person in people.items():
        client = Client(raise_request_exception=False)
        if person is not None:
            client.force_login(person)
        own = own_of(person, world, second) if person is not None else set()
        for name, address in everything:
            if name in ("account_logout", "set_language"):
                continue
            found = found_in(content_of(client.get(address)))
            seen += 1
            if found and not TRUE_FIGURES_STAND.get(name, set()) & own:
                wrong.append(f"{who}: {sorted(found)} on {address}")
            read |= found
    with capsys.disabled():
        print(f"\nplanted figures: {len(everything)} addresses × {len(people)} people = {seen} looked at")
    assert wrong == []
    assert {TYPED, ANSWERED, REFUSED} <= read, "who typed a figure reads it, so the search finds what there is"
    assert Release.objects.current() == world.things["published"]


def test_planted_figure_is_read_by_who_keeps_it_and_gives_a_reason(cities: tuple[World, World]) -> None:
    """On the record, each time; and the other city's steward, with a reason or without, reads nothing."""
    world, _second = cities
    colleague, foreign = world.user("manager"), world.user("foreign")
    batch, report = world.things["refused"], world.things["sent"]
    figure = reverse("indicators:figure", args=["PEOPLE", "test-land", "N1", "2019"])
    entry = reverse("indicators:entry") + f"?authority={world.authority.pk}&indicator=PEOPLE&period=2019&territory=N1"
    pages = {figure: APPROVED, entry: APPROVED, batch.get_absolute_url(): REFUSED, report.get_absolute_url(): REPORTED}
    for person, is_read in ((foreign, False), (colleague, True)):
        client = Client()
        client.force_login(person)
        assert {page for page in pages if found_in(content_of(client.get(page)))} == set()
        reason = {"reason": "To compare it with the register"}
        client.post(reverse("indicators:true_access", args=["PEOPLE", "test-land", "N1"]), reason)
        for one in (batch, report.batch):
            client.post(reverse("indicators:batch_access", args=[one.pk]), reason)
        before = TrueViewing.objects.count()
        found = {page: found_in(content_of(client.get(page))) for page in pages}
        assert found == {page: {number} if is_read else set() for page, number in pages.items()}
        assert (TrueViewing.objects.count() > before) == is_read
