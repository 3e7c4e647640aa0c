"""Rooms, who is in them, and who is invited."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat.admin.base import Chosen, HappenedFilter, VerbAdmin, VerbForm, asked, list_of
from chat.errors import Invalid
from chat.forms import LockForm, SlowForm
from chat.models import Attachment, Invitation, Membership, Message, Room
from chat.uploads import readable_size

MERGED_HERE = 20_000  # messages in a room: what takes longer is for the command


class OfRoom(Chosen):
    title, parameter_name, model = _("room"), "room", Room


class OfPerson(Chosen):
    title, parameter_name, model = _("person"), "user", Membership.user.field.related_model


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
    actions = ["lock", "unlock", "slow_down", "archive", "unarchive", "merge", "delete_selected"]
    readonly_fields = ["slug", "created_by", "created_at", "active_at", "revision", "more"]
    readonly_fields += ["locked_at", "slow_seconds", "storage"]
    list_select_related = ["created_by"]

    def get_queryset(self, request):
        """Who writes to whom is nobody's business, unless it is theirs to read."""
        rooms = super().get_queryset(request)
        if request.user.has_perm("chat.read_private"):
            return rooms
        return rooms.exclude(kind=Room.Kind.DIRECT)

    def get_fieldsets(self, request, obj=None):
        about, dates = ["name", "topic", "kind", "guests_allowed"], ["created_at", "active_at"]
        if obj is None:
            return [(None, {"fields": about, "description": _("You will be its owner.")})]
        return [
            (None, {"fields": [*about, "archived", "locked_at", "slow_seconds", "more"]}),
            (_("Record"), {"fields": ["slug", "created_by", *dates, "revision", "storage"]}),
        ]

    @admin.display(description=_("archived"), boolean=True, ordering="archived_at")
    def archived(self, room):
        return room.archived_at is not None

    @admin.display(description=_("members"), ordering="members_count")
    def people(self, room):
        return list_of(Membership, room.members_count, room=room.pk)

    @admin.display(description=_("in this room"))
    def more(self, room):
        return format_html(
            "{} · {} · {} · {}",
            list_of(Membership, _("Members"), room=room.pk),
            list_of(Message, _("Messages"), room=room.pk),
            list_of(Attachment, _("Files"), room=room.pk),
            list_of(Invitation, _("Invitations"), room=room.pk),
        )

    @admin.display(description=_("files take up"))
    def storage(self, room):
        return readable_size(room.bytes_of_files)

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

    def is_for(self, action, room):
        return {
            "lock": not (room.locked_at or room.is_direct),
            "unlock": room.locked_at is not None,
            "slow_down": not room.is_direct,
            "archive": room.archived_at is None and not room.is_direct,
            "unarchive": room.archived_at is not None,
            "merge": not room.is_direct,
        }[action]

    def has_merge_permission(self, request):
        return request.user.has_perms(["chat.change_room", "chat.delete_room"])

    @admin.action(permissions=["moderate"], description=_("Lock: only moderators write"))
    def lock(self, request, rooms):
        return self.ask(
            request,
            rooms,
            LockForm(asked(request)),
            lambda room, **why: room.lock(request.user, **why),
            lambda n: ngettext("%d room locked.", "%d rooms locked.", n),
            title=_("Lock"),
        )

    @admin.action(permissions=["moderate"], description=_("Unlock"))
    def unlock(self, request, rooms):
        return self.for_each(
            request,
            rooms.exclude(locked_at=None),
            lambda room: room.unlock(request.user),
            lambda n: ngettext("%d room unlocked.", "%d rooms unlocked.", n),
        )

    @admin.action(permissions=["moderate"], description=_("Set slow mode"))
    def slow_down(self, request, rooms):
        return self.ask(
            request,
            rooms,
            SlowForm(asked(request)),
            lambda room, seconds: room.slow_down(request.user, seconds),
            lambda n: ngettext("Slow mode set in %d room.", "Slow mode set in %d rooms.", n),
            title=_("Slow mode"),
        )

    @admin.action(permissions=["merge"], description=_("Merge into another room"))
    def merge(self, request, rooms):
        def merge(room, into, knowingly):
            if room.messages.all()[: MERGED_HERE + 1].count() > MERGED_HERE:
                raise Invalid(_("This is a long one. Let “manage.py mergerooms” do it."))
            for _moved in room.merge_into(request.user, into, knowingly=knowingly):
                pass

        return self.ask(
            request,
            rooms,
            MergeForm(asked(request)),
            merge,
            lambda n: ngettext("%d room merged.", "%d rooms merged.", n),
            title=_("Merge into another room"),
            text=_(
                "All that was said and everybody who is there move to the other room. This room is "
                "then gone, and its address leads to the other one. This cannot be taken back."
            ),
        )

    @admin.action(permissions=["change"], description=_("Archive: to be read only"))
    def archive(self, request, rooms):
        return self.for_each(
            request,
            rooms.filter(archived_at=None),
            lambda room: room.archive(request.user),
            lambda n: ngettext("%d room archived.", "%d rooms archived.", n),
        )

    @admin.action(permissions=["change"], description=_("Open again"))
    def unarchive(self, request, rooms):
        return self.for_each(
            request,
            rooms.exclude(archived_at=None),
            lambda room: room.unarchive(request.user),
            lambda n: ngettext("%d room opened again.", "%d rooms opened again.", n),
        )


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        Room.objects.exclude(kind=Room.Kind.DIRECT),
        label=_("Into"),
        widget=AutocompleteSelect(Membership._meta.get_field("room"), admin.site),
    )
    knowingly = forms.BooleanField(
        label=_("Also where more people can read there than here"), required=False
    )


class OfARoom(VerbAdmin):
    """What only those may touch who may change its room."""

    def get_queryset(self, request):
        found = super().get_queryset(request)
        if request.user.has_perm("chat.read_private"):
            return found
        return found.exclude(room__kind=Room.Kind.DIRECT)

    def is_for(self, action, thing):
        return not thing.revoked_at if action == "revoke" else True

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
    list_filter = [OfRoom, OfPerson, "role", "user__is_guest", "joined_at"]
    list_select_related = ["user", "room"]
    search_fields = ["user__username", "user__display_name", "room__name"]
    search_help_text = _("Name of a person or a room")
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


@admin.register(Invitation)
class InvitationAdmin(OfARoom):
    """Invitations are made and revoked; what one is cannot be changed."""

    list_display = ["room", "created_by", "created_at", "expires_at", "uses", "max_uses", "open"]
    list_filter = [OfRoom, ("revoked_at", HappenedFilter), "expires_at", "created_at"]
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
        return self.for_each(
            request,
            invitations.filter(revoked_at=None),
            lambda invitation: invitation.revoke(request.user),
            lambda n: ngettext("%d invitation revoked.", "%d invitations revoked.", n),
        )
