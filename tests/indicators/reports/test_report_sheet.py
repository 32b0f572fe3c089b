"""The spreadsheet of a report: filled in and read back, and every way to send in something else."""

import datetime
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from openpyxl import Workbook, load_workbook

from indicators.models import Period, Report
from indicators.reports import actions as reports
from indicators.reports.cells import Typed
from indicators.reports.workbook import FIRST_ROW, KEY, make_sheet, read_sheet
from tests.factories import AuthorityFactory, OrganisationFactory
from tests.indicators.land import Land

pytestmark = pytest.mark.django_db


def ask(land: Land, indicator: str = "PEOPLE") -> Report:
    request = reports.ask_for_reports(
        authority=AuthorityFactory(territory=land.territories["CITY"]),
        organisations=[OrganisationFactory(published=True)],
        title="=Incidents",
        territory=land.territories["CITY"],
        with_parts=True,
        indicators=[land.indicators[indicator]],
        periods=[Period.objects.get(code="2017")],
        due_on=timezone.localdate(),
        by=None,
    )
    return request.reports.get()


@pytest.fixture
def report(land: Land) -> Report:
    """Three cells: the city and its two districts."""
    return ask(land)


def sheet_of(report: Report) -> Any:
    content = make_sheet(report, reports.cells_of_request(report.request), reports.answers_of(report))
    return load_workbook(io.BytesIO(content))


def packed(book: Any) -> io.BytesIO:
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def read(report: Report, file: io.BytesIO, **options: Any) -> list[Typed]:
    answers = read_sheet(file, report, reports.cells_of_request(report.request), **options)
    return [answers.get(cell.key, Typed()) for cell in reports.cells_of_request(report.request)]


def refusal(report: Report, file: io.BytesIO) -> str:
    with pytest.raises(ValidationError) as refused:
        read(report, file)
    return " ".join(refused.value.messages)


def fill(report: Report, *cells: tuple[str, Any]) -> io.BytesIO:
    book = sheet_of(report)
    for place, value in cells:
        book["Figures"][place] = value
    return packed(book)


def test_filled_in_and_read_back(report: Report) -> None:
    file = fill(report, (f"E{FIRST_ROW}", 12), (f"G{FIRST_ROW + 1}", "yes"))
    assert read(report, file) == [Typed(Decimal(12)), Typed(is_missing=True), Typed()]


def test_zero_is_a_number_and_blank_is_none(report: Report) -> None:
    assert read(report, fill(report, (f"E{FIRST_ROW}", 0))) == [Typed(Decimal(0)), Typed(), Typed()]


def test_template_carries_what_is_filled_in(report: Report) -> None:
    cells = reports.cells_of_request(report.request)
    said = {cells[0].key: Typed(Decimal(7)), cells[1].key: Typed(is_missing=True)}
    report = reports.save_report(report=report, answers=said, version=report.version, by=None)
    assert read(report, packed(sheet_of(report))) == [Typed(Decimal(7)), Typed(is_missing=True), Typed()]


def test_sheet_that_names_its_cells_as_before_is_read(report: Report) -> None:
    book = sheet_of(report)
    for row, cell in enumerate(reports.cells_of_request(report.request), start=FIRST_ROW):
        place = book["Figures"].cell(row, KEY + 1)
        assert place.value == cell.name
        place.value = "-".join(map(str, cell.key))
    book["Figures"][f"E{FIRST_ROW}"] = 12
    assert read(report, packed(book))[0] == Typed(Decimal(12))


def test_ratio_has_its_parts(land: Land) -> None:
    report = ask(land, "RATE")
    assert read(report, fill(report, (f"E{FIRST_ROW}", 1), (f"F{FIRST_ROW}", 4)))[0] == Typed(Decimal(1), Decimal(4))
    assert "F5" in refusal(report, fill(report, (f"E{FIRST_ROW}", 1)))


def test_number_typed_as_text_in_the_readers_way(report: Report) -> None:
    with translation.override("es"):
        assert read(report, fill(report, (f"E{FIRST_ROW}", "1.234")))[0] == Typed(Decimal(1234))


