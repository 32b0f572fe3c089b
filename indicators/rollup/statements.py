"""The statements of the rollup that are made for a batch: they carry no column and read no table that the batch has nothing in.

The fixed ones, which prepare the workbench, are in `indicators.rollup.sql`. `made` is everywhere {temporary table of cells: origin of its figures}.

Aliases: c: cells that are added up, of one table or several · made: what a step makes of them · n: a table of cells as it stands (at last
packed, as rows of the figures' table) · old, kept: indicators_computedplace, indicators_computedfigure (f, where one is written) · p: rollup_place ·
s: rollup_slice · w: rollup_scope · o: indicators_observation · l: rollup_part, who is part of whom · v: rollup_coverage · g: rollup_margin ·
long, short, each: indicators_period.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from indicators.catalogue.periods import CALENDAR_KINDS
from indicators.vocabulary import Flag, Origin


class Facts(NamedTuple):
    """What a batch has."""

    reported: frozenset[int]  # The breakdowns of its reported cells.
    has_carried: bool
    has_denominators: bool
    has_shorter_periods: bool  # Some are to be drawn from.
    has_periods: bool  # Some figures are drawn from shorter ones.
    has_conflicts: bool
    has_flags: bool
    is_integral: bool
    last_reported: int  # The last place with a reported cell.
    last_target: int

    @property
    def last_own(self) -> int:
        """The last place that may give cells by itself."""
        return self.last_target if self.has_shorter_periods else self.last_reported

    @property
    def number(self) -> SQL:
        return SQL("bigint") if self.is_integral else SQL("numeric")

    @property
    def sum(self) -> SQL:
        return SQL("indicators_integer_sum") if self.is_integral else SQL("sum")


REPORTED_TABLE, CARRIED_TABLE = "rollup_reported", "rollup_carried"
PERIODS_TABLE, CATEGORIES_TABLE = "rollup_periods", "rollup_categories"

NOTHING = SQL("")
NO_SMALLINT = SQL("NULL::smallint")


# Each way of making figures has a table of its own, and so has each level of the tree: a later step reads those that it builds on.
def cells(table: str, facts: Facts) -> Composed:
    return SQL("""
        CREATE TEMPORARY TABLE {table} (
            place_id integer, breakdown_id bigint, numerator {number}, denominator {number}, is_overridden boolean,
            reporters integer, periods_used smallint, periods_expected smallint, flags smallint, oldest_input_at timestamptz
        ) ON COMMIT DROP
    """).format(table=Identifier(table), number=facts.number)


def counted(table: str) -> Composed:
    """What the planner has to know of a table before it is read."""
    return SQL("ANALYZE {table}").format(table=Identifier(table))


CONFLICTING = SQL(
    "LEFT JOIN rollup_conflicting conflicting ON conflicting.place_id = made.place_id AND conflicting.breakdown_id = made.breakdown_id"
)


def adding(made: Composable, *, to: str, has_conflicts: bool, where: Composable = NOTHING) -> Composed:
    """A step adds the cells in `made` to a table of cells; overridden are those that were reported too."""
    return SQL("""
        INSERT INTO {to}
        SELECT made.place_id, made.breakdown_id, made.numerator, made.denominator,
               {is_overridden}, made.reporters, made.periods_used, made.periods_expected,
               made.flags, made.oldest_input_at
        FROM ({made}) AS made {conflicting} {where}
    """).format(
        to=Identifier(to),
        is_overridden=SQL("conflicting.place_id IS NOT NULL") if has_conflicts else SQL("false"),
        made=made,
        conflicting=CONFLICTING if has_conflicts else NOTHING,
        where=where,
    )


def pooled(facts: Facts) -> Composed:
    """The sums of cells `c`, of which counts, ratios and means are all made."""
    denominator = SQL("{sum}(c.denominator)") if facts.has_denominators else SQL("NULL::{number}")
    return SQL("""{sum}(c.numerator) AS numerator,
        {denominator} AS denominator,
        {used} AS periods_used, {expected} AS periods_expected,
        {flags} AS flags, min(c.oldest_input_at) AS oldest_input_at""").format(
        sum=facts.sum,
        denominator=denominator.format(sum=facts.sum, number=facts.number),
        used=SQL("min(c.periods_used)") if facts.has_periods else NO_SMALLINT,
        expected=SQL("max(c.periods_expected)") if facts.has_periods else NO_SMALLINT,
        flags=SQL("bit_or(c.flags)") if facts.has_flags else NO_SMALLINT,
    )


# The columns of cells beside their numbers: as they were reported, and as a step has made them.
AS_REPORTED = SQL(
    "CASE WHEN is_part THEN 0 END AS reporters, 1::smallint AS periods_used, 1::smallint AS periods_expected, flags, approved_at AS oldest_input_at"
)
AS_MADE = SQL("reporters, periods_used, periods_expected, flags, oldest_input_at")


def parts_from(tables: Iterable[str], facts: Facts, where: Composable) -> Composed:
    """The cells of some tables as they are pooled, none of them overridden.

    What is not applicable is there without a number: it completes a set and a coverage, and adds nothing. What not all who were asked have
    answered does not count as reported, so that what is made of it is not the whole either.
    """
    conditions = {REPORTED_TABLE: SQL("(numerator IS NOT NULL OR is_void)"), CARRIED_TABLE: SQL("true")}
    return SQL(" UNION ALL ").join(
        SQL("""
            SELECT place_id, breakdown_id, numerator::{number}, denominator::{number}, {columns} FROM {table}
            WHERE {condition} AND {where}""").format(
            number=facts.number,
            columns=AS_REPORTED if table == REPORTED_TABLE else AS_MADE,
            table=Identifier(table),
            condition=conditions.get(table, SQL("NOT is_overridden")),
            where=where,
        )
        for table in tables
    )


# 1. From shorter periods: a stock takes the last of its months or their mean, a flow their sum. The last one is flagged as it is, but a
# break in any month parts it from the year before.
PERIODS = adding(
    SQL("""
        SELECT p.id AS place_id, o.breakdown_id, NULL::integer AS reporters,
               CASE s.time_operator WHEN 'last' THEN (array_agg(o.numerator ORDER BY short.starts_on DESC))[1]
                                    WHEN 'mean' THEN round(avg(o.numerator), 10) ELSE sum(o.numerator) END AS numerator,
               CASE s.time_operator WHEN 'last' THEN (array_agg(o.denominator ORDER BY short.starts_on DESC))[1]
                                    WHEN 'mean' THEN round(avg(o.denominator), 10) ELSE sum(o.denominator) END AS denominator,
               count(*) AS periods_used,
               (SELECT count(*) FROM indicators_period each WHERE each.kind = s.frequency AND each.year = long.year
                AND each.starts_on >= long.starts_on AND each.ends_on <= long.ends_on) AS periods_expected,
               CASE WHEN s.time_operator = 'last' THEN (array_agg(o.flags ORDER BY short.starts_on DESC))[1] | bit_or(o.flags & {broken})
                    ELSE bit_or(o.flags) END::smallint AS flags,
               min(o.approved_at) AS oldest_input_at
        FROM rollup_place p JOIN indicators_period long ON long.id = p.period_id
        JOIN rollup_slice s ON s.indicator_id = p.indicator_id AND s.year = long.year AND s.is_combined AND s.time_operator <> 'none'
             AND s.frequency <> long.kind AND long.kind IN {calendar}
        JOIN indicators_period short ON short.kind = s.frequency AND short.year = long.year
             AND short.starts_on >= long.starts_on AND short.ends_on <= long.ends_on
        JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = p.indicator_id AND o.period_id = short.id
             AND o.territory_id = p.territory_id AND o.numerator IS NOT NULL
        WHERE p.is_target
        GROUP BY p.id, o.breakdown_id, s.time_operator, s.frequency, long.id
    """).format(broken=Literal(Flag.BREAK), calendar=CALENDAR_KINDS),
    to=PERIODS_TABLE,
    has_conflicts=True,
)

BREAKDOWNS_OF_PERIODS = SQL("SELECT DISTINCT breakdown_id FROM {table}").format(table=Identifier(PERIODS_TABLE))


def _not_standing(standing: Iterable[str]) -> Composed:
    return NOTHING.join(
        SQL(""" AND NOT EXISTS (
            SELECT FROM {table} n WHERE n.breakdown_id = ANY(%(wholes)s) AND n.place_id = c.place_id AND n.breakdown_id = g.whole_id)""").format(
            table=Identifier(table)
        )
        for table in standing
    )


def is_open(facts: Facts, *, tables: Iterable[str], standing: Iterable[str]) -> Composed:
    """Whether a step could add anything: in how many places there is the first part of a whole, and not the whole.

    Counted to the end: for an EXISTS the planner would look up place after place, hoping for an early end.
    """
    return SQL("""
        SELECT count(*)
        FROM ({parts}) AS c
        JOIN (
            SELECT whole_id, min(part_id) AS part_id FROM rollup_margin
            WHERE rank = %(rank)s AND choice = %(choice)s AND NOT is_beside GROUP BY 1
        ) AS g ON g.part_id = c.breakdown_id
        WHERE true {not_standing}
    """).format(
        parts=parts_from(tables, facts, SQL("place_id <= %(last_target)s AND breakdown_id = ANY(%(parts)s)")),
        not_standing=_not_standing(standing),
    )


def categories(facts: Facts, *, tables: Iterable[str], standing: Iterable[str]) -> Composed:
    """One step. `tables`: where some of the parts are; `standing`: where some of the wholes may stand already."""
    return adding(
        SQL("""
        SELECT sums.*, NULL::integer AS reporters FROM (
            SELECT c.place_id, g.whole_id AS breakdown_id, count(*) FILTER (WHERE NOT g.is_beside) AS parts, {pooled}
            FROM ({parts}) AS c
            JOIN rollup_margin g ON g.part_id = c.breakdown_id
            WHERE g.rank = %(rank)s AND g.choice = %(choice)s {not_standing}
            GROUP BY 1, 2
        ) AS sums
        JOIN (SELECT DISTINCT whole_id, set_size FROM rollup_margin WHERE rank = %(rank)s AND choice = %(choice)s) AS whole
             ON whole.whole_id = sums.breakdown_id AND whole.set_size = sums.parts
        WHERE sums.numerator IS NOT NULL
        """).format(
            pooled=pooled(facts),
            parts=parts_from(tables, facts, SQL("place_id <= %(last_target)s")),
            not_standing=_not_standing(standing),
        ),
        to=CATEGORIES_TABLE,
        has_conflicts=facts.has_conflicts,
    )


def territories(facts: Facts, *, to: str, tables: Iterable[str], standing: Iterable[str]) -> Composed:
    """One level. A cell that the part itself gave stands for all who should report in it; one of its parts says how many did.

    `tables`: where the parts' figures are; `standing`: where those of the wholes may stand already.
    """
    there = NOTHING.join(
        SQL(""" AND NOT EXISTS (
            SELECT FROM {table} n WHERE n.place_id BETWEEN %(first)s AND %(last)s AND n.place_id = made.place_id
            AND n.breakdown_id = made.breakdown_id)""").format(table=Identifier(table))
        for table in standing
    )
    return adding(
        SQL("""
        SELECT l.whole_id AS place_id, c.breakdown_id, sum(coalesce(c.reporters, l.reporters)) AS reporters, {pooled}
        FROM rollup_part l
        JOIN ({parts}) AS c ON c.place_id = l.part_id
        WHERE l.depth = %(depth)s
        GROUP BY 1, 2
        """).format(
            pooled=pooled(facts),
            parts=parts_from(tables, facts, SQL("place_id BETWEEN %(first_part)s AND %(last_part)s")),
        ),
        to=to,
        has_conflicts=facts.has_conflicts,
        where=SQL("WHERE made.numerator IS NOT NULL{there}").format(there=there),
    )


# --- Writing: only what differs ---------------------------------------------------------------------------------------------

_KEY = ("indicator_id", "period_id", "territory_id", "origin")
_CONTENT = (
    "breakdowns", "numerators", "denominators", "overridden", "reporters", "expected", "periods_used", "periods_expected", "flags",
    "oldest_inputs_at",
)  # fmt: skip


def _listed(*columns: str, of: str | None = None) -> Composed:
    return SQL(", ").join(Identifier(of, column) if of else Identifier(column) for column in columns)


_COLUMNS = SQL("({columns})").format(columns=_listed(*_KEY, *_CONTENT, "computed_at"))

_ROWS = SQL("""
        SELECT p.indicator_id, p.period_id, p.territory_id, {origin}::varchar(12) AS origin, n.breakdowns, n.numerators, n.denominators,
               n.overridden, {reporters},
               v.expected, n.periods_used, n.periods_expected, n.flags, n.oldest_inputs_at, now() AS computed_at
        FROM (
            SELECT n.place_id, array_agg(n.breakdown_id) AS breakdowns, array_agg(n.numerator)::numeric(40,10)[] AS numerators,
                   {denominators}::numeric(40,10)[] AS denominators,
                   {overridden} AS overridden,
                   {reporters_of_parts}
                   {used} AS periods_used,
                   {expected} AS periods_expected,
                   {flags} AS flags,
                   array_agg(n.oldest_input_at) AS oldest_inputs_at
            FROM (SELECT * FROM {table} ORDER BY place_id, breakdown_id) AS n
            GROUP BY n.place_id
        ) AS n JOIN rollup_place p ON p.id = n.place_id JOIN rollup_coverage v ON v.place_id = n.place_id
        """)
_DENOMINATORS = SQL("CASE WHEN bool_or(n.denominator IS NOT NULL) THEN array_agg(n.denominator) END")
_OVERRIDDEN = SQL("CASE WHEN bool_or(n.is_overridden) THEN array_agg(n.is_overridden) END")
_PERIODS_USED = SQL("CASE WHEN max(n.periods_expected) > 1 THEN array_agg(n.periods_used) END")
_PERIODS_EXPECTED = SQL("CASE WHEN max(n.periods_expected) > 1 THEN array_agg(n.periods_expected) END")
_FLAGS = SQL("CASE WHEN max(n.flags) > 0 THEN array_agg(coalesce(n.flags, 0::smallint)) END")
_NO_SMALLINTS = SQL("NULL::smallint[]")


def _rows_of(table: str, origin: str, facts: Facts) -> Composed:
    is_from_parts = origin == Origin.TERRITORIES
    return _ROWS.format(
        origin=Literal(origin),
        reporters=SQL("n.reporters")
        if is_from_parts
        else SQL("array_fill(v.reporters, ARRAY[cardinality(n.breakdowns)])"),
        denominators=_DENOMINATORS if facts.has_denominators else SQL("NULL"),
        overridden=_OVERRIDDEN if facts.has_conflicts else SQL("NULL::boolean[]"),
        reporters_of_parts=SQL("array_agg(n.reporters) AS reporters,") if is_from_parts else NOTHING,
        used=_PERIODS_USED if facts.has_periods else _NO_SMALLINTS,
        expected=_PERIODS_EXPECTED if facts.has_periods else _NO_SMALLINTS,
        flags=_FLAGS if facts.has_flags else _NO_SMALLINTS,
        table=Identifier(table),
    )


def packed(facts: Facts, made: Mapping[str, str]) -> Composed:
    """The cells of the tables as rows of the figures' table; `made`: {table: origin}.

    What a row holds follows from its cells alone, not from what else was in the batch.
    """
    return SQL(" UNION ALL ").join(_rows_of(table, origin, facts) for table, origin in made.items())


def write_all(facts: Facts, made: Mapping[str, str]) -> Composed:
    return SQL("""
        WITH written AS (
            INSERT INTO indicators_computedplace {columns} {packed} RETURNING cardinality(breakdowns) AS cells
        )
        SELECT coalesce(sum(cells), 0) FROM written
    """).format(columns=_COLUMNS, packed=packed(facts, made))


def pack(facts: Facts, made: Mapping[str, str]) -> Composed:
    return SQL(
        "CREATE TEMPORARY TABLE rollup_packed {columns} ON COMMIT DROP AS {packed}; ANALYZE rollup_packed"
    ).format(columns=_COLUMNS, packed=packed(facts, made))


REMOVE_STALE = """
    WITH left_places AS (
        DELETE FROM indicators_computedplace f USING rollup_scope w
        WHERE w.is_whole AND f.indicator_id = w.indicator_id AND f.period_id = w.period_id AND NOT EXISTS (
            SELECT FROM rollup_place p WHERE p.is_target AND p.indicator_id = f.indicator_id AND p.period_id = f.period_id
            AND p.territory_id = f.territory_id)
        RETURNING cardinality(f.breakdowns) AS cells
    ), left_origins AS (
        DELETE FROM indicators_computedplace f USING rollup_place p
        WHERE p.is_target AND f.indicator_id = p.indicator_id AND f.period_id = p.period_id AND f.territory_id = p.territory_id
          AND NOT EXISTS (
            SELECT FROM rollup_packed n WHERE n.indicator_id = p.indicator_id AND n.period_id = p.period_id
            AND n.territory_id = p.territory_id AND n.origin = f.origin)
        RETURNING cardinality(f.breakdowns) AS cells
    )
    SELECT coalesce(sum(cells), 0) FROM (SELECT cells FROM left_places UNION ALL SELECT cells FROM left_origins) AS gone
"""

WRITE_CHANGED = SQL("""
    WITH written AS (
        INSERT INTO indicators_computedplace {columns}
        SELECT n.* FROM rollup_packed n
        LEFT JOIN indicators_computedplace old ON old.indicator_id = n.indicator_id AND old.period_id = n.period_id
             AND old.territory_id = n.territory_id AND old.origin = n.origin
        WHERE ({before}) IS DISTINCT FROM ({after})
        ON CONFLICT ({key}) DO UPDATE
        SET {set_each}
        RETURNING cardinality(breakdowns) AS cells
    )
    SELECT coalesce(sum(cells), 0) FROM written
""").format(
    columns=_COLUMNS,
    before=_listed(*_CONTENT, of="old"),
    after=_listed(*_CONTENT, of="n"),
    key=_listed(*_KEY),
    set_each=SQL(", ").join(
        SQL("{column} = excluded.{column}").format(column=Identifier(column)) for column in (*_CONTENT, "computed_at")
    ),
)
