"""What is wrong with the numbers and cells of a file, told with its lines."""

import re
from collections.abc import Iterator
from typing import Any

from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from indicators.imports.mapping import ImportMapping
from indicators.imports.messages import MAX_FAULTY
from indicators.imports.resolvers import Resolver, column_names, columns_of
from indicators.imports.sql import CELLS_WITH_PLACES, OUTSIDE_VALIDITY, PART_OF_A_PERSON, REPEATED, TOO_LARGE, TWICE
from indicators.vocabulary import CURRENCY_OF_UNIT
from orgs.numbers import two_readings
from orgs.readers.problems import Problem

MAX_PROBLEMS = 200


MAX_PLACES = 30
"""A number of so many decimals is still one, and refused for them: only PLACES are kept."""


MONEY = SQL(", ").join(Literal(pair) for pair in CURRENCY_OF_UNIT.items())


def _in_other_currency(resolvers: dict[str, Resolver]) -> Composed:
    """SQL for the rows in another currency than that of their indicator's unit, or in none."""
    return SQL("""
        import_row r {indicators} {currencies}
        JOIN indicators_indicator i ON i.id = map_indicator.id JOIN (VALUES {money}) AS money (unit, currency) ON money.unit = i.unit
        WHERE map_currency.id <> money.currency
    """).format(
        indicators=resolvers["indicator"].join("indicator"),
        currencies=resolvers["currency"].join("currency"),
        money=MONEY,
    )


def bad_currencies(cursor: CursorWrapper, mapping: ImportMapping, resolvers: dict[str, Resolver]) -> list[Problem]:
    cursor.execute(
        SQL(
            "SELECT min(r.line), count(*), map_currency.id, money.currency FROM {rows} GROUP BY 3, 4 ORDER BY 1"
        ).format(rows=_in_other_currency(resolvers))
    )
    return [_currency_problem(mapping, *row) for row in cursor.fetchall()]


def lines_of_bad_currencies(
    cursor: CursorWrapper, mapping: ImportMapping, resolvers: dict[str, Resolver]
) -> Iterator[tuple[int, Problem]]:
    cursor.execute(
        SQL("SELECT r.line, map_currency.id, money.currency FROM {rows} ORDER BY 1 LIMIT %s").format(
            rows=_in_other_currency(resolvers)
        ),
        [MAX_FAULTY],
    )
    for line, given, wanted in cursor.fetchall():
        yield line, _currency_problem(mapping, None, 1, given, wanted)


def _currency_problem(mapping: ImportMapping, line: int | None, rows: int, given: str, wanted: str) -> Problem:
    column = (mapping.currency.column if mapping.currency else "") or ""
    if not given:
        return Problem("no_currency", line, column, wanted, rows)
    return Problem("other_currency", line, column, f"{given} → {wanted}"[:120], rows)


def _heading(mapping: ImportMapping, column: str) -> Composable:
    """SQL for where a number stands: its column, or of figures side by side the heading above the figure."""
    if mapping.wide and column in mapping.wide.columns:
        return SQL("r.{name}").format(name=Identifier(column_names(mapping)[mapping.wide.name]))
    return SQL("%(column)s::text")


BAD_NUMBERS = SQL("""
    SELECT min(line), count(*), r.{number}, {heading} FROM import_row r
    WHERE NOT r.{number} = ANY(%(signs)s) AND r.{number} !~ %(pattern)s GROUP BY 3, 4 ORDER BY 1 LIMIT %(most)s
""")
LINES_OF_BAD_NUMBERS = SQL("""
    SELECT line, {number} FROM import_row
    WHERE NOT {number} = ANY(%(signs)s) AND {number} !~ %(pattern)s ORDER BY 1 LIMIT %(most)s
""")
OPEN_NUMBERS = SQL("""
    SELECT min(line), count(*), (array_agg(r.{number} ORDER BY line))[1], {heading} FROM import_row r
    WHERE NOT r.{number} = ANY(%(signs)s) AND strpos(r.{number}, %(decimal)s) > 0
    GROUP BY 4 HAVING bool_and(r.{number} ~ %(pattern)s) ORDER BY 1 LIMIT %(most)s
""")


def bad_numbers(cursor: CursorWrapper, mapping: ImportMapping) -> list[Problem]:
    staged = column_names(mapping)
    values: dict[str, Any] = {
        "signs": list(mapping.signs), "pattern": mapping.writing.pattern(), "most": MAX_PROBLEMS,
    }  # fmt: skip
    problems = []
    for column in dict.fromkeys(mapping.numbers.values()):
        statement = BAD_NUMBERS.format(number=Identifier(staged[column]), heading=_heading(mapping, column))
        cursor.execute(statement, {**values, "column": column})
        for line, count, text, place in cursor.fetchall():
            problems.append(Problem(_number_fault(text, mapping), line, place, text[:120], count))
    return problems


