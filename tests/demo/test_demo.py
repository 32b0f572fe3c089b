"""The demo as a whole: everything is there, everybody can log in, and loading it again changes nothing. Its figures: test_figures."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as portal_settings
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from post_office.models import Email

from bench.weights import LIMIT, addresses, weights_of
from demo.accounts import ACCOUNTS, PASSWORD
from demo.papers import pdf
from demo.vocabulary import REGISTRY
from indicators.models import Report
from orgs.exchange.imports.messages import problems_of
from orgs.models import Organisation, OrganisationImport, ProposedChange, PublicChange, User
from orgs.vocabulary import Kind, Tier
from partnerships.models import Assessment, Document, Partnership
from partnerships.records.document_files import examine
from partnerships.vocabulary import AssessmentState, PartnershipState
from tests.orgs.exchange.standard import faults_of


def log_in(email: str) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    return client


@pytest.mark.django_db
@pytest.mark.usefixtures("demo")
class TestDemo:
    @pytest.fixture(autouse=True)
    def in_a_demo(self, settings) -> None:
        settings.DEMO = True

    def test_partnerships_are_in_every_state_and_at_every_level(self) -> None:
        assert set(Partnership.objects.values_list("state", flat=True)) == set(PartnershipState.values)
        confirmed = Assessment.objects.filter(state=AssessmentState.CONFIRMED)
        levels = {"inform", "consult", "involve", "collaborate", "empower"}
        assert set(confirmed.values_list("confirmed__code", flat=True)) == levels
        open_states = set(Assessment.objects.open().values_list("state", flat=True))
        assert open_states == {AssessmentState.SUBMITTED, AssessmentState.RETURNED}

    def test_organisations_say_what_the_file_says_of_them(self) -> None:
        entries = json.loads((REGISTRY / "demo_organisations.json").read_text(encoding="utf-8"))
        said = {entry["name"]: (entry["website"], entry["public_email"]) for entry in entries}
        stored = Organisation.objects.filter(is_sample=True).values_list("name", "website", "public_email")
        assert {name: (website, email) for name, website, email in stored} == said
        assert not ProposedChange.objects.exists()

    def test_reports_are_in_every_state(self) -> None:
        assert set(Report.objects.values_list("state", flat=True)) == set(Report.State.values)

    def test_organisations_are_of_every_kind_and_tier(self) -> None:
        kinds = set(Organisation.objects.values_list("kind", flat=True))
        assert set(Kind.values) - kinds <= {
            Kind.PUBLIC_AGENCY,
            Kind.SOCIAL_ENTERPRISE,
            Kind.FINANCIAL_INSTITUTION,
            Kind.INTERNATIONAL_ORGANISATION,
        }
        assert set(Organisation.objects.values_list("tier", flat=True)) == {"", *Tier.values}

    def test_everything_is_marked_as_a_sample(self) -> None:
        assert not Organisation.objects.filter(is_sample=False, listing=None).exists()
        assert not Partnership.objects.filter(is_sample=False).exists()
        assert not User.objects.filter(is_sample=False).exists()
        assert not User.objects.exclude(email__endswith=".example").exists()

    def test_real_organisations_of_an_open_list_are_unclaimed(self) -> None:
        listed = Organisation.objects.filter(is_sample=False)
        assert listed.count() > 200
        assert not listed.filter(listing__claimed_at__isnull=False).exists()
        assert not listed.exclude(public_email="", public_phone="", address="").exists()
        assert all("Llicència oberta" in source for source in listed.values_list("listing__source", flat=True))
        batch = OrganisationImport.objects.get()
        assert batch.rows_read == batch.rows_new + batch.rows_refused == 222
        assert batch.rows_refused < 22, [problem for problem, _text in problems_of(batch)]

    def test_no_email_is_queued_for_people_who_do_not_exist(self) -> None:
        assert not Email.objects.exists()

    @pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.email)
    def test_account_logs_in_to_its_inbox(self, account) -> None:
        answer = log_in(account.email).get(reverse("home"))
        assert account.name in answer.content.decode()

    def test_accounts_do_not_log_in_outside_a_demo(self, settings) -> None:
        client = log_in(ACCOUNTS[0].email)
        settings.DEMO = False
        assert not client.get(reverse("home")).wsgi_request.user.is_authenticated
        assert not log_in(ACCOUNTS[0].email).get(reverse("home")).wsgi_request.user.is_authenticated

    @pytest.mark.parametrize(
        ("email", "expected"),
        [
            ("officer@portal.example", ["Health mediators"]),
            ("steward@portal.example", ["residents-2024-draft.csv", "Review the report of Drets a la Mà"]),
            (
                "cso@portal.example",
                ["Council of young residents", "Facts against rumours", "Victims who reported a hate incident"],
            ),
            ("reviewer@portal.example", ["Taula Veïnal de Llevant", "Facts against rumours"]),
        ],
    )
    def test_something_waits_for(self, email: str, expected: list[str]) -> None:
        page = log_in(email).get(reverse("home")).content.decode()
        assert [words for words in expected if words not in page] == []

    def test_reviewer_who_is_a_party_is_not_asked(self) -> None:
        page = log_in("second-reviewer@portal.example").get(reverse("home")).content.decode()
        assert "Taula Veïnal de Llevant" in page
        assert "Facts against rumours" not in page

    def test_loading_again_changes_nothing(self) -> None:
        before = row_counts()
        call_command("load_demo", stdout=io.StringIO())
        assert row_counts() == before

    def test_pages_weigh_little_before_charts(self) -> None:
        """Compressed, with all that they name: on a slow line somebody waits for it."""
        weights = {page: weights_of(address) for page, address in addresses().items()}
        print({page: sum(files.values()) for page, files in weights.items()})
        assert [page for page, files in weights.items() if sum(files.values()) > 1000 * LIMIT] == []
        for files in weights.values():
            assert {"css", "js", "svg"} <= {address.rpartition(".")[2] for address in files}
            assert not [address for address in files if "echarts" in address or "leaflet" in address]

    @pytest.mark.shared
    def test_standard_for_services_takes_every_organisation(self, client: Client, shared: Path) -> None:
        answer: Any = client.get(reverse("orgs:organisation_export", args=["hsds"]))
        organisations = json.loads(b"".join(answer.streaming_content))["contents"]
        assert len(organisations) == Organisation.objects.published().count() > 20
        assert [faults for one in organisations if (faults := faults_of(one, shared))] == []

    def test_papers_can_be_read(self) -> None:
        document = Document.objects.first()
        assert document is not None
        with document.file.open("rb") as paper:
            assert paper.read().startswith(b"%PDF-")


def row_counts() -> dict[str, int]:
    """Of all that the portal holds; each writing statement leaves a note for the kept pages, whether it changes a row or not."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label in ("orgs", "indicators", "partnerships") and model is not PublicChange
    }


