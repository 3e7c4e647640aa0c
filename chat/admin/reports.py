"""The queue: what people reported, with what was said around it, and the decisions about it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat import markup
from chat.admin.base import asked, link_to
from chat.admin.decisions import AboutPerson, OpenFilter, ReadOnly
from chat.admin.people import history_of
from chat.admin.rooms import OfRoom
from chat.errors import ChatError, NotFound
from chat.forms import TermForm, WordsForm
from chat.models import Decision, Report


class Way(NamedTuple):
    """How a report can be answered: what the button says, and what is said afterwards."""

    name: str
    label: Any
    done: Any
    is_danger: bool = False


REMOVE = Way("remove", _("Remove the message"), _("The message of %s is removed."), True)
MUTE = Way("mute", _("Mute in the room"), _("%s is muted."))
BAN = Way("ban", _("Ban from the room"), _("%s is banned."), True)
BAN_ADDRESS = Way(
    "ban-address", _("Ban the address"), _("The network address of %s is banned."), True
)
SUSPEND = Way("suspend", _("Suspend the account"), _("%s is suspended."), True)
DISMISS = Way("dismiss", _("Dismiss the report"), _("The report about %s is dismissed."))


def ways_for(user, report: Report) -> list[Way]:
    """What `user` can answer; the verbs decide."""
    ways = []
    is_there = report.message is not None and report.message.deleted_at is None
    moderates = report.room and not report.room.is_direct and user.has_perm("chat.moderate_room")
    if is_there and (moderates or user.has_perm("chat.delete_message")):
        ways.append(REMOVE)
    if moderates:
        ways += [MUTE, BAN]
        if report.person.is_guest and report.person.address_key:
            ways.append(BAN_ADDRESS)
    if user.has_perm("accounts.suspend_user"):
        ways.append(SUSPEND)
    if user.has_perm("chat.change_report") or moderates:
        ways.append(DISMISS)
    return ways


@transaction.atomic
def answer(by, report: Report, way: str, *, until, too=False, **why) -> None:
    """Decide about `report` in that way, which closes it and its twins.

    `too`: whether the message goes as well. Raises as the verbs do.
    """
    message, person, room = report.message, report.person, report.room
    if way == "dismiss":
        report.dismiss(by, **why)
        return
    if way == "remove" or (too and message and not message.deleted_at):
        if message is None:
            raise NotFound
        message.remove(by, report=report, **why)
    if way == "suspend":
        Decision.suspend(by, person, report=report, **why)
    elif way != "remove":
        if room is None:
            raise NotFound
        verbs: dict[str, Callable] = {
            "mute": room.mute,
            "ban": room.ban,
            "ban-address": room.ban_address,
        }
        verbs[way](by, person, report=report, until=until, **why)


class QueueFilter(OpenFilter):
    def queryset(self, request, queryset):
        found = super().queryset(request, queryset)
        return found if self.value() else found.first_of_each()


@admin.register(Report)
class ReportAdmin(ReadOnly):
    """Each thing that was reported once, however many people did."""

    list_display = ["said", "reason", "about", "in_room", "times", "by", "created_at"]
    list_display += ["answer"]
    list_filter = [QueueFilter, "reason", OfRoom, AboutPerson]
    search_fields = ["person__username", "person__display_name", "room__name"]
    search_help_text = _("Name of a person or a room")
    list_display_links = ["said"]
    sortable_by = ()
    actions = ["dismiss"]

    def get_queryset(self, request):
        """Nobody decides about themselves."""
        reports = super().get_queryset(request).with_names().select_related("decision")
        return reports.exclude(person=request.user.pk)

    def get_ordering(self, request):
        """What has waited longest, first."""
        return ["pk"] if self.is_queue(request) else ["-pk"]

    @staticmethod
    def is_queue(request) -> bool:
        return "state" not in request.GET

    def get_list_display(self, request):
        hidden = "answer" if self.is_queue(request) else ""
        return [column for column in self.list_display if column != hidden]

    def changelist_view(self, request, extra_context=None):
        title = {"title": _("Open reports")} if self.is_queue(request) else {}
        return super().changelist_view(request, title | (extra_context or {}))

    def get_changelist_instance(self, request):
        """With how many people reported each, read for all of them at once."""
        shown = super().get_changelist_instance(request)
        shown.result_list = list(shown.result_list)
        counts = Report.objects.counts_of(shown.result_list)
        for report in shown.result_list:
            report.times = counts[report.thing]
        return shown

    # What is shown ------------------------------------------------------------------------------

    @admin.display(description=_("what"))
    def said(self, report):
        return markup.shortened(report.text) or _("The person")

    @admin.display(description=_("whom"))
    def about(self, report):
        return link_to(report.person)

    @admin.display(description=_("room"))
    def in_room(self, report):
        return report.room or "—"

    @admin.display(description=_("reports"))
    def times(self, report):
        return report.times

    @admin.display(description=_("reporter"))
    def by(self, report):
        return report.reported_by

    @admin.display(description=_("answer"))
    def answer(self, report):
        return report.decision.get_kind_display() if report.decision else ""

    # One of them --------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        report = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        if report is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        ways = [] if report.decided_at else ways_for(request.user, report)
        form = TermForm(request.POST or None, initial={"reason": report.reason, "lasts": "1d"})
        form.offer(message=report.message, has_end=False)
        chosen = next((way for way in ways if way.name == request.POST.get("way")), None)
        if request.method == "POST":
            if report.decided_at:
                self.message_user(request, _("Somebody decided that already."), messages.WARNING)
                return HttpResponseRedirect(request.path)
            if chosen is None:
                raise PermissionDenied
            if form.is_valid():
                try:
                    answer(request.user, report, chosen.name, **form.cleaned_data)
                except ChatError as error:
                    form.add_error(None, str(error.message))
                else:
                    self.log_change(request, report, str(chosen.label))
                    self.message_user(request, chosen.done % report.person.name, messages.SUCCESS)
                    return HttpResponseRedirect(reverse("admin:chat_report_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Report"),
            "opts": self.opts,
            "media": self.media + form.media,
            "original": report,
            "report": report,
            "twins": report.twins.select_related("reporter").order_by("pk")[:20],
            "around": report.context(),
            "history": history_of(report.person, request.user),
            "form": form,
            "ways": ways,
        }
        return TemplateResponse(request, "admin/report.html", context)

    # Several ------------------------------------------------------------------------------------

    def has_dismiss_permission(self, request):
        return request.user.has_perm("chat.change_report")

    @admin.action(permissions=["dismiss"], description=_("Dismiss"))
    def dismiss(self, request, reports):
        return self.ask(
            request,
            reports,
            WordsForm(asked(request)),
            lambda report, **why: report.dismiss(request.user, **why),
            lambda n: ngettext("%d report dismissed.", "%d reports dismissed.", n),
            title=_("Dismiss reports"),
            text=_("There is nothing wrong with it. Who reported it is not told your words."),
        )
