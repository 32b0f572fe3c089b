"""The SQL of the quality rules. Each rule gives rows as `quality_found` takes them.

quality_cell: the cells of the batch. quality_known: these and the approved ones near them, with
    size   the people behind the figure (a count; else the denominator)
    x      the figure in the indicator's unit
    is_here whether the batch says something of the same place and period
    points whether differences are in points of a unit (shares, means, scores) instead of in people
    is_preliminary whether the source calls it provisional or estimated
    is_broken whether the series has a break here, which explains a difference from what was before

Aliases: c: a cell that a rule asks about (of quality_cell or quality_known) · w: the whole that it is part of · b: the others of its series, or of
the places beside it · k: all of quality_known · n: quality_within · m: the medians of some cells · o: indicators_observation, or what is said ·
old: the one that would be replaced · i: indicators_indicator · p: indicators_period · s: indicators_slice · t: orgs_territory (above: the one that
holds it) · d: indicators_dimension · g: indicators_breakdownmargin · r: quality_series · y: quality_time · l: quality_place · e: quality_group ·
a: quality_around · f: indicators_finding · q: quality_found.
"""

from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from indicators.vocabulary import RANGE_OF_UNIT, Flag, Unit

_X = SQL("""CASE WHEN {o}.value IS NOT NULL THEN {o}.value WHEN {o}.denominator IS NULL THEN {o}.numerator * i.factor
        ELSE {o}.numerator * i.factor / {o}.denominator END""")
X, X_OF_OLD = _X.format(o=SQL("o")), _X.format(o=SQL("old"))

COLUMNS = SQL("""o.indicator_id, o.period_id, o.territory_id, o.breakdown_id, o.numerator, o.denominator, o.flags & {broken} > 0 AS is_broken,
    o.flags & {preliminary} > 0 AS is_preliminary,
    i.measure, i.unit, i.measure <> 'count' AS points, p.kind, p.starts_on, p.ends_on,
    CASE WHEN i.measure = 'count' THEN o.numerator ELSE o.denominator END AS size, {x} AS x""").format(
    broken=Literal(Flag.BREAK), preliminary=Literal(Flag.PROVISIONAL | Flag.ESTIMATED), x=X
)

# What a batch says: once it is stored, and while a dry run has it in the engine's temporary table (indicators/imports/engine.py).
STORED = SQL("(SELECT * FROM indicators_observation WHERE batch_id = %(batch)s AND status = 'submitted')")
CHECKED = SQL("(SELECT * FROM import_cell WHERE news <> 'same')")


def cells(said: Composable) -> Composed:
    return SQL("""
    CREATE TEMPORARY TABLE quality_cell ON COMMIT DROP AS
    SELECT {columns}, true AS is_new
    FROM {said} AS o JOIN indicators_indicator i ON i.id = o.indicator_id JOIN indicators_period p ON p.id = o.period_id
    WHERE o.flags < {missing};
    ANALYZE quality_cell;
    """).format(columns=COLUMNS, said=said, missing=Literal(Flag.MISSING))


# The values that would be replaced, the largest changes of each indicator; people and points are not held against each other.
def changes(said: Composable) -> Composed:
    return SQL("""
    INSERT INTO indicators_importchange (batch_id, indicator_id, period_id, territory_id, breakdown_id, before, after)
    SELECT %(batch)s, indicator_id, period_id, territory_id, breakdown_id, before, after FROM (
        SELECT *, row_number() OVER (PARTITION BY indicator_id
            ORDER BY abs(coalesce(after, 0) - coalesce(before, 0)) DESC, territory_id, period_id, breakdown_id) AS place
        FROM (
            SELECT o.indicator_id, o.period_id, o.territory_id, o.breakdown_id, round({x_of_old}, 10) AS before, round({x}, 10) AS after
            FROM {said} AS o JOIN indicators_indicator i ON i.id = o.indicator_id
            JOIN indicators_observation old ON old.status = 'approved' AND old.indicator_id = o.indicator_id AND old.period_id = o.period_id
                AND old.territory_id = o.territory_id AND old.breakdown_id = o.breakdown_id
        ) AS both_values WHERE before IS DISTINCT FROM after
    ) AS ranked WHERE place <= %(most)s ORDER BY place, indicator_id LIMIT %(most)s
    """).format(said=said, x=X, x_of_old=X_OF_OLD)


