"""Pages that everybody gets alike are made once; what was made for somebody is never among them, and what changes is seen at once."""

import gzip
import re
import threading
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import INFO
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.session import SessionStorage
from django.db import connection, connections, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.releases import actions as releases
from integration_portal import public_pages
from orgs import public_pages as public_pages_actions
from orgs.models import Organisation, PublicChange, PublicPage, Service
from tests.access import rows, things
from tests.factories import OrganisationFactory, ServiceFactory, UserFactory
from tests.world import World, make_world

pytestmark = pytest.mark.django_db

NOT_WATCHED = {
    "orgs_publicchange": "is the version itself",
    "orgs_verification": "is decided together with orgs_organisation, in the same transaction",
    "orgs_publicpage": "is what is kept",
    "orgs_territoryclosure": "follows from orgs_territory, in the same statement",
    "orgs_territoryreach": "follows from orgs_territory and orgs_territorysuccession, in the same statement",
    "indicators_releasedfigure": "never changes once its release is public",
    "indicators_releasedindicator": "never changes once its release is public",
    "indicators_breakdownmargin": "follows from indicators_breakdown, in the same transaction",
    "orgs_user": "is watched for accounts that are closed and reopened; its names are those of who approved a release, which stewards alone see",
    "indicators_qualityrule": "is read for what nobody but stewards sees",
}


@pytest.fixture(autouse=True)
def kept(settings: Any) -> None:
    settings.PUBLIC_PAGES_SECONDS = 900


def addresses(world: World) -> list[tuple[str, str]]:
    """Of every page that a visitor sees (P for GET, first in its row), by the name of its address."""
    arguments = things(world)
    return [(name, reverse(name, args=arguments[thing])) for name, thing, get, _ in rows() if get[0] == "P"]


def kept_pages(world: World) -> list[tuple[str, str]]:
    return [(name, address) for name, address in addresses(world) if name in public_pages.PAGES]


def test_pages_are_those_that_visitors_see() -> None:
    seen = {name for name, _, get, _ in rows() if get[0] == "P"}
    assert seen >= public_pages.PAGES


