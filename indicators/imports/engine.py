"""The import engine: file → COPY into a temporary table → look-ups and checks in SQL → observations, all or nothing.

Python sees each distinct code once, never each row's meaning; the rows themselves stay in PostgreSQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable, Identifier, Literal

from indicators.file_progress import STORING, note
from indicators.imports.checks import (
    MAX_PROBLEMS,
    bad_cells,
    bad_currencies,
    bad_numbers,
    lines_of_bad_cells,
    lines_of_bad_currencies,
    lines_of_bad_numbers,
    open_numbers,
)
from indicators.imports.mapping import ImportMapping
from indicators.imports.readers.rows import Rows, open_rows
from indicators.imports.resolvers import Resolver, column_names, resolvers_of
from indicators.imports.sql import (
    EACH_ROW,
    LATER_PLACES,
    LOCK,
    OF_THE_PERIOD,
    ROWS_ADDED_UP,
    STORE,
    SUPERSEDE_PENDING,
    cells,
    parsed,
)
from indicators.vocabulary import Flag
from orgs.models import Territory
from orgs.numbers import PLACES
from orgs.readers.problems import FileRefused, Problem

MANY_ROWS = 5_000
PAGES_AT_ONCE = 4_000  # Of the temporary table: some 250,000 cells.


@dataclass
class Findings:
    """What a look at a file found. Nothing may be stored while there are problems."""

    rows_read: int = 0
    rows_left_out: int = 0
    cells_new: int = 0
    cells_changed: int = 0
    cells_same: int = 0
    unused_columns: list[tuple[str, str]] = field(default_factory=list)
    """Of the file: the name, and the first text in it."""
    problems: list[Problem] = field(default_factory=list)


def examine(
    file: IO[bytes], mapping: ImportMapping, *, to_store: bool = False, within: Territory | None = None
) -> Findings:
    """Reads `file` into the temporary table `import_cell` of the running transaction and says what it holds.

    Must run in a transaction; the temporary tables go with it. With `to_store`, other imports of the same indicators wait from here on, so
    that what is found still holds when it is stored. Rows of places that are not `within` a territory are faults. Raises ValidationError
    where the mapping itself does not fit the portal (an unknown scheme or dimension).
    """
    resolvers = resolvers_of(mapping, within)
    findings = Findings()
    try:
        with transaction.atomic(), connection.cursor() as cursor, open_rows(file, mapping) as rows:
            _drop(cursor, resolvers)
            _copy(cursor, rows, mapping)
            findings.rows_read, findings.rows_left_out = rows.read_count, rows.left_out
            findings.unused_columns = rows.unused_columns
            if rows.ragged:
                findings.problems.append(rows.ragged)
            if not rows.read_count:
                raise FileRefused(Problem("no_rows", line=1))
            if rows.read_count == rows.left_out:
                raise FileRefused(Problem("no_rows_kept"))
            if not rows.given:  # Each row is at fault by itself, or none has a column of figures.
                raise FileRefused(*(findings.problems or [Problem("no_figures", line=1)]))
            for name, resolver in resolvers.items():
                findings.problems += resolver.resolve(cursor, name)
            if not findings.problems:
                findings.problems += bad_currencies(cursor, mapping, resolvers)
            findings.problems += bad_numbers(cursor, mapping) or open_numbers(cursor, mapping)
            if not findings.problems:
                if to_store:
                    cursor.execute(LOCK)
                _make_cells(cursor, mapping, resolvers)
                findings.problems += bad_cells(cursor, mapping)
            if findings.problems:
                raise FileRefused(*findings.problems)
            findings.cells_new, findings.cells_changed, findings.cells_same = _counted(cursor)
    except FileRefused as refusal:
        findings.problems = sorted(refusal.problems, key=lambda problem: problem.line or 0)[:MAX_PROBLEMS]
    return findings


def refuse_unfitting(mapping: ImportMapping) -> None:
    """Raises ValidationError where the mapping itself does not fit the portal, as `examine` would once it reads the file."""
    resolvers_of(mapping)


def store(batch_id: int, source_id: int) -> int:
    """Writes what `examine` (with `to_store`) left in the running transaction as submitted observations of the import; the number written.

    Cells whose approved value is the same are not written again. A value that waits for approval in the same cell is superseded.
    """
    with connection.cursor() as cursor:
        cursor.execute(SUPERSEDE_PENDING)
        # PostgreSQL remembers each row whose references it has yet to check: piece by piece, so that its memory follows no file's size.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT pg_relation_size('import_cell') / current_setting('block_size')::bigint")
        stored, pages = 0, cursor.fetchone()[0]
        for page in range(0, pages, PAGES_AT_ONCE):
            note(STORING, page, pages)
            ends = {"first": f"({page},0)", "end": f"({page + PAGES_AT_ONCE},0)"}
            cursor.execute(STORE, {"batch": batch_id, "source": source_id, **ends})
            stored += int(cursor.rowcount)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        if stored >= MANY_ROWS:  # The rollup follows at once, and plans by what it knows of the table.
            cursor.execute("ANALYZE indicators_observation, indicators_breakdown, indicators_period")
        return stored


def faulty_lines(
    file: IO[bytes], mapping: ImportMapping, *, within: Territory | None = None
) -> dict[int, list[Problem]]:
    """{line: what is wrong with it} for every row that `examine` has something to say of, at most MAX_FAULTY of each kind.

    Empty where the file cannot be read at all. Rows of another width than the heading are the reader's business, and not among them.
    """
    resolvers = resolvers_of(mapping, within)
    found: dict[int, list[Problem]] = {}
    try:
        with transaction.atomic(), connection.cursor() as cursor, open_rows(file, mapping) as rows:
            _drop(cursor, resolvers)
            _copy(cursor, rows, mapping)
            if not rows.given:
                return {}
            problems: list[Problem] = []
            for name, resolver in resolvers.items():
                problems += resolver.resolve(cursor, name)
                for line, problem in resolver.unknown_lines(cursor):
                    found.setdefault(line, []).append(problem)
            for line, problem in lines_of_bad_numbers(cursor, mapping):
                found.setdefault(line, []).append(problem)
            if not problems:
                for line, problem in lines_of_bad_currencies(cursor, mapping, resolvers):
                    found.setdefault(line, []).append(problem)
            if not found and not problems:
                _make_cells(cursor, mapping, resolvers)
                for line, problem in lines_of_bad_cells(cursor, mapping):
                    found.setdefault(line, []).append(problem)
    except FileRefused:
        return {}
    return found


def _drop(cursor: CursorWrapper, resolvers: Iterable[str]) -> None:
    tables = ["import_row", "import_cell", "import_later", *(f"map_{name}" for name in resolvers)]
    cursor.execute(SQL("DROP TABLE IF EXISTS {tables}").format(tables=SQL(", ").join(map(Identifier, tables))))


def _copy(cursor: CursorWrapper, rows: Rows, mapping: ImportMapping) -> None:
    columns = [SQL("{name} text").format(name=Identifier(name)) for name in column_names(mapping).values()]
    cursor.execute(
        SQL("CREATE TEMPORARY TABLE import_row ({columns}) ON COMMIT DROP").format(
            columns=SQL(", ").join([SQL("line integer"), *columns])
        )
    )
    cursor.copy_expert("COPY import_row FROM STDIN WITH (FORMAT csv, NULL '\\N')", rows)
    if rows.refusal:
        raise rows.refusal
    cursor.execute("ANALYZE import_row")


# --- The parts of a cell ------------------------------------------------------------------------------------------


# --- Numbers and cells --------------------------------------------------------------------------------------------


ROWS = SQL("""
        SELECT r.line, map_indicator.id AS indicator_id, map_period.id AS period_id, {territory} AS territory_id,
               map_breakdown.id AS breakdown_id, i.measure,
               CASE WHEN false{signs} THEN map_flag.id | {not_applicable} ELSE map_flag.id END AS flags,
               {numerator} AS n, {denominator} AS d, {value} AS v, {base} AS b
        FROM import_row r {joins} JOIN indicators_indicator i ON i.id = map_indicator.id
