from datetime import datetime, timedelta

import msgspec
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Decision, Membership, NoticeWishes, Reason, Room
from chat.protocol.fields import Id

NO_AUTOCOMPLETE = {"autocomplete": "off"}
# How long something lasts: the word for it, and the span.
SPANS = {
    "1h": (_("One hour"), timedelta(hours=1)),
    "1d": (_("One day"), timedelta(days=1)),
    "7d": (_("A week"), timedelta(days=7)),
    "30d": (_("A month"), timedelta(days=30)),
}


def choices_of(spans: dict) -> list[tuple]:
    return [(key, label) for key, (label, _span) in spans.items()]


def end_of(spans: dict, key: str) -> datetime | None:
    """When that one of `spans` is over, from now; None for what has no end."""
    span = spans.get(key, (None, None))[1]
    return timezone.now() + span if span else None


class RoomForm(forms.Form):
    """What one can say about a room. The verbs of Room check what only the database knows."""

    name = forms.CharField(
        label=_("Name"),
        max_length=Room.NAME_LENGTH,
        widget=forms.TextInput({**NO_AUTOCOMPLETE, "dir": "auto"}),
        error_messages={"required": _("Give the room a name.")},
    )
    topic = forms.CharField(
        label=_("Topic"),
        max_length=Room._meta.get_field("topic").max_length,
        required=False,
        widget=forms.TextInput({**NO_AUTOCOMPLETE, "dir": "auto"}),
        help_text=_("What is talked about here, in one line."),
    )
    kind = forms.ChoiceField(
        label=_("Who may enter"),
        choices=[choice for choice in Room.Kind.choices if choice[0] != Room.Kind.DIRECT],
        required=False,
        initial=Room.Kind.PUBLIC,
        widget=forms.RadioSelect,
    )
    guests_allowed = forms.BooleanField(
        label=_("Guests may enter"),
        required=False,
        help_text=_("People without an account, with a nickname only."),
    )

    callers = forms.ChoiceField(
        label=_("Who may call everybody with @room"),
        choices=Room.Callers.choices,
        required=False,
        initial=Room.Callers.MODERATORS,
        help_text=_("It tells all members at once, whatever they are doing."),
    )

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Room.Kind.PUBLIC

    def clean_callers(self) -> str:
        return self.cleaned_data["callers"] or Room.Callers.MODERATORS


class InvitationForm(forms.Form):
    """How long an invitation lasts and how many people it lets in."""

    LASTS = SPANS | {"ever": (_("Until it is revoked"), None)}

    lasts = forms.ChoiceField(label=_("Ends after"), choices=choices_of(LASTS), initial="7d")
    max_uses = forms.IntegerField(
        label=_("For how many people"),
        min_value=1,
        max_value=10_000,
        required=False,
        widget=forms.NumberInput({"inputmode": "numeric", "placeholder": _("any number")}),
    )

    def clean(self) -> dict:
        """`cleaned_data` as Invitation.create() takes it."""
        return {
            "expires_at": end_of(self.LASTS, self.cleaned_data.get("lasts", "")),
            "max_uses": self.cleaned_data.get("max_uses"),
        }


class LevelForm(forms.Form):
    level = forms.ChoiceField(
        label=_("Tell me of"), choices=Membership.Level.choices, widget=forms.RadioSelect
    )


