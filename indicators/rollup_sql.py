"""The SQL of the rollup, in the order in which `rollup.recompute` runs it.

A batch is a set of claimed slices; all statements work on the whole batch. Each (indicator, period, territory) of it is a *place* with a
number, so that the large sets carry two integers for a cell and not four. Places to be recomputed come first (targets, the deepest level of
the tree before the others), then the direct parts of targets that are only read.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from indicators.vocabulary import Origin

# --- Claiming ---------------------------------------------------------------------------------------------------------

HAS_WORK = """
    SELECT EXISTS (
        SELECT FROM indicators_dirtymark m JOIN indicators_period p ON p.id = m.period_id
        JOIN indicators_slice s ON s.indicator_id = m.indicator_id AND s.year = p.year AND s.parked_at IS NULL)
"""

# A claim is committed before the work begins, with its attempt: it holds while the session lock of its run does, that is while the worker
# lives. A slice that saw its worker die (or fail) three times is not claimed a fourth time, and is parked here. Slices that failed before are
# claimed alone; the others together until their marks are many, where a mark without a territory stands for a whole tree. The lock on claiming
# makes a worker wait for another's claim, instead of finding nothing to do behind its row locks.
CLAIM = """
    SELECT pg_advisory_xact_lock(%(space)s, 0);
    WITH waiting AS (
        SELECT s.id, s.attempts FROM indicators_slice s
        WHERE s.parked_at IS NULL AND NOT s.id = ANY(%(failed)s)
          AND (s.claimed_by_id IS NULL OR s.claimed_by_id = %(run)s OR NOT EXISTS (
            SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = %(space)s AND l.objid = s.claimed_by_id
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())))
          AND EXISTS (
            SELECT FROM indicators_period p JOIN indicators_dirtymark m ON m.period_id = p.id
            WHERE p.year = s.year AND m.indicator_id = s.indicator_id)
        ORDER BY s.attempts, s.id LIMIT %(slices)s FOR NO KEY UPDATE OF s SKIP LOCKED
    ), weighed AS (
        SELECT w.id, w.attempts, row_number() OVER steps AS place, sum(weight.places) OVER steps AS places
        FROM waiting w JOIN indicators_slice s ON s.id = w.id CROSS JOIN LATERAL (
            SELECT sum(CASE WHEN m.territory_id IS NULL THEN %(tree)s ELSE 1 END) AS places
            FROM indicators_period p JOIN indicators_dirtymark m ON m.period_id = p.id
            WHERE p.year = s.year AND m.indicator_id = s.indicator_id) AS weight
        WINDOW steps AS (ORDER BY w.attempts, w.id)
    )
    UPDATE indicators_slice s SET attempts = s.attempts + 1, claimed_by_id = %(run)s,
        parked_at = CASE WHEN s.attempts >= %(max_attempts)s THEN now() END
    FROM weighed w WHERE s.id = w.id AND (w.place = 1 OR w.attempts = 0 AND w.places <= %(places)s)
    RETURNING s.id, s.parked_at IS NOT NULL
"""

# The first in the order of the index is a probe of it for each pair. EXISTS within OR would read both tables whole, and a limit without an
# order reads a table until it meets a match, which may stand at its end.
MARK_ALL = """
    INSERT INTO indicators_dirtymark (indicator_id, period_id)
    SELECT s.indicator_id, p.id FROM indicators_slice s JOIN indicators_period p ON p.year = s.year
    WHERE (SELECT true FROM indicators_observation o
           WHERE o.status = 'approved' AND o.indicator_id = s.indicator_id AND o.period_id = p.id
           ORDER BY o.territory_id LIMIT 1)
       OR (SELECT true FROM indicators_computedplace f WHERE f.indicator_id = s.indicator_id AND f.period_id = p.id
           ORDER BY f.territory_id LIMIT 1)
