"""What goes out for spreadsheets: no text of it is a formula."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from psycopg2.sql import SQL

from orgs.spreadsheets import BYTE_ORDER_MARK, csv_lines, csv_response, harmless, harmless_sql, workbook_cell

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.django_db
def test_formula_goes_out_as_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"
    with connection.cursor() as cursor:
        statement = SQL("SELECT {harmless} FROM (SELECT %s::text AS said) AS one")
        cursor.execute(statement.format(harmless=harmless_sql(SQL("said"))), [text])
        assert cursor.fetchone() == (f"'{text}",)


@pytest.mark.parametrize("cell", ["", "North", "a=b", "-5", "+1.234,5", "'=1+1", 5, None])
def test_what_is_no_formula_stays(cell: object) -> None:
    assert harmless(cell) == workbook_cell(cell) == cell


def test_hidden_signs_do_not_hide_a_formula_in_a_workbook() -> None:
    assert workbook_cell("\x01=1+1") == "'=1+1"


def test_csv_goes_out_in_pieces_that_are_one_table() -> None:
    rows: list[list[Any]] = [["=Name", "-5"], *([number, None] for number in range(1200))]
    pieces = list(csv_lines(rows))
    assert len(pieces) == 3
    read = list(csv.reader(io.StringIO(b"".join(pieces).decode())))
    assert (read[0], read[-1], len(read)) == (["'=Name", "-5"], ["1199", ""], 1201)
    assert csv_response("one.csv", rows).getvalue() == BYTE_ORDER_MARK + b"".join(pieces)
