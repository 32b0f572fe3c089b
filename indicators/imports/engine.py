"""The import engine: file → COPY into a temporary table → look-ups and checks in SQL → observations, all or nothing.

Python sees each distinct code once, never each row's meaning; the rows themselves stay in PostgreSQL.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from indicators.catalogue.breakdowns import ensure_breakdowns, key_of
from indicators.catalogue.periods import fault_of_text, kind_of_texts, period_code
from indicators.file_progress import STORING, note
from indicators.imports.mapping import Mapping, Part, read_flags
from indicators.imports.messages import FileRefused, Problem
from indicators.imports.readers.rows import Rows, open_rows
from indicators.models import Category, Dimension, Indicator, Period
from indicators.vocabulary import CURRENCY_OF_UNIT, NO_FLAG, NO_NUMBER, QUALITIES, Flag, Measure
from orgs.folding import fold
from orgs.models import Territory, TerritoryClosure, TerritoryScheme
from orgs.numbers import PLACES, two_readings

MAX_VALUES = 50_000
MAX_PROBLEMS = 200
MAX_FAULTY = 20_000
MANY_ROWS = 5_000
PAGES_AT_ONCE = 4_000  # Of the temporary table: some 250,000 cells.
MAX_PLACES = 30
"""A number of so many decimals is still one, and refused for them: only PLACES are kept."""


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


def examine(file: IO[bytes], mapping: Mapping, *, to_store: bool = False, within: Territory | None = None) -> Findings:
    """Reads `file` into the temporary table `import_cell` of the running transaction and says what it holds.

    Must run in a transaction; the temporary tables go with it. With `to_store`, other imports of the same indicators wait from here on, so
    that what is found still holds when it is stored. Rows of places that are not `within` a territory are faults. Raises ValidationError where the mapping itself does not fit the portal (an unknown
    scheme or dimension).
    """
    resolvers = _resolvers(mapping, within)
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
                findings.problems += _bad_currencies(cursor, mapping, resolvers)
            findings.problems += _bad_numbers(cursor, mapping) or _open_numbers(cursor, mapping)
            if not findings.problems:
                if to_store:
                    cursor.execute(LOCK)
                _make_cells(cursor, mapping, resolvers)
                findings.problems += _bad_cells(cursor, mapping)
            if findings.problems:
                raise FileRefused(*findings.problems)
            findings.cells_new, findings.cells_changed, findings.cells_same = _counted(cursor)
    except FileRefused as refusal:
        findings.problems = sorted(refusal.problems, key=lambda problem: problem.line or 0)[:MAX_PROBLEMS]
    return findings


def refuse_unfitting(mapping: Mapping) -> None:
    """Raises ValidationError where the mapping itself does not fit the portal, as `examine` would once it reads the file."""
    _resolvers(mapping)


def _refuse_adding_scores(mapping: Mapping) -> None:
    """Where every row is of an indicator whose figures are not combined. Where a column names it, the cells are looked at one by one."""
    code = mapping.indicator.constant
    if mapping.sums_rows and code and Indicator.objects.filter(code=code, measure=Measure.SCORE).exists():
        raise ValidationError(
            _("“%(indicator)s” is a score, and scores are not added up. Keep one row of each cell."),
            params={"indicator": code, "name": "rows_of_one_cell"},
        )


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
            cursor.execute("ANALYZE indicators_observation")
        return stored


def faulty_lines(file: IO[bytes], mapping: Mapping, *, within: Territory | None = None) -> dict[int, list[Problem]]:
    """{line: what is wrong with it} for every row that `examine` has something to say of, at most MAX_FAULTY of each kind.

    Empty where the file cannot be read at all. Rows of another width than the heading are the reader's business, and not among them.
    """
    resolvers = _resolvers(mapping, within)
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
            for line, problem in _lines_of_bad_numbers(cursor, mapping):
                found.setdefault(line, []).append(problem)
            if not problems:
                for line, problem in _lines_of_bad_currencies(cursor, mapping, resolvers):
                    found.setdefault(line, []).append(problem)
            if not found and not problems:
                _make_cells(cursor, mapping, resolvers)
                for line, problem in _lines_of_bad_cells(cursor, mapping):
                    found.setdefault(line, []).append(problem)
    except FileRefused:
        return {}
    return found


def _drop(cursor: CursorWrapper, resolvers: Iterable[str]) -> None:
    cursor.execute(
        f"DROP TABLE IF EXISTS import_row, import_cell, import_later, {', '.join(f'map_{name}' for name in resolvers)}"
    )


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
    survey: Callable[[list[dict[str, str]]], None] | None = None
    """Shown every combination before `find` is asked of each."""
    unknown: list[tuple[list[str], Problem]] = field(default_factory=list)
    """After `resolve`: the combinations that have no meaning, and why."""

    def resolve(self, cursor: CursorWrapper, name: str) -> list[Problem]:
        """Makes the temporary table map_<name>: the texts k0, k1, ... and the id. Returns what could not be found."""
        staged = column_names(self.mapping)
        keys = [staged[column] for column in self.columns]
        grouping = f"GROUP BY {', '.join(keys)}" if keys else ""
        cursor.execute(
            f"SELECT min(line), count(*) {''.join(f', {key}' for key in keys)} FROM import_row {grouping} LIMIT %s",
            [MAX_VALUES + 1],
        )
        groups = cursor.fetchall()
        if len(groups) > MAX_VALUES:
            return [Problem("too_many_values", line=1, column=", ".join(self.columns), value=str(MAX_VALUES))]
        if self.survey:
            self.survey([dict(zip(self.columns, texts, strict=False)) for _line, _count, *texts in groups])
        found: list[tuple[list[str], Any]] = []
        problems: dict[tuple[str, str, str], Problem] = {}
        for line, count, *texts in groups:
            values = dict(zip(self.columns, texts, strict=False))
            try:
                found.append((texts[: len(keys)], self.find(values)))
            except Unknown as unknown:
                code, column, value = unknown.problem
                self.unknown.append((texts[: len(keys)], Problem(code, None, column, value[:120])))
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

    def unknown_lines(self, cursor: CursorWrapper) -> Iterator[tuple[int, Problem]]:
        """After `resolve`: every line with a combination that has no meaning. None where the mapping names it, not the file."""
        staged = column_names(self.mapping)
        if not self.unknown or not self.columns:
            return
        keys = [f"k{place}" for place in range(len(self.columns))]
        arrays = ", ".join(["%s::text[]"] * len(keys))
        on = " AND ".join(f"u.{key} = r.{staged[column]}" for key, column in zip(keys, self.columns, strict=True))
        cursor.execute(
            f"SELECT r.line, u.place FROM unnest({arrays}) WITH ORDINALITY AS u({', '.join(keys)}, place) "
            f"JOIN import_row r ON {on} ORDER BY r.line LIMIT {MAX_FAULTY}",
            [list(texts) for texts in zip(*(texts for texts, _problem in self.unknown), strict=True)],
        )
        for line, place in cursor.fetchall():
            yield line, self.unknown[place - 1][1]

    def join(self, name: str) -> str:
        staged = column_names(self.mapping)
        on = " AND ".join(f"map_{name}.k{place} = r.{staged[column]}" for place, column in enumerate(self.columns))
        return f"JOIN map_{name} ON {on or 'true'}"


def _part_columns(*parts: Part) -> list[str]:
    return list(dict.fromkeys(column for part in parts for column in part.columns))


def _columns_of(part: Part) -> str:
    return ", ".join(part.columns)


def _texts(part: Part, values: dict[str, str], code: str) -> str:
    """Our code for the part; Unknown where the mapping does not say."""
    text = part.text_of(values)
    translated = part.translate(text)
    if translated is None:
        raise Unknown(code, _columns_of(part), text)
    return translated


def _resolvers(mapping: Mapping, within: Territory | None = None) -> dict[str, Resolver]:
    _refuse_adding_scores(mapping)
    return {
        "indicator": _indicator_resolver(mapping),
        "territory": _territory_resolver(mapping, within),
        "period": _period_resolver(mapping),
        "breakdown": _breakdown_resolver(mapping),
        "flag": _flag_resolver(mapping),
        "currency": _currency_resolver(mapping),
    }


def _indicator_resolver(mapping: Mapping) -> Resolver:
    part = mapping.indicator
    known = {indicator.code: indicator for indicator in Indicator.objects.only("code", "retired_on")}

    def find(values: dict[str, str]) -> int:
        code = _texts(part, values, "unknown_indicator")
        if code not in known:
            raise Unknown("unknown_indicator", _columns_of(part), code)
        if known[code].retired_on is not None:
            raise Unknown("retired_indicator", _columns_of(part), code)
        return known[code].pk

    return Resolver(mapping, _part_columns(part), find)


def _territory_resolver(mapping: Mapping, within: Territory | None) -> Resolver:
    part = mapping.territory
    scheme = TerritoryScheme.objects.filter(code=mapping.territory_scheme).first()
    if scheme is None:
        raise ValidationError(
            _("The mapping names a territory scheme that the portal does not know: %(name)s."),
            params={"name": mapping.territory_scheme},
        )
    places = Territory.objects.filter(scheme=scheme)
    known = dict(places.order_by("-valid_from").values_list("code", "pk"))
    by_number = codes_by_number(known)
    own = Territory.objects.all() if within is None else Territory.objects.within(within)
    of_others = set() if within is None else set(places.exclude(pk__in=own.values("pk")).values_list("code", flat=True))
    names = NamedPlaces(scheme, mapping.territory_kind) if mapping.territory_by == "name" else None

    def code_of(values: dict[str, str]) -> str:
        code = _texts(part, values, "unknown_territory")
        if code in known:
            return code
        text = part.text_of(values) or code
        named = names.codes(code, [values.get(column, "") for column in part.within], part.join) if names else set()
        if len(named) > 1:
            raise Unknown("several_places", _columns_of(part), text)
        if not named and (meant := by_number.get(code.lstrip("0"))):
            raise Unknown("lost_zeros", _columns_of(part), f"{text} → {meant}")
        if not named:
            raise Unknown("unknown_territory", _columns_of(part), text)
        return named.pop()

    def find(values: dict[str, str]) -> int:
        code = code_of(values)
        if code in of_others:
            raise Unknown("territory_of_others", _columns_of(part), part.text_of(values) or code)
        return known[code]

    return Resolver(mapping, _part_columns(part), find)


def codes_by_number(codes: Iterable[str]) -> dict[str, str]:
    """{8019: "08019"}: the codes of digits by what a spreadsheet leaves of them, where that is one code's alone."""
    found: dict[str, list[str]] = {}
    for code in codes:
        if code.isdecimal():
            found.setdefault(code.lstrip("0"), []).append(code)
    return {number: same[0] for number, same in found.items() if number and len(same) == 1}


