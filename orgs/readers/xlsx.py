"""The reader of XLSX: one sheet, row by row, its formulas by the values that were saved with them."""

import datetime
import logging
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from orgs.readers.layout import FileLayout
from orgs.readers.problems import FileRefused, Problem
from orgs.readers.tables import GZIP, MAX_COLUMNS, FileTable

logger = logging.getLogger(__name__)

# What a workbook may unpack to, by what it says of itself (a part that says less than it holds is cut off there). Its texts are the
# one part that is held in memory.
MAX_UNPACKED = 512 << 20
MAX_TEXTS = 48 << 20
MAX_PARTS = 2000
MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*ref="([A-Z]+[0-9]+(?::[A-Z]+[0-9]+)?)"')
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
CHUNK, OVERLAP = 1 << 20, 200
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def read_xlsx(file: IO[bytes], layout: FileLayout) -> FileTable:
    """The sheet and the row with the names that the layout says; the first sheet and the first row otherwise."""
    _check_archive(file)
    sheet = _sheet(file, layout, data_only=True)
    merged, has_formulas = _scan(sheet)
    records = _rows(sheet, _sheet(file, layout, data_only=False) if has_formulas else None, layout)
    found = next((found for found in records if found[0] >= layout.header_row), None)
    if found is None:
        raise FileRefused(Problem("no_header", line=layout.header_row))
    line, header = found
    header = [name.strip() for name in header]
    while header and not header[-1]:
        header.pop()
    if over := _merged_over(merged, line):
        raise FileRefused(*(Problem("merged_header", line=line, column=cells, value=cells) for cells in over))
    return FileTable(header, _trimmed(records, len(header)), line)


def first_rows(file: IO[bytes], layout: FileLayout, count: int) -> list[tuple[int, list[str]]]:
    """The first rows of the sheet that are not empty, each with its number: where a table begins, nobody knows yet."""
    _check_archive(file)
    return list(islice(_rows(_sheet(file, layout, data_only=True), None, layout), count))


@contextmanager
def _as_workbook() -> Iterator[None]:
    """Whatever zipfile, expat and openpyxl stumble over in a file that somebody made is a fault of the file. The log keeps what it was."""
    try:
        yield
    except FileRefused:
        raise
    except Exception as error:
        logger.info("A workbook was refused: %s", error, exc_info=True)
        raise FileRefused(Problem("not_workbook")) from error


def _check_archive(file: IO[bytes]) -> None:
    """Refuses, before anything is unpacked, what is no workbook or would unpack to more than a workbook may."""
    file.seek(0)
    start = file.read(4)
    if not start:
        raise FileRefused(Problem("empty"))
    if start == OLD_EXCEL:
        raise FileRefused(Problem("old_workbook"))
    if start.startswith(GZIP):
        raise FileRefused(Problem("packed_workbook"))
    with _as_workbook(), zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    texts = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED or texts > MAX_TEXTS:
        raise FileRefused(Problem("unpacks_too_large", value=str(MAX_UNPACKED >> 20)))


def _sheet(file: IO[bytes], layout: FileLayout, *, data_only: bool) -> ReadOnlyWorksheet:
    file.seek(0)
    with _as_workbook():
        book = load_workbook(file, read_only=True, data_only=data_only, keep_links=False)
    names = [sheet.title for sheet in book.worksheets]
    wanted = layout.sheet or "1"
    if wanted not in names and wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        wanted = names[int(wanted) - 1]
    if wanted not in names:
        raise FileRefused(Problem("no_sheet", column=wanted, value=", ".join(names)[:100]))
    sheet = book[wanted]
    assert isinstance(sheet, ReadOnlyWorksheet)
    sheet.reset_dimensions()  # What a sheet says of its own size is often wrong.
    return sheet


def _scan(sheet: ReadOnlyWorksheet) -> tuple[list[str], bool]:
    """The merged ranges of the sheet and whether it has formulas, by one look over its text."""
    merged: dict[str, None] = {}
    has_formulas = False
    rest = b""
    with _as_workbook(), sheet._get_source() as source:  # type: ignore[attr-defined]
        while chunk := source.read(CHUNK):
            text = rest + chunk
            has_formulas = has_formulas or FORMULA.search(text) is not None
            if len(merged) < MAX_PARTS:
                merged |= dict.fromkeys(found.decode() for found in MERGED.findall(text))
            rest = text[-OVERLAP:]
    return list(merged), has_formulas


def _merged_over(merged: list[str], row: int) -> list[str]:
    """Merged ranges that make the heading ambiguous: over several columns of its row, or from it down into the figures."""
    found = []
    for cells in merged:
        # A merged range has all four corners.
        left, top, right, bottom = (corner or 0 for corner in range_boundaries(cells))
        if top <= row <= bottom and (right > left or bottom > row):
            found.append(cells)
    return found


def _rows(
    sheet: ReadOnlyWorksheet, formulas: ReadOnlyWorksheet | None, layout: FileLayout
) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not empty, as texts. FileRefused where a formula has no value: whoever made the file never let it be computed."""
    pairs = zip(_safely(sheet), _safely(formulas), strict=False) if formulas else ((row, ()) for row in _safely(sheet))
    for line, (row, written) in enumerate(pairs, start=1):
        record = [_as_text(cell, layout) for cell in row]
        for place, cell in enumerate(written):
            if isinstance(cell, str) and cell.startswith("=") and not record[place]:
                cell_name = f"{get_column_letter(place + 1)}{line}"
                raise FileRefused(Problem("formula_without_value", line=line, column=cell_name, value=cell[:80]))
        if any(record):
            yield line, record


def _safely(sheet: ReadOnlyWorksheet) -> Iterator[tuple[Any, ...]]:
    with _as_workbook():
        yield from sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)  # type: ignore[misc]


def _as_text(cell: Any, layout: FileLayout) -> str:
    """A number without exponent and with the decimal sign of the layout, so that it is read as what it is."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        if abs(cell) >= 1e18 or cell != cell:
            return repr(cell)
        text = f"{round(Decimal(repr(cell)), 10):f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        # A fourth digit, so that nobody wonders whether the point of 24.512 stands between thousands.
        text += "0" if text[-4:-3] == "." else ""
        return text.replace(".", layout.decimal)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ")
    return str(cell)


def _trimmed(records: Iterator[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, list[str]]]:
    """A sheet leaves out empty cells at the end of a row, and has some beyond the last heading."""
    for line, record in records:
        if len(record) < width:
            record += [""] * (width - len(record))
        elif len(record) > width and not any(record[width:]):
            del record[width:]
        yield line, record
