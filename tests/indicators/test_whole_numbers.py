"""Nobody counts half a person, by whatever way in. Half a euro can be counted, and a rate has what decimals it has."""

import io
import json
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from indicators.catalogue import target_actions
from indicators.imports.messages import message_text
from indicators.models import Indicator, Observation, Period, Report, ReportAnswer, Target
from indicators.reports import actions as reports
from indicators.reports import entry
from indicators.reports.cells import Typed, cells_of
from indicators.reports.workbook import FIRST_ROW
from tests.indicators.desk import Desk
from tests.indicators.land import MAPPING, Land, table

pytestmark = pytest.mark.django_db

PART_OF_A_PERSON = "no decimals"


@pytest.fixture
def desk(land: Land) -> Desk:
    Indicator.objects.filter(code="PEOPLE").update(direction="up")
    land.indicators["PEOPLE"].refresh_from_db()
    return Desk(land)


def numbers() -> list[Decimal]:
    """Whatever came in, by any way."""
    return [
        number
        for model, names in (
            (Observation, ("numerator", "denominator", "value")),
            (ReportAnswer, ("number", "base")),
            (Target, ("baseline_value", "value")),
        )
        for row in model._default_manager.values_list(*names)
        for number in row
        if number is not None
    ]


def told(refused: ValidationError) -> str:
    return " ".join(refused.messages)