class NamedPlaces:
    """The places of a scheme (of one kind) by their names in every language, whatever their case and accents."""

    def __init__(self, scheme: TerritoryScheme, kind: str = "") -> None:
        places = Territory.objects.filter(scheme=scheme, **({"kind": kind} if kind else {}))
        self._codes: dict[str, set[str]] = {}
        for code, name, others in places.values_list("code", "name", "names"):
            for text in (name, *others.values()):
                self._codes.setdefault(fold(str(text)), set()).add(code)
        self._scheme = scheme
        self._above: dict[str, set[str]] | None = None

    def codes(self, text: str, within: list[str], join: str) -> set[str]:
        """Of the places that are called so and lie in one called or coded as each text of `within`."""
        name = text.removeprefix(join.join([*within, ""])) if within else text
        found = self._codes.get(fold(name), set())
        if within and found:
            wanted = {fold(one) for one in within}
            found = {code for code in found if wanted <= self._names_above(code)}
        return set(found)

    def _names_above(self, code: str) -> set[str]:
        if self._above is None:
            self._above = {}
            links = TerritoryClosure.objects.filter(descendant__scheme=self._scheme, depth__gt=0)
            columns = ("descendant__code", "ancestor__code", "ancestor__name", "ancestor__names")
            for below, above, called, others in links.values_list(*columns):
                self._above.setdefault(below, set()).update(fold(str(one)) for one in (above, called, *others.values()))
        return self._above.get(code, set())


