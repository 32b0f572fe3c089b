"""The SQL of the rollup, in the order in which `rollup.recompute` runs it.

A batch is a set of claimed slices; all statements work on the whole batch. Each (indicator, period, territory) of it is a *place* with a
number, so that the large sets carry two integers for a cell and not four. Places to be recomputed come first (targets, the deepest level of
the tree before the others), then the direct parts of targets that are only read.

Aliases: m: indicators_dirtymark, rollup_mark · s: indicators_slice, rollup_slice · d: indicators_period, rollup_period (long and short, where one
holds the other) · i: indicators_indicator · o: indicators_observation · t: orgs_territory (part: one below it) · c: orgs_territoryclosure ·
w: rollup_scope · p: rollup_place (whole: one with parts) · l: rollup_link · k: rollup_kind · e: rollup_expected · v: rollup_coverage ·
r: rollup_reported · f: indicators_computedplace, indicators_computedfigure · g: indicators_breakdownmargin · b: indicators_breakdown.
"""

from psycopg2.sql import SQL, Literal

from indicators.catalogue.periods import CALENDAR_KINDS
from indicators.vocabulary import QUALITIES, Flag
from orgs.locks import HELD

# What the planner has to know of the places; of their arrays it would learn nothing, slowly.
COUNT_PLACES = SQL("ANALYZE indicators_computedplace (indicator_id, period_id, territory_id)")

# --- Claiming ---------------------------------------------------------------------------------------------------------

HAS_WORK = """
    SELECT EXISTS (
        SELECT FROM indicators_dirtymark m JOIN indicators_period d ON d.id = m.period_id
        JOIN indicators_slice s ON s.indicator_id = m.indicator_id AND s.year = d.year AND s.parked_at IS NULL)
"""

# A claim is committed before the work begins, with its attempt: it holds while the session lock of its run does, that is while the worker
# lives. A slice that saw its worker die (or fail) three times is not claimed a fourth time, and is parked here. Slices that failed before are
# claimed alone; the others together until their marks are many, where a mark without a territory stands for a whole tree. The lock on claiming
# makes a worker wait for another's claim, instead of finding nothing to do behind its row locks.
CLAIM = SQL("""
    SELECT pg_advisory_xact_lock(%(space)s, 0);
    WITH waiting AS (
        SELECT s.id, s.attempts FROM indicators_slice s
        WHERE s.parked_at IS NULL AND NOT s.id = ANY(%(failed)s)
          AND (s.claimed_by_id IS NULL OR s.claimed_by_id = %(run)s OR NOT EXISTS (
            SELECT FROM pg_locks held WHERE {held} AND held.classid = %(space)s AND held.objid = s.claimed_by_id))
          AND EXISTS (
            SELECT FROM indicators_period d JOIN indicators_dirtymark m ON m.period_id = d.id
            WHERE d.year = s.year AND m.indicator_id = s.indicator_id)
        ORDER BY s.attempts, s.id LIMIT %(slices)s FOR NO KEY UPDATE OF s SKIP LOCKED
    ), weighed AS (
        SELECT waiting.id, waiting.attempts, row_number() OVER steps AS place, sum(weight.places) OVER steps AS places
        FROM waiting JOIN indicators_slice s ON s.id = waiting.id CROSS JOIN LATERAL (
            SELECT sum(CASE WHEN m.territory_id IS NULL THEN %(tree)s ELSE 1 END) AS places
            FROM indicators_period d JOIN indicators_dirtymark m ON m.period_id = d.id
            WHERE d.year = s.year AND m.indicator_id = s.indicator_id) AS weight
        WINDOW steps AS (ORDER BY waiting.attempts, waiting.id)
    )
    UPDATE indicators_slice s SET attempts = s.attempts + 1, claimed_by_id = %(run)s,
        parked_at = CASE WHEN s.attempts >= %(max_attempts)s THEN now() END
    FROM weighed WHERE s.id = weighed.id AND (weighed.place = 1 OR weighed.attempts = 0 AND weighed.places <= %(places)s)
    RETURNING s.id, s.parked_at IS NOT NULL
""").format(held=HELD)


# --- The workbench ------------------------------------------------------------------------------------------------------

# The marks go and the figures come in one transaction, so a server that loses its last moments loses both, and the work is done again:
# there is no need to wait for the disk. A worker that was killed is noticed while its statement still runs, and its locks go with it.
# Every place is looked up once, so that remembering what was found only costs.
SETTINGS = """
    SET LOCAL client_connection_check_interval TO '2s';
    SET LOCAL synchronous_commit TO off;
    SET LOCAL enable_memoize TO off;
    SET LOCAL work_mem TO '128MB';
    SET LOCAL default_statistics_target TO 10;
"""

