import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

RIGHTS = ["view_held", "change_held"]


def make_rights(apps, editor):
    config = apps.get_app_config("chat")  # else they come to be only when all is migrated
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    give_rights(apps)


def give_rights(apps):
    Group, Permission = (apps.get_model("auth", name) for name in ("Group", "Permission"))
    its = Permission.objects.filter(content_type__app_label="chat", codename__in=RIGHTS)
    for group in Group.objects.filter(name__in=["Moderator", "Administrator"]):
        group.permissions.add(*its)


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0034_filters'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='filter',
            name='action',
            field=models.CharField(choices=[('flag', 'Flag: it is said, and reported'), ('hold', 'Hold: it waits for a moderator'), ('refuse', 'Refuse: it is not said')], default='flag', max_length=10, verbose_name='what happens'),
        ),
        migrations.AlterField(
            model_name='decision',
            name='kind',
            field=models.CharField(choices=[('removed', 'Message removed'), ('muted', 'Muted'), ('banned', 'Banned'), ('address', 'Network address banned'), ('shown_out', 'Taken out of the room'), ('role', 'Role given'), ('slowed', 'Slow mode set'), ('locked', 'Room locked'), ('suspended', 'Account suspended'), ('signed_out', 'Signed out everywhere'), ('dismissed', 'Report dismissed'), ('passed', 'Held message let through'), ('withheld', 'Held message refused'), ('filter_on', 'Filter switched on'), ('filter_off', 'Filter switched off'), ('reversed', 'Taken back'), ('upheld', 'Appeal declined')], max_length=10, verbose_name='what'),
        ),
        migrations.AddField(
            model_name='membership',
            name='has_held',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.CreateModel(
            name='Held',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('html', models.TextField(blank=True)),
                ('nonce', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('files', models.JSONField(default=list)),
                ('poll', models.JSONField(null=True)),
                ('forwarded', models.JSONField(null=True)),
                ('found', models.CharField(blank=True, max_length=100, verbose_name='because of')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='written')),
                ('refused_at', models.DateTimeField(editable=False, null=True, verbose_name='refused')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='held_messages', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('decision', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='chat.decision')),
                ('filter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='held', to='chat.filter', verbose_name='filter')),
                ('reply_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='chat.message')),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='held_messages', to='chat.room', verbose_name='room')),
                ('thread', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='chat.message')),
            ],
            options={
                'verbose_name': 'held message',
                'verbose_name_plural': 'held messages',
            },
        ),
        migrations.AddConstraint(
            model_name='held',
            constraint=models.UniqueConstraint(models.F('author'), models.F('nonce'), name='held_once_per_nonce'),
        ),
        migrations.AddField(
            model_name='attachment',
            name='held',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='attachments', to='chat.held'),
        ),
        migrations.RunPython(make_rights, migrations.RunPython.noop),
    ]