def _period_resolver(mapping: Mapping) -> Resolver:
    parts = mapping.period
    known = dict(Period.objects.values_list("code", "pk"))

    is_open = False

    def survey(rows: list[dict[str, str]]) -> None:
        """Without a kind, months that are all two years in a row (2009-10, 2010-11) may as well be school years."""
        nonlocal is_open
        if not mapping.period_kind and "code" in parts:
            texts = [parts["code"].translate(parts["code"].text_of(values)) or "" for values in rows]
            is_open = kind_of_texts(texts) == ""

    def find(values: dict[str, str]) -> int:
        column = ", ".join(_part_columns(*parts.values()))
        texts = {name: _texts(part, values, "unknown_period") for name, part in parts.items()}
        code = "" if is_open else period_code(texts, mapping.period_kind)
        if code not in known:
            text = " ".join(texts.values())
            raise Unknown(fault_of_text(text, mapping.period_kind), column, text)
        return known[code]

    return Resolver(mapping, _part_columns(*parts.values()), find, survey=survey)


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
                raise Unknown("unknown_category", _columns_of(part), part.text_of(values) or code)
            categories[dimension] = code
        return key_of(categories)

    return Resolver(mapping, _part_columns(*parts.values()), find, prepare=ensure_breakdowns)


def _flag_resolver(mapping: Mapping) -> Resolver:
    part = mapping.flag

    def find(values: dict[str, str]) -> int:
        if part is None:
            return NO_FLAG
        text = part.text_of(values) if any(values.get(column, "") for column in part.columns) else ""
        flags = read_flags(part, text)
        if flags is None:
            raise Unknown("unknown_flag", _columns_of(part), text)
        return int(flags)

    return Resolver(mapping, _part_columns(part) if part else [], find, sql_type="smallint")


