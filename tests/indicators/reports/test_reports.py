"""Reports that organisations owe: asked, filled in, sent, returned with a note, sent again, approved, and counted."""

import datetime
import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from post_office.models import Email

from indicators.imports import actions as imports
from indicators.models import Finding, ImportBatch, Observation, Report, ReportStep
from indicators.quality import actions as quality
from indicators.releases import actions as releases
from indicators.reports import actions as reports_actions
from indicators.reports.cells import Typed
from indicators.rollup import worker
from indicators.vocabulary import Flag, Status
from orgs.models import Membership, Organisation, User
from tests.indicators.asking import Asking, association, number
from tests.indicators.land import Land

pytestmark = pytest.mark.django_db
Role = Membership.Role


MISSING = Typed(is_missing=True)


@pytest.fixture
def first(land: Land) -> Organisation:
    return association("First")


@pytest.fixture
def second(land: Land) -> Organisation:
    return association("Second")


def letters() -> list[tuple[str, str]]:
    return [(mail.to[0], mail.subject) for mail in Email.objects.order_by("pk")]


# --- The whole way ------------------------------------------------------------------------------------------------------


def test_from_the_question_to_the_figure(asking: Asking, first: Organisation, steward: User) -> None:
    report = asking.ask(first).reports.get()
    assert letters() == [("owner@first.example.org", "City council asks you for figures: Incidents of 2017")]

    asking.fill(report, number(12))
    assert not Observation.objects.pending().exists()
    asking.send(report, number(12))
    report.refresh_from_db()
    assert report.state == Report.State.SUBMITTED
    assert Observation.objects.get(batch=report.batch).status == Status.SUBMITTED
    assert asking.counted() is None
    assert letters()[-1] == (steward.email, "First has sent its report: Incidents of 2017")

    asking.approve(report)
    counted = asking.counted()
    assert counted is not None
    assert (counted.numerator, counted.flags, counted.approved_by) == (12, 0, steward)
    assert counted.source.name == "Reports to City council"
    assert letters()[-1] == ("owner@first.example.org", "Thank you, your figures count: Incidents of 2017")


def test_blank_is_never_zero_and_missing_is_said(asking: Asking, first: Organisation, land: Land) -> None:
    report = asking.ask(first, with_parts=True).reports.get()
    asking.approve(asking.send(report, number(0), MISSING, None))
    rows = {row.territory.code: (row.numerator, row.flags) for row in Observation.objects.filter(batch__kind="report")}
    assert rows == {"CITY": (0, 0), "D1": (None, Flag.MISSING)}


def test_nothing_filled_in_is_not_sent(asking: Asking, first: Organisation) -> None:
    report = asking.ask(first).reports.get()
    with pytest.raises(ValidationError, match="You have not filled anything in"):
        reports_actions.submit_report(report=report, by=None)
    report.refresh_from_db()
    assert report.state == Report.State.DRAFT


def test_returned_with_a_note_and_sent_again(asking: Asking, first: Organisation) -> None:
    report = asking.ask(first).reports.get()
    asking.send(report, number(12))
    with pytest.raises(ValidationError, match="Say what"):
        reports_actions.return_report(report=report, note=" ", by=asking.steward)
    reports_actions.return_report(report=report, note="Without those of 2016, please", by=asking.steward)
    report.refresh_from_db()
    assert report.state == Report.State.RETURNED
    assert not Observation.objects.pending().exists()
    assert "Without those of 2016, please" in Email.objects.latest("pk").message
    assert reports_actions.answers_of(report).popitem()[1] == number(12)

    asking.send(report, number(10))
    asking.approve(report)
    steps = [(step.kind, step.note) for step in ReportStep.objects.order_by("pk")]
    assert steps == [
        ("submitted", ""),
        ("returned", "Without those of 2016, please"),
        ("submitted", ""),
        ("approved", ""),
    ]
    counted = asking.counted()
    assert counted is not None
    assert counted.numerator == 10


