"""Being told: asked politely, by push while the site is closed, in hidden pages otherwise."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.push_service import PushService
from tests.services import wait_until

# No browser maker's service can be reached from here: the browser gets one of the tests'.
SUBSCRIBE = """
    const subscription = %s;
    const keep = () => localStorage.getItem("subscribed") ? object : null;
    const object = {
        endpoint: subscription.endpoint,
        toJSON: () => subscription,
        unsubscribe: async () => (localStorage.removeItem("subscribed"), true),
    };
    PushManager.prototype.subscribe = async () => (localStorage.setItem("subscribed", 1), object);
    PushManager.prototype.getSubscription = async () => keep();
"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url }))"""
HIDE = """Object.defineProperty(document, "hidden", { get: () => window.isHidden ?? false });
    Object.defineProperty(document, "visibilityState",
        { get: () => (window.isHidden ? "hidden" : "visible") })"""


@pytest.fixture
def push_service():
    with PushService() as service:
        yield service


@pytest.fixture
def browser_of(push_service, new_person):
    """browser_of(person) -> the browser at the push service that is theirs."""

    def browser_of(person):
        browser = push_service.browser()
        endpoint, p256dh, auth = browser.subscription
        subscription = {"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}}
        context = person.page.context
        context.grant_permissions(["notifications"])
        context.add_init_script(SUBSCRIBE % json.dumps(subscription))
        return browser

    return browser_of


def deliver(person, notice: dict) -> None:
    """As the browser's maker does it, when the push service has handed it on."""
    page = person.page
    session = page.context.new_cdp_session(page)
    registrations = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    wait_until(lambda: page.wait_for_timeout(20) or registrations, "The service worker")
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": person.url,
            "registrationId": registrations[0]["registrationId"],
            "data": json.dumps(notice),
        },
    )


def shown(person) -> list[dict]:
    return person.page.evaluate(SHOWN)


def sees_notices(person, count: int) -> list[dict]:
    wait_until(lambda: person.page.wait_for_timeout(20) or len(shown(person)) == count, "A notice")
    return shown(person)


def test_a_browser_with_the_site_closed_is_told(alice, bob, browser_of):
    path = alice.create_room("Far away")
    browser = browser_of(bob)
    bob.join_room(path)
    bob.visit("/notices/")
    bob.page.get_by_role("button", name="Tell me in this browser").click()
    expect(bob.page.get_by_text("This browser tells you.")).to_be_visible()
    expect(bob.page.locator(".list-row", has_text="Chrome on Linux")).to_be_visible()
    alice.sends("@bob, are you there?")
    wait_until(lambda: alice.page.wait_for_timeout(20) or browser.notices, "The push")
    deliver(bob, browser.notices[0])
    (notice,) = sees_notices(bob, 1)
    assert (notice["title"], notice["body"]) == ("alice in Far away", "@bob, are you there?")
    assert notice["url"] == path
    # Looking at the room takes the notice away.
    bob.join_room(path)
    sees_notices(bob, 0)
    # What comes for a room that one looks at is not shown.
    deliver(bob, browser.notices[0])
    bob.visit("/notices/log/")
    log = bob.page.locator(".notice-log .list-item").first
    expect(log).to_contain_text("delivered to the browser’s push service")
    assert shown(bob) == []
    bob.visit("/notices/")
    bob.page.get_by_role("button", name="No more in this browser").click()
    expect(bob.page.get_by_role("button", name="Tell me in this browser")).to_be_visible()
    expect(bob.page.locator(".list-row", has_text="Chrome on Linux")).to_have_count(0)


def test_a_test_reaches_the_device(bob, browser_of):
    browser = browser_of(bob)
    bob.visit("/notices/")
    bob.page.get_by_role("button", name="Tell me in this browser").click()
    bob.page.get_by_role("button", name="Test").click()
    expect(bob.page.locator(".messages")).to_contain_text("A notice is on its way")
    wait_until(lambda: bob.page.wait_for_timeout(20) or browser.notices, "The push")
    bob.page.get_by_role("button", name="Remove").click()
    expect(bob.page.locator(".list-row", has_text="Chrome on Linux")).to_have_count(0)


def test_a_hidden_page_tells_and_a_visible_one_does_not(alice, bob):
    path = alice.create_room("Near by")
    bob.page.context.grant_permissions(["notifications"])
    bob.page.context.add_init_script(HIDE)
    bob.join_room(path)
    alice.sends("@bob, you see this")
    bob.sees("@bob, you see this")
    bob.page.evaluate(
        "window.isHidden = true; document.dispatchEvent(new Event('visibilitychange'))"
    )
    alice.sends("@bob, and this not")
    bob.sees("@bob, and this not")
    expect(bob.page).to_have_title(re.compile(r"^\(\d+\) Near by"))
    icon = bob.page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", re.compile("favicon-news"))
    # The worker sees the page itself, which is not really hidden: it shows nothing over it.
    assert shown(bob) == []


def test_it_is_asked_once_and_not_before_something_was_said(alice):
    alice.create_room("Politeness")
    offer = alice.page.locator(".offer")
    expect(offer).to_have_count(0)
    alice.sends("Anybody here?")
    expect(offer).to_be_visible()
    offer.get_by_role("button", name="Not now").click()
    expect(offer).to_have_count(0)
    alice.page.reload()
    alice.is_connected().sends("Nobody?")
    alice.sees("Nobody?")
    expect(offer).to_have_count(0)


REFUSE = """() => {
    Notification.requestPermission = async () => "granted";
    PushManager.prototype.subscribe = async () => { throw new Error("Registration failed"); };
}"""


def test_a_browser_that_refuses_says_what_to_do(alice):
    alice.create_room("Refusals")
    alice.page.evaluate(REFUSE)
    alice.sends("Anybody there?")
    offer = alice.page.locator(".offer")
    offer.get_by_role("button", name="Yes").click()
    expect(offer.get_by_role("alert")).to_contain_text("The browser does not allow it")
    offer.get_by_role("button", name="Close").click()
    expect(offer).to_have_count(0)


def test_the_next_person_on_a_browser_is_not_subscribed_unasked(alice, bob, browser_of):
    browser_of(bob)
    bob.visit("/notices/")
    bob.page.get_by_role("button", name="Tell me in this browser").click()
    expect(bob.page.get_by_text("This browser tells you.")).to_be_visible()
    bob.page.context.clear_cookies()
    bob.sign_in("charlie")
    path = bob.create_room("Shared browser")
    assert path
    bob.visit("/notices/")
    expect(bob.page.get_by_role("button", name="Tell me in this browser")).to_be_visible()
    expect(bob.page.locator(".list-row", has_text="Chrome on Linux")).to_have_count(0)


def test_what_one_wants_of_a_room_is_chosen_there(alice, bob):
    path = alice.create_room("Choosing")
    bob.join_room(path)
    bob.page.get_by_label("More about this room").click()
    bob.page.locator(".room-head .menu-panel").get_by_text("Notices").click()
    bob.page.get_by_label("Everything").check()
    bob.page.get_by_role("button", name="Save").click()
    expect(bob.page.locator(".messages")).to_contain_text("told of: Everything")


def test_the_site_can_be_installed(alice):
    alice.visit("/rooms/")
    manifest = alice.page.request.get(f"{alice.url}/manifest.webmanifest").json()
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert alice.page.request.get(alice.url + icon["src"]).ok
    session = alice.page.context.new_cdp_session(alice.page)
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # That a private window cannot install it is no fault of the site.
    assert {error["errorId"] for error in errors} <= {"in-incognito"}
