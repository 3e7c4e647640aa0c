"""The forms of accounts. Those of allauth are taken as they are, but for their words."""

from itertools import groupby

from allauth.account import forms as account
from allauth.mfa.base.forms import AuthenticateForm as MfaAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as MfaReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm as MfaActivateTOTPForm
from allauth.socialaccount.forms import SignupForm as AllauthSocialSignupForm
from django import forms
from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts import avatars
from accounts.models import User, available_time_zones

# Names kept for old programs, of places that have another one.
OLD_REGIONS = ("Etc", "SystemV", "US", "Brazil", "Canada", "Chile", "Mexico")


def zones_by_region(current: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices of a select: `Asia` -> `Asia/Shanghai`, shown as `Shanghai`."""
    zones = {zone for zone in available_time_zones() if "/" in zone}
    zones = {zone for zone in zones if not zone.startswith(OLD_REGIONS)} | {"UTC"}
    zones |= {current} if current else set()
    by_region = groupby(sorted(zones), key=lambda zone: zone.partition("/")[0])
    return [
        (region, [(zone, zone.partition("/")[2].replace("_", " ") or zone) for zone in those])
        for region, those in by_region
    ]


class GuestForm(forms.Form):
    nickname = forms.CharField(
        label=_("Nickname"),
        max_length=User.NAME_LENGTH,
        widget=forms.TextInput({"autocomplete": "nickname", "dir": "auto", "autofocus": True}),
        help_text=_("How others here will see you. You can go on with an account later."),
    )


class ProfileForm(forms.ModelForm):
    """What one says about oneself; User.edit_profile() takes `cleaned_data`."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Times are shown as they are there. Others see what time it is for you."),
    )

    class Meta:
        model = User
        fields = ["display_name", "about", "language", "time_zone", "theme"]
        widgets = {
            "display_name": forms.TextInput({"autocomplete": "nickname", "dir": "auto"}),
            "about": forms.Textarea({"rows": 3, "dir": "auto"}),
            "theme": forms.RadioSelect,
        }
        help_texts = {
            "display_name": _("How others see you. Without one they see your username."),
            "about": _("A line or two: who you are, what you do."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [
            ("", _("As the browser asks for")),
            # Each by its own name: who is lost in one that they cannot read finds theirs.
            *((code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES),
        ]
        self.fields["time_zone"].choices = [
            ("", _("As the browser says")),
            *zones_by_region(self.instance.time_zone),
        ]

    def _post_clean(self):
        """The verb alone puts what was said into the person, and checks what it must."""


class AvatarForm(forms.Form):
    avatar = forms.FileField(
        label=_("Picture"),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=_("PNG, JPEG, WebP or GIF, at most 5 MB. It will be cut to a square."),
    )

    def clean_avatar(self) -> bytes:
        """Its bytes, not more of them than are needed to tell that they are too many."""
        return self.cleaned_data["avatar"].read(avatars.MAX_BYTES + 1)


class HearsFromForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["hears_from"]
        widgets = {"hears_from": forms.RadioSelect}


# Django's validators, one sentence each, make a list of four.
PASSWORD_WORDS = _("At least 8 characters: not digits only, no common word, not like your name.")


class Plain:
    """A form of allauth whose labels are labels, not repeated inside the fields.

    Where it is all that the page is for, the cursor waits in the first one.
    """

    waits = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        first = next(iter(self.fields.values()), None)
        if first and self.waits:
            first.widget.attrs["autofocus"] = True
        if "password1" in self.fields:
            self.fields["password1"].help_text = PASSWORD_WORDS
        if "email" in self.fields:
            self.fields["email"].label = _("E-mail address")
        if "code" in self.fields:
            self.fields["code"].label = _("Your code")
        if "login" in self.fields:
            self.fields["login"].label = _("Username or e-mail")
            self.fields["login"].widget.attrs |= {
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        if "username" in self.fields:
            self._explain_username(self.fields["username"])

    def _explain_username(self, field):
        """What a username may be, said before it is refused."""
        field.help_text = _("Letters and digits of any script, and @ . + - _")
        field.widget.attrs |= {
            "maxlength": User.NAME_LENGTH,
            "dir": "auto",
            "autocapitalize": "none",
            "spellcheck": "false",
        }


class LoginForm(Plain, account.LoginForm):
    pass


class SignupForm(Plain, account.SignupForm):
    pass


class SocialSignupForm(Plain, AllauthSocialSignupForm):
    pass


class AddEmailForm(Plain, account.AddEmailForm):
    waits = False


class ChangePasswordForm(Plain, account.ChangePasswordForm):
    waits = False


class SetPasswordForm(Plain, account.SetPasswordForm):
    waits = False


class ResetPasswordForm(Plain, account.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(Plain, account.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(Plain, account.ReauthenticateForm):
    pass


class AuthenticateForm(Plain, MfaAuthenticateForm):
    pass


class ReauthenticateCodeForm(Plain, MfaReauthenticateForm):
    pass


class ActivateTOTPForm(Plain, MfaActivateTOTPForm):
    pass