"""

# --- The workbench ------------------------------------------------------------------------------------------------------

# The marks go and the figures come in one transaction, so a server that loses its last moments loses both, and the work is done again:
# there is no need to wait for the disk. A worker that was killed is noticed while its statement still runs, and its locks go with it.
# Every place is looked up once, so that remembering what was found only costs.
SETTINGS = """
    SET LOCAL client_connection_check_interval TO '2s';
    SET LOCAL synchronous_commit TO off;
    SET LOCAL jit TO off;
    SET LOCAL enable_memoize TO off;
    SET LOCAL work_mem TO '128MB';
    SET LOCAL default_statistics_target TO 10;
"""

# The claimed slices, with how their indicators add up. `kind` is that of the territories that should report.
SLICES = """
    CREATE TEMPORARY TABLE rollup_slice ON COMMIT DROP AS
    SELECT s.id, s.indicator_id, s.year, s.reporting_kind, i.frequency, i.time_operator, i.measure <> 'score' AS is_combined
    FROM indicators_slice s JOIN indicators_indicator i ON i.id = s.indicator_id WHERE s.id = ANY(%(slices)s)
"""

TAKE_MARKS = """
    CREATE TEMPORARY TABLE rollup_mark ON COMMIT DROP AS
    SELECT NULL::bigint AS indicator_id, NULL::bigint AS period_id, NULL::bigint AS territory_id LIMIT 0;
    WITH taken AS (
        DELETE FROM indicators_dirtymark m USING rollup_slice s, indicators_period p
        WHERE p.year = s.year AND m.indicator_id = s.indicator_id AND m.period_id = p.id
        RETURNING m.indicator_id, m.period_id, m.territory_id
    )
    INSERT INTO rollup_mark SELECT DISTINCT indicator_id, period_id, territory_id FROM taken
"""

# Which territories should report is read off those that do: the kind of the deepest one with an approved figure in the slice. When that
# changes, every coverage in the slice does. Asked by kind, the deepest first, so that one probe of the index is mostly enough. Here
# too, an order and a limit leave the planner nothing but the probe.
REPORTING_KINDS = """
    CREATE TEMPORARY TABLE rollup_period ON COMMIT DROP AS
    SELECT s.id AS slice_id, s.indicator_id, p.id AS period_id FROM rollup_slice s JOIN indicators_period p ON p.year = s.year
    WHERE (SELECT true FROM indicators_observation o
           WHERE o.status = 'approved' AND o.indicator_id = s.indicator_id AND o.period_id = p.id
           ORDER BY o.territory_id LIMIT 1);
    CREATE TEMPORARY TABLE rollup_kind ON COMMIT DROP AS
    SELECT kind, array_agg(id) AS territories, depth FROM (
        SELECT t.id, t.kind, max(c.depth) AS depth FROM orgs_territory t JOIN orgs_territoryclosure c ON c.descendant_id = t.id
        WHERE t.kind <> 'unallocated' GROUP BY t.id) AS levels
    GROUP BY kind, depth;
    ANALYZE rollup_period, rollup_kind;
    WITH now AS (
        SELECT s.id, coalesce((
            SELECT k.kind FROM (SELECT * FROM rollup_kind ORDER BY depth DESC, kind OFFSET 0) AS k
            WHERE (
                SELECT true FROM rollup_period p CROSS JOIN unnest(k.territories) AS t(id) CROSS JOIN LATERAL (
                    SELECT FROM indicators_observation o WHERE o.status = 'approved' AND o.indicator_id = p.indicator_id
                    AND o.period_id = p.period_id AND o.territory_id = t.id ORDER BY o.breakdown_id LIMIT 1) AS found
                WHERE p.slice_id = s.id LIMIT 1)
            LIMIT 1), '') AS kind
        FROM rollup_slice s
    ), changed AS (
        UPDATE indicators_slice s SET reporting_kind = now.kind FROM now
        WHERE s.id = now.id AND s.reporting_kind <> now.kind RETURNING s.id, s.reporting_kind
    ), here AS (
        UPDATE rollup_slice s SET reporting_kind = changed.reporting_kind FROM changed WHERE s.id = changed.id RETURNING s.id
    )
    INSERT INTO rollup_mark (indicator_id, period_id)
    SELECT p.indicator_id, p.period_id FROM here JOIN rollup_period p ON p.slice_id = here.id