""")


def _make_cells(cursor: CursorWrapper, mapping: ImportMapping, resolvers: dict[str, Resolver]) -> None:
    """The temporary table import_cell: the cells of the file with their numbers, and whether they are news."""
    staged = column_names(mapping)
    joins: list[Composable] = [resolver.join(name) for name, resolver in resolvers.items()]
    territory = SQL("map_territory.id")
    if _find_later_places(cursor):
        joins.append(OF_THE_PERIOD)
        territory = SQL("coalesce(later.id, map_territory.id)")
    rows = ROWS.format(
        territory=territory,
        # A sign for "not applicable" in the place of a number says as much as a flag.
        signs=SQL("").join(
            SQL(" OR r.{column} = ANY(%(not_applicable)s)").format(column=Identifier(staged[column]))
            for column in dict.fromkeys(mapping.numbers.values())
        ),
        not_applicable=Literal(Flag.NOT_APPLICABLE),
        joins=SQL("\n").join(joins),
        **{name: _number(mapping, name) for name in ("numerator", "denominator", "value", "base")},
    )
    added = ROWS_ADDED_UP if mapping.sums_rows else EACH_ROW
    cursor.execute(
        cells(added.format(parsed=parsed(rows))),
        {
            "no_number": list(mapping.no_number),
            "not_applicable": list(mapping.not_applicable),
            "zero": list(mapping.zero),
            **mapping.writing.parameters,
        },
    )
    cursor.execute("ANALYZE import_cell")


def _number(mapping: ImportMapping, name: str) -> Composable:
    """SQL for one of the numbers in a row `r` of the file."""
    if name not in mapping.numbers:
        return SQL("NULL::numeric")
    column = SQL("r.{column}").format(column=Identifier(column_names(mapping)[mapping.numbers[name]]))
    return SQL(
        "CASE WHEN {column} = ANY(%(no_number)s) THEN NULL {zero}ELSE round(({plain})::numeric, {places}) END"
    ).format(
        column=column,
        zero=SQL("WHEN {column} = ANY(%(zero)s) THEN 0 ").format(column=column) if mapping.zero else SQL(""),
        plain=mapping.writing.sql(column),
        places=Literal(PLACES),
    )


def _find_later_places(cursor: CursorWrapper) -> bool:
    """Whether codes of the file stand for several places, one after the other; a code is resolved to the oldest of them."""
    cursor.execute(LATER_PLACES)
    return bool(cursor.rowcount)


def _counted(cursor: CursorWrapper) -> tuple[int, int, int]:
    cursor.execute(
        "SELECT count(*) FILTER (WHERE news = 'new'), count(*) FILTER (WHERE news = 'changed'), count(*) FILTER (WHERE news = 'same') "
        "FROM import_cell"
    )
    new, changed, same = cursor.fetchone()
    return new, changed, same
