"""From the texts of a file to the codes of the portal: one resolver for each part of a cell."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from psycopg2.sql import SQL, Composed, Identifier

from indicators.catalogue.breakdowns import ensure_breakdowns, key_of
from indicators.catalogue.periods import fault_of_text, kind_of_texts, period_code
from indicators.imports.mapping import ImportMapping, Part, read_flags
from indicators.imports.messages import MAX_FAULTY
from indicators.models import Category, Dimension, Indicator, Period
from indicators.vocabulary import NO_FLAG, Measure
from orgs.folding import fold
from orgs.models import Territory, TerritoryClosure, TerritoryScheme
from orgs.models.reach import places_of_figures
from orgs.readers.problems import Problem

MAX_VALUES = 50_000


class Unknown(Exception):
    """A text that has no meaning here: the problem's code, the column and the text."""

    def __init__(self, code: str, column: str, value: str) -> None:
        super().__init__(code)
        self.problem = (code, column, value)


COMBINATIONS = SQL("SELECT min(line), count(*), {keys} FROM import_row GROUP BY {keys} LIMIT %s")
ROWS = SQL("SELECT min(line), count(*) FROM import_row LIMIT %s")
"""Where nothing of the part stands in the file."""


@dataclass
class Resolver:
    """Finds the id (or code) for every distinct combination of the texts in `columns`."""

    mapping: ImportMapping
    columns: list[str]
    find: Callable[[dict[str, str]], Any]
    """From {column: text} to the id; raises Unknown."""
    prepare: Callable[[Iterable[Any]], dict[Any, Any]] | None = None
    """Called once with all that `find` gave; translates them to ids where that takes a write."""
    sql_type: SQL = field(default_factory=lambda: SQL("bigint"))
    survey: Callable[[list[dict[str, str]]], None] | None = None
    """Shown every combination before `find` is asked of each."""
    unknown: list[tuple[list[str], Problem]] = field(default_factory=list)
    """After `resolve`: the combinations that have no meaning, and why."""

    def resolve(self, cursor: CursorWrapper, name: str) -> list[Problem]:
        """Makes the temporary table map_<name>: the texts k0, k1, ... and the id. Returns what could not be found."""
        staged = column_names(self.mapping)
        keys = [staged[column] for column in self.columns]
        listed = SQL(", ").join(map(Identifier, keys))
        cursor.execute((COMBINATIONS if keys else ROWS).format(keys=listed), [MAX_VALUES + 1])
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
        self._make_table(
            cursor,
            Identifier(f"map_{name}"),
            [[*texts, value if ids is None else ids[value]] for texts, value in found],
        )
        return []

    def _make_table(self, cursor: CursorWrapper, table: Identifier, rows: list[list[Any]]) -> None:
        keys = SQL("").join(SQL("{key} text, ").format(key=key) for key in self._keys)
        cursor.execute(
            SQL("CREATE TEMPORARY TABLE {table} ({keys}id {type}) ON COMMIT DROP").format(
                table=table, keys=keys, type=self.sql_type
            )
        )
        # One statement of arrays: executemany() fails in a request of somebody logged in, where pghistory adds parameters of its own.
        arrays = [SQL("%s::text[]")] * len(self.columns) + [SQL("%s::{type}[]").format(type=self.sql_type)]
        cursor.execute(
            SQL("INSERT INTO {table} SELECT * FROM unnest({arrays})").format(
                table=table, arrays=SQL(", ").join(arrays)
            ),
            [list(column) for column in zip(*rows, strict=True)],
        )
        cursor.execute(SQL("ANALYZE {table}").format(table=table))

    @property
    def _keys(self) -> list[Identifier]:
        return [Identifier(f"k{place}") for place in range(len(self.columns))]

    def _matches(self, table: str) -> Composed:
        """SQL for: a row `r` of the file has the texts of a row of the table."""
        staged = column_names(self.mapping)
        return SQL(" AND ").join(
            SQL("{table}.{key} = r.{column}").format(
                table=Identifier(table), key=key, column=Identifier(staged[column])
            )
            for key, column in zip(self._keys, self.columns, strict=True)
        )

    def unknown_lines(self, cursor: CursorWrapper) -> Iterator[tuple[int, Problem]]:
        """After `resolve`: every line with a combination that has no meaning. None where the mapping names it, not the file."""
        if not self.unknown or not self.columns:
            return
        statement = SQL("""
            SELECT r.line, u.place FROM unnest({arrays}) WITH ORDINALITY AS u ({keys}, place)
            JOIN import_row r ON {matches} ORDER BY r.line LIMIT %s
        """).format(
            arrays=SQL(", ").join([SQL("%s::text[]")] * len(self.columns)),
            keys=SQL(", ").join(self._keys),
            matches=self._matches("u"),
        )
        columns = zip(*(texts for texts, _problem in self.unknown), strict=True)
        cursor.execute(statement, [*(list(texts) for texts in columns), MAX_FAULTY])
        for line, place in cursor.fetchall():
            yield line, self.unknown[place - 1][1]

    def join(self, name: str) -> Composed:
        table = f"map_{name}"
        matches = self._matches(table) if self.columns else SQL("true")
        return SQL("JOIN {table} ON {matches}").format(table=Identifier(table), matches=matches)


