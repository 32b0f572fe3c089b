"""The steward's desk: what waits, on one page, the oldest on top, and no more than one may see."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from indicators.models import Finding, ImportBatch, Release, Report, ReportRequest, Slice
from indicators.reports import actions as reports
from indicators.worklist.inbox import tasks_of
from indicators.worklist.queues import REMEMBERED, Queue, QueuePart, queues_of
from orgs.inbox import LONGEST, Task
from orgs.models import Membership, Organisation, User
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory, TerritoryFactory, UserFactory
from tests.factories_indicators import ImportBatchFactory, IndicatorFactory, StewardFactory, breakdown, period
from tests.pages import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward() -> User:
    return StewardFactory(organisation__territory=TerritoryFactory(code="M", name="Rivertown")).user


@pytest.fixture
def authority(steward: User) -> Organisation:
    return steward.memberships.get().organisation


def brought_in(authority: Organisation, state: str, *, days: int = 0, **fields: Any) -> ImportBatch:
    batch = ImportBatchFactory(authority=authority, state=state, **fields)
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - datetime.timedelta(days=days))
    return batch


def finding(batch: ImportBatch, **fields: Any) -> Finding:
    return Finding.objects.create(
        batch=batch,
        rule="jump",
        indicator=IndicatorFactory(),
        period=period("2017"),
        territory=TerritoryFactory(),
        breakdown=breakdown(),
        amount=1,
        **fields,
    )


def asked(authority: Organisation, steward: User, *, days: int = 5, state: str = Report.State.DRAFT) -> Report:
    request = reports.ask_for_reports(
        authority=authority,
        organisations=[OrganisationFactory(published=True, name=f"Association {Report.objects.count()}")],
        title="Incidents",
        territory=authority.territory,
        indicators=[IndicatorFactory()],
        periods=[period("2017")],
        due_on=timezone.localdate(),
        by=steward,
    )
    ReportRequest.objects.filter(pk=request.pk).update(due_on=timezone.localdate() + datetime.timedelta(days=days))
    request.reports.update(state=state, batch=ImportBatchFactory(authority=authority, kind="report", state="stored"))
    return request.reports.get()


def fill(authority: Organisation, steward: User) -> None:
    """One of everything."""
    brought_in(authority, "received", file_name="uploaded.csv")
    brought_in(authority, "checked", file_name="checked.csv")
    brought_in(authority, "refused", file_name="refused.csv", created_by=steward)
    brought_in(authority, "stored", file_name="stored.csv")
    finding(brought_in(authority, "stored", file_name="odd.csv"))
    asked(authority, steward, state=Report.State.SUBMITTED)
    report = asked(authority, steward, state=Report.State.SUBMITTED)
    assert report.batch is not None
    finding(report.batch)
    asked(authority, steward, days=-3)
    Slice.objects.create(
        indicator=IndicatorFactory(name="Residents"), year=2017, parked_at=timezone.now(), error="Division by zero"
    )


def piles(user: User) -> dict[str, Queue]:
    return {pile.name: pile for pile in queues_of(user)}


def page(user: User) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(reverse("indicators:worklist"))
    assert response.status_code == 200
    return response.content.decode()


def test_everything_lies_on_one_pile_with_its_next_step(authority: Organisation, steward: User) -> None:
    fill(authority, steward)
    Release.objects.create(state=Release.State.PREVIEW, note="Residents of 2017")
    found = piles(steward)
    assert {name: sorted(item.title for item in pile.items) for name, pile in found.items()} == {
        "imports": [
            "Approve the figures of stored.csv",
            "Say what the columns in uploaded.csv mean",
            "See why refused.csv was refused",
            "Store the figures of checked.csv",
        ],
        "findings": [
            "Check the findings in odd.csv",
            "Check the findings in the report of Association 1",
        ],
        "reports": ["Overdue: Incidents", "Review the report of Association 0"],
        "releases": ["A release is to be approved"],
        "parked": ["Residents, 2017 could not be rolled up"],
    }
    assert {name: pile.count for name, pile in found.items()} == {
        "imports": 4,
        "findings": 2,
        "reports": 2,
        "releases": 1,
        "parked": 1,
    }
    html = page(steward)
    client = Client()
    client.force_login(steward)
    for pile in found.values():
        for item in pile.items:
            assert f'href="{item.url}"' in html
            assert client.get(item.url, follow=True).status_code == 200
    assert "1 figure to check first" in html
    assert "Division by zero" in html


def test_oldest_lies_on_top_and_the_rest_is_counted(authority: Organisation, steward: User) -> None:
    for days in (3, 9, 1):
        brought_in(authority, "stored", file_name=f"{days}.csv", days=days)
    brought_in(authority, "checked", file_name="5.csv", days=5)
    assert [item.title.split()[-1] for item in piles(steward)["imports"].items] == ["9.csv", "5.csv", "3.csv", "1.csv"]
    for _ in range(21):
        brought_in(authority, "stored")
    pile = piles(steward)["imports"]
    assert (len(pile.items), pile.count, pile.more) == (20, 25, 5)
    assert "5 more, including those done" in words_of(page(steward))


def test_others_things_are_not_on_the_desk(authority: Organisation, steward: User) -> None:
    other = AuthorityFactory(territory=TerritoryFactory())
    keeper = MembershipFactory(organisation=other, role=Membership.Role.STEWARD).user
    fill(other, keeper)
    assert {name: pile.count for name, pile in piles(steward).items()} == {
        "imports": 0,
        "findings": 0,
        "reports": 0,
        "releases": 0,
        "parked": 1,
    }
    html = page(steward)
    for name in ("uploaded.csv", "checked.csv", "refused.csv", "stored.csv", "odd.csv", "Association"):
        assert name not in html
    assert {name: pile.count for name, pile in piles(UserFactory(is_staff=True)).items() if pile.count} == {
        "imports": 3,  # A refused file is for whoever brought it in.
        "findings": 2,
        "reports": 2,
        "parked": 1,
    }


def test_what_waits_for_somebody_else_says_so_and_is_not_in_the_inbox(authority: Organisation, steward: User) -> None:
    asked(authority, steward, days=-3)
    reach = {"reported": [authority.territory_id], "computed": []}
    release = Release.objects.create(state=Release.State.PREVIEW, created_by=steward, changes={"reach": reach})
    assert tasks_of(steward) == []
    text = words_of(page(steward))
    assert "The release you prepared is ready" in text
    assert "A second person has to decide" in text
    assert "With the organisation" in text
    colleague = MembershipFactory(organisation=authority, role=Membership.Role.STEWARD).user
    assert [item.title for item in tasks_of(colleague)] == ["A release is to be approved"]
    foreign = MembershipFactory(organisation=AuthorityFactory(), role=Membership.Role.STEWARD).user
    assert tasks_of(foreign) == []
    assert "An administrator has to act" in words_of(page(foreign))
    Release.objects.filter(pk=release.pk).update(state=Release.State.DRAFT)
    assert "In the queue" in page(colleague)
    Release.objects.filter(pk=release.pk).update(state=Release.State.FAILED)
    assert [item.title for item in tasks_of(steward)] == ["See why a release could not be made, and discard it"]


def test_what_is_done_or_forgotten_is_gone(authority: Organisation, steward: User) -> None:
    for state in ("approved", "undone", "checking"):
        brought_in(authority, state)
    for state in ("received", "checked"):
        brought_in(authority, state, days=REMEMBERED.days + 1)
    brought_in(authority, "refused", file_name="people.csv", created_by=steward)
    brought_in(authority, "approved", file_name="people.csv", created_by=steward)
    batch = brought_in(authority, "stored", file_name="mended.csv")
    finding(batch, accepted_at=timezone.now(), accepted_by=steward, reason="Two registers")
    assert [item.title for pile in queues_of(steward) for item in pile.items] == ["Approve the figures of mended.csv"]


def test_empty_desk_says_so_and_is_in_the_menu(steward: User) -> None:
    html = page(steward)
    assert "You have nothing to do" in html
    menu = html.split('<nav class="site-nav"')[1].split("</nav>")[0]
    assert f'<a href="{reverse("indicators:worklist")}" aria-current="page">' in menu
    assert reverse("indicators:worklist") not in Client().get("/about/").content.decode()


def test_full_desk_asks_as_few_queries_as_an_empty_one(authority: Organisation, steward: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(steward)
        return len(captured)

    fill(authority, steward)
    Release.objects.create(state=Release.State.PREVIEW)
    page(steward)
    few = queries()
    for _ in range(4):
        fill(authority, steward)
    assert queries() == few


def test_what_presses_is_not_crowded_out_by_what_waits_for_others() -> None:
    def item(day: int, status: str = "") -> Task:
        since = datetime.datetime(2026, 1, day, tzinfo=datetime.UTC)
        return Task(kind="Report", title=f"{day}", url="/", since=since, status=status)

    late = [item(day, "With the organisation") for day in range(1, LONGEST + 1)]
    pile = Queue("reports", "Reports", "inbox", "/", [QueuePart(late, 40), QueuePart([item(30)], 1)])
    assert [found.title for found in pile.pressing] == ["30"]
    assert (len(pile.items), pile.more) == (LONGEST, 21)
