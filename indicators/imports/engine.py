"""The import engine: file → COPY into a temporary table → look-ups and checks in SQL → observations, all or nothing.

Python sees each distinct code once, never each row's meaning; the rows themselves stay in PostgreSQL.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from indicators.breakdowns import ensure_breakdowns, key_of
from indicators.imports.mapping import Mapping, Part
from indicators.imports.messages import FileRefused, Problem
from indicators.imports.rows import Rows, open_rows
from indicators.models import Category, Dimension, Indicator, Period
from orgs.models import Territory, TerritoryScheme

MAX_VALUES = 50_000
MAX_PROBLEMS = 200
MANY_ROWS = 5_000
# A number as files write it: at most 18 digits before the point and ten after it; no exponent, no NaN.
NUMBER = r"^[+-]?[0-9]{1,18}(\.[0-9]{1,10})?$"


@dataclass
class Findings:
    """What a look at a file found. Nothing may be stored while there are problems."""

    rows_read: int = 0
    rows_left_out: int = 0
    cells_new: int = 0
    cells_changed: int = 0
    cells_same: int = 0
    problems: list[Problem] = field(default_factory=list)


def examine(file: IO[bytes], mapping: Mapping) -> Findings:
    """Reads `file` into the temporary table `import_cell` of the running transaction and says what it holds.

    Must run in a transaction; the temporary tables go with it. Raises ValidationError where the mapping itself does not fit the portal
    (an unknown scheme or dimension).
    """
    resolvers = _resolvers(mapping)
    findings = Findings()
    try:
        with transaction.atomic(), connection.cursor() as cursor, open_rows(file, mapping) as rows:
            cursor.execute(
                f"DROP TABLE IF EXISTS import_row, import_cell, {', '.join(f'map_{name}' for name in resolvers)}"
            )
            _copy(cursor, rows, mapping)
            findings.rows_read, findings.rows_left_out = rows.read_count, rows.left_out
            if rows.ragged:
                findings.problems.append(rows.ragged)
            if not rows.read_count:
                raise FileRefused(Problem("no_rows", line=1))
            if rows.read_count == rows.left_out:
                raise FileRefused(Problem("no_rows_kept"))
            for name, resolver in resolvers.items():
                findings.problems += resolver.resolve(cursor, name)
            findings.problems += _bad_numbers(cursor, mapping)
            if not findings.problems:
                _make_cells(cursor, mapping)
                findings.problems += _bad_cells(cursor, mapping)
            if findings.problems:
                raise FileRefused(*findings.problems)
            _classify(cursor, findings)
    except FileRefused as refusal:
        findings.problems = sorted(refusal.problems, key=lambda problem: problem.line or 0)[:MAX_PROBLEMS]
    return findings


def store(batch_id: int, source_id: int) -> int:
    """Writes what `examine` left in the running transaction as submitted observations of the import; the number written.

    Cells whose approved value is the same are not written again. A value that waits for approval in the same cell is superseded.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(SUPERSEDE_PENDING)
        cursor.execute(STORE, {"batch": batch_id, "source": source_id})
        stored = int(cursor.rowcount)
        if stored >= MANY_ROWS:  # The rollup follows at once, and plans by what it knows of the table.
            cursor.execute("ANALYZE indicators_observation")
        return stored


def column_names(mapping: Mapping) -> dict[str, str]:
    """{column of the file: column of the temporary table}."""
    return {name: f"c{place}" for place, name in enumerate(mapping.columns)}


def _copy(cursor: CursorWrapper, rows: Rows, mapping: Mapping) -> None:
    names = column_names(mapping).values()
    cursor.execute(
        f"CREATE TEMPORARY TABLE import_row (line integer, {', '.join(f'{name} text' for name in names)}) ON COMMIT DROP"
    )
    cursor.copy_expert("COPY import_row FROM STDIN WITH (FORMAT csv, NULL '\\N')", rows)
    if rows.refusal:
        raise rows.refusal
    cursor.execute("ANALYZE import_row")


# --- The parts of a cell ------------------------------------------------------------------------------------------


class Unknown(Exception):
    """A text that has no meaning here: the problem's code, the column and the text."""

    def __init__(self, code: str, column: str, value: str) -> None:
        super().__init__(code)
        self.problem = (code, column, value)


