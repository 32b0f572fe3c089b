"""What leaves the portal as HSDS 3.0 comes back by an import, but for what must not travel or is the word of this portal alone."""

import datetime
import json
import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgs.exchange.formats import FORMATS
from orgs.exchange.imports import actions as imports
from orgs.exchange.imports.messages import problems_of
from orgs.exchange.records import records
from orgs.models import (
    Domain,
    Organisation,
    OrganisationContact,
    OrganisationImport,
    Service,
    ServiceType,
    Territory,
    User,
)
from orgs.services.actions import Hours, set_hours
from orgs.vocabulary import Accessibility, BudgetBand, Delivery, Kind, Mark, SizeBand, TargetGroup, Weekday, Work
from tests.factories import OrganisationFactory, ServiceFactory, TerritoryFactory, UserFactory

pytestmark = pytest.mark.django_db

OF_THIS_PORTAL = {
    "id",
    "link_id",
    "uri",
    "status",
    "alert",
    "assured_date",
    "organization_id",
    "service_id",
    "location_id",
}
NOT_CARRIED = {"portal/standing", "portal/sample"}


def exported() -> list[dict[str, Any]]:
    content = b"".join(FORMATS["hsds"].write(records(Organisation.objects.published())))
    found: list[dict[str, Any]] = json.loads(content)["contents"]
    return found


def checked(contents: list[dict[str, Any]], by: User) -> OrganisationImport:
    file = ContentFile(json.dumps({"contents": contents}).encode(), "portal.json")
    batch = imports.check_import(batch=imports.receive_file(file=file, mapping=None, by=by), by=by)
    assert [text for _one, text in problems_of(batch)] == []
    return batch


def comparable(value: Any) -> Any:
    """Without the ids and the standing of one portal, and without the seat's address, which an import does not show."""
    if isinstance(value, list):
        return [comparable(one) for one in value if is_carried(one)]
    if not isinstance(value, dict):
        return value
    return {name: comparable(one) for name, one in value.items() if name not in OF_THIS_PORTAL and not is_own_page(one)}


