"""Two people write to each other, and one who had enough does not hear from the other any more."""

from playwright.sync_api import expect

SHARED_ROOM = """
from accounts.models import User
from chat.models import Room
room = Room.create(User.objects.get(username="alice"), {name!r})
for name in ("bob", "charlie"):
    room.admit(User.objects.get(username=name))
print(room.slug)
"""


def conversation(person, name: str):
    return person.page.locator("#my-conversations a", has_text=name)


def test_two_people_write_to_each_other_and_one_has_enough(alice, bob, site, request):
    room = f"/rooms/{site.shell(SHARED_ROOM.format(name=request.node.name[:60])).split()[-1]}/"
    bob.join_room(room)
    alice.join_room(room)

    # From the card of who is here.
    alice.page.locator("#people a", has_text="bob").click()
    alice.page.get_by_role("button", name="Write to bob").click()
    alice.is_connected()
    expect(alice.page.locator("#room-name")).to_have_text("bob")
    expect(conversation(alice, "bob")).to_have_attribute("aria-current", "page")
    expect(conversation(alice, "bob")).to_have_attribute("data-here", "")
    expect(conversation(bob, "alice")).to_have_count(0)

    # It appears at the other's, unread, and leads to the same conversation.
    alice.sends("A word between us")
    expect(conversation(bob, "alice")).to_have_attribute("data-unread", "")
    conversation(bob, "alice").click()
    bob.is_connected().sees("A word between us")
    bob.sends("I am all ears")
    alice.sees("I am all ears")

    # Hidden, it comes back with the next message.
    alice.page.get_by_label("More about this room").click()
    alice.page.get_by_role("button", name="Hide the conversation").click()
    alice.join_room(room)
    expect(conversation(alice, "bob")).to_have_count(0)
    bob.sends("Still there?")
    expect(conversation(alice, "bob")).to_have_attribute("data-unread", "")

    # Blocked: folded in the room, refused in the conversation.
    talk = bob.page.url.removeprefix(bob.url)
    bob.join_room(room)
    bob.sends("Hear me, all of you")
    alice.sees("Hear me").locator(".who").click()
    alice.page.locator(".person-card summary").click()
    alice.page.get_by_role("button", name="Block bob").click()
    expect(alice.page.locator("#status")).to_contain_text("You will not hear from bob")
    folded = alice.page.locator(".message.blocked")
    expect(folded.locator(".body")).to_be_hidden()
    folded.get_by_role("button", name="Show").click()
    expect(alice.last.locator(".body")).to_be_visible()
    expect(alice.last.locator(".body")).to_have_text("Hear me, all of you")
    bob.join_room(talk)
    bob.sends("Why?")
    expect(bob.page.locator("#outbox .failure")).to_contain_text(
        "alice cannot be written to directly."
    )
    alice.join_room(talk)
    expect(alice.page.locator(".read-only")).to_contain_text("You have blocked bob.")
    expect(alice.composer).not_to_be_visible()
    alice.page.get_by_role("button", name="Unblock").click()
    expect(alice.composer).to_be_visible()
    bob.page.locator("#outbox .failure button").first.click()
    bob.has_sent_everything()


def test_people_are_chosen_for_a_group(alice, bob, charlie, site, request):
    room = f"/rooms/{site.shell(SHARED_ROOM.format(name=request.node.name[:60])).split()[-1]}/"
    charlie.join_room(room)
    alice.join_room(room)
    alice.page.get_by_label("Write to somebody").click()
    for name in ("bob", "charlie"):
        alice.page.fill("[name=q]", name)
        alice.page.press("[name=q]", "Enter")
        alice.page.get_by_role("link", name=name, exact=True).click()
        expect(alice.page.get_by_label(f"Not {name}")).to_be_visible()
    alice.page.get_by_role("button", name="Write to 2 people").click()
    alice.is_connected().sends("Three of us")
    expect(conversation(charlie, "alice, bob")).to_have_attribute("data-unread", "")
    expect(conversation(charlie, "alice, bob").locator("img")).to_have_count(2)