@dataclass
class Resolver:
    """Finds the id (or code) for every distinct combination of the texts in `columns`."""

    mapping: Mapping
    columns: list[str]
    find: Callable[[dict[str, str]], Any]
    """From {column: text} to the id; raises Unknown."""
    prepare: Callable[[Iterable[Any]], dict[Any, Any]] | None = None
    """Called once with all that `find` gave; translates them to ids where that takes a write."""
    sql_type: str = "bigint"

    def resolve(self, cursor: CursorWrapper, name: str) -> list[Problem]:
        """Makes the temporary table map_<name>: the texts k0, k1, ... and the id. Returns what could not be found."""
        staged = column_names(self.mapping)
        keys = [staged[column] for column in self.columns]
        select = ", ".join(keys) or "1"
        cursor.execute(
            f"SELECT min(line), count(*), {select} FROM import_row GROUP BY {', '.join(map(str, range(3, 3 + max(len(keys), 1))))} LIMIT %s",
            [MAX_VALUES + 1],
        )
        groups = cursor.fetchall()
        if len(groups) > MAX_VALUES:
            return [Problem("too_many_values", line=1, column=", ".join(self.columns), value=str(MAX_VALUES))]
        found: list[tuple[list[str], Any]] = []
        problems: dict[tuple[str, str, str], Problem] = {}
        for line, count, *texts in groups:
            values = dict(zip(self.columns, texts, strict=False))
            try:
                found.append((texts[: len(keys)], self.find(values)))
            except Unknown as unknown:
                code, column, value = unknown.problem
                before = problems.get(unknown.problem)
                problems[unknown.problem] = Problem(
                    code,
                    min(line, before.line or line) if before else line,
                    column,
                    value[:120],
                    count + (before.rows if before else 0),
                )
        if problems:
            return sorted(problems.values(), key=lambda problem: problem.line or 0)
        ids = self.prepare(value for _, value in found) if self.prepare else None
        definition = "".join(f"k{place} text, " for place in range(len(keys)))
        cursor.execute(f"CREATE TEMPORARY TABLE map_{name} ({definition}id {self.sql_type}) ON COMMIT DROP")
        # One statement of arrays: executemany() fails in a request of somebody logged in, where pghistory adds parameters of its own.
        arrays = ", ".join(["%s::text[]"] * len(keys) + [f"%s::{self.sql_type}[]"])
        rows = [[*texts, ids[value] if ids is not None else value] for texts, value in found]
        cursor.execute(
            f"INSERT INTO map_{name} SELECT * FROM unnest({arrays})",
            [list(column) for column in zip(*rows, strict=True)],
        )
        cursor.execute(f"ANALYZE map_{name}")
        return []

    def join(self, name: str) -> str:
        staged = column_names(self.mapping)
        on = " AND ".join(f"map_{name}.k{place} = r.{staged[column]}" for place, column in enumerate(self.columns))
        return f"JOIN map_{name} ON {on or 'true'}"


def _part_columns(*parts: Part) -> list[str]:
    return list(dict.fromkeys(part.column for part in parts if part.column is not None))


def _texts(part: Part, values: dict[str, str], code: str) -> str:
    """Our code for the part; Unknown where the mapping does not say."""
    text = values.get(part.column or "", "")
    translated = part.translate(text)
    if translated is None:
        raise Unknown(code, part.column or "", text)
    return translated


def _resolvers(mapping: Mapping) -> dict[str, Resolver]:
    return {
        "indicator": _indicator_resolver(mapping),
        "territory": _territory_resolver(mapping),
        "period": _period_resolver(mapping),
        "breakdown": _breakdown_resolver(mapping),
        "flag": _flag_resolver(mapping),
    }


def _indicator_resolver(mapping: Mapping) -> Resolver:
    part = mapping.indicator
    known = {indicator.code: indicator for indicator in Indicator.objects.only("code", "retired_on")}

    def find(values: dict[str, str]) -> int:
        code = _texts(part, values, "unknown_indicator")
        if code not in known:
            raise Unknown("unknown_indicator", part.column or "", code)
        if known[code].retired_on is not None:
            raise Unknown("retired_indicator", part.column or "", code)
        return known[code].pk

    return Resolver(mapping, _part_columns(part), find)


def _territory_resolver(mapping: Mapping) -> Resolver:
    part = mapping.territory
    scheme = TerritoryScheme.objects.filter(code=mapping.territory_scheme).first()
    if scheme is None:
        raise ValidationError(
            _("The mapping names a territory scheme that the portal does not know: %(name)s."),
            params={"name": mapping.territory_scheme},
        )
    known = dict(Territory.objects.filter(scheme=scheme).values_list("code", "pk"))

    def find(values: dict[str, str]) -> int:
        code = _texts(part, values, "unknown_territory")
        if code not in known:
            raise Unknown("unknown_territory", part.column or "", values.get(part.column or "", code))
        return known[code]

    return Resolver(mapping, _part_columns(part), find)


def _period_resolver(mapping: Mapping) -> Resolver:
    parts = mapping.period
    known = dict(Period.objects.values_list("code", "pk"))

    def find(values: dict[str, str]) -> int:
        column = ", ".join(_part_columns(*parts.values()))
        texts = {name: _texts(part, values, "unknown_period") for name, part in parts.items()}
        code = period_code(texts)
        if code not in known:
            raise Unknown("unknown_period", column, " ".join(texts.values()))
        return known[code]

    return Resolver(mapping, _part_columns(*parts.values()), find)


