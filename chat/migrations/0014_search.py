from django.db import migrations, models

from chat import search


def make_table(apps, editor):
    editor.execute(search.engine().TABLE)


def take_in_what_was_said(apps, editor):
    for _ in search.fill(apps.get_model("chat", "Message").objects):
        pass


def make_index(apps, editor):
    """After what is there already: sorting it once is faster than putting it in one by one."""
    if search.engine().INDEX:
        editor.execute(search.engine().INDEX)


def drop_table(apps, editor):
    editor.execute("DROP TABLE chat_search")


class Migration(migrations.Migration):
    dependencies = [("chat", "0013_link_previews")]

    operations = [
        migrations.AddIndex(
            "message", models.Index(fields=["created_at"], name="messages_by_time")
        ),
        migrations.RunPython(make_table, drop_table),
        migrations.RunPython(take_in_what_was_said, migrations.RunPython.noop),
        migrations.RunPython(make_index, migrations.RunPython.noop),
    ]
