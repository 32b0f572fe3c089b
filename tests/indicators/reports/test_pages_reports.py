"""Asking, filling in, reviewing and typing on the pages."""

import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from indicators.imports import actions as imports
from indicators.models import Finding, ImportBatch, Observation, Report, ReportRequest
from indicators.releases import actions as releases
from indicators.reports import actions as reports
from indicators.reports.cells import Typed
from indicators.rollup import worker
from indicators.vocabulary import Flag
from indicators.worklist.inbox import tasks_of
from orgs.models import Membership, User
from tests.factories import AuthorityFactory, MembershipFactory
from tests.indicators.desk import Desk
from tests.indicators.land import Land, table
from tests.pages import unmarked, words_of

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def desk(land: Land) -> Desk:
    return Desk(land)


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def give_reason(client: Client, batch: ImportBatch | None) -> None:
    """Opens what the batch says, for half an hour."""
    assert batch is not None
    client.post(reverse("indicators:batch_access", args=[batch.pk]), {"reason": "To see what was counted"})


def text_of(response: Any) -> str:
    return words_of(response.content.decode())


def name_of(report: Report) -> str:
    return reports.cells_of_request(report.request)[0].name


def test_steward_asks_on_one_page(desk: Desk) -> None:
    client = enter(desk.steward)
    page = reverse("indicators:request_add")
    assert client.get(page).status_code == 200
    sent = {
        "authority": desk.authority.pk,
        "title": "Incidents of 2017",
        "note": "For the yearly report",
        "organisations": "Association",
        "indicators": [desk.land.indicators["PEOPLE"].pk],
        "territory": "CITY",
        "periods": "2016, 2017",
        "due_on": timezone.localdate().isoformat(),
    }
    assert "Write periods like" in text_of(client.post(page, {**sent, "periods": "yesterday"}))
    assert not ReportRequest.objects.exists()
    response = client.post(page, sent, follow=True)
    assert "Incidents of 2017" in text_of(response)
    request = ReportRequest.objects.get()
    assert [period.code for period in request.periods.all()] == ["2016", "2017"]
    assert request.reports.get().organisation == desk.association
    assert request.created_by == desk.steward


@pytest.mark.parametrize("has_left", [False, True])
def test_steward_decides_nothing_that_an_own_organisation_reported(desk: Desk, has_left: bool) -> None:
    """Neither the report nor what the rules found in it; and leaving the organisation for a minute does not help."""
    report = desk.sent(amount=70)
    assert report.batch is not None
    membership = MembershipFactory(organisation=desk.association, user=desk.steward, role=Role.VIEWER)
    if has_left:
        Membership.objects.filter(pk=membership.pk).update(ended_at=timezone.now())
    client = enter(desk.steward)
    for step in ("report_approve", "report_return"):
        client.post(reverse(f"indicators:{step}", args=[report.pk]), {"note": "Mine"})
    for step in ("findings_accept", "import_approve", "import_undo"):
        assert client.post(reverse(f"indicators:{step}", args=[report.batch.pk]), {"reason": "Mine"}).status_code == 403
    assert report.request.title not in text_of(client.get(reverse("indicators:worklist")))
    report.refresh_from_db()
    assert (report.state, report.steps.count()) == (Report.State.SUBMITTED, 1)
    assert not report.batch.findings.exclude(accepted_at=None).exists()


def test_owner_fills_in_keeps_and_sends(desk: Desk) -> None:
    report, client = desk.ask(), enter(desk.owner)
    page = reverse("indicators:report_answer", args=[report.pk])
    cell = name_of(report)
    desk.land.observe("CITY", "2016", 11)
    assert "2016" not in text_of(client.get(page)), "what is not released is not told to who is asked"
    worker.roll_up()
    releases.publish_release()
    assert "2016: 11" in text_of(client.get(page))
    response = client.post(page, {f"n-{cell}": "12", "version": report.version}, follow=True)
    assert "It is not sent yet" in text_of(response)
    report.refresh_from_db()
    assert report.state == Report.State.DRAFT
    response = client.post(
        page, {f"n-{cell}": "13", "version": report.version, "send": "1", "note": "Two offices"}, follow=True
    )
    assert "You will get an e-mail" in text_of(response)
    assert "Two offices" in text_of(response)
    report.refresh_from_db()
    assert report.state == Report.State.SUBMITTED
    assert Observation.objects.get(batch=report.batch).numerator == 13
    assert "cannot be changed now" in text_of(client.get(page, follow=True))