"""

# The marked periods and the longer ones that hold them. `is_whole`: marked without a territory, so that every place of it is done anew.
SCOPE = """
    CREATE TEMPORARY TABLE rollup_scope ON COMMIT DROP AS
    SELECT m.indicator_id, long.id AS period_id, long.ends_on, bool_or(m.territory_id IS NULL) AS is_whole
    FROM rollup_mark m JOIN indicators_period p ON p.id = m.period_id
    JOIN rollup_slice s ON s.indicator_id = m.indicator_id AND s.year = p.year
    JOIN indicators_period long ON long.year = p.year AND long.starts_on <= p.starts_on AND long.ends_on >= p.ends_on
         AND (long.id = p.id OR p.kind = s.frequency)
    GROUP BY 1, 2, 3;
    ANALYZE rollup_scope, rollup_mark
"""

# Targets: the marked territories (or all that were observed) and those above them at that time, each with its level in the tree.
PLACES = """
    CREATE TEMPORARY TABLE rollup_place ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY depth DESC, indicator_id, period_id, territory_id)::integer AS id, places.*, true AS is_target
    FROM (
        SELECT seen.indicator_id, seen.period_id, c.ancestor_id AS territory_id, level.depth
        FROM (
            SELECT w.indicator_id, w.period_id, w.ends_on, o.territory_id
            FROM rollup_scope w CROSS JOIN LATERAL (
                SELECT DISTINCT territory_id FROM indicators_observation
                WHERE status = 'approved' AND indicator_id = w.indicator_id AND period_id = w.period_id) AS o
            WHERE w.is_whole
            UNION
            SELECT w.indicator_id, w.period_id, w.ends_on, o.territory_id
            FROM rollup_scope w JOIN indicators_period long ON long.id = w.period_id
            JOIN rollup_slice s ON s.indicator_id = w.indicator_id AND s.year = long.year AND s.frequency <> long.kind
            JOIN indicators_period short ON short.kind = s.frequency AND short.year = long.year
                 AND short.starts_on >= long.starts_on AND short.ends_on <= long.ends_on
            JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = w.indicator_id AND o.period_id = short.id
            WHERE w.is_whole
            UNION
            SELECT w.indicator_id, w.period_id, w.ends_on, m.territory_id
            FROM rollup_mark m JOIN indicators_period p ON p.id = m.period_id
            JOIN rollup_scope w ON w.indicator_id = m.indicator_id AND NOT w.is_whole
            JOIN indicators_period long ON long.id = w.period_id AND long.year = p.year
                 AND long.starts_on <= p.starts_on AND long.ends_on >= p.ends_on
            WHERE m.territory_id IS NOT NULL
        ) AS seen
        JOIN orgs_territoryclosure c ON c.descendant_id = seen.territory_id
             AND (seen.ends_on BETWEEN c.valid_from AND c.valid_to OR c.depth = 0)
        JOIN (SELECT descendant_id, max(depth) AS depth FROM orgs_territoryclosure GROUP BY 1) AS level ON level.descendant_id = c.ancestor_id
        GROUP BY 1, 2, 3, 4
    ) AS places;
    ANALYZE rollup_place