# Approved cells of the same series, of the same place, and of the places around it in the same period. Tables with statistics, so that a
# small batch looks cells up and a large one joins them. `indicators_slice` names the years in which an indicator has figures at all.
NEAR = """
    CREATE TEMPORARY TABLE quality_series ON COMMIT DROP AS
    SELECT DISTINCT indicator_id, territory_id, breakdown_id, kind FROM quality_cell;
    CREATE TEMPORARY TABLE quality_time ON COMMIT DROP AS
    SELECT s.indicator_id, p.kind, p.id AS period_id FROM (SELECT DISTINCT indicator_id, kind FROM quality_cell) AS k
    JOIN indicators_slice s ON s.indicator_id = k.indicator_id JOIN indicators_period p ON p.year = s.year AND p.kind = k.kind;
    CREATE TEMPORARY TABLE quality_place ON COMMIT DROP AS
    SELECT DISTINCT indicator_id, period_id, territory_id FROM quality_cell;
    CREATE TEMPORARY TABLE quality_group ON COMMIT DROP AS
    SELECT DISTINCT indicator_id, period_id, breakdown_id FROM quality_cell;
    CREATE TEMPORARY TABLE quality_around ON COMMIT DROP AS
    WITH own AS (SELECT DISTINCT t.id, t.parent_id FROM quality_place l JOIN orgs_territory t ON t.id = l.territory_id)
    SELECT parent_id AS territory_id FROM own WHERE parent_id IS NOT NULL
    UNION SELECT t.id FROM own JOIN orgs_territory t ON t.parent_id = own.id
    UNION SELECT t.id FROM (SELECT DISTINCT parent_id FROM own) AS above JOIN orgs_territory t ON t.parent_id = above.parent_id;
    ANALYZE quality_series; ANALYZE quality_time; ANALYZE quality_place; ANALYZE quality_group; ANALYZE quality_around;
"""


def _known(near: Composable) -> Composed:
    return SQL("""
    CREATE TEMPORARY TABLE quality_known ON COMMIT DROP AS
    SELECT *, true AS is_here FROM quality_cell
    UNION ALL
    SELECT {columns}, false, is_here FROM (
    {near}
    ) AS near JOIN indicators_observation o ON o.id = near.id
    JOIN indicators_indicator i ON i.id = o.indicator_id JOIN indicators_period p ON p.id = o.period_id
    WHERE o.flags < {missing} AND NOT EXISTS (
        SELECT FROM quality_cell c WHERE c.indicator_id = o.indicator_id AND c.territory_id = o.territory_id
        AND c.breakdown_id = o.breakdown_id AND c.period_id = o.period_id);
    """).format(columns=COLUMNS, near=near, missing=Literal(Flag.MISSING))


# How many cells would be looked up, and about how many one pass would read.
LOOK_UPS = """
    SELECT (SELECT count(*) FROM quality_series r JOIN quality_time y ON y.indicator_id = r.indicator_id AND y.kind = r.kind)
        + (SELECT count(*) FROM quality_place)
        + (SELECT count(*) FROM quality_group) * (SELECT count(*) FROM quality_around)
"""
APPROVED_ABOUT = """
    EXPLAIN (FORMAT JSON) SELECT FROM indicators_observation WHERE status = 'approved' AND indicator_id = ANY(%(indicators)s)
"""