def test_approved_report_that_is_returned_counts_no_more(asking: Asking, first: Organisation, land: Land) -> None:
    land.observe("CITY", "2017", 10)
    report = asking.approve(asking.send(asking.ask(first).reports.get(), number(12)))
    reports_actions.return_report(report=report, note="These are of another year", by=asking.steward)
    counted = asking.counted()
    assert counted is not None
    assert counted.numerator == 10


@pytest.mark.parametrize("action", ["save", "submit", "return", "approve"])
def test_step_out_of_turn_is_refused(asking: Asking, first: Organisation, action: str) -> None:
    report = asking.ask(first).reports.get()
    if action in ("save", "submit"):
        asking.send(report, number(1))
    report.refresh_from_db()
    with pytest.raises(ValidationError, match="already in the state"):
        {
            "save": lambda: reports_actions.save_report(report=report, answers={}, version=report.version, by=None),
            "submit": lambda: reports_actions.submit_report(report=report, by=None),
            "return": lambda: reports_actions.return_report(report=report, note="No", by=None),
            "approve": lambda: reports_actions.approve_report(report=report, by=None),
        }[action]()


def test_report_is_not_decided_past_its_page(asking: Asking, first: Organisation) -> None:
    report = asking.send(asking.ask(first).reports.get(), number(1))
    assert report.batch is not None
    for action in (imports.approve_import, imports.undo_import):
        with pytest.raises(ValidationError, match="on the page of the report"):
            action(batch=report.batch)


# --- Two people, many organisations ------------------------------------------------------------------------------------


def test_second_of_two_writers_is_told(asking: Asking, first: Organisation) -> None:
    report = asking.ask(first).reports.get()
    seen = report.version
    asking.fill(report, number(12))
    with pytest.raises(ValidationError, match="Somebody else in your organisation") as refusal:
        reports_actions.save_report(report=report, answers={}, version=seen, by=None)
    assert refusal.value.code == "stale"
    assert reports_actions.answers_of(report).popitem()[1] == number(12)


def test_answers_of_many_are_added_up(asking: Asking, first: Organisation, second: Organisation) -> None:
    one, two = asking.ask(first, second).reports.order_by("pk")
    asking.send(one, number(5))
    asking.send(two, number(7))
    asking.approve(one)
    counted = asking.counted()
    assert counted is not None
    assert (counted.numerator, counted.flags) == (5, Flag.PROVISIONAL)
    asking.approve(two)
    counted = asking.counted()
    assert counted is not None
    assert (counted.numerator, counted.flags) == (12, 0)
    assert Observation.objects.filter(status=Status.SUPERSEDED, numerator=5).exists()


def test_figure_of_some_of_those_who_were_asked_is_not_the_whole(
    asking: Asking, first: Organisation, second: Organisation, land: Land, client: Client
) -> None:
    """Nor is what is added up from it, until everybody has answered."""
    district = land.territories["D1"]
    one, two = asking.ask(first, second, indicator="RATE", territory=district).reports.order_by("pk")
    land.observe("D2", "2017", 30, denominator=300, indicator="RATE")

    def coverage(place: str) -> tuple[int, int]:
        worker.roll_up()
        figure = land.figure(place, "2017", indicator="RATE")
        assert figure is not None
        return figure.reporters, figure.expected

    asking.approve(asking.send(one, number(90, 300)))
    assert coverage("D1") == (1, 2)
    reported, expected = coverage("CITY")
    assert reported < expected
    releases.publish_release(note="First")
    assert "Partial: 1 of 2 organisations asked have answered" in re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(district.get_absolute_url()).content.decode())
    )
    asking.approve(asking.send(two, number(30, 300)))
    assert coverage("D1") == (2, 2)
    reported, expected = coverage("CITY")
    assert reported == expected


def test_rates_of_many_are_pooled_and_never_averaged(asking: Asking, first: Organisation, second: Organisation) -> None:
    """1 of 2 and 10 of 100: 11 of 102, not the mean of 50 % and 10 %."""
    one, two = asking.ask(first, second, indicator="RATE").reports.order_by("pk")
    asking.approve(asking.send(one, number(1, 2)))
    asking.approve(asking.send(two, number(10, 100)))
    counted = asking.counted(indicator="RATE")
    assert counted is not None
    assert (counted.numerator, counted.denominator) == (11, 102)


