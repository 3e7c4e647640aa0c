"""Where allauth asks us: who may be called what, who a guest becomes, who comes from a provider."""

import logging
import secrets

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import redirect

from accounts import portraits
from accounts.addresses import client_ip
from accounts.models import User
from chat.errors import ChatError
from chat.fetching import Unavailable

logger = logging.getLogger(__name__)


def guest_of(request) -> User | None:
    """The guest who is making an account; the view of this page put them here."""
    return getattr(request, "guest", None)


class AccountAdapter(DefaultAccountAdapter):
    def get_client_ip(self, request) -> str:
        return client_ip(request)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        username = super().clean_username(username, shallow)
        try:
            if User.usable_name(username) != username:
                raise ValidationError(User.username_validator.message)
            # Also when allauth looks for a free one itself, which it calls shallow.
            User.require_free_name(username, guest_of(context.request))
        except ChatError as error:
            raise ValidationError(str(error.message)) from error
        return username

    def new_user(self, request) -> User:
        """A guest stays who they are, so what they wrote stays theirs."""
        return guest_of(request) or User()

    def save_user(self, request, user: User, form, commit=True) -> User:
        super().save_user(request, user, form, commit=False)
        user.is_guest = False
        if commit:
            user.save_under_its_name()
            user.tell_of_change()  # a guest no more
        return user


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def get_app(self, request, provider, client_id=None):
        """A provider that is not switched on does not exist."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error

    def on_authentication_error(self, request, provider, error=None, exception=None, **kwargs):
        logger.warning("Signing in with %s failed: %s %r", provider.id, error, exception)

    def pre_social_login(self, request, sociallogin) -> None:
        require_one_person(sociallogin.account)
        for address in sociallogin.email_addresses:
            # Some providers write "false", which allauth takes for a yes.
            address.verified = address.verified in (True, "true")
        if request.user.is_authenticated and request.user.is_guest:
            # allauth signs the guest out before it makes the account.
            sociallogin.state["guest"] = request.user.pk

    def populate_user(self, request, sociallogin, data) -> User:
        user = super().populate_user(request, sociallogin, data)
        parts = (user.first_name, user.last_name)
        user.display_name = (data.get("name") or " ".join(parts)).strip()[: User.NAME_LENGTH]
        user.first_name = user.last_name = ""
        return user

    def save_user(self, request, sociallogin, form=None) -> User:
        """Make the person of a first login, under a free name like the one the provider tells."""
        stranger = sociallogin.user
        user = guest_who_came_by(sociallogin)
        if user is None:
            user = stranger
            user.display_name = User.free_name(stranger.display_name, stranger.username)
        else:
            user.username, user.email = stranger.username, stranger.email
        user.is_guest = False
        sociallogin.user = user
        try:
            with transaction.atomic():
                super().save_user(request, sociallogin, form)
        except (IntegrityError, ChatError):
            self._save_after_a_race(request, sociallogin, form)
        self._take_portrait(sociallogin)
        sociallogin.user.tell_of_change()  # a guest no more
        return user

    def _save_after_a_race(self, request, sociallogin, form) -> None:
        """Somebody took the name a moment ago; or this very account signed in twice at once."""
        account, user = sociallogin.account, sociallogin.user
        if SocialAccount.objects.filter(provider=account.provider, uid=account.uid).exists():
            raise ImmediateHttpResponse(redirect("account_login"))
        if user._state.adding:
            user.pk = None
        user.username = f"{user.username[:100]}-{secrets.token_hex(3)}"
        user.display_name = f"{user.name[:50]} {secrets.token_hex(3)}"
        super().save_user(request, sociallogin, None)

    def _take_portrait(self, sociallogin) -> None:
        user = sociallogin.user
        url = sociallogin.account.get_avatar_url() or picture_of(sociallogin.account)
        if not url or user.avatar:
            return
        try:
            user.take_avatar(portraits.fetch(url))
        except (Unavailable, ChatError) as error:
            logger.info("No picture from %s: %s", sociallogin.account.provider, error)


def require_one_person(account) -> None:
    """Raises PermissionDenied when userinfo is about another than the id_token.

    OpenID Connect Core 5.3.2 wants them compared, and allauth does not.
    """
    told = [account.extra_data.get(name) for name in ("userinfo", "id_token")]
    if all(told) and told[0].get("sub") != told[1].get("sub"):
        raise PermissionDenied("userinfo and id_token are about two people")


def guest_who_came_by(sociallogin) -> User | None:
    guests = User.objects.filter(is_guest=True, is_active=True)
    return guests.filter(pk=sociallogin.state.get("guest")).first()


def picture_of(account) -> str:
    """An OpenID Connect `picture` claim, which allauth does not look at."""
    data = account.extra_data
    return str((data.get("userinfo") or data.get("id_token") or data).get("picture") or "")
