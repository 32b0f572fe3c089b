from django.db import migrations

# One reading of every cell: the reported figure where there is one, else the computed one. The value is in the indicator's unit.
# Where the source says "missing" and the rollup found a figure all the same, the figure stands.
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
    FROM indicators_observation o WHERE status = 'approved' AND (flag <> 'missing' OR NOT EXISTS (
        SELECT FROM indicators_computedfigure c WHERE c.indicator_id = o.indicator_id AND c.period_id = o.period_id
        AND c.territory_id = o.territory_id AND c.breakdown_id = o.breakdown_id))
    UNION ALL
    SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, NULL, '',
           origin, reporters, expected, periods_used, periods_expected, oldest_input_at, computed_at, NULL
    FROM indicators_computedfigure WHERE NOT is_beaten
) AS f JOIN indicators_indicator i ON i.id = f.indicator_id
"""

# When the tree changes, the figures of every territory under the changed roots must be rolled up again.
TREE_TRIGGER = """
CREATE FUNCTION indicators_mark_tree() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO indicators_dirtymark (indicator_id, period_id, territory_id)
    SELECT DISTINCT o.indicator_id, o.period_id, o.territory_id
    FROM orgs_territoryclosure c JOIN indicators_observation o ON o.territory_id = c.descendant_id AND o.status = 'approved'
    WHERE c.ancestor_id IN (SELECT ancestor_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER indicators_mark_inserted AFTER INSERT ON orgs_territoryclosure REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION indicators_mark_tree();
CREATE TRIGGER indicators_mark_updated AFTER UPDATE ON orgs_territoryclosure REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION indicators_mark_tree();
CREATE TRIGGER indicators_mark_deleted AFTER DELETE ON orgs_territoryclosure REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION indicators_mark_tree();
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_initial")]

    operations = [
        migrations.RunSQL(FIGURE_VIEW, "DROP VIEW indicators_figure"),
        migrations.RunSQL(
            TREE_TRIGGER,
            "DROP TRIGGER indicators_mark_inserted ON orgs_territoryclosure;"
            "DROP TRIGGER indicators_mark_updated ON orgs_territoryclosure;"
            "DROP TRIGGER indicators_mark_deleted ON orgs_territoryclosure;"
            "DROP FUNCTION indicators_mark_tree()",
        ),
    ]
