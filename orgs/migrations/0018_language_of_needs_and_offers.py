from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0017_former_places_of_shelters")]
    operations = [
        migrations.AddField(
            model_name="capacity",
            name="written_in",
            field=models.CharField(blank=True, default="", max_length=3, verbose_name="language of the text"),
        ),
    ]
