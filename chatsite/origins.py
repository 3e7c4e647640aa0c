from urllib.parse import urlsplit

from channels.security.websocket import OriginValidator


class OwnPagesOnly(OriginValidator):
    """Browsers send the cookie along from any page; only pages of our own may open a socket.

    Channels' validator fails on an Origin that is no address; here that is as good as none.
    """

    async def __call__(self, scope, receive, send):
        headers = [header for header in scope["headers"] if not is_broken_origin(*header)]
        return await super().__call__({**scope, "headers": headers}, receive, send)


def is_broken_origin(name: bytes, value: bytes) -> bool:
    if name != b"origin":
        return False
    try:
        _ = urlsplit(value.decode("latin-1")).port
    except ValueError:
        return True
    return False
