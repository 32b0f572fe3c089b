"""Every way in goes the same steps: what a batch says is looked at before it is stored, shown to who decides, and counts only then."""

import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from indicators.imports import actions as imports
from indicators.imports.messages import message_text
from indicators.imports.wizard.guessing import places, way_of
from indicators.models import Finding, ImportBatch, ImportChange, Observation, Period, Source
from indicators.models import SavedMapping as SavedMapping
from indicators.quality import actions as quality
from indicators.reports import actions as reports
from indicators.reports import entry
from indicators.reports.cells import Typed, cells_of
from orgs.models import Organisation, User
from tests.factories import AuthorityFactory, MembershipFactory, OrganisationFactory
from tests.indicators.land import MAPPING, Land, table
from tests.pages import words_of

pytestmark = pytest.mark.django_db
# Girls of 0 to 4, put in as everybody.
HEADER = ("place", "year", "sex", "Gender", "Age", "people")
GIRLS = table(("CITY", 2017, "all", "Female", "0-4", 226), header=HEADER)


@pytest.fixture
def city(land: Land) -> Land:
    """5,300 and then 5,400 arrivals."""
    land.observe("CITY", "2016", 5300)
    land.observe("CITY", "2017", 5400)
    return land


@pytest.fixture
def authority(city: Land) -> Organisation:
    return AuthorityFactory(name="City council", territory=city.territories["CITY"])


@pytest.fixture
def steward(authority: Organisation) -> User:
    return MembershipFactory(organisation=authority, role="steward").user


@pytest.fixture
def desk(client: Client, steward: User) -> Client:
    client.force_login(steward)
    return client


class Ways:
    """Each brings 226 for the city in 2017, up to where somebody decides."""

    def __init__(self, land: Land, authority: Organisation, steward: User, desk: Client, folder: Path) -> None:
        self.land, self.authority, self.steward, self.desk, self.folder = land, authority, steward, desk, folder
        self.cell: dict[str, Any] = {
            "indicators": [land.indicators["PEOPLE"]],
            "periods": [Period.objects.get(code="2017")],
            "territory": land.territories["CITY"],
        }

    def browser(self) -> ImportBatch:
        mapping = SavedMapping.objects.create(name="People", definition=MAPPING)
        file = SimpleUploadedFile("girls.csv", GIRLS)
        data = {"authority": self.authority.pk, "mapping": mapping.pk, "file": file, "whole": "1"}
        self.desk.post(reverse("indicators:import_add"), data)
        batch = self.seen_before_it_is_stored()
        self.desk.post(reverse("indicators:import_store", args=[batch.pk]))
        return batch

    def worker(self) -> ImportBatch:
        file = SimpleUploadedFile("girls.csv", GIRLS)
        imports.ingest(from_page=True, mapping=MAPPING, file=file, authority=self.authority, by=self.steward)
        imports.work_on_imports()
        batch = self.seen_before_it_is_stored()
        imports.store_import(from_page=True, batch=batch, by=self.steward)
        imports.work_on_imports()
        return batch

    def command(self) -> ImportBatch:
        (self.folder / "girls.csv").write_bytes(GIRLS)
        (self.folder / "mapping.json").write_text(json.dumps(MAPPING))
        call_command(
            "import_observations",
            str(self.folder / "girls.csv"),
            mapping=self.folder / "mapping.json",
            stdout=io.StringIO(),
        )
        return ImportBatch.objects.get()

    def typed(self) -> ImportBatch:
        cells = cells_of(**self.cell)
        return entry.save_entry(
            authority=self.authority,
            cells=cells,
            answers={cells[0].key: Typed(Decimal(226))},
            choice={"indicator": "PEOPLE"},
            seen=entry.signature(cells),
            title="People",
            send=True,
            by=self.steward,
        )

    def report(self) -> ImportBatch:
        organisation = OrganisationFactory(published=True)
        asked: dict[str, Any] = {**self.cell, "title": "People", "due_on": timezone.localdate(), "by": self.steward}
        report = reports.ask_for_reports(authority=self.authority, organisations=[organisation], **asked).reports.get()
        cells = reports.cells_of_request(report.request)
        report = reports.save_report(
            report=report, answers={cells[0].key: Typed(Decimal(226))}, version=report.version, by=None
        )
        batch = reports.submit_report(report=report, by=None).batch
        assert batch is not None
        return batch

    def seen_before_it_is_stored(self) -> ImportBatch:
        batch = ImportBatch.objects.get()
        assert batch.state == ImportBatch.State.CHECKED
        assert not Observation.objects.filter(batch=batch).exists()
        assert what_is_shown(batch) == SHOWN
        return batch


