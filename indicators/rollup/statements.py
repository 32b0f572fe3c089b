"""The statements of the rollup that are made for a batch: they carry no column and read no table that the batch has nothing in.

The fixed ones, which prepare the workbench, are in `indicators.rollup.sql`. `made` is everywhere {temporary table of cells: origin of its figures}.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

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
    def number(self) -> str:
        return "bigint" if self.is_integral else "numeric"

    def sum(self, column: str) -> str:
        return f"indicators_integer_sum({column})" if self.is_integral else f"sum({column})"


# Each way of making figures has a table of its own, and so has each level of the tree: a later step reads those that it builds on.
def cells(table: str, facts: Facts) -> str:
    return f"""
        CREATE TEMPORARY TABLE {table} (
            place_id integer, breakdown_id bigint, numerator {facts.number}, denominator {facts.number}, is_overridden boolean,
            reporters integer, periods_used smallint, periods_expected smallint, flags smallint, oldest_input_at timestamptz
        ) ON COMMIT DROP
    """


def adding(made: str, *, to: str, has_conflicts: bool, where: str = "") -> str:
    """A step adds the cells in `made` to a table of cells; overridden are those that were reported too."""
    conflicting = "LEFT JOIN rollup_conflicting conflicting ON conflicting.place_id = made.place_id AND conflicting.breakdown_id = made.breakdown_id"
    return f"""
        INSERT INTO {to}
        SELECT made.place_id, made.breakdown_id, made.numerator, made.denominator,
               {"conflicting.place_id IS NOT NULL" if has_conflicts else "false"}, made.reporters, made.periods_used, made.periods_expected,
               made.flags, made.oldest_input_at
        FROM ({made}) AS made {conflicting if has_conflicts else ""} {where}
    """


def pooled(facts: Facts) -> str:
    """The sums of cells `c`, of which counts, ratios and means are all made."""
    periods = ("min(c.periods_used)", "max(c.periods_expected)") if facts.has_periods else ("NULL::smallint",) * 2
    return f"""{facts.sum("c.numerator")} AS numerator,
        {facts.sum("c.denominator") if facts.has_denominators else f"NULL::{facts.number}"} AS denominator,
        {periods[0]} AS periods_used, {periods[1]} AS periods_expected,
        {"bit_or(c.flags)" if facts.has_flags else "NULL::smallint"} AS flags, min(c.oldest_input_at) AS oldest_input_at"""


def parts_from(tables: Iterable[str], facts: Facts, where: str) -> str:
    """The cells of some tables as they are pooled, none of them overridden.

    What is not applicable is there without a number: it completes a set and a coverage, and adds nothing. What not all who were asked have
    answered does not count as reported, so that what is made of it is not the whole either.
    """
    number = facts.number
    selects = []
    for table in tables:
        if table == REPORTED_TABLE:
            columns = "CASE WHEN is_part THEN 0 END AS reporters, 1::smallint AS periods_used, 1::smallint AS periods_expected, flags, approved_at AS oldest_input_at"
            condition = "(numerator IS NOT NULL OR is_void)"
        else:
            columns = "reporters, periods_used, periods_expected, flags, oldest_input_at"
            condition = "true" if table == CARRIED_TABLE else "NOT is_overridden"
        selects.append(f"""
            SELECT place_id, breakdown_id, numerator::{number}, denominator::{number}, {columns} FROM {table}
            WHERE {condition} AND {where}""")
    return " UNION ALL ".join(selects)


REPORTED_TABLE, CARRIED_TABLE = "rollup_reported", "rollup_carried"
PERIODS_TABLE, CATEGORIES_TABLE = "rollup_periods", "rollup_categories"


# 1. From shorter periods: a stock takes the last of its months or their mean, a flow their sum. The last one is flagged as it is, but a
# break in any month parts it from the year before.
PERIODS = adding(
    f"""
        SELECT p.id AS place_id, o.breakdown_id, NULL::integer AS reporters,
               CASE s.time_operator WHEN 'last' THEN (array_agg(o.numerator ORDER BY short.starts_on DESC))[1]
                                    WHEN 'mean' THEN round(avg(o.numerator), 10) ELSE sum(o.numerator) END AS numerator,
               CASE s.time_operator WHEN 'last' THEN (array_agg(o.denominator ORDER BY short.starts_on DESC))[1]
                                    WHEN 'mean' THEN round(avg(o.denominator), 10) ELSE sum(o.denominator) END AS denominator,
               count(*) AS periods_used,
               (SELECT count(*) FROM indicators_period each WHERE each.kind = s.frequency AND each.year = long.year
                AND each.starts_on >= long.starts_on AND each.ends_on <= long.ends_on) AS periods_expected,
               CASE WHEN s.time_operator = 'last' THEN (array_agg(o.flags ORDER BY short.starts_on DESC))[1] | bit_or(o.flags & {Flag.BREAK})
                    ELSE bit_or(o.flags) END::smallint AS flags,
               min(o.approved_at) AS oldest_input_at
        FROM rollup_place p JOIN indicators_period long ON long.id = p.period_id
        JOIN rollup_slice s ON s.indicator_id = p.indicator_id AND s.year = long.year AND s.is_combined AND s.time_operator <> 'none'
             AND s.frequency <> long.kind AND long.kind IN {CALENDAR_KINDS}
        JOIN indicators_period short ON short.kind = s.frequency AND short.year = long.year
             AND short.starts_on >= long.starts_on AND short.ends_on <= long.ends_on
        JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = p.indicator_id AND o.period_id = short.id
             AND o.territory_id = p.territory_id AND o.numerator IS NOT NULL
        WHERE p.is_target
        GROUP BY p.id, o.breakdown_id, s.time_operator, s.frequency, long.id
    """,
    to=PERIODS_TABLE,
    has_conflicts=True,
)

BREAKDOWNS_OF_PERIODS = f"SELECT DISTINCT breakdown_id FROM {PERIODS_TABLE}"


def _not_standing(standing: Iterable[str]) -> str:
    return "".join(
        f""" AND NOT EXISTS (
            SELECT FROM {table} f WHERE f.breakdown_id = ANY(%(wholes)s) AND f.place_id = c.place_id AND f.breakdown_id = m.whole_id)"""
        for table in standing
    )


def is_open(facts: Facts, *, tables: Iterable[str], standing: Iterable[str]) -> str:
    """Whether a step could add anything: in how many places there is the first part of a whole, and not the whole.

    Counted to the end: for an EXISTS the planner would look up place after place, hoping for an early end.
    """
    return f"""
        SELECT count(*)
        FROM ({parts_from(tables, facts, "place_id <= %(last_target)s AND breakdown_id = ANY(%(parts)s)")}) AS c
        JOIN (
            SELECT whole_id, min(part_id) AS part_id FROM rollup_margin
            WHERE rank = %(rank)s AND choice = %(choice)s AND NOT is_beside GROUP BY 1
        ) AS m ON m.part_id = c.breakdown_id
        WHERE true {_not_standing(standing)}
    """


def categories(facts: Facts, *, tables: Iterable[str], standing: Iterable[str]) -> str:
    """One step. `tables`: where some of the parts are; `standing`: where some of the wholes may stand already."""
    return adding(
        f"""
        SELECT sums.*, NULL::integer AS reporters FROM (
            SELECT c.place_id, m.whole_id AS breakdown_id, count(*) FILTER (WHERE NOT m.is_beside) AS parts, {pooled(facts)}
            FROM ({parts_from(tables, facts, "place_id <= %(last_target)s")}) AS c
            JOIN rollup_margin m ON m.part_id = c.breakdown_id
            WHERE m.rank = %(rank)s AND m.choice = %(choice)s {_not_standing(standing)}
            GROUP BY 1, 2
        ) AS sums
        JOIN (SELECT DISTINCT whole_id, set_size FROM rollup_margin WHERE rank = %(rank)s AND choice = %(choice)s) AS whole
             ON whole.whole_id = sums.breakdown_id AND whole.set_size = sums.parts
        WHERE sums.numerator IS NOT NULL
        """,
        to=CATEGORIES_TABLE,
        has_conflicts=facts.has_conflicts,
    )


def territories(facts: Facts, *, to: str, tables: Iterable[str], standing: Iterable[str]) -> str:
    """One level. A cell that the part itself gave stands for all who should report in it; one of its parts says how many did.

    `tables`: where the parts' figures are; `standing`: where those of the wholes may stand already.
    """
    there = "".join(
        f""" AND NOT EXISTS (
            SELECT FROM {table} f WHERE f.place_id BETWEEN %(first)s AND %(last)s AND f.place_id = made.place_id
            AND f.breakdown_id = made.breakdown_id)"""
        for table in standing
    )
    return adding(
        f"""
        SELECT l.whole_id AS place_id, c.breakdown_id, sum(coalesce(c.reporters, l.reporters)) AS reporters, {pooled(facts)}
        FROM rollup_part l
        JOIN ({parts_from(tables, facts, "place_id BETWEEN %(first_part)s AND %(last_part)s")}) AS c ON c.place_id = l.part_id
        WHERE l.depth = %(depth)s
        GROUP BY 1, 2
        """,
        to=to,
        has_conflicts=facts.has_conflicts,
        where=f"WHERE made.numerator IS NOT NULL{there}",
    )


# --- Writing: only what differs ---------------------------------------------------------------------------------------------

_KEY = "indicator_id, period_id, territory_id, origin"
_CONTENT = (
    "breakdowns", "numerators", "denominators", "overridden", "reporters", "expected", "periods_used", "periods_expected", "flags",
    "oldest_inputs_at",
)  # fmt: skip
_COLUMNS = f"({_KEY}, {', '.join(_CONTENT)}, computed_at)"


def packed(facts: Facts, made: Mapping[str, str]) -> str:
    """The cells of the tables as rows of the figures' table; `made`: {table: origin}.

    What a row holds follows from its cells alone, not from what else was in the batch.
    """
    denominators = "CASE WHEN bool_or(n.denominator IS NOT NULL) THEN array_agg(n.denominator) END"
    overridden = "CASE WHEN bool_or(n.is_overridden) THEN array_agg(n.is_overridden) END"
    flags = "CASE WHEN max(n.flags) > 0 THEN array_agg(coalesce(n.flags, 0::smallint)) END"
    used, expected = (
        f"CASE WHEN max(n.periods_expected) > 1 THEN array_agg(n.{column}) END"
        for column in ("periods_used", "periods_expected")
    )
    return " UNION ALL ".join(
        f"""
        SELECT p.indicator_id, p.period_id, p.territory_id, '{origin}'::varchar(12) AS origin, n.breakdowns, n.numerators, n.denominators,
               n.overridden, {"n.reporters" if origin == Origin.TERRITORIES else "array_fill(c.reporters, ARRAY[cardinality(n.breakdowns)])"},
               c.expected, n.periods_used, n.periods_expected, n.flags, n.oldest_inputs_at, now() AS computed_at
        FROM (
            SELECT n.place_id, array_agg(n.breakdown_id) AS breakdowns, array_agg(n.numerator)::numeric(40,10)[] AS numerators,
                   {denominators if facts.has_denominators else "NULL"}::numeric(40,10)[] AS denominators,
                   {overridden if facts.has_conflicts else "NULL::boolean[]"} AS overridden,
                   {"array_agg(n.reporters) AS reporters," if origin == Origin.TERRITORIES else ""}
                   {used if facts.has_periods else "NULL::smallint[]"} AS periods_used,
                   {expected if facts.has_periods else "NULL::smallint[]"} AS periods_expected,
                   {flags if facts.has_flags else "NULL::smallint[]"} AS flags,
                   array_agg(n.oldest_input_at) AS oldest_inputs_at
            FROM (SELECT * FROM {table} ORDER BY place_id, breakdown_id) AS n
            GROUP BY n.place_id
        ) AS n JOIN rollup_place p ON p.id = n.place_id JOIN rollup_coverage c ON c.place_id = n.place_id
        """
        for table, origin in made.items()
    )


def write_all(facts: Facts, made: Mapping[str, str]) -> str:
    return f"""
        WITH written AS (
            INSERT INTO indicators_computedplace {_COLUMNS} {packed(facts, made)} RETURNING cardinality(breakdowns) AS cells
        )
        SELECT coalesce(sum(cells), 0) FROM written
    """


def pack(facts: Facts, made: Mapping[str, str]) -> str:
    return f"CREATE TEMPORARY TABLE rollup_packed {_COLUMNS} ON COMMIT DROP AS {packed(facts, made)}; ANALYZE rollup_packed"


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

WRITE_CHANGED = f"""
    WITH written AS (
        INSERT INTO indicators_computedplace {_COLUMNS}
        SELECT n.* FROM rollup_packed n
        LEFT JOIN indicators_computedplace old ON old.indicator_id = n.indicator_id AND old.period_id = n.period_id
             AND old.territory_id = n.territory_id AND old.origin = n.origin
        WHERE ({", ".join(f"old.{column}" for column in _CONTENT)}) IS DISTINCT FROM ({", ".join(f"n.{column}" for column in _CONTENT)})
        ON CONFLICT ({_KEY}) DO UPDATE
        SET {", ".join(f"{column} = excluded.{column}" for column in (*_CONTENT, "computed_at"))}
        RETURNING cardinality(breakdowns) AS cells
    )
    SELECT coalesce(sum(cells), 0) FROM written
