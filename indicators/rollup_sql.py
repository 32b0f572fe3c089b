"""The SQL of the rollup, in the order in which `rollup.recompute` runs it. Parameters: indicator, year, frequency, rank, depth, kind."""

# --- Claiming ---------------------------------------------------------------------------------------------------------

HAS_WORK = """
    SELECT EXISTS (
        SELECT FROM indicators_dirtymark m JOIN indicators_period p ON p.id = m.period_id
        JOIN indicators_slice s ON s.indicator_id = m.indicator_id AND s.year = p.year AND s.parked_at IS NULL)
"""

# A claim is committed before the work begins, with its attempt: it holds while the session lock of its run does, that is while the worker
# lives. A slice that saw its worker die (or fail) three times is not claimed a fourth time, and is parked here.
CLAIM = """
    WITH next AS (
        SELECT s.id FROM indicators_slice s
        WHERE s.parked_at IS NULL AND NOT s.id = ANY(%(failed)s)
          AND (s.claimed_by_id IS NULL OR s.claimed_by_id = %(run)s OR NOT EXISTS (
            SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = %(space)s AND l.objid = s.claimed_by_id
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())))
          AND EXISTS (
            SELECT FROM indicators_period p JOIN indicators_dirtymark m ON m.period_id = p.id
            WHERE p.year = s.year AND m.indicator_id = s.indicator_id)
        ORDER BY s.attempts, s.id LIMIT 1 FOR NO KEY UPDATE OF s SKIP LOCKED
    )
    UPDATE indicators_slice s SET attempts = s.attempts + 1, claimed_by_id = %(run)s,
        parked_at = CASE WHEN s.attempts >= %(max_attempts)s THEN now() END
    FROM next WHERE s.id = next.id RETURNING s.id, s.parked_at IS NOT NULL
"""

MARK_ALL = """
    INSERT INTO indicators_dirtymark (indicator_id, period_id, territory_id)
    SELECT DISTINCT indicator_id, period_id, territory_id FROM (
        SELECT indicator_id, period_id, territory_id FROM indicators_observation WHERE status = 'approved'
        UNION ALL SELECT indicator_id, period_id, territory_id FROM indicators_computedfigure) AS places
"""

# --- The workbench ------------------------------------------------------------------------------------------------------

# The marks go and the figures come in one transaction, so a server that loses its last moments loses both, and the work is done again:
# there is no need to wait for the disk.
# mark: what changed. target: what is recomputed, with its level in the tree. expected: how many territories should report.
# link: the direct parts of each target, and how many reporting territories a report of the part stands for. fresh: the figures to be.
WORKBENCH = """
    SET LOCAL synchronous_commit TO off;
    CREATE TEMPORARY TABLE IF NOT EXISTS rollup_mark (period_id bigint, territory_id bigint);
    CREATE TEMPORARY TABLE IF NOT EXISTS rollup_target
        (period_id bigint, territory_id bigint, depth smallint, PRIMARY KEY (period_id, territory_id));
    CREATE TEMPORARY TABLE IF NOT EXISTS rollup_expected
        (period_id bigint, territory_id bigint, territories integer, PRIMARY KEY (period_id, territory_id));
    CREATE TEMPORARY TABLE IF NOT EXISTS rollup_link
        (period_id bigint, whole_id bigint, part_id bigint, depth smallint, reporters integer);
    CREATE TEMPORARY TABLE IF NOT EXISTS rollup_fresh (
        period_id bigint, territory_id bigint, breakdown_id bigint, numerator numeric(40,10), denominator numeric(40,10),
        origin varchar(12), reporters integer, expected integer, periods_used smallint, periods_expected smallint,
        oldest_input_at timestamptz, PRIMARY KEY (period_id, territory_id, breakdown_id));
    TRUNCATE rollup_mark, rollup_target, rollup_expected, rollup_link, rollup_fresh;
"""

TAKE_MARKS = """
    WITH taken AS (
        DELETE FROM indicators_dirtymark m USING indicators_period p
        WHERE p.id = m.period_id AND p.year = %(year)s AND m.indicator_id = %(indicator)s
        RETURNING m.period_id, m.territory_id
    )
    INSERT INTO rollup_mark SELECT DISTINCT period_id, territory_id FROM taken
"""

