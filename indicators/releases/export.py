"""Figures as CSV straight from PostgreSQL, by COPY: however many, the memory is that of one buffer.

For those with a shell: the confidential figures, or a release as it was published. Columns: indicator, scheme, territory, period, breakdown
("" for the total), state (shown, suppressed, missing, not_applicable), value, step (of a released value: it is a multiple of that), numerator,
denominator, flags, origin, reporters, expected, periods_used, periods_expected, oldest_input_at, source.
"""

from typing import IO

from django.db import connection

from indicators.models import Indicator, Period, Release
from indicators.releases.sql import STATE_OF_FLAGS
from indicators.spreadsheets import harmless_sql
from indicators.vocabulary import codes_in_sql

COPY = f"""
    COPY (
        SELECT i.code AS indicator, s.code AS scheme, {harmless_sql("t.code")} AS territory, p.code AS period, b.key AS breakdown,
               {{state}} AS state, trim_scale(f.value) AS value, {{step}} AS step, trim_scale(f.numerator) AS numerator,
               trim_scale(f.denominator) AS denominator, {codes_in_sql("f.flags")} AS flags, f.origin, f.reporters, f.expected, f.periods_used, f.periods_expected,
               f.oldest_input_at, {harmless_sql("c.name")} AS source
        FROM {{table}} f
        JOIN indicators_indicator i ON i.id = f.indicator_id
        JOIN orgs_territory t ON t.id = f.territory_id
        JOIN orgs_territoryscheme s ON s.id = t.scheme_id
        JOIN indicators_period p ON p.id = f.period_id
        JOIN indicators_breakdown b ON b.id = f.breakdown_id
        LEFT JOIN indicators_source c ON c.id = f.source_id
        WHERE true {{where}}
    ) TO STDOUT (FORMAT csv, HEADER)
"""


def export_figures(
    out: IO[bytes], *, release: Release | None = None, indicator: Indicator | None = None, period: Period | None = None
) -> int:
    """Writes the figures in UTF-8, in no particular order; how many. Without a release: before disclosure control."""
    wanted = {"release_id": release, "indicator_id": indicator, "period_id": period}
    where = "".join(f" AND f.{column} = {int(thing.pk)}" for column, thing in wanted.items() if thing is not None)
    table, state, step = ("indicators_releasedfigure", "f.state", "trim_scale(f.step)")
    if release is None:
        table, state, step = ("indicators_figure", STATE_OF_FLAGS, "NULL")
    with connection.cursor() as cursor:
        cursor.execute("SET client_encoding TO 'UTF8'")
        cursor.cursor.copy_expert(COPY.format(table=table, state=state, step=step, where=where), out)
        return int(cursor.rowcount)