def test_second_writer_keeps_what_was_typed(desk: Desk) -> None:
    report, client = desk.ask(), enter(desk.owner)
    page, cell = reverse("indicators:report_answer", args=[report.pk]), name_of(report)
    client.post(page, {f"n-{cell}": "12", "version": report.version})
    response = client.post(page, {f"n-{cell}": "99", "version": report.version})
    assert "Somebody else in your organisation" in text_of(response)
    assert 'value="99"' in response.content.decode()
    assert reports.answers_of(report).popitem()[1].number == 12
    version = response.context["version"]
    client.post(page, {f"n-{cell}": "99", "version": version})
    assert reports.answers_of(report).popitem()[1].number == 99


def test_fault_stands_at_its_field(desk: Desk) -> None:
    report, client = desk.ask(), enter(desk.owner)
    page, cell = reverse("indicators:report_answer", args=[report.pk]), name_of(report)
    response = client.post(page, {f"n-{cell}": "twelve", "version": report.version})
    assert "“twelve” is not a number. Write it like 1,234.5." in text_of(response)
    assert f'href="#id_n-{cell}"' in response.content.decode()
    response = client.post(page, {f"n-{cell}": "1", f"m-{cell}": "on", "version": report.version})
    assert "not both" in text_of(response)
    assert not report.answers.exists()


def test_nothing_filled_in_is_told(desk: Desk) -> None:
    report, client = desk.ask(), enter(desk.owner)
    page = reverse("indicators:report_answer", args=[report.pk])
    assert "You have not filled anything in yet" in text_of(client.post(page, {"version": report.version, "send": "1"}))


def test_spreadsheet_goes_out_and_comes_back(desk: Desk) -> None:
    report, client = desk.ask(), enter(desk.owner)
    response = client.get(reverse("indicators:report_workbook", args=[report.pk]))
    book = load_workbook(io.BytesIO(response.content))
    book["Figures"]["E5"] = 21
    saved = io.BytesIO()
    book.save(saved)
    page = reverse("indicators:report_upload", args=[report.pk])
    refused = client.post(page, {"file": SimpleUploadedFile("report.xlsx", b"nonsense")})
    assert "not the spreadsheet for this report" in text_of(refused)
    assert not report.answers.exists()
    response = client.post(page, {"file": SimpleUploadedFile("report.xlsx", saved.getvalue())}, follow=True)
    assert 'value="21"' in response.content.decode()
    report.refresh_from_db()
    assert report.state == Report.State.DRAFT
    again = client.post(page, {"file": SimpleUploadedFile("report.xlsx", saved.getvalue())})
    assert "was changed after" in text_of(again)


def test_steward_reviews_side_by_side(desk: Desk) -> None:
    desk.land.observe("CITY", "2016", 11)
    report, client = desk.sent(), enter(desk.steward)
    page = text_of(client.get(report.get_absolute_url()))
    assert "12 2016: 11 –" not in page
    assert "Give a reason to see them" in page
    give_reason(client, report.batch)
    page = text_of(client.get(report.get_absolute_url()))
    assert "12 2016: 11 –" in page
    back = reverse("indicators:report_return", args=[report.pk])
    assert "Say what should be changed" in text_of(client.post(back, follow=True))
    response = client.post(back, {"note": "Without those of 2016"}, follow=True)
    assert "Without those of 2016" in text_of(response)
    report.refresh_from_db()
    assert report.state == Report.State.RETURNED
    assert "Without those of 2016" in text_of(
        enter(desk.owner).get(reverse("indicators:report_answer", args=[report.pk]))
    )


def test_steward_accepts_what_was_found_and_approves(desk: Desk) -> None:
    desk.land.observe("CITY", "2016", 1000)
    report, client = desk.sent(9000), enter(desk.steward)
    assert "1 figure in it needs checking" in text_of(client.get(report.get_absolute_url()))
    give_reason(client, report.batch)
    approve = reverse("indicators:report_approve", args=[report.pk])
    assert "One figure needs checking first" in text_of(client.post(approve, follow=True))
    finding = Finding.objects.get()
    accept = reverse("indicators:findings_accept", args=[report.batch_id])
    assert "Say why" in text_of(client.post(accept, {"finding": finding.pk}, follow=True))
    response = client.post(accept, {"finding": finding.pk, "reason": "A second office"}, follow=True)
    assert response.redirect_chain[-1][0] == report.get_absolute_url()
    assert "A second office" in text_of(response)
    client.post(approve)
    report.refresh_from_db()
    assert report.state == Report.State.APPROVED


