"""Every page, as every kind of person of two cities: who is shown it, as tests/access.py has it in a table, and what it tells.

Planted figures are looked for everywhere: on each address of the access table, and on what hangs on them.

Two kinds are planted in either city. What nobody has released (stored, refused, typed, answered, reported, counted after the release), and what
a release has rounded, are numbers of seven digits like no other on a page, however they are written: these are searched for. What a
release has suppressed is a 2, which no search can tell from any other: each page is looked at twice, the second time after the 2 and the 3
of its neighbour have changed places, so that all that is public stays as it is. A page that differs tells of them.

Where a confidential figure may stand, and for whom, is said by `indicators.permissions.CONFIDENTIAL_FIGURES_STAND`. What the registry keeps for a
few is planted too, and searched for in the same answers: `tests/planted_words.py` says for whom each word is.
"""

import difflib
import io
import re
import zipfile
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from indicators.imports import actions as imports
from indicators.models import (
    ConfidentialViewing,
    Figure,
    ImportBatch,
    Indicator,
    Observation,
    Period,
    Release,
    ReleasedFigure,
)
from indicators.permissions import CONFIDENTIAL_FIGURES_STAND, TrueRight
from indicators.quality import actions as quality
from indicators.releases import actions as releases
from indicators.releases import freeze
from indicators.reports import actions as reports
from indicators.reports import entry as entry_actions
from indicators.reports.cells import Typed, cells_of
from indicators.rollup import worker
from tests.access import BY_FIGURES_OF_RELEASE, PEOPLE, Address, faults_of, logged_in, set_session, table_of
from tests.indicators.land import MAPPING, table
from tests.planted_words import BY_LETTER, SECRETS, beginning, plant_words, told_to_others, words_in
from tests.settled import settle
from tests.world import World, make_second_city, make_world

EXACT, LATE, STORED, REFUSED, TYPED, ANSWERED, REPORTED = 1, 21, 37, 49, 63, 87, 99
"""The last digits of the searched numbers; the first ones tell the city."""
BETWEEN = r"(?:[.,'’_\s\u00a0\u202f\u2009]|&#?\w{1,6};|\\u[0-9a-f]{4}|%\w\w)?"
# In any language, in an attribute, in JSON, in a file: with whatever stands between the thousands.
WRITTEN = re.compile(rf"9{BETWEEN}([78])00{BETWEEN}0(01|21|37|49|63|87|99)(?!\d)")
# What differs between two looks at a page, whatever the figures: what a form keeps secret, what is signed, and the time.
PASSING = re.compile(
    r'name="(?:csrfmiddlewaretoken|once)" value="[^"]*"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
    r"|[\w-]+:[\w-]{6}:[\w-]{43}"
    r"|<time\b[^>]*>[^<]*</time>|\b\d\d:\d\d\b|<dcterms:\w+[^>]*>[^<]*"
)
LOOKING_TWICE = ("anonymous", "owner", "manager", "steward", "admin", "far steward")
"""One of each kind of right to figures: they look at every page of figures a second time, and at the files, which take long. All others do so
where a confidential figure may stand for somebody, and so would for the wrong ones."""
TELLS_FIGURES = re.compile(
    r"indicators:|territory_detail$|home$|search$|organisation_detail$|partnerships:partnership_detail$"
)
OWN = {"steward": {TYPED, REFUSED}, "owner": {ANSWERED, REPORTED}, "editor": {ANSWERED, REPORTED}}
FILES = ("indicators:release_download", "indicators:report_workbook")


