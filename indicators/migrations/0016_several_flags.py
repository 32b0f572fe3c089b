import django.contrib.postgres.fields
from django.db import migrations, models

# A flag was one word. As sums of flags, a cell holds several.
NUMBER_OF_WORD = """CASE flag WHEN 'estimated' THEN 1 WHEN 'break' THEN 2 WHEN 'provisional' THEN 4 WHEN 'unreliable' THEN 8
    WHEN 'definition' THEN 16 {rest} ELSE 0 END"""

# The state of a released figure says whether it is missing or not applicable.
OBSERVATIONS = f"""
DROP VIEW indicators_figure;
ALTER TABLE indicators_observation ALTER COLUMN flag TYPE smallint
    USING {NUMBER_OF_WORD.format(rest="WHEN 'inapplicable' THEN 32 WHEN 'missing' THEN 64")};
ALTER TABLE indicators_observation RENAME COLUMN flag TO flags;
"""
RELEASED = f"""
ALTER TABLE indicators_releasedfigure ALTER COLUMN flag TYPE smallint USING {NUMBER_OF_WORD.format(rest="")};
ALTER TABLE indicators_releasedfigure RENAME COLUMN flag TO flags;
"""

COMPUTED_VIEW = """
DROP VIEW indicators_computedfigure;
CREATE VIEW indicators_computedfigure AS
SELECT f.indicator_id, f.period_id, f.territory_id, c.breakdown_id, c.numerator, c.denominator, f.origin,
       coalesce(c.is_beaten, false) AS is_beaten, c.reporters, f.expected,
       coalesce(c.periods_used, 1::smallint) AS periods_used, coalesce(c.periods_expected, 1::smallint) AS periods_expected,
       coalesce(c.flags, 0::smallint) AS flags, c.oldest_input_at, f.computed_at
FROM indicators_computedplace f CROSS JOIN LATERAL unnest(
    f.breakdowns, f.numerators, f.denominators, f.beaten, f.reporters, f.periods_used, f.periods_expected, f.flags, f.oldest_inputs_at
) AS c (breakdown_id, numerator, denominator, is_beaten, reporters, periods_used, periods_expected, flags, oldest_input_at)
"""

# One reading of every cell: the reported figure where there is one, else the computed one. The value is in the indicator's unit.
# Where the source says "missing" and the rollup found a figure all the same, the figure stands. From 64 on a cell is missing.
FIGURE_VIEW = """
CREATE VIEW indicators_figure AS
SELECT f.indicator_id, f.period_id, f.territory_id, f.breakdown_id, f.numerator, f.denominator,
       CASE WHEN f.value IS NOT NULL THEN f.value
            WHEN f.denominator IS NULL THEN f.numerator * i.factor
            ELSE round(f.numerator * i.factor / f.denominator, 10) END AS value,
       f.flags, f.origin, f.reporters, f.expected, f.periods_used, f.periods_expected, f.oldest_input_at, f.computed_at, f.source_id
FROM (
    SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, value, flags,
           'reported' AS origin, CASE WHEN flags >= 64 THEN 0 ELSE 1 END AS reporters, 1 AS expected,
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

# What is added up from flagged cells is flagged from now on.
MARK = """
INSERT INTO indicators_dirtymark (indicator_id, period_id)
SELECT DISTINCT indicator_id, period_id FROM indicators_observation WHERE status = 'approved' AND flags % 32 > 0
"""


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0015_released_steps"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="observation", name="observation_says_one_thing"),
        migrations.RunSQL(
            OBSERVATIONS,
            state_operations=[
                migrations.RenameField("observation", "flag", "flags"),
                migrations.AlterField(
                    "observation", "flags", models.SmallIntegerField(default=0, verbose_name="flags")
                ),
            ],
        ),
        migrations.RunSQL(
            RELEASED,
            state_operations=[
                migrations.RenameField("releasedfigure", "flag", "flags"),
                migrations.AlterField("releasedfigure", "flags", models.SmallIntegerField(default=0)),
            ],
        ),
        migrations.AddConstraint(
            model_name="observation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("denominator", None),
                        ("flags__gte", 32),
                        ("numerator", None),
                        ("value", None),
                    ),
                    models.Q(
                        ("flags__lt", 32),
                        models.Q(
                            models.Q(("numerator__isnull", False), ("value", None)),
                            models.Q(("denominator", None), ("numerator", None), ("value__isnull", False)),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="observation_says_one_thing",
                violation_error_message="Give a numerator, or a published value, or mark it as missing or not applicable.",
            ),
        ),
        migrations.AddConstraint(
            model_name="observation",
            constraint=models.CheckConstraint(
                condition=models.Q(("flags__gte", 0), ("flags__lte", 95)),
                name="observation_flags_known",
                violation_error_message="A figure is missing or not applicable, not both.",
            ),
        ),
        migrations.RemoveConstraint(model_name="computedplace", name="computed_arrays_of_one_length"),
        migrations.AddField(
            model_name="computedplace",
            name="flags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(), null=True, size=None
            ),
        ),
        migrations.AddConstraint(
            model_name="computedplace",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("numerators__len", models.F("breakdowns__len")),
                    ("oldest_inputs_at__len", models.F("breakdowns__len")),
                    ("reporters__len", models.F("breakdowns__len")),
                    models.Q(
                        ("denominators", None), ("denominators__len", models.F("breakdowns__len")), _connector="OR"
                    ),
                    models.Q(("beaten", None), ("beaten__len", models.F("breakdowns__len")), _connector="OR"),
                    models.Q(
                        ("periods_used", None), ("periods_used__len", models.F("breakdowns__len")), _connector="OR"
                    ),
                    models.Q(
                        ("periods_expected", None),
                        ("periods_expected__len", models.F("breakdowns__len")),
                        _connector="OR",
                    ),
                    models.Q(("flags", None), ("flags__len", models.F("breakdowns__len")), _connector="OR"),
                ),
                name="computed_arrays_of_one_length",
            ),
        ),
        migrations.RunSQL(COMPUTED_VIEW),
        migrations.RunSQL(FIGURE_VIEW),
        migrations.RunSQL(MARK),
    ]
