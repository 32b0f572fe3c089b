"""What people do together without being paid: found by anybody, kept by an organisation's own people, ended with what came of it."""

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orgs.models import Capacity, Organisation, VolunteerOpportunity
from orgs.oversight import merging
from orgs.volunteering import actions as volunteering
from tests.factories import MembershipFactory, OrganisationFactory, ServiceFactory, TerritoryFactory, UserFactory
from tests.pages import unmarked

pytestmark = pytest.mark.django_db
FIND = reverse("orgs:opportunity_search")


def yesterday() -> datetime.date:
    return timezone.localdate() - datetime.timedelta(days=1)


@pytest.fixture
def city():
    return TerritoryFactory(kind="municipality", name="Quagga city")


@pytest.fixture
def house(city):
    return OrganisationFactory(published=True, territory=city, name="House of Okapi", languages=["ca"])


def opportunity(organisation: Organisation, **facts: Any) -> VolunteerOpportunity:
    said = {"kind": "regular", "title": "Conversation partner", "email": "help@example.org", **facts}
    return VolunteerOpportunity.objects.create(organisation=organisation, **said)


def titles(client, **asked: str) -> list[str]:
    return [one.title for one in client.get(FIND, asked).context["page_obj"]]


# --- Finding ----------------------------------------------------------------------------------------------------------


def test_anybody_finds_what_is_open_of_public_organisations_and_can_be_asked_about(client, house):
    opportunity(house, title="Open")
    opportunity(house, title="Until today", to_day=timezone.localdate())
    opportunity(house, title="Over", to_day=yesterday())
    opportunity(house, title="Ended", ended_on=yesterday())
    opportunity(OrganisationFactory(), title="Of a hidden one")
    opportunity(OrganisationFactory(published=True, suspended_on=yesterday()), title="Of a suspended one")
    opportunity(OrganisationFactory(published=True, closed_on=yesterday()), title="Of a closed one")
    unreachable = OrganisationFactory(published=True, public_email="", public_phone="", website="")
    lonely = opportunity(unreachable, title="Of nobody", email="")
    assert sorted(titles(client)) == ["Open", "Until today"]
    assert client.get(lonely.get_absolute_url()).status_code == 404


def test_organisation_lends_its_contact(client, house):
    Organisation.objects.filter(pk=house.pk).update(public_email="house@example.org")
    one = opportunity(house, email="")
    assert "house@example.org" in client.get(one.get_absolute_url()).content.decode()


def test_place_is_its_own_or_where_its_organisation_works(client, house, city):
    quarter = TerritoryFactory(kind="district", name="Zebra quarter", parent=city)
    other = TerritoryFactory(kind="district", name="Gnu quarter", parent=city)
    opportunity(house, title="All over")
    opportunity(house, title="In the quarter", territory=quarter)
    elsewhere = TerritoryFactory(kind="municipality", name="Elsewhere")
    assert sorted(titles(client, territory=city.label)) == ["All over", "In the quarter"]
    assert titles(client, territory=quarter.label) == ["In the quarter"]
    assert titles(client, territory=other.label) == []
    house.works_in.add(city)
    assert titles(client, territory=other.label) == ["All over"], "who works in the city works in its quarters"
    assert titles(client, territory=elsewhere.label) == []


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({"q": "convers"}, True),
        ({"q": "okapi convers"}, True),
        ({"q": "okapi gardening"}, False),
        ({"language": "ar"}, True),
        ({"language": "ca"}, False),
        ({"kind": "regular"}, True),
        ({"kind": "micro_project"}, False),
        ({"welcomes_learners": "on"}, True),
        ({"has_childcare": "on"}, False),
        ({"expenses_paid": "on"}, False),
    ],
)
def test_found_by_words_language_kind_and_marks(client, house, asked, is_found):
    opportunity(house, languages=["ar"], welcomes_learners=True)
    assert bool(titles(client, **asked)) is is_found


