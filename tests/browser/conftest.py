"""Real browsers and a real server. To be run by a pytest of their own: Playwright's synchronous API
and pytest-asyncio do not share a process."""

from functools import cache

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.people import PASSWORD, Person
from tests.server import Site

CHROMIUM = {
    "executable_path": "/usr/bin/chromium",
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        # A microphone that beeps.
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ],
}
PEOPLE = ["alice", "bob", "charlie"]

expect.set_options(timeout=10_000)


@pytest.fixture(autouse=True)
def clean_slate():
    """Not needed here: the site has settings and data of its own."""


@pytest.fixture(scope="session", autouse=True)
def released_database():
    """Nor this: no database is used in this process."""


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site():
    """A server with alice, bob and charlie, where the limits are out of the way. It may push to a
    service on this machine."""
    lifted = {"DJANGO_SETTINGS_MODULE": "tests.browser.loopback"}
    lifted |= {"LIMIT_MESSAGES": "1000 per second", "LIMIT_CONNECTIONS": "1000 per second"}
    with Site(**lifted, LIMIT_NEW_ROOMS="1000 per hour", LIMIT_JOINS="1000 per minute") as site:
        site.shell(
            "from accounts.models import User\n"
            f"for name in {PEOPLE!r}:\n"
            f"    User.objects.create_user(name, name + '@example.org', {PASSWORD!r})\n"
        )
        yield site


class Complaints(list):
    """What the browsers wrote to their consoles: errors, and what the security policy refused."""

    def excuse(self, *words: str) -> None:
        """Drop those that had to come: a browser logs each failed request by itself."""
        self[:] = [one for one in self if not any(word in one for word in words)]


@pytest.fixture
def complaints():
    complaints = Complaints()
    yield complaints
    assert complaints == []


@pytest.fixture
def new_person(chromium: Browser, site, complaints):
    """new_person(**options of the browser's context) -> a Person who is not signed in."""
    contexts = []

    def new_person(**options) -> Person:
        options = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}} | options
        context = chromium.new_context(**options)
        contexts.append(context)
        context.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        return Person(context.new_page(), site.url)

    yield new_person
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def cookies(chromium: Browser, site):
    """cookies(name) -> what a browser has in which that person is signed in."""

    @cache
    def cookies(name: str) -> dict:
        context = chromium.new_context()
        Person(context.new_page(), site.url).sign_in(name)
        state = context.storage_state()
        context.close()
        return state

    return cookies


@pytest.fixture
def alice(new_person, cookies) -> Person:
    return new_person(storage_state=cookies("alice"))


@pytest.fixture
def bob(new_person, cookies) -> Person:
    return new_person(storage_state=cookies("bob"))


@pytest.fixture
def charlie(new_person, cookies) -> Person:
    return new_person(storage_state=cookies("charlie"))


@pytest.fixture
def room(alice, request) -> str:
    """The path of a room of this test's own, which alice has made and has open."""
    return alice.create_room(request.node.name[:60])


@pytest.fixture
def talk(alice, bob, room):
    """alice and bob in one room."""
    bob.join_room(room)
    return alice, bob
