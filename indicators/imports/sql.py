"""The statements of an import. `import_row` is the file as it stands, `import_cell` what it says.

Aliases, in all of `indicators.imports`: r: import_row, and what is drawn from it row by row · c: import_cell · o: indicators_observation (in `steps`
old and new ones) · i: indicators_indicator · t: orgs_territory · p: indicators_period · oldest, later: the places that have had a code one after the
other · ending: the period at whose end one of them is meant · u: texts without a meaning. The tables of the resolvers (map_period) are named whole.
"""

from psycopg2.sql import SQL, Composable, Composed, Literal

from indicators.imports.messages import MAX_FAULTY
from indicators.locks import lock_indicators_sql
from indicators.vocabulary import CURRENCY_OF_UNIT, NO_NUMBER, QUALITIES, Flag

# Where observations keep their numbers: 20 digits before the decimal sign.
TOO_LARGE = SQL("abs(numerator) >= 1e20 OR abs(denominator) >= 1e20 OR abs(value) >= 1e20")


# Half a euro can be counted, half a person cannot.
PART_OF_A_PERSON = SQL(
    "measure = 'count' AND numerator <> trunc(numerator) AND NOT EXISTS (SELECT FROM indicators_indicator i WHERE i.id = c.indicator_id AND i.unit IN {units})"
).format(units=Literal(tuple(CURRENCY_OF_UNIT)))


SAME_CELL = SQL("""o.indicator_id = c.indicator_id AND o.period_id = c.period_id
    AND o.territory_id = c.territory_id AND o.breakdown_id = c.breakdown_id""")


# The numbers of each row. `is_void`: they cannot exist, since the file says so or it is a share or a mean of nobody. `contradicts`: the
# file says that there is none, and gives one.
def parsed(rows: Composable) -> Composed:
    return SQL("""
    SELECT r.*, is_of_nobody OR flags & {not_applicable} > 0 AND coalesce(n, v) IS NULL AS is_void,
           flags >= {no_number} AND coalesce(n, v) IS NOT NULL AND NOT is_of_nobody AS contradicts
    FROM ({rows}) AS r CROSS JOIN LATERAL (
        SELECT measure IN ('ratio', 'mean') AND coalesce(coalesce(d, b) = 0, false) AND coalesce(n, v, 0) = 0 AS is_of_nobody) AS nobody
    """).format(rows=rows, not_applicable=Literal(Flag.NOT_APPLICABLE), no_number=Literal(NO_NUMBER))


def cells(numbered: Composable) -> Composed:
    return SQL("""
    CREATE TEMPORARY TABLE import_cell ON COMMIT DROP AS
    SELECT c.*, CASE WHEN o.id IS NULL THEN 'new'
        WHEN (o.numerator, o.denominator, o.value, o.flags) IS NOT DISTINCT FROM (c.numerator, c.denominator, c.value, c.flags) THEN 'same'
        ELSE 'changed' END AS news
    FROM (
        SELECT line, rows, rows_with_number, rows_without_base, contradicts, indicator_id, period_id, territory_id, breakdown_id, measure, numerator,
               CASE WHEN numerator IS NOT NULL THEN denominator END AS denominator, value,
               (flags & {qualities} | CASE WHEN rows = 0 THEN {not_applicable}
                    WHEN numerator IS NULL AND value IS NULL THEN {missing} ELSE 0 END)::smallint AS flags
        FROM ({numbered}) AS numbered
    ) AS c
    LEFT JOIN indicators_observation o ON {same_cell} AND o.status = 'approved'
    """).format(
        qualities=Literal(QUALITIES), not_applicable=Literal(Flag.NOT_APPLICABLE), missing=Literal(Flag.MISSING),
        numbered=numbered, same_cell=SAME_CELL,
    )  # fmt: skip


# Counts are kept as numerators, means as value times base, scores as values.
EACH_ROW = SQL("""
    SELECT line, CASE WHEN is_void THEN 0 ELSE 1 END AS rows, 0 AS rows_with_number, 0 AS rows_without_base, contradicts, indicator_id, period_id, territory_id,
           breakdown_id, measure, flags,
           CASE WHEN is_void THEN NULL WHEN measure = 'count' THEN coalesce(n, v) WHEN measure = 'score' THEN NULL
                ELSE coalesce(n, v * b) END AS numerator,
           CASE WHEN measure IN ('ratio', 'mean') THEN coalesce(d, b) END AS denominator,
           CASE WHEN is_void THEN NULL WHEN measure = 'score' THEN coalesce(n, v)
                WHEN measure <> 'count' AND n IS NULL AND b IS NULL THEN v END AS value
    FROM ({parsed}) AS parsed
""")


