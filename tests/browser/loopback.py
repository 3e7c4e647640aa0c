"""The site's settings, for a site that may push to a push service on this machine."""

from chatsite.settings import *  # noqa: F403

REACHES_LOOPBACK = True