def signed_in(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def cell_of(desk: Desk, indicator: str) -> tuple[list, dict]:
    cells = cells_of(
        indicators=[desk.land.indicators[indicator]],
        periods=[Period.objects.get(code="2016")],
        territory=desk.city,
    )
    return cells, {"indicator": indicator, "territory": desk.city.pk, "period": "2016"}


def by_the_desk(desk: Desk, amount: str, base: str) -> str:
    (cell,), _choice = cell_of(desk, "RATE" if base else "PEOPLE")
    client = signed_in(desk.steward)
    page = reverse("indicators:entry") + (
        f"?authority={desk.authority.pk}&indicator={cell.indicator.code}&period=2016&territory={desk.city.code}"
    )
    typed = {f"n-{cell.name}": amount, f"b-{cell.name}": base, "seen": entry.signature([cell]), "send": "1"}
    return client.post(page, typed, follow=True).content.decode()


def by_the_desks_action(desk: Desk, amount: str, base: str) -> str:
    cells, choice = cell_of(desk, "RATE" if base else "PEOPLE")
    typed = Typed(Decimal(amount), Decimal(base) if base else None)
    try:
        entry.save_entry(
            authority=desk.authority, cells=cells, answers={cells[0].key: typed}, choice=choice, seen=entry.signature(cells),
            title="Typed", send=True, by=desk.steward,
        )  # fmt: skip
    except ValidationError as refused:
        return told(refused)
    return ""


def report_of(desk: Desk, base: str) -> Report:
    return desk.ask(indicator="RATE" if base else "PEOPLE")


def by_a_reports_page(desk: Desk, amount: str, base: str) -> str:
    report = report_of(desk, base)
    (cell,) = reports.cells_of_request(report.request)
    typed = {f"n-{cell.name}": amount, f"b-{cell.name}": base, "version": report.version, "send": "1"}
    page = reverse("indicators:report_answer", args=[report.pk])
    return signed_in(desk.owner).post(page, typed, follow=True).content.decode()


def by_a_reports_action(desk: Desk, amount: str, base: str) -> str:
    report = report_of(desk, base)
    (cell,) = reports.cells_of_request(report.request)
    typed = Typed(Decimal(amount), Decimal(base) if base else None)
    try:
        reports.save_report(report=report, answers={cell.key: typed}, version=report.version, by=desk.owner)
    except ValidationError as refused:
        return told(refused)
    return ""


def by_a_reports_sheet(desk: Desk, amount: str, base: str) -> str:
    report = report_of(desk, base)
    client = signed_in(desk.owner)
    sent = client.get(reverse("indicators:report_workbook", args=[report.pk]))
    book = load_workbook(io.BytesIO(b"".join(sent) if sent.streaming else sent.content))
    book["Figures"][f"E{FIRST_ROW}"] = float(amount)
    book["Figures"][f"F{FIRST_ROW}"] = float(base) if base else None
    filled = io.BytesIO()
    book.save(filled)
    file = SimpleUploadedFile("filled.xlsx", filled.getvalue())
    page = reverse("indicators:report_upload", args=[report.pk])
    return client.post(page, {"file": file}, follow=True).content.decode()


def by_a_file(desk: Desk, amount: str, base: str) -> str:
    batch = desk.land.check(table(("N1", 2016, "all", amount)), decimal=".")
    return " ".join(message_text(message) for message in batch.messages.all())


def by_a_command(desk: Desk, amount: str, base: str) -> str:
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        file, mapping = Path(folder, "figures.csv"), Path(folder, "mapping.json")
        file.write_bytes(table(("N1", 2016, "all", amount)))
        mapping.write_text(json.dumps(MAPPING | {"decimal": "."}))
        try:
            call_command("import_observations", str(file), mapping=mapping, approve=True, stdout=said, stderr=said)
        except CommandError as refused:
            said.write(str(refused))
    return said.getvalue()


def by_a_targets_page(desk: Desk, amount: str, base: str) -> str:
    page = reverse("indicators:target_add", args=["PEOPLE", "test-land", "CITY"])
    typed = {"baseline_year": "2020", "baseline_value": "5", "year": "2030", "value": amount, "source": ""}
    return signed_in(desk.steward).post(page, typed, follow=True).content.decode()


def by_a_targets_action(desk: Desk, amount: str, base: str) -> str:
    target = Target(
        indicator=desk.land.indicators["PEOPLE"], territory=desk.city, baseline_year=2020, baseline_value=Decimal(5),
        year=2030, value=Decimal(amount),
    )  # fmt: skip
    try:
        target_actions.set_target(target=target, by=desk.steward)
    except ValidationError as refused:
        return told(refused)
    return ""


Way = Callable[[Desk, str, str], str]
TYPED: list[Way] = [
    by_the_desk,
    by_the_desks_action,
    by_a_reports_page,
    by_a_reports_action,
    by_a_reports_sheet,
]
WAYS: list[Way] = [*TYPED, by_a_file, by_a_command, by_a_targets_page, by_a_targets_action]


@pytest.mark.parametrize("way", WAYS)
def test_count_has_no_fraction_by_any_way_in(desk: Desk, way: Way) -> None:
    said = way(desk, "10.5", "")
    assert (PART_OF_A_PERSON in said, numbers()) == (True, [])


@pytest.mark.parametrize("way", WAYS)
def test_whole_count_comes_in_by_each_way(desk: Desk, way: Way) -> None:
    """So that the way is one."""
    said = way(desk, "10", "")
    assert PART_OF_A_PERSON not in said
    assert way is by_a_file or 10 in numbers()


@pytest.mark.parametrize("way", TYPED)
@pytest.mark.parametrize(("amount", "base"), [("9", "30.5"), ("9.5", "31")])
def test_typed_share_is_of_whole_people(desk: Desk, way: Way, amount: str, base: str) -> None:
    said = way(desk, amount, base)
    assert (PART_OF_A_PERSON in said, numbers()) == (True, [])


@pytest.mark.parametrize("way", TYPED)
def test_typed_share_of_whole_people_comes_in(desk: Desk, way: Way) -> None:
    assert PART_OF_A_PERSON not in way(desk, "9", "31")
    assert {9, 31} <= set(numbers())


@pytest.mark.parametrize(
    ("fields", "number", "base"),
    [
        ({"unit": "euros"}, "10.5", None),
        ({"measure": "mean", "unit": "mean_0_10"}, "7.25", "31"),
        ({"measure": "ratio", "unit": "ratio", "factor": 1}, "0.5", "0.8"),
        ({"measure": "score", "unit": "index_0_100"}, "62.5", None),
    ],
)
def test_what_is_no_count_of_people_has_decimals(land: Land, fields: dict, number: str, base: str | None) -> None:
    indicator = land.indicators["PEOPLE"]
    Indicator.objects.filter(pk=indicator.pk).update(**fields)
    indicator.refresh_from_db()
    assert Typed(Decimal(number), None if base is None else Decimal(base)).fault(indicator) is None


def test_mean_is_of_whole_people(land: Land) -> None:
    assert Typed(Decimal("7.25"), Decimal("30.5")).fault(land.indicators["MOOD"]) == (
        "b", "Numbers of people have no decimals."
    )  # fmt: skip