def is_own_page(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("http://127.0.0.1:8000/")


def is_carried(one: Any) -> bool:
    if not isinstance(one, dict):
        return True
    term = one.get("taxonomy_term", {})
    is_old_reference = one.get("identifier_type") in ("reference in this portal", "XP-REFERENCE")
    is_word_of_here = term.get("taxonomy") in NOT_CARRIED or term.get("code") == "unconfirmed"
    return not is_old_reference and not is_word_of_here


@pytest.fixture
def land() -> Territory:
    call_command("prepare", verbosity=0)
    city: Territory = TerritoryFactory(kind="municipality", name="Quagga city", code="Q1", scheme__code="PLACES")
    TerritoryFactory(kind="neighbourhood", name="Okapi quarter", code="Q11", scheme=city.scheme, parent=city)
    return city


TEXT = st.text("abc çñ ;:.«» مرحبا", min_size=1, max_size=40).map(lambda text: "x" + " ".join(text.split()))
CODES = st.lists(st.sampled_from(["ar", "ca", "es", "ur", "wo"]), unique=True).map(sorted)
CLOCK = st.times().map(lambda time: time.replace(second=0, microsecond=0))


def some(words: Any) -> Any:
    return st.lists(st.sampled_from(words.values), unique=True).map(sorted)


SERVICE = st.fixed_dictionaries(
    {
        "title": TEXT,
        "description": st.just("") | TEXT,
        "languages": CODES,
        "interpreter_on_request": st.booleans(),
        "target_groups": some(TargetGroup),
        "women_only": st.booleans(),
        "conditions": st.just("") | TEXT,
        "delivery": some(Delivery),
        "address": st.just("") | TEXT,
        "is_shelter": st.booleans(),
        "accessibility": some(Accessibility),
        "has_childcare": st.booleans(),
        "way_in": st.sets(st.sampled_from(["walks_in", "by_appointment"])) | st.just({"by_referral"}),
        "telephone": st.just("") | st.just("93 000 00 00"),
        "whatsapp": st.just("") | st.just("+34 600 000 000"),
        "email": st.just("") | st.just("desk@house.example"),
        "form": st.just("") | st.just("https://house.example/form"),
        "cost": st.just("") | st.just("free") | TEXT,
        "documents": st.just("") | st.just("none") | TEXT,
        "type": st.sampled_from(["", "womens-refuge", "legal-advice-residence"]),
        "week": st.lists(st.tuples(st.sets(st.sampled_from(Weekday.values), min_size=1), CLOCK, CLOCK), max_size=3),
        "closed": st.lists(st.integers(0, 300), max_size=2, unique=True),
        "places": st.sampled_from([[], ["Q1"], ["Q11"], ["Q1", "Q11"]]),
    }
)
HOUSE = st.fixed_dictionaries(
    {
        "acronym": st.just("") | st.just("FAR"),
        "description": st.just("") | TEXT,
        "kind": st.sampled_from([str(kind) for kind in (Kind.ASSOCIATION, Kind.COOPERATIVE, Kind.TRADE_UNION)]),
        "names": st.dictionaries(st.sampled_from(["ca", "ur"]), TEXT, max_size=2),
        "languages": CODES,
        "marks": some(Mark),
        "works_as": some(Work),
        "size": st.sampled_from(["", *SizeBand.values]),
        "budget": st.sampled_from(["", *BudgetBand.values]),
        "founded_year": st.none() | st.integers(1900, 2020),
        "public_phone": st.just("") | st.just("93 111 11 11"),
        "identifiers": st.just({}) | st.just({"ES-NIF": "G12345678"}),
        "at": st.sampled_from(["Q1", "Q11"]),
        "works_in": st.sampled_from([["Q1"], ["Q11"], ["Q1", "Q11"]]),
        "domains": st.lists(st.sampled_from(["D1", "D2"]), unique=True),
        "services": st.lists(SERVICE, max_size=3, unique_by=lambda one: one["title"]),
    }
)  # fmt: skip


def placed(code: str) -> Territory:
    return Territory.objects.get(code=code)


def made(said: dict[str, Any]) -> Organisation:
    said = dict(said)
    services, domains, works_in = said.pop("services"), said.pop("domains"), said.pop("works_in")
    house: Organisation = OrganisationFactory(
        published=True, name="Far de Llevant", territory=placed(said.pop("at")), website="https://far.example",
        public_email="far@far.example", address="Okapi street 1", address_is_public=False, **said,
    )  # fmt: skip
    OrganisationContact.objects.create(organisation=house, name="Okapi person", email="okapi@person.example")
    house.works_in.set(map(placed, works_in))
    for code in domains:
        house.fields_of_work.create(domain=Domain.objects.get(code=code))
    for one in services:
        serve(house, dict(one))
    return house


def serve(house: Organisation, one: dict[str, Any]) -> None:
    week, closed, places, ways = one.pop("week"), one.pop("closed"), one.pop("places"), one.pop("way_in")
    type_ = ServiceType.objects.filter(code=one.pop("type")).first()
    is_hidden = one["is_shelter"] or bool(type_ and type_.is_sheltering)
    one["address"] = "" if is_hidden else one["address"]
    one |= {"is_free": one["cost"] == "free", "cost": "" if one["cost"] == "free" else one["cost"]}
    one |= {"no_documents_required": one["documents"] == "none", "documents": one["documents"].replace("none", "")}
    one |= dict.fromkeys(ways, True)
    domain = type_.domain if type_ else Domain.objects.get(code="D1")
    service: Service = ServiceFactory(organisation=house, type=type_, domain=domain, **one)
    today = timezone.localdate()
    days = [(today + datetime.timedelta(first), today + datetime.timedelta(first + 3)) for first in closed]
    hours: dict[str, list[tuple[datetime.time, datetime.time]]] = {}
    for weekdays, opens, closes in week:
        for day in weekdays:
            hours.setdefault(day, []).append((opens, closes))
    set_hours(service, Hours({day: sorted(set(times)) for day, times in hours.items()}, days))
    service.territories.set(map(placed, places))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=HOUSE)
def test_what_leaves_comes_back(said: dict[str, Any], land: Territory) -> None:
    Organisation.objects.all().delete()
    admin = UserFactory(is_staff=True)
    house = made(said)
    there = exported()
    assert not re.search("okapi person|person.example|okapi street", json.dumps(there), re.IGNORECASE)
    house.delete()
    imports.store_import(batch=checked(there, admin), by=admin)
    again = Organisation.objects.get()
    assert comparable(exported()) == comparable(there)
    assert not again.contacts.exists()
    assert (again.address, again.tier, again.is_listed) == ("", "", True)
    assert checked(exported(), admin).rows_same == 1
