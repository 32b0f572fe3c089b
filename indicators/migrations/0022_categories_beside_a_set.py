from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0021_answers_received"),
    ]

    operations = [
        migrations.AddField(
            model_name="breakdownmargin",
            name="is_beside",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="category",
            name="is_beside",
            field=models.BooleanField(default=False, verbose_name="belongs to the set where it is reported"),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_part", False), ("is_beside", False), _connector="OR"),
                name="category_part_or_beside",
                violation_error_message="A category is part of the set in any case, or where it is reported.",
            ),
        ),
    ]