def _currency_resolver(mapping: Mapping) -> Resolver:
    """Codes of ISO 4217; "" where the mapping or the file does not say."""
    part = mapping.currency

    def find(values: dict[str, str]) -> str:
        return "" if part is None else _texts(part, values, "unknown_currency").upper()

    return Resolver(mapping, _part_columns(part) if part else [], find, sql_type="text")


MONEY = ", ".join(f"('{unit}', '{currency}')" for unit, currency in CURRENCY_OF_UNIT.items())


def _in_other_currency(resolvers: dict[str, Resolver]) -> str:
    """SQL for the rows in another currency than that of their indicator's unit, or in none."""
    return f"""
        import_row r {resolvers["indicator"].join("indicator")} {resolvers["currency"].join("currency")}
        JOIN indicators_indicator i ON i.id = map_indicator.id JOIN (VALUES {MONEY}) AS money (unit, currency) ON money.unit = i.unit
        WHERE map_currency.id <> money.currency
    """


def _bad_currencies(cursor: CursorWrapper, mapping: Mapping, resolvers: dict[str, Resolver]) -> list[Problem]:
    cursor.execute(
        f"SELECT min(r.line), count(*), map_currency.id, money.currency FROM {_in_other_currency(resolvers)} GROUP BY 3, 4 ORDER BY 1"
    )
    return [_currency_problem(mapping, *row) for row in cursor.fetchall()]


def _lines_of_bad_currencies(
    cursor: CursorWrapper, mapping: Mapping, resolvers: dict[str, Resolver]
) -> Iterator[tuple[int, Problem]]:
    cursor.execute(
        f"SELECT r.line, map_currency.id, money.currency FROM {_in_other_currency(resolvers)} ORDER BY 1 LIMIT {MAX_FAULTY}"
    )
    for line, given, wanted in cursor.fetchall():
        yield line, _currency_problem(mapping, None, 1, given, wanted)


def _currency_problem(mapping: Mapping, line: int | None, rows: int, given: str, wanted: str) -> Problem:
    column = (mapping.currency.column if mapping.currency else "") or ""
    if not given:
        return Problem("no_currency", line, column, wanted, rows)
    return Problem("other_currency", line, column, f"{given} → {wanted}"[:120], rows)


# --- Numbers and cells --------------------------------------------------------------------------------------------


def _bad_numbers(cursor: CursorWrapper, mapping: Mapping) -> list[Problem]:
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


