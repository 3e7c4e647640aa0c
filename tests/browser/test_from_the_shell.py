"""What an operator does in the shell is seen in open pages, also on this site without Redis."""

import pytest
from playwright.sync_api import expect

ROOT = """
from accounts.models import User
User.objects.filter(username="caretaker").exists() or User.objects.create_superuser("caretaker")
"""


@pytest.fixture(autouse=True)
def caretaker(site):
    site.shell(ROOT)


def slug_of(path: str) -> str:
    return path.strip("/").split("/")[-1]


def test_a_room_gets_another_name(talk, room, site):
    site.manage("renameroom", slug_of(room), "Lantern workshop")
    for person in talk:
        expect(person.page.locator("#room-name")).to_have_text("Lantern workshop")


def test_what_is_deleted_for_good_goes(talk, room, site):
    alice, bob = talk
    for text in ("First", "Second", "Third"):
        alice.sends(text)
        bob.sees(text)
    site.manage("prunemessages", slug_of(room), "--keep", "1", "--yes")
    for person in talk:
        expect(person.messages()).to_have_count(1)
        person.sees("Third")


def test_a_deleted_room_is_left(talk, room, site):
    site.manage("deleteroom", slug_of(room), "--yes")
    for person in talk:
        expect(person.page.get_by_role("alert")).to_contain_text("You are not in this room")


def test_a_room_that_becomes_part_of_another_takes_who_is_there_along(talk, room, site):
    alice, bob = talk
    alice.sends("Said in the old room")
    bob.sees("Said in the old room")
    site.manage("createroom", "The larger workshop")
    site.manage("mergerooms", slug_of(room), "the-larger-workshop", "--yes")
    for person in talk:
        expect(person.page.locator("#room-name")).to_have_text("The larger workshop")
        person.sees("Said in the old room")
    bob.join_room(room)
    expect(bob.page.locator("#room-name")).to_have_text("The larger workshop")


ANSWER = """
from accounts.models import User
from chat.models import Message, Room
room, bob = Room.objects.get(slug={slug!r}), User.objects.get(username="bob")
root = Message.objects.get(room=room, body="Who paints the lanterns?")
room.post(bob, "I do", thread=root.pk)
"""


def test_what_was_missed_in_a_thread_of_another_room_has_its_dot(talk, room, site):
    alice, _bob = talk
    alice.sends("Who paints the lanterns?")
    alice.has_sent_everything()
    alice.create_room("Far from the lanterns")
    dot = alice.page.locator("#threads")
    alice.page.keyboard.press("Shift+Escape")
    expect(dot).not_to_have_attribute("data-unread", "")
    site.shell(ANSWER.format(slug=slug_of(room)))
    expect(dot).to_have_attribute("data-unread", "")
    alice.page.keyboard.press("Shift+Escape")
    expect(dot).not_to_have_attribute("data-unread", "")
