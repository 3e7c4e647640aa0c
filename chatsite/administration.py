from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.utils.decorators import method_decorator

from chat.models.figures import figures

# What waits first, then what moderators look for.
ORDER = ["Report", "Appeal", "Message", "Attachment", "Room", "Membership", "Invitation"]
ORDER += ["Restraint", "Decision"]


# The admin's own login knows neither the second factor nor the limits on tries.
@method_decorator(secure_admin_login, name="login")
class Site(AdminSite):
    """The admin, which begins with what waits and what goes on."""

    def index(self, request, extra_context=None):
        if request.user.has_perm("chat.view_report"):
            extra_context = {"figures": figures()} | (extra_context or {})
        return super().index(request, extra_context)

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        ours = ("chat", "accounts")
        apps.sort(key=lambda app: (*ours, app["app_label"]).index(app["app_label"]))
        for app in apps:
            if app["app_label"] == "chat":
                app["models"].sort(key=lambda model: ORDER.index(model["object_name"]))
        return apps