def period_code(texts: dict[str, str]) -> str:
    """Our code of a period given in parts ({"year": "2017", "month": "1"}) or whole ({"code": "2017Q1"}); "" where it is none."""
    if "code" in texts:
        match = re.fullmatch(r"(\d{4})(?:-?(?:([QS])([1-4])|M?(\d{1,2})))?", texts["code"].strip().upper())
        if match is None:
            return ""
        year, letter, number, month = match.groups()
        return f"{year}-{letter}{number}" if letter else f"{year}-{int(month):02d}" if month else year
    year = texts.get("year", "")
    for name, form in (("month", "{:02d}"), ("quarter", "Q{}"), ("half", "S{}")):
        if name in texts:
            return f"{year}-{form.format(int(texts[name]))}" if texts[name].isdecimal() else ""
    return year


def _breakdown_resolver(mapping: Mapping) -> Resolver:
    parts = mapping.breakdowns
    unknown = sorted(set(parts) - set(Dimension.objects.values_list("code", flat=True)))
    if unknown:
        raise ValidationError(
            _("The mapping names a dimension that the portal does not know: %(name)s."), params={"name": unknown[0]}
        )
    known = set(Category.objects.filter(dimension__code__in=parts).values_list("dimension__code", "code"))

    def find(values: dict[str, str]) -> str:
        categories = {}
        for dimension, part in parts.items():
            code = _texts(part, values, "unknown_category")
            if code == "":
                continue
            if (dimension, code) not in known:
                raise Unknown("unknown_category", part.column or "", values.get(part.column or "", code))
            categories[dimension] = code
        return key_of(categories)

    return Resolver(mapping, _part_columns(*parts.values()), find, prepare=ensure_breakdowns)


def _flag_resolver(mapping: Mapping) -> Resolver:
    part = mapping.flag

    def find(values: dict[str, str]) -> str:
        if part is None or not values.get(part.column or "", ""):
            return ""
        return _texts(part, values, "unknown_flag")

    return Resolver(mapping, _part_columns(part) if part else [], find, sql_type="text")


# --- Numbers and cells --------------------------------------------------------------------------------------------


def _plain(mapping: Mapping, column: str) -> str:
    """SQL for a number's text with a decimal point and no signs for thousands."""
    text = f"r.{column}"
    if mapping.thousands:
        text = f"replace({text}, {_literal(mapping.thousands)}, '')"
    if mapping.decimal != ".":
        text = f"replace({text}, {_literal(mapping.decimal)}, '.')"
    return text


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def _bad_numbers(cursor: CursorWrapper, mapping: Mapping) -> list[Problem]:
    staged = column_names(mapping)
    problems = []
    for column in dict.fromkeys(mapping.numbers.values()):
        cursor.execute(
            f"SELECT min(line), count(*), r.{staged[column]} FROM import_row r "
            f"WHERE NOT r.{staged[column]} = ANY(%s) AND {_plain(mapping, staged[column])} !~ %s GROUP BY 3 ORDER BY 1 LIMIT %s",
            [list(mapping.missing), NUMBER, MAX_PROBLEMS],
        )
        problems += [
            Problem("not_a_number", line, column, text[:120], count) for line, count, text in cursor.fetchall()
        ]
    return problems


