"""The small language of the browser tests: people who join rooms, say things and see things."""

import re
from contextlib import suppress

from playwright.sync_api import Locator, Page, expect

PASSWORD = "a-long-way-home-7"


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, page: Page, url: str):
        self.page, self.url = page, url

    # Coming in -----------------------------------------------------------------------------------

    def visit(self, path: str) -> None:
        self.page.goto(self.url + path)

    def register(self, name: str) -> "Person":
        self.visit("/accounts/signup/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=email]", f"{name}@example.org")
        self.page.fill("[name=password1]", PASSWORD)
        self.page.fill("[name=password2]", PASSWORD)
        self.page.press("[name=password2]", "Enter")
        self.page.wait_for_url(lambda url: "/signup/" not in url)
        return self

    def sign_in(self, name: str) -> "Person":
        self.visit("/accounts/login/")
        self.page.fill("[name=login]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/login/" not in url)
        return self

    def enter_as_guest(self, nickname: str, path: str = "/") -> "Person":
        self.visit(f"/accounts/guest/?next={path}")
        self.page.fill("[name=nickname]", nickname)
        self.page.press("[name=nickname]", "Enter")
        self.page.wait_for_url(lambda url: "/guest/" not in url)
        return self

    # Rooms ---------------------------------------------------------------------------------------

    def create_room(self, name: str, *, topic: str = "", guests_allowed: bool = False) -> str:
        """The path of the new room."""
        self.visit("/rooms/new/")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=topic]", topic)
        if guests_allowed:
            self.page.check("[name=guests_allowed]")
        self.page.press("[name=name]", "Enter")
        self.page.wait_for_url(re.compile(r"/rooms/(?!new/)[^/]+/$"))
        self.is_connected()
        return self.page.url.removeprefix(self.url)

    def join_room(self, path: str) -> "Person":
        self.visit(path)
        return self.is_connected()

    def is_connected(self) -> "Person":
        """The room is open in this tab: its people are known."""
        expect(self.page.locator("#people [data-me]")).to_be_attached()
        return self

    # Talking -------------------------------------------------------------------------------------

    def goes_offline(self) -> None:
        self.page.context.set_offline(True)
        expect(self.page.locator("#status")).to_contain_text("You are offline")

    @property
    def composer(self) -> Locator:
        return self.page.locator("#composer textarea")

    def writes(self, text: str) -> None:
        """Key by key, as people do."""
        self.composer.press_sequentially(text)

    def sends(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def messages(self, text: str = "") -> Locator:
        return self.page.locator("#log .message").filter(has_text=text)

    @property
    def last(self) -> Locator:
        return self.messages().last

    def sees(self, text: str) -> Locator:
        expect(self.last.locator(".body")).to_contain_text(text)
        return self.last

    def sees_pending(self, text: str) -> None:
        expect(self.page.locator("#outbox .message").last).to_contain_text(text)

    def has_sent_everything(self) -> None:
        expect(self.page.locator("#outbox .message")).to_have_count(0)

    def does(self, action: str, message: Locator) -> None:
        """Press one of the buttons that a message shows under the pointer, or of its menu."""
        self.points_at(message)
        button = message.locator(f"[data-action={action}]")
        if not button.count():
            message.locator("[data-action=more]").click()
            button = self.page.locator(f".message-menu [data-action={action}]")
        button.click()

    def points_at(self, message: Locator) -> None:
        """Until it shows what can be done with it: a message that moves away from under the pointer
        is followed."""
        for _ in range(5):
            message.hover()
            with suppress(AssertionError):
                return expect(message.locator("[data-action=more]")).to_be_visible(timeout=2_000)
        raise AssertionError("The message shows nothing that can be done with it")

    def deletes(self, message: Locator) -> None:
        self.does("delete", message)
        self.page.locator("#confirm [value=yes]").click()

    # Reading -------------------------------------------------------------------------------------

    def ids(self) -> list[int]:
        """The ids of the messages on the page, from top to bottom."""
        script = "rows => rows.map(row => Number(row.dataset.id))"
        return self.page.eval_on_selector_all("#log .message", script)

    def scrolls_to(self, pixels: int) -> None:
        self.page.locator("#scroller").evaluate("(box, y) => { box.scrollTop = y }", pixels)

    def place_of(self, message_id: int) -> float:
        """How far below the top of the window a message stands, in pixels."""
        return self.page.locator(f"#log [data-id='{message_id}']").bounding_box()["y"]

    def scrolls_sideways(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
