"""Needs and offers that meet: proposed to both, asked by one, answered by the other."""

import datetime
import random

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
from orgs.verification.profiles import profile_of
from tests.clock import on_the
from tests.factories import MembershipFactory, OrganisationFactory, TerritoryFactory
from tests.pages import unmarked, words_of

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
    assert "Answer Far" in unmarked(client.get(reverse("home")).content.decode())
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


def test_declined_tells_no_address_and_may_be_asked_again_after_a_while(client, far, council, need, offer):
    match = matching.ask(own=need, other=offer, by=far.user)
    Email.objects.all().delete()
    matching.answer(match=match, is_agreed=False, by=council.user)
    assert not counterparts(need).exists()
    with on_the(timezone.now() + datetime.timedelta(days=91)):
        assert counterparts(need).exists()
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


def test_suggestions_cost_the_same_for_many_of_its_own_and_of_others(far, need, city):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            suggestions_for(far.organisation)
        return len(captured)

    def one_more(number: int) -> None:
        house = member_of(city, f"House {number}").organisation
        quarter = TerritoryFactory(kind="district", parent=city)
        for owner, side in ((house, "offer"), (far.organisation, "need")):
            Capacity.objects.create(organisation=owner, side=side, kind="interpreters", territory=quarter)

    one_more(0)
    few = queries()
    for number in range(1, 6):
        one_more(number)
    assert queries() == few
    met = {
        own.territory: [other.organisation.name for other in others]
        for own, others in suggestions_for(far.organisation)
    }
    assert met.pop(None) == [f"House {number}" for number in range(6)], "in order, those of every quarter"
    assert sorted(map(tuple, met.values())) == [(f"House {number}",) for number in range(6)]


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

    other = TerritoryFactory(kind="district", name="Gnu quarter", parent=city)
    assert found(territory=quarter.label) == {need.pk, offer.pk}
    assert found(territory=other.label) == {need.pk}, "the offer is of another quarter"
    assert found(language="ar") == {need.pk, offer.pk}, "who names no language may mean any"
    assert found(language="zh") == {need.pk}


def test_its_people_say_where_and_in_which_languages(client, far, city):
    client.force_login(far.user)
    said = {"side": "offer", "kind": "interpreters", "territory": city.label, "languages": ["Arabic", "Urdu"]}
    client.post(reverse("orgs:capacity_list", args=[far.organisation.slug]), said)
    capacity = Capacity.objects.get(organisation=far.organisation, side="offer")
    assert (capacity.territory, sorted(capacity.languages)) == (city, ["ar", "ur"])
    assert "العربية" in client.get(reverse("orgs:capacity_search")).content.decode()


def test_meeting_is_mutual_wherever_the_two_are_at_work(city):
    """Every way of being at work: what is proposed to the one is proposed to the other."""
    chance = random.Random(7)
    quarters = [TerritoryFactory(kind="district", parent=city) for _number in range(3)]
    places = [city, *quarters, TerritoryFactory(kind="municipality"), TerritoryFactory(kind="region")]
    capacities = []
    for number in range(24):
        house = OrganisationFactory(published=True, territory=chance.choice(places), name=f"House {number}")
        house.works_in.set(chance.sample(places, chance.randrange(3)))
        capacities.append(
            Capacity.objects.create(
                organisation=house,
                side=("need", "offer")[number % 2],
                kind="space",
                territory=chance.choice([None, None, *places]),
                languages=chance.choice([[], ["ar"], ["ur"]]),
                from_day=chance.choice([None, datetime.date(2030, 1, 1)]),
                to_day=chance.choice([None, datetime.date(2030, 6, 1), datetime.date(2031, 6, 1)]),
            )
        )
    met = {one: set(counterparts(one)) for one in capacities}
    assert any(met.values())
    assert [(one, other) for one, others in met.items() for other in others if one not in met[other]] == []


def test_asked_is_withdrawn_and_agreed_called_off_and_the_other_is_told(client, far, council, need, offer):
    match = matching.ask(own=need, other=offer, by=far.user)
    with pytest.raises(PermissionDenied):
        matching.withdraw(match=match, by=council.user)
    Email.objects.all().delete()
    client.force_login(far.user)
    client.post(reverse("orgs:match_withdraw", args=[far.organisation.slug, match.pk]))
    match.refresh_from_db()
    assert match.state == State.WITHDRAWN
    assert [email.to for email in Email.objects.all()] == [[council.user.email]]
    again = matching.ask(own=need, other=offer, by=far.user)
    matching.answer(match=again, is_agreed=True, by=council.user)
    Email.objects.all().delete()
    assert matching.withdraw(match=again, by=council.user).state == State.CALLED_OFF
    assert matching.withdraw(match=again, by=council.user).state == State.CALLED_OFF, "twice is once"
    email = Email.objects.get()
    assert email.to == [far.user.email]
    assert "called off what it agreed" in email.message
    with pytest.raises(ValidationError, match="agreed"):
        matching.finish(match=again, by=far.user)


