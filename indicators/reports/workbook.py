"""The spreadsheet of a report: made with what is known, filled in anywhere, read back with distrust.

Nothing of a file is believed but the numbers in the open cells: it names its report in a signed reference, and each row its cell by a key.
"""

import io
import struct
import zipfile
import zlib
from decimal import Decimal
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from indicators.catalogue.formatting import period_words
from indicators.models import Report
from indicators.reports.cell_form import base_label, number_label
from indicators.reports.cells import Answers, Key, ReportCell, Typed
from orgs.numbers import read_number
from orgs.spreadsheets import workbook_cell

MAX_BYTES = 2 * 1024 * 1024
MAX_UNPACKED = 20 * 1024 * 1024
MAX_PARTS = 200
SALT = "indicators.reports.workbook"
FIRST_ROW = 5
LABELS, NUMBER, BASE, MISSING, KEY = range(4), 4, 5, 6, 7
COLUMNS = 8
MOST_TOLD = 20
OPEN_CELL = PatternFill("solid", fgColor="FFF7D6")
NO = {"", "no", "false", "0", "non", "لا"}


def labels_of(cell: ReportCell) -> list[str]:
    """What the locked cells of a row say."""
    return [
        f"{cell.indicator.code} {cell.indicator.name}",
        period_words(cell.period),
        cell.territory.local_name,
        cell.group or _("everybody"),
    ]


def make_sheet(report: Report, cells: list[ReportCell], answers: Answers) -> bytes:
    """The workbook in the reader's language, with what is filled in so far."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Figures"
    sheet.sheet_view.rightToLeft = translation.get_language_bidi()
    language = translation.get_language() or "en"
    sheet["A1"] = workbook_cell(f"{report.request.title} · {report.organisation}")
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = _(
        "Fill in the yellow cells. Blank means not given, and never 0: where you have no figure, write “yes” in that column."
    )
    sheet["H1"] = signing.dumps([report.pk, report.version, language], salt=SALT)
    head = [_("Indicator"), _("Period"), _("Place"), _("Group"), _("Number"), _("Of how many"), _("No figure"), "key"]
    for column, text in enumerate(head, start=1):
        cell = sheet.cell(FIRST_ROW - 1, column, text)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for row, asked in enumerate(cells, start=FIRST_ROW):
        for column, text in enumerate(labels_of(asked), start=1):
            sheet.cell(row, column, workbook_cell(text)).alignment = Alignment(wrap_text=True, vertical="top")
        said = answers.get(asked.key, Typed())
        sheet.cell(row, NUMBER + 1, said.number)
        if asked.has_base:
            sheet.cell(row, BASE + 1, said.base)
        sheet.cell(row, MISSING + 1, _("yes") if said.is_missing else None)
        sheet.cell(row, KEY + 1, asked.name)
        for column in [NUMBER, *([BASE] if asked.has_base else []), MISSING]:
            open_cell = sheet.cell(row, column + 1)
            open_cell.protection, open_cell.fill = Protection(locked=False), OPEN_CELL
    choice = DataValidation(type="list", formula1=f'"{_("yes")}"', allow_blank=True)
    choice.add(f"G{FIRST_ROW}:G{FIRST_ROW + len(cells)}")
    sheet.add_data_validation(choice)
    for letter, width in zip("ABCDEFG", (44, 16, 24, 20, 14, 14, 12), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.column_dimensions["H"].hidden = True
    sheet.freeze_panes = f"A{FIRST_ROW}"
    sheet.protection.sheet = True
    about = book.create_sheet("About")
    about.append([workbook_cell(report.request.note)])
    for indicator in {asked.indicator.pk: asked.indicator for asked in cells}.values():
        example = next(asked for asked in cells if asked.indicator == indicator)
        about.append([workbook_cell(f"{indicator.code} {indicator.name}"), workbook_cell(indicator.definition)])
        about.append(["", _("Number"), workbook_cell(number_label(example))])
        if example.has_base:
            about.append(["", _("Of how many"), workbook_cell(base_label(example))])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def read_sheet(file: IO[bytes], report: Report, cells: list[ReportCell], *, replace: bool = False) -> dict[Key, Typed]:
    """What was filled in. Raises ValidationError with every fault and its cell; then nothing of it is taken."""
    rows = _rows(file, len(cells))
    if len(rows) < FIRST_ROW or len(rows[0]) <= KEY:
        raise wrong_file()
    language = _check_reference(rows[0][KEY].value, report, replace)
    expected = {cell.name: cell for cell in cells}
    earlier = {
        "-".join(map(str, cell.key)): cell.name for cell in cells
    }  # As sheets named it that are still in people's hands.
    with translation.override(language):
        labels = {cell.name: [workbook_cell(label) for label in labels_of(cell)] for cell in cells}
    answers: dict[Key, Typed] = {}
    faults: list[str] = []
    found: set[str] = set()
    for number, row in enumerate(rows[FIRST_ROW - 1 :], start=FIRST_ROW):
        key = str(row[KEY].value or "")
        key = earlier.get(key, key)
        if not key and all(cell.value in (None, "") for cell in row):
            continue
        if key not in expected or key in found or [str(row[place].value or "") for place in LABELS] != labels[key]:
            faults.append(
                _("Row %(row)s: only the yellow cells may be changed, and others in this row have been.")
                % {"row": number}
            )
            continue
        found.add(key)
        typed = _typed(row, number, expected[key], faults, language)
        if typed is not None and typed != Typed():
            answers[expected[key].key] = typed
    if not faults and len(found) < len(expected):
        faults.append(_("Rows are missing. Leave what you do not know blank, and keep every row."))
    if faults:
        if len(faults) > MOST_TOLD:
            faults = [*faults[:MOST_TOLD], _("There are more problems of this kind.")]
        raise ValidationError([ValidationError(fault) for fault in faults])
    return answers


def wrong_file() -> ValidationError:
    return ValidationError(
        _("This is not the spreadsheet for this report. Download it here, fill it in and save it as XLSX.")
    )


def _rows(file: IO[bytes], expected: int) -> list[tuple[Any, ...]]:
    """At most a few rows more than there should be, of at most as many columns; a file that unpacks to more than it may is not opened."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise ValidationError(
                _("The spreadsheet is far larger than ours when unpacked. Download it again and fill it in.")
            )
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        try:
            if "Figures" not in book.sheetnames:
                raise wrong_file()
            return list(book["Figures"].iter_rows(max_row=FIRST_ROW + expected + 50, max_col=COLUMNS))
        finally:
            book.close()
    except (
        zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError,
        NotImplementedError, RuntimeError, ParseError, zlib.error, struct.error,
    ) as error:  # fmt: skip
        raise wrong_file() from error


