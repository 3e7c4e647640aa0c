from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0020_files_elsewhere_and_later")]

    operations = [
        # Those that are there already are.
        migrations.AddField(
            "attachment", "is_whole", models.BooleanField(default=True, editable=False)
        ),
        migrations.AlterField(
            "attachment", "is_whole", models.BooleanField(default=False, editable=False)
        ),
    ]