def test_other_side_is_told_that_it_is_done(far, council, need, offer):
    match = matching.answer(match=matching.ask(own=need, other=offer, by=far.user), is_agreed=True, by=council.user)
    Email.objects.all().delete()
    matching.finish(match=match, by=far.user)
    assert [email.to for email in Email.objects.all()] == [[council.user.email]]


def test_what_is_asked_about_is_not_taken_off_and_what_came_of_it_stays(client, far, council, need, offer):
    match = matching.ask(own=need, other=offer, by=far.user)
    client.force_login(council.user)
    remove = reverse("orgs:capacity_delete", args=[council.organisation.slug, offer.pk])
    assert "Somebody has asked about it" in client.post(remove, follow=True).content.decode()
    edit = reverse("orgs:capacity_edit", args=[council.organisation.slug, offer.pk])
    refused = client.post(edit, {"side": "offer", "kind": "space"})
    assert "stays what it is" in refused.content.decode()
    matching.answer(match=match, is_agreed=True, by=council.user)
    matching.finish(match=match, by=council.user)
    client.post(remove)
    assert not council.organisation.capacities.standing().exists()
    assert "Far" in client.get(reverse("orgs:match_list", args=[council.organisation.slug])).content.decode()
    assert not counterparts(need).exists()
    assert "interpreters" not in client.get(council.organisation.get_absolute_url()).content.decode().lower()


def test_both_are_told_of_what_came_in_once_a_week_at_most(far, council, need):
    later = timezone.now() + datetime.timedelta(days=8)
    assert matching.tell_of_meetings() == 0
    with on_the(later):
        for kind in ("interpreters", "space"):
            new = {"created_at": timezone.now(), "told_at": timezone.now()}
            Capacity.objects.create(organisation=council.organisation, side="offer", kind=kind, **new)
        assert matching.tell_of_meetings() == 1, "whoever adds one sees at once what meets it"
        email = Email.objects.get()
        assert email.to == [far.user.email]
        assert "Council offers: interpreters" in email.message
        assert matching.tell_of_meetings() == 0
    with on_the(later + datetime.timedelta(days=9)):
        assert matching.tell_of_meetings() == 0, "nothing new"


def test_one_that_is_verified_later_is_news(far, council, need, offer):
    council.organisation.tier, council.organisation.verified_at = "", None
    council.organisation.save()
    with on_the(timezone.now() + datetime.timedelta(days=20)):
        council.organisation.tier, council.organisation.verified_at = "contact", timezone.now()
        council.organisation.save()
        assert matching.tell_of_meetings() == 1


def test_words_of_a_need_have_their_language_on_each_page(client, far, city):
    """That of the page on which they are written, unless another is said; and whoever reads another is told."""
    client.force_login(far.user)
    page = reverse("orgs:capacity_list", args=[far.organisation.slug])
    client.cookies["django_language"] = "es"
    form = client.get(page).context["form"]
    assert form["written_in"].value() == "es"
    said = {"side": "need", "kind": "space", "quantity": "مرتين", "note": "قاعة (٥)", "written_in": "ar"}
    client.post(page, said)
    capacity = Capacity.objects.get(note="قاعة (٥)")
    assert capacity.written_in == "ar"
    client.cookies["django_language"] = "en"
    for address in (page, reverse("orgs:capacity_search"), capacity.organisation.get_absolute_url()):
        body = client.get(address).content.decode()
        assert '<p lang="ar" dir="auto">قاعة (٥)</p>' in body
        assert '<bdi lang="ar">مرتين</bdi>' in body
        assert "Written in Arabic" in words_of(body)


def test_language_of_a_need_is_part_of_what_a_reviewer_sees(far):
    Capacity.objects.create(organisation=far.organisation, side="need", kind="space", note="Sala", written_in="ca")
    [said] = profile_of(far.organisation)["capacities"].values()
    assert said["written_in"] == "ca"