@dataclass
class Cities:
    first: World
    second: World
    pairs: list[tuple[Observation, Observation]]
    people: set[str] = field(default_factory=set)
    words_read: set[tuple[str, int]] = field(default_factory=set)
    answers: int = 0
    answers_compared: int = 0

    def client(self, who: str) -> Client:
        world, name = (self.second, who.removeprefix("far ")) if who.startswith("far ") else (self.first, who)
        return logged_in(world, name)

    def count(self, *, is_swapped: bool) -> None:
        """Counts the suppressed pairs anew, as 2 and 3 or as 3 and 2; all that is computed follows."""
        for pair in self.pairs:
            for observation, amount in zip(pair, (3, 2) if is_swapped else (2, 3), strict=True):
                Observation.objects.filter(pk=observation.pk).update(numerator=amount)
        assert worker.roll_up() is not None
        cache.clear()


def number(letter: str, last_digits: int) -> int:
    return {"N": 9_700_000, "E": 9_800_000}[letter] + last_digits


def plant_released(city: World, letter: str) -> list[tuple[Observation, Observation]]:
    """What a release will suppress, or round. Returned are the pairs: no sum of them, and nothing rounded, depends on who has 1, 2, 3 or 4.

    They are 1 and 4 in the release, so that as much is counted anew before either look.
    """
    land = city.land
    land.observe(f"{letter}3", "2022", number(letter, EXACT), key="sex=M")
    for place, men in (("1", 999), ("2", 1998)):
        land.observe(f"{letter}{place}", "2022", men, key="sex=M")
    return [
        (land.observe(f"{letter}1", "2022", 1, **cell), land.observe(f"{letter}2", "2022", 4, **cell))
        for cell in ({"key": "sex=F"}, {"indicator": "RATE", "denominator": 31})
    ]