@pytest.fixture
def ways(
    city: Land, authority: Organisation, steward: User, desk: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], ImportBatch]:
    def bring_in(way: str) -> ImportBatch:
        if way == "worker":
            monkeypatch.setattr(imports, "LARGE", 10)
        batch: ImportBatch = getattr(Ways(city, authority, steward, desk, tmp_path), way)()
        batch.refresh_from_db()
        return batch

    return bring_in


SHOWN = ({"jump"}, [(5400, 226)])
WAYS = ["browser", "worker", "command", "typed", "report"]


def what_is_shown(batch: ImportBatch) -> Any:
    """What the rules said of the batch, and its changes: before and after."""
    return (
        set(Finding.objects.filter(batch=batch).open().values_list("rule", flat=True)),
        list(ImportChange.objects.filter(batch=batch).values_list("before", "after")),
    )


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_asks_the_rules_before_anybody_decides(ways: Callable[[str], ImportBatch], way: str) -> None:
    batch = ways(way)
    assert batch.state == ImportBatch.State.STORED
    assert what_is_shown(batch) == SHOWN
    approve = {"report": lambda: reports.approve_report(report=batch.reports.get(), by=None)}.get(
        way, lambda: imports.approve_import(batch=batch)
    )
    with pytest.raises(ValidationError) as refusal:
        approve()
    assert refusal.value.code == "findings"
    assert Observation.objects.approved().get(period__code="2017").numerator == 5400
    quality.accept_findings(batch=batch, reason="They moved away", by=None)
    approve()
    assert Observation.objects.approved().get(period__code="2017").numerator == 226
    assert what_is_shown(batch) == (set(), [(5400, 226)])


@pytest.mark.parametrize("way", WAYS)
def test_who_approves_sees_what_counts_and_what_will(
    ways: Callable[[str], ImportBatch], desk: Client, way: str
) -> None:
    batch = ways(way)
    User.objects.filter(is_staff=False).update(is_staff=True)  # What the command brings in is for administrators.
    url = batch.reports.get().get_absolute_url() if way == "report" else batch.get_absolute_url()
    reason = {"reason": "To see what changes by it"}
    assert desk.post(reverse("indicators:batch_access", args=[batch.pk]), reason).status_code == 302
    words = words_of(desk.get(url).content.decode())
    assert "The largest changes" in words
    assert "5,400 226 −96 %" in words
    assert "Everybody in CITY in 2017: 226, after 5,300 in 2016." in words


def test_what_is_new_at_the_check_is_a_change_once_another_was_approved(city: Land) -> None:
    batch = city.check(table(("N1", 2017, "all", 226)))
    assert what_is_shown(batch)[1] == []
    imports.store_import(batch=batch)
    city.bring_in(table(("N1", 2017, "all", 230)), source={"name": "Another office"}, rows_of_one_cell="sum")
    assert Observation.objects.get(batch=batch).status == "superseded"
    again = imports.store_import(batch=city.check(table(("N1", 2017, "all", 227))))
    assert what_is_shown(again)[1] == [(230, 227)]


def test_a_figure_that_would_go_missing_is_a_change(city: Land) -> None:
    batch = city.check(table(("CITY", 2017, "all", ":")), missing=[":"])
    assert what_is_shown(batch)[1] == [(5400, None)]


def test_the_largest_changes_of_each_indicator_come_first(city: Land) -> None:
    for place, amount in (("N1", 10), ("N2", 1000), ("N3", 500)):
        city.observe(place, "2017", amount)
    batch = city.check(table(*[(place, 2017, "all", 5) for place in ("N1", "N2", "N3")]))
    assert [before for before, _after in what_is_shown(batch)[1]] == [1000, 500, 10]


