"""What is tied to a place counts in what became of it, on the day on which that begins, for whoever asks: nobody moves a tie."""

import datetime
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs.coverage.counting import asked_for, coverage_by_part, coverage_by_type
from orgs.lookups.sources import TerritoryLookup
from orgs.models import (
    Capacity,
    Organisation,
    ReviewerAppointment,
    ServiceType,
    Territory,
    TerritoryReach,
    TerritoryScheme,
    TerritorySuccession,
    User,
    VoicedNeed,
    VolunteerOpportunity,
)
from orgs.models.territory import BEGINNING, END
from orgs.permissions import can_see_contacts, reviewers_of
from orgs.review_queues import queues
from orgs.reviewers.workload import with_workload
from orgs.territories import actions
from orgs.territories.actions import SplitPart
from tests.clock import on_the
from tests.factories import (
    AuthorityFactory,
    DomainFactory,
    OrganisationFactory,
    ReviewerAppointmentFactory,
    ServiceFactory,
    TerritoryFactory,
    TerritorySchemeFactory,
    UserFactory,
    VerificationFactory,
)
from tests.orgs.territories.bringing import checked, stored
from tests.pages import words_of

pytestmark = pytest.mark.django_db
A_DAY = datetime.timedelta(days=1)


@pytest.fixture
def admin() -> User:
    return UserFactory(is_staff=True)


@pytest.fixture
def land() -> TerritoryScheme:
    """R > A > A1, A2; R > B > B1."""
    scheme = TerritorySchemeFactory(code="land", name="Land")
    rows = ["R,North,region,", "A,Ashford,municipality,R", "B,Birk,municipality,R", "A1,Mill,neighbourhood,A"]
    rows += ["A2,Hill,neighbourhood,A", "B1,Quay,neighbourhood,B"]
    stored(scheme, "code,name,kind,parent\n" + "\n".join(rows))
    return scheme


@pytest.fixture
def service_type() -> ServiceType:
    return ServiceType.objects.create(code="desk", domain=DomainFactory(order=901), order=1, name="Desk")


def place(code: str, on: datetime.date | None = None) -> Territory:
    return Territory.objects.coded("land", code, on)


def tie_to(where: Territory, kind: ServiceType) -> None:
    """One of each that can be tied to a place; all that is elsewhere lies in no place of the land."""
    name = where.code
    seat = OrganisationFactory(published=True, territory=where, name=f"{name} seat")
    ServiceFactory(organisation=seat, type=kind, domain=kind.domain, title=f"{name} desk")
    worker = OrganisationFactory(published=True, name=f"{name} worker")
    worker.works_in.add(where)
    helper = OrganisationFactory(published=True, territory=seat.territory, name=f"{name} helper")
    limited = ServiceFactory(organisation=helper, type=kind, domain=kind.domain, title=f"{name} own people")
    limited.territories.add(where)
    VerificationFactory(organisation=OrganisationFactory(territory=where, name=f"{name} waiting"))
    AuthorityFactory(territory=where, name=f"{name} hall")
    Capacity.objects.create(organisation=worker, side="offer", kind="space", territory=where)
    VolunteerOpportunity.objects.create(
        organisation=worker, kind="regular", title=f"{name} garden", email="a@example.org", territory=where
    )
    for _number in range(3):
        VoicedNeed.objects.create(territory=where, type=kind)
    ReviewerAppointmentFactory(territory=where, user__name=f"{name} reviewer")


def seen_in(where: Territory, admin: User) -> dict[str, Any]:
    """What every reader finds in a place: lists by their pages, counts by what counts."""
    client = Client()
    client.force_login(admin)

    def listed(name: str, **more: Any) -> list[str]:
        answer = client.get(reverse(f"orgs:{name}"), {"territory": where.label, **more})
        assert answer.status_code == 200
        assert not answer.context["filter"].errors, answer.context["filter"].errors
        return sorted(str(one) for one in answer.context["page_obj"].object_list)

    found: dict[str, Any] = {
        name: listed(name)
        for name in ("organisation_list", "service_search", "opportunity_search", "capacity_search", "authority_list")
    }
    found["appointments"] = sorted(
        one.user.name
        for one in client.get(reverse("orgs:appointment_list"), {"territory": where.label}).context["page_obj"]
    )
    found["coverage"] = [
        (one.type.code, one.offer) for each in coverage_by_type(where) for one in each.types if one.offer.total
    ]
    found["part"] = list(coverage_by_part([where]).get(where.pk, {}).items())
    found["asked"] = asked_for(where)
    return found