def test_language_of_the_organisation_stands_in(client, house):
    opportunity(house)
    assert titles(client, language="ca") == ["Conversation partner"]


def test_search_of_the_portal_finds_it(client, house):
    opportunity(house, title="Reading aloud")
    opportunity(house, title="Reading in silence", ended_on=yesterday())
    page = client.get(reverse("search"), {"q": "reading"}).content.decode()
    assert "Reading aloud" in page
    assert "silence" not in page


def test_page_of_the_organisation_shows_what_is_open(client, house):
    opportunity(house, title="Reading aloud")
    opportunity(house, title="Last year's party", ended_on=yesterday())
    page = client.get(house.get_absolute_url()).content.decode()
    assert "Reading aloud" in page
    assert "party" not in page


def test_number_of_queries_is_that_of_one(client, house):
    member = MembershipFactory(organisation=house, role="editor").user

    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        return len(captured)

    client.force_login(member)
    pages = [FIND, house.get_absolute_url(), reverse("orgs:opportunity_list", args=[house.slug])]
    opportunity(house, territory=TerritoryFactory(parent=house.territory))
    for page in pages:
        queries(page)
    few = [queries(page) for page in pages]
    for number in range(6):
        opportunity(house, title=f"Another {number}", territory=TerritoryFactory(parent=house.territory))
    assert [queries(page) for page in pages] == few


# --- Keeping ----------------------------------------------------------------------------------------------------------


def test_its_people_add_change_and_remove_one(client, house, city):
    client.force_login(MembershipFactory(organisation=house, role="editor").user)
    said = {
        "kind": "micro_project",
        "title": "A garden between the blocks",
        "description": "We dig on Saturdays.",
        "written_in": "en",
        "territory": city.label,
        "time": "Saturday mornings",
        "people_sought": "12",
        "seeks": ["funding", "space"],
        "languages": ["Arabic", "Català"],
        "welcomes_learners": "on",
        "email": "garden@example.org",
    }
    answer = client.post(reverse("orgs:opportunity_add", args=[house.slug]), said)
    assert answer.status_code == 302, answer.context["form"].errors
    one = VolunteerOpportunity.objects.get()
    assert (one.organisation, one.territory, one.people_sought, one.seeks) == (house, city, 12, ["funding", "space"])
    assert sorted(one.languages) == ["ar", "ca"]
    page = client.get(one.get_absolute_url()).content.decode()
    for shown in (
        "A garden between the blocks",
        "Saturday mornings",
        "garden@example.org",
        "Funding, space",
        "العربية",
    ):
        assert shown in page

    edit = reverse("orgs:opportunity_edit", args=[house.slug, one.pk])
    client.post(edit, {**said, "title": "A garden", "kind": "regular"})
    one.refresh_from_db()
    assert one.title == "A garden between the blocks", "only a micro-project needs funding"
    client.post(edit, {**said, "title": "A garden"})
    one.refresh_from_db()
    assert one.title == "A garden"
    client.post(reverse("orgs:opportunity_delete", args=[house.slug, one.pk]))
    assert not VolunteerOpportunity.objects.exists()


def test_ending_says_what_came_of_it(client, house):
    client.force_login(MembershipFactory(organisation=house, role="owner").user)
    one = opportunity(house)
    end = reverse("orgs:opportunity_end", args=[house.slug, one.pk])
    client.post(
        end, {"ended_on": yesterday().isoformat(), "took_part": "7", "hours_given": "1,250", "outcome": "Friends."}
    )
    one.refresh_from_db()
    assert (one.ended_on, one.took_part, one.hours_given, one.outcome) == (yesterday(), 7, 1250, "Friends.")
    page = client.get(one.get_absolute_url()).content.decode()
    assert "Friends." in page
    assert "help@example.org" not in page, "nobody writes about what is over"
    assert titles(client) == []
    assert (
        "7 people gave 1,250 hours" in client.get(reverse("orgs:opportunity_list", args=[house.slug])).content.decode()
    )
    assert client.get(reverse("orgs:opportunity_edit", args=[house.slug, one.pk])).status_code == 404
    again = client.post(end, {"ended_on": yesterday().isoformat(), "took_part": "9"})
    assert "has ended already" in again.content.decode()
    one.refresh_from_db()
    assert one.took_part == 7