"""

# The direct parts of each target that is the sum of its parts. Parts that are no targets become places that are only read; where
# everything is done anew, a part that is no target has nothing to give.
LINKS = """
    CREATE TEMPORARY TABLE rollup_link ON COMMIT DROP AS
    SELECT whole.id AS whole_id, whole.depth, whole.indicator_id, whole.period_id, part.id AS territory_id
    FROM rollup_place whole JOIN indicators_period p ON p.id = whole.period_id
    JOIN rollup_slice s ON s.indicator_id = whole.indicator_id AND s.year = p.year AND s.is_combined
    JOIN orgs_territory t ON t.id = whole.territory_id AND t.has_all_parts AND p.ends_on BETWEEN t.valid_from AND t.valid_to
    JOIN orgs_territory part ON part.parent_id = t.id AND p.ends_on BETWEEN part.valid_from AND part.valid_to;
    ANALYZE rollup_link;
    INSERT INTO rollup_place
    SELECT (SELECT coalesce(max(id), 0) FROM rollup_place)
               + row_number() OVER (ORDER BY l.indicator_id, l.period_id, l.territory_id)::integer,
           l.indicator_id, l.period_id, l.territory_id, l.depth + 1, false
    FROM rollup_link l
    JOIN rollup_scope w ON w.indicator_id = l.indicator_id AND w.period_id = l.period_id AND NOT w.is_whole
    WHERE NOT EXISTS (
        SELECT FROM rollup_place p WHERE p.indicator_id = l.indicator_id AND p.period_id = l.period_id AND p.territory_id = l.territory_id);
    ANALYZE rollup_place
"""

# How many territories of the reporting kind lie in each place: those that should report, and that a report of the place stands for. Where
# the kind has parts of its own kind, its smallest ones count. A place without any stands for itself; "place not stated" for none.
COVERAGE = """
    CREATE TEMPORARY TABLE rollup_expected ON COMMIT DROP AS
    WITH asked AS MATERIALIZED (
        SELECT DISTINCT s.reporting_kind AS kind, p.id AS period_id, p.ends_on
        FROM rollup_scope w JOIN indicators_period p ON p.id = w.period_id
        JOIN rollup_slice s ON s.indicator_id = w.indicator_id AND s.year = p.year
    )
    SELECT a.kind, a.period_id, c.ancestor_id AS territory_id, count(*)::integer AS territories
    FROM asked a JOIN orgs_territory d ON d.kind = a.kind
    JOIN orgs_territoryclosure c ON c.descendant_id = d.id AND a.ends_on BETWEEN c.valid_from AND c.valid_to
    WHERE NOT EXISTS (SELECT FROM orgs_territory part WHERE part.parent_id = d.id AND part.kind = a.kind
                      AND a.ends_on BETWEEN part.valid_from AND part.valid_to)
    GROUP BY 1, 2, 3;
    ANALYZE rollup_expected;
    CREATE TEMPORARY TABLE rollup_coverage ON COMMIT DROP AS
    SELECT p.id AS place_id, CASE WHEN t.kind = 'unallocated' THEN 0 ELSE coalesce(e.territories, 1) END AS reporters,
           coalesce(e.territories, 1) AS expected
    FROM rollup_place p JOIN orgs_territory t ON t.id = p.territory_id JOIN indicators_period d ON d.id = p.period_id
    JOIN rollup_slice s ON s.indicator_id = p.indicator_id AND s.year = d.year
    LEFT JOIN rollup_expected e ON e.kind = s.reporting_kind AND e.period_id = p.period_id AND e.territory_id = p.territory_id;
    ANALYZE rollup_coverage;
    CREATE TEMPORARY TABLE rollup_part ON COMMIT DROP AS
    SELECT l.whole_id, l.depth, p.id AS part_id, n.reporters
    FROM rollup_link l
    JOIN rollup_place p ON p.indicator_id = l.indicator_id AND p.period_id = l.period_id AND p.territory_id = l.territory_id
    JOIN rollup_coverage n ON n.place_id = p.id;
    ANALYZE rollup_part