def test_made_in_one_language_and_read_in_another(report: Report) -> None:
    with translation.override("ar"):
        book = sheet_of(report)
        assert book["Figures"].sheet_view.rightToLeft
    book["Figures"][f"E{FIRST_ROW}"] = 3
    with translation.override("fr"):
        assert read(report, packed(book))[0] == Typed(Decimal(3))


def test_title_is_no_formula(report: Report) -> None:
    assert sheet_of(report)["Figures"]["A1"].data_type == "s"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("=1+1", "Cell E5: This is a formula"),
        (datetime.date(2017, 1, 1), "Cell E5: This is not a number: a date"),
        (True, "Cell E5: This is not a number"),
        ("many", "Cell E5: “many” is not a number"),
        (-3, "Cell E5: A number of people cannot be below 0"),
        (1.5, "Cell E5: Numbers of people have no decimals"),
        (1e308, "Cell E5: “1e+308” is not a plain number"),
        ("NaN", "Cell E5: “NaN” is not a number"),
    ],
)
def test_cell_that_holds_no_number(report: Report, value: Any, message: str) -> None:
    assert message in refusal(report, fill(report, (f"E{FIRST_ROW}", value)))


def test_number_and_no_figure_at_once(report: Report) -> None:
    assert "not both" in refusal(report, fill(report, (f"E{FIRST_ROW}", 1), (f"G{FIRST_ROW}", "x")))


@pytest.mark.parametrize("place", ["A5", "B6", "C7", "D5", "H5"])
def test_locked_cell_that_was_changed(report: Report, place: str) -> None:
    assert f"Row {place[1]}" in refusal(report, fill(report, (place, "something else")))


def test_row_twice_and_row_gone(report: Report) -> None:
    book = sheet_of(report)
    book["Figures"].delete_rows(FIRST_ROW)
    assert "Rows are missing" in refusal(report, packed(book))
    book = sheet_of(report)
    for column in range(1, 9):
        book["Figures"].cell(FIRST_ROW + 3, column, book["Figures"].cell(FIRST_ROW, column).value)
    assert f"Row {FIRST_ROW + 3}" in refusal(report, packed(book))


def test_spreadsheet_of_another_report(land: Land, report: Report) -> None:
    assert "belongs to another report" in refusal(report, packed(sheet_of(ask(land))))


def test_forged_reference(report: Report) -> None:
    assert "not the spreadsheet for this report" in refusal(report, fill(report, ("H1", "forged")))


def test_report_that_changed_since_the_download(report: Report) -> None:
    file = fill(report, (f"E{FIRST_ROW}", 12))
    report = reports.save_report(report=report, answers={}, version=report.version, by=None)
    assert "was changed after" in refusal(report, file)
    assert read(report, file, replace=True)[0] == Typed(Decimal(12))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04nonsense", b"a,b\n1,2\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)]
)
def test_file_that_is_no_spreadsheet(report: Report, content: bytes) -> None:
    assert "not the spreadsheet for this report" in refusal(report, io.BytesIO(content))


def test_spreadsheet_without_our_sheet(report: Report) -> None:
    assert "not the spreadsheet for this report" in refusal(report, packed(Workbook()))


def repacked(report: Report, part: str, content: bytes) -> io.BytesIO:
    """Our file with one part put in place of its own."""
    made = io.BytesIO()
    with zipfile.ZipFile(packed(sheet_of(report))) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    made.seek(0)
    return made


def test_spreadsheet_that_unpacks_to_gigabytes(report: Report) -> None:
    bomb = repacked(report, "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 30_000_000)
    assert len(bomb.getvalue()) < 100_000
    assert "is far larger than ours" in refusal(report, bomb)


def test_spreadsheet_with_entities_in_its_text(report: Report) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
    assert "not the spreadsheet for this report" in refusal(
        report, repacked(report, "xl/worksheets/sheet1.xml", laughs)
    )


def test_spreadsheet_with_a_cell_in_the_last_row(report: Report) -> None:
    book = sheet_of(report)
    book["Figures"]["A1048576"] = "far"
    assert read(report, packed(book)) == [Typed()] * 3


def test_broken_part(report: Report) -> None:
    assert "not the spreadsheet" in refusal(report, repacked(report, "xl/worksheets/sheet1.xml", b"<worksheet><row"))
