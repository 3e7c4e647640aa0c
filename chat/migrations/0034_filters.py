import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

RIGHTS = ["view_filter", "add_filter", "change_filter", "delete_filter"]


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
        ('chat', '0033_takeout'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Filter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('kind', models.CharField(choices=[('words', 'Words or phrases'), ('hosts', 'Links to a host'), ('patterns', 'Patterns')], default='words', max_length=10, verbose_name='looks for')),
                ('terms', models.TextField(verbose_name='what to look for')),
                ('action', models.CharField(choices=[('flag', 'Flag: it is said, and reported'), ('refuse', 'Refuse: it is not said')], default='flag', max_length=10, verbose_name='what happens')),
                ('reason', models.CharField(choices=[('spam', 'Spam or advertising'), ('insults', 'Insults, threats or hatred'), ('shocking', 'Shocking or sexual'), ('private', "Somebody's private matters"), ('illegal', 'Against the law'), ('off_topic', 'Does not belong here'), ('other', 'Something else')], max_length=10, verbose_name='what is wrong with it')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='made')),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('tried_at', models.DateTimeField(editable=False, null=True, verbose_name='tried')),
                ('tried_on', models.PositiveIntegerField(default=0, editable=False)),
                ('would_catch', models.PositiveIntegerField(default=0, editable=False)),
                ('on_since', models.DateTimeField(editable=False, null=True, verbose_name='on since')),
                ('version', models.BigIntegerField(db_index=True, editable=False, null=True)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('room', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='filters', to='chat.room', verbose_name='room')),
            ],
            options={
                'verbose_name': 'filter',
                'verbose_name_plural': 'filters',
            },
        ),
        migrations.AddConstraint(
            model_name='filter',
            constraint=models.CheckConstraint(condition=models.Q(('on_since', None), ('tried_at__isnull', False), _connector='OR'), name='filters_are_tried_before_they_are_on'),
        ),
        migrations.AddField(
            model_name='report',
            name='filter',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports', to='chat.filter', verbose_name='filter'),
        ),
        migrations.AlterField(
            model_name='report',
            name='reporter',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='reports', to=settings.AUTH_USER_MODEL, verbose_name='reporter'),
        ),
        migrations.AlterField(
            model_name='decision',
            name='kind',
            field=models.CharField(choices=[('removed', 'Message removed'), ('muted', 'Muted'), ('banned', 'Banned'), ('address', 'Network address banned'), ('shown_out', 'Taken out of the room'), ('role', 'Role given'), ('slowed', 'Slow mode set'), ('locked', 'Room locked'), ('suspended', 'Account suspended'), ('signed_out', 'Signed out everywhere'), ('dismissed', 'Report dismissed'), ('filter_on', 'Filter switched on'), ('filter_off', 'Filter switched off'), ('reversed', 'Taken back'), ('upheld', 'Appeal declined')], max_length=10, verbose_name='what'),
        ),
        migrations.RunPython(make_rights, migrations.RunPython.noop),
    ]