def test_visitor_gets_no_cookie_and_pages_that_caches_may_keep() -> None:
    world = make_world()
    pages = kept_pages(world)
    assert len(pages) >= 23
    for name, address in pages:
        first, second = Client().get(address), Client().get(address)
        assert first.status_code == second.status_code == 200, name
        assert not first.cookies, name
        assert not second.cookies, name
        assert "public" in second.headers["Cache-Control"], name
        assert "Cookie" not in second.headers["Vary"], name
        assert "Accept-Language" in second.headers["Vary"], name
        assert first.headers["ETag"] == second.headers["ETag"], name
        assert first.content == second.content, name
        assert b"csrfmiddlewaretoken" not in second.content, name
        again = Client().get(address, headers={"If-None-Match": second.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), name


def test_visitor_who_only_reads_gets_no_cookie_anywhere() -> None:
    """But where something is sent: registration, invitation and log-in carry the token of a form."""
    world = make_world()
    with_form = set()
    for name, address in addresses(world):
        response: Any = Client().get(address)
        content = b"".join(response) if response.streaming else response.content
        if b"csrfmiddlewaretoken" in content:
            with_form.add(name)
        else:
            assert not response.cookies, name
    assert "account_login" in with_form
    assert {
        name
        for name in with_form
        if not name.startswith(("account_", "orgs:registration"))
        and name
        not in (
            "orgs:invitation_detail",
            "orgs:listing_opt_out",
            "orgs:join_add",
            "orgs:join_confirm",
            "orgs:services_still_right",
            "orgs:need_add",
            "remark_add",
        )
    } == set()


def test_kept_page_costs_one_query(client: Client) -> None:
    city = make_world().city
    first = client.get(city.get_absolute_url())
    with CaptureQueriesContext(connection) as captured:
        second = client.get(city.get_absolute_url())
    assert [query["sql"].strip().split()[0] for query in captured] == ["SELECT"]
    assert second.content == first.content


def test_every_table_that_public_pages_read_is_watched() -> None:
    """So that no write can forget them, by whichever way it comes."""
    world = make_world()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'public_update'")
        watched = {table for (table,) in cursor.fetchall()}
    read: dict[str, str] = {}
    for name, address in kept_pages(world):
        PublicPage.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            Client().get(address)
        for query in captured:
            for table in re.findall(
                r'\b(?:FROM|JOIN)\s+"?((?:orgs|indicators|partnerships)_\w+)\b(?!\()', query["sql"]
            ):
                read.setdefault(table, name)
    assert len(read) > 15
    assert {table: name for table, name in read.items() if table not in watched and table not in NOT_WATCHED} == {}


def text(response: Any) -> str:
    return str(response.content.decode())


def test_change_by_any_way_is_seen_at_once(client: Client) -> None:
    organisation = OrganisationFactory(published=True, name="Before")
    address = organisation.get_absolute_url()
    assert "Before" in text(client.get(address))
    Organisation.objects.filter(pk=organisation.pk).update(name="By update")
    assert "By update" in text(client.get(address))
    service = ServiceFactory(organisation=organisation, title="Language café")
    assert "Language café" in text(client.get(address))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orgs_service SET title = 'By plain SQL'")
    assert "By plain SQL" in text(client.get(address))
    Service.objects.bulk_create(
        [Service(organisation=organisation, domain=service.domain, title="In bulk", email="a@example.org")]
    )
    assert "In bulk" in text(client.get(address))
    Service.objects.all().delete()
    assert "In bulk" not in text(client.get(address))
    Organisation.objects.filter(pk=organisation.pk).update(tier="", verified_at=None)
    assert client.get(address).status_code == 404


def test_statement_that_changes_nothing_makes_no_page_anew() -> None:
    OrganisationFactory(published=True)
    before = PublicChange.objects.count()
    Organisation.objects.filter(pk=0).update(name="Nobody")
    Service.objects.filter(pk=0).delete()
    assert PublicChange.objects.count() == before


def test_recalled_release_is_gone_at_once(client: Client) -> None:
    world = make_world()
    address = reverse("indicators:release_detail", args=[world.things["published"].pk])
    assert client.get(address).status_code == 200
    tag = client.get(address).headers["ETag"]
    releases.recall_release(release=world.things["published"], reason="It told of a family")
    for headers in ({}, {"If-None-Match": tag}):
        response = client.get(address, headers=headers)
        assert response.status_code == 410
        assert "public" not in response.headers["Cache-Control"]
    assert client.get(address).status_code == 410, "the answer to one who asked was kept for the next"


@pytest.mark.django_db(transaction=True)
def test_change_that_is_not_committed_yet_counts_when_it_is(client: Client) -> None:
    """A page is made while somebody else's change is still open: when that is committed, the page is made anew."""
    organisation = OrganisationFactory(published=True, name="Before")
    address = organisation.get_absolute_url()
    has_changed, may_commit = threading.Event(), threading.Event()

    def change() -> None:
        try:
            with transaction.atomic():
                Organisation.objects.filter(pk=organisation.pk).update(name="After")
                has_changed.set()
                may_commit.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=change)
    writer.start()
    assert has_changed.wait(20)
    with transaction.atomic():
        other = OrganisationFactory(published=True)  # A later change, committed first.
    assert "Before" in text(client.get(address))
    assert PublicPage.objects.exists()
    may_commit.set()
    writer.join()
    assert "After" in text(client.get(address))
    assert other.pk


# --- Never what was made for somebody ---------------------------------------------------------------------------------------


def test_page_of_somebody_is_neither_kept_nor_answered_from_what_is_kept() -> None:
    make_world()
    user = UserFactory(name="Amina Somebody")
    person = Client()
    person.force_login(user)
    address = reverse("orgs:organisation_list")
    own = person.get(address)
    assert "Amina Somebody" in text(own)
    assert own.headers["Cache-Control"] == "private, no-store"
    assert not PublicPage.objects.exists()
    visitor = Client().get(address)
    assert "Amina Somebody" not in text(visitor)
    assert PublicPage.objects.count() == 1
    assert "Amina Somebody" in text(person.get(address))
    same = person.get(address, headers={"If-None-Match": visitor.headers["ETag"]})
    assert same.status_code == 200
    assert "Amina Somebody" in text(same)


def test_visitor_with_a_session_gets_a_page_of_their_own() -> None:
    """A message that waits for them stands in it."""
    client = Client()
    session = client.session
    request = RequestFactory().get("/")
    request.session = session
    storage = SessionStorage(request)
    session[SessionStorage.session_key] = storage.serialize_messages([Message(INFO, "For you alone")])
    session.save()
    assert list(client.cookies) == [settings.SESSION_COOKIE_NAME]
    response = client.get(reverse("about"))
    assert "For you alone" in text(response)
    assert response.headers["Cache-Control"] == "private, no-store"
    assert not PublicPage.objects.exists()
    assert "For you alone" not in text(Client().get(reverse("about")))


def test_each_language_has_its_page() -> None:
    address = reverse("about")
    english, spanish = (Client().get(address, headers={"accept-language": code}) for code in ("en", "es-AR,es;q=0.9"))
    assert ('<html lang="en"' in text(english), '<html lang="es"' in text(spanish)) == (True, True)
    assert english.headers["ETag"] != spanish.headers["ETag"]
    assert [each.headers["Content-Language"] for each in (english, spanish)] == ["en", "es"]
    pressed = Client()
    pressed.post(reverse("set_language"), {"language": "es", "next": address})
    assert pressed.get(address, headers={"accept-language": "en"}).content == spanish.content
    assert PublicPage.objects.count() == 2


