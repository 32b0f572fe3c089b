from django.db import migrations, models


class Migration(migrations.Migration):
    """A service is free where somebody said so, and not where nobody said anything."""

    dependencies = [("orgs", "0009_affiliations")]

    operations = [
        migrations.AlterField(
            model_name="service",
            name="is_free",
            field=models.BooleanField(default=False, verbose_name="free of charge"),
        ),
    ]
