"""What filters hold back, which waits for somebody to see it."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat.admin.base import Chosen, asked, link_to
from chat.admin.decisions import ReadOnly
from chat.admin.files import FileAdmin, OfAuthor
from chat.admin.rooms import OfRoom
from chat.forms import DecisionForm, WordsForm
from chat.models import Filter, Held


class OfFilter(Chosen):
    title, parameter_name, model = _("filter"), "filter", Filter


@admin.register(Held)
class HeldAdmin(ReadOnly):
    """What was decided is a message, or its author's own again, and not here any more."""

    list_display = ["excerpt", "by_author", "room", "found", "filter", "created_at"]
    list_filter = [OfRoom, OfAuthor, OfFilter]
    list_select_related = ["author", "room", "filter"]
    search_fields = ["author__username", "author__display_name", "room__name"]
    search_help_text = _("Name of a person or a room")
    sortable_by = ()
    ordering = ["pk"]  # what has waited longest, first
    actions = ["let_through", "refuse"]
    readonly_fields = ["by_author", "room", "shown", "pictures", "found", "filter", "created_at"]

    def get_queryset(self, request):
        waiting = super().get_queryset(request).to_be_decided_by(request.user)
        return waiting.prefetch_related("attachments")

    @admin.display(description=_("text"))
    def excerpt(self, held):
        return held.excerpt or "—"

    @admin.display(description=_("author"))
    def by_author(self, held):
        return link_to(held.author)

    @admin.display(description=_("as it is seen"))
    def shown(self, held):
        # Made safe when it was written.
        said = mark_safe(held.html)  # noqa: S308
        choices = held.poll["choices"] if held.poll else []
        asks = format_html_join("", "<p>· {}</p>", ((choice["text"],) for choice in choices))
        return format_html('<div class="said">{}{}</div>', said, asks)

    @admin.display(description=_("files"))
    def pictures(self, held):
        return format_html_join("", "<p>{} {}</p>", map(self._file, held.attachments.all())) or "—"

    @staticmethod
    def _file(attachment):
        said = " · ".join(filter(None, (attachment.name, attachment.description)))
        if not FileAdmin.can_be_seen(attachment):
            return said, ""
        url = reverse("admin:chat_attachment_look", args=[attachment.pk])
        picture = format_html('<img class="preview" src="{}" alt="" loading="lazy">', url)
        return said, picture

    # What can be done ---------------------------------------------------------------------------

    def has_decide_permission(self, request):
        return request.user.has_perm("chat.change_held")

    @admin.action(permissions=["decide"], description=_("Let it through"))
    def let_through(self, request, chosen):
        return self.ask(
            request,
            chosen,
            WordsForm(asked(request)),
            lambda held, **why: held.let_through(request.user, **why),
            lambda n: ngettext("%d message posted.", "%d messages posted.", n),
            title=_("Let it through"),
            text=_("It is posted as its author wrote it, at this moment. They are told."),
        )

    @admin.action(permissions=["decide"], description=_("Refuse it"))
    def refuse(self, request, chosen):
        return self.ask(
            request,
            chosen,
            DecisionForm(asked(request)),
            lambda held, **why: held.refuse(request.user, **why),
            lambda n: ngettext("%d message refused.", "%d messages refused.", n),
            title=_("Refuse it"),
            text=_("Its author is told why, and keeps the text. Nobody else sees it."),
        )
