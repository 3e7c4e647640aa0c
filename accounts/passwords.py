from django.contrib.auth import password_validation
from django.utils.translation import ngettext


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's, whose refusal has changed in English and not yet followed in its Chinese."""

    def get_error_message(self) -> str:
        return (
            ngettext(
                "This password is too short. It needs at least %d character.",
                "This password is too short. It needs at least %d characters.",
                self.min_length,
            )
            % self.min_length
        )
