"""What is wrong with the numbers and cells of a file, told with its lines."""

import re
from collections.abc import Iterator

from django.db.backends.utils import CursorWrapper

from indicators.imports.mapping import ImportMapping
from indicators.imports.messages import MAX_FAULTY, Problem
from indicators.imports.resolvers import Resolver, column_names, columns_of
from indicators.imports.sql import CELLS_WITH_PLACES, NO_MONEY, OUTSIDE_VALIDITY, REPEATED, TOO_LARGE, TWICE
from indicators.vocabulary import CURRENCY_OF_UNIT
from orgs.numbers import two_readings

MAX_PROBLEMS = 200


MAX_PLACES = 30
"""A number of so many decimals is still one, and refused for them: only PLACES are kept."""


MONEY = ", ".join(f"('{unit}', '{currency}')" for unit, currency in CURRENCY_OF_UNIT.items())


def _in_other_currency(resolvers: dict[str, Resolver]) -> str:
    """SQL for the rows in another currency than that of their indicator's unit, or in none."""
    return f"""
        import_row r {resolvers["indicator"].join("indicator")} {resolvers["currency"].join("currency")}
        JOIN indicators_indicator i ON i.id = map_indicator.id JOIN (VALUES {MONEY}) AS money (unit, currency) ON money.unit = i.unit
        WHERE map_currency.id <> money.currency
    """


def bad_currencies(cursor: CursorWrapper, mapping: ImportMapping, resolvers: dict[str, Resolver]) -> list[Problem]:
    cursor.execute(
        f"SELECT min(r.line), count(*), map_currency.id, money.currency FROM {_in_other_currency(resolvers)} GROUP BY 3, 4 ORDER BY 1"
    )
    return [_currency_problem(mapping, *row) for row in cursor.fetchall()]


def lines_of_bad_currencies(
    cursor: CursorWrapper, mapping: ImportMapping, resolvers: dict[str, Resolver]
) -> Iterator[tuple[int, Problem]]:
    cursor.execute(
        f"SELECT r.line, map_currency.id, money.currency FROM {_in_other_currency(resolvers)} ORDER BY 1 LIMIT {MAX_FAULTY}"
    )
    for line, given, wanted in cursor.fetchall():
        yield line, _currency_problem(mapping, None, 1, given, wanted)


def _currency_problem(mapping: ImportMapping, line: int | None, rows: int, given: str, wanted: str) -> Problem:
    column = (mapping.currency.column if mapping.currency else "") or ""
    if not given:
        return Problem("no_currency", line, column, wanted, rows)
    return Problem("other_currency", line, column, f"{given} → {wanted}"[:120], rows)


def bad_numbers(cursor: CursorWrapper, mapping: ImportMapping) -> list[Problem]:
    staged = column_names(mapping)
    problems = []
    for column in dict.fromkeys(mapping.numbers.values()):
        # Of figures side by side, the heading above the figure is its column.
        heading = f"r.{staged[mapping.wide.name]}" if mapping.wide and column in mapping.wide.columns else "%s::text"
        cursor.execute(
            f"SELECT min(line), count(*), r.{staged[column]}, {heading} FROM import_row r "
            f"WHERE NOT r.{staged[column]} = ANY(%s) AND r.{staged[column]} !~ %s GROUP BY 3, 4 ORDER BY 1 LIMIT %s",
            [
                *([column] if "%" in heading else []),
                list(mapping.signs),
                mapping.writing.pattern(),
                MAX_PROBLEMS,
            ],
        )
        for line, count, text, place in cursor.fetchall():
            problems.append(Problem(_number_fault(text, mapping), line, place, text[:120], count))
    return problems


def lines_of_bad_numbers(cursor: CursorWrapper, mapping: ImportMapping) -> Iterator[tuple[int, Problem]]:
    staged = column_names(mapping)
    for column in dict.fromkeys(mapping.numbers.values()):
        cursor.execute(
            f"SELECT line, {staged[column]} FROM import_row "
            f"WHERE NOT {staged[column]} = ANY(%s) AND {staged[column]} !~ %s ORDER BY 1 LIMIT {MAX_FAULTY}",
            [list(mapping.signs), mapping.writing.pattern()],
        )
        for line, text in cursor.fetchall():
            yield line, Problem(_number_fault(text, mapping), None, column, text[:120])


