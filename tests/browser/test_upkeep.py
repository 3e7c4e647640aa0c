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
    alice, bob = talk
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
    alice, bob = talk
    site.manage("deleteroom", slug_of(room), "--yes")
    for person in talk:
        expect(person.page.locator("#status")).not_to_be_empty()