"""

# What was reported of each place (a score or a bare rate has no numerator); the reported cells beside which something may be computed (rival); what stands computed of the places
# that are only read (given).
CELLS = """
    CREATE TEMPORARY TABLE rollup_reported ON COMMIT DROP AS
    SELECT p.id AS place_id, o.breakdown_id, o.numerator, o.denominator, o.approved_at
    FROM rollup_place p JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = p.indicator_id
         AND o.period_id = p.period_id AND o.territory_id = p.territory_id
    WHERE o.flag <> 'missing';
    ANALYZE rollup_reported;
    CREATE TEMPORARY TABLE rollup_rival ON COMMIT DROP AS
    SELECT r.place_id, r.breakdown_id FROM rollup_reported r
    WHERE r.numerator IS NULL OR r.breakdown_id IN (SELECT whole_id FROM indicators_breakdownmargin) OR r.place_id IN (
        SELECT whole_id FROM rollup_part
        UNION ALL
        SELECT p.id FROM rollup_place p JOIN indicators_period d ON d.id = p.period_id
        JOIN rollup_slice s ON s.indicator_id = p.indicator_id AND s.year = d.year AND s.frequency <> d.kind);
    ANALYZE rollup_rival;
    CREATE TEMPORARY TABLE rollup_given ON COMMIT DROP AS
    SELECT p.id AS place_id, f.breakdown_id, f.numerator, f.denominator, f.reporters, f.periods_used, f.periods_expected, f.oldest_input_at
    FROM rollup_place p JOIN indicators_computedfigure f ON f.indicator_id = p.indicator_id AND f.period_id = p.period_id
         AND f.territory_id = p.territory_id AND NOT f.is_beaten
    WHERE NOT p.is_target;
    ANALYZE rollup_given
"""

# --- What is computed -----------------------------------------------------------------------------------------------------

# What a batch does not have is not carried along. Whole numbers, of which no sum of a batch can leave the range of a bigint, are added up as
# such, which is exact as well and takes half the time of numeric.
REPORTED = """
    SELECT breakdown_id, count(*), max(place_id), bool_or(numerator IS NOT NULL), bool_or(denominator IS NOT NULL),
           bool_and(coalesce(min_scale(numerator) = 0 AND numerator BETWEEN -1e12 AND 1e12, true)
                    AND coalesce(min_scale(denominator) = 0 AND denominator <= 1e12, true))
    FROM rollup_reported GROUP BY 1
"""
GIVEN = """
    SELECT count(*), coalesce(bool_or(denominator IS NOT NULL), false), coalesce(max(periods_expected) > 1, false),
           coalesce(bool_and(min_scale(numerator) = 0 AND numerator BETWEEN -1e12 AND 1e12
                             AND coalesce(min_scale(denominator) = 0 AND denominator <= 1e12, true)), true)
    FROM rollup_given
"""
PLACES_AND_RIVALS = """
    SELECT EXISTS (
               SELECT FROM rollup_place p JOIN indicators_period d ON d.id = p.period_id
               JOIN rollup_slice s ON s.indicator_id = p.indicator_id AND s.year = d.year AND s.is_combined
                    AND s.time_operator <> 'none' AND s.frequency <> d.kind
               WHERE p.is_target),
           EXISTS (SELECT FROM rollup_rival), (SELECT coalesce(max(id), 0) FROM rollup_place WHERE is_target)
"""


class Facts(NamedTuple):
    """What a batch has."""

    reported: frozenset[int]  # The breakdowns of its reported cells.
    has_given: bool
    has_denominators: bool
    has_shorter_periods: bool  # Some are to be drawn from.
    has_periods: bool  # Some figures are drawn from shorter ones.
    has_rivals: bool
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
            place_id integer, breakdown_id bigint, numerator {facts.number}, denominator {facts.number}, is_beaten boolean,
            reporters integer, periods_used smallint, periods_expected smallint, oldest_input_at timestamptz
        ) ON COMMIT DROP
    """


def adding(made: str, *, to: str, has_rivals: bool, where: str = "") -> str:
    """A step adds the cells in `made` to a table of cells; beaten are those that were reported too."""
    rival = "LEFT JOIN rollup_rival rival ON rival.place_id = made.place_id AND rival.breakdown_id = made.breakdown_id"
    return f"""
        INSERT INTO {to}
        SELECT made.place_id, made.breakdown_id, made.numerator, made.denominator,
               {"rival.place_id IS NOT NULL" if has_rivals else "false"}, made.reporters, made.periods_used, made.periods_expected,
               made.oldest_input_at
        FROM ({made}) AS made {rival if has_rivals else ""} {where}
    """


