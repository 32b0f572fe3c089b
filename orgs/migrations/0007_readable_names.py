from django.db import migrations, models

HIDDEN = (
    r"[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f"
    r"\u0009\u000a\u000d]"
)
NAMES = [
    ("orgs_organisation", "name"),
    ("orgs_organisation", "acronym"),
    ("orgs_service", "title"),
    ("orgs_territory", "name"),
    ("orgs_user", "name"),
]

# A name that came in before keeps all that is seen of it.
CLEAN = [
    (f"UPDATE {table} SET {column} = regexp_replace({column}, %s, ' ', 'g') WHERE {column} ~ %s", [HIDDEN, HIDDEN])
    for table, column in NAMES
]


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("orgs", "0006_forms_sent_and_kept"),
    ]

    operations = [
        migrations.RunSQL(CLEAN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name__regex", HIDDEN), _negated=True),
                    models.Q(("acronym__regex", HIDDEN), _negated=True),
                ),
                name="organisation_readable",
                violation_error_message="Type the name again: it has hidden signs in it, or more than one line.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("founded_year__gte", 1200), ("founded_year__lte", 2100)),
                    ("founded_year", None),
                    _connector="OR",
                ),
                name="organisation_founded_in_range",
                violation_error_message="Check the year of foundation.",
            ),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=models.Q(("title__regex", HIDDEN), _negated=True),
                name="service_readable",
                violation_error_message="Type the name again: it has hidden signs in it, or more than one line.",
            ),
        ),
        migrations.AddConstraint(
            model_name="territory",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__regex", HIDDEN), _negated=True),
                name="territory_readable",
                violation_error_message="Type the name again: it has hidden signs in it, or more than one line.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__regex", HIDDEN), _negated=True),
                name="user_readable",
                violation_error_message="Type the name again: it has hidden signs in it, or more than one line.",
            ),
        ),
    ]
