import django.contrib.postgres.fields
from django.db import migrations, models

import orgs.models.territory

# Where a place lies: the centre of gravity of what its outer rings enclose, in degrees, so that a neighbour is found without reading a
# boundary. With each corner and the next, the area is half the sum of their cross products; what a part weighs is its area, whichever way
# round its ring was drawn. None where nothing is enclosed.
FUNCTIONS = """
CREATE FUNCTION orgs_middle(geometry jsonb) RETURNS double precision[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    WITH ring (number, corners) AS (
        SELECT number, polygon -> 0
        FROM jsonb_array_elements(
            CASE geometry ->> 'type'
                WHEN 'MultiPolygon' THEN geometry -> 'coordinates'
                WHEN 'Polygon' THEN jsonb_build_array(geometry -> 'coordinates')
                ELSE '[]'::jsonb
            END
        ) WITH ORDINALITY AS p (polygon, number)
    ),
    corner (number, at, x, y) AS (
        SELECT r.number, c.at, (c.point ->> 0)::double precision, (c.point ->> 1)::double precision
        FROM ring r, jsonb_array_elements(r.corners) WITH ORDINALITY AS c (point, at)
    ),
    side AS (
        SELECT number, x, y, lead(x) OVER round AS next_x, lead(y) OVER round AS next_y
        FROM corner WINDOW round AS (PARTITION BY number ORDER BY at)
    ),
    part (area, x, y) AS (
        SELECT sum(x * next_y - next_x * y), sum((x + next_x) * (x * next_y - next_x * y)), sum((y + next_y) * (x * next_y - next_x * y))
        FROM side WHERE next_x IS NOT NULL GROUP BY number
    )
    SELECT CASE WHEN sum(abs(area)) > 0
        THEN ARRAY[sum(x * sign(area)) / sum(abs(area)) / 3, sum(y * sign(area)) / sum(abs(area)) / 3] END
    FROM part
$$;

-- Over distances within a country the earth is flat enough.
CREATE FUNCTION orgs_kilometres(one double precision[], other double precision[]) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT 111.2 * sqrt(power(one[2] - other[2], 2) + power((one[1] - other[1]) * cos(radians((one[2] + other[2]) / 2)), 2))
$$;
"""
NO_FUNCTIONS = """
DROP FUNCTION orgs_kilometres(double precision[], double precision[]);
DROP FUNCTION orgs_middle(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0005_numbers_of_organisations")]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.AddField(
            model_name="territoryoutline",
            name="middle",
            field=models.GeneratedField(
                db_persist=True,
                expression=orgs.models.territory.Middle("geometry"),
                output_field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=2),
            ),
        ),
    ]
