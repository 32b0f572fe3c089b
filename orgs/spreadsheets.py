"""Tables that go out, as CSV or into a workbook. A spreadsheet takes a text that begins with certain signs for a formula: none leaves as one."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.http import StreamingHttpResponse
from psycopg2.sql import SQL, Composable, Composed, Literal

from orgs.readable import without_hidden_signs

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Spreadsheets take a file for UTF-8 by this."""
LINES = 500
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
SIGNED_NUMBER = re.compile(r"[+-][0-9]+([.,][0-9]+)*")


def harmless(cell: Any) -> Any:
    """What is no text stays as it is."""
    if not isinstance(cell, str) or cell[:1] not in FORMULA_SIGNS or SIGNED_NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def harmless_sql(column: Composable) -> Composed:
    """As `harmless`, of a column that no number stands in."""
    signs = SQL(", ").join(SQL("chr({number})").format(number=Literal(ord(sign))) for sign in FORMULA_SIGNS)
    return SQL("CASE WHEN left({column}, 1) IN ({signs}) THEN '''' || {column} ELSE {column} END").format(
        column=column, signs=signs
    )


def workbook_cell(cell: Any) -> Any:
    """Harmless, and without characters that a workbook cannot hold."""
    return harmless(without_hidden_signs(cell)) if isinstance(cell, str) else cell


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Some lines at a time, every cell of them harmless."""
    text = io.StringIO()
    writer = csv.writer(text)
    for number, row in enumerate(rows, 1):
        writer.writerow(map(harmless, row))
        if number % LINES == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def csv_response(name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """However many rows, some at a time."""
    response = StreamingHttpResponse(chain([BYTE_ORDER_MARK], csv_lines(rows)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
