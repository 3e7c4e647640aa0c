from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from chat.admin.base import Acting, asked, list_of
from chat.admin.people import history_of
from chat.forms import DecisionForm, WordsForm
from chat.models import Attachment, Decision, Membership, Message, Report, Restraint


@admin.register(User)
class PersonAdmin(Acting, UserAdmin):
    """People are suspended, not deleted, so that what they wrote keeps its author.

    Whoever could give rights, set passwords or change addresses could be anybody, and read
    everything: that is for superusers, as is all about those who run the site.
    """

    list_display = ["name", "username", "is_guest", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_active", "is_guest", "is_bot", "is_staff", "is_superuser", "date_joined"]
    search_fields = ["username", "display_name"]
    search_help_text = _("Name")
    ordering = ["-date_joined", "-pk"]
    readonly_fields = ["last_login", "date_joined", "is_active", "is_guest", "address_mask", "more"]
    filter_horizontal = ["groups", "user_permissions"]
    actions = ["suspend", "readmit", "sign_out", "remove_pictures"]

    RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return super().get_fieldsets(request, obj)
        is_superuser = request.user.is_superuser
        about = ["display_name", "about", "language", "time_zone"]
        if is_superuser:
            about.insert(1, "email")
        state = ["is_active", "is_guest", "is_bot", *(["address_mask"] if obj.is_guest else [])]
        fieldsets = [
            (None, {"fields": ["username", *(["password"] if is_superuser else []), "more"]}),
            (_("Profile"), {"fields": about}),
            (_("State"), {"fields": state}),
            (_("Dates"), {"fields": ["last_login", "date_joined"]}),
        ]
        if is_superuser:
            fieldsets.insert(3, (_("Rights"), {"fields": self.RIGHTS}))
        return fieldsets

    def get_readonly_fields(self, request, obj=None):
        if request.user.is_superuser or obj is None:
            return self.readonly_fields
        return [*self.readonly_fields, "email", "password", "is_bot", *self.RIGHTS]

    def get_search_fields(self, request):
        fields = super().get_search_fields(request)
        return [*fields, "email"] if request.user.is_superuser else fields

    @admin.display(description=_("name"), ordering="display_name")
    def name(self, person):
        return person.name

    @admin.display(description=_("of theirs"))
    def more(self, person):
        links = (
            list_of(Message, _("Messages"), author=person.pk),
            list_of(Attachment, _("Files"), author=person.pk),
            list_of(Membership, _("Rooms"), user=person.pk),
            list_of(Report, _("Reports"), person=person.pk, state="all"),
            list_of(Decision, _("Decisions"), person=person.pk),
            list_of(Restraint, _("Mutes and bans"), person=person.pk),
        )
        return format_html_join(" · ", "{}", ((link,) for link in links))

    # Who may do what ------------------------------------------------------------------------------

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        is_above = obj is not None and (obj.is_staff or obj.is_superuser)
        return super().has_change_permission(request, obj) and (
            request.user.is_superuser or not is_above
        )

    def user_change_password(self, request, id, form_url=""):
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def is_for(self, action, person):
        return {
            "suspend": person.is_active,
            "readmit": not person.is_active,
            "sign_out": person.is_active,
            "remove_pictures": bool(person.avatar),
        }[action]

    # What is done ---------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        person = self.get_object(request, object_id)
        history = {"history": history_of(person, request.user)} if person else {}
        return super().change_view(request, object_id, form_url, history | (extra_context or {}))

    def save_model(self, request, person, form, change):
        super().save_model(request, person, form, change)
        if change and {"username", "display_name"} & {*form.changed_data}:
            person.tell_of_change()

    @admin.action(permissions=["suspend"], description=_("Suspend: let in no more"))
    def suspend(self, request, people):
        return self.ask(
            request,
            people,
            DecisionForm(asked(request)),
            lambda person, **why: Decision.suspend(request.user, person, **why),
            lambda n: ngettext("%d person suspended.", "%d people suspended.", n),
            title=_("Suspend people"),
            text=_("They are signed out at once, and can sign in no more, until that is lifted."),
        )

    @admin.action(permissions=["suspend"], description=_("Let in again"))
    def readmit(self, request, people):
        return self.ask(
            request,
            people,
            WordsForm(asked(request)),
            lambda person, **why: Decision.readmit(request.user, person, **why),
            lambda n: ngettext("%d person can sign in again.", "%d people can sign in again.", n),
            title=_("Let people in again"),
        )

    @admin.action(permissions=["suspend"], description=_("Sign out everywhere"))
    def sign_out(self, request, people):
        return self.ask(
            request,
            people,
            WordsForm(asked(request)),
            lambda person, **why: Decision.sign_out(request.user, person, **why),
            lambda n: ngettext("%d person signed out.", "%d people signed out.", n),
            title=_("Sign people out everywhere"),
            text=_("They can sign in again."),
        )

    @admin.action(permissions=["suspend"], description=_("Remove the picture"))
    def remove_pictures(self, request, people):
        def remove(person):
            Decision.require_suspending(request.user, person)
            person.drop_avatar()

        return self.for_each(
            request,
            people.exclude(avatar=""),
            remove,
            lambda n: ngettext("%d picture removed.", "%d pictures removed.", n),
        )