# The kind of the deepest territories with an approved figure in the slice.
REPORTING_KIND = """
    SELECT t.kind
    FROM (SELECT DISTINCT o.territory_id FROM indicators_observation o JOIN indicators_period p ON p.id = o.period_id
          WHERE o.status = 'approved' AND o.indicator_id = %(indicator)s AND p.year = %(year)s) AS reporting
    JOIN orgs_territory t ON t.id = reporting.territory_id AND t.kind <> 'unallocated'
    JOIN orgs_territoryclosure c ON c.descendant_id = t.id
    GROUP BY t.id, t.kind ORDER BY max(c.depth) DESC, t.kind LIMIT 1
"""

MARK_SLICE = """
    INSERT INTO rollup_mark
    SELECT DISTINCT o.period_id, o.territory_id FROM indicators_observation o JOIN indicators_period p ON p.id = o.period_id
    WHERE o.status = 'approved' AND o.indicator_id = %(indicator)s AND p.year = %(year)s
"""

# The marked places, the longer periods that hold the marked ones, and all territories above them at that time.
TARGETS = """
    INSERT INTO rollup_target
    SELECT places.period_id, c.ancestor_id, level.depth
    FROM (
        SELECT DISTINCT long.id AS period_id, long.ends_on, m.territory_id
        FROM rollup_mark m JOIN indicators_period p ON p.id = m.period_id
        JOIN indicators_period long ON long.year = p.year AND long.starts_on <= p.starts_on AND long.ends_on >= p.ends_on
             AND (long.id = p.id OR p.kind = %(frequency)s)
    ) AS places
    JOIN orgs_territoryclosure c ON c.descendant_id = places.territory_id
         AND (places.ends_on BETWEEN c.valid_from AND c.valid_to OR c.depth = 0)
    JOIN (SELECT descendant_id, max(depth) AS depth FROM orgs_territoryclosure GROUP BY 1) AS level ON level.descendant_id = c.ancestor_id
    GROUP BY 1, 2, 3;
    ANALYZE rollup_target;
"""

DEPTHS = "SELECT DISTINCT depth FROM rollup_target ORDER BY depth DESC"

# How many territories of the reporting kind lie in each target and in each of its direct parts, and which parts add up to which whole.
EXPECTED = """
    INSERT INTO rollup_link
    SELECT t.period_id, t.territory_id, part.id, t.depth, 0
    FROM rollup_target t JOIN indicators_period p ON p.id = t.period_id
    JOIN orgs_territory whole ON whole.id = t.territory_id AND whole.has_all_parts
    JOIN orgs_territory part ON part.parent_id = whole.id AND p.ends_on BETWEEN part.valid_from AND part.valid_to
    WHERE p.ends_on BETWEEN whole.valid_from AND whole.valid_to;
    INSERT INTO rollup_expected
    SELECT places.period_id, places.territory_id, count(d.id)
    FROM (SELECT period_id, territory_id FROM rollup_target UNION SELECT period_id, part_id FROM rollup_link) AS places
    JOIN indicators_period p ON p.id = places.period_id
    LEFT JOIN (orgs_territoryclosure c JOIN orgs_territory d ON d.id = c.descendant_id AND d.kind = %(kind)s)
         ON c.ancestor_id = places.territory_id AND p.ends_on BETWEEN c.valid_from AND c.valid_to
    GROUP BY 1, 2;
    UPDATE rollup_link l SET reporters = greatest(e.territories, 1)
    FROM rollup_expected e, orgs_territory part
    WHERE e.period_id = l.period_id AND e.territory_id = l.part_id AND part.id = l.part_id AND part.kind <> 'unallocated';
    ANALYZE rollup_link, rollup_expected;
"""

# --- 1. From shorter periods --------------------------------------------------------------------------------------------

