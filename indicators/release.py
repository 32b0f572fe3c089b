"""Disclosure control: what of the figures may be shown without telling of a few people. Decided once, when a release is made.

For an indicator with a threshold t and a rounding base b:

1. A count from 1 to t - 1 is small, and so is a ratio or mean with a small part. One small cell protects its whole table: all cells of that
   indicator, territory and period that are broken down by the same dimensions. A small total protects every table of its place.
2. Where just one part of a territory is protected, it could be had as the difference to the others: the sibling with the smallest
   total is protected too.
3. The counts that are shown are rounded to the nearest multiple of b, each for itself, so that sums do not give them away.

A threshold of 0 says that the source has published these very cells: nothing is protected or rounded.
"""

from django.db import connection

from indicators.models import Release

FREEZE = """
    INSERT INTO indicators_releasedfigure
        (release_id, indicator_id, territory_id, period_id, breakdown_id, state, numerator, denominator, value, flag, origin,
         reporters, expected, periods_used, periods_expected, oldest_input_at, source_id)
    SELECT %(release)s, f.indicator_id, f.territory_id, f.period_id, f.breakdown_id,
           CASE WHEN f.flag = 'missing' THEN 'missing' ELSE 'shown' END,
           f.numerator, f.denominator, f.value, f.flag, f.origin,
           f.reporters, f.expected, f.periods_used, f.periods_expected, f.oldest_input_at, f.source_id
    FROM indicators_figure f
"""

# The dimensions of each breakdown: "age&sex", "" for the total.
TABLES = """
    CREATE TEMPORARY TABLE breakdown_table ON COMMIT DROP AS
    SELECT id AS breakdown_id, regexp_replace(key, '=[^&]*', '', 'g') AS dimensions FROM indicators_breakdown;
    CREATE UNIQUE INDEX ON breakdown_table (breakdown_id);
    ANALYZE breakdown_table;
"""

# The tables with a small cell; with a small total, all tables of the place.
PROTECTED = """
    CREATE TEMPORARY TABLE protected ON COMMIT DROP AS
    SELECT DISTINCT small.indicator_id, small.territory_id, small.period_id, t.dimensions
    FROM (
        SELECT DISTINCT r.indicator_id, r.territory_id, r.period_id, b.dimensions
        FROM indicators_releasedfigure r JOIN indicators_indicator i ON i.id = r.indicator_id
             JOIN breakdown_table b ON b.breakdown_id = r.breakdown_id
        WHERE r.release_id = %(release)s AND i.threshold > 0
          AND (r.numerator > 0 AND r.numerator < i.threshold OR r.denominator < i.threshold)
    ) AS small
    JOIN (SELECT DISTINCT dimensions FROM breakdown_table) AS t ON t.dimensions = small.dimensions OR small.dimensions = '';
    CREATE UNIQUE INDEX ON protected (indicator_id, period_id, dimensions, territory_id);
    ANALYZE protected;
"""

# A protected table that is the only one among its siblings, and the sibling with the smallest total that joins it.
COMPLEMENT = """
    INSERT INTO protected
    SELECT DISTINCT joining.indicator_id, joining.territory_id, joining.period_id, t.dimensions
    FROM (
        SELECT DISTINCT ON (s.indicator_id, s.parent_id, s.period_id, s.dimensions)
               s.indicator_id, r.territory_id, s.period_id, s.dimensions
        FROM (
            SELECT p.indicator_id, p.period_id, p.dimensions, t.parent_id, min(p.territory_id) AS only_one
            FROM protected p JOIN orgs_territory t ON t.id = p.territory_id
            WHERE t.parent_id IS NOT NULL
            GROUP BY 1, 2, 3, 4 HAVING count(*) = 1
        ) AS s
        JOIN orgs_territory t ON t.parent_id = s.parent_id AND t.id <> s.only_one
        JOIN indicators_releasedfigure r ON r.release_id = %(release)s AND r.indicator_id = s.indicator_id
             AND r.period_id = s.period_id AND r.territory_id = t.id
        JOIN indicators_breakdown b ON b.id = r.breakdown_id AND b.key = ''
        ORDER BY s.indicator_id, s.parent_id, s.period_id, s.dimensions, r.numerator, r.territory_id
    ) AS joining
    JOIN (SELECT DISTINCT dimensions FROM breakdown_table) AS t ON t.dimensions = joining.dimensions OR joining.dimensions = ''
    ON CONFLICT DO NOTHING
"""

SUPPRESS = """
    UPDATE indicators_releasedfigure r SET state = 'suppressed', numerator = NULL, denominator = NULL, value = NULL
    FROM protected p, breakdown_table b
    WHERE r.release_id = %(release)s AND r.indicator_id = p.indicator_id AND r.territory_id = p.territory_id AND r.period_id = p.period_id
      AND b.breakdown_id = r.breakdown_id AND b.dimensions = p.dimensions AND r.state = 'shown'
"""

ROUND = """
    UPDATE indicators_releasedfigure r
    SET numerator = round(r.numerator / i.rounding) * i.rounding,
        denominator = greatest(round(r.denominator / i.rounding) * i.rounding, i.rounding),
        value = CASE WHEN r.denominator IS NULL THEN round(r.numerator / i.rounding) * i.rounding * i.factor
                     ELSE round(round(r.numerator / i.rounding) * i.rounding * i.factor
                                / greatest(round(r.denominator / i.rounding) * i.rounding, i.rounding), 10) END
    FROM indicators_indicator i
    WHERE r.release_id = %(release)s AND i.id = r.indicator_id AND r.state = 'shown' AND r.numerator IS NOT NULL
      AND i.threshold > 0 AND i.rounding > 1 AND i.measure IN ('count', 'ratio')
"""


def freeze(release: Release) -> None:
    """Copies every figure into the release, protected. Counts what it holds and hides in the release's own row."""
    parameters = {"release": release.pk}
    with connection.cursor() as cursor:
        cursor.execute(FREEZE, parameters)
        release.figures_count = cursor.rowcount
        cursor.execute("ANALYZE indicators_releasedfigure")
        cursor.execute(TABLES)
        cursor.execute(PROTECTED, parameters)
        while True:
            cursor.execute(COMPLEMENT, parameters)
            if cursor.rowcount == 0:
                break
        cursor.execute(SUPPRESS, parameters)
        release.suppressed_count = cursor.rowcount
        cursor.execute(ROUND, parameters)
        cursor.execute("DROP TABLE protected, breakdown_table")