def test_means_of_many_are_weighted(asking: Asking, first: Organisation, second: Organisation) -> None:
    one, two = asking.ask(first, second, indicator="MOOD").reports.order_by("pk")
    asking.approve(asking.send(one, number(4, 10)))
    asking.approve(asking.send(two, number(8, 30)))
    counted = asking.counted(indicator="MOOD")
    assert counted is not None
    assert counted.denominator is not None
    assert counted.numerator == 280
    assert counted.numerator / counted.denominator == 7


def test_no_figure_of_one_is_not_taken_for_zero(asking: Asking, first: Organisation, second: Organisation) -> None:
    one, two = asking.ask(first, second).reports.order_by("pk")
    asking.approve(asking.send(one, MISSING))
    counted = asking.counted()
    assert counted is not None
    assert (counted.numerator, counted.flags) == (None, Flag.MISSING)
    asking.approve(asking.send(two, number(7)))
    counted = asking.counted()
    assert counted is not None
    assert (counted.numerator, counted.flags) == (7, Flag.PROVISIONAL)


@pytest.mark.parametrize("returned", [0, 1])
def test_sum_without_the_one_that_was_returned(
    asking: Asking, first: Organisation, second: Organisation, returned: int
) -> None:
    reports = list(asking.ask(first, second).reports.order_by("pk"))
    for report, amount in zip(reports, (5, 7), strict=True):
        asking.approve(asking.send(report, number(amount)))
    reports_actions.return_report(report=reports[returned], note="Look again", by=asking.steward)
    counted = asking.counted()
    assert counted is not None
    assert (counted.numerator, counted.flags) == ((7, 5)[returned], Flag.PROVISIONAL)
    asking.approve(asking.send(reports[returned], number(6)))
    counted = asking.counted()
    assert counted is not None
    assert counted.numerator == (13, 11)[returned]


def test_score_is_asked_of_one_only(asking: Asking, first: Organisation, second: Organisation) -> None:
    with pytest.raises(ValidationError, match="scores cannot be added up"):
        asking.ask(first, second, indicator="SCORE")
    asking.approve(asking.send(asking.ask(first, indicator="SCORE").reports.get(), number(60)))
    counted = asking.counted(indicator="SCORE")
    assert counted is not None
    assert counted.value == 60


# --- Quality ------------------------------------------------------------------------------------------------------------


def test_quality_rules_speak_before_approval(asking: Asking, first: Organisation, land: Land) -> None:
    land.observe("CITY", "2016", 1000)
    report = asking.send(asking.ask(first).reports.get(), number(9000))
    assert report.batch is not None
    with pytest.raises(ValidationError, match="needs checking first"):
        asking.approve(report)
    assert asking.counted() is None
    quality.accept_findings(batch=report.batch, reason="They opened a second office", by=asking.steward)
    asking.approve(report)
    counted = asking.counted()
    assert counted is not None
    assert counted.numerator == 9000
    assert Finding.objects.get().reason == "They opened a second office"


def test_what_others_were_approved_for_meanwhile_is_found(
    asking: Asking, first: Organisation, second: Organisation, land: Land
) -> None:
    """Neither alone is a jump; together they are."""
    land.observe("CITY", "2016", 1000)
    one, two = asking.ask(first, second).reports.order_by("pk")
    asking.send(one, number(1000))
    asking.send(two, number(900))
    asking.approve(one)
    with pytest.raises(ValidationError, match="needs checking first"):
        asking.approve(two)
    two.refresh_from_db()
    assert two.batch is not None
    assert [finding.rule for finding in Finding.objects.open().filter(batch=two.batch)] == ["jump"]
    assert two.state == Report.State.SUBMITTED


