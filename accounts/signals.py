"""A session that ends closes its sockets: the one place where Django's signals are heard.

Logging out, revoking a session, a new password, expiry and deactivation all delete rows of Session.
"""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.models import User
from chat import broadcasts


@receiver(post_delete, sender=Session)
def session_ended(sender, instance, **kwargs):
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id:
        user = User(pk=int(user_id))
        transaction.on_commit(lambda: broadcasts.signed_out(user, instance.session_key))
