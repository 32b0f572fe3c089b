"""The statements by which a release is made of the figures.

Aliases: f: indicators_figure · i: indicators_indicator · g: indicators_breakdown · place: orgs_territory · r: release_cell, the figures in the making ·
old: indicators_releasedfigure, of the release before · rule, base, known, asked, step, told, class: the steps of `TELL`.
"""

from decimal import Decimal

from psycopg2.sql import SQL, Composable, Composed, Literal

from indicators.rollup.sql import COUNT_PLACES
from indicators.vocabulary import QUALITIES, Flag
from orgs.models import Territory

# Of a figure before disclosure control, called f.
STATE_OF_FLAGS = SQL(
    "CASE WHEN f.flags >= {missing} THEN 'missing' WHEN f.flags >= {not_applicable} THEN 'not_applicable' ELSE 'shown' END"
).format(missing=Literal(Flag.MISSING), not_applicable=Literal(Flag.NOT_APPLICABLE))


BELOW_MUNICIPALITY = (
    Territory.Kind.DISTRICT,
    Territory.Kind.NEIGHBOURHOOD,
    Territory.Kind.AREA,
    Territory.Kind.UNALLOCATED,
)


MOST_STEP = Decimal("0.1")  # Of a ratio (10 points of a percentage): a rate that is coarser says nothing.


MOST_STEP_OF_MEANS = Decimal("0.2")  # Of the mean, rounded up to a step of the ladder.


# A figure f of an indicator i becomes a published one by lateral steps (docs/decisions/0006-disclosure.md has the reasons):
#
#   rule   is_protected; t, the protection level; b, the base of the rounding
#   base   the published base of a ratio or mean, and the least and the most that it may be rounded from
#   asked  by how much the numerator of a ratio, or the sum of a mean, must stay open through the value alone
#   step   the smallest of 1, 2, 5 × 10^k by which it does: a function of what is published (for a mean: nearly), so that it tells nothing
#   told   the published value, which is the true one rounded to the step
#   class  the numerators, and the remainders to the base, that would be published alike, from the least to the most
#
# What nobody (0 of 40) or everybody is in is exact. What is told of few or of all but few is small, and hidden anyway.
def _ladder(number: Composable) -> Composed:
    """The smallest of 1, 2, 5 × 10^k that is not below a positive number."""
    power = SQL("power(10::numeric, floor(log({number}::float8))::numeric)").format(number=number)
    return SQL(
        "CASE WHEN {number} <= {power} THEN 1 WHEN {number} <= 2 * {power} THEN 2 WHEN {number} <= 5 * {power} THEN 5 ELSE 10 END * {power}"
    ).format(number=number, power=power)


# OFFSET 0 keeps PostgreSQL from writing each step into the next ones, where it would be worked out again for every mention.
TELL = SQL("""
    CROSS JOIN LATERAL (
        SELECT i.threshold > 0 AND f.numerator IS NOT NULL AND i.measure IN ('count', 'ratio', 'mean') AS is_protected,
               f.denominator IS NOT NULL AND i.measure IN ('ratio', 'mean') AS has_base, i.rounding::numeric AS b,
               (i.threshold * CASE WHEN length(g.key) - length(replace(g.key, '=', '')) >= 3
                                        AND place.kind IN {below} THEN 2 ELSE 1 END)::numeric AS t
        OFFSET 0
    ) AS rule
    CROSS JOIN LATERAL (
        SELECT d, ceil(d - b / 2) AS least, ceil(d + b / 2) - 1 AS most FROM (SELECT round(f.denominator / b) * b AS d) AS rounded OFFSET 0
    ) AS base
    CROSS JOIN LATERAL (
        SELECT f.numerator * i.factor / CASE WHEN has_base THEN f.denominator ELSE 1 END AS exact,
               f.numerator = 0 OR has_base AND i.measure = 'ratio' AND f.numerator = f.denominator AS is_plain
        OFFSET 0
    ) AS known
    LEFT JOIN LATERAL (
        SELECT CASE i.measure WHEN 'ratio' THEN (t + 2) * i.factor ELSE (2 * greatest(t - b, 0) + 3) * scale END AS amount,
               CASE i.measure WHEN 'ratio' THEN {most} * i.factor ELSE {most_of_means} * scale END AS most
        FROM (SELECT CASE WHEN i.measure = 'mean' AND exact <> 0 THEN {scale} END AS scale) AS size_of_mean OFFSET 0
    ) AS asked ON is_protected AND has_base AND NOT is_plain
    CROSS JOIN LATERAL (
        SELECT CASE WHEN NOT is_protected OR is_plain THEN NULL WHEN NOT has_base THEN nullif(b, 1) * i.factor
                    WHEN base.least > 0 THEN {step} END AS size
        OFFSET 0
    ) AS step
    CROSS JOIN LATERAL (
        SELECT CASE WHEN NOT is_protected THEN f.value WHEN step.size IS NULL THEN round(exact, 10)
                    ELSE round(exact / step.size) * step.size END AS value
        OFFSET 0
    ) AS told
    LEFT JOIN LATERAL (
        SELECT greatest(ceil((told.value - step.size / 2) * base.least / i.factor), t) AS least,
               least(ceil((told.value + step.size / 2) * base.most / i.factor) - 1, CASE WHEN told.value < i.factor THEN base.most - t END) AS most,
               greatest(floor((i.factor - told.value - step.size / 2) * base.least / i.factor) + 1, t) AS rest_least,
               least(floor((i.factor - told.value + step.size / 2) * base.most / i.factor), base.most - t) AS rest_most
        OFFSET 0
    ) AS class ON asked.amount IS NOT NULL AND i.measure = 'ratio'
""").format(
    below=Literal(BELOW_MUNICIPALITY),
    most=Literal(MOST_STEP),
    most_of_means=Literal(MOST_STEP_OF_MEANS),
    scale=_ladder(SQL("abs(exact)")),
    step=_ladder(SQL("(asked.amount / base.least)")),
)


