"""The triggers that keep the closure of the tree of territories."""

import pgtrigger

# The closure follows from the tree, so the database keeps it: whoever writes a territory, by whatever way, the paths are right at the
# end of that statement. An ancestor holds a descendant while every territory on the path between them is valid. Only the paths to what has
# changed, and to what lies below it, are walked again; a path from a territory to itself, or one too long, fails on a constraint. OFFSET 0
# keeps each step of a walk to the index: of arrays and recursions the planner expects far more than there is.
KEEP_CLOSURE = """
    IF cardinality(changed) = 0 THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('orgs_territoryclosure'));
    affected := ARRAY(
        WITH RECURSIVE below AS (
            SELECT unnest(changed) AS id
            UNION
            SELECT t.id FROM below b, LATERAL (SELECT id FROM orgs_territory WHERE parent_id = b.id OFFSET 0) AS t
        ) SELECT id FROM below);
    WITH RECURSIVE walked AS (
        SELECT t.id AS ancestor_id, t.id AS descendant_id, 0 AS depth, t.valid_from, t.valid_to, t.parent_id
        FROM unnest(affected) AS a(id), LATERAL (SELECT * FROM orgs_territory WHERE id = a.id OFFSET 0) AS t
        UNION ALL
        SELECT t.id, w.descendant_id, w.depth + 1, greatest(w.valid_from, t.valid_from), least(w.valid_to, t.valid_to), t.parent_id
        FROM walked w, LATERAL (SELECT * FROM orgs_territory WHERE id = w.parent_id OFFSET 0) AS t
        WHERE w.depth < 12 AND greatest(w.valid_from, t.valid_from) <= least(w.valid_to, t.valid_to)
    ) CYCLE ancestor_id SET has_come_back USING trail,
    path AS MATERIALIZED (
        SELECT ancestor_id, descendant_id, max(depth) AS depth, max(valid_from) AS valid_from, min(valid_to) AS valid_to
        FROM walked GROUP BY 1, 2
    ), stale AS MATERIALIZED (
        SELECT c.ancestor_id, c.descendant_id FROM unnest(affected) AS a(id),
            LATERAL (SELECT ancestor_id, descendant_id FROM orgs_territoryclosure WHERE descendant_id = a.id OFFSET 0) AS c
        EXCEPT SELECT ancestor_id, descendant_id FROM path
    ), gone AS (
        DELETE FROM orgs_territoryclosure c USING stale s WHERE (c.ancestor_id, c.descendant_id) = (s.ancestor_id, s.descendant_id)
    )
    INSERT INTO orgs_territoryclosure (ancestor_id, descendant_id, depth, valid_from, valid_to)
    SELECT ancestor_id, descendant_id, depth, valid_from, valid_to FROM path
    ON CONFLICT (ancestor_id, descendant_id) DO UPDATE
    SET depth = excluded.depth, valid_from = excluded.valid_from, valid_to = excluded.valid_to
    WHERE (orgs_territoryclosure.depth, orgs_territoryclosure.valid_from, orgs_territoryclosure.valid_to)
        IS DISTINCT FROM (excluded.depth, excluded.valid_from, excluded.valid_to);
    RETURN NULL;
"""
INSERTED = "SELECT id FROM new_rows"
# EXCEPT, since of the rows of a statement nobody knows how many there are, and a join would compare each with each.
MOVED = """SELECT id FROM (
        SELECT id, parent_id, valid_from, valid_to FROM new_rows EXCEPT SELECT id, parent_id, valid_from, valid_to FROM old_rows) moved"""
LEAVE_CLOSURE = """
    DELETE FROM orgs_territoryclosure c USING old_rows o WHERE o.id IN (c.ancestor_id, c.descendant_id);
    RETURN NULL;
"""


def closure_trigger(
    name: str, operation: pgtrigger.Operation, changed: str, referencing: pgtrigger.Referencing
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        declare=[("changed", f"bigint[] := ARRAY({changed})"), ("affected", "bigint[]")],
        func=pgtrigger.Func(KEEP_CLOSURE),
    )