def plant_unreleased(city: World, letter: str) -> None:
    """Counted after the release, stored, refused, typed, and answered by the city's association."""
    land, steward, owner = city.land, city.user("steward"), city.user("owner")
    land.observe(f"{letter}4", "2022", number(letter, LATE), key="sex=F")
    land.observe(f"{letter}1", "2019", number(letter, LATE))

    def check(*row: Any) -> ImportBatch:
        file = SimpleUploadedFile("planted.csv", table(row))
        return imports.ingest(mapping=MAPPING, file=file, authority=city.authority, by=steward)

    city.things["stored"] = imports.store_import(
        batch=check(f"{letter}2", 2024, "all", number(letter, STORED)), by=steward
    )
    city.things["refused"] = check(f"{letter}3", 2024, "all", f"{number(letter, REFUSED)}p")
    cells = cells_of(
        indicators=[land.indicators["PEOPLE"]], periods=[Period.objects.get(code="2016")], territory=city.city
    )
    choice = {
        "indicator": "PEOPLE", "territory": city.city.pk, "period": "2016", "with_parts": False, "dimension": "", "address": "",
    }  # fmt: skip
    entry_actions.save_entry(
        authority=city.authority,
        cells=cells,
        answers={cell.key: Typed(Decimal(number(letter, TYPED))) for cell in cells},
        choice=choice,
        seen=entry_actions.signature(cells),
        title="Typed",
        send=False,
        by=steward,
    )
    owed, sent = city.things["owed"], city.things["sent"]
    reports.save_report(
        report=owed,
        answers={cell.key: Typed(Decimal(number(letter, ANSWERED))) for cell in reports.cells_of_request(owed.request)},
        version=owed.version,
        by=owner,
    )
    reports.return_report(report=sent, note="Count again", by=steward)
    sent.refresh_from_db()
    answers = {cell.key: Typed(Decimal(number(letter, REPORTED))) for cell in reports.cells_of_request(sent.request)}
    sent = reports.save_report(report=sent, answers=answers, version=sent.version, by=owner)
    reports.submit_report(report=sent, by=owner)
    sent.refresh_from_db()
    assert sent.batch is not None
    quality.accept_findings(batch=sent.batch, reason="A test says so", by=steward)
    # What counts is told in the hints of the next report.
    city.things["sent"] = reports.approve_report(report=sent, by=steward)


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cities]:
    """Built once for the tests of the module, and gone after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        releases.discard_release(release=world.things["previewed"])
        second = make_second_city(world)
        Indicator.objects.update(threshold=5, rounding=5)
        pairs = plant_released(world, "N") + plant_released(second, "E")
        worker.roll_up()
        world.things["published"] = releases.publish_release(note="With the planted ones, protected")
        plant_unreleased(world, "N")
        plant_unreleased(second, "E")
        worker.roll_up()
        world.things["previewed"] = releases.start_release(note="Second")
        plant_words(world, "N")
        plant_words(second, "E")
        settle()
        cities = Cities(world, second, pairs)
        yield cities
        print(
            f"\nplanted figures: {len(addresses(cities))} addresses × {len(cities.people)} people,"
            f" {cities.answers} answers searched, {cities.answers_compared} of them looked at twice"
        )
        transaction.set_rollback(True)


@pytest.fixture
def cities(built: Cities, db: None) -> Cities:
    """What a test changes is undone after it."""
    return built


def addresses(cities: Cities) -> list[Address]:
    """Every one of the access table on the things of either city, and what hangs on them."""
    found: dict[str, Address] = {}
    for one in table_of(cities.first, cities.second) + further(cities):
        found.setdefault(one.url, one)
    return list(found.values())


def further(cities: Cities) -> list[Address]:
    """Pages of figures that the table has of other things, or not with that choice."""
    world, second, found = cities.first, cities.second, []
    for city, letter in ((world, "N"), (second, "E")):
        batches = [city.things[name] for name in ("stored", "odd", "checked", "approved")] + [city.things["sent"].batch]
        found += [
            (name, reverse(name, args=[batch.pk]))
            for name in ("indicators:import_detail", "indicators:import_messages", "indicators:batch_access")
            for batch in batches
        ]
        found.append(("indicators:report_detail", city.things["sent"].get_absolute_url()))
        for place in (f"{letter}1", city.city.code):
            at = f"territory=test-land:{place}"
            found += [
                (
                    "indicators:figure_detail",
                    reverse("indicators:figure_detail", args=["PEOPLE", "test-land", place, year]),
                )
                for year in ("2019", "2022")
            ]
            women = (
                reverse("indicators:figure_detail", args=["PEOPLE", "test-land", place, "2022"]) + "?breakdown=sex=F"
            )
            found += [
                ("indicators:figure_detail", women),
                ("indicators:indicator_detail", reverse("indicators:indicator_detail", args=["PEOPLE"]) + f"?{at}"),
                ("indicators:indicator_detail", reverse("indicators:indicator_detail", args=["RATE"]) + f"?{at}"),
                ("indicators:indicator_chart", reverse("indicators:indicator_chart", args=["PEOPLE"]) + f"?{at}"),
                ("territory_detail", reverse("territory_detail", args=["test-land", place])),
            ]
        pair = "?" + "&".join(f"territory=test-land:{letter}{number}" for number in (1, 2, 4))
        by_groups = f"?by=groups&territory=test-land:{letter}1&group=sex%3DF&group=sex%3DM"
        found += [
            (name, reverse(name, args=[indicator]) + query)
            for name in ("indicators:compare", "indicators:compare_chart")
            for indicator, query in (("PEOPLE", pair), ("RATE", pair), ("PEOPLE", by_groups))
        ]
        choice = f"?authority={city.authority.pk}&indicator=PEOPLE&period="
        found += [
            ("indicators:entry", reverse("indicators:entry") + f"{choice}{period}&territory={place}")
            for place, period in ((city.city.code, "2016"), (f"{letter}1", "2019"), (f"{letter}1", "2022"))
        ]
    released = cities.first.things["published"].pk
    found += [
        ("indicators:release_download", reverse("indicators:release_download", args=[released, ending]))
        for ending in ("csv", "xlsx", "sdmx.csv", "json")
    ]
    return [Address(name, address) for name, address in found]


def content_of(response: HttpResponseBase) -> str:
    content = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
    return content.decode(errors="replace")


def found_in(text: str) -> set[tuple[str, int]]:
    """(letter of the city, last digits)."""
    return {("N" if first == "7" else "E", int(last)) for first, last in WRITTEN.findall(text)}


def own_rights(who: str, letter: str) -> set[TrueRight]:
    """By which rights somebody may read something of a city without having given a reason."""
    own = {"steward": TrueRight.OWN, "owner": TrueRight.OWN_ORGANISATION, "editor": TrueRight.OWN_ORGANISATION}
    name = who.removeprefix("far ")
    is_own_city = who.startswith("far ") == (letter == "E")
    return {own[name]} if is_own_city and name in own else set()


@pytest.mark.parametrize("who", PEOPLE)
def test_page_is_shown_to_whom_it_is_for_and_tells_no_planted_figure(
    who: str, cities: Cities, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "django.request")
    read, words, wrong, pages = set(), set(), [], {}
    for one, response, text in answers(cities, who, is_swapped=False):
        cities.answers += 1
        expected = "" if one.name in BY_FIGURES_OF_RELEASE else one.expected(who, "GET")
        wrong += faults_of(response, f"GET {one.url} ({one.name})", who, expected=expected)
        found = found_in(text)
        read |= found
        words |= set() if one.name in BY_LETTER else words_in(text)
        wrong += [f"{one.url}: tells {told}" for told in told_to_others(one.name, text, who)]
        allowed = CONFIDENTIAL_FIGURES_STAND.get(one.name, set())
        wrong += [
            f"{one.url}: tells {letter} {digits}" for letter, digits in found if not allowed & own_rights(who, letter)
        ]
        is_told = one.name in CONFIDENTIAL_FIGURES_STAND or (who in LOOKING_TWICE and TELLS_FIGURES.match(one.name))
        if response.status_code == 200 and is_told:
            pages[one.url] = PASSING.sub("", text)
    assert not wrong, "\n".join(wrong)
    # Who typed a figure reads it, so the search finds what there is.
    assert {
        ("E" if who.startswith("far ") else "N", digits) for digits in OWN.get(who.removeprefix("far "), ())
    } <= read
    cities.people.add(who)
    cities.words_read |= words
    # Who leads an organisation reads what is kept for its people, so the search finds what there is.
    assert bool(words) is any(who.removeprefix("far ") in secret.readers for secret in SECRETS)
    different = [
        line
        for one, _response, text in answers(cities, who, is_swapped=True, only=pages)
        for line in differences(one.url, pages[one.url], PASSING.sub("", text))
    ]
    cities.answers_compared += len(pages)
    assert pages
    assert different == []


def answers(
    cities: Cities, who: str, *, is_swapped: bool, only: Container[str] | None = None
) -> Iterator[tuple[Address, Any, str]]:
    """(address, response, what it says); what is changed by looking is undone."""
    with transaction.atomic():
        cities.count(is_swapped=is_swapped)
        client = cities.client(who)
        session = client.cookies.get(settings.SESSION_COOKIE_NAME)
        for one in addresses(cities):
            is_left_out = one.name in FILES and who not in LOOKING_TWICE and not one.expected(who, "GET")
            if not is_left_out and (only is None or one.url in only):
                set_session(client, session)
                response = client.get(one.url)
                text = content_of(response)
                if response.status_code == 302:  # What the next page would say is said here, whichever page that is.
                    text = response.headers["Location"] + messages_taken_from(client)
                yield one, response, text
        transaction.set_rollback(True)


def messages_taken_from(client: Client) -> str:
    session = client.session
    said = session.pop("_messages", "")
    if said:
        session.save()
    return str(said)


def differences(address: str, one: str, other: str) -> list[str]:
    if one == other:
        return []
    lines = difflib.unified_diff(one.splitlines(), other.splitlines(), address, address, n=0, lineterm="")
    return [line[:400] for line in lines][:12]


def test_second_look_sees_what_a_page_tells(cities: Cities) -> None:
    """The manager who has given a reason reads the suppressed number, and then the two looks differ."""
    client = cities.client("manager")
    page = reverse("indicators:figure_detail", args=["PEOPLE", "test-land", "N1", "2022"]) + "?breakdown=sex=F"
    looks = []
    for has_reason in (False, True):
        if has_reason:
            reason = {"reason": "To compare it with the register"}
            client.post(reverse("indicators:confidential_access", args=["PEOPLE", "test-land", "N1"]), reason)
            messages_taken_from(client)
        for is_swapped in (False, True):
            cities.count(is_swapped=is_swapped)
            looks.append(PASSING.sub("", content_of(client.get(page))))
    assert [looks[0] == looks[1], looks[2] == looks[3]] == [True, False]


def test_release_is_the_same_whichever_neighbour_has_two(cities: Cities) -> None:
    released = []
    for is_swapped in (False, True):
        with transaction.atomic():
            cities.count(is_swapped=is_swapped)
            release = Release.objects.create(state=Release.State.DISCARDED)
            freeze.freeze(release)
            columns = [
                column.attname
                for column in ReleasedFigure._meta.concrete_fields
                if column.name not in ("id", "release")
            ]
            rows_of_release = list(
                release.figures.order_by("indicator", "territory", "period", "breakdown").values(*columns)
            )
            true = Figure.objects.get(
                indicator__code="PEOPLE", territory__code="N1", period__code="2022", breakdown__key="sex=F"
            )
            assert true.value == (3 if is_swapped else 2)
            released.append(rows_of_release)
            transaction.set_rollback(True)
    assert released[0]
    assert released[0] == released[1]


def test_planted_figure_is_read_by_who_keeps_it_and_gives_a_reason(cities: Cities) -> None:
    """On the record, each time; and the other city's steward, with a reason or without, reads nothing."""
    world = cities.first
    colleague, foreign = world.user("manager"), world.user("foreign")
    batch, report = world.things["refused"], world.things["sent"]
    figure = reverse("indicators:figure_detail", args=["PEOPLE", "test-land", "N1", "2019"])
    entry = reverse("indicators:entry") + f"?authority={world.authority.pk}&indicator=PEOPLE&period=2019&territory=N1"
    pages = {figure: LATE, entry: LATE, batch.get_absolute_url(): REFUSED, report.get_absolute_url(): REPORTED}
    for person, is_read in ((foreign, False), (colleague, True)):
        client = Client()
        client.force_login(person)
        assert {page for page in pages if found_in(content_of(client.get(page)))} == set()
        reason = {"reason": "To compare it with the register"}
        client.post(reverse("indicators:confidential_access", args=["PEOPLE", "test-land", "N1"]), reason)
        for one in (batch, report.batch):
            client.post(reverse("indicators:batch_access", args=[one.pk]), reason)
        before = ConfidentialViewing.objects.count()
        found = {page: found_in(content_of(client.get(page))) for page in pages}
        assert found == {page: {("N", digits)} if is_read else set() for page, digits in pages.items()}
        assert (ConfidentialViewing.objects.count() > before) == is_read


@pytest.mark.parametrize("who", ["anonymous", "outsider", "far owner", "steward"])
def test_search_finds_nothing_by_what_is_kept_for_a_few(who: str, cities: Cities) -> None:
    """Not even that somebody has it: whoever types how it begins is told of nobody."""
    client, world = cities.client(who), cities.first
    places = (
        "search",
        "orgs:organisation_list",
        "orgs:service_search",
        "orgs:opportunity_search",
        "orgs:lookup_organisations",
    )
    exports = [reverse("orgs:organisation_export", args=[ending]) for ending in ("csv", "geojson", "hsds")]
    names = [world.association.name, world.hidden.name, world.things["unclaimed"].name]
    for number, secret in enumerate(SECRETS):
        for address in [*map(reverse, places), *exports]:
            text = content_of(client.get(address, {"q": beginning("n", number)}))
            assert [name for name in names if name in text] == [], f"{address} by {secret.name}"