def test_owner_does_not_see_the_stewards_findings(desk: Desk) -> None:
    desk.land.observe("CITY", "2016", 1000)
    report = desk.sent(9000)
    assert "Accept" not in text_of(enter(desk.owner).get(report.get_absolute_url()))


def test_batch_of_a_report_leads_to_its_page(desk: Desk) -> None:
    report = desk.sent()
    page = enter(desk.steward).get(reverse("indicators:import_detail", args=[report.batch_id]))
    assert report.get_absolute_url() in page.content.decode()
    assert "Undo this import" not in text_of(page)


def test_list_by_state(desk: Desk) -> None:
    desk.ask("Late", days=-2)
    desk.ask("Early", days=20)
    withdrawn = desk.ask("Gone")
    reports.withdraw_request(request=withdrawn.request, by=desk.steward)
    for user in (desk.steward, desk.owner):
        client = enter(user)
        page = text_of(client.get(reverse("indicators:report_list")))
        assert "1 report is overdue" in page

        def titles(state: str, client: Client = client) -> list[str]:
            found = client.get(reverse("indicators:report_list"), {"state": state}).context["reports"]
            return [report.request.title for report in found]

        assert titles("overdue") == ["Late"]
        assert titles("open") == ["Late", "Early"]
        assert titles("withdrawn") == ["Gone"]


def test_inbox_of_both_sides(desk: Desk) -> None:
    report = desk.ask(days=-1)
    assert [unmarked(item.title) for item in tasks_of(desk.owner)] == ["Overdue: Incidents"]
    answers = {cell.key: Typed(Decimal(1)) for cell in reports.cells_of_request(report.request)}
    report = reports.save_report(report=report, answers=answers, version=report.version, by=desk.owner)
    reports.submit_report(report=report, by=desk.owner)
    assert tasks_of(desk.owner) == []
    assert [item.title for item in tasks_of(desk.steward)] == ["Review the report of Association"]
    reports.return_report(report=report, note="Again", by=desk.steward)
    assert [unmarked(item.title) for item in tasks_of(desk.owner)] == ["Returned, look at it again: Incidents"]


# --- What the quality rules found, on the page of an import ----------------------------------------------------------------


