"""What was said: read as far as it is a moderator's to read, removed and brought back."""

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat import markup
from chat.admin.base import Chosen, VerbAdmin, asked, link_to, list_of
from chat.admin.rooms import OfRoom
from chat.errors import ChatError
from chat.forms import DecisionForm, WordsForm
from chat.models import Message, ModeratorsSearch, Removal, Report


class OfAuthor(Chosen):
    title, parameter_name, model = _("author"), "author", get_user_model()


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = _("state"), "state"

    def lookups(self, request, model_admin):
        return [
            ("reported", _("Reported")),
            ("removed", _("Removed, can be brought back")),
        ]

    def queryset(self, request, queryset):
        """By the few rows that know of it, never by looking through all messages."""
        match self.value():
            case "reported":
                return queryset.filter(pk__in=Report.objects.values("message"))
            case "removed":
                return queryset.filter(pk__in=Removal.objects.values("message"))
        return queryset


@admin.register(Message)
class MessageAdmin(VerbAdmin):
    """Messages come to be in rooms only. A removed one stays as a tombstone, and can come back."""

    list_display = ["excerpt", "by_author", "in_room", "created_at", "fate"]
    list_filter = [OfRoom, OfAuthor, StateFilter, "created_at"]
    list_select_related = ["author", "room", "removal"]
    search_fields = ["body"]  # there is a field to search in; see get_search_results()
    search_help_text = _(
        "As in the site's own search: words, “a phrase”, from:name, in:room, before:2026-03, "
        "after:2026, has:file"
    )
    sortable_by = ()  # the newest first, which needs no look at all the others
    ordering = ["-pk"]
    actions = ["remove_some", "restore"]
    readonly_fields = ["in_room", "by_author", "shown", "kept", "created_at", "edited_at"]
    readonly_fields += ["deleted_at", "revision"]
    fields = [*readonly_fields[:2], "body", *readonly_fields[2:]]

    def get_queryset(self, request):
        return super().get_queryset(request).open_to_moderator(request.user)

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        try:
            found = ModeratorsSearch(request.user, search_term).newest()
        except ChatError as error:
            self.message_user(request, error.message, messages.WARNING)
            found = []
        return queryset.filter(pk__in=found), False

    # What is shown ------------------------------------------------------------------------------

    @admin.display(description=_("text"))
    def excerpt(self, message):
        return message.excerpt or self._was(message) or "—"

    @staticmethod
    def _was(message) -> str:
        """What it said before a moderator removed it, in one line."""
        removal = getattr(message, "removal", None)
        return markup.excerpt(removal.html) if removal else ""

    @admin.display(description=_("author"))
    def by_author(self, message):
        return link_to(message.author)

    @admin.display(description=_("room"))
    def in_room(self, message):
        return list_of(Message, message.room, room=message.room_id)

    @admin.display(description=_("since then"))
    def fate(self, message):
        if message.removed:
            return _("removed by %s") % message.removed["by"]
        if message.deleted_at:
            return _("deleted by its author")
        return _("edited") if message.edited_at else ""

    @admin.display(description=_("as it is seen"))
    def shown(self, message):
        # Made safe when it was written.
        return mark_safe(f'<div class="said">{message.html}</div>') if message.html else "—"  # noqa: S308

    @admin.display(description=_("removed text"))
    def kept(self, message):
        return self._was(message) or "—"

    # What can be done ---------------------------------------------------------------------------

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.deleted_at)

    def has_delete_permission(self, request, obj=None):
        """Not without saying why: see remove_some()."""
        return False

    def has_remove_permission(self, request):
        return request.user.has_perm("chat.delete_message")

    def edit(self, by, message, form):
        if "body" in form.changed_data:
            message.edit(by, form.cleaned_data["body"])

    def is_for(self, action, message):
        return (action == "restore") == hasattr(message, "removal") and bool(
            action == "restore" or not message.deleted_at
        )

    @admin.action(permissions=["remove"], description=_("Remove"))
    def remove_some(self, request, chosen):
        return self.ask(
            request,
            chosen,
            DecisionForm(asked(request)),
            lambda message, **why: message.remove(request.user, **why),
            lambda n: ngettext("%d message removed.", "%d messages removed.", n),
            title=_("Remove messages"),
            text=_(
                "It leaves a mark that says who removed it. For 30 days it can be brought back."
            ),
        )

    @admin.action(permissions=["remove"], description=_("Bring back"))
    def restore(self, request, chosen):
        return self.ask(
            request,
            chosen,
            WordsForm(asked(request)),
            lambda message, **why: message.restore(request.user, **why),
            lambda n: ngettext("%d message brought back.", "%d messages brought back.", n),
            title=_("Bring messages back"),
        )

    def called(self, message):
        return message.excerpt or self._was(message) or f"#{message.pk}"

    def log_change(self, request, message, change):
        """The admin's own log would keep the first words of what was taken back."""
        nameless = Message(pk=message.pk, body=f"#{message.pk}")
        return super().log_change(request, nameless, change)