class WishesForm(forms.ModelForm):
    """When and of what else one wants to be told; NoticeWishes.change() takes `cleaned_data`."""

    class Meta:
        model = NoticeWishes
        fields = ["keywords", "quiet_from", "quiet_until", "digest"]
        widgets = {
            "keywords": forms.TextInput({**NO_AUTOCOMPLETE, "dir": "auto"}),
            "quiet_from": forms.TimeInput({"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput({"type": "time"}, format="%H:%M"),
            "digest": forms.RadioSelect,
        }
        labels = {"keywords": _("Tell me also when one of these words is said")}
        help_texts = {
            "keywords": _("With commas between them: release, tea. In rooms you are in."),
        }

    def clean(self) -> dict:
        begin, end = (self.cleaned_data.get(name) for name in ("quiet_from", "quiet_until"))
        if (begin is None) != (end is None) and not self.errors:
            raise forms.ValidationError(_("Quiet hours need both a beginning and an end."))
        return self.cleaned_data

    def _post_clean(self):
        """The verb alone puts what was said into the wishes."""


class WhenForm(forms.Form):
    """A moment to come: by the person's own clock, or with its offset as ISO 8601 has it."""

    due_at = forms.DateTimeField(
        label=_("When"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class ScheduledForm(WhenForm):
    """Whether there must be words depends on the files, and so on the verb."""

    body = forms.CharField(
        label=_("Message"), strip=False, required=False, widget=forms.Textarea({"dir": "auto"})
    )

    field_order = ["body", "due_at"]


class NewScheduledForm(ScheduledForm):
    """Scheduled.create() takes `cleaned_data`: ids, where there are some."""

    reply_to = forms.IntegerField(required=False)
    thread = forms.IntegerField(required=False)
    attachments = forms.CharField(required=False)

    def clean_attachments(self) -> list[int]:
        try:
            return msgspec.json.decode(self.cleaned_data["attachments"] or "[]", type=list[Id])
        except msgspec.DecodeError:
            raise forms.ValidationError("A list of ids") from None


# Moderation -------------------------------------------------------------------------------------


class WordsForm(forms.Form):
    """Words that whoever is concerned reads."""

    words = forms.CharField(
        label=_("In your words"),
        max_length=Decision._meta.get_field("words").max_length,
        required=False,
        widget=forms.Textarea({**NO_AUTOCOMPLETE, "dir": "auto", "rows": 2}),
    )


class LockForm(WordsForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["words"].label = _("Why, for everybody to read")
        self.fields["words"].widget = forms.TextInput({**NO_AUTOCOMPLETE, "dir": "auto"})


class AppealForm(WordsForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["words"].required = True
        self.fields["words"].label = _("Why it should be looked at once more")


class ReportForm(WordsForm):
    reason = forms.ChoiceField(
        label=_("What is wrong"), choices=Reason.choices, widget=forms.RadioSelect
    )

    field_order = ["reason", "words"]


class DecisionForm(ReportForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Why")
        self.fields["words"].help_text = _("The person concerned reads this.")


class TermForm(DecisionForm):
    """A decision that ends."""

    ENDS = {"10m": (_("Ten minutes"), timedelta(minutes=10))} | SPANS
    LASTS = ENDS | {"ever": (_("Until it is taken back"), None)}

    lasts = forms.ChoiceField(label=_("For how long"), choices=choices_of(LASTS), initial="1h")
    too = forms.BooleanField(label=_("Remove the message too"), required=False)

    field_order = ["reason", "lasts", "words", "too"]

    def offer(self, *, message, has_end: bool) -> None:
        """Only what can be chosen: the `message` may be gone, and an end may be needed."""
        if message is None or message.deleted_at:
            del self.fields["too"]
        if has_end:
            self.fields["lasts"].choices = choices_of(self.ENDS)  # type: ignore[attr-defined]

    def clean(self) -> dict:
        """`cleaned_data` as the verbs take it."""
        said = dict(self.cleaned_data)
        return said | {"until": end_of(self.LASTS, said.pop("lasts", ""))}


class SlowForm(forms.Form):
    STEPS = {
        0: _("Off"),
        5: _("5 seconds"),
        30: _("30 seconds"),
        60: _("1 minute"),
        300: _("5 minutes"),
        900: _("15 minutes"),
        3600: _("1 hour"),
    }

    seconds = forms.TypedChoiceField(
        label=_("Between two messages of one member"), choices=STEPS.items(), coerce=int
    )
