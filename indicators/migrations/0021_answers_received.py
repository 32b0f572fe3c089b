"""How many of those who were asked for a figure have answered: it is the whole only when all have."""

from django.db import migrations, models

# As before, but that a figure which several were asked for says how many of them reported it.
FIGURE_VIEW = """
DROP VIEW indicators_figure;
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
    FROM indicators_computedfigure WHERE NOT is_beaten
) AS f JOIN indicators_indicator i ON i.id = f.indicator_id
"""
FIGURE_VIEW_BEFORE = FIGURE_VIEW.replace("coalesce(answered::integer, 1)", "1").replace(
    "coalesce(asked::integer, 1)", "1"
)


class Migration(migrations.Migration):
    dependencies = [("indicators", "0020_kinds_of_periods")]

    operations = [
        migrations.AddField(
            model_name="observation",
            name="answered",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="answers"),
        ),
        migrations.AddField(
            model_name="observation",
            name="asked",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="asked"),
        ),
        migrations.AddConstraint(
            model_name="observation",
            constraint=models.CheckConstraint(
                condition=models.Q(("answered", None), ("asked", None))
                | models.Q(("answered__lte", models.F("asked")), ("asked__gt", 0)),
                name="observation_answers_of_asked",
                violation_error_message="No more can answer than were asked.",
            ),
        ),
        migrations.RunSQL(FIGURE_VIEW, FIGURE_VIEW_BEFORE),
    ]
