"""Filters: what moderators do not want said, tried on what was said before they are switched on."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat.admin.base import HappenedFilter, VerbAdmin, VerbForm, link_to, page_of
from chat.admin.rooms import OfRoom
from chat.models import Filter
from chat.models.trial import Trial


class FilterForm(VerbForm):
    class Meta:
        model = Filter
        fields = Filter.FIELDS
        widgets = {
            "terms": forms.Textarea({"rows": 6, "dir": "auto", "spellcheck": "false"}),
            "note": forms.Textarea({"rows": 2, "dir": "auto"}),
        }
        help_texts = {
            "name": _("For you and the others who moderate."),
            "terms": _(
                "One a line. Words are found as a whole, whatever their case, width and accents, "
                "and what is hidden between their letters; casino* also finds longer ones. A host, "
                "like example.org, is found with all below it. Patterns are regular expressions as "
                "RE2 knows them; case does not matter."
            ),
            "action": _(
                "What is refused comes back to its author at once, in direct conversations and "
                "private rooms too. The rest shows you what was said, so it is for public rooms."
            ),
            "room": _("None: the whole site. Who moderates the room or the site is not filtered."),
            "reason": _("It stands in the report, and is told to whose message is not sent."),
            "note": _("Why there is this filter, for those who moderate."),
        }


@admin.register(Filter)
class FilterAdmin(VerbAdmin):
    form = FilterForm
    list_display = ["name", "kind", "action", "where", "is_on", "tried"]
    list_filter = ["kind", "action", ("on_since", HappenedFilter), OfRoom]
    list_select_related = ["room"]
    search_fields = ["name", "terms", "note"]
    search_help_text = _("Name of the filter, or what it looks for")
    ordering = ["name", "pk"]
    autocomplete_fields = ["room"]
    actions = ["try_out", "switch_on", "switch_off", "delete_selected"]
    readonly_fields = ["state", "tried", "made_by", "made_at"]

    def get_fields(self, request, obj=None):
        return [*Filter.FIELDS] if obj is None else ["state", *Filter.FIELDS, "made_by", "made_at"]

    # What is shown ------------------------------------------------------------------------------

    @admin.display(description=_("room"))
    def where(self, one):
        return link_to(one.room) if one.room else _("the whole site")

    @admin.display(description=_("on"), boolean=True)
    def is_on(self, one):
        return one.on_since is not None

    @admin.display(description=_("tried"))
    def tried(self, one):
        if one.tried_at is None:
            return _("not yet")
        return _("caught %(caught)d of %(looked)d") % {
            "caught": one.would_catch,
            "looked": one.tried_on,
        }

    @admin.display(description=_("state"))
    def state(self, one):
        if one.on_since:
            return _("It is on. Switch it off to change it.")
        if one.tried_at:
            return _("It is off. It was tried (%s), and can be switched on.") % self.tried(one)
        return _("It is off. Try it, then it can be switched on.")

    # What can be done ---------------------------------------------------------------------------

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.on_since)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.on_since)

    def make(self, by, **fields):
        return Filter.create(by, **fields)

    def edit(self, by, obj, form):
        if form.changed_data:
            obj.change(by, **form.cleaned_data)

    def remove(self, by, obj):
        obj.remove(by)

    def is_for(self, action, one):
        return {
            "try_out": one.on_since is None,
            "switch_on": one.on_since is None and one.tried_at is not None,
            "switch_off": one.on_since is not None,
        }[action]

    def response_add(self, request, obj, post_url_continue=None):
        """To its page, as the next step is there: to try it."""
        if set(request.POST) & {"_addanother", "_continue", "_popup"}:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, _("The filter is kept, and off. Try it now."), messages.SUCCESS)
        return HttpResponseRedirect(page_of(self.opts, obj.pk))

    @admin.action(permissions=["change"], description=_("Try it"))
    def try_out(self, request, filters):
        chosen = list(filters[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one filter to try."), messages.WARNING)
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": chosen[0].name,
            "trial": Trial.of(chosen[0], request.user),
            "tried": chosen[0],
        }
        return TemplateResponse(request, "admin/trial.html", context)

    @admin.action(permissions=["change"], description=_("Switch on"))
    def switch_on(self, request, filters):
        return self.for_each(
            request,
            filters,
            lambda one: one.switch(request.user, True),
            lambda n: ngettext("%d filter switched on.", "%d filters switched on.", n),
        )

    @admin.action(permissions=["change"], description=_("Switch off"))
    def switch_off(self, request, filters):
        return self.for_each(
            request,
            filters,
            lambda one: one.switch(request.user, False),
            lambda n: ngettext("%d filter switched off.", "%d filters switched off.", n),
        )
