"""The statements that hold what is kept beside what was recomputed. `made`: {temporary table of cells: origin of its figures}.

Aliases: kept: indicators_computedfigure (f) · fresh: the cells that were recomputed · n: a table of them · p: rollup_place · w: rollup_scope ·
v: rollup_coverage.
"""

from collections.abc import Mapping

from psycopg2.sql import SQL, Composed, Identifier, Literal


def differences(made: Mapping[str, str]) -> Composed:
    """For all cells of the scope: what is on one side alone, or says something else there."""
    fresh = SQL(" UNION ALL ").join(
        SQL("SELECT {origin} AS origin, n.* FROM {table} n").format(origin=Literal(origin), table=Identifier(table))
        for table, origin in made.items()
    )
    return SQL("""
        SELECT coalesce(kept.indicator_id, fresh.indicator_id), coalesce(kept.period_id, fresh.period_id),
               coalesce(kept.territory_id, fresh.territory_id), coalesce(kept.breakdown_id, fresh.breakdown_id), kept.numerator,
               fresh.numerator::numeric(40,10)
        FROM (
            SELECT f.* FROM indicators_computedfigure f
            JOIN rollup_scope w ON w.indicator_id = f.indicator_id AND w.period_id = f.period_id
        ) AS kept
        FULL JOIN (
            SELECT p.indicator_id, p.period_id, p.territory_id, n.breakdown_id, n.numerator, n.denominator, n.origin, n.is_overridden,
                   coalesce(n.reporters, v.reporters) AS reporters, v.expected, coalesce(n.periods_used, 1) AS periods_used,
                   coalesce(n.periods_expected, 1) AS periods_expected, coalesce(n.flags, 0::smallint) AS flags, n.oldest_input_at
            FROM ({fresh}) AS n JOIN rollup_place p ON p.id = n.place_id JOIN rollup_coverage v ON v.place_id = n.place_id
        ) AS fresh
            ON (fresh.indicator_id, fresh.period_id, fresh.territory_id, fresh.breakdown_id)
             = (kept.indicator_id, kept.period_id, kept.territory_id, kept.breakdown_id)
        WHERE (kept.numerator, kept.denominator, kept.origin, kept.is_overridden, kept.reporters, kept.expected, kept.periods_used,
               kept.periods_expected, kept.flags, kept.oldest_input_at)
           IS DISTINCT FROM (fresh.numerator, fresh.denominator, fresh.origin, fresh.is_overridden, fresh.reporters, fresh.expected,
               fresh.periods_used, fresh.periods_expected, fresh.flags, fresh.oldest_input_at)
        ORDER BY 1, 2, 3, 4
    """).format(fresh=fresh)


def compared(made: Mapping[str, str]) -> Composed:
    """How many figures there are."""
    return SQL("SELECT {counts}").format(
        counts=SQL(" + ").join(SQL("(SELECT count(*) FROM {table})").format(table=Identifier(table)) for table in made)
    )
