from django.db import migrations

FIRST, LAST = 1900, 2100

PERIODS = f"""
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
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0002_figure_view")]

    operations = [migrations.RunSQL(PERIODS, "DELETE FROM indicators_period")]