def _check_reference(text: Any, report: Report, replace: bool) -> str:
    """Ours, of this report, and of what stands in it now; the language in which it was made."""
    try:
        pk, version, language = signing.loads(str(text or ""), salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise wrong_file() from error
    if pk != report.pk:
        raise ValidationError(_("This spreadsheet belongs to another report. Use the one you downloaded here."))
    if version != report.version and not replace:
        raise ValidationError(
            _(
                "The report was changed after this spreadsheet was downloaded. Tick the box below to replace it, or download "
                "the spreadsheet again."
            ),
            code="stale",
        )
    return str(language)


def _typed(row: tuple[Any, ...], number: int, cell: ReportCell, faults: list[str], language: str) -> Typed | None:
    before = len(faults)
    values = {}
    for place, letter in ((NUMBER, "E"), (BASE, "F")):
        try:
            values[letter] = _number(row[place], language)
        except ValueError as error:
            faults.append(_("Cell %(cell)s: %(fault)s") % {"cell": f"{letter}{number}", "fault": error})
    if len(faults) > before:
        return None
    is_missing = str(row[MISSING].value if row[MISSING].value is not None else "").strip().lower() not in NO
    if values["F"] is not None and not cell.has_base:
        faults.append(
            _("Cell %(cell)s: %(fault)s") % {"cell": f"F{number}", "fault": _("This cell has to stay blank.")}
        )
        return None
    typed = Typed(values["E"], values["F"], is_missing)
    fault = typed.fault(cell.indicator)
    if fault:
        where = f"{'E' if fault[0] == 'n' else 'F'}{number}"
        faults.append(_("Cell %(cell)s: %(fault)s") % {"cell": where, "fault": fault[1]})
        return None
    return typed


def _number(cell: Any, language: str) -> Decimal | None:
    """A text is read as the language of the sheet writes numbers. ValueError with a sentence for a person."""
    value = cell.value
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if cell.data_type == "f" or (isinstance(value, str) and value.lstrip().startswith("=")):
        raise ValueError(_("This is a formula. Enter the number itself."))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(_("This is not a number: a date, perhaps? Set the cell to “number” and type it again."))
    if isinstance(value, str):
        try:
            with translation.override(language):
                return read_number(value)
        except ValueError as error:
            raise ValueError(_("“%(text)s” is not a number.") % {"text": value[:40]}) from error
    number = Decimal(repr(value))
    if not number.is_finite() or abs(number) >= Decimal(10) ** 18:
        raise ValueError(_("“%(text)s” is not a plain number.") % {"text": str(value)[:40]})
    return round(number, 10)
