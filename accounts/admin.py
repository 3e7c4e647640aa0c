from allauth.account.decorators import secure_admin_login
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.errors import ChatError


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People are deactivated, not deleted, so that what they wrote keeps its author."""

    list_display = ["username", "display_name", "email", "is_guest", "is_active", "date_joined"]
    list_filter = ["is_active", "is_guest", "is_bot", "is_staff", "is_superuser", "date_joined"]
    search_fields = ["username", "display_name", "email"]
    date_hierarchy = "date_joined"
    ordering = ["-date_joined"]
    readonly_fields = ["last_login", "date_joined", "is_guest"]
    filter_horizontal = ["groups", "user_permissions"]
    actions = ["deactivate", "reactivate", "remove_pictures"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Profile"), {"fields": ["display_name", "email", "about", "language", "time_zone"]}),
        (
            _("Rights"),
            {
                "fields": [
                    "is_active",
                    "is_guest",
                    "is_bot",
                    "is_staff",
                    "is_superuser",
                    "groups",
                    "user_permissions",
                ]
            },
        ),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, person, form, change):
        if change and "is_active" in form.changed_data:
            wanted, person.is_active = person.is_active, not person.is_active
            super().save_model(request, person, form, change)
            self._set_active(request, person, wanted)
        else:
            super().save_model(request, person, form, change)
        if change and {"username", "display_name"} & {*form.changed_data}:
            person.tell_of_change()

    @admin.action(description=_("Deactivate: sign out, let in no more"))
    def deactivate(self, request, people):
        for person in people:
            self._set_active(request, person, False)

    @admin.action(description=_("Reactivate"))
    def reactivate(self, request, people):
        for person in people:
            self._set_active(request, person, True)

    @admin.action(description=_("Remove the picture"))
    def remove_pictures(self, request, people):
        for person in people:
            person.drop_avatar()

    def _set_active(self, request, person, is_active):
        try:
            person.reactivate() if is_active else person.deactivate()
        except ChatError as error:
            self.message_user(request, f"{person}: {error.message}", messages.ERROR)


# The admin's own login knows neither the second factor nor the limits on tries.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
