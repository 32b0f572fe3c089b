"""Figures as CSV straight from PostgreSQL, by COPY: however many, the memory is that of one buffer.

For those with a shell: the confidential figures, or a release as it was published. Columns: indicator, scheme, territory, period, breakdown
("" for the total), state (shown, suppressed, missing, not_applicable), value, step (of a released value: it is a multiple of that), numerator,
denominator, flags, origin, reporters, expected, periods_used, periods_expected, oldest_input_at, source.

Aliases: f: indicators_figure or indicators_releasedfigure · i: indicators_indicator · t: orgs_territory · s: orgs_territoryscheme ·
p: indicators_period · b: indicators_breakdown · c: indicators_source.
"""

from typing import IO

from django.db import connection
from psycopg2.sql import SQL, Identifier, Literal

from indicators.models import Indicator, Period, Release
from indicators.releases.sql import STATE_OF_FLAGS
from indicators.vocabulary import codes_in_sql
from orgs.spreadsheets import harmless_sql

COPY = SQL("""
    COPY (
        SELECT i.code AS indicator, s.code AS scheme, {territory} AS territory, p.code AS period, b.key AS breakdown,
               {state} AS state, trim_scale(f.value) AS value, {step} AS step, trim_scale(f.numerator) AS numerator,
               trim_scale(f.denominator) AS denominator, {flags} AS flags, f.origin, f.reporters, f.expected, f.periods_used, f.periods_expected,
               f.oldest_input_at, {source} AS source
        FROM {table} f
        JOIN indicators_indicator i ON i.id = f.indicator_id
        JOIN orgs_territory t ON t.id = f.territory_id
        JOIN orgs_territoryscheme s ON s.id = t.scheme_id
        JOIN indicators_period p ON p.id = f.period_id
        JOIN indicators_breakdown b ON b.id = f.breakdown_id
        LEFT JOIN indicators_source c ON c.id = f.source_id
        WHERE {where}
    ) TO STDOUT (FORMAT csv, HEADER)
""")


def export_figures(
    out: IO[bytes], *, release: Release | None = None, indicator: Indicator | None = None, period: Period | None = None
) -> int:
    """Writes the figures in UTF-8, in no particular order; how many. Without a release: before disclosure control."""
    wanted = {"release_id": release, "indicator_id": indicator, "period_id": period}
    conditions = [
        SQL("f.{column} = {pk}").format(column=Identifier(column), pk=Literal(thing.pk))
        for column, thing in wanted.items()
        if thing is not None
    ]
    statement = COPY.format(
        territory=harmless_sql(SQL("t.code")),
        flags=codes_in_sql(SQL("f.flags")),
        source=harmless_sql(SQL("c.name")),
        table=Identifier("indicators_figure" if release is None else "indicators_releasedfigure"),
        state=STATE_OF_FLAGS if release is None else SQL("f.state"),
        step=SQL("NULL") if release is None else SQL("trim_scale(f.step)"),
        where=SQL(" AND ").join([SQL("true"), *conditions]),
    )
    with connection.cursor() as cursor:
        cursor.execute("SET client_encoding TO 'UTF8'")
        cursor.cursor.copy_expert(statement, out)
        return int(cursor.rowcount)
