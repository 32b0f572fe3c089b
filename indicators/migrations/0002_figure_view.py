from django.db import migrations

# One reading of every cell: the reported figure where there is one, else the computed one. The value is in the indicator's unit.
FIGURE_VIEW = """
CREATE VIEW indicators_figure AS
SELECT f.indicator_id, f.period_id, f.territory_id, f.breakdown_id, f.numerator, f.denominator,
       CASE WHEN f.value IS NOT NULL THEN f.value
            WHEN f.denominator IS NULL THEN f.numerator * i.factor
            ELSE round(f.numerator * i.factor / f.denominator, 10) END AS value,
       f.flag, f.origin, f.reporters, f.expected, f.periods_used, f.periods_expected, f.oldest_input_at, f.computed_at, f.source_id
FROM (
    SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, value, flag,
           'reported' AS origin, CASE WHEN flag = 'missing' THEN 0 ELSE 1 END AS reporters, 1 AS expected,
           1 AS periods_used, 1 AS periods_expected, approved_at AS oldest_input_at, approved_at AS computed_at, source_id
    FROM indicators_observation WHERE status = 'approved'
    UNION ALL
    SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, NULL, '',
           origin, reporters, expected, periods_used, periods_expected, oldest_input_at, computed_at, NULL
    FROM indicators_computedfigure WHERE NOT is_beaten
) AS f JOIN indicators_indicator i ON i.id = f.indicator_id
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_initial")]

    operations = [migrations.RunSQL(FIGURE_VIEW, "DROP VIEW indicators_figure")]