"""


# Kept beside recomputed, for all cells of the scope: what is on one side alone, or says something else.
def differences(facts: Facts, made: Mapping[str, str]) -> str:
    fresh = " UNION ALL ".join(f"SELECT '{origin}' AS origin, n.* FROM {table} n" for table, origin in made.items())
    return f"""
        SELECT coalesce(kept.indicator_id, fresh.indicator_id), coalesce(kept.period_id, fresh.period_id),
               coalesce(kept.territory_id, fresh.territory_id), coalesce(kept.breakdown_id, fresh.breakdown_id), kept.numerator,
               fresh.numerator::numeric(40,10)
        FROM (
            SELECT f.* FROM indicators_computedfigure f
            JOIN rollup_scope w ON w.indicator_id = f.indicator_id AND w.period_id = f.period_id
        ) AS kept
        FULL JOIN (
            SELECT p.indicator_id, p.period_id, p.territory_id, n.breakdown_id, n.numerator, n.denominator, n.origin, n.is_overridden,
                   coalesce(n.reporters, c.reporters) AS reporters, c.expected, coalesce(n.periods_used, 1) AS periods_used,
                   coalesce(n.periods_expected, 1) AS periods_expected, coalesce(n.flags, 0::smallint) AS flags, n.oldest_input_at
            FROM ({fresh}) AS n JOIN rollup_place p ON p.id = n.place_id JOIN rollup_coverage c ON c.place_id = n.place_id
        ) AS fresh
            ON (fresh.indicator_id, fresh.period_id, fresh.territory_id, fresh.breakdown_id)
             = (kept.indicator_id, kept.period_id, kept.territory_id, kept.breakdown_id)
        WHERE (kept.numerator, kept.denominator, kept.origin, kept.is_overridden, kept.reporters, kept.expected, kept.periods_used,
               kept.periods_expected, kept.flags, kept.oldest_input_at)
           IS DISTINCT FROM (fresh.numerator, fresh.denominator, fresh.origin, fresh.is_overridden, fresh.reporters, fresh.expected,
               fresh.periods_used, fresh.periods_expected, fresh.flags, fresh.oldest_input_at)
        ORDER BY 1, 2, 3, 4
    """


def compared(made: Mapping[str, str]) -> str:
    """How many figures there are."""
    return "SELECT " + " + ".join(f"(SELECT count(*) FROM {table})" for table in made)
