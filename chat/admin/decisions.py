"""What was decided: the log, what is in force, and what those concerned say against it."""

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat.admin.base import Acting, Chosen, VerbAdmin, VerbForm, asked, link_to
from chat.admin.rooms import OfRoom
from chat.forms import DecisionForm, TermForm, WordsForm, end_of
from chat.models import Appeal, Decision, Restraint


class AboutPerson(Chosen):
    title, parameter_name, model = _("person"), "person", get_user_model()


class ReadOnly(Acting):
    """Made and ended by verbs, and never changed: a page shows the `readonly_fields`."""

    def get_fields(self, request, obj=None):
        return self.readonly_fields

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def reverse_each(model_admin, request, things, decision_of, *, title, done):
    """Take back what `decision_of` each of them is."""
    return model_admin.ask(
        request,
        things,
        WordsForm(asked(request)),
        lambda thing, **why: decision_of(thing).reverse(request.user, **why),
        done,
        title=title,
    )


@admin.register(Decision)
class DecisionAdmin(ReadOnly):
    """The log, which the database lets nobody change. A reversal is a line of its own."""

    list_display = ["what", "who", "where", "why", "until", "by_whom", "created_at"]
    list_filter = ["kind", OfRoom, AboutPerson, "reason", "created_at"]
    search_fields = ["person__username", "person__display_name", "room__name", "words"]
    search_help_text = _("Name of a person or a room, or words of the decision")
    sortable_by = ()
    ordering = ["-pk"]
    actions = ["take_back"]
    readonly_fields = [
        "what",
        "who",
        "where",
        "about_message",
        "why",
        "until",
        "by_whom",
        "created_at",
    ]
    readonly_fields += ["back", "of"]

    def get_queryset(self, request):
        return super().get_queryset(request).with_names()

    @admin.display(description=_("what"))
    def what(self, decision):
        return f"{decision.get_kind_display()} {decision.detail}".strip()

    @admin.display(description=_("whom"))
    def who(self, decision):
        return link_to(decision.person) if decision.person else decision.names.get("person", "—")

    @admin.display(description=_("room"))
    def where(self, decision):
        return link_to(decision.room) if decision.room else decision.names.get("room", "—")

    @admin.display(description=_("message"))
    def about_message(self, decision):
        return link_to(decision.message, f"#{decision.message_id}") if decision.message else "—"

    @admin.display(description=_("by"))
    def by_whom(self, decision):
        return decision.names.get("by", "—")

    @admin.display(description=_("why"))
    def why(self, decision):
        return decision.why or "—"

    @admin.display(description=_("taken back"))
    def back(self, decision):
        return link_to(decision.reversal)

    def is_for(self, action, decision):
        return decision.may_be_reversed

    @admin.action(permissions=["moderate"], description=_("Take back"))
    def take_back(self, request, decisions):
        return reverse_each(
            self,
            request,
            decisions,
            lambda decision: decision,
            title=_("Take back"),
            done=lambda n: ngettext("%d decision taken back.", "%d decisions taken back.", n),
        )


class InForceFilter(admin.SimpleListFilter):
    title, parameter_name = _("in force"), "over"

    def lookups(self, request, model_admin):
        return [("all", _("Also what is over"))]

    def choices(self, changelist):
        all_of_them, *rest = super().choices(changelist)
        yield all_of_them | {"display": _("Now")}
        yield from rest

    def queryset(self, request, queryset):
        return queryset if self.value() else queryset.in_force()


class RestraintForm(VerbForm):
    """As the room's own form for it: whom, why, and for how long."""

    kind = forms.ChoiceField(label=_("What"), choices=Restraint.Kind.choices)
    reason = DecisionForm.base_fields["reason"]
    lasts = TermForm.base_fields["lasts"]
    words = DecisionForm.base_fields["words"]

    class Meta:
        model = Restraint
        fields = ("room", "person", "kind")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Why")
        self.fields["person"].required = True

    def _post_clean(self):
        """The row is the verb's to make, and to check."""


