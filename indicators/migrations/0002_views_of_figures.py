from django.db import migrations

# The packed rows, cell by cell.
COMPUTED_VIEW = """
CREATE VIEW indicators_computedfigure AS
SELECT f.indicator_id, f.period_id, f.territory_id, c.breakdown_id, c.numerator, c.denominator, f.origin,
       coalesce(c.is_overridden, false) AS is_overridden, c.reporters, f.expected,
       coalesce(c.periods_used, 1::smallint) AS periods_used, coalesce(c.periods_expected, 1::smallint) AS periods_expected,
       coalesce(c.flags, 0::smallint) AS flags, c.oldest_input_at, f.computed_at
FROM indicators_computedplace f CROSS JOIN LATERAL unnest(
    f.breakdowns, f.numerators, f.denominators, f.overridden, f.reporters, f.periods_used, f.periods_expected, f.flags, f.oldest_inputs_at
) AS c (breakdown_id, numerator, denominator, is_overridden, reporters, periods_used, periods_expected, flags, oldest_input_at)
"""

# One reading of every cell: the reported figure where there is one, else the computed one. The value is in the indicator's unit.
# Where the source says "missing" and the rollup found a figure all the same, the figure stands. From 64 on a cell is missing.
# A figure that several were asked for says how many of them reported it.
FIGURE_VIEW = """
CREATE VIEW indicators_figure AS
SELECT f.indicator_id, f.period_id, f.territory_id, f.breakdown_id, f.numerator, f.denominator,
       CASE WHEN f.value IS NOT NULL THEN f.value
            WHEN f.denominator IS NULL THEN f.numerator * i.factor
            ELSE round(f.numerator * i.factor / f.denominator, 10) END AS value,
       f.flags, f.origin, f.reporters, f.expected, f.periods_used, f.periods_expected, f.oldest_input_at, f.computed_at, f.source_id
FROM (
    SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, value, flags,
           'reported' AS origin, CASE WHEN flags >= 64 THEN 0 ELSE coalesce(answered::integer, 1) END AS reporters, coalesce(asked::integer, 1) AS expected,
           1 AS periods_used, 1 AS periods_expected, approved_at AS oldest_input_at, approved_at AS computed_at, source_id
    FROM indicators_observation o WHERE status = 'approved' AND (flags < 64 OR NOT EXISTS (
        SELECT FROM indicators_computedplace c WHERE c.indicator_id = o.indicator_id AND c.period_id = o.period_id
        AND c.territory_id = o.territory_id AND o.breakdown_id = ANY(c.breakdowns)))
    UNION ALL
    SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, NULL, flags,
           origin, reporters, expected, periods_used, periods_expected, oldest_input_at, computed_at, NULL
    FROM indicators_computedfigure WHERE NOT is_overridden
) AS f JOIN indicators_indicator i ON i.id = f.indicator_id
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_initial")]

    operations = [
        migrations.RunSQL(COMPUTED_VIEW, "DROP VIEW indicators_computedfigure"),
        migrations.RunSQL(FIGURE_VIEW, "DROP VIEW indicators_figure"),
    ]
