"""What lies behind an address from outside: fetched from the public internet, within bounds.

By requests on urllib3, because there the connection can be made to a checked address (see
outside.py) while name, certificate and Host stay those of the address as written.
"""

import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from chat import outside

MAX_LENGTH = 2000  # characters of an address
MOST_HOPS = 5  # the first address, and where it redirects to
ENCODINGS = {"gzip", "x-gzip", "deflate"}
# Some sites have their titles only for who says what it is.
HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Chatsite link preview bot)",
    "Accept-Encoding": "gzip",
}


class Unavailable(Exception):
    """There is nothing to be had from there, or not for this server."""


@dataclass
class Fetched:
    """`url` is where it was found in the end; `charset` what the server says, which may be ""."""

    url: str
    data: bytes
    charset: str


def address(url: str) -> str | None:
    """`url` as it would be fetched, in ASCII and without its fragment; None for what never is.

    Never are other ports than the web's, addresses with passwords, and those of this site itself.
    """
    try:
        parts = parse_url(url)
    except HTTPError:
        return None
    plain = parts._replace(fragment=None).url
    usual = {"http": 80, "https": 443}.get(parts.scheme or "")
    is_proper = usual and parts.host and parts.auth is None and parts.port in {None, usual}
    if settings.REACHES_LOOPBACK and parts.scheme == "http" and parts.host == "127.0.0.1":
        is_proper = True
    is_own = parts.netloc in {urlsplit(origin).netloc for origin in settings.ALLOWED_ORIGINS}
    return plain if is_proper and not is_own and len(plain) <= MAX_LENGTH else None


def fetch(
    url: str,
    types: Collection[str],
    most: int,
    *,
    allowed: Callable[[str], str | None] = address,
    trusted: Collection[str] = (),
) -> Fetched:
    """The first `most` bytes behind `url`, if it is of one of these media types.

    Takes at most outside.DEADLINE, redirections and all; each of them must be `allowed`, which
    gives it as it is to be fetched. For `trusted` see outside.Session. Raises Unavailable.
    """
    try:
        with outside.Session(trusted) as session:
            session.headers.update(HEADERS | {"Accept": ", ".join(types)})
            for _ in range(MOST_HOPS):
                checked = allowed(url)
                if checked is None:
                    raise Unavailable(f"{url!r} is not fetched")
                with session.get(checked) as answer:
                    target = session.get_redirect_target(answer)
                    if target is None:
                        fetched = _take(answer, types, most)
                        session.clock.left()  # what was cut looks as if it had ended
                        return fetched
                    url = urljoin(checked, target)
    except (outside.NotPublic, HTTPError, OSError, ValueError, zlib.error) as error:
        raise Unavailable(str(error)) from error
    raise Unavailable("It redirects too often")


def _take(answer, types: Collection[str], most: int) -> Fetched:
    kind, _, about = answer.headers.get("Content-Type", "").partition(";")
    if answer.status_code != 200 or kind.strip().lower() not in types:
        raise Unavailable(f"Status {answer.status_code}, {kind!r}")
    data = answer.raw.read(most, decode_content=False)
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ENCODINGS:
        # A bomb is only opened so far.
        data = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, most)
    elif encoding != "identity":
        raise Unavailable(f"Encoded as {encoding!r}")
    charset = about.partition("charset=")[2].strip(" \"'")
    return Fetched(answer.url, data, charset)