def test_findings_of_an_import_are_accepted_by_kind(desk: Desk) -> None:
    batch = desk.land.check(
        table(("N1", 2017, "women", 50), ("N1", 2017, "all", 40), ("N2", 2017, "women", 5), ("N2", 2017, "all", 4))
    )
    ImportBatch.objects.filter(pk=batch.pk).update(authority=desk.authority)
    imports.store_import(batch=batch)
    client = enter(desk.steward)
    assert "F in N1" not in text_of(client.get(batch.get_absolute_url()))
    give_reason(client, batch)
    page = text_of(client.get(batch.get_absolute_url()))
    assert "F in N1 in 2017: 50, more than everybody: 40." in page
    assert "4 figures to check first" in tasks_of(desk.steward)[0].text
    accept = reverse("indicators:findings_accept", args=[batch.pk])
    response = client.post(accept, {"rule": "part_over_whole", "reason": "Two registers"}, follow=True)
    assert "Accepted 2 findings." in text_of(response)
    assert "Two registers" in text_of(response)
    client.post(reverse("indicators:import_approve", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.STORED
    client.post(accept, {"rule": "parts_differ", "reason": "Two registers"})
    client.post(reverse("indicators:import_approve", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.APPROVED


# --- Typing ---------------------------------------------------------------------------------------------------------------


class TestEntry:
    @pytest.fixture
    def address(self, desk: Desk) -> str:
        query = f"authority={desk.authority.pk}&indicator=PEOPLE&territory=D1&period=2017&with_parts=on"
        return f"{reverse('indicators:entry')}?{query}"

    def cells(self, client: Client, address: str) -> tuple[list[str], str]:
        context = client.get(address).context
        return [cell.name for cell in context["form"].cells], context["seen"]

    def test_draft_then_sent_then_approved(self, desk: Desk, address: str) -> None:
        client = enter(desk.steward)
        (whole, first, second), seen = self.cells(client, address)
        response = client.post(address, {f"n-{first}": "5", f"m-{second}": "on", "seen": seen}, follow=True)
        assert "Kept as a draft" in text_of(response)
        batch = ImportBatch.objects.get()
        assert (batch.kind, batch.state) == (ImportBatch.Kind.ENTRY, ImportBatch.State.DRAFT)
        assert set(Observation.objects.values_list("status", "flags")) == {("draft", 0), ("draft", Flag.MISSING)}

        assert 'value="5"' in client.get(address).content.decode()
        _names, seen = self.cells(client, address)
        client.post(address, {f"n-{whole}": "6", f"n-{first}": "6", "seen": seen, "send": "1"})
        batch.refresh_from_db()
        assert batch.state == ImportBatch.State.STORED
        client.post(reverse("indicators:import_approve", args=[batch.pk]))
        counted = Observation.objects.approved().order_by("territory__code")
        assert [(row.territory.code, row.numerator) for row in counted] == [("D1", 6), ("N1", 6)]

    def test_new_value_supersedes_and_blank_changes_nothing(self, desk: Desk, address: str) -> None:
        desk.land.observe("N1", "2017", 5)
        desk.land.observe("N2", "2017", 7)
        client = enter(desk.steward)
        (_whole, first, second), seen = self.cells(client, address)
        client.post(address, {f"n-{first}": "6", f"n-{second}": "", "seen": seen, "send": "1"})
        batch = ImportBatch.objects.get()
        assert (batch.cells_new, batch.cells_changed) == (0, 1)
        imports.approve_import(batch=batch, by=desk.steward)
        assert desk.land.value("N1", "2017") == 6
        assert desk.land.value("N2", "2017") == 7
        assert Observation.objects.filter(status="superseded", numerator=5).exists()

    def test_nothing_new_is_told(self, desk: Desk, address: str) -> None:
        desk.land.observe("N1", "2017", 5)
        client = enter(desk.steward)
        (_whole, first, _second), seen = self.cells(client, address)
        assert "Nothing has changed" in text_of(client.post(address, {f"n-{first}": "5", "seen": seen}))
        assert not ImportBatch.objects.exists()

    def test_second_of_two_people_is_told(self, desk: Desk, address: str) -> None:
        client = enter(desk.steward)
        (_whole, first, _second), seen = self.cells(client, address)
        desk.land.observe("N1", "2017", 5)
        response = client.post(address, {f"n-{first}": "6", "seen": seen})
        assert "Somebody else changed these figures" in text_of(response)
        assert 'value="6"' in response.content.decode()
        assert not Observation.objects.pending().exists()
        client.post(address, {f"n-{first}": "6", "seen": response.context["seen"]})
        assert Observation.objects.pending().get().numerator == 6

    def test_value_that_waits_from_a_file_is_decided_first(self, desk: Desk, address: str) -> None:
        waiting = imports.store_import(batch=desk.land.check(table(("N1", 2017, "all", 5))))
        client = enter(desk.steward)
        (_whole, first, _second), seen = self.cells(client, address)
        response = client.post(address, {f"n-{first}": "6", "seen": seen})
        assert "Decide on that one first" in text_of(response)
        assert Observation.objects.pending().get().batch == waiting

    def test_quality_rules_are_the_same(self, desk: Desk, address: str) -> None:
        client = enter(desk.steward)
        (whole, first, _second), seen = self.cells(client, address)
        client.post(address, {f"n-{whole}": "5", f"n-{first}": "6", "seen": seen, "send": "1"})
        assert Finding.objects.get().rule == "parts_differ"

    def test_draft_is_thrown_away(self, desk: Desk, address: str) -> None:
        client = enter(desk.steward)
        (_whole, first, _second), seen = self.cells(client, address)
        client.post(address, {f"n-{first}": "6", "seen": seen})
        batch = ImportBatch.objects.get()
        assert "Continue" in text_of(client.get(batch.get_absolute_url()))
        client.post(reverse("indicators:import_undo", args=[batch.pk]))
        assert not Observation.objects.pending().exists()
        assert 'value="6"' not in client.get(address).content.decode()

    def test_choice_that_cannot_be_is_told(self, desk: Desk) -> None:
        client = enter(desk.steward)
        page = reverse("indicators:entry")
        assert client.get(page).status_code == 200
        query: dict[str, Any] = {
            "authority": desk.authority.pk,
            "indicator": "PEOPLE",
            "territory": "D1",
            "period": "soon",
        }
        assert "Write periods like" in text_of(client.get(page, query))
        foreign = AuthorityFactory()
        response = client.get(page, {**query, "period": "2017", "authority": foreign.pk})
        assert "form" in response.context
        assert "seen" not in response.context
