"""What was kept of dimensions and categories before all languages were has its name in the language in which it was."""

from django.conf import settings
from django.db import migrations

NAMED = "UPDATE indicators_{kind}event SET name_{language} = name"


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0012_history_of_what_was_deleted"),
    ]

    operations = [
        migrations.RunSQL(
            NAMED.format(kind=kind, language=settings.MODELTRANSLATION_DEFAULT_LANGUAGE), migrations.RunSQL.noop
        )
        for kind in ("dimension", "category")
    ]
