from hashlib import sha256

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import push
from chat.errors import Invalid


class PushDevice(models.Model):
    """A browser that is told of messages while the site is closed in it.

    It is told for as long as the session lives that asked for it: who signs out hears nothing more.
    """

    MOST = 10  # per person; with one more, the oldest goes
    ENDPOINT_LENGTH = 1000

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="push_devices")
    session_key = models.CharField(max_length=40)
    endpoint = models.CharField(max_length=ENDPOINT_LENGTH, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=30)
    name = models.CharField(_("name"), max_length=60)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def subscribe(cls, user, session_key: str, to: push.Subscription, name: str) -> "PushDevice":
        """Tell this browser from now on. Raises Invalid.

        A browser has one subscription: whoever uses it now is told there, and nobody else.
        """
        if len(to.endpoint) > cls.ENDPOINT_LENGTH or not to.is_usable:
            raise Invalid(_("This browser gave an address for notices that cannot be used."))
        about = {"user": user, "session_key": session_key, "name": name[:60]}
        device, _is_new = cls.objects.update_or_create(
            endpoint=to.endpoint, defaults={"p256dh": to.p256dh, "auth": to.auth, **about}
        )
        oldest = user.push_devices.order_by("-pk").values_list("pk", flat=True)[cls.MOST :]
        cls.objects.filter(pk__in=list(oldest)).delete()
        return device

    @staticmethod
    def mark_of(session_key: str) -> str:
        """What a page may know of its session: enough to tell that it is another than before."""
        return sha256(session_key.encode()).hexdigest()[:8]

    @property
    def is_signed_in(self) -> bool:
        alive = Session.objects.filter(pk=self.session_key, expire_date__gt=timezone.now())
        return self.user.is_active and alive.exists()

    @property
    def subscription(self) -> push.Subscription:
        return push.Subscription(self.endpoint, self.p256dh, self.auth)