# The claimed slices, with how their indicators add up. `kind` is that of the territories that should report.
SLICES = """
    CREATE TEMPORARY TABLE rollup_slice ON COMMIT DROP AS
    SELECT s.id, s.indicator_id, s.year, s.reporting_kind, i.frequency, i.time_operator, i.measure <> 'score' AS is_combined
    FROM indicators_slice s JOIN indicators_indicator i ON i.id = s.indicator_id WHERE s.id = ANY(%(slices)s);
    ANALYZE rollup_slice
"""

TAKE_MARKS = """
    CREATE TEMPORARY TABLE rollup_mark ON COMMIT DROP AS
    SELECT NULL::bigint AS indicator_id, NULL::bigint AS period_id, NULL::bigint AS territory_id LIMIT 0;
    WITH taken AS (
        DELETE FROM indicators_dirtymark m USING rollup_slice s, indicators_period d
        WHERE d.year = s.year AND m.indicator_id = s.indicator_id AND m.period_id = d.id
        RETURNING m.indicator_id, m.period_id, m.territory_id
    )
    INSERT INTO rollup_mark SELECT DISTINCT indicator_id, period_id, territory_id FROM taken
"""

# Which territories should report is read off those that do: the kind of the deepest one with an approved figure in the slice. When that
# changes, every coverage in the slice does. Asked by kind, the deepest first, so that one probe of the index is mostly enough. Here
# too, an order and a limit leave the planner nothing but the probe.
REPORTING_KINDS = """
    CREATE TEMPORARY TABLE rollup_period ON COMMIT DROP AS
    SELECT s.id AS slice_id, s.indicator_id, d.id AS period_id FROM rollup_slice s JOIN indicators_period d ON d.year = s.year
    WHERE (SELECT true FROM indicators_observation o
           WHERE o.status = 'approved' AND o.indicator_id = s.indicator_id AND o.period_id = d.id
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
                SELECT true FROM rollup_period d CROSS JOIN unnest(k.territories) AS t(id) CROSS JOIN LATERAL (
                    SELECT FROM indicators_observation o WHERE o.status = 'approved' AND o.indicator_id = d.indicator_id
                    AND o.period_id = d.period_id AND o.territory_id = t.id ORDER BY o.breakdown_id LIMIT 1) AS found
                WHERE d.slice_id = s.id LIMIT 1)
            LIMIT 1), '') AS kind
        FROM rollup_slice s
    ), changed AS (
        UPDATE indicators_slice s SET reporting_kind = now.kind FROM now
        WHERE s.id = now.id AND s.reporting_kind <> now.kind RETURNING s.id, s.reporting_kind
    ), here AS (
        UPDATE rollup_slice s SET reporting_kind = changed.reporting_kind FROM changed WHERE s.id = changed.id RETURNING s.id
    )
    INSERT INTO rollup_mark (indicator_id, period_id)
    SELECT d.indicator_id, d.period_id FROM here JOIN rollup_period d ON d.slice_id = here.id
"""

# The marked periods and the longer ones that hold them. `is_whole`: marked without a territory, so that every place of it is done anew.
# `is_drawn`: not the indicator's own kind of period, so that it may be drawn from shorter ones.
SCOPE = SQL("""
    CREATE TEMPORARY TABLE rollup_scope ON COMMIT DROP AS
    SELECT m.indicator_id, long.id AS period_id, long.ends_on, long.kind <> s.frequency AND long.kind IN {calendar} AS is_drawn,
           bool_or(m.territory_id IS NULL) AS is_whole
    FROM rollup_mark m JOIN indicators_period d ON d.id = m.period_id
    JOIN rollup_slice s ON s.indicator_id = m.indicator_id AND s.year = d.year
    JOIN indicators_period long ON long.year = d.year AND long.starts_on <= d.starts_on AND long.ends_on >= d.ends_on
         AND (long.id = d.id OR d.kind = s.frequency AND long.kind IN {calendar})
    GROUP BY 1, 2, 3, 4;
    ANALYZE rollup_scope, rollup_mark
""").format(calendar=CALENDAR_KINDS)