def test_a_check_names_the_columns_that_are_not_used(city: Land, desk: Client) -> None:
    batch = city.check(GIRLS)
    assert batch.unused_columns == [("Gender", "Female"), ("Age", "0-4")]
    User.objects.update(is_staff=True)  # What has no authority is for administrators.
    words = words_of(desk.get(batch.get_absolute_url()).content.decode())
    assert "Columns of the file that are not used" in words
    assert "Gender Female" in words
    assert "No problems were found" not in words
    columns = {"headings": ["people"]}
    numerator = {"numerator": "columns", "columns": columns}
    assert city.check(GIRLS, **numerator).unused_columns == [("Gender", "Female"), ("Age", "0-4")]


def test_what_a_check_found_goes_when_the_file_is_refused(city: Land) -> None:
    batch = city.check(GIRLS)
    assert what_is_shown(batch) == SHOWN
    mapping = MAPPING | {"breakdowns": {"age": {"column": "Age"}}}
    batch = imports.describe_import(batch=batch, mapping=mapping)
    assert batch.state == ImportBatch.State.REFUSED
    assert what_is_shown(batch) == (set(), [])


# --- A check writes nothing that is shared ------------------------------------------------------------------------------


def test_a_check_leaves_the_source_as_it_is(city: Land, desk: Client) -> None:
    known = Source.objects.create(name="Test office", publisher="The city", licence="CC0", url="https://example.org/")
    batch = city.check(table(("N1", 2017, "all", 5)), source={"name": "Test office", "publisher": "Somebody"})
    imports.describe_import(batch=batch, mapping=MAPPING)
    known.refresh_from_db()
    assert (known.publisher, known.licence, known.url) == ("The city", "CC0", "https://example.org/")
    other = city.check(table(("N1", 2017, "all", 5)), source={"name": "Unheard of"})
    assert not Source.objects.filter(name="Unheard of").exists()
    User.objects.update(is_staff=True)  # What has no authority is for administrators.
    assert "Unheard of" in words_of(desk.get(other.get_absolute_url()).content.decode())


def test_a_stored_import_leaves_a_known_source_as_it_is_and_says_so(city: Land, desk: Client) -> None:
    known = Source.objects.create(name="Test office", publisher="The city", url="https://example.org/")
    batch = imports.store_import(batch=city.check(table(("N1", 2017, "all", 5))))
    known.refresh_from_db()
    assert (batch.source, known.publisher, known.url) == (known, "The city", "https://example.org/")
    User.objects.update(is_staff=True)  # What has no authority is for administrators.
    assert "The source is known already" in words_of(desk.get(batch.get_absolute_url()).content.decode())
    new = imports.store_import(
        batch=city.check(table(("N1", 2018, "all", 5)), source={"name": "New", "licence": "CC0"})
    )
    assert new.source is not None
    assert (new.source.name, new.source.licence) == ("New", "CC0")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org/", "//example.org", "https://"]
)
def test_a_mapping_gives_an_address_of_the_web(city: Land, address: str) -> None:
    with pytest.raises(ValidationError, match="https"):
        city.check(GIRLS, source={"name": "Test office", "url": address})


def test_a_mapping_whose_source_is_longer_than_its_column_is_refused(city: Land) -> None:
    with pytest.raises(ValidationError, match="120"):
        city.check(GIRLS, source={"name": "Test office", "licence": "x" * 121})


# --- The command --------------------------------------------------------------------------------------------------------