def lines_of_bad_cells(cursor: CursorWrapper, mapping: ImportMapping) -> Iterator[tuple[int, Problem]]:
    for code, column, value, fault in _cell_checks(mapping):
        cursor.execute(f"SELECT line, {value} FROM {CELLS_WITH_PLACES} WHERE {fault} ORDER BY line LIMIT {MAX_FAULTY}")
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
    problems = []
    for column in dict.fromkeys(mapping.numbers.values()):
        heading = f"r.{staged[mapping.wide.name]}" if mapping.wide and column in mapping.wide.columns else "%s::text"
        cursor.execute(
            f"SELECT min(line), count(*), (array_agg(r.{staged[column]} ORDER BY line))[1], {heading} FROM import_row r "
            f"WHERE NOT r.{staged[column]} = ANY(%s) AND strpos(r.{staged[column]}, %s) > 0 "
            f"GROUP BY 4 HAVING bool_and(r.{staged[column]} ~ %s) ORDER BY 1 LIMIT %s",
            [*([column] if "%" in heading else []), list(mapping.signs), sign, two_readings(sign), MAX_PROBLEMS],
        )
        for line, count, text, place in cursor.fetchall():
            problems.append(Problem("two_readings", line, place, text, count))
    return problems


def _number_fault(text: str, mapping: ImportMapping) -> str:
    if re.fullmatch(mapping.writing.pattern(MAX_PLACES), text):
        return "too_many_decimals"
    return "figure_and_flag" if re.fullmatch(r"[0-9.,]+\s*[A-Za-z*]+", text) else "not_a_number"


def _cell_checks(mapping: ImportMapping) -> list[tuple[str, str, str, str]]:
    """What may be wrong with a cell: the problem's code, the column, SQL for the value, and SQL for the fault."""
    numbers = ", ".join(mapping.numbers.values())
    territory = columns_of(mapping.territory)
    return [
        ("half_missing", numbers, "''", "rows > 1 AND rows_with_number NOT IN (0, rows)"),
        (
            "cannot_be_added",
            numbers,
            "''",
            "rows > 1 AND rows_with_number > 0 AND (measure = 'score' OR rows_without_base > 0)",
        ),
        (
            "number_that_is_none",
            numbers,
            "coalesce(trim_scale(coalesce(numerator, value))::text, '')",
            "contradicts",
        ),
        (
            "fraction",
            numbers,
            "trim_scale(numerator)::text",
            f"measure = 'count' AND numerator <> trunc(numerator) AND {NO_MONEY}",
        ),
        ("negative", numbers, "trim_scale(numerator)::text", "measure IN ('count', 'ratio') AND numerator < 0"),
        (
            "no_denominator",
            numbers,
            "''",
            "measure IN ('ratio', 'mean') AND numerator IS NOT NULL AND coalesce(denominator, 0) <= 0",
        ),
        (
            "too_large",
            numbers,
            "''",
            f"abs(numerator) >= {TOO_LARGE} OR abs(denominator) >= {TOO_LARGE} OR abs(value) >= {TOO_LARGE}",
        ),
        ("outside_validity", territory, "t.name || ' ' || p.code", OUTSIDE_VALIDITY),
    ]


def bad_cells(cursor: CursorWrapper, mapping: ImportMapping) -> list[Problem]:
    checks = _cell_checks(mapping)
    counts = ", ".join(f"count(*) FILTER (WHERE {fault})" for _code, _column, _value, fault in checks)
    cursor.execute(f"SELECT {counts} FROM {CELLS_WITH_PLACES}")
    problems = []
    for (code, column, value, fault), count in zip(checks, cursor.fetchone(), strict=True):
        if count:
            cursor.execute(f"SELECT line, {value} FROM {CELLS_WITH_PLACES} WHERE {fault} ORDER BY line LIMIT 1")
            line, text = cursor.fetchone()
            problems.append(Problem(code, line, column, text, count))
    if not mapping.sums_rows:
        cursor.execute(TWICE)
        problems += [Problem("duplicate_cell", last, "", str(first), count) for first, last, count in cursor.fetchall()]
    return problems