# Where few cells stand near the batch: each is looked up.
KNOWN_BY_LOOKING_UP = _known(
    SQL("""
    SELECT id, bool_or(is_here) AS is_here FROM (
        SELECT o.id, false AS is_here FROM quality_series r JOIN quality_time y ON y.indicator_id = r.indicator_id AND y.kind = r.kind
        JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = r.indicator_id AND o.period_id = y.period_id
            AND o.territory_id = r.territory_id AND o.breakdown_id = r.breakdown_id
        UNION ALL
        SELECT o.id, true FROM quality_place l JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = l.indicator_id
            AND o.period_id = l.period_id AND o.territory_id = l.territory_id
        UNION ALL
        SELECT o.id, false FROM quality_group e CROSS JOIN quality_around a JOIN indicators_observation o ON o.status = 'approved'
            AND o.indicator_id = e.indicator_id AND o.period_id = e.period_id AND o.territory_id = a.territory_id
            AND o.breakdown_id = e.breakdown_id
    ) AS found GROUP BY id
""")
)

# Where many do: one pass over what is approved of these indicators.
KNOWN_BY_ONE_PASS = _known(
    SQL("""
    SELECT o.id, l.period_id IS NOT NULL AS is_here
    FROM indicators_observation o
    JOIN indicators_period p ON p.id = o.period_id
    LEFT JOIN quality_series r ON r.indicator_id = o.indicator_id AND r.territory_id = o.territory_id AND r.breakdown_id = o.breakdown_id
        AND r.kind = p.kind
    LEFT JOIN quality_place l ON l.indicator_id = o.indicator_id AND l.period_id = o.period_id AND l.territory_id = o.territory_id
    LEFT JOIN quality_group e ON e.indicator_id = o.indicator_id AND e.period_id = o.period_id AND e.breakdown_id = o.breakdown_id
    LEFT JOIN quality_around a ON a.territory_id = o.territory_id
    WHERE o.status = 'approved' AND o.indicator_id IN (SELECT indicator_id FROM quality_place)
        AND (r.kind IS NOT NULL OR l.period_id IS NOT NULL OR (e.period_id IS NOT NULL AND a.territory_id IS NOT NULL))
""")
)

_CELL = SQL("{c}.indicator_id, {c}.period_id, {c}.territory_id, {c}.breakdown_id")
CELL, CELL_OF_M = _CELL.format(c=SQL("c")), _CELL.format(c=SQL("m"))
SAME_PLACE = SQL("w.indicator_id = c.indicator_id AND w.territory_id = c.territory_id AND w.period_id = c.period_id")
SAME_SERIES = SQL(
    "b.indicator_id = c.indicator_id AND b.territory_id = c.territory_id AND b.breakdown_id = c.breakdown_id AND b.kind = c.kind"
)

# Against the nearest whole that is too small.
PART_OVER_WHOLE = SQL("""
    SELECT DISTINCT ON ({cell}) %(rule)s, {cell}, c.size, w.size, w.breakdown_id, NULL::bigint, ''
    FROM quality_known c JOIN quality_within n ON n.part_id = c.breakdown_id
    JOIN quality_known w ON {same_place} AND w.breakdown_id = n.whole_id
    WHERE c.is_here AND w.is_here AND (c.is_new OR w.is_new) AND c.size - w.size > %(minimum)s
    ORDER BY {cell}, n.steps, w.breakdown_id
""").format(cell=CELL, same_place=SAME_PLACE)

PART_OVER_BASE = SQL("""
    SELECT %(rule)s, {cell}, c.numerator, c.denominator, NULL::bigint, NULL::bigint, ''
    FROM quality_cell c WHERE c.measure = 'ratio' AND c.unit = 'percent' AND c.numerator > c.denominator
""").format(cell=CELL)

SHARE_OVER_100 = SQL("""
    SELECT %(rule)s, {cell}, c.x, NULL::numeric, NULL::bigint, NULL::bigint, ''
    FROM quality_cell c WHERE c.unit = 'percent' AND c.denominator IS NULL AND c.x > %(threshold)s
""").format(cell=CELL)

