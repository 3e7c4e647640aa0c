"""What the pages of the admin have in common: they act by verbs, and count nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected as ask_before_deleting
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.core.paginator import EmptyPage, Page, Paginator
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat.errors import ChatError, NotAllowed


class Uncounted(Paginator):
    """Pages of which only this one is read, and whether another one follows."""

    FURTHEST = 2000  # pages: who looks further back, narrows the search

    def __init__(self, object_list, per_page, number: int, **rest):
        super().__init__(object_list, per_page, **rest)
        self.first = (min(max(number, 1), self.FURTHEST) - 1) * per_page

    @cached_property
    def found(self) -> list:
        return list(self.object_list[self.first : self.first + self.per_page + 1])

    @cached_property
    def count(self) -> int:
        """As far as it is known."""
        return self.first + len(self.found)

    def page(self, number) -> Page:
        if number != self.first // self.per_page + 1 or (self.first and not self.found):
            raise EmptyPage(_("That page contains no results"))
        return Page(self.found[: self.per_page], number, self)


class Acting(admin.ModelAdmin):
    """Whose actions are verbs. They can be chosen in the list, and on the page of each thing."""

    paginator = Uncounted
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    whole_list = ""  # the query under which the list leaves nothing out
    change_form_template = "admin/thing.html"

    def get_paginator(self, request, queryset, per_page, **rest):
        number = request.GET.get("p") or request.GET.get("page") or ""
        is_number = number.isdecimal() and len(number) < 10
        return Uncounted(queryset, per_page, int(number) if is_number else 1, **rest)

    def get_changelist_instance(self, request):
        """The list; the whole of it where the address asks what cannot be."""
        try:
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, ValueError, OverflowError) as error:
            # Django falls over the last year that there is, which has no next one.
            refusal = _("There is nothing of that kind. This is the whole list.")
            self.message_user(request, refusal, messages.WARNING)
            raise IncorrectLookupParameters from error

    def lookup_allowed(self, lookup, value, request=None):
        """Only what the filters ask. Left alone, a list tells of every column, and of all that is
        one step away: whose address begins how, and who is in that direct conversation.
        """
        filters = self.get_list_filter(request)
        if lookup in {getattr(one, "parameter_name", None) for one in filters}:
            return True
        field, _between, question = lookup.rpartition("__")
        if field and field == self.date_hierarchy and question in {"year", "month", "day"}:
            return True
        fields = {one[0] if isinstance(one, tuple) else one for one in filters}
        return field in fields and question in {"exact", "isnull", "isempty", "gte", "lt"}

    def has_moderate_permission(self, request) -> bool:
        return request.user.has_perm("chat.moderate_room")

    def has_suspend_permission(self, request) -> bool:
        return request.user.has_perm("accounts.suspend_user")

    def response_action(self, request, queryset):
        """Only what was seen and chosen: "all" would be all there is, a million messages."""
        if request.POST.get("select_across", "0") != "0":
            self.message_user(request, _("Choose each one that is meant."), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        context = {}
        if object_id:
            actions = self.actions_on(request, object_id)
            context = {"actions_here": actions, "whole_list": self.whole_list}
        return super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def actions_on(self, request, object_id) -> list[tuple[str, str]]:
        """The names of what can be done with that thing, and what they are called."""
        thing = self.get_object(request, object_id)
        if thing is None:
            return []
        actions = self.get_actions(request)
        actions.pop("delete_selected", None)
        return [
            (name, said)
            for _function, name, said in filter(None, actions.values())
            if self.is_for(name, thing)
        ]

    def is_for(self, action: str, thing) -> bool:
        """Whether that makes sense now; the verb decides."""
        return True

    def ask(self, request, things, form: forms.Form, verb: Callable, done: Callable, **shown):
        """Ask by `form` for what `verb` needs beside each of `things`, then do it.

        `shown`: `title`, and `text` that says what it means. `form` is bound by asked().
        """
        if form.is_bound and form.is_valid():
            terms = form.cleaned_data
            return self.for_each(request, things, lambda thing: verb(thing, **terms), done)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media + form.media,
            "form": form,
            "things": [(thing.pk, self.called(thing)) for thing in things],
            "action": request.POST["action"],
            "from_page": "from_page" in request.POST,
            **shown,
        }
        return TemplateResponse(request, "admin/ask.html", context)

    def called(self, thing) -> str:
        """What it is called when it is asked about."""
        return str(thing)

    def for_each(
        self, request, things: Iterable, verb: Callable, done: Callable[[int], str], note=None
    ):
        """Do `verb` to each, and say how many that were (`done` words it) and what was refused.

        `note` writes it into the admin's own log.
        """
        count, refused = 0, defaultdict(list)
        said = dict(self.get_action_choices(request))[request.POST["action"]]
        note = note or (lambda thing: self.log_change(request, thing, said))
        for thing in things:
            name, pk = self.called(thing), thing.pk
            try:
                verb(thing)
            except ChatError as error:
                refused[str(error.message)].append(name)
            else:
                count += 1
                thing.pk = pk  # also of what is gone now
                note(thing)
        if count:
            self.message_user(request, done(count) % count, messages.SUCCESS)
        for reason, names in refused.items():
            shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            self.message_user(request, f"{shown}: {reason}", messages.ERROR)
        if not (count or refused):
            nothing = _("Nothing was done: what was chosen is not like that any more.")
            self.message_user(request, nothing, messages.WARNING)
        if "from_page" in request.POST:
            pk = request.POST[ACTION_CHECKBOX_NAME]
            if self.get_object(request, pk):
                return HttpResponseRedirect(page_of(self.opts, pk))
        return None


def asked(request):
    """What a form of ask() is bound to, once it was sent."""
    return request.POST if "asked" in request.POST else None


def page_of(opts, pk) -> str:
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[pk])


class VerbForm(forms.ModelForm):
    """Shown once more, with what was typed, when a verb refused it."""

    refusal: ChatError | None = None

    def clean(self):
        if self.refusal:
            raise ValidationError(str(self.refusal.message))
        return super().clean()


class VerbAdmin(Acting):
    """Adds, changes and deletes by verbs: subclasses say by which. What they refuse is shown."""

    form = VerbForm
    actions = ["delete_selected"]

    def make(self, by, **fields):
        """The new object."""
        raise NotAllowed

    def edit(self, by, obj, form) -> None:
        raise NotAllowed

    def remove(self, by, obj) -> None:
        raise NotAllowed

    # Where the admin would write by itself --------------------------------------------------------

    def save_model(self, request, obj, form, change):
        if change:
            self.edit(request.user, obj, form)
        else:
            obj.pk = self.make(request.user, **form.cleaned_data).pk
            obj.refresh_from_db()

    def delete_model(self, request, obj):
        self.remove(request.user, obj)

    @admin.action(permissions=["delete"], description=_("Delete selected %(verbose_name_plural)s"))
    def delete_selected(self, request, queryset):
        if not request.POST.get("post"):
            return ask_before_deleting(self, request, queryset)
        return self.for_each(
            request,
            queryset,
            lambda obj: self.remove(request.user, obj),
            lambda n: ngettext("%d deleted.", "%d deleted.", n),
            note=lambda obj: self.log_deletions(request, [obj]),
        )

    def get_deleted_objects(self, objs, request):
        """What the question before deleting names: the objects, not all that hangs on them."""
        return list(map(str, objs)), {self.opts.verbose_name_plural: len(objs)}, set(), []

    # Where the admin would fall over a refusal ----------------------------------------------------

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ChatError as error:
            request.refusal = error
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except ChatError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(page_of(self.opts, object_id))


class HappenedFilter(admin.EmptyFieldListFilter):
    """Whether the moment is set, asked as a question rather than about emptiness."""

    def choices(self, changelist):
        choices = super().choices(changelist)
        for choice, words in zip(choices, (_("All"), _("No"), _("Yes")), strict=True):
            yield choice | {"display": words}


class Chosen(admin.SimpleListFilter):
    """Only those of one thing, which a link names by its id; there to be seen and dropped."""

    model: type

    def lookups(self, request, model_admin):
        value = request.GET.get(self.parameter_name, "")
        if not (value.isdecimal() and len(value) < 19):
            return []
        found = self.model._default_manager.filter(pk=value).first()
        return [(value, str(found))] if found else []

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(**{self.parameter_name: self.value()})


def list_of(model, words, **which) -> str:
    """A link to the list of those of `model` of which this holds."""
    opts = model._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist", query=which)
    return format_html('<a href="{}">{}</a>', url, words)


def link_to(thing, words=None) -> str:
    """A link to the page of `thing`, if there is one."""
    if thing is None:
        return "—"
    return format_html('<a href="{}">{}</a>', page_of(thing._meta, thing.pk), words or thing)
