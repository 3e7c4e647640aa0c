import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0035_held"),
    ]

    operations = [
        migrations.AlterField(
            model_name="carried",
            name="message",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="carried",
                to="chat.message",
            ),
        ),
    ]
