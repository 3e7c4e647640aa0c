"""The small language of these tests: people with sessions, tabs, and clients that catch up."""

import asyncio
import itertools
import json
import re
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import requests
import websockets
from websockets.asyncio.client import connect

from tests import sockets
from tests.cluster.cluster import PASSWORD, Cluster
from tests.server import Site

PATIENCE = 30.0  # seconds until what does not come is given up
COOKIE = "chatsite_session"


async def eventually(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110 - what is waited for is not in this process
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds:.0f} s") from None


class Person:
    """Somebody who uses the pages and the sockets of both processes with one session."""

    def __init__(self, cluster: Cluster, name: str):
        self.cluster, self.name = cluster, name
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.tabs: list[Tab | Client] = []

    async def sign_in(self, site: Site | None = None, *, anew: bool = False) -> None:
        """Through the form; later on with the same session, where it need not be a new one."""
        known = self.cluster.sessions.get(self.name)
        if known and not anew:
            self.browser.cookies.set(COOKIE, known)
            return
        answer = await self.submit(
            site or self.cluster.a, "/accounts/login/", login=self.name, password=PASSWORD
        )
        assert self.cookie, answer.text
        if not anew:
            self.cluster.sessions[self.name] = self.cookie

    @property
    def cookie(self) -> str | None:
        return self.browser.cookies.get(COOKIE)

    async def get(self, site: Site, path: str, **options) -> requests.Response:
        return await asyncio.to_thread(
            self.browser.get, site.url + path, timeout=PATIENCE, **options
        )

    async def submit(self, site: Site, path: str, **fields: str) -> requests.Response:
        """Post a form as a browser does; whatever the page that follows is."""
        if "chatsite_csrf" not in self.browser.cookies:
            await self.get(site, "/accounts/login/" if "login" in path else "/rooms/new/")
        fields["csrfmiddlewaretoken"] = self.browser.cookies["chatsite_csrf"]
        return await asyncio.to_thread(
            self.browser.post,
            site.url + path,
            data=fields,
            headers={"Origin": site.url},
            timeout=PATIENCE,
        )

    async def upload(self, site: Site, slug: str, name: str, data: bytes) -> requests.Response:
        """Send a file to a room, as the page's scripts do."""
        headers = {"Origin": site.url, "Accept": "application/json"}
        return await asyncio.to_thread(
            self.browser.post,
            f"{site.url}/rooms/{slug}/files/",
            data={"csrfmiddlewaretoken": self.browser.cookies["chatsite_csrf"]},
            files={"file": (name, data)},
            headers=headers,
            timeout=PATIENCE,
        )

    async def create_room(self, name: str, *, kind: str = "public", topic: str = "") -> str:
        fields = {"name": f"{name} {uuid4().hex[:6]}"[-60:], "kind": kind, "topic": topic}
        answer = await self.submit(self.cluster.a, "/rooms/", **fields)
        found = re.search(r"/rooms/([-\w]+)/$", answer.url)
        assert found, answer.text
        return found[1]

    async def open(self, site: Site, *slugs: str, **options) -> "Tab":
        """A tab, welcomed, with these rooms open; `options` are those of websockets' connect()."""
        tab = Tab(site, self.cookie, **options)
        await tab.connect()
        self.tabs.append(tab)
        tab.me = (await tab.receive("welcome"))["user"]
        for slug in slugs:
            assert (await tab.ask("join_room", room=slug))["type"] == "ack"
        return tab

    async def follow(self, site: Site, slug: str) -> "Client":
        """A client that stays in the room and knows what there is to know."""
        client = Client(site, self.cookie, slug)
        await client.come_in()
        self.tabs.append(client)
        return client

    async def close(self) -> None:
        for tab in self.tabs:
            tab.drop()
        self.browser.close()


def dial(site: Site, cookie: str, **options) -> connect:
    # No pings: a client that does not read would miss the answers, and go by itself.
    plain = {"compression": None, "proxy": None, "ping_interval": None, "close_timeout": 1}
    headers = {"Cookie": f"{COOKIE}={cookie}"}
    plain |= {"origin": site.url, "additional_headers": headers, "open_timeout": PATIENCE}
    return connect(site.ws_url, **(plain | options))


class Tab(sockets.Tab):
    """The tab of the socket tests, over a real connection: each frame is looked at by the test."""

    def __init__(self, site: Site, cookie: str, **options):
        self.site, self.cookie, self.options = site, cookie, options
        self.me: dict = {}
        self.unread: list[dict] = []
        self.close_code: int | None = None
        self.longest = 0
        self.refs = map(str, itertools.count(1))

    async def connect(self) -> str:
        self.socket = await dial(self.site, self.cookie, **self.options)
        return "websocket.accept"

    async def disconnect(self, code: int = 1000) -> None:
        await self.socket.close(code)

    def drop(self) -> None:
        self.socket.transport.abort()

    async def send_text(self, text: str) -> None:
        await self.socket.send(text)

    async def say(self, slug: str, body: str) -> dict:
        ack = await self.ask("send_message", room=slug, body=body, nonce=str(uuid4()))
        assert ack["type"] == "ack", ack
        return ack

    async def _next(self, patience: float | None = PATIENCE) -> dict:
        async with asyncio.timeout(patience and max(patience, PATIENCE)):
            try:
                return {"type": "websocket.send", "text": await self.socket.recv()}
            except websockets.ConnectionClosed:
                if self.close_code is not None:
                    raise TimeoutError from None  # nothing more can come
                return {"type": "websocket.close", "code": self.socket.close_code or 1006}