def run(*arguments: str, **options: object) -> str:
    out = io.StringIO()
    call_command("import_observations", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def file(city: Land, tmp_path: Path) -> tuple[str, Path]:
    (tmp_path / "girls.csv").write_bytes(GIRLS)
    (tmp_path / "mapping.json").write_text(json.dumps(MAPPING))
    return str(tmp_path / "girls.csv"), tmp_path / "mapping.json"


def test_command_says_what_the_page_says(file: tuple[str, Path]) -> None:
    said = run(file[0], mapping=file[1], dry_run=True)
    assert "Column not used: Age (first: 0-4)" in said
    assert "5,400 → 226 −96 %" in said
    assert "Everybody in CITY in 2017: 226, after 5,300 in 2016." in said
    assert not Observation.objects.filter(numerator=226).exists()


def test_command_goes_on_with_a_stored_import(file: tuple[str, Path]) -> None:
    with pytest.raises(CommandError) as refusal:
        run(file[0], mapping=file[1], approve=True)
    number = ImportBatch.objects.get().pk
    assert f"--import {number} --approve" in str(refusal.value)
    with pytest.raises(CommandError):
        run(number=number, approve=True)
    said = run(number=number, approve=True, accept="They moved away")
    assert "after 5,300 in 2016" in said
    assert Observation.objects.approved().get(period__code="2017").numerator == 226
    assert Finding.objects.get().reason == "They moved away"
    with pytest.raises(CommandError, match="not decided yet"):
        run(number=number, approve=True)


def test_command_accepts_and_approves_at_once(file: tuple[str, Path]) -> None:
    assert "Approved." in run(file[0], mapping=file[1], approve=True, accept="They moved away")
    assert Observation.objects.approved().get(period__code="2017").numerator == 226


# --- What files leave to be asked ---------------------------------------------------------------------------------------


def test_codes_that_lost_their_zeros_are_proposed_and_never_taken(city: Land) -> None:
    place = city.territories["N1"]
    place.code = "08019"
    place.save()
    batch = city.check(table(("8019", 2017, "all", 5), ("08019", 2016, "all", 5)))
    message = batch.messages.get()
    assert (message.code, message.line, message.value) == ("lost_zeros", 2, "8019 → 08019")
    assert "8019 → 08019" in message_text(message)
    territory = MAPPING["territory"] | {"codes": {"8019": "08019", "08019": "08019"}}
    assert city.check(table(("8019", 2017, "all", 5)), territory=territory).state == ImportBatch.State.CHECKED
    other = city.territories["N2"]
    other.code = "008019"
    other.save()
    assert city.check(table(("8019", 2017, "all", 5))).messages.get().code == "unknown_territory"


def test_an_open_quote_is_told_where_it_opens(city: Land) -> None:
    rows = b"".join(b"N1,%d,all,1\n" % year for year in range(1900, 2000))
    batch = city.check(b'place,year,sex,people\nN1,2001,"all,1\n' + rows)
    assert "opens in line 2 is not closed" in message_text(batch.messages.get())


def test_sdmx_ml_is_refused_in_words_that_name_sdmx_csv(city: Land) -> None:
    file = SimpleUploadedFile("data.xml", b'<?xml version="1.0"?><message:StructureSpecificData/>')
    with pytest.raises(ValidationError, match="get the same data as SDMX-CSV"):
        imports.ingest(file=file)
    batch = city.check(b'<?xml version="1.0"?><message:StructureSpecificData/>', format="json-stat")
    assert batch.messages.get().code == "markup"


def test_zeros_beyond_the_tenth_decimal_are_no_fault(city: Land) -> None:
    batch = city.check(table(("N1", 2017, "all", "5.000000000000")))
    assert batch.state == ImportBatch.State.CHECKED


def test_json_stat_of_version_1_is_read(city: Land) -> None:
    dimension = {
        "id": ["place", "year"],
        "size": [2, 1],
        "role": {"geo": ["place"], "time": ["year"]},
        "place": {"category": {"index": {"N1": 0, "N2": 1}}},
        "year": {"category": {"label": {"2017": "2017"}}},
    }
    bundle = {"people": {"label": "People", "dimension": dimension, "value": [4, 6]}}
    mapping = {"format": "json-stat", "breakdowns": {}, "numerator": {"column": "value"}}
    batch = imports.store_import(batch=city.check(json.dumps(bundle).encode(), **mapping))
    assert dict(Observation.objects.filter(batch=batch).values_list("territory__code", "numerator")) == {
        "N1": 4,
        "N2": 6,
    }
    two = json.dumps(bundle | {"others": bundle["people"]}).encode()
    assert city.check(two, **mapping).messages.get().value == "2 datasets"


def test_codes_that_lost_their_zeros_are_proposed_in_the_browser(city: Land) -> None:
    for place, code in (("N1", "08019"), ("N2", "17079")):
        city.territories[place].code = code
        city.territories[place].save()
    share, way = way_of(["8019", "17079"], places("test-land"))
    assert (share, way.code_of("8019"), way.code_of("17079")) == (1, "08019", "17079")
