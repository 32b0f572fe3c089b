from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0014_closed_accounts_change_pages")]
    operations = [
        migrations.AddField(
            model_name="servicetype",
            name="retired_on",
            field=models.DateField(blank=True, null=True, verbose_name="retired on"),
        ),
    ]
