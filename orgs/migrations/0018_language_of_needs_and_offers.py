from django.db import migrations, models

SEEN_WITHOUT = """
    UPDATE orgs_reviewedprofile SET profile = jsonb_set(profile, '{capacities}', (
        SELECT jsonb_object_agg(number, '{"written_in": ""}'::jsonb || facts)
        FROM jsonb_each(profile -> 'capacities') AS seen (number, facts)
    ))
    WHERE profile -> 'capacities' <> '{}'
"""
"""What reviewers saw of needs and offers, which had no language then."""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0017_former_places_of_shelters")]
    operations = [
        migrations.AddField(
            model_name="capacity",
            name="written_in",
            field=models.CharField(blank=True, default="", max_length=3, verbose_name="language of the text"),
        ),
        migrations.RunSQL(SEEN_WITHOUT, migrations.RunSQL.noop),
    ]