def pooled(facts: Facts) -> str:
    """The sums of cells `c`, of which counts, ratios and means are all made."""
    periods = ("min(c.periods_used)", "max(c.periods_expected)") if facts.has_periods else ("NULL::smallint",) * 2
    return f"""{facts.sum("c.numerator")} AS numerator,
        {facts.sum("c.denominator") if facts.has_denominators else f"NULL::{facts.number}"} AS denominator,
        {periods[0]} AS periods_used, {periods[1]} AS periods_expected, min(c.oldest_input_at) AS oldest_input_at"""


def parts_from(tables: Iterable[str], facts: Facts, where: str) -> str:
    """The cells of some tables as they are pooled, none of them beaten."""
    number = facts.number
    selects = []
    for table in tables:
        if table == REPORTED_TABLE:
            columns = "NULL::integer AS reporters, 1::smallint AS periods_used, 1::smallint AS periods_expected, approved_at AS oldest_input_at"
            condition = "numerator IS NOT NULL"
        else:
            columns = "reporters, periods_used, periods_expected, oldest_input_at"
            condition = "true" if table == GIVEN_TABLE else "NOT is_beaten"
        selects.append(f"""
            SELECT place_id, breakdown_id, numerator::{number}, denominator::{number}, {columns} FROM {table}
            WHERE {condition} AND {where}""")
    return " UNION ALL ".join(selects)


REPORTED_TABLE, GIVEN_TABLE = "rollup_reported", "rollup_given"
PERIODS_TABLE, CATEGORIES_TABLE = "rollup_periods", "rollup_categories"


# 1. From shorter periods: a stock takes the last of its months or their mean, a flow their sum.
PERIODS = adding(
    """
        SELECT p.id AS place_id, o.breakdown_id, NULL::integer AS reporters,
               CASE s.time_operator WHEN 'last' THEN (array_agg(o.numerator ORDER BY short.starts_on DESC))[1]
                                    WHEN 'mean' THEN avg(o.numerator) ELSE sum(o.numerator) END AS numerator,
               CASE s.time_operator WHEN 'last' THEN (array_agg(o.denominator ORDER BY short.starts_on DESC))[1]
                                    WHEN 'mean' THEN avg(o.denominator) ELSE sum(o.denominator) END AS denominator,
               count(*) AS periods_used,
               (SELECT count(*) FROM indicators_period each WHERE each.kind = s.frequency AND each.year = long.year
                AND each.starts_on >= long.starts_on AND each.ends_on <= long.ends_on) AS periods_expected,
               min(o.approved_at) AS oldest_input_at
        FROM rollup_place p JOIN indicators_period long ON long.id = p.period_id
        JOIN rollup_slice s ON s.indicator_id = p.indicator_id AND s.year = long.year AND s.is_combined AND s.time_operator <> 'none'
             AND s.frequency <> long.kind
        JOIN indicators_period short ON short.kind = s.frequency AND short.year = long.year
             AND short.starts_on >= long.starts_on AND short.ends_on <= long.ends_on
        JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = p.indicator_id AND o.period_id = short.id
             AND o.territory_id = p.territory_id AND o.numerator IS NOT NULL
        WHERE p.is_target
        GROUP BY p.id, o.breakdown_id, s.time_operator, s.frequency, long.id
    """,
    to=PERIODS_TABLE,
    has_rivals=True,
)

