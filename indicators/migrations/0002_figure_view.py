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

# When the tree changes, so may the figures of what moved and of all places above it, before and after.
TREE_TRIGGERS = """
CREATE FUNCTION indicators_mark_paths() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO indicators_dirtymark (indicator_id, period_id, territory_id)
    SELECT s.indicator_id, p.id, t.id
    FROM indicators_slice s JOIN indicators_period p ON p.year = s.year
    CROSS JOIN (SELECT ancestor_id FROM changed UNION SELECT descendant_id FROM changed) AS t(id)
    WHERE EXISTS (SELECT FROM indicators_observation o WHERE o.status = 'approved' AND o.indicator_id = s.indicator_id
                  AND o.period_id = p.id AND o.territory_id = t.id)
       OR EXISTS (SELECT FROM indicators_computedfigure f WHERE f.indicator_id = s.indicator_id
                  AND f.period_id = p.id AND f.territory_id = t.id);
    RETURN NULL;
END $$;
CREATE TRIGGER indicators_mark_inserted AFTER INSERT ON orgs_territoryclosure REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION indicators_mark_paths();
CREATE TRIGGER indicators_mark_updated AFTER UPDATE ON orgs_territoryclosure REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION indicators_mark_paths();
CREATE TRIGGER indicators_mark_deleted AFTER DELETE ON orgs_territoryclosure REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION indicators_mark_paths();
"""

# When a rule changes by which figures are added up, all that it touches is done anew.
RULE_TRIGGERS = """
CREATE FUNCTION indicators_mark_territory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO indicators_dirtymark (indicator_id, period_id)
    SELECT s.indicator_id, p.id FROM indicators_slice s JOIN indicators_period p ON p.year = s.year
    WHERE EXISTS (SELECT FROM indicators_observation o JOIN orgs_territoryclosure c ON c.descendant_id = o.territory_id
                  WHERE o.status = 'approved' AND o.indicator_id = s.indicator_id AND o.period_id = p.id AND c.ancestor_id = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER indicators_mark_territory AFTER UPDATE ON orgs_territory FOR EACH ROW
    WHEN (OLD.has_all_parts <> NEW.has_all_parts OR OLD.kind <> NEW.kind) EXECUTE FUNCTION indicators_mark_territory();
CREATE FUNCTION indicators_mark_indicator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO indicators_dirtymark (indicator_id, period_id)
    SELECT s.indicator_id, p.id FROM indicators_slice s JOIN indicators_period p ON p.year = s.year
    WHERE s.indicator_id = NEW.id AND (
        EXISTS (SELECT FROM indicators_observation o WHERE o.status = 'approved' AND o.indicator_id = NEW.id AND o.period_id = p.id)
        OR EXISTS (SELECT FROM indicators_computedfigure f WHERE f.indicator_id = NEW.id AND f.period_id = p.id));
    RETURN NULL;
END $$;
CREATE TRIGGER indicators_mark_indicator AFTER UPDATE ON indicators_indicator FOR EACH ROW
    WHEN (OLD.measure <> NEW.measure OR OLD.time_operator <> NEW.time_operator OR OLD.frequency <> NEW.frequency)
    EXECUTE FUNCTION indicators_mark_indicator();
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_initial")]

    operations = [
        migrations.RunSQL(FIGURE_VIEW, "DROP VIEW indicators_figure"),
        migrations.RunSQL(
            TREE_TRIGGERS,
            "DROP TRIGGER indicators_mark_inserted ON orgs_territoryclosure;"
            "DROP TRIGGER indicators_mark_updated ON orgs_territoryclosure;"
            "DROP TRIGGER indicators_mark_deleted ON orgs_territoryclosure;"
            "DROP FUNCTION indicators_mark_paths()",
        ),
        migrations.RunSQL(
            RULE_TRIGGERS,
            "DROP TRIGGER indicators_mark_territory ON orgs_territory;"
            "DROP TRIGGER indicators_mark_indicator ON indicators_indicator;"
            "DROP FUNCTION indicators_mark_territory();"
            "DROP FUNCTION indicators_mark_indicator()",
        ),
    ]