# The ranges of the units, as a table. Shares above 100 % are another rule's, which has a limit of its own.
RANGES = SQL(", ").join(
    SQL("({unit}, {low}, {high})").format(
        unit=Literal(unit),
        low=Literal(low),
        high=SQL("NULL::integer") if high is None or unit == Unit.PERCENT else Literal(high),
    )
    for unit, (low, high) in RANGE_OF_UNIT.items()
)
OUTSIDE_RANGE = SQL("""
    SELECT %(rule)s, {cell}, c.x, CASE WHEN c.x < span.low THEN span.low ELSE span.high END, NULL::bigint, NULL::bigint, ''
    FROM quality_cell c JOIN (VALUES {ranges}) AS span (unit, low, high) ON span.unit = c.unit
    WHERE c.x < span.low OR c.x > span.high
""").format(cell=CELL, ranges=RANGES)

# A published share (of which no parts are known) between 0 and 1: where the indicator has nothing else, or where a hundred times as much is nearer to
# what the same group has elsewhere. A group that has so little everywhere is left alone.
HUNDREDS = Literal(tuple(unit for unit, (low, high) in RANGE_OF_UNIT.items() if high == 100))
FRACTION = SQL("""
    WITH plain AS (SELECT * FROM quality_known WHERE unit IN {hundreds} AND numerator IS NULL),
    usual AS (
        SELECT indicator_id, breakdown_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY x::float8) AS median
        FROM plain WHERE x > 1 GROUP BY 1, 2
    )
    SELECT %(rule)s, {cell}, c.x, NULL::numeric, NULL::bigint, NULL::bigint, ''
    FROM plain c LEFT JOIN usual u ON u.indicator_id = c.indicator_id AND u.breakdown_id = c.breakdown_id
    WHERE c.is_new AND c.x > 0 AND c.x < 1 AND CASE WHEN u.median IS NULL THEN c.indicator_id NOT IN (SELECT indicator_id FROM usual)
        ELSE abs(100 * c.x::float8 - u.median) < abs(c.x::float8 - u.median) END
""").format(cell=CELL, hundreds=HUNDREDS)

# A source that speaks of a running period calls it provisional or estimated. Nobody can count one that has not begun.
NOT_ENDED = SQL("""
    SELECT %(rule)s, {cell}, c.x, NULL::numeric, NULL::bigint, NULL::bigint, ''
    FROM quality_cell c WHERE c.x IS NOT NULL AND c.ends_on >= current_date AND (c.starts_on > current_date OR NOT c.is_preliminary)
""").format(cell=CELL)

OFF = SQL("abs(sums.total - w.size) > greatest(%(minimum)s, abs(w.size) * %(threshold)s / 100)")

# A complete set, with what stands beside it, that adds up to something else; an incomplete one only where it is already more than the whole.
PARTS_DIFFER = SQL("""
    SELECT %(rule)s, w.indicator_id, w.period_id, w.territory_id, w.breakdown_id, w.size, sums.total, NULL::bigint, NULL::bigint, d.code
    FROM (
        SELECT c.indicator_id, c.period_id, c.territory_id, g.whole_id, g.dimension_id, g.set_size, sum(c.size) AS total,
               count(*) FILTER (WHERE NOT g.is_beside) AS parts,
               bool_or(c.is_new) AS is_new
        FROM quality_known c JOIN indicators_breakdownmargin g ON g.part_id = c.breakdown_id
        WHERE c.measure = 'count' AND c.is_here AND g.whole_id IN (SELECT DISTINCT breakdown_id FROM quality_known)
        GROUP BY 1, 2, 3, 4, 5, 6
    ) AS sums
    JOIN quality_known w ON w.indicator_id = sums.indicator_id AND w.period_id = sums.period_id AND w.territory_id = sums.territory_id
        AND w.breakdown_id = sums.whole_id
    JOIN indicators_dimension d ON d.id = sums.dimension_id
    WHERE (sums.is_new OR w.is_new) AND {off} AND (sums.parts = sums.set_size OR sums.total > w.size)
""").format(off=OFF)

