"""Disclosure control: what of the figures may be shown without telling of a few people. Decided once, when a release is made.

For an indicator with a threshold t and a rounding base b:

1. A count from 1 to t - 1 is small, and so is a ratio or mean with a small part. One small cell protects its whole table: all
   breakdown cells of that indicator, territory and period but the total. A small total is protected with its table.
2. Where just one part of a territory is protected, it could be had as the difference to the others: the sibling with the smallest
   total is protected too, for every breakdown that has it; likewise upwards, until nothing changes.
3. The counts that are shown are rounded to the nearest multiple of b, the total for itself, so that sums do not give them away.

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

# The tables (indicator, territory, period) with a small cell, and whether their total is small.
PROTECTED = """
    CREATE TEMPORARY TABLE protected ON COMMIT DROP AS
    SELECT r.indicator_id, r.territory_id, r.period_id,
           bool_or(b.key = '' AND (r.numerator > 0 AND r.numerator < i.threshold OR r.denominator < i.threshold)) AS total
    FROM indicators_releasedfigure r JOIN indicators_indicator i ON i.id = r.indicator_id
         JOIN indicators_breakdown b ON b.id = r.breakdown_id
    WHERE r.release_id = %(release)s AND i.threshold > 0
      AND (r.numerator > 0 AND r.numerator < i.threshold OR r.denominator < i.threshold)
    GROUP BY r.indicator_id, r.territory_id, r.period_id;
    CREATE UNIQUE INDEX ON protected (indicator_id, territory_id, period_id);
    ANALYZE protected;
"""

# A protected table that is the only one among its siblings, and the sibling with the smallest total that joins it.
COMPLEMENT = """
    INSERT INTO protected
    SELECT indicator_id, territory_id, period_id, bool_or(total_only) FROM (
    SELECT DISTINCT ON (s.indicator_id, t.parent_id, s.period_id, s.total_only) s.indicator_id, r.territory_id, s.period_id, s.total_only
    FROM (
        SELECT p.indicator_id, p.period_id, t.parent_id, mode.total_only, min(p.territory_id) AS only_one
        FROM protected p JOIN orgs_territory t ON t.id = p.territory_id
             CROSS JOIN (VALUES (false), (true)) AS mode (total_only)
        WHERE t.parent_id IS NOT NULL AND (p.total OR NOT mode.total_only)
        GROUP BY 1, 2, 3, 4 HAVING count(*) = 1
    ) AS s
    JOIN orgs_territory t ON t.parent_id = s.parent_id AND t.id <> s.only_one
    JOIN indicators_releasedfigure r ON r.release_id = %(release)s AND r.indicator_id = s.indicator_id
         AND r.period_id = s.period_id AND r.territory_id = t.id
    JOIN indicators_breakdown b ON b.id = r.breakdown_id AND b.key = ''
    ORDER BY s.indicator_id, t.parent_id, s.period_id, s.total_only, r.numerator, r.territory_id
    ) AS joining GROUP BY 1, 2, 3
    ON CONFLICT (indicator_id, territory_id, period_id) DO UPDATE SET total = true WHERE excluded.total AND NOT protected.total
"""

SUPPRESS = """
    UPDATE indicators_releasedfigure r SET state = 'suppressed', numerator = NULL, denominator = NULL, value = NULL
    FROM protected p, indicators_breakdown b
    WHERE r.release_id = %(release)s AND r.indicator_id = p.indicator_id AND r.territory_id = p.territory_id AND r.period_id = p.period_id
      AND b.id = r.breakdown_id AND (p.total OR b.key <> '') AND r.state = 'shown'
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
        cursor.execute(PROTECTED, parameters)
        while True:
            cursor.execute(COMPLEMENT, parameters)
            if cursor.rowcount == 0:
                break
        cursor.execute(SUPPRESS, parameters)
        release.suppressed_count = cursor.rowcount
        cursor.execute(ROUND, parameters)
        cursor.execute("DROP TABLE protected")