def lines_of_bad_numbers(cursor: CursorWrapper, mapping: ImportMapping) -> Iterator[tuple[int, Problem]]:
    staged = column_names(mapping)
    values: dict[str, Any] = {
        "signs": list(mapping.signs), "pattern": mapping.writing.pattern(), "most": MAX_FAULTY,
    }  # fmt: skip
    for column in dict.fromkeys(mapping.numbers.values()):
        cursor.execute(LINES_OF_BAD_NUMBERS.format(number=Identifier(staged[column])), values)
        for line, text in cursor.fetchall():
            yield line, Problem(_number_fault(text, mapping), None, column, text[:120])


LINES_OF_BAD_CELLS = SQL("SELECT line, {value} FROM {cells} WHERE {fault} ORDER BY line LIMIT %s")


def lines_of_bad_cells(cursor: CursorWrapper, mapping: ImportMapping) -> Iterator[tuple[int, Problem]]:
    for code, column, value, fault in _cell_checks(mapping):
        cursor.execute(LINES_OF_BAD_CELLS.format(value=value, cells=CELLS_WITH_PLACES, fault=fault), [MAX_FAULTY])
        for line, text in cursor.fetchall():
            yield line, Problem(code, None, column, text[:120])
    if not mapping.sums_rows:
        cursor.execute(REPEATED)
        for line, first in cursor.fetchall():
            yield line, Problem("duplicate_cell", None, "", str(first))


def open_numbers(cursor: CursorWrapper, mapping: ImportMapping) -> list[Problem]:
    """Columns where every number with a decimal sign may as well be one with a sign for thousands: 24.512. Nobody guesses that."""
    if mapping.is_writing_stated:
        return []
    staged = column_names(mapping)
    sign = mapping.writing.decimal
    values: dict[str, Any] = {
        "signs": list(mapping.signs), "decimal": sign, "pattern": two_readings(sign), "most": MAX_PROBLEMS,
    }  # fmt: skip
    problems = []
    for column in dict.fromkeys(mapping.numbers.values()):
        statement = OPEN_NUMBERS.format(number=Identifier(staged[column]), heading=_heading(mapping, column))
        cursor.execute(statement, {**values, "column": column})
        for line, count, text, place in cursor.fetchall():
            problems.append(Problem("two_readings", line, place, text, count))
    return problems


def _number_fault(text: str, mapping: ImportMapping) -> str:
    if re.fullmatch(mapping.writing.pattern(MAX_PLACES), text):
        return "too_many_decimals"
    return "figure_and_flag" if re.fullmatch(r"[0-9.,]+\s*[A-Za-z*]+", text) else "not_a_number"


NO_VALUE = SQL("''")
NUMERATOR = SQL("trim_scale(numerator)::text")


def _cell_checks(mapping: ImportMapping) -> list[tuple[str, str, Composable, Composable]]:
    """What may be wrong with a cell: the problem's code, the column, SQL for the value, and SQL for the fault."""
    numbers = ", ".join(mapping.numbers.values())
    return [
        ("half_missing", numbers, NO_VALUE, SQL("rows > 1 AND rows_with_number NOT IN (0, rows)")),
        (
            "cannot_be_added",
            numbers,
            NO_VALUE,
            SQL("rows > 1 AND rows_with_number > 0 AND (measure = 'score' OR rows_without_base > 0)"),
        ),
        (
            "number_that_is_none",
            numbers,
            SQL("coalesce(trim_scale(coalesce(numerator, value))::text, '')"),
            SQL("contradicts"),
        ),
        ("fraction", numbers, NUMERATOR, PART_OF_A_PERSON),
        ("negative", numbers, NUMERATOR, SQL("measure IN ('count', 'ratio') AND numerator < 0")),
        (
            "no_denominator",
            numbers,
            NO_VALUE,
            SQL("measure IN ('ratio', 'mean') AND numerator IS NOT NULL AND coalesce(denominator, 0) <= 0"),
        ),
        ("too_large", numbers, NO_VALUE, TOO_LARGE),
        ("outside_validity", columns_of(mapping.territory), SQL("t.name || ' ' || p.code"), OUTSIDE_VALIDITY),
    ]


def bad_cells(cursor: CursorWrapper, mapping: ImportMapping) -> list[Problem]:
    checks = _cell_checks(mapping)
    counts = SQL(", ").join(
        SQL("count(*) FILTER (WHERE {fault})").format(fault=fault) for _code, _column, _value, fault in checks
    )
    cursor.execute(SQL("SELECT {counts} FROM {cells}").format(counts=counts, cells=CELLS_WITH_PLACES))
    problems = []
    for (code, column, value, fault), count in zip(checks, cursor.fetchone(), strict=True):
        if count:
            cursor.execute(LINES_OF_BAD_CELLS.format(value=value, cells=CELLS_WITH_PLACES, fault=fault), [1])
            line, text = cursor.fetchone()
            problems.append(Problem(code, line, column, text, count))
    if not mapping.sums_rows:
        cursor.execute(TWICE)
        problems += [Problem("duplicate_cell", last, "", str(first), count) for first, last, count in cursor.fetchall()]
    return problems