def _lines_of_bad_numbers(cursor: CursorWrapper, mapping: Mapping) -> Iterator[tuple[int, Problem]]:
    staged = column_names(mapping)
    for column in dict.fromkeys(mapping.numbers.values()):
        cursor.execute(
            f"SELECT line, {staged[column]} FROM import_row "
            f"WHERE NOT {staged[column]} = ANY(%s) AND {staged[column]} !~ %s ORDER BY 1 LIMIT {MAX_FAULTY}",
            [list(mapping.signs), mapping.writing.pattern()],
        )
        for line, text in cursor.fetchall():
            yield line, Problem(_number_fault(text, mapping), None, column, text[:120])


def _lines_of_bad_cells(cursor: CursorWrapper, mapping: Mapping) -> Iterator[tuple[int, Problem]]:
    for code, column, value, fault in _cell_checks(mapping):
        cursor.execute(f"SELECT line, {value} FROM {CELLS_WITH_PLACES} WHERE {fault} ORDER BY line LIMIT {MAX_FAULTY}")
        for line, text in cursor.fetchall():
            yield line, Problem(code, None, column, text[:120])
    if not mapping.sums_rows:
        cursor.execute(REPEATED)
        for line, first in cursor.fetchall():
            yield line, Problem("duplicate_cell", None, "", str(first))


def _open_numbers(cursor: CursorWrapper, mapping: Mapping) -> list[Problem]:
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


def _number_fault(text: str, mapping: Mapping) -> str:
    if re.fullmatch(mapping.writing.pattern(MAX_PLACES), text):
        return "too_many_decimals"
    return "figure_and_flag" if re.fullmatch(r"[0-9.,]+\s*[A-Za-z*]+", text) else "not_a_number"


def _make_cells(cursor: CursorWrapper, mapping: Mapping, resolvers: dict[str, Resolver]) -> None:
    """The temporary table import_cell: the cells of the file with their numbers, and whether they are news."""
    staged = column_names(mapping)

    def number(name: str) -> str:
        if name not in mapping.numbers:
            return "NULL::numeric"
        column = staged[mapping.numbers[name]]
        plain = mapping.writing.sql(f"r.{column}")
        zero = f"WHEN r.{column} = ANY(%(zero)s) THEN 0 " if mapping.zero else ""
        return f"CASE WHEN r.{column} = ANY(%(no_number)s) THEN NULL {zero}ELSE round(({plain})::numeric, {PLACES}) END"

    # A sign for "not applicable" in the place of a number says as much as a flag.
    signs = "".join(f" OR r.{staged[column]} = ANY(%(not_applicable)s)" for column in set(mapping.numbers.values()))
    joins = "\n".join(resolver.join(name) for name, resolver in resolvers.items())
    territory = "map_territory.id"
    if _find_later_places(cursor):
        joins, territory = joins + OF_THE_PERIOD, "coalesce(later.id, map_territory.id)"
    rows = f"""
        SELECT r.line, map_indicator.id AS indicator_id, map_period.id AS period_id, {territory} AS territory_id,
               map_breakdown.id AS breakdown_id, i.measure,
               CASE WHEN false{signs} THEN map_flag.id | {Flag.NOT_APPLICABLE} ELSE map_flag.id END AS flags,
               {number("numerator")} AS n, {number("denominator")} AS d, {number("value")} AS v, {number("base")} AS b
        FROM import_row r {joins} JOIN indicators_indicator i ON i.id = map_indicator.id
    """
    parsed = PARSED.replace("{rows}", rows)
    cells = (ROWS_ADDED_UP if mapping.sums_rows else EACH_ROW).replace("{parsed}", parsed)
    cursor.execute(
        CELLS.replace("{cells}", cells),
        {
            "no_number": list(mapping.no_number),
            "not_applicable": list(mapping.not_applicable),
            "zero": list(mapping.zero),
        },
    )
    cursor.execute("ANALYZE import_cell")


def _find_later_places(cursor: CursorWrapper) -> bool:
    """Whether codes of the file stand for several places, one after the other; a code is resolved to the oldest of them."""
    cursor.execute(LATER_PLACES)
    return bool(cursor.rowcount)


def _cell_checks(mapping: Mapping) -> list[tuple[str, str, str, str]]:
    """What may be wrong with a cell: the problem's code, the column, SQL for the value, and SQL for the fault."""
    numbers = ", ".join(mapping.numbers.values())
    territory = _columns_of(mapping.territory)
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


