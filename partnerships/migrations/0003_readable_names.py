from django.conf import settings
from django.db import migrations, models

HIDDEN = (
    r"[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f"
    r"\u0009\u000a\u000d]"
)
NAMES = [
    ("partnerships_activity", "title"),
    ("partnerships_coordinationtable", "name"),
    ("partnerships_document", "title"),
    ("partnerships_document", "file_name"),
    ("partnerships_partnership", "title"),
    ("partnerships_practice", "name"),
]

# A name that came in before keeps all that is seen of it.
CLEAN = [
    (f"UPDATE {table} SET {column} = regexp_replace({column}, %s, ' ', 'g') WHERE {column} ~ %s", [HIDDEN, HIDDEN])
    for table, column in NAMES
]


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0007_readable_names"),
        ("partnerships", "0002_meeting_once_a_day"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(CLEAN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(
                condition=models.Q(("title__regex", HIDDEN), _negated=True),
                name="activity_readable",
                violation_error_message="Type the name again: it has hidden signs in it, or more than one line.",
            ),
        ),
        migrations.AddConstraint(
            model_name="coordinationtable",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__regex", HIDDEN), _negated=True),
                name="table_readable",
                violation_error_message="Type the name again: it has hidden signs in it, or more than one line.",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("title__regex", HIDDEN), _negated=True),
                    models.Q(("file_name__regex", HIDDEN), _negated=True),
                ),
                name="document_readable",
                violation_error_message="Type the name again: it has hidden signs in it, or more than one line.",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnership",
            constraint=models.CheckConstraint(
                condition=models.Q(("title__regex", HIDDEN), _negated=True),
                name="partnership_readable",
                violation_error_message="Type the name again: it has hidden signs in it, or more than one line.",
            ),
        ),
        migrations.AddConstraint(
            model_name="practice",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__regex", HIDDEN), _negated=True),
                name="practice_readable",
                violation_error_message="Type the name again: it has hidden signs in it, or more than one line.",
            ),
        ),
    ]