@pytest.mark.parametrize(
    ("day", "refusal"),
    [(datetime.timedelta(days=1), "by itself"), (datetime.timedelta(days=-10), "had not begun")],
)
def test_it_ends_neither_in_the_future_nor_before_it_began(house, day, refusal):
    one = opportunity(house, from_day=timezone.localdate() - datetime.timedelta(days=5))
    with pytest.raises(ValidationError, match=refusal):
        volunteering.end_opportunity(opportunity=one, ended_on=timezone.localdate() + day, by=UserFactory())


def test_who_keeps_the_organisation_is_asked_what_came_of_what_is_over(client, house):
    editor, viewer = (MembershipFactory(organisation=house, role=role).user for role in ("editor", "viewer"))
    one = opportunity(house, title="Summer party", to_day=yesterday())
    client.force_login(editor)
    assert "Say what came of “Summer party”" in unmarked(client.get(reverse("home")).content.decode())
    client.force_login(viewer)
    assert "Summer party" not in client.get(reverse("home")).content.decode()
    volunteering.end_opportunity(opportunity=one, ended_on=yesterday(), by=editor)
    client.force_login(editor)
    assert "Summer party" not in client.get(reverse("home")).content.decode()


def test_it_follows_its_organisation_when_two_become_one(house):
    twin = OrganisationFactory(published=True)
    one = opportunity(twin)
    administrator = UserFactory(is_staff=True)
    merging.merge_organisations(
        gone=twin, kept=house, follow=merging.FOLLOW, reason="The same house.", by=administrator
    )
    one.refresh_from_db()
    assert one.organisation == house


# --- What always holds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"title": "a\u202eb"}, "readable"),
        ({"from_day": datetime.date(2026, 2, 1), "to_day": datetime.date(2026, 1, 1)}, "days_in_order"),
        ({"people_sought": 0}, "seeks_people"),
        ({"seeks": ["funding"]}, "seeks_for_micro_project"),
        ({"kind": "micro_project", "seeks": ["gold"]}, "seeks_for_micro_project"),
        ({"outcome": "Much."}, "outcome_at_its_end"),
        ({"took_part": 3}, "outcome_at_its_end"),
        ({"ended_on": datetime.date(2026, 2, 1), "hours_given": 3}, "hours_of_people"),
        ({"form": "javascript:alert(1)"}, "form_of_the_web"),
    ],
)
def test_database_refuses(house, facts, constraint):
    with pytest.raises(IntegrityError, match=f"volunteer_opportunity.*{constraint}"), transaction.atomic():
        opportunity(house, **facts)


def test_of_where_a_shelter_is_needs_offers_and_opportunities_tell_the_municipality(client, house, city):
    quarter = TerritoryFactory(kind="district", name="Secret quarter", parent=city)
    before = opportunity(house, title="Evening watch", territory=quarter)
    offer = Capacity.objects.create(organisation=house, side="offer", kind="space", territory=quarter)
    ServiceFactory(organisation=house, is_shelter=True)
    after = opportunity(house, title="Breakfast", territory=quarter)
    need = Capacity.objects.create(organisation=house, side="need", kind="funding", territory=quarter)
    for row in (before, offer, after, need):
        row.refresh_from_db()
        assert row.territory == city
    for page in (FIND, before.get_absolute_url(), house.get_absolute_url(), reverse("orgs:capacity_search")):
        assert "Secret quarter" not in client.get(page).content.decode()
    other = TerritoryFactory(kind="district", name="Another quarter", parent=city)
    assert titles(client, territory=quarter.label) == titles(client, territory=other.label)
