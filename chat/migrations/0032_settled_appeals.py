from collections import Counter

from django.db import migrations


def settle(apps, schema_editor):
    """Answer the appeals against what was taken back by other ways, and count anew what waits."""
    Appeal, Decision, Room = (apps.get_model("chat", name) for name in ("Appeal", "Decision", "Room"))
    unanswered = Appeal.objects.filter(answered_at=None)
    for reversal in Decision.objects.filter(kind="reversed", of__in=unanswered.values("decision")):
        about = unanswered.filter(decision=reversal.of_id)
        about.update(answer=reversal, answered_at=reversal.created_at)
    appeals = Counter(unanswered.values_list("decision__room_id", flat=True))
    for room in Room.objects.filter(waiting__gt=0):
        became = room.former_addresses.exclude(was=None).values_list("was", flat=True)
        room.waiting = room.reports.filter(decided_at=None).count()
        room.waiting += sum(appeals[pk] for pk in (room.pk, *became))
        room.save(update_fields=["waiting"])


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0031_thread_drafts'),
    ]

    operations = [
        migrations.RunPython(settle, migrations.RunPython.noop),
    ]