TERRITORIES_DIFFER = SQL("""
    SELECT %(rule)s, w.indicator_id, w.period_id, w.territory_id, w.breakdown_id, w.size, sums.total, NULL::bigint, NULL::bigint, 'territory'
    FROM (
        SELECT c.indicator_id, c.period_id, t.parent_id, c.breakdown_id, sum(c.size) AS total, count(*) AS parts, bool_or(c.is_new) AS is_new
        FROM quality_known c JOIN orgs_territory t ON t.id = c.territory_id AND t.valid_from <= c.ends_on AND t.valid_to >= c.starts_on
        WHERE c.measure = 'count' AND t.parent_id IN (SELECT DISTINCT territory_id FROM quality_known)
        GROUP BY 1, 2, 3, 4
    ) AS sums
    JOIN quality_known w ON w.indicator_id = sums.indicator_id AND w.period_id = sums.period_id AND w.territory_id = sums.parent_id
        AND w.breakdown_id = sums.breakdown_id
    JOIN orgs_territory above ON above.id = w.territory_id
    WHERE (sums.is_new OR w.is_new) AND {off} AND (sums.total > w.size OR above.has_all_parts AND sums.parts = (
        SELECT count(*) FROM orgs_territory t WHERE t.parent_id = above.id AND t.valid_from <= w.ends_on AND t.valid_to >= w.starts_on))
""").format(off=OFF)

FAR = SQL("CASE WHEN c.points THEN %(minimum_points)s ELSE %(minimum)s END")

# Between a cell and the period before it, whichever of the two is new. A break in the series explains itself.
JUMP = SQL(" UNION ALL ").join(
    SQL("""
    SELECT %(rule)s, {cell}, c.x, b.x, NULL::bigint, b.period_id, ''
    FROM {later} c JOIN {earlier} b ON {same_series} AND b.ends_on + 1 = c.starts_on
    WHERE {is_new} AND NOT c.is_broken AND abs(c.x - b.x) >= {far} AND abs(c.x - b.x) > abs(b.x) * %(threshold)s / 100
    """).format(
        cell=CELL, later=Identifier(later), earlier=Identifier(earlier), same_series=SAME_SERIES, is_new=is_new, far=FAR
    )
    for later, earlier, is_new in [
        ("quality_cell", "quality_known", SQL("true")),
        ("quality_known", "quality_cell", SQL("NOT c.is_new")),
    ]
)

# Told once for a place, at the total or the breakdown nearest to it.
GAP = SQL("""
    WITH times AS (
        SELECT indicator_id, territory_id, kind, starts_on, ends_on, period_id, bool_or(is_new) AS is_new,
               (array_agg(breakdown_id ORDER BY breakdown_id))[1] AS breakdown_id
        FROM quality_known WHERE (indicator_id, territory_id, kind) IN (SELECT indicator_id, territory_id, kind FROM quality_cell)
        GROUP BY 1, 2, 3, 4, 5, 6
    ),
    steps AS (
        SELECT *, lag(ends_on) OVER w AS ended_on, lag(period_id) OVER w AS before_id, lag(is_new) OVER w AS was_new
        FROM times WINDOW w AS (PARTITION BY indicator_id, territory_id, kind ORDER BY starts_on)
    )
    SELECT %(rule)s, {cell}, 0, NULL::numeric, NULL::bigint, c.before_id, ''
    FROM steps c WHERE (c.is_new OR c.was_new) AND c.starts_on > c.ended_on + 1 AND (
        SELECT count(*) FROM indicators_period p WHERE p.kind = c.kind AND p.starts_on > c.ended_on AND p.ends_on < c.starts_on) > %(threshold)s
""").format(cell=CELL)

# The median deviation counts for at least a twentieth of the median: a series that hardly moves would else cry at anything.
MAD = SQL("greatest(percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(b.x::float8 - m.median)), abs(m.median) / 20)")