# Targets: the marked territories (or all that were observed) and those above them at that time, each with its level in the tree.
PLACES = """
    CREATE TEMPORARY TABLE rollup_seen ON COMMIT DROP AS
    SELECT w.indicator_id, w.period_id, w.ends_on, o.territory_id
    FROM rollup_scope w CROSS JOIN LATERAL (
        SELECT DISTINCT territory_id FROM indicators_observation
        WHERE status = 'approved' AND indicator_id = w.indicator_id AND period_id = w.period_id) AS o
    WHERE w.is_whole
    UNION
    SELECT w.indicator_id, w.period_id, w.ends_on, o.territory_id
    FROM rollup_scope w JOIN indicators_period long ON long.id = w.period_id
    JOIN rollup_slice s ON s.indicator_id = w.indicator_id AND s.year = long.year
    JOIN indicators_period short ON short.kind = s.frequency AND short.year = long.year
         AND short.starts_on >= long.starts_on AND short.ends_on <= long.ends_on
    CROSS JOIN LATERAL (
        SELECT DISTINCT territory_id FROM indicators_observation
        WHERE status = 'approved' AND indicator_id = w.indicator_id AND period_id = short.id) AS o
    WHERE w.is_whole AND w.is_drawn
    UNION
    SELECT w.indicator_id, w.period_id, w.ends_on, m.territory_id
    FROM rollup_mark m JOIN indicators_period d ON d.id = m.period_id
    JOIN rollup_scope w ON w.indicator_id = m.indicator_id AND NOT w.is_whole
    JOIN indicators_period long ON long.id = w.period_id AND long.year = d.year
         AND long.starts_on <= d.starts_on AND long.ends_on >= d.ends_on
    WHERE m.territory_id IS NOT NULL;
    ANALYZE rollup_seen;
    CREATE TEMPORARY TABLE rollup_place ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY depth DESC, indicator_id, period_id, territory_id)::integer AS id, places.*, true AS is_target
    FROM (
        SELECT seen.indicator_id, seen.period_id, c.ancestor_id AS territory_id, level.depth
        FROM rollup_seen seen
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
    FROM rollup_place whole JOIN indicators_period d ON d.id = whole.period_id
    JOIN rollup_slice s ON s.indicator_id = whole.indicator_id AND s.year = d.year AND s.is_combined
    JOIN orgs_territory t ON t.id = whole.territory_id AND t.has_all_parts AND d.ends_on BETWEEN t.valid_from AND t.valid_to
    JOIN orgs_territory part ON part.parent_id = t.id AND d.ends_on BETWEEN part.valid_from AND part.valid_to;
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
        SELECT DISTINCT s.reporting_kind AS kind, d.id AS period_id, d.ends_on
        FROM rollup_scope w JOIN indicators_period d ON d.id = w.period_id
        JOIN rollup_slice s ON s.indicator_id = w.indicator_id AND s.year = d.year
    )
    SELECT a.kind, a.period_id, c.ancestor_id AS territory_id, count(*)::integer AS territories
    FROM asked a JOIN orgs_territory t ON t.kind = a.kind
    JOIN orgs_territoryclosure c ON c.descendant_id = t.id AND a.ends_on BETWEEN c.valid_from AND c.valid_to
    WHERE NOT EXISTS (SELECT FROM orgs_territory part WHERE part.parent_id = t.id AND part.kind = a.kind
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
    SELECT l.whole_id, l.depth, p.id AS part_id, v.reporters
    FROM rollup_link l
    JOIN rollup_place p ON p.indicator_id = l.indicator_id AND p.period_id = l.period_id AND p.territory_id = l.territory_id
    JOIN rollup_coverage v ON v.place_id = p.id;
    ANALYZE rollup_part
"""

# What was reported of each place (a score or a bare rate has no numerator); the reported cells beside which something may be computed
# (conflicting); what stands computed of the places that are only read (carried).
CELLS = SQL("""
    CREATE TEMPORARY TABLE rollup_reported ON COMMIT DROP AS
    SELECT p.id AS place_id, o.breakdown_id, o.numerator, o.denominator, o.approved_at, o.flags >= {not_applicable} AS is_void,
           (o.flags & {qualities})::smallint AS flags, coalesce(o.answered < o.asked, false) AS is_part
    FROM rollup_place p JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = p.indicator_id
         AND o.period_id = p.period_id AND o.territory_id = p.territory_id
    WHERE o.flags < {missing};
    ANALYZE rollup_reported;
    CREATE TEMPORARY TABLE rollup_conflicting ON COMMIT DROP AS
    SELECT r.place_id, r.breakdown_id FROM rollup_reported r
    WHERE r.numerator IS NULL OR r.breakdown_id IN (SELECT whole_id FROM indicators_breakdownmargin) OR r.place_id IN (
        SELECT whole_id FROM rollup_part
        UNION ALL
        SELECT p.id FROM rollup_place p JOIN indicators_period d ON d.id = p.period_id
        JOIN rollup_slice s ON s.indicator_id = p.indicator_id AND s.year = d.year AND s.frequency <> d.kind
        WHERE d.kind IN {calendar});
    ANALYZE rollup_conflicting;
    CREATE TEMPORARY TABLE rollup_carried ON COMMIT DROP AS
    SELECT p.id AS place_id, f.breakdown_id, f.numerator, f.denominator, f.reporters, f.periods_used, f.periods_expected, f.flags,
           f.oldest_input_at
    FROM rollup_place p JOIN indicators_computedfigure f ON f.indicator_id = p.indicator_id AND f.period_id = p.period_id
         AND f.territory_id = p.territory_id AND NOT f.is_overridden
    WHERE NOT p.is_target;
    ANALYZE rollup_carried
""").format(
    not_applicable=Literal(Flag.NOT_APPLICABLE),
    qualities=Literal(QUALITIES),
    missing=Literal(Flag.MISSING),
    calendar=CALENDAR_KINDS,
)

