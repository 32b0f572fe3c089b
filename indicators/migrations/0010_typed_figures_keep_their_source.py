"""The source of what an authority typed, and of what was reported to it, were found by a name: the one used last stays the one."""

from django.db import migrations

TIED = """
    UPDATE indicators_source SET {tie} = latest.authority_id
    FROM (
        SELECT DISTINCT ON (authority_id) authority_id, source_id FROM indicators_importbatch
        WHERE kind = '{kind}' AND authority_id IS NOT NULL AND source_id IS NOT NULL
        ORDER BY authority_id, created_at DESC, id DESC
    ) AS latest
    WHERE indicators_source.id = latest.source_id AND typed_by_id IS NULL AND reported_to_id IS NULL
      AND NOT EXISTS (
        SELECT FROM indicators_importbatch AS other
        WHERE other.source_id = latest.source_id AND other.kind = '{kind}' AND other.authority_id <> latest.authority_id
    )
"""


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0009_source_of_an_authority"),
    ]

    operations = [
        migrations.RunSQL(TIED.format(tie="typed_by_id", kind="entry"), migrations.RunSQL.noop),
        migrations.RunSQL(TIED.format(tie="reported_to_id", kind="report"), migrations.RunSQL.noop),
    ]