# --- Asking -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"organisations": []}, "organisations"),
        ({"indicators": []}, "indicators"),
        ({"periods": []}, "periods"),
        ({"due_on": datetime.date(2020, 1, 1)}, "due_on"),
        ({"title": ""}, "title"),
    ],
)
def test_request_that_asks_nothing_is_refused(
    asking: Asking, first: Organisation, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        asking.ask(first, **changes)
    assert field in refusal.value.message_dict
    assert not Report.objects.exists()


def test_authority_does_not_ask_itself(asking: Asking, authority: Organisation) -> None:
    with pytest.raises(ValidationError, match="cannot ask itself"):
        asking.ask(authority)


def test_groups_of_a_dimension_and_parts_of_the_place(asking: Asking, first: Organisation, land: Land) -> None:
    dimension = land.observe("N1", "2017", 1, key="sex=F").breakdown.categories.get().dimension
    dimension.indicators.add(land.indicators["PEOPLE"])
    request = asking.ask(first, dimension=dimension, with_parts=True)
    cells = reports_actions.cells_of_request(request)
    assert [cell.label for cell in cells] == [
        f"{place}{group}" for place in ("CITY", "D1", "D2") for group in ("", ", F", ", M")
    ]


def test_withdrawn_request_needs_no_answer(asking: Asking, first: Organisation, second: Organisation) -> None:
    request = asking.ask(first, second)
    one, two = request.reports.order_by("pk")
    asking.approve(asking.send(one, number(5)))
    asking.send(two, number(7))
    reports_actions.withdraw_request(request=request, by=asking.steward)
    before = len(letters())
    reports_actions.withdraw_request(request=request, by=asking.steward)
    assert len(letters()) == before
    assert letters()[-1] == ("owner@second.example.org", "No longer needed: Incidents of 2017")
    assert not Observation.objects.pending().exists()
    counted = asking.counted()
    assert counted is not None
    assert counted.numerator == 5
    two.refresh_from_db()
    with pytest.raises(ValidationError):
        asking.approve(two)


# --- Reminders ----------------------------------------------------------------------------------------------------------


def test_reminders_once_for_each_stage(asking: Asking, first: Organisation) -> None:
    request = asking.ask(first, days=10)
    due = request.due_on
    day = datetime.timedelta(days=1)

    def reminded(today: datetime.date) -> list[str]:
        before = Email.objects.count()
        reports_actions.send_reminders(today=today)
        reports_actions.send_reminders(today=today)
        return [subject for _to, subject in letters()[before:]]

    assert reminded(due - 8 * day) == []
    assert reminded(due - 7 * day) == ["Due soon: Incidents of 2017"]
    assert reminded(due - 6 * day) == []
    assert reminded(due) == ["Due today: Incidents of 2017"]
    assert reminded(due + 3 * day) == []
    assert reminded(due + 7 * day) == ["Overdue: Incidents of 2017"]
    assert reminded(due + 90 * day) == []


def test_who_has_answered_is_not_reminded(asking: Asking, first: Organisation, second: Organisation) -> None:
    request = asking.ask(first, second)
    asking.send(request.reports.get(organisation=first), number(1))
    before = len(letters())
    reports_actions.send_reminders(today=request.due_on)
    assert [to for to, _subject in letters()[before:]] == ["owner@second.example.org"]
    reports_actions.withdraw_request(request=request, by=None)
    before = len(letters())
    reports_actions.send_reminders(today=request.due_on + datetime.timedelta(days=7))
    assert len(letters()) == before


def test_overdue_follows_from_the_day(asking: Asking, first: Organisation) -> None:
    request = asking.ask(first, days=0)
    report = request.reports.get()
    assert not report.is_overdue
    request.due_on -= datetime.timedelta(days=1)
    request.save()
    report = Report.objects.get()
    assert report.is_overdue
    assert list(Report.objects.overdue(timezone.localdate())) == [report]
    asking.send(report, number(1))
    assert not Report.objects.overdue(timezone.localdate()).exists()


def test_batches_of_reports_are_marked(asking: Asking, first: Organisation) -> None:
    asking.send(asking.ask(first).reports.get(), number(1))
    assert ImportBatch.objects.get(kind=ImportBatch.Kind.REPORT).file_name == "Incidents of 2017 · First"
