"""How often one person may do a thing; counted in Redis when there is one, else in this process."""

import logging
import math
import time
from functools import cache

from django.conf import settings
from django.utils.translation import ngettext
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from chat.errors import TooFast

logger = logging.getLogger(__name__)


# Counted per connection, so there is nothing to share; and asked of the event loop, which must not
# wait for Redis.
LOCAL = {"frame", "typing"}


@cache
def limiter(action: str) -> MovingWindowRateLimiter:
    shared = settings.REDIS_URL and action not in LOCAL
    url = settings.REDIS_URL if shared else "memory://"
    return MovingWindowRateLimiter(storage_from_string(url, wrap_exceptions=True))


@cache
def limit_for(action: str) -> RateLimitItem:
    return parse(settings.LIMITS[action])


def spend(action: str, who: str | int) -> None:
    """Count one `action` (a key of settings.LIMITS) of `who`.

    Raises TooFast, with the seconds to wait, when they have used up what they may do.
    """
    limit = limit_for(action)
    try:
        if limiter(action).hit(limit, action, str(who)):
            return
        wait = limiter(action).get_window_stats(limit, action, str(who)).reset_time - time.time()
    except StorageError as error:
        # Better unlimited for a minute than a chat that stops because Redis restarts.
        logger.warning("Limits are not counted while Redis is away: %s", error)
        return
    seconds = max(1, math.ceil(wait))
    raise TooFast(
        ngettext(
            "That was too fast. Go on in %(seconds)d second.",
            "That was too fast. Go on in %(seconds)d seconds.",
            seconds,
        )
        % {"seconds": seconds},
        retry_after=seconds,
    )
