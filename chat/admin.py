"""The Django admin, for moderation.

What is changed here is changed by the verbs of the models, like anywhere else: open browsers see
it, and revisions stay contiguous. What no verb does cannot be done here either.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected as ask_before_deleting
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat.errors import ChatError, NotAllowed
from chat.models import Invitation, Membership, Message, Room


class VerbForm(forms.ModelForm):
    """Shown once more, with what was typed, when a verb refused it."""

    refusal: ChatError | None = None

    def clean(self):
        if self.refusal:
            raise ValidationError(str(self.refusal.message))
        return super().clean()


class VerbAdmin(admin.ModelAdmin):
    """Adds, changes and deletes by verbs: subclasses say by which. What they refuse is shown."""

    form = VerbForm
    show_full_result_count = False
    list_per_page = 50
    actions = ["delete_selected"]

    def make(self, by, **fields):
        """The new object."""
        raise NotAllowed

    def edit(self, by, obj, form) -> None:
        raise NotAllowed

    def remove(self, by, obj) -> None:
        raise NotAllowed

    # Where the admin would write by itself --------------------------------------------------------

    def save_model(self, request, obj, form, change):
        if change:
            self.edit(request.user, obj, form)
        else:
            obj.pk = self.make(request.user, **form.cleaned_data).pk
            obj.refresh_from_db()

    def delete_model(self, request, obj):
        self.remove(request.user, obj)

    def delete_queryset(self, request, queryset):
        for obj in queryset:
            self.remove(request.user, obj)

    def get_deleted_objects(self, objs, request):
        """What the question before deleting names: the objects, not all that hangs on them."""
        return list(map(str, objs)), {self.opts.verbose_name_plural: len(objs)}, set(), []

    @admin.action(permissions=["delete"], description=_("Delete selected %(verbose_name_plural)s"))
    def delete_selected(self, request, queryset):
        if not request.POST.get("post"):
            return ask_before_deleting(self, request, queryset)

        @transaction.atomic
        def remove(obj):
            self.log_deletions(request, [obj])
            self.remove(request.user, obj)

        return self.for_each(
            request, queryset, remove, lambda n: ngettext("%d deleted.", "%d deleted.", n)
        )

    def for_each(
        self, request, objects: Iterable, verb: Callable, done: Callable[[int], str]
    ) -> None:
        """Do `verb` to each, and say how many that were (`done` words it) and what was refused."""
        count, refused = 0, defaultdict(list)
        for obj in objects:
            try:
                verb(obj)
                count += 1
            except ChatError as error:
                refused[str(error.message)].append(str(obj))
        if count:
            self.message_user(request, done(count) % count, messages.SUCCESS)
        for reason, names in refused.items():
            shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            self.message_user(request, f"{shown}: {reason}", messages.ERROR)

    # Where the admin would fall over a refusal ----------------------------------------------------

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ChatError as error:
            request.refusal = error
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except ChatError as error:
            self.message_user(request, error.message, messages.ERROR)
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(name, args=[object_id]))


class HappenedFilter(admin.EmptyFieldListFilter):
    """Whether the moment is set, asked as a question rather than about emptiness."""

    def choices(self, changelist):
        choices = super().choices(changelist)
        for choice, words in zip(choices, (_("All"), _("No"), _("Yes")), strict=True):
            yield choice | {"display": words}


def link_to(model: str, room: Room, words) -> str:
    """A link to the list of those of one room."""
    url = reverse(f"admin:chat_{model}_changelist", query={"room__id__exact": room.pk})
    return format_html('<a href="{}">{}</a>', url, words)


class RoomForm(VerbForm):
    archived = forms.BooleanField(
        label=_("Archived"),
        required=False,
        help_text=_("It can be read, but nothing new can be written."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["archived"] = self.instance.archived_at is not None


@admin.register(Room)
class RoomAdmin(VerbAdmin):
    form = RoomForm
    list_display = ["name", "kind", "guests_allowed", "archived", "people", "active_at"]
    list_filter = ["kind", "guests_allowed", ("archived_at", HappenedFilter), "active_at"]
    search_fields = ["name", "slug", "topic"]
    search_help_text = _("Name, address or topic")
    date_hierarchy = "created_at"
    ordering = ["-active_at", "-pk"]
    actions = ["archive", "unarchive", "delete_selected"]
    readonly_fields = ["slug", "created_by", "created_at", "active_at", "revision", "more"]
    list_select_related = True

    def get_fieldsets(self, request, obj=None):
        about = ["name", "topic", "kind", "guests_allowed"]
        if obj is None:
            return [(None, {"fields": about, "description": _("You will be its owner.")})]
        return [
            (None, {"fields": [*about, "archived", "more"]}),
            (
                _("Record"),
                {"fields": ["slug", "created_by", "created_at", "active_at", "revision"]},
            ),
        ]

    @admin.display(description=_("archived"), boolean=True, ordering="archived_at")
    def archived(self, room):
        return room.archived_at is not None

    @admin.display(description=_("members"), ordering="members_count")
    def people(self, room):
        return link_to("membership", room, room.members_count)

    @admin.display(description=_("in this room"))
    def more(self, room):
        return format_html(
            "{} · {} · {}",
            link_to("membership", room, _("Members")),
            link_to("message", room, _("Messages")),
            link_to("invitation", room, _("Invitations")),
        )

    def make(self, by, *, name, topic, kind, guests_allowed, **_fields):
        return Room.create(by, name, topic=topic, kind=kind, guests_allowed=guests_allowed)

    def edit(self, by, room, form):
        fields = dict(form.cleaned_data)
        archived = fields.pop("archived")
        if set(form.changed_data) - {"archived"}:
            room.edit(by, **fields)
        if "archived" in form.changed_data:
            room.archive(by) if archived else room.unarchive(by)

    def remove(self, by, room):
        room.delete_for_good(by)

    def get_deleted_objects(self, rooms, request):
        names, counts, *denied = super().get_deleted_objects(rooms, request)
        for model in (Message, Membership, Invitation):
            counts[model._meta.verbose_name_plural] = model.objects.filter(room__in=rooms).count()
        return names, counts, *denied

    @admin.action(permissions=["change"], description=_("Archive: to be read only"))
    def archive(self, request, rooms):
        self.for_each(
            request,
            rooms.filter(archived_at=None),
            lambda room: room.archive(request.user),
            lambda n: ngettext("%d room archived.", "%d rooms archived.", n),
        )

    @admin.action(permissions=["change"], description=_("Open again"))
    def unarchive(self, request, rooms):
        self.for_each(
            request,
            rooms.exclude(archived_at=None),
            lambda room: room.unarchive(request.user),
            lambda n: ngettext("%d room opened again.", "%d rooms opened again.", n),
        )


class OfARoom(VerbAdmin):
    """What only those may touch who may change its room."""

    def may_run_rooms(self, request) -> bool:
        return Room.is_run_from_above_by(request.user)

    def has_add_permission(self, request):
        return super().has_add_permission(request) and self.may_run_rooms(request)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self.may_run_rooms(request)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self.may_run_rooms(request)


@admin.register(Membership)
class MembershipAdmin(OfARoom):
    list_display = ["user", "room", "role", "joined_at"]
    list_filter = ["role", "room__kind", "user__is_guest", "joined_at"]
    list_select_related = ["user", "room"]
    search_fields = ["user__username", "user__display_name", "room__name"]
    search_help_text = _("Name of a person or a room")
    date_hierarchy = "joined_at"
    ordering = ["-pk"]
    autocomplete_fields = ["user", "room"]
    fields = ["room", "user", "role", "joined_at"]

    def get_readonly_fields(self, request, obj=None):
        return ["joined_at"] if obj is None else ["room", "user", "joined_at"]

    def make(self, by, *, room, user, role):
        return room.add_member(by, user, role)

    def edit(self, by, membership, form):
        membership.room.set_role(by, membership.user, form.cleaned_data["role"])

    def remove(self, by, membership):
        membership.room.remove_member(by, membership.user)


@admin.register(Message)
class MessageAdmin(VerbAdmin):
    """Messages come to be in rooms only. A deleted one stays as a tombstone without text."""

    list_display = ["excerpt", "author", "room", "created_at", "edited", "removed"]
    list_filter = [
        ("deleted_at", HappenedFilter),
        ("edited_at", HappenedFilter),
        "author__is_guest",
        "room__kind",
        "created_at",
    ]
    list_select_related = ["author", "room"]
    search_fields = ["body", "author__username", "author__display_name", "room__name"]
    search_help_text = _("Words of the text, name of the author or the room")
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    readonly_fields = ["room", "author", "reply_to", "created_at", "edited_at", "deleted_at"]
    readonly_fields += ["revision", "nonce"]
    fields = [*readonly_fields[:3], "body", *readonly_fields[3:]]

    @admin.display(description=_("text"))
    def excerpt(self, message):
        return message.excerpt or "—"

    @admin.display(description=_("edited"), boolean=True, ordering="edited_at")
    def edited(self, message):
        return message.edited_at is not None

    @admin.display(description=_("deleted"), boolean=True, ordering="deleted_at")
    def removed(self, message):
        return message.deleted_at is not None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.deleted_at)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.deleted_at)

    def edit(self, by, message, form):
        if "body" in form.changed_data:
            message.edit(by, form.cleaned_data["body"])

    def remove(self, by, message):
        message.remove(by)

    # The admin's own log would keep the first words of what was taken back.

    def log_change(self, request, message, change):
        return super().log_change(request, self.without_text(message), change)

    def log_deletions(self, request, removed):
        return super().log_deletions(request, [self.without_text(each) for each in removed])

    @staticmethod
    def without_text(message) -> Message:
        return Message(pk=message.pk, body=f"#{message.pk}")


@admin.register(Invitation)
class InvitationAdmin(OfARoom):
    """Invitations are made and revoked; what one is cannot be changed."""

    list_display = ["room", "created_by", "created_at", "expires_at", "uses", "max_uses", "open"]
    list_filter = [("revoked_at", HappenedFilter), "expires_at", "created_at"]
    list_select_related = ["room", "created_by"]
    search_fields = ["room__name", "created_by__username", "created_by__display_name"]
    search_help_text = _("Name of the room or of who invites")
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    autocomplete_fields = ["room"]
    actions = ["revoke"]
    readonly_fields = ["link", "created_by", "created_at", "uses", "revoked_at"]

    def get_fields(self, request, obj=None):
        terms = ["room", "expires_at", "max_uses"]
        if obj is None:
            return terms
        record = [*terms, "created_by", "created_at", "uses", "revoked_at"]
        # Whoever has the link may enter.
        return ["link", *record] if self.may_run_rooms(request) else record

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_revoke_permission(self, request):
        return request.user.has_perm("chat.change_invitation") and self.may_run_rooms(request)

    def get_queryset(self, request):
        still_open = Exists(Invitation.objects.open().filter(pk=OuterRef("pk")))
        return super().get_queryset(request).annotate(is_open=still_open)

    @admin.display(description=_("open"), boolean=True)
    def open(self, invitation):
        return invitation.is_open

    @admin.display(description=_("link"))
    def link(self, invitation):
        url = reverse("invitation", args=[invitation.token])
        return format_html('<a href="{}">{}</a>', url, url)

    def make(self, by, *, room, expires_at, max_uses):
        return Invitation.create(room, by, expires_at=expires_at, max_uses=max_uses)

    @admin.action(permissions=["revoke"], description=_("Revoke: lets nobody in any more"))
    def revoke(self, request, invitations):
        self.for_each(
            request,
            invitations.filter(revoked_at=None),
            lambda invitation: invitation.revoke(request.user),
            lambda n: ngettext("%d invitation revoked.", "%d invitations revoked.", n),
        )
