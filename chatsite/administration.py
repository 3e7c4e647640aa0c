from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import ngettext

from chat.models import Held, Report
from chat.models.figures import figures

# What waits first, then what moderators look for.
ORDER = ["Report", "Held", "Appeal", "Message", "Attachment", "Room", "Membership", "Invitation"]
ORDER += ["Restraint", "Filter", "Decision"]


MANY = 100  # reports: nobody reads the exact number then


def waiting_for(moderator) -> dict:
    """How many reports and held messages `moderator` can decide, also in words, and where."""
    reports = Report.objects.to_be_decided_by(moderator).first_of_each()
    count = len(reports.values_list("pk")[:MANY])
    said = [ngettext("%d open report", "%d open reports", count) % count] if count else []
    held = len(Held.objects.to_be_decided_by(moderator).values_list("pk")[:MANY])
    if held:
        said.append(ngettext("%d held message", "%d held messages", held) % held)
    where = "held" if held and not count else "report"
    return {
        "count": count + held,
        "said": ", ".join(said),
        "url": reverse(f"admin:chat_{where}_changelist"),
    }


# The admin's own login knows neither the second factor nor the limits on tries.
@method_decorator(secure_admin_login, name="login")
class Site(AdminSite):
    """The admin, which begins with what waits and what goes on."""

    def each_context(self, request):
        context = super().each_context(request)
        if request.user.has_perm("chat.view_report"):
            context["waiting"] = waiting_for(request.user)
        return context

    def get_urls(self):
        return [
            path("waiting/", self.admin_view(self.waiting), name="waiting"),
            *super().get_urls(),
        ]

    def waiting(self, request):
        """What the pages that are open ask again and again."""
        if not request.user.has_perm("chat.view_report"):
            raise PermissionDenied
        return JsonResponse(waiting_for(request.user))

    def index(self, request, extra_context=None):
        if request.user.has_perm("chat.view_report"):
            extra_context = {"figures": figures(request.user)} | (extra_context or {})
        return super().index(request, extra_context)

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        ours = ("chat", "accounts")
        apps.sort(key=lambda app: (*ours, app["app_label"]).index(app["app_label"]))
        for app in apps:
            if app["app_label"] == "chat":
                app["models"].sort(key=lambda model: ORDER.index(model["object_name"]))
        return apps
