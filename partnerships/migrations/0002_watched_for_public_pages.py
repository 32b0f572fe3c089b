from django.db import migrations

WATCHED = [
    "partnerships_activity",
    "partnerships_assessment",
    "partnerships_assessmentdecision",
    "partnerships_assessmentlevel",
    "partnerships_contribution",
    "partnerships_coordinationtable",
    "partnerships_criterion",
    "partnerships_document",
    "partnerships_evidence",
    "partnerships_experience",
    "partnerships_experiencelevel",
    "partnerships_level",
    "partnerships_meeting",
    "partnerships_partnership",
    "partnerships_partnership_domains",
    "partnerships_partnership_practices",
    "partnerships_partnershipparty",
    "partnerships_practice",
    "partnerships_practice_domains",
    "partnerships_scale",
    "partnerships_seat",
]


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_watched_for_public_pages"), ("partnerships", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [("SELECT orgs_watch(%s::regclass)", [table]) for table in WATCHED],
            [("SELECT orgs_unwatch(%s::regclass)", [table]) for table in WATCHED],
        ),
    ]