def _bad_cells(cursor: CursorWrapper, mapping: Mapping) -> list[Problem]:
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


def _counted(cursor: CursorWrapper) -> tuple[int, int, int]:
    cursor.execute(
        "SELECT count(*) FILTER (WHERE news = 'new'), count(*) FILTER (WHERE news = 'changed'), count(*) FILTER (WHERE news = 'same') "
        "FROM import_cell"
    )
    new, changed, same = cursor.fetchone()
    return new, changed, same


# Where observations keep their numbers: 20 digits before the decimal sign.
TOO_LARGE = "1e20"


UNITS_OF_MONEY = ", ".join(f"'{unit.value}'" for unit in CURRENCY_OF_UNIT)
NO_MONEY = (
    f"NOT EXISTS (SELECT FROM indicators_indicator i WHERE i.id = c.indicator_id AND i.unit IN ({UNITS_OF_MONEY}))"
)

SAME_CELL = """o.indicator_id = c.indicator_id AND o.period_id = c.period_id
    AND o.territory_id = c.territory_id AND o.breakdown_id = c.breakdown_id"""

# The numbers of each row. `is_void`: they cannot exist, since the file says so or it is a share or a mean of nobody. `contradicts`: the
# file says that there is none, and gives one.
PARSED = f"""
    SELECT p.*, is_of_nobody OR flags & {Flag.NOT_APPLICABLE} > 0 AND coalesce(n, v) IS NULL AS is_void,
           flags >= {NO_NUMBER} AND coalesce(n, v) IS NOT NULL AND NOT is_of_nobody AS contradicts
    FROM ({{rows}}) AS p CROSS JOIN LATERAL (
        SELECT measure IN ('ratio', 'mean') AND coalesce(coalesce(d, b) = 0, false) AND coalesce(n, v, 0) = 0 AS is_of_nobody) AS nobody
"""

CELLS = f"""
    CREATE TEMPORARY TABLE import_cell ON COMMIT DROP AS
    SELECT c.*, CASE WHEN o.id IS NULL THEN 'new'
        WHEN (o.numerator, o.denominator, o.value, o.flags) IS NOT DISTINCT FROM (c.numerator, c.denominator, c.value, c.flags) THEN 'same'
        ELSE 'changed' END AS news
    FROM (
        SELECT line, rows, rows_with_number, rows_without_base, contradicts, indicator_id, period_id, territory_id, breakdown_id, measure, numerator,
               CASE WHEN numerator IS NOT NULL THEN denominator END AS denominator, value,
               (flags & {QUALITIES} | CASE WHEN rows = 0 THEN {Flag.NOT_APPLICABLE}
                    WHEN numerator IS NULL AND value IS NULL THEN {Flag.MISSING} ELSE 0 END)::smallint AS flags
        FROM ({{cells}}) AS numbered
    ) AS c
    LEFT JOIN indicators_observation o ON {SAME_CELL} AND o.status = 'approved'
"""

# Counts are kept as numerators, means as value times base, scores as values.
EACH_ROW = """
    SELECT line, CASE WHEN is_void THEN 0 ELSE 1 END AS rows, 0 AS rows_with_number, 0 AS rows_without_base, contradicts, indicator_id, period_id, territory_id,
           breakdown_id, measure, flags,
           CASE WHEN is_void THEN NULL WHEN measure = 'count' THEN coalesce(n, v) WHEN measure = 'score' THEN NULL
                ELSE coalesce(n, v * b) END AS numerator,
           CASE WHEN measure IN ('ratio', 'mean') THEN coalesce(d, b) END AS denominator,
           CASE WHEN is_void THEN NULL WHEN measure = 'score' THEN coalesce(n, v)
                WHEN measure <> 'count' AND n IS NULL AND b IS NULL THEN v END AS value
    FROM ({parsed}) AS parsed
"""

