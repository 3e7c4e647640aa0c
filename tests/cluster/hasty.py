"""The site's settings, with a site that notices in seconds who is gone, not in a minute.

Nothing about messages, or about who may receive them, is any quicker.
"""

from datetime import timedelta

from django.apps import AppConfig

from chatsite.settings import *  # noqa: F403
from chatsite.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.cluster.hasty.Hasty"]


class Hasty(AppConfig):
    name = "tests.cluster"

    def ready(self):
        from chat import audience, presence, watch, worker

        presence.LIFETIME = 6.0
        watch.ACCESS_EVERY = 1.5
        audience.LOOK_AGAIN = 1.0
        worker.RENEW_EVERY, worker.LEASE = 0.3, timedelta(seconds=2)