# What cannot exist is not among what is added up. A cell of nothing else has no rows.
ROWS_ADDED_UP = SQL("""
    SELECT min(line) AS line, count(*) FILTER (WHERE NOT is_void) AS rows, count(coalesce(n, v)) FILTER (WHERE NOT is_void) AS rows_with_number,
           count(coalesce(n, v)) FILTER (WHERE NOT is_void AND measure IN ('ratio', 'mean') AND coalesce(d, b) IS NULL) AS rows_without_base,
           bool_or(contradicts) AS contradicts, indicator_id, period_id, territory_id, breakdown_id, measure,
           bit_or(flags) AS flags,
           CASE WHEN measure = 'count' THEN sum(coalesce(n, v)) FILTER (WHERE NOT is_void) WHEN measure = 'score' THEN NULL
                ELSE coalesce(sum(n) FILTER (WHERE NOT is_void), sum(v * b) FILTER (WHERE NOT is_void)) END AS numerator,
           CASE WHEN measure IN ('ratio', 'mean')
                THEN coalesce(sum(d) FILTER (WHERE NOT is_void), sum(b) FILTER (WHERE NOT is_void)) END AS denominator,
           CASE WHEN measure = 'score' THEN sum(coalesce(n, v)) FILTER (WHERE NOT is_void)
                WHEN measure <> 'count' AND bool_and(is_void OR n IS NULL AND b IS NULL) THEN sum(v) FILTER (WHERE NOT is_void) END AS value
    FROM ({parsed}) AS parsed
    GROUP BY indicator_id, period_id, territory_id, breakdown_id, measure
""")


# The places that have later had the code of one that was found, and from when on. The end of the period says which of them is meant.
LATER_PLACES = """
    CREATE TEMPORARY TABLE import_later ON COMMIT DROP AS
    SELECT oldest.id AS oldest_id, t.id, t.valid_from AS begins,
           coalesce(lead(t.valid_from) OVER (PARTITION BY oldest.id ORDER BY t.valid_from), 'infinity'::date) AS next_begins
    FROM (SELECT DISTINCT id FROM map_territory) AS found JOIN orgs_territory oldest ON oldest.id = found.id
    JOIN orgs_territory t ON t.scheme_id = oldest.scheme_id AND t.code = oldest.code AND t.valid_from > oldest.valid_from
"""


OF_THE_PERIOD = SQL("""
    JOIN indicators_period ending ON ending.id = map_period.id
    LEFT JOIN import_later later ON later.oldest_id = map_territory.id AND ending.ends_on >= later.begins AND ending.ends_on < later.next_begins
""")


OUTSIDE_VALIDITY = SQL("NOT (p.starts_on <= t.valid_to AND p.ends_on >= t.valid_from)")


CELLS_WITH_PLACES = SQL(
    "import_cell c JOIN orgs_territory t ON t.id = c.territory_id JOIN indicators_period p ON p.id = c.period_id"
)


# The first cell that occurs twice: its first line, its second, and how many rows repeat a cell in all.
TWICE = """
    SELECT (array_agg(first ORDER BY second))[1], min(second), sum(times - 1)
    FROM (
        SELECT (array_agg(line ORDER BY line))[1] AS first, (array_agg(line ORDER BY line))[2] AS second, count(*) AS times
        FROM import_cell GROUP BY indicator_id, period_id, territory_id, breakdown_id HAVING count(*) > 1
    ) AS repeated HAVING count(*) > 0
"""


# Every line of a cell but the first one, with the line of that.
REPEATED = SQL("""
    SELECT line, first FROM (
        SELECT line, first_value(line) OVER same_cell AS first
        FROM import_cell WINDOW same_cell AS (PARTITION BY indicator_id, period_id, territory_id, breakdown_id ORDER BY line)
    ) AS numbered WHERE line > first ORDER BY line LIMIT {most}
""").format(most=Literal(MAX_FAULTY))


# Two imports of the same indicator take turns, so that the second sees what the first has stored.
LOCK = lock_indicators_sql("SELECT DISTINCT id FROM map_indicator ORDER BY 1")


SUPERSEDE_PENDING = SQL("""
    UPDATE indicators_observation o SET status = 'superseded' FROM import_cell c
    WHERE {same_cell} AND o.status IN ('draft', 'submitted', 'returned')
""").format(same_cell=SAME_CELL)


STORE = """
    INSERT INTO indicators_observation
        (indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, value, flags, status, source_id, batch_id)
    SELECT indicator_id, period_id, territory_id, breakdown_id, numerator, denominator, value, flags, 'submitted', %(source)s, %(batch)s
    FROM import_cell WHERE news <> 'same' AND ctid >= %(first)s::tid AND ctid < %(end)s::tid
"""
