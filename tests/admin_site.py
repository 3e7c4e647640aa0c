"""What tests say of the admin, and by whom it is used."""

from importlib import import_module

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.urls import reverse

User = get_user_model()


class Told:
    def __init__(self):
        self.frames: list[tuple[str, str]] = []

    def publish(self, group: str, *, text="", **_rest) -> None:
        self.frames.append((group, text))

    def has(self, frame: type, to: str) -> bool:
        tag = f'"type":"{frame.__struct_config__.tag}"'
        return any(tag in text and to == group for group, text in self.frames)


def member_of(group: str, name: str, **fields):
    """Staff with the rights that the migration gives to that group."""
    for migration in ("0026_moderators", "0034_filters", "0035_held"):
        import_module(f"chat.migrations.{migration}").give_rights(apps)
    person = User.objects.create_user(name, is_staff=True, **fields)
    person.groups.add(Group.objects.get(name=group))
    return person


def staff_who_may(*rights: str):
    person = User.objects.create_user("warden", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return person


def list_of(model: str) -> str:
    app = "accounts" if model == "user" else "chat"
    return reverse(f"admin:{app}_{model}_changelist")


def add(model: str) -> str:
    return reverse(f"admin:chat_{model}_add")


def page_of(thing, do: str = "change") -> str:
    return reverse(f"admin:{thing._meta.label_lower.replace('.', '_')}_{do}", args=[thing.pk])


def notices(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def choose(client, action: str, *things, sure=True, **terms):
    """Do `action` to these in their list, answering what it asks with `terms`."""
    data = {"action": action, "_selected_action": [thing.pk for thing in things], **terms}
    if sure:
        data |= {"post": "yes", "asked": "1"}
    return client.post(list_of(things[0]._meta.model_name), data)


def listed(response) -> list[int]:
    """The ids that a list shows."""
    return [thing.pk for thing in response.context["cl"].result_list]