def test_language_is_chosen_without_a_token_and_without_a_session() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(reverse("set_language"), {"language": "es", "next": "/about/"})
    assert response.headers["Location"] == "/about/"
    assert list(client.cookies) == [settings.LANGUAGE_COOKIE_NAME]
    assert (
        client.post(reverse("set_language"), {"language": "es", "next": "https://evil.example/"}).headers["Location"]
        == "/"
    )


def test_fragment_for_htmx_is_not_the_page_of_everybody() -> None:
    Client().get(reverse("about"), headers={"HX-Request": "true"})
    assert not PublicPage.objects.exists()


def test_head_answers_as_get_and_keeps_nothing() -> None:
    address = reverse("about")
    assert Client().head(address).status_code == 200
    assert not PublicPage.objects.exists()
    got, head = Client().get(address), Client().head(address)
    assert head.content == b""
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize("query", [{"q": "a" * 1000}, {}])
def test_endless_addresses_fill_nothing(query: dict[str, str]) -> None:
    Client().get(reverse("orgs:organisation_list"), query)
    assert PublicPage.objects.count() == (0 if query else 1)


def test_page_that_says_no_store_is_not_kept(client: Client) -> None:
    for name in ("account_login", "orgs:registration_start"):
        response = client.get(reverse(name))
        assert "no-store" in response.headers["Cache-Control"]
    assert not PublicPage.objects.exists()


def test_page_for_another_host_or_day_is_another(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    for host in ("one.example", "two.example", "one.example"):
        client.get(reverse("about"), headers={"host": host})
    assert PublicPage.objects.count() == 2
    monkeypatch.setattr(public_pages, "code_version", lambda: "another version of the portal")
    client.get(reverse("about"), headers={"host": "one.example"})
    assert PublicPage.objects.count() == 3


def test_page_is_compressed_for_whom_takes_it(client: Client) -> None:
    address = reverse("about")
    plain = client.get(address)
    assert "Content-Encoding" not in plain.headers
    assert b"<html" in plain.content
    for accepted, is_compressed in [
        ("gzip, deflate, br", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("br", False),
    ]:
        response = client.get(address, headers={"accept-encoding": accepted})
        assert (response.headers.get("Content-Encoding") == "gzip") is is_compressed, accepted
        assert (gzip.decompress(response.content) if is_compressed else response.content) == plain.content
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.django_db(transaction=True)
def test_kept_page_costs_one_statement_and_a_lost_connection_no_error(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between requests a connection is to be checked (CONN_HEALTH_CHECKS); the query for the page is that check."""
    address = reverse("about")
    made = client.get(address)
    own = connections["default"]
    monkeypatch.setattr(own, "health_check_enabled", True)
    monkeypatch.setattr(own, "is_usable", lambda: pytest.fail("The connection was checked by a query of its own."))
    own.health_check_done = False  # type: ignore[attr-defined]
    assert client.get(address).content == made.content
    other = own.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [own.connection.info.backend_pid])
    other.close()
    own.health_check_done = False  # type: ignore[attr-defined]
    assert client.get(address).content == made.content


def test_page_is_made_anew_after_its_time(client: Client) -> None:
    address = reverse("about")
    client.get(address)
    PublicPage.objects.update(body=gzip.compress(b"what is kept"))
    assert text(client.get(address)) == "what is kept"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orgs_publicpage SET made_at = now() - interval '901 seconds'")
    assert text(client.get(address)) != "what is kept"


def test_kept_page_says_what_every_page_says(client: Client) -> None:
    address = reverse("about")
    made, found = client.get(address), client.get(address)
    for name in (
        "X-Frame-Options",
        "Content-Security-Policy",
        "Permissions-Policy",
        "X-Content-Type-Options",
        "Content-Type",
        "Content-Language",
    ):
        assert found.headers[name] == made.headers[name], name


def test_old_pages_and_changes_are_removed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("about", "accessibility", "data_licence"):
        client.get(reverse(name))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orgs_publicpage SET made_at = now() - interval '2 hours' WHERE key = (SELECT min(key) FROM orgs_publicpage)"
        )
    assert public_pages_actions.remove_public_pages() == 1
    monkeypatch.setattr("orgs.public_pages.MOST_PAGES", 1)
    assert public_pages_actions.remove_public_pages() == 1
    assert PublicPage.objects.count() == 1
    PublicChange.objects.bulk_create(PublicChange() for _ in range(101))
    version = public_pages.read_kept("")[0]
    public_pages_actions.remove_public_pages()
    assert PublicChange.objects.count() == 1
    assert public_pages.read_kept("")[0] != version
