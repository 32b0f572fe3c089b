"""Needs and offers that meet: proposed to both, asked by one, answered by the other."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from orgs.matching import actions as matching
from orgs.matching.suggestions import counterparts, suggestions_for
from orgs.models import Capacity, CapacityMatch
from orgs.organisations import actions as organisations
from tests.factories import MembershipFactory, OrganisationFactory, TerritoryFactory

pytestmark = pytest.mark.django_db
State = CapacityMatch.State


@pytest.fixture
def city():
    return TerritoryFactory(kind="municipality", name="Quagga city")


def member_of(city, name: str, **facts):
    return MembershipFactory(organisation=OrganisationFactory(published=True, territory=city, name=name, **facts))


@pytest.fixture
def far(city):
    return member_of(city, "Far")


@pytest.fixture
def council(city):
    return member_of(city, "Council")


@pytest.fixture
def need(far):
    return Capacity.objects.create(
        organisation=far.organisation, side="need", kind="interpreters", quantity="two evenings"
    )


@pytest.fixture
def offer(council):
    return Capacity.objects.create(organisation=council.organisation, side="offer", kind="interpreters")


def test_need_and_offer_of_one_kind_in_one_place_are_proposed_to_both(client, far, council, need, offer):
    for membership, other in ((far, "Council"), (council, "Far")):
        client.force_login(membership.user)
        page = client.get(reverse("orgs:match_list", args=[membership.organisation.slug])).content.decode()
        assert other in page
    assert suggestions_for(far.organisation) == [(need, [offer])]
    assert suggestions_for(council.organisation) == [(offer, [need])]


@pytest.mark.parametrize(
    ("facts", "meets"),
    [
        ({}, True),
        ({"kind": "space"}, False),
        ({"side": "need"}, False),
        ({"to_day": datetime.date(2020, 1, 1)}, False),
        ({"from_day": datetime.date(2090, 1, 1)}, False),
        ({"from_day": datetime.date(2026, 1, 1), "to_day": datetime.date(2089, 1, 1)}, True),
    ],
)
def test_they_meet_in_kind_side_and_time(need, offer, facts, meets):
    Capacity.objects.filter(pk=need.pk).update(to_day=datetime.date(2089, 6, 1))
    Capacity.objects.filter(pk=offer.pk).update(**facts)
    need.refresh_from_db()
    assert counterparts(need).exists() is meets


def test_others_are_verified_and_at_work_in_the_same_places(need, offer, council):
    council.organisation.territory = TerritoryFactory(kind="municipality")
    council.organisation.save()
    assert not counterparts(need).exists()
    council.organisation.works_in.add(need.organisation.territory)
    assert counterparts(need).exists()
    council.organisation.tier, council.organisation.verified_at = "", None
    council.organisation.save()
    assert not counterparts(need).exists()


def test_asked_agreed_and_done_with_addresses_only_once_they_agree(client, far, council, need, offer):
    client.force_login(far.user)
    ask = reverse("orgs:match_add", args=[far.organisation.slug, need.pk, offer.pk])
    client.post(ask, {"words": "For the clinic."})
    match = CapacityMatch.objects.get()
    assert (match.need, match.offer, match.asked_by, match.state) == (need, offer, far.organisation, State.ASKED)
    asked = Email.objects.get()
    assert asked.to == [council.user.email]
    assert far.user.email not in asked.message
    assert client.get(ask).status_code == 404, "they are not proposed again"

    client.force_login(council.user)
    assert "Answer Far" in client.get(reverse("home")).content.decode()
    page = reverse("orgs:match_answer", args=[council.organisation.slug, match.pk])
    assert far.user.email not in client.get(page).content.decode()
    client.post(page, {"answer": "agreed"})
    match.refresh_from_db()
    assert match.state == State.AGREED
    told = {email.to[0]: email.message for email in Email.objects.exclude(pk=asked.pk)}
    assert council.user.email in told[far.user.email]
    assert far.user.email in told[council.user.email]

    client.post(reverse("orgs:match_done", args=[council.organisation.slug, match.pk]))
    match.refresh_from_db()
    assert match.state == State.DONE


def test_declined_tells_no_address(client, far, council, need, offer):
    match = matching.ask(own=need, other=offer, by=far.user)
    Email.objects.all().delete()
    matching.answer(match=match, is_agreed=False, by=council.user)
    email = Email.objects.get()
    assert email.to == [far.user.email]
    assert council.user.email not in email.message
    with pytest.raises(ValidationError, match="already"):
        matching.answer(match=match, is_agreed=True, by=council.user)
    with pytest.raises(ValidationError, match="agreed"):
        matching.finish(match=match, by=far.user)


def test_nobody_asks_or_answers_for_others(far, council, need, offer, city):
    stranger = member_of(city, "Stranger").user
    for person in (stranger, council.user):
        with pytest.raises(PermissionDenied):
            matching.ask(own=need, other=offer, by=person)
    match = matching.ask(own=need, other=offer, by=far.user)
    for person in (stranger, far.user):
        with pytest.raises(PermissionDenied):
            matching.answer(match=match, is_agreed=True, by=person)
    with pytest.raises(ValidationError, match="do not meet"):
        matching.ask(own=offer, other=need, by=council.user)


def test_public_list_shows_what_verified_organisations_need_and_offer(client, need, offer, far):
    Capacity.objects.create(organisation=OrganisationFactory(), side="offer", kind="space", note="Gnu hall")
    over = OrganisationFactory(published=True)
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    Capacity.objects.create(organisation=over, side="offer", kind="space", note="Okapi hall", to_day=yesterday)
    page = client.get(reverse("orgs:capacity_search")).content.decode()
    assert "two evenings" in page
    assert "Gnu" not in page
    assert "Okapi" not in page
    page = client.get(reverse("orgs:capacity_search"), {"side": "offer"}).content.decode()
    assert "two evenings" not in page


def test_saying_it_again_adds_and_replaces_nothing(far):
    said = {"organisation": far.organisation, "side": "offer", "kind": "space", "by": far.user}
    organisations.add_capacity(**said, quantity="one hall")
    capacity = organisations.add_capacity(**said, note="With a kitchen")
    assert (capacity.quantity, capacity.note) == ("one hall", "With a kitchen")
    with pytest.raises(ValidationError, match="Remove it first"):
        organisations.add_capacity(**said, quantity="two halls")
    with pytest.raises(ValidationError, match="before the first"):
        organisations.add_capacity(**said, from_day=datetime.date(2026, 2, 1), to_day=datetime.date(2026, 1, 1))


def test_number_of_queries_follows_the_own_capacities_alone(client, far, need, city):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            suggestions_for(far.organisation)
        return len(captured)

    few = queries()
    for number in range(5):
        house = member_of(city, f"House {number}").organisation
        Capacity.objects.create(organisation=house, side="offer", kind="interpreters")
    assert queries() == few


def test_place_of_its_own_stands_for_that_of_its_organisation(need, offer, council, city):
    quarter = TerritoryFactory(kind="district", parent=city)
    elsewhere = TerritoryFactory(kind="municipality")
    for place, meets in ((quarter, True), (elsewhere, False), (None, True)):
        Capacity.objects.filter(pk=offer.pk).update(territory=place)
        assert counterparts(need).exists() is meets
    Capacity.objects.filter(pk=need.pk).update(territory=elsewhere)
    need.refresh_from_db()
    assert not counterparts(need).exists()
    council.organisation.works_in.add(elsewhere)
    assert counterparts(need).exists()


@pytest.mark.parametrize(
    ("needed", "offered", "meets"),
    [([], [], True), (["ur"], [], True), ([], ["ur"], True), (["ur"], ["ar", "ur"], True), (["ur"], ["ar"], False)],
)
def test_they_meet_in_a_language_where_both_name_some(need, offer, needed, offered, meets):
    Capacity.objects.filter(pk=need.pk).update(languages=needed)
    Capacity.objects.filter(pk=offer.pk).update(languages=offered)
    for capacity in (need, offer):
        capacity.refresh_from_db()
        assert counterparts(capacity).exists() is meets


def test_list_is_filtered_by_place_and_language(client, need, offer, city):
    quarter = TerritoryFactory(kind="district", name="Zebra quarter", parent=city)
    Capacity.objects.filter(pk=offer.pk).update(languages=["ar"], territory=quarter)
    find = reverse("orgs:capacity_search")

    def found(**asked: str) -> set[int]:
        return {one.pk for one in client.get(find, asked).context["page_obj"]}

    assert found(territory=quarter.label) == {offer.pk}
    assert found(language="ar") == {need.pk, offer.pk}, "who names no language may mean any"
    assert found(language="zh") == {need.pk}


def test_its_people_say_where_and_in_which_languages(client, far, city):
    client.force_login(far.user)
    said = {"side": "offer", "kind": "interpreters", "territory": city.label, "languages": ["Arabic", "Urdu"]}
    client.post(reverse("orgs:capacity_list", args=[far.organisation.slug]), said)
    capacity = Capacity.objects.get(organisation=far.organisation, side="offer")
    assert (capacity.territory, sorted(capacity.languages)) == (city, ["ar", "ur"])
    assert "العربية" in client.get(reverse("orgs:capacity_search")).content.decode()