_PERIODS = """
    INSERT INTO rollup_fresh
    SELECT t.period_id, t.territory_id, o.breakdown_id, {numerator}, {denominator}, 'periods',
           CASE WHEN terr.kind = 'unallocated' THEN 0 ELSE greatest(e.territories, 1) END, greatest(e.territories, 1),
           count(*), (SELECT count(*) FROM indicators_period s WHERE s.kind = %(frequency)s AND s.year = long.year
                      AND s.starts_on >= long.starts_on AND s.ends_on <= long.ends_on),
           min(o.approved_at)
    FROM rollup_target t
    JOIN orgs_territory terr ON terr.id = t.territory_id
    JOIN rollup_expected e ON e.period_id = t.period_id AND e.territory_id = t.territory_id
    JOIN indicators_period long ON long.id = t.period_id AND long.kind <> %(frequency)s
    JOIN indicators_period short ON short.kind = %(frequency)s AND short.year = long.year
         AND short.starts_on >= long.starts_on AND short.ends_on <= long.ends_on
    JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = %(indicator)s AND o.period_id = short.id
         AND o.territory_id = t.territory_id AND o.numerator IS NOT NULL
    GROUP BY t.period_id, t.territory_id, o.breakdown_id, terr.kind, e.territories, long.id
"""

PERIODS = {
    "sum": _PERIODS.format(numerator="sum(o.numerator)", denominator="sum(o.denominator)"),
    "pooled": _PERIODS.format(numerator="sum(o.numerator)", denominator="sum(o.denominator)"),
    "mean": _PERIODS.format(numerator="avg(o.numerator)", denominator="avg(o.denominator)"),
    "last": _PERIODS.format(
        numerator="(array_agg(o.numerator ORDER BY short.starts_on DESC))[1]",
        denominator="(array_agg(o.denominator ORDER BY short.starts_on DESC))[1]",
    ),
}

# --- 2. From a complete set of groups in the same territory -----------------------------------------------------------------

# What the territory itself said of the cells of one rank: reported, else drawn from its shorter periods or its own groups.
_OWN = """
    SELECT o.period_id, o.territory_id, o.breakdown_id, o.numerator, o.denominator,
           1 AS periods_used, 1 AS periods_expected, o.approved_at AS oldest_input_at
    FROM rollup_target t JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = %(indicator)s
         AND o.period_id = t.period_id AND o.territory_id = t.territory_id AND o.numerator IS NOT NULL
    JOIN indicators_breakdown b ON b.id = o.breakdown_id AND b.rank = %(rank)s
    UNION ALL
    SELECT f.period_id, f.territory_id, f.breakdown_id, f.numerator, f.denominator,
           f.periods_used, f.periods_expected, f.oldest_input_at
    FROM rollup_fresh f JOIN indicators_breakdown b ON b.id = f.breakdown_id AND b.rank = %(rank)s WHERE NOT EXISTS (
        SELECT FROM indicators_observation o WHERE o.status = 'approved' AND o.indicator_id = %(indicator)s
        AND o.period_id = f.period_id AND o.territory_id = f.territory_id AND o.breakdown_id = f.breakdown_id AND o.numerator IS NOT NULL)
"""

CATEGORIES = f"""
    INSERT INTO rollup_fresh
    SELECT DISTINCT ON (s.period_id, s.territory_id, s.whole_id)
           s.period_id, s.territory_id, s.whole_id, s.numerator, s.denominator, 'categories',
           CASE WHEN terr.kind = 'unallocated' THEN 0 ELSE greatest(e.territories, 1) END, greatest(e.territories, 1),
           s.periods_used, s.periods_expected, s.oldest_input_at
    FROM (
        SELECT own.period_id, own.territory_id, m.whole_id, m.dimension_id, m.set_size,
               sum(own.numerator) AS numerator, sum(own.denominator) AS denominator, min(own.periods_used) AS periods_used,
               max(own.periods_expected) AS periods_expected, min(own.oldest_input_at) AS oldest_input_at
        FROM ({_OWN}) AS own JOIN indicators_breakdownmargin m ON m.part_id = own.breakdown_id
        GROUP BY 1, 2, 3, 4, 5 HAVING count(*) = m.set_size
    ) AS s
    JOIN orgs_territory terr ON terr.id = s.territory_id
    JOIN rollup_expected e ON e.period_id = s.period_id AND e.territory_id = s.territory_id
    ORDER BY s.period_id, s.territory_id, s.whole_id, s.set_size, s.dimension_id
    ON CONFLICT DO NOTHING
"""

