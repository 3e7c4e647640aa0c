"""Sessions begin and end: the one place where Django's signals are heard, and only passed on.

Logging out, revoking a session, a new password, expiry and deactivation all delete rows of Session;
with the row go the sockets that were opened with it.
"""

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.addresses import client_ip
from accounts.models import User
from chat import broadcasts


@receiver(user_logged_in)
def session_began(sender, request, user, **kwargs):
    """Note whose session it is, however they came in: else it could not be ended from elsewhere."""
    if not request.session.session_key:
        request.session.save()
    agent = request.META.get("HTTP_USER_AGENT", "")
    about = {"ip": client_ip(request), "user_agent": agent[:200]}
    UserSession.objects.update_or_create(
        session_key=request.session.session_key, defaults={"user": user, **about}
    )


@receiver(post_delete, sender=Session)
def session_ended(sender, instance, **kwargs):
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id:
        user = User(pk=int(user_id))
        transaction.on_commit(lambda: broadcasts.signed_out(user, instance.session_key))