# --- What the batch has -------------------------------------------------------------------------------------------------

# What a batch does not have is not carried along. Whole numbers, of which no sum of a batch can leave the range of a bigint, are added up as
# such, which is exact as well and takes half the time of numeric.
REPORTED = """
    SELECT breakdown_id, count(*), max(place_id), bool_or(numerator IS NOT NULL OR is_void), bool_or(denominator IS NOT NULL),
           bool_and(coalesce(min_scale(numerator) = 0 AND numerator BETWEEN -1e12 AND 1e12, true)
                    AND coalesce(min_scale(denominator) = 0 AND denominator <= 1e12, true)),
           max(flags) > 0
    FROM rollup_reported GROUP BY 1
"""
CARRIED = """
    SELECT count(*), coalesce(bool_or(denominator IS NOT NULL), false), coalesce(max(periods_expected) > 1, false),
           coalesce(bool_and(min_scale(numerator) = 0 AND numerator BETWEEN -1e12 AND 1e12
                             AND coalesce(min_scale(denominator) = 0 AND denominator <= 1e12, true)), true),
           coalesce(max(flags) > 0, false)
    FROM rollup_carried
"""
PLACES_AND_RIVALS = SQL("""
    SELECT EXISTS (
               SELECT FROM rollup_place p JOIN indicators_period d ON d.id = p.period_id
               JOIN rollup_slice s ON s.indicator_id = p.indicator_id AND s.year = d.year AND s.is_combined
                    AND s.time_operator <> 'none' AND s.frequency <> d.kind AND d.kind IN {calendar}
               WHERE p.is_target),
           EXISTS (SELECT FROM rollup_conflicting), (SELECT coalesce(max(id), 0) FROM rollup_place WHERE is_target)
""").format(calendar=CALENDAR_KINDS)

# 2. From a complete set of groups in the same territory: one rank of the breakdowns after another, and for each whole the smallest of its
# sets first, so that the other sets are added up only where that one has gaps. What stands beside a set is added, and not missed.
MARGINS = """
    CREATE TEMPORARY TABLE rollup_margin ON COMMIT DROP AS
    SELECT g.part_id, g.whole_id, g.set_size, g.is_beside, b.rank,
           dense_rank() OVER (PARTITION BY g.whole_id ORDER BY g.set_size, g.dimension_id) AS choice
    FROM indicators_breakdownmargin g JOIN indicators_breakdown b ON b.id = g.part_id;
    ANALYZE rollup_margin
"""

MARGIN_STEPS = """
    SELECT rank, choice, array_agg(DISTINCT part_id), array_agg(DISTINCT whole_id) FROM rollup_margin
    GROUP BY 1, 2 ORDER BY rank DESC, choice
"""

# 3. From the parts of the territory, from the deepest level up. The figures of the parts are complete by then.
DEPTHS = """
    SELECT depth, min(whole_id), max(whole_id), min(part_id), max(part_id) FROM rollup_part GROUP BY depth ORDER BY depth DESC
"""

HAS_FIGURES = """
    SELECT EXISTS (SELECT FROM rollup_scope w WHERE EXISTS (
        SELECT FROM indicators_computedplace f WHERE f.indicator_id = w.indicator_id AND f.period_id = w.period_id))
"""

# --- Checking ---------------------------------------------------------------------------------------------------------------

MARK_SLICES = """
    INSERT INTO indicators_dirtymark (indicator_id, period_id)
    SELECT s.indicator_id, d.id FROM indicators_slice s JOIN indicators_period d ON d.year = s.year
    WHERE s.id = ANY(%(slices)s) AND (
        (SELECT true FROM indicators_observation o
         WHERE o.status = 'approved' AND o.indicator_id = s.indicator_id AND o.period_id = d.id
           ORDER BY o.territory_id LIMIT 1)
        OR (SELECT true FROM indicators_computedplace f WHERE f.indicator_id = s.indicator_id AND f.period_id = d.id
           ORDER BY f.territory_id LIMIT 1))
"""

MARKED_SLICES = """
    SELECT DISTINCT s.id FROM indicators_dirtymark m JOIN indicators_period d ON d.id = m.period_id
    JOIN indicators_slice s ON s.indicator_id = m.indicator_id AND s.year = d.year WHERE s.id = ANY(%(slices)s)
"""

# What the workbench leaves behind goes at the end of the transaction; a batch after it in the same one starts anew.
LEFT_BEHIND = r"""
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = pg_my_temp_schema() AND relname LIKE 'rollup\_%'
"""
