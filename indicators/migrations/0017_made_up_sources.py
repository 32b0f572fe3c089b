from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("indicators", "0016_several_flags")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="is_sample",
            field=models.BooleanField(
                default=False,
                help_text="Its figures are samples: they stand for nothing and are marked so.",
                verbose_name="made up",
            ),
        ),
    ]
