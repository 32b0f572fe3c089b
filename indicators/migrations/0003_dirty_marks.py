from django.db import migrations

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
       OR EXISTS (SELECT FROM indicators_computedplace f WHERE f.indicator_id = s.indicator_id
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
        OR EXISTS (SELECT FROM indicators_computedplace f WHERE f.indicator_id = NEW.id AND f.period_id = p.id));
    RETURN NULL;
END $$;
CREATE TRIGGER indicators_mark_indicator AFTER UPDATE ON indicators_indicator FOR EACH ROW
    WHEN (OLD.measure <> NEW.measure OR OLD.time_operator <> NEW.time_operator OR OLD.frequency <> NEW.frequency)
    EXECUTE FUNCTION indicators_mark_indicator();
"""

# The sum of bigint that stays bigint: half the time of the built-in one, which counts in numeric. Beyond the range it is an error.
INTEGER_SUM = "CREATE AGGREGATE indicators_integer_sum(bigint) (sfunc = int8pl, stype = bigint)"


class Migration(migrations.Migration):
    dependencies = [("indicators", "0002_views_of_figures")]

    operations = [
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
        migrations.RunSQL(INTEGER_SUM, "DROP AGGREGATE indicators_integer_sum(bigint)"),
    ]