# --- 3. From the parts of the territory -------------------------------------------------------------------------------------

# The figures of the direct parts of this level's targets are complete by now: those of targets were written a level before.
TERRITORIES = """
    INSERT INTO rollup_fresh
    SELECT part.period_id, part.whole_id, part.breakdown_id, sum(part.numerator), sum(part.denominator), 'territories',
           sum(part.reporters), max(e.territories), min(part.periods_used), max(part.periods_expected), min(part.oldest_input_at)
    FROM (
        SELECT l.period_id, l.whole_id, o.breakdown_id, o.numerator, o.denominator, l.reporters,
               1 AS periods_used, 1 AS periods_expected, o.approved_at AS oldest_input_at
        FROM rollup_link l
        JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = %(indicator)s AND o.period_id = l.period_id
             AND o.territory_id = l.part_id AND o.numerator IS NOT NULL
        WHERE l.depth = %(depth)s
        UNION ALL
        SELECT l.period_id, l.whole_id, f.breakdown_id, f.numerator, f.denominator, f.reporters,
               f.periods_used, f.periods_expected, f.oldest_input_at
        FROM rollup_link l
        JOIN indicators_computedfigure f ON f.indicator_id = %(indicator)s AND f.period_id = l.period_id
             AND f.territory_id = l.part_id AND NOT f.is_beaten
        WHERE l.depth = %(depth)s
    ) AS part
    JOIN rollup_expected e ON e.period_id = part.period_id AND e.territory_id = part.whole_id
    GROUP BY 1, 2, 3
    ON CONFLICT DO NOTHING
"""

# --- Writing: only what differs ---------------------------------------------------------------------------------------------

REMOVE_STALE = """
    DELETE FROM indicators_computedfigure f USING rollup_target t
    WHERE t.depth = %(depth)s AND f.indicator_id = %(indicator)s AND f.period_id = t.period_id AND f.territory_id = t.territory_id
      AND NOT EXISTS (SELECT FROM rollup_fresh n WHERE n.period_id = f.period_id AND n.territory_id = f.territory_id
                      AND n.breakdown_id = f.breakdown_id)
"""

WRITE_FRESH = """
    INSERT INTO indicators_computedfigure AS old
        (indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, origin, is_beaten, reporters, expected,
         periods_used, periods_expected, oldest_input_at, computed_at)
    SELECT %(indicator)s, f.period_id, f.territory_id, f.breakdown_id, f.numerator, f.denominator, f.origin,
           EXISTS (SELECT FROM indicators_observation o WHERE o.status = 'approved' AND o.indicator_id = %(indicator)s
                   AND o.period_id = f.period_id AND o.territory_id = f.territory_id AND o.breakdown_id = f.breakdown_id
                   AND o.flag <> 'missing'),
           f.reporters, f.expected, f.periods_used, f.periods_expected, f.oldest_input_at, now()
    FROM rollup_fresh f JOIN rollup_target t ON t.period_id = f.period_id AND t.territory_id = f.territory_id
    WHERE t.depth = %(depth)s
    ON CONFLICT (indicator_id, period_id, territory_id, breakdown_id) DO UPDATE
    SET numerator = excluded.numerator, denominator = excluded.denominator, origin = excluded.origin, is_beaten = excluded.is_beaten,
        reporters = excluded.reporters, expected = excluded.expected, periods_used = excluded.periods_used,
        periods_expected = excluded.periods_expected, oldest_input_at = excluded.oldest_input_at, computed_at = excluded.computed_at
    WHERE (old.numerator, old.denominator, old.origin, old.is_beaten, old.reporters, old.expected, old.periods_used,
           old.periods_expected, old.oldest_input_at)
       IS DISTINCT FROM (excluded.numerator, excluded.denominator, excluded.origin, excluded.is_beaten, excluded.reporters,
           excluded.expected, excluded.periods_used, excluded.periods_expected, excluded.oldest_input_at)
"""
