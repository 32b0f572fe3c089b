"""CSV and XLSX: one row for each cell, with names beside the codes, and what one has to know above or on a sheet of its own."""

import tempfile
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import Workbook

from indicators.releases.downloads.contents import Contents, FigureRow, name_of, plain
from indicators.vocabulary import codes_of
from orgs.spreadsheets import BYTE_ORDER_MARK, csv_lines, workbook_cell

MOST_IN_A_SHEET = 1_000_000  # Of 1,048,576 rows.
HEAD = ("indicator", "indicator_name", "unit", "scheme", "territory", "territory_name", "period")
TAIL = (
    "value", "step", "numerator", "denominator", "status", "flags", "reporters", "expected", "periods_used", "periods_expected", "source",
)  # fmt: skip


def write_csv(contents: Contents) -> Iterator[bytes]:
    """UTF-8 with a byte-order mark, by which spreadsheets know it. The lines about the file come first and begin with "#"."""
    about = ((f"# {label}", " ".join(text.split())) for label, text in contents.metadata)
    yield BYTE_ORDER_MARK
    yield from csv_lines(about)
    yield from csv_lines([columns(contents)])
    yield from csv_lines(
        [plain(cell) if isinstance(cell, Decimal) else cell for cell in cells(contents, row)] for row in contents.rows()
    )


def write_xlsx(contents: Contents) -> IO[bytes]:
    """A file on the disk that is gone once it is closed. Figures on the first sheet, what one has to know on the second."""
    contents.refuse_above(MOST_IN_A_SHEET)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Figures"))
    sheet.append(columns(contents))
    for row in contents.rows():
        sheet.append([workbook_cell(cell) for cell in cells(contents, row)])
    about = book.create_sheet(_("About"))
    for label, text in contents.metadata:
        about.append([label, workbook_cell(text)])
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115  The response closes it.
    book.save(file)
    file.seek(0)
    return file


def columns(contents: Contents) -> list[str]:
    return [*HEAD, *(dimension.code for dimension in contents.dimensions), *TAIL]


def cells(contents: Contents, row: FigureRow) -> list[Any]:
    """Numbers are Decimal, and what is not known is None."""
    indicator, place = contents.indicators[row.indicator], contents.places[row.territory]
    source = contents.sources.get(row.source or 0)
    return [
        indicator.code,
        indicator.name,
        indicator.unit,
        *place,
        contents.periods[row.period].code,
        *contents.groups[row.breakdown],
        row.value,
        row.step,
        row.numerator,
        row.denominator,
        row.state,
        codes_of(row.flags),
        row.reporters,
        row.expected,
        row.periods_used,
        row.periods_expected,
        name_of(source) if source else "",
    ]