def test_demo_is_refused_outside_a_demo(db: None, settings) -> None:
    settings.DEMO = False
    before = row_counts()
    for command in ("load_demo", "demo_accounts"):
        with pytest.raises(CommandError, match="DEMO"):
            call_command(command, stdout=io.StringIO())
    assert row_counts() == before


def test_accounts_are_listed_for_a_terminal(settings) -> None:
    settings.DEMO = True
    shown = io.StringIO()
    call_command("demo_accounts", stdout=shown)
    assert all(account.email in shown.getvalue() for account in ACCOUNTS)
    assert PASSWORD in shown.getvalue()


def test_log_in_page_lists_the_accounts_in_a_demo_only(client: Client, db: None, settings) -> None:
    settings.DEMO = True
    assert ACCOUNTS[0].email in client.get(reverse("account_login")).content.decode()
    settings.DEMO = False
    page = client.get(reverse("account_login")).content.decode()
    assert ACCOUNTS[0].email not in page
    assert PASSWORD not in page


def test_paper_of_many_pages_is_a_pdf() -> None:
    many = pdf("Acta (reunió)", [f"Paràgraf {number} \\ fi" for number in range(100)])
    assert many.startswith(b"%PDF-")
    assert many.count(b"/Type /Page\n") == 5


def test_paper_is_taken_as_a_document() -> None:
    assert examine(ContentFile(pdf("Acta", ["Text"]), name="acta.txt")).content_type == "application/pdf"


MADE_UP = "(sample)", "(muestra)", "(зразок)", "(样本)", "(نموذج)", "(نمونہ)"


def test_name_of_a_made_up_organisation_says_so_in_every_language() -> None:
    file = portal_settings.BASE_DIR / "orgs" / "data" / "demo_organisations.json"
    names = [
        name for one in json.loads(file.read_text(encoding="utf-8")) for name in (one["name"], *one["names"].values())
    ]
    assert len(names) > 20
    assert [name for name in names if not name.endswith(MADE_UP)] == []
