"""What a hostile or clumsy request gets: a page that says so, never a fault."""

import datetime
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.test import Client
from django.urls import get_resolver, reverse
from django.views.generic.list import MultipleObjectMixin

from orgs.forms.portal import SaneInputMixin, SeenMixin
from orgs.forms.words import WordsMixin
from orgs.mixins import PagedMixin
from orgs.models import Organisation, User
from orgs.readable import is_blank, without_hidden_signs
from partnerships.engagement.level_field import StageLevelsMixin
from partnerships.records.forms import ActivityForm
from tests.access import logged_in, rows, things
from tests.factories import MembershipFactory, OrganisationFactory, ServiceFactory, UserFactory
from tests.factories_partnerships import ActivityFactory, CoordinationTableFactory, PartnershipFactory
from tests.world import USERS, World, make_world

READ_THEIR_OWN_BODY = {
    "set_language",
    "indicators:import_add",
    "orgs:territory_import_add",
    "orgs:organisation_import_add",
}
"""Without the check of a token before the view: each field of theirs is a choice, or validated by its form."""
ODD = [
    (
        "page=999999&q=%25_%27&sort=nonsense&territory=nonsense%3A%3A&territory_chosen=99999999999999999999&year=99999999999&recast=x&by=x"
        "&group=x&period=nonsense&indicator=nonsense&breakdown=nonsense%3D&domain=x&sector=x&kind=x&tier=x&state=x&authority="
        "99999999999999999999&level=x&stage=x&on=0001-01-01&date=9999-12-31&organisation=99999999999999999999&mapping=-1"
    ),
    "page=nonsense&q=%ff%fe%ed%a0%80&territory=%ed%a0%80&indicator=%ed%a0%80&" + "x=1&" * 900,
    f"page={'9' * 5000}&q={quote(chr(0x202E) + 'nirts' + chr(0x2066) + chr(0xFFFE))}",
]


@pytest.mark.django_db
@pytest.mark.parametrize("user", ["anonymous", "admin"])
def test_nul_is_refused_with_a_page_at_every_address(user: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
    world = make_world()
    client = logged_in(world, user)
    wrong = []
    for name, address in addresses(world):
        for asked in (
            f"{address}%00",
            f"{address}?q=%00",
            f"{address}?territory=a%00b",
            f"{address}?%00=1",
            f"{address}?page=1%00",
        ):
            response = client.get(asked)
            if response.status_code != 400 or b"Your request could not be read" not in response.content:
                wrong.append(f"{name} {asked[len(address) :]}: {response.status_code}")
        response = client.post(address, {"name": "a\0b"})
        expected = (200, 302, 403) if name in READ_THEIR_OWN_BODY else (400, 404)
        if response.status_code not in expected or (response.status_code == 400 and b"<h1" not in response.content):
            wrong.append(f"{name} POST: {response.status_code}")
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("user", ["anonymous", "admin"])
def test_odd_parameters_are_no_fault_at_any_address(user: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
    world = make_world()
    client = logged_in(world, user)
    wrong = []
    place = USERS.index(user)
    shown = {name for name, _, get, _ in rows() if get[place] == "P"}
    for name, address in addresses(world):
        for query in ODD if name in shown else ODD[:1]:
            with transaction.atomic():
                response: Any = client.get(f"{address}?{query}")
                if getattr(response, "streaming", False):
                    b"".join(response.streaming_content)
                transaction.set_rollback(True)
            if response.status_code >= 500:
                wrong.append(f"{name} ?{query[:60]}: {response.status_code}")
    assert wrong == []


def addresses(world: World) -> Iterator[tuple[str, str]]:
    arguments = things(world)
    for name, thing in dict.fromkeys((name, thing) for name, thing, *_ in rows()):
        if name not in ("account_logout",):
            yield name, reverse(name, args=arguments[thing])


@pytest.mark.django_db
def test_nul_in_a_cookie_is_refused_with_a_page() -> None:
    response = Client(headers={"cookie": 'sessionid="\\000"'}).get(reverse("home"))
    assert response.status_code == 400
    assert b"could not be read" in response.content


@pytest.mark.django_db
def test_refusal_is_in_the_language_of_the_browser(client: Client) -> None:
    response = client.get("/", {"q": "\0"}, headers={"accept-language": "es"})
    assert b'lang="es"' in response.content


# --- Text -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["\u202e", "\u202a", "\u2066", "\u2069", "\x07", "\x7f", "\x85", "\U000e0041"])
def test_hidden_signs_are_taken_out(sign: str) -> None:
    assert without_hidden_signs(f"invoice{sign}fdp.exe") == "invoicefdp.exe"


@pytest.mark.parametrize("text", ["نوشته‌های فارسی", "שלום\u200f!", "line\nline\ttab\r\n", "क्‍ष", "👩‍🌾"])
def test_what_scripts_need_stays(text: str) -> None:
    assert without_hidden_signs(text) == text


@pytest.mark.parametrize("text", ["\u200f", " \u200b\u2060", "\u3164", "\u2800 ", ""])
def test_text_that_nobody_sees_is_blank(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"{text}a")


@pytest.mark.django_db
def test_service_with_a_turned_name_is_stored_as_it_reads(client: Client) -> None:
    organisation = OrganisationFactory(published=True)
    service = ServiceFactory(organisation=organisation)
    client.force_login(owner_of(organisation))
    address = reverse("orgs:service_edit", args=[organisation.slug, service.pk])
    form = client.get(address).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value()}
    assert client.post(address, data | {"title": "Classes\u202e eerf", "languages": "ca"}).status_code == 302
    service.refresh_from_db()
    assert service.title == "Classes eerf"
    response = client.post(address, data | {"title": "\u202e\u200f"})
    assert "title" in response.context["form"].errors


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a\u202eb", "a\nb", "a\x07b", "a\U000e0041b", "a\u2067b"])
def test_names_with_hidden_signs_are_refused_by_the_database(name: str) -> None:
    organisation, user, service = OrganisationFactory(), UserFactory(), ServiceFactory()
    activity, table = ActivityFactory(), CoordinationTableFactory()
    for row, field in [
        (organisation, "name"),
        (organisation, "acronym"),
        (organisation.territory, "name"),
        (user, "name"),
        (service, "title"),
        (activity, "title"),
        (activity.partnership, "title"),
        (table, "name"),
    ]:
        with pytest.raises(IntegrityError, match="_readable"), transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(**{field: name})
    User.objects.filter(pk=user.pk).update(name="نوشته‌های \u200f")


# --- Dates ----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "is_taken"),
    [("0001-01-01", False), ("1899-12-31", False), ("1900-01-01", True), ("2100-12-31", True), ("9999-12-31", False)],
)
def test_years_out_of_our_time_are_asked_back(day: str, is_taken: bool) -> None:
    form = ActivityForm({"held_on": day, "title": "x"})
    assert ("held_on" not in form.errors) is is_taken
    if not is_taken:
        assert "Check the year: it lies between 1900 and 2100." in form.errors["held_on"]


