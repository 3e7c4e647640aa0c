"""Files, with what they look like; also those in quarantine, which nobody else gets."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat.admin.base import Chosen, HappenedFilter, asked, link_to
from chat.admin.decisions import ReadOnly
from chat.admin.rooms import OfRoom
from chat.forms import DecisionForm, WordsForm
from chat.models import Attachment, Held, Message
from chat.uploads import INLINE, readable_size
from chat.views.files import etag, stored


class OfAuthor(Chosen):
    title, parameter_name, model = _("author"), "author", get_user_model()


class InRoom(OfRoom):
    def queryset(self, request, queryset):
        return queryset.filter(message__room=self.value()) if self.value() else queryset


@admin.register(Attachment)
class FileAdmin(ReadOnly):
    """Files go and come back with the message they are in."""

    list_display = ["preview", "name", "kind", "length", "by_author", "room", "created_at"]
    list_display += ["is_in_quarantine"]
    list_display_links = ["name"]
    list_filter = [InRoom, OfAuthor, ("quarantined_at", HappenedFilter), "kind", "created_at"]
    list_select_related = ["author", "message__room"]
    search_fields = ["name"]
    search_help_text = _("Name of the file")
    sortable_by = ()
    ordering = ["-pk"]
    actions = ["remove", "restore"]
    readonly_fields = [
        "preview",
        "name",
        "kind",
        "content_type",
        "length",
        "by_author",
        "in_message",
    ]
    readonly_fields += ["room", "created_at", "quarantined_at"]

    def get_queryset(self, request):
        """Of the messages that may be read."""
        messages = Message.objects.open_to_moderator(request.user)
        readable = Exists(messages.filter(pk=OuterRef("message")))
        return super().get_queryset(request).filter(readable, is_whole=True)

    def get_urls(self):
        look = self.admin_site.admin_view(self.look)
        return [path("<int:pk>/look/", look, name="chat_attachment_look"), *super().get_urls()]

    def look(self, request, pk: int):
        """The picture, small where there is a small one; as safe as where people see it."""
        held = Held.objects.to_be_decided_by(request.user)
        if request.user.has_perm("chat.view_held") and held.filter(attachments=pk).exists():
            attachment = get_object_or_404(Attachment, pk=pk)
        else:
            attachment = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, attachment) or not self.can_be_seen(attachment):
            raise Http404
        name, kind = attachment.stored, attachment.content_type
        if attachment.thumbnail:
            name, kind = attachment.thumbnail, "image/webp"
        return stored(request, name, {"Content-Type": kind, "ETag": etag(name)})

    @staticmethod
    def can_be_seen(attachment) -> bool:
        is_picture = attachment.kind == Attachment.Kind.PICTURE
        return bool(attachment.thumbnail) or (is_picture and attachment.content_type in INLINE)

    @admin.display(description=_("preview"))
    def preview(self, attachment):
        if not self.can_be_seen(attachment):
            return "—"
        url = reverse("admin:chat_attachment_look", args=[attachment.pk])
        return format_html('<img class="preview" src="{}" alt="" loading="lazy">', url)

    @admin.display(description=_("size"))
    def length(self, attachment):
        return readable_size(attachment.size)

    @admin.display(description=_("author"))
    def by_author(self, attachment):
        return link_to(attachment.author)

    @admin.display(description=_("message"))
    def in_message(self, attachment):
        return link_to(attachment.message, f"#{attachment.message_id}")

    @admin.display(description=_("room"))
    def room(self, attachment):
        return link_to(attachment.message.room)

    @admin.display(description=_("in quarantine"), boolean=True)
    def is_in_quarantine(self, attachment):
        return attachment.quarantined_at is not None

    def has_remove_permission(self, request):
        return request.user.has_perm("chat.delete_message")

    def is_for(self, action, attachment):
        return (action == "restore") == (attachment.quarantined_at is not None)

    @admin.action(permissions=["remove"], description=_("Remove with its message"))
    def remove(self, request, files):
        def remove(attachment, **why):
            message = Message.objects.select_related("room").get(pk=attachment.message_id)
            if not message.deleted_at:  # or it went with another file, just now
                message.remove(request.user, **why)

        return self.ask(
            request,
            files,
            DecisionForm(asked(request)),
            remove,
            lambda n: ngettext("%d file in quarantine.", "%d files in quarantine.", n),
            title=_("Remove with its message"),
            text=_("Nobody gets the file any more. For 30 days it can be brought back."),
        )

    @admin.action(permissions=["remove"], description=_("Bring back with its message"))
    def restore(self, request, files):
        def restore(attachment, **why):
            attachment.refresh_from_db(fields=["quarantined_at"])
            if attachment.quarantined_at:  # or it came with another file
                attachment.message.restore(request.user, **why)

        return self.ask(
            request,
            files,
            WordsForm(asked(request)),
            restore,
            lambda n: ngettext("%d file is back.", "%d files are back.", n),
            title=_("Bring back with its message"),
        )
