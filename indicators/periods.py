"""The calendar of the figures: every month, quarter, half-year and year from 1900 to 2100, filled in after each migration."""

from typing import Any

from django.db import connections

FIRST, LAST = 1900, 2100

FILL = f"""
    INSERT INTO indicators_period (code, kind, year, starts_on, ends_on)
    SELECT CASE kind WHEN 'year' THEN to_char(starts, 'YYYY')
                     WHEN 'half' THEN to_char(starts, 'YYYY') || '-S' || CASE WHEN extract(month FROM starts) < 7 THEN 1 ELSE 2 END
                     WHEN 'quarter' THEN to_char(starts, 'YYYY"-Q"Q')
                     ELSE to_char(starts, 'YYYY-MM') END,
           kind, extract(year FROM starts), starts::date, (starts + length - interval '1 day')::date
    FROM (VALUES ('month', interval '1 month'), ('quarter', interval '3 months'),
                 ('half', interval '6 months'), ('year', interval '1 year')) AS kinds (kind, length),
         generate_series('{FIRST}-01-01'::timestamp, '{LAST}-12-31'::timestamp, length) AS starts
    ORDER BY starts, length DESC
    ON CONFLICT DO NOTHING
"""


def fill_periods(using: str, **signal: Any) -> None:
    """For the signal post_migrate: an emptied database has its calendar again too."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('indicators_period') IS NOT NULL AND NOT EXISTS (SELECT FROM indicators_period)"
        )
        if cursor.fetchone()[0]:
            cursor.execute(FILL)