@pytest.mark.django_db
def test_foundation_lies_in_history() -> None:
    organisation = OrganisationFactory()
    for year, is_taken in [(1199, False), (1200, True), (2100, True), (9999, False), (1, False)]:
        try:
            with transaction.atomic():
                Organisation.objects.filter(pk=organisation.pk).update(founded_year=year)
            assert is_taken, year
        except IntegrityError:
            assert not is_taken, year


def test_every_form_of_the_portal_stands_on_the_one_base() -> None:
    def below(kind: type) -> set[type]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    own = {
        form
        for form in below(BaseForm)
        if form.__module__.split(".")[0] in ("orgs", "indicators", "partnerships", "integration_portal")
    }
    made_by_django = {form for form in own if not isinstance(form, type) or form.__module__.endswith(".admin")}
    assert len(own) > 30
    assert {form for form in own - made_by_django if not issubclass(form, SaneInputMixin)} <= {
        StageLevelsMixin,
        SeenMixin,
        WordsMixin,
    }


# --- Pages ----------------------------------------------------------------------------------------------------------------


def views(resolver: Any = None) -> Iterator[type]:
    patterns: list[Any] = (resolver or get_resolver()).url_patterns
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            if pattern.namespace != "admin":
                yield from views(pattern)
        elif hasattr(pattern.callback, "view_class"):
            yield pattern.callback.view_class


def test_every_list_stands_in_pages() -> None:
    lists = {
        view for view in views() if issubclass(view, MultipleObjectMixin) and not view.__module__.startswith("allauth")
    }
    assert len(lists) >= 14
    assert {view for view in lists if not issubclass(view, PagedMixin)} == set()


@pytest.mark.django_db
def test_a_page_beyond_the_last_is_the_last(client: Client) -> None:
    for number in range(45):
        OrganisationFactory(published=True, name=f"Group {number:02}")
    numbers = {"2": 2, "3": 3, "4": 3, "999999": 3, "nonsense": 1, "": 1, "-1": 3}
    shown = {asked: page_of(client, asked) for asked in numbers}
    assert shown == numbers
    assert page_of(client, "9" * 5000)


def page_of(client: Client, asked: str) -> int:
    response = client.get(reverse("orgs:organisation_list"), {"page": asked})
    assert response.status_code == 200
    number: int = response.context["page_obj"].number
    return number


@pytest.mark.django_db
def test_a_thousand_records_stand_in_pages(client: Client) -> None:
    partnership = PartnershipFactory()
    kept = ActivityFactory(partnership=partnership)
    many = [
        type(kept)(
            partnership=partnership,
            kind=kept.kind,
            stage=kept.stage,
            title=f"Session {n}",
            held_on=datetime.date(2020, 1, 1),
        )
        for n in range(1000)
    ]
    type(kept).objects.bulk_create(many)
    organisation = OrganisationFactory(published=True)
    service = ServiceFactory(organisation=organisation)
    type(service).objects.bulk_create(
        type(service)(organisation=organisation, domain=service.domain, title=f"Class {n}", telephone="600 000 000")
        for n in range(1000)
    )
    for address in (partnership.get_absolute_url(), organisation.get_absolute_url()):
        html = client.get(address).content
        assert len(html) < 120_000, address
        assert b"page=41" in html, address
        assert client.get(address, {"page": "41"}).status_code == 200


def owner_of(organisation: Organisation) -> User:
    return MembershipFactory(organisation=organisation, role="owner").user