IS_NARROW = SQL("""
    is_protected AND has_base AND NOT is_plain AND (step.size IS NULL OR step.size > asked.most OR i.measure = 'ratio' AND (
        told.value IN (0, i.factor) OR class.most - class.least <= t OR told.value < i.factor AND class.rest_most - class.rest_least <= t))
""")


# One look at all figures, so that the pattern and the numbers are of the same moment.
COPY = SQL("""
    {count_places};  -- A release may follow a rollup at once, before anybody has counted what that wrote.
    SET LOCAL enable_nestloop TO off;  -- Nor what an import has brought: taken for one row, the breakdowns would be read through for each figure.
    CREATE TEMPORARY TABLE release_cell ON COMMIT DROP AS
    SELECT f.*, {state} AS state, rule.t AS threshold, coalesce({is_narrow}, false) AS is_narrow, step.size AS step, told.value AS told_value,
           CASE WHEN NOT is_protected THEN f.numerator WHEN has_base THEN NULL ELSE round(f.numerator / b) * b END AS told_numerator,
           CASE WHEN NOT has_base THEN NULL WHEN is_protected THEN base.d ELSE f.denominator END AS told_denominator
    FROM indicators_figure f
    JOIN indicators_indicator i ON i.id = f.indicator_id
    JOIN indicators_breakdown g ON g.id = f.breakdown_id
    JOIN orgs_territory place ON place.id = f.territory_id
    {tell};
    SET LOCAL enable_nestloop TO DEFAULT;
    CREATE INDEX ON release_cell (indicator_id, period_id);
    ANALYZE release_cell;
""").format(count_places=COUNT_PLACES, state=STATE_OF_FLAGS, is_narrow=IS_NARROW, tell=TELL)


PERIODS = """
    SELECT DISTINCT r.indicator_id, r.period_id FROM release_cell r JOIN indicators_indicator i ON i.id = r.indicator_id
    WHERE i.threshold > 0
"""


# The numbers of one indicator in some periods. `was_hidden`: in the release before. `is_known`: it was shown there, as it would be now.
CELLS = """
    SELECT r.territory_id, r.period_id, r.breakdown_id, r.numerator::float8, r.denominator::float8, r.threshold::float8, r.is_narrow,
           coalesce(old.state = 'suppressed', false) AS was_hidden,
           coalesce(old.state = 'shown' AND (r.told_value, r.told_denominator) IS NOT DISTINCT FROM (old.value, old.denominator), false) AS is_known
    FROM release_cell r
    LEFT JOIN indicators_releasedfigure old ON old.release_id = %(before)s AND old.indicator_id = r.indicator_id
         AND old.period_id = r.period_id AND old.territory_id = r.territory_id AND old.breakdown_id = r.breakdown_id
    WHERE r.indicator_id = %(indicator)s AND r.period_id = ANY(%(periods)s) AND r.state = 'shown' AND r.numerator IS NOT NULL
    ORDER BY r.period_id, r.territory_id, r.breakdown_id
"""


# Where nothing can be counted: a part that adds nothing to its whole, and everybody knows it.
VOID = """
    SELECT territory_id, period_id, breakdown_id FROM release_cell
    WHERE indicator_id = %(indicator)s AND period_id = ANY(%(periods)s) AND state = 'not_applicable'
"""


SUPPRESS = """
    UPDATE release_cell r SET state = 'suppressed', told_numerator = NULL, told_denominator = NULL, told_value = NULL, step = NULL
    FROM unnest(%(places)s::bigint[], %(times)s::bigint[], %(groups)s::bigint[]) AS hidden (territory_id, period_id, breakdown_id)
    WHERE r.indicator_id = %(indicator)s AND r.period_id = ANY(%(periods)s) AND r.territory_id = hidden.territory_id
      AND r.period_id = hidden.period_id AND r.breakdown_id = hidden.breakdown_id
"""


FREEZE = SQL("""
    INSERT INTO indicators_releasedfigure
        (release_id, indicator_id, territory_id, period_id, breakdown_id, state, numerator, denominator, value, step, flags, origin,
         reporters, expected, periods_used, periods_expected, oldest_input_at, source_id)
    SELECT %(release)s, r.indicator_id, r.territory_id, r.period_id, r.breakdown_id, r.state,
           r.told_numerator, r.told_denominator, r.told_value, r.step,
           r.flags & {qualities}, r.origin, r.reporters, r.expected, r.periods_used, r.periods_expected, r.oldest_input_at, r.source_id
    FROM release_cell r
""").format(qualities=Literal(QUALITIES))