def _part_columns(*parts: Part) -> list[str]:
    return list(dict.fromkeys(column for part in parts for column in part.columns))


def columns_of(part: Part) -> str:
    return ", ".join(part.columns)


def _texts(part: Part, values: dict[str, str], code: str) -> str:
    """Our code for the part; Unknown where the mapping does not say."""
    text = part.text_of(values)
    translated = part.translate(text)
    if translated is None:
        raise Unknown(code, columns_of(part), text)
    return translated


def resolvers_of(mapping: ImportMapping, within: Territory | None = None) -> dict[str, Resolver]:
    refuse_adding_scores(mapping)
    return {
        "indicator": _indicator_resolver(mapping),
        "territory": _territory_resolver(mapping, within),
        "period": _period_resolver(mapping),
        "breakdown": _breakdown_resolver(mapping),
        "flag": _flag_resolver(mapping),
        "currency": _currency_resolver(mapping),
    }


def _indicator_resolver(mapping: ImportMapping) -> Resolver:
    part = mapping.indicator
    known = {indicator.code: indicator for indicator in Indicator.objects.only("code", "retired_on")}

    def find(values: dict[str, str]) -> int:
        code = _texts(part, values, "unknown_indicator")
        if code not in known:
            raise Unknown("unknown_indicator", columns_of(part), code)
        if known[code].retired_on is not None:
            raise Unknown("retired_indicator", columns_of(part), code)
        return known[code].pk

    return Resolver(mapping, _part_columns(part), find)


def _territory_resolver(mapping: ImportMapping, within: Territory | None) -> Resolver:
    part = mapping.territory
    scheme = TerritoryScheme.objects.filter(code=mapping.territory_scheme).first()
    if scheme is None:
        raise ValidationError(
            _("The mapping names a geographic classification that the portal does not know: %(name)s."),
            params={"name": mapping.territory_scheme},
        )
    places = Territory.objects.filter(scheme=scheme)
    known = dict(places.order_by("-valid_from").values_list("code", "pk"))
    by_number = codes_by_number(known)
    own = Territory.objects.all() if within is None else places_of_figures(within)
    of_others = set() if within is None else set(places.exclude(pk__in=own.values("pk")).values_list("code", flat=True))
    names = NamedPlaces(scheme, mapping.territory_kind) if mapping.territory_by == "name" else None

    def code_of(values: dict[str, str]) -> str:
        code = _texts(part, values, "unknown_territory")
        if code in known:
            return code
        text = part.text_of(values) or code
        named = names.codes(code, [values.get(column, "") for column in part.within], part.join) if names else set()
        if len(named) > 1:
            raise Unknown("several_places", columns_of(part), text)
        if not named and (meant := by_number.get(code.lstrip("0"))):
            raise Unknown("lost_zeros", columns_of(part), f"{text} → {meant}")
        if not named:
            raise Unknown("unknown_territory", columns_of(part), text)
        return named.pop()

    def find(values: dict[str, str]) -> int:
        code = code_of(values)
        if code in of_others:
            raise Unknown("territory_of_others", columns_of(part), part.text_of(values) or code)
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


def _period_resolver(mapping: ImportMapping) -> Resolver:
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


def _breakdown_resolver(mapping: ImportMapping) -> Resolver:
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
                raise Unknown("unknown_category", columns_of(part), part.text_of(values) or code)
            categories[dimension] = code
        return key_of(categories)

    return Resolver(mapping, _part_columns(*parts.values()), find, prepare=ensure_breakdowns)


def _flag_resolver(mapping: ImportMapping) -> Resolver:
    part = mapping.flag

    def find(values: dict[str, str]) -> int:
        if part is None:
            return NO_FLAG
        text = part.text_of(values) if any(values.get(column, "") for column in part.columns) else ""
        flags = read_flags(part, text)
        if flags is None:
            raise Unknown("unknown_flag", columns_of(part), text)
        return int(flags)

    return Resolver(mapping, _part_columns(part) if part else [], find, sql_type=SQL("smallint"))


def _currency_resolver(mapping: ImportMapping) -> Resolver:
    """Codes of ISO 4217; "" where the mapping or the file does not say."""
    part = mapping.currency

    def find(values: dict[str, str]) -> str:
        return "" if part is None else _texts(part, values, "unknown_currency").upper()

    return Resolver(mapping, _part_columns(part) if part else [], find, sql_type=SQL("text"))


def refuse_adding_scores(mapping: ImportMapping) -> None:
    """Where every row is of an indicator whose figures are not combined. Where a column names it, the cells are looked at one by one."""
    code = mapping.indicator.constant
    if mapping.sums_rows and code and Indicator.objects.filter(code=code, measure=Measure.SCORE).exists():
        raise ValidationError(
            _("“%(indicator)s” is a score, and scores are not added up. Keep one row of each cell."),
            params={"indicator": code, "name": "rows_of_one_cell"},
        )


def column_names(mapping: ImportMapping) -> dict[str, str]:
    """{column of the file: column of the temporary table}."""
    return {name: f"c{place}" for place, name in enumerate(mapping.columns)}