# 2. From a complete set of groups in the same territory: one rank of the breakdowns after another, and for each whole the smallest of its
# sets first, so that the other sets are added up only where that one has gaps.
MARGINS = """
    CREATE TEMPORARY TABLE rollup_margin ON COMMIT DROP AS
    SELECT m.part_id, m.whole_id, m.set_size, b.rank,
           dense_rank() OVER (PARTITION BY m.whole_id ORDER BY m.set_size, m.dimension_id) AS choice
    FROM indicators_breakdownmargin m JOIN indicators_breakdown b ON b.id = m.part_id;
    ANALYZE rollup_margin
"""

MARGIN_STEPS = """
    SELECT rank, choice, array_agg(DISTINCT part_id), array_agg(DISTINCT whole_id) FROM rollup_margin
    GROUP BY 1, 2 ORDER BY rank DESC, choice
"""

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
            SELECT whole_id, min(part_id) AS part_id FROM rollup_margin WHERE rank = %(rank)s AND choice = %(choice)s GROUP BY 1
        ) AS m ON m.part_id = c.breakdown_id
        WHERE true {_not_standing(standing)}
    """


def categories(facts: Facts, *, tables: Iterable[str], standing: Iterable[str]) -> str:
    """One step. `tables`: where some of the parts are; `standing`: where some of the wholes may stand already."""
    return adding(
        f"""
        SELECT sums.*, NULL::integer AS reporters FROM (
            SELECT c.place_id, m.whole_id AS breakdown_id, count(*) AS parts, {pooled(facts)}
            FROM ({parts_from(tables, facts, "place_id <= %(last_target)s")}) AS c
            JOIN rollup_margin m ON m.part_id = c.breakdown_id
            WHERE m.rank = %(rank)s AND m.choice = %(choice)s {_not_standing(standing)}
            GROUP BY 1, 2
        ) AS sums
        JOIN (SELECT DISTINCT whole_id, set_size FROM rollup_margin WHERE rank = %(rank)s AND choice = %(choice)s) AS whole
             ON whole.whole_id = sums.breakdown_id AND whole.set_size = sums.parts
        """,
        to=CATEGORIES_TABLE,
        has_rivals=facts.has_rivals,
    )


# 3. From the parts of the territory, from the deepest level up. The figures of the parts are complete by then.
DEPTHS = """
    SELECT depth, min(whole_id), max(whole_id), min(part_id), max(part_id) FROM rollup_part GROUP BY depth ORDER BY depth DESC
"""


def territories(facts: Facts, *, to: str, tables: Iterable[str], standing: Iterable[str]) -> str:
    """One level. A cell that the part itself gave stands for all who should report in it; one of its parts says how many did.

    `tables`: where the parts' figures are; `standing`: where those of the wholes may stand already.
    """
    there = " AND ".join(
        f"""NOT EXISTS (
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
        has_rivals=facts.has_rivals,
        where=f"WHERE {there}" if there else "",
    )


# --- Writing: only what differs ---------------------------------------------------------------------------------------------

HAS_FIGURES = """
    SELECT EXISTS (SELECT FROM rollup_scope w WHERE EXISTS (
        SELECT FROM indicators_computedplace f WHERE f.indicator_id = w.indicator_id AND f.period_id = w.period_id))
"""

_KEY = "indicator_id, period_id, territory_id, origin"
_CONTENT = (
    "breakdowns", "numerators", "denominators", "beaten", "reporters", "expected", "periods_used", "periods_expected", "oldest_inputs_at",
)  # fmt: skip
_COLUMNS = f"({_KEY}, {', '.join(_CONTENT)}, computed_at)"


