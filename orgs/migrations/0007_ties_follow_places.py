from django.db import migrations

# Where what is tied to a place counts (`TerritoryReach`) follows from the tree and from what became of places, so the database keeps it, as it
# does the closure: at the end of each statement that changed one of them. Only what such a change touches is found again: the places
# themselves, what lies in them, and all that became one of these. OFFSET 0 keeps each step to the index, as in orgs/models/closure.py; the
# names of the triggers make them run after those that keep the closure. What is over is kept for a week, so that no clock needs to agree.
FUNCTIONS = """
CREATE FUNCTION orgs_keep_reach(changed bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF cardinality(changed) = 0 THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('orgs_territoryclosure'));
    touched := ARRAY(
        WITH RECURSIVE touched AS (
            SELECT unnest(changed) AS id
            UNION
            SELECT n.id FROM touched u, LATERAL (
                SELECT id FROM orgs_territory WHERE parent_id = u.id
                UNION ALL SELECT predecessor_id FROM orgs_territorysuccession WHERE successor_id = u.id OFFSET 0) AS n
        ) SELECT id FROM touched);
    DELETE FROM orgs_territoryreach r USING unnest(touched) AS u(id) WHERE r.tied_to_id = u.id;

    -- What each stands for: itself to its last day, then what it became, as long as that is there.
    WITH RECURSIVE walked AS (
        SELECT t.id AS tied_to_id, t.id AS counts_in_id, date '0001-01-01' AS valid_from, t.valid_to
        FROM unnest(touched) AS u(id), LATERAL (SELECT id, valid_to FROM orgs_territory WHERE id = u.id OFFSET 0) AS t
        UNION
        SELECT w.tied_to_id, n.id, greatest(w.valid_from, w.valid_to + 1), n.valid_to
        FROM walked w, LATERAL (
            SELECT t.id, t.valid_to FROM orgs_territorysuccession s JOIN orgs_territory t ON t.id = s.successor_id
            WHERE s.predecessor_id = w.counts_in_id OFFSET 0) AS n
        WHERE w.valid_to < date '9999-12-31'
    ), stands AS (
        SELECT w.tied_to_id, w.counts_in_id, min(w.valid_from) AS valid_from,
            CASE WHEN EXISTS (SELECT FROM orgs_territorysuccession WHERE predecessor_id = w.counts_in_id)
                THEN max(w.valid_to) ELSE date '9999-12-31' END AS valid_to
        FROM walked w GROUP BY 1, 2
    )
    INSERT INTO orgs_territoryreach (counts_in_id, tied_to_id, depth, valid_from, valid_to)
    SELECT counts_in_id, tied_to_id, 0, valid_from, valid_to FROM stands
    WHERE valid_from <= valid_to AND valid_to >= current_date - 7;

    -- In what that lies, and what became of this.
    INSERT INTO orgs_territoryreach (counts_in_id, tied_to_id, depth, valid_from, valid_to)
    SELECT h.counts_in_id, u.id, max(c.depth), greatest(s.valid_from, h.valid_from), max(least(s.valid_to, h.valid_to))
    FROM unnest(touched) AS u(id),
        LATERAL (SELECT * FROM orgs_territoryreach WHERE tied_to_id = u.id AND depth = 0 OFFSET 0) AS s,
        LATERAL (SELECT * FROM orgs_territoryclosure WHERE descendant_id = s.counts_in_id AND depth > 0 OFFSET 0) AS c,
        LATERAL (SELECT * FROM orgs_territoryreach WHERE tied_to_id = c.ancestor_id AND depth = 0 OFFSET 0) AS h
    WHERE greatest(s.valid_from, h.valid_from) <= least(s.valid_to, h.valid_to) AND least(s.valid_to, h.valid_to) >= current_date - 7
    GROUP BY 1, 2, 4
    ON CONFLICT DO NOTHING;
END $$;

-- Whether what is tied to the one place counts in the other, today or on a day to come.
CREATE FUNCTION orgs_counts_in(tied bigint, place bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM orgs_territoryreach p JOIN orgs_territoryreach t ON t.counts_in_id = p.counts_in_id
        WHERE p.tied_to_id = place AND p.depth = 0 AND t.tied_to_id = tied)
$$;

CREATE FUNCTION orgs_reach_of_new_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM orgs_keep_reach(ARRAY(SELECT id FROM new_rows));
    RETURN NULL;
END $$;

CREATE FUNCTION orgs_reach_of_moved_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- EXCEPT, since of the rows of a statement nobody knows how many there are, and a join would compare each with each.
    PERFORM orgs_keep_reach(ARRAY(
        SELECT id FROM (
            SELECT id, parent_id, valid_from, valid_to FROM new_rows EXCEPT SELECT id, parent_id, valid_from, valid_to FROM old_rows
        ) changed));
    RETURN NULL;
END $$;

CREATE FUNCTION orgs_reach_of_removed_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM orgs_territoryreach r USING old_rows o WHERE o.id IN (r.counts_in_id, r.tied_to_id);
    RETURN NULL;
END $$;

CREATE FUNCTION orgs_reach_of_new_successions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM orgs_keep_reach(ARRAY(SELECT DISTINCT predecessor_id FROM new_rows));
    RETURN NULL;
END $$;

CREATE FUNCTION orgs_reach_of_changed_successions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM orgs_keep_reach(ARRAY(SELECT predecessor_id FROM new_rows UNION SELECT predecessor_id FROM old_rows));
    RETURN NULL;
END $$;

CREATE FUNCTION orgs_reach_of_removed_successions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM orgs_keep_reach(ARRAY(SELECT DISTINCT predecessor_id FROM old_rows));
    RETURN NULL;
END $$;

CREATE TRIGGER reach_inserted AFTER INSERT ON orgs_territory REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orgs_reach_of_new_places();
CREATE TRIGGER reach_updated AFTER UPDATE ON orgs_territory REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orgs_reach_of_moved_places();
CREATE TRIGGER reach_deleted AFTER DELETE ON orgs_territory REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orgs_reach_of_removed_places();
CREATE TRIGGER reach_inserted AFTER INSERT ON orgs_territorysuccession REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orgs_reach_of_new_successions();
CREATE TRIGGER reach_updated AFTER UPDATE ON orgs_territorysuccession REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orgs_reach_of_changed_successions();
CREATE TRIGGER reach_deleted AFTER DELETE ON orgs_territorysuccession REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION orgs_reach_of_removed_successions();
"""
NO_FUNCTIONS = """
DROP TRIGGER reach_deleted ON orgs_territorysuccession;
DROP TRIGGER reach_updated ON orgs_territorysuccession;
DROP TRIGGER reach_inserted ON orgs_territorysuccession;
DROP TRIGGER reach_deleted ON orgs_territory;
DROP TRIGGER reach_updated ON orgs_territory;
DROP TRIGGER reach_inserted ON orgs_territory;
DROP FUNCTION orgs_reach_of_removed_successions();
DROP FUNCTION orgs_reach_of_changed_successions();
DROP FUNCTION orgs_reach_of_new_successions();
DROP FUNCTION orgs_reach_of_removed_places();
DROP FUNCTION orgs_reach_of_moved_places();
DROP FUNCTION orgs_reach_of_new_places();
DROP FUNCTION orgs_counts_in(bigint, bigint);
DROP FUNCTION orgs_keep_reach(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0006_middles_of_places")]
    operations = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS)]