class Client:
    """A client that does what the protocol says: it asks for what it may have missed, and comes
    back with what it knows. It knows one room, from its beginning.
    """

    def __init__(self, site: Site, cookie: str, slug: str):
        self.site, self.cookie, self.slug = site, cookie, slug
        self.revision = 0
        self.seen = 0  # the newest revision that was told of
        self.messages: dict[int, dict] = {}
        self.others: list[dict] = []  # frames about other things than messages
        self.was_told_to_reload = False
        self.answers: dict[str, asyncio.Future] = {}
        self.refs = map(str, itertools.count(1))
        self.following: asyncio.Task | None = None

    @property
    def bodies(self) -> list[str]:
        """What was said, in the order in which it came to be known."""
        return [message["body"] for message in self.messages.values()]

    @property
    def here(self) -> list[str]:
        """The names of those who are in the room, as it was last told."""
        told = [frame for frame in self.others if frame["type"] == "presence"]
        return [person["name"] for person in told[-1]["users"]] if told else []

    @property
    def is_connected(self) -> bool:
        return self.following is not None and not self.following.done()

    async def come_in(self, site: Site | None = None) -> dict:
        """Connect, or connect again (elsewhere); the ack of the room."""
        self.site = site or self.site
        self.socket = await dial(self.site, self.cookie)
        self.answers.clear()
        self.following = asyncio.create_task(self._follow())
        ack = await self.ask("join_room", room=self.slug, since=self.revision)
        assert ack["type"] == "ack", ack
        return ack

    async def disconnect(self) -> None:
        await self.socket.close()
        if self.following:
            self.following.cancel()
            with suppress(asyncio.CancelledError):
                await self.following

    def drop(self) -> None:
        self.socket.transport.abort()

    async def ask(self, type: str, **fields) -> dict:
        ref = next(self.refs)
        answer = self.answers[ref] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"type": type, "ref": ref, **fields}))
        async with asyncio.timeout(PATIENCE):
            return await answer

    async def say(self, body: str, nonce: str | None = None) -> dict:
        """The answer, whether an ack or an error. Raises ConnectionClosed when there is none."""
        nonce = nonce or str(uuid4())
        return await self.ask("send_message", room=self.slug, body=body, nonce=nonce)

    async def knows(self, *bodies: str) -> None:
        """It comes to know these, and nothing else, once, in this order."""
        with suppress(AssertionError):
            await eventually(lambda: self.bodies == list(bodies), "")
        lacks = [body for body in bodies if body not in self.bodies]
        state = f"connected: {self.is_connected}, to reload: {self.was_told_to_reload}"
        assert self.bodies == list(bodies), f"{self.bodies}\nlacks {lacks}\n{state}"

    async def _follow(self) -> None:
        try:
            async for text in self.socket:
                await self._take(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        finally:
            for answer in self.answers.values():
                if not answer.done():
                    answer.set_exception(websockets.ConnectionClosedError(None, None))
                    answer.exception()  # nobody need be waiting for it

    async def _take(self, frame: dict) -> None:
        match frame:
            case {"type": "new_message" | "message_changed", "revision": revision}:
                self.seen = max(self.seen, revision)
                if revision == self.revision + 1:
                    self._put(frame["message"])
                    self.revision = revision
                elif revision > self.revision:
                    await self._sync()
            case {"type": "changes"}:
                for message in frame["messages"]:
                    self._put(message)
                self.revision = max(self.revision, frame["revision"])
                if self.seen > self.revision:
                    await self._sync()
            case {"type": "missed"}:
                await self._sync()
            case {"type": "error", "ref": "sync", "retry_after": seconds}:
                asyncio.get_running_loop().call_later(seconds, self._sync_again)
            case {"type": "resync"}:
                self.was_told_to_reload = True
            case _:
                self.others.append(frame)
        if answer := self.answers.pop(frame.get("ref"), None):
            answer.set_result(frame)

    def _put(self, message: dict) -> None:
        known = self.messages.get(message["id"])
        if known is None or known["revision"] < message["revision"]:
            self.messages[message["id"]] = message

    async def _sync(self) -> None:
        frame = {"type": "sync", "ref": "sync", "room": self.slug, "since": self.revision}
        await self.socket.send(json.dumps(frame))

    def _sync_again(self) -> None:
        self.again = asyncio.create_task(self._sync())