# What cannot exist is not among what is added up. A cell of nothing else has no rows.
ROWS_ADDED_UP = """
    SELECT min(line) AS line, count(*) FILTER (WHERE NOT is_void) AS rows, count(coalesce(n, v)) FILTER (WHERE NOT is_void) AS rows_with_number,
           count(coalesce(n, v)) FILTER (WHERE NOT is_void AND measure IN ('ratio', 'mean') AND coalesce(d, b) IS NULL) AS rows_without_base,
           bool_or(contradicts) AS contradicts, indicator_id, period_id, territory_id, breakdown_id, measure,
           bit_or(flags) AS flags,
           CASE WHEN measure = 'count' THEN sum(coalesce(n, v)) FILTER (WHERE NOT is_void) WHEN measure = 'score' THEN NULL
                ELSE coalesce(sum(n) FILTER (WHERE NOT is_void), sum(v * b) FILTER (WHERE NOT is_void)) END AS numerator,
           CASE WHEN measure IN ('ratio', 'mean')
                THEN coalesce(sum(d) FILTER (WHERE NOT is_void), sum(b) FILTER (WHERE NOT is_void)) END AS denominator,
           CASE WHEN measure = 'score' THEN sum(coalesce(n, v)) FILTER (WHERE NOT is_void)
                WHEN measure <> 'count' AND bool_and(is_void OR n IS NULL AND b IS NULL) THEN sum(v) FILTER (WHERE NOT is_void) END AS value
    FROM ({parsed}) AS parsed
    GROUP BY indicator_id, period_id, territory_id, breakdown_id, measure
"""

# The places that have later had the code of one that was found, and from when on. The end of the period says which of them is meant.
LATER_PLACES = """
    CREATE TEMPORARY TABLE import_later ON COMMIT DROP AS
    SELECT oldest.id AS oldest_id, t.id, t.valid_from AS begins,
           coalesce(lead(t.valid_from) OVER (PARTITION BY oldest.id ORDER BY t.valid_from), 'infinity'::date) AS next_begins
    FROM (SELECT DISTINCT id FROM map_territory) AS found JOIN orgs_territory oldest ON oldest.id = found.id
    JOIN orgs_territory t ON t.scheme_id = oldest.scheme_id AND t.code = oldest.code AND t.valid_from > oldest.valid_from
"""
OF_THE_PERIOD = """
    JOIN indicators_period ending ON ending.id = map_period.id
    LEFT JOIN import_later later ON later.oldest_id = map_territory.id AND ending.ends_on >= later.begins AND ending.ends_on < later.next_begins
"""

OUTSIDE_VALIDITY = "NOT (p.starts_on <= t.valid_to AND p.ends_on >= t.valid_from)"
CELLS_WITH_PLACES = (
    "import_cell c JOIN orgs_territory t ON t.id = c.territory_id JOIN indicators_period p ON p.id = c.period_id"
)

# The first cell that occurs twice: its first line, its second, and how many rows repeat a cell in all.
TWICE = """
    SELECT (array_agg(first ORDER BY second))[1], min(second), sum(times - 1)
    FROM (
        SELECT (array_agg(line ORDER BY line))[1] AS first, (array_agg(line ORDER BY line))[2] AS second, count(*) AS times
        FROM import_cell GROUP BY indicator_id, period_id, territory_id, breakdown_id HAVING count(*) > 1
    ) AS repeated HAVING count(*) > 0
"""

# Every line of a cell but the first one, with the line of that.
REPEATED = f"""
    SELECT line, first FROM (
        SELECT line, first_value(line) OVER same_cell AS first
        FROM import_cell WINDOW same_cell AS (PARTITION BY indicator_id, period_id, territory_id, breakdown_id ORDER BY line)
    ) AS numbered WHERE line > first ORDER BY line LIMIT {MAX_FAULTY}
"""

# Two imports of the same indicator take turns, so that the second sees what the first has stored.
LOCK = """
    SELECT pg_advisory_xact_lock(hashtext('indicators_import'), id::int) FROM (SELECT DISTINCT id FROM map_indicator ORDER BY 1) AS touched
"""

SUPERSEDE_PENDING = f"""
    UPDATE indicators_observation o SET status = 'superseded' FROM import_cell c
    WHERE {SAME_CELL} AND o.status IN ('draft', 'submitted', 'returned')
"""

STORE = """
    INSERT INTO indicators_observation
        (indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, value, flags, status, source_id, batch_id)
    SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, value, flags, 'submitted', %(source)s, %(batch)s
    FROM import_cell WHERE news <> 'same' AND ctid >= %(first)s::tid AND ctid < %(end)s::tid
"""