# Its own history: at least five other periods, and beyond all that was seen in them. Only those few get a median.
OUTLIER = SQL("""
    WITH spans AS (
        SELECT indicator_id, territory_id, breakdown_id, kind, count(x) AS periods, min(x) AS low, max(x) AS high, sum(x) AS total
        FROM quality_known GROUP BY 1, 2, 3, 4 HAVING count(x) > 5
    ),
    suspects AS (
        SELECT c.* FROM quality_cell c JOIN spans b ON {same_series}
        WHERE (c.x = b.low OR c.x = b.high) AND b.low < b.high AND NOT c.is_broken
            AND abs(c.x - (b.total - c.x) / (b.periods - 1)) >= {far}
    ),
    medians AS (
        SELECT {cell}, c.x, percentile_cont(0.5) WITHIN GROUP (ORDER BY b.x::float8) AS median
        FROM suspects c JOIN quality_known b ON {same_series} AND b.period_id <> c.period_id
        GROUP BY {cell}, c.x, c.points HAVING abs(c.x::float8 - percentile_cont(0.5) WITHIN GROUP (ORDER BY b.x::float8)) >= {far}
    )
    SELECT %(rule)s, {cell}, c.x, round(m.median::numeric, 10), NULL::bigint, NULL::bigint, ''
    FROM medians m JOIN suspects c ON ({cell_of_m}) = ({cell})
    JOIN quality_known b ON {same_series} AND b.period_id <> c.period_id
    GROUP BY {cell}, c.x, m.median HAVING abs(c.x::float8 - m.median) > %(threshold)s * {mad}
""").format(cell=CELL, same_series=SAME_SERIES, far=FAR, mad=MAD, cell_of_m=CELL_OF_M)

# The places beside it, for figures that do not grow with the place: at least seven others.
OUTLIER_BESIDE = SQL("""
    WITH beside AS (
        SELECT k.*, t.parent_id FROM quality_known k JOIN orgs_territory t ON t.id = k.territory_id
        WHERE k.points AND t.parent_id IS NOT NULL AND t.kind <> 'unallocated'
    ),
    medians AS (
        SELECT indicator_id, period_id, breakdown_id, parent_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY x::float8) AS median
        FROM beside GROUP BY 1, 2, 3, 4 HAVING count(x) > 7
    ),
    spreads AS (
        SELECT m.indicator_id, m.period_id, m.breakdown_id, m.parent_id, m.median, {mad} AS mad
        FROM medians m JOIN beside b USING (indicator_id, period_id, breakdown_id, parent_id) GROUP BY 1, 2, 3, 4, 5
    )
    SELECT %(rule)s, {cell}, c.x, round(spreads.median::numeric, 10), NULL::bigint, NULL::bigint, 'territory'
    FROM beside c JOIN spreads ON spreads.indicator_id = c.indicator_id AND spreads.period_id = c.period_id
        AND spreads.breakdown_id = c.breakdown_id AND spreads.parent_id = c.parent_id
    WHERE c.is_new AND abs(c.x::float8 - spreads.median) >= {far} AND abs(c.x::float8 - spreads.median) > %(threshold)s * spreads.mad
""").format(cell=CELL, far=FAR, mad=MAD)

FOUND = SQL("""(f.rule, f.indicator_id, f.period_id, f.territory_id, f.breakdown_id, f.detail)
    = (q.rule, q.indicator_id, q.period_id, q.territory_id, q.breakdown_id, q.detail)
    AND (f.amount, f.other, f.other_breakdown_id, f.other_period_id) IS NOT DISTINCT FROM
        (round(q.amount, 10), round(q.other, 10), q.other_breakdown_id, q.other_period_id)""")

KEEP_ACCEPTED = SQL("""
    DELETE FROM indicators_finding f WHERE batch_id = %(batch)s AND (accepted_at IS NULL OR NOT EXISTS (
        SELECT FROM quality_found q WHERE {found}));
    INSERT INTO indicators_finding
        (batch_id, rule, indicator_id, period_id, territory_id, breakdown_id, amount, other, other_breakdown_id, other_period_id, detail, reason)
    SELECT %(batch)s, q.rule, q.indicator_id, q.period_id, q.territory_id, q.breakdown_id, q.amount, q.other, q.other_breakdown_id,
           q.other_period_id, q.detail, ''
    FROM quality_found q WHERE NOT EXISTS (SELECT FROM indicators_finding f WHERE f.batch_id = %(batch)s AND {found})
    ORDER BY q.rule, q.indicator_id, q.territory_id, q.period_id, q.breakdown_id
""").format(found=FOUND)