def reviewed_by(user: User) -> list[str]:
    return sorted(str(row) for queue in queues() for row in queue.rows.reviewable_by(user))


Change = Callable[[User, datetime.date], Any]
NEXT_EDITION = "code,name,kind,parent,valid_from\nR,North,region,,\nA,Ashford,municipality,R,{day}\nA1,Mill,neighbourhood,A,{day}\n"
CHANGES: dict[str, tuple[Change, str, str]] = {
    # What is done; what the municipality A and the quarter A1 are afterwards.
    "rename": (
        lambda by, on: actions.rename_place(place=place("A"), name="Ashville", names={}, by=by, on=on),
        "A",
        "A1",
    ),
    "rename above": (
        lambda by, on: actions.rename_place(place=place("R"), name="Far North", names={}, by=by, on=on),
        "A",
        "A1",
    ),
    "move": (lambda by, on: actions.move_place(place=place("A"), parent=None, by=by, on=on), "A", "A1"),
    "merge into a new one": (
        lambda by, on: actions.merge_places(
            places=[place("A"), place("B")], on=on, code="N", name="Newton", names={}, by=by
        ),
        "N",
        "A1",
    ),
    "code passes": (
        lambda by, on: actions.pass_code(place=place("A"), on=on, name="Ash", share=Decimal("0.9"), by=by),
        "A",
        "A1",
    ),
    "next edition of the file": (
        lambda by, on: stored(TerritoryScheme.objects.get(code="land"), NEXT_EDITION.format(day=on.isoformat())),
        "A",
        "A1",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_place_of_today_has_all_that_the_place_of_before_had_and_from_its_first_day_on(land, admin, service_type, name):
    change, city, quarter = CHANGES[name]
    tie_to(place("A"), service_type)
    tie_to(place("A1"), service_type)
    before = {code: seen_in(place(code), admin) for code in ("A", "A1")}
    assert len(before["A"]["organisation_list"]) == 8, "the seats, workers, helpers and halls of both"
    reviewers = {user.name: user for user in User.objects.filter(name__endswith="reviewer")}
    queues_before = {name: reviewed_by(user) for name, user in reviewers.items()}
    assert [len(queues_before[name]) for name in ("A reviewer", "A1 reviewer")] == [2, 1]
    old = place("A")
    today = timezone.localdate()
    change(admin, today + A_DAY)
    assert {code: seen_in(place(code), admin) for code in ("A", "A1")} == before, "nothing changes before its day"
    assert {name: reviewed_by(user) for name, user in reviewers.items()} == queues_before
    with on_the(timezone.now() + A_DAY):
        assert place(city) != old or name == "rename above"
        after = {"A": seen_in(place(city), admin), "A1": seen_in(place(quarter), admin)}
        assert after == before
        assert {name: reviewed_by(user) for name, user in reviewers.items()} == queues_before
        newcomer = OrganisationFactory(territory=place(quarter))
        assert {user.name for user in reviewers_of(newcomer)} == {"A reviewer", "A1 reviewer"}
        assert all(can_see_contacts(user, newcomer) for user in reviewers.values())


def test_rename_that_has_been_for_years_is_followed_too(land, admin, service_type):
    tie_to(place("A1"), service_type)
    before = seen_in(place("A1"), admin)
    for year in (2010, 2015, 2020):
        actions.rename_place(place=place("A"), name=f"Ashford {year}", names={}, by=admin, on=datetime.date(year, 1, 1))
    assert Organisation.objects.get(name="A1 seat").territory.valid_to == datetime.date(2009, 12, 31), "history is true"
    assert seen_in(place("A1"), admin) == before
    assert TerritoryReach.objects.filter(tied_to=place("A1", datetime.date(2012, 1, 1)), depth=0).count() == 1


def test_workload_is_that_of_the_queues_in_what_the_place_became(land, admin, service_type):
    tie_to(place("A"), service_type)
    VoicedNeed.objects.create(territory=place("A1"), words="A place where children can sleep.")
    [reviewer] = User.objects.filter(name="A reviewer")
    actions.rename_place(place=place("A"), name="Ashville", names={}, by=admin, on=timezone.localdate())
    VerificationFactory(organisation=OrganisationFactory(territory=place("A2")))
    VoicedNeed.objects.create(territory=place("A2"), words="A lawyer.")
    [appointment] = with_workload(ReviewerAppointment.objects.filter(user=reviewer))
    assert appointment.to_review == len(reviewed_by(reviewer)) == 4


def test_move_takes_what_is_in_the_place_along_and_leaves_nothing_behind(land, admin, service_type):
    tie_to(place("A1"), service_type)
    a, b = place("A"), place("B")
    before = seen_in(a, admin)["organisation_list"]
    assert len(before) == 4
    actions.move_place(place=place("A1"), parent=b, by=admin, on=timezone.localdate())
    assert seen_in(b, admin)["organisation_list"] == before
    assert seen_in(a, admin)["organisation_list"] == []


def test_what_is_divided_counts_in_each_part_until_somebody_says_in_which(land, admin):
    house = OrganisationFactory(published=True, territory=place("B"), name="House")
    reviewer = ReviewerAppointmentFactory(territory=place("B")).user
    old = place("B")
    pieces = [SplitPart("BX", "East", Decimal("0.6")), SplitPart("BY", "West", Decimal("0.4"))]
    actions.split_place(place=old, on=timezone.localdate(), pieces=pieces, by=admin)
    east, west = place("BX"), place("BY")
    for part in (east, west):
        assert list(Organisation.objects.at_work_in(part)) == [house]
        assert list(reviewers_of(OrganisationFactory(territory=part))) == [reviewer]
    office = Client()
    office.force_login(admin)
    page = reverse("orgs:place_detail", args=["land", old.pk])
    assert reverse("orgs:kind_edit", args=[house.slug]) in office.get(page).content.decode()
    Organisation.objects.filter(pk=house.pk).update(territory=west)
    assert house not in Organisation.objects.at_work_in(east)
    assert house in Organisation.objects.at_work_in(west)
    assert reverse("orgs:kind_edit", args=[house.slug]) not in office.get(page).content.decode()


def test_place_that_ended_without_a_successor_still_counts_in_what_it_lay_in(land, admin):
    house = OrganisationFactory(published=True, territory=place("A2"))
    only_there = ReviewerAppointmentFactory(territory=place("A2")).user
    actions.end_place(place=place("A2"), last_day=datetime.date(2020, 12, 31), with_parts=False, by=admin)
    actions.rename_place(place=place("A"), name="Ashville", names={}, by=admin, on=datetime.date(2022, 1, 1))
    assert house in Organisation.objects.at_work_in(place("A"))
    assert house in Organisation.objects.at_work_in(place("R"))
    assert only_there not in reviewers_of(OrganisationFactory(territory=place("A"))), (
        "nobody gains a larger territory by an end"
    )


def reach_by_walking() -> set[tuple[Any, ...]]:
    """Who stands for what, and in what that lies, found step by step in Python: another way than the triggers'."""
    places = {one.pk: one for one in Territory.objects.all()}
    followed: dict[int, list[int]] = {pk: [] for pk in places}
    for one in TerritorySuccession.objects.all():
        followed[one.predecessor_id].append(one.successor_id)

    def stands(pk: int) -> dict[int, tuple[datetime.date, datetime.date]]:
        found: dict[int, tuple[datetime.date, datetime.date]] = {}
        steps, seen = [(pk, BEGINNING)], set()
        while steps:
            at, since = steps.pop()
            if (at, since) in seen:
                continue
            seen.add((at, since))
            ends = places[at].valid_to
            first = min(since, found[at][0]) if at in found else since
            found[at] = (first, ends if followed[at] else END)
            if ends < END:
                steps += [(after, max(since, ends + A_DAY)) for after in followed[at]]
        return {at: days for at, days in found.items() if days[0] <= days[1]}

    def above(pk: int) -> list[tuple[int, int]]:
        found, depth = [], 0
        start, end = places[pk].valid_from, places[pk].valid_to
        up = places[pk].parent_id
        while up is not None:
            depth, start, end = depth + 1, max(start, places[up].valid_from), min(end, places[up].valid_to)
            if start > end:
                break
            found.append((up, depth))
            up = places[up].parent_id
        return found

    kept: dict[tuple[int, int, datetime.date], tuple[int, datetime.date]] = {}
    for pk in places:
        own = stands(pk)
        for at, days in own.items():
            kept[at, pk, days[0]] = (0, days[1])
        for at, days in own.items():
            for higher, depth in above(at):
                for holder, other in stands(higher).items():
                    first, last = max(days[0], other[0]), min(days[1], other[1])
                    known = kept.get((holder, pk, first))
                    if first > last or (known and known[0] == 0):
                        continue
                    kept[holder, pk, first] = (max(depth, known[0]), max(last, known[1])) if known else (depth, last)
    # One of the past that a later row of the same pair outlasts is not missed by anybody.
    return {(*key, *value) for key, value in kept.items()}


def reach_as_stored() -> set[tuple[Any, ...]]:
    return set(TerritoryReach.objects.values_list("counts_in", "tied_to", "valid_from", "depth", "valid_to"))


def on(moment: datetime.date) -> Callable[[set[tuple[Any, ...]]], set[tuple[int, int]]]:
    return lambda rows: {(row[0], row[1]) for row in rows if row[2] <= moment <= row[4]}


@pytest.mark.parametrize("seed", range(12))
def test_reach_is_kept_whatever_changes(seed):
    """Places that move, end and become others, in any order and by any statement: on each day to come the pairs are those found by walking."""
    chance = random.Random(seed)
    today = timezone.localdate()
    days = [today + datetime.timedelta(days=number) for number in (-4000, -400, -30, 0, 1, 30, 400)]
    places = [TerritoryFactory() for _ in range(7)]
    for _step in range(25):
        one, other = chance.sample(places, 2)
        what = chance.randrange(6)
        try:
            with connection.cursor() as cursor:
                if what == 0 and one.pk > other.pk:  # Never in a circle.
                    cursor.execute("UPDATE orgs_territory SET parent_id = %s WHERE id = %s", [other.pk, one.pk])
                elif what == 1:
                    cursor.execute("UPDATE orgs_territory SET parent_id = NULL WHERE id = %s", [one.pk])
                elif what == 2:
                    ends = chance.choice([*days, END])
                    cursor.execute("UPDATE orgs_territory SET valid_to = %s WHERE id = %s", [ends, one.pk])
                elif what == 3:
                    TerritorySuccession.objects.get_or_create(predecessor=one, successor=other)
                elif what == 4:
                    TerritorySuccession.objects.filter(predecessor=one)[:1].get().delete()
                else:
                    places.append(TerritoryFactory(parent=one))
        except TerritorySuccession.DoesNotExist:
            continue
        stored_rows, walked = reach_as_stored(), reach_by_walking()
        for moment in [day for day in days if day >= today]:
            assert on(moment)(stored_rows) == on(moment)(walked)
    lonely = [one for one in places if not one.parts.exists()]
    Territory.objects.filter(pk__in=[one.pk for one in lonely[:3]]).delete()
    assert on(today)(reach_as_stored()) == on(today)(reach_by_walking())


def test_one_place_among_thousands_reads_few_rows(land, admin):
    """The rows that are read are counted, since no load on the machine changes them."""
    city = place("A")
    Territory.objects.bulk_create(TerritoryFactory.build(scheme=land, parent=city) for _ in range(3000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orgs_territory, orgs_territoryclosure, orgs_territoryreach")
    one = Territory.objects.filter(parent=city)[:1].get()
    before = rows_read()
    Territory.objects.filter(pk=one.pk).update(parent=place("B"))
    TerritoryFactory(scheme=land, parent=city)
    assert 0 < rows_read() - before < 200


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('orgs_territory', 'orgs_territoryclosure', 'orgs_territoryreach', 'orgs_territorysuccession')"
        )
        return int(cursor.fetchone()[0])


# --- What people are shown ----------------------------------------------------------------------------------------------


def test_lookup_offers_places_of_today_and_keeps_what_was_chosen_before(land, admin):
    old = place("A1")
    actions.rename_place(place=place("A"), name="Ashville", names={}, by=admin, on=datetime.date(2026, 1, 1))
    old.refresh_from_db()
    new = place("A1")
    lookup = TerritoryLookup()
    assert lookup.exact("Mill") == lookup.exact("A1") == lookup.similar("mil") == [new]
    assert lookup.get([str(old.pk)]) == lookup.exact(old.label) == [old]
    assert set(TerritoryLookup(ever=True).exact("A1")) == {old, new}
    asked = Client().get(reverse("orgs:lookup_territories"), {"q": "mill"}).json()["results"]
    assert [one["value"] for one in asked] == [str(new.pk)]
    asked = Client().get(reverse("orgs:lookup_territories"), {"q": "mill", "ever": "1"}).json()["results"]
    assert {one["value"] for one in asked} == {str(old.pk), str(new.pk)}


def preview(admin: User, page: str, one: Territory, data: dict[str, Any]) -> str:
    office = Client()
    office.force_login(admin)
    shown = office.post(reverse(f"orgs:{page}", args=["land", one.pk]), data)
    return " ".join(shown.context["consequences"])


def test_preview_counts_who_is_in_the_parts_that_are_carried(land, admin):
    OrganisationFactory(territory=place("A1"))
    capacity = Capacity.objects.create(
        organisation=OrganisationFactory(), side="need", kind="space", territory=place("A2")
    )
    OrganisationFactory(territory=place("A1"), closed_on=timezone.localdate())
    ReviewerAppointmentFactory(territory=place("A2"))
    said = preview(admin, "place_rename", place("A"), {"name": "Ash", "on": "2027-01-01"})
    assert "2 organisations are based or at work in what ends. They count in what follows" in said
    assert "1 reviewer is appointed for what ends, and reviews in all that follows." in said
    said = preview(admin, "place_end", place("A"), {"last_day": "2026-12-31", "with_parts": "on"})
    assert "2 organisations are based or at work in what ends without a successor." in said
    capacity.delete()
    pieces = {
        "on": "2027-01-01",
        "code_1": "X",
        "name_1": "X",
        "share_1": "50",
        "code_2": "Y",
        "name_2": "Y",
        "share_2": "50",
    }
    said = preview(admin, "place_split", place("A1"), pieces)
    assert "1 organisation is based or at work in what is divided. It counts in each of the new places" in said


def test_import_says_who_is_tied_to_what_ends(land, admin):
    OrganisationFactory(territory=place("A"))
    OrganisationFactory(territory=place("A2"))
    within = TerritoryFactory(parent=place("A2"), name="House of another classification")
    OrganisationFactory(territory=within)
    ReviewerAppointmentFactory(territory=place("A1"))
    batch = checked(land, NEXT_EDITION.format(day="2027-01-01"))
    assert batch.ties == {"follow": [3, 1]} or batch.ties == {"follow": (3, 1)}
    office = Client()
    office.force_login(admin)
    said = words_of(office.get(reverse("orgs:territory_import_detail", args=["land", batch.pk])).content.decode())
    assert "3 organisations are based or at work in what ends. They count in what follows" in said
    assert "1 reviewer is appointed for what ends" in said
    gone = checked(
        land,
        "code,name,kind,parent\nR,North,region,\nB,Birk,municipality,R\nB1,Quay,neighbourhood,B\n",
        ends_missing=datetime.date(2026, 12, 31),
    )
    assert gone.ties["stay"][0] == 2
