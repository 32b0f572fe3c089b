from django.db import migrations

WATCHED = [
    "indicators_breakdown",
    "indicators_breakdown_categories",
    "indicators_category",
    "indicators_dimension",
    "indicators_indicator",
    "indicators_indicator_breakdowns",
    "indicators_indicatorversion",
    "indicators_period",
    "indicators_release",
    "indicators_releasefile",
    "indicators_source",
    "indicators_target",
]


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_watched_for_public_pages"), ("indicators", "0003_dirty_marks")]

    operations = [
        migrations.RunSQL(
            [("SELECT orgs_watch(%s::regclass)", [table]) for table in WATCHED],
            [("SELECT orgs_unwatch(%s::regclass)", [table]) for table in WATCHED],
        ),
    ]
