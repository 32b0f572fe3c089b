import django.contrib.postgres.constraints
from django.db import migrations, models

import orgs.models.territory

USED = "This code is already used in the scheme at that time."


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0003_log_of_rights"),
    ]

    operations = [
        migrations.RunSQL('CREATE TYPE text_range AS RANGE (subtype = text, collation = "C")', "DROP TYPE text_range"),
        migrations.RemoveConstraint(model_name="territory", name="territory_code_unique"),
        migrations.AddConstraint(
            model_name="territory",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (orgs.models.territory.InclusiveRange("scheme", "scheme", function="int8range"), "&&"),
                    (orgs.models.territory.InclusiveRange("code", "code", function="text_range"), "&&"),
                    (orgs.models.territory.InclusiveRange("valid_from", "valid_to", function="daterange"), "&&"),
                ],
                name="territory_code_once_at_a_time",
                violation_error_message=USED,
            ),
        ),
        migrations.AddConstraint(
            model_name="territory",
            constraint=models.UniqueConstraint(
                models.F("scheme"),
                models.F("code"),
                models.F("valid_from"),
                name="territory_code_from",
                violation_error_message=USED,
            ),
        ),
    ]