def _make_cells(cursor: CursorWrapper, mapping: Mapping) -> None:
    staged = column_names(mapping)

    def number(name: str) -> str:
        if name not in mapping.numbers:
            return "NULL::numeric"
        column = staged[mapping.numbers[name]]
        return f"CASE WHEN r.{column} = ANY(%(missing)s) THEN NULL ELSE ({_plain(mapping, column)})::numeric END"

    joins = "\n".join(resolver.join(name) for name, resolver in _resolvers_for_join(mapping))
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE import_cell ON COMMIT DROP AS
        SELECT min(line) AS line, max(line) AS last_line, count(*) AS rows, count(coalesce(n, v)) AS rows_with_number,
               indicator_id, period_id, territory_id, breakdown_id, max(flag) AS flag, measure,
               CASE WHEN measure = 'count' THEN sum(coalesce(n, v)) WHEN measure = 'score' THEN NULL
                    ELSE coalesce(sum(n), sum(v * b)) END AS numerator,
               CASE WHEN measure IN ('ratio', 'mean') THEN coalesce(sum(d), sum(b)) END AS denominator,
               CASE WHEN measure = 'score' THEN sum(coalesce(n, v)) WHEN measure <> 'count' AND bool_and(n IS NULL AND b IS NULL) THEN sum(v)
                    END AS value
        FROM (
            SELECT r.line, map_indicator.id AS indicator_id, map_period.id AS period_id, map_territory.id AS territory_id,
                   map_breakdown.id AS breakdown_id, map_flag.id AS flag, i.measure,
                   {number("numerator")} AS n, {number("denominator")} AS d, {number("value")} AS v, {number("base")} AS b
            FROM import_row r {joins} JOIN indicators_indicator i ON i.id = map_indicator.id
        ) AS parsed
        GROUP BY indicator_id, period_id, territory_id, breakdown_id, measure
        """,
        {"missing": list(mapping.missing)},
    )
    cursor.execute("ANALYZE import_cell")


def _resolvers_for_join(mapping: Mapping) -> list[tuple[str, Resolver]]:
    def nothing(values: dict[str, str]) -> None:
        return None

    flag = [mapping.flag] if mapping.flag else []
    columns = {
        "indicator": _part_columns(mapping.indicator),
        "territory": _part_columns(mapping.territory),
        "period": _part_columns(*mapping.period.values()),
        "breakdown": _part_columns(*mapping.breakdowns.values()),
        "flag": _part_columns(*flag),
    }
    return [(name, Resolver(mapping, used, nothing)) for name, used in columns.items()]


def _bad_cells(cursor: CursorWrapper, mapping: Mapping) -> list[Problem]:
    numbers = ", ".join(mapping.numbers.values())
    territory = mapping.territory.column or ""
    checks = [
        ("half_missing", numbers, "''", "rows_with_number NOT IN (0, rows)"),
        ("negative", numbers, "trim_scale(numerator)::text", "measure IN ('count', 'ratio') AND numerator < 0"),
        (
            "no_denominator",
            numbers,
            "''",
            "measure IN ('ratio', 'mean') AND numerator IS NOT NULL AND coalesce(denominator, 0) <= 0",
        ),
        (
            "outside_validity",
            territory,
            "t.name || ' ' || p.code",
            "NOT (p.starts_on <= t.valid_to AND p.ends_on >= t.valid_from)",
        ),
    ]
    if not mapping.sums_rows:
        checks.insert(0, ("duplicate_cell", "", "line::text", "rows > 1"))
    problems = []
    for code, column, value, fault in checks:
        place = "last_line" if code == "duplicate_cell" else "line"
        cursor.execute(
            f"SELECT (array_agg({place} ORDER BY {place}))[1], (array_agg(({value})::text ORDER BY {place}))[1], count(*) FROM import_cell c "
            f"JOIN orgs_territory t ON t.id = c.territory_id JOIN indicators_period p ON p.id = c.period_id WHERE {fault} HAVING count(*) > 0"
        )
        problems += [Problem(code, line, column, text, count) for line, text, count in cursor.fetchall()]
    return problems


def _classify(cursor: CursorWrapper, findings: Findings) -> None:
    cursor.execute(CLASSIFY)
    cursor.execute(
        "SELECT count(*) FILTER (WHERE news = 'new'), count(*) FILTER (WHERE news = 'changed'), count(*) FILTER (WHERE news = 'same') "
        "FROM import_cell"
    )
    findings.cells_new, findings.cells_changed, findings.cells_same = cursor.fetchone()


SAME_CELL = """o.indicator_id = c.indicator_id AND o.period_id = c.period_id
    AND o.territory_id = c.territory_id AND o.breakdown_id = c.breakdown_id"""

CLASSIFY = f"""
    ALTER TABLE import_cell ADD COLUMN news text NOT NULL DEFAULT 'new';
    UPDATE import_cell SET flag = 'missing' WHERE numerator IS NULL AND value IS NULL;
    UPDATE import_cell c SET news = CASE
        WHEN (o.numerator, o.denominator, o.value, o.flag)
             IS NOT DISTINCT FROM (c.numerator, c.denominator, c.value, c.flag) THEN 'same' ELSE 'changed' END
    FROM indicators_observation o WHERE {SAME_CELL} AND o.status = 'approved';
"""

# Two imports of the same indicator take turns, so that the second sees what the first has stored.
LOCK = """
    SELECT pg_advisory_xact_lock(hashtext('indicators_import'), indicator_id::int)
    FROM (SELECT DISTINCT indicator_id FROM import_cell ORDER BY 1) AS touched
"""

SUPERSEDE_PENDING = f"""
    UPDATE indicators_observation o SET status = 'superseded' FROM import_cell c
    WHERE {SAME_CELL} AND o.status IN ('draft', 'submitted', 'returned')
"""

STORE = """
    INSERT INTO indicators_observation
        (indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, value, flag, status, source_id, batch_id)
    SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, value, flag, 'submitted', %(source)s, %(batch)s
    FROM import_cell WHERE news <> 'same'
"""