@admin.register(Restraint)
class RestraintAdmin(VerbAdmin):
    """Mutes and bans. They end by themselves, or are lifted: nothing is deleted."""

    form = RestraintForm
    list_display = ["kind", "whom", "room", "until", "why", "by_whom"]
    list_filter = [InForceFilter, OfRoom, AboutPerson, "kind"]
    list_select_related = ["room", "person", "decision"]
    search_fields = ["person__username", "person__display_name", "room__name"]
    search_help_text = _("Name of a person or a room")
    autocomplete_fields = ["room", "person"]
    ordering = ["-pk"]
    actions = ["lift"]
    whole_list = "over=all"

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["room", "person", "kind", "reason", "lasts", "words"]
        return ["kind", "whom", "room", "until", "why", "by_whom", "in_log"]

    readonly_fields = ("whom", "until", "why", "by_whom", "in_log")

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj:
            kwargs["form"] = VerbForm
        return super().get_form(request, obj, change, **kwargs)

    @admin.display(description=_("whom"))
    def whom(self, restraint):
        if restraint.person:
            return link_to(restraint.person)
        return restraint.decision.details.get("mask", "")

    @admin.display(description=_("why"))
    def why(self, restraint):
        return restraint.decision.why

    @admin.display(description=_("by"))
    def by_whom(self, restraint):
        return restraint.decision.names.get("by", "")

    @admin.display(description=_("in the log"))
    def in_log(self, restraint):
        return link_to(restraint.decision, f"#{restraint.decision_id}")

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def make(self, by, *, room, person, kind, reason, lasts, words, **_rest):
        verbs = {"mute": room.mute, "ban": room.ban, "address": room.ban_address}
        until = end_of(TermForm.LASTS, lasts)
        return verbs[kind](by, person, until=until, reason=reason, words=words).restraints.get()

    @admin.action(permissions=["moderate"], description=_("Lift"))
    def lift(self, request, restraints):
        return reverse_each(
            self,
            request,
            restraints,
            lambda restraint: restraint.decision,
            title=_("Lift"),
            done=lambda n: ngettext("%d lifted.", "%d lifted.", n),
        )


class OpenFilter(admin.SimpleListFilter):
    """What waits, unless one asks for the rest."""

    title, parameter_name = _("state"), "state"
    closed_at = "decided_at"

    def lookups(self, request, model_admin):
        return [("decided", _("Decided")), ("all", _("All"))]

    def choices(self, changelist):
        first, *rest = super().choices(changelist)
        yield first | {"display": _("Open")}
        yield from rest

    def queryset(self, request, queryset):
        match self.value():
            case "all":
                return queryset
            case "decided":
                return queryset.filter(**{f"{self.closed_at}__isnull": False})
        return queryset.open()


class UnansweredFilter(OpenFilter):
    closed_at = "answered_at"


@admin.register(Appeal)
class AppealAdmin(ReadOnly):
    """What somebody says against a decision: there is one appeal, and one answer."""

    list_display = ["person", "words", "against", "why", "created_at", "answered_at"]
    list_filter = [UnansweredFilter, "created_at"]
    list_select_related = ["decision__person", "decision__room"]
    sortable_by = ()
    ordering = ["-pk"]
    actions = ["grant", "decline"]
    whole_list = "state=all"
    readonly_fields = ["person", "words", "against", "why", "created_at", "answered_at", "in_log"]

    def get_queryset(self, request):
        """Nobody answers their own."""
        return super().get_queryset(request).exclude(decision__person=request.user.pk)

    @admin.display(description=_("person"))
    def person(self, appeal):
        return link_to(appeal.decision.person)

    @admin.display(description=_("against"))
    def against(self, appeal):
        decision = appeal.decision
        return format_html("{} · {}", decision.get_kind_display(), decision.names.get("room", ""))

    @admin.display(description=_("why"))
    def why(self, appeal):
        return appeal.decision.why

    @admin.display(description=_("in the log"))
    def in_log(self, appeal):
        return link_to(appeal.decision, f"#{appeal.decision_id}")

    def has_answer_permission(self, request):
        return request.user.has_perm("chat.change_appeal")

    def is_for(self, action, appeal):
        return appeal.answered_at is None

    @admin.action(permissions=["answer"], description=_("Take the decision back"))
    def grant(self, request, appeals):
        return self.ask(
            request,
            appeals,
            WordsForm(asked(request)),
            lambda appeal, **why: appeal.grant(request.user, **why),
            lambda n: ngettext("%d decision taken back.", "%d decisions taken back.", n),
            title=_("Take the decision back?"),
        )

    @admin.action(permissions=["answer"], description=_("Let the decision stand"))
    def decline(self, request, appeals):
        return self.ask(
            request,
            appeals,
            WordsForm(asked(request)),
            lambda appeal, **why: appeal.decline(request.user, **why),
            lambda n: ngettext("%d decision stands.", "%d decisions stand.", n),
            title=_("Let the decision stand?"),
        )