def packed(facts: Facts, made: Mapping[str, str]) -> str:
    """The cells of the tables as rows of the figures' table; `made`: {table: origin}.

    What a row holds follows from its cells alone, not from what else was in the batch.
    """
    denominators = "CASE WHEN bool_or(n.denominator IS NOT NULL) THEN array_agg(n.denominator) END"
    beaten = "CASE WHEN bool_or(n.is_beaten) THEN array_agg(n.is_beaten) END"
    used, expected = (
        f"CASE WHEN max(n.periods_expected) > 1 THEN array_agg(n.{column}) END"
        for column in ("periods_used", "periods_expected")
    )
    return " UNION ALL ".join(
        f"""
        SELECT p.indicator_id, p.period_id, p.territory_id, '{origin}'::varchar(12) AS origin, n.breakdowns, n.numerators, n.denominators,
               n.beaten, {"n.reporters" if origin == Origin.TERRITORIES else "array_fill(c.reporters, ARRAY[cardinality(n.breakdowns)])"},
               c.expected, n.periods_used, n.periods_expected, n.oldest_inputs_at, now() AS computed_at
        FROM (
            SELECT n.place_id, array_agg(n.breakdown_id) AS breakdowns, array_agg(n.numerator)::numeric(40,10)[] AS numerators,
                   {denominators if facts.has_denominators else "NULL"}::numeric(40,10)[] AS denominators,
                   {beaten if facts.has_rivals else "NULL::boolean[]"} AS beaten,
                   {"array_agg(n.reporters) AS reporters," if origin == Origin.TERRITORIES else ""}
                   {used if facts.has_periods else "NULL::smallint[]"} AS periods_used,
                   {expected if facts.has_periods else "NULL::smallint[]"} AS periods_expected,
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

# --- Checking ---------------------------------------------------------------------------------------------------------------

MARK_SLICES = """
    INSERT INTO indicators_dirtymark (indicator_id, period_id)
    SELECT s.indicator_id, p.id FROM indicators_slice s JOIN indicators_period p ON p.year = s.year
    WHERE s.id = ANY(%(slices)s) AND (
        (SELECT true FROM indicators_observation o
         WHERE o.status = 'approved' AND o.indicator_id = s.indicator_id AND o.period_id = p.id
           ORDER BY o.territory_id LIMIT 1)
        OR (SELECT true FROM indicators_computedplace f WHERE f.indicator_id = s.indicator_id AND f.period_id = p.id
           ORDER BY f.territory_id LIMIT 1))
"""

MARKED_SLICES = """
    SELECT DISTINCT s.id FROM indicators_dirtymark m JOIN indicators_period p ON p.id = m.period_id
    JOIN indicators_slice s ON s.indicator_id = m.indicator_id AND s.year = p.year WHERE s.id = ANY(%(slices)s)
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
            SELECT p.indicator_id, p.period_id, p.territory_id, n.breakdown_id, n.numerator, n.denominator, n.origin, n.is_beaten,
                   coalesce(n.reporters, c.reporters) AS reporters, c.expected, coalesce(n.periods_used, 1) AS periods_used,
                   coalesce(n.periods_expected, 1) AS periods_expected, n.oldest_input_at
            FROM ({fresh}) AS n JOIN rollup_place p ON p.id = n.place_id JOIN rollup_coverage c ON c.place_id = n.place_id
        ) AS fresh
            ON (fresh.indicator_id, fresh.period_id, fresh.territory_id, fresh.breakdown_id)
             = (kept.indicator_id, kept.period_id, kept.territory_id, kept.breakdown_id)
        WHERE (kept.numerator, kept.denominator, kept.origin, kept.is_beaten, kept.reporters, kept.expected, kept.periods_used,
               kept.periods_expected, kept.oldest_input_at)
           IS DISTINCT FROM (fresh.numerator, fresh.denominator, fresh.origin, fresh.is_beaten, fresh.reporters, fresh.expected,
               fresh.periods_used, fresh.periods_expected, fresh.oldest_input_at)
        ORDER BY 1, 2, 3, 4
    """


def compared(made: Mapping[str, str]) -> str:
    """How many figures there are."""
    return "SELECT " + " + ".join(f"(SELECT count(*) FROM {table})" for table in made)


# What the workbench leaves behind goes at the end of the transaction; a batch after it in the same one starts anew.
LEFT_BEHIND = r"""
    SELECT string_agg(relname, ', ') FROM pg_class
    WHERE relkind = 'r' AND relnamespace = pg_my_temp_schema() AND relname LIKE 'rollup\_%'
"""
