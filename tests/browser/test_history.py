import re

import pytest
from playwright.sync_api import expect

# Written straight to the database: 500 posts would take a minute.
HISTORY = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from chat import markup
from chat.models import Message, Room
people = list(User.objects.filter(username__in=["alice", "bob"]).order_by("pk"))
room = Room.create(people[0], "A long story")
room.join(people[1])
texts = [f"Number {i}. " + "Longer than the others. " * (i % 9) for i in range(500)]
Message.objects.bulk_create(
    Message(
        room=room,
        author=people[i // 3 % 2],
        body=text.strip(),
        html=markup.render(text),
        revision=i + 1,
        created_at=timezone.now() - timedelta(minutes=2 * (500 - i)),
    )
    for i, text in enumerate(texts)
)
last = room.messages.order_by("pk").last()
Room.objects.filter(pk=room.pk).update(revision=500, last_message=last)
room.memberships.update(last_read=last.pk)
"""


@pytest.fixture(scope="module")
def long_room(site):
    """The path of a room in which 500 messages were said."""
    site.shell(HISTORY)
    return "/rooms/a-long-story/"


def rows_of(person):
    return person.page.locator("#log .message")


def test_older_messages_load_without_a_jump(alice, long_room):
    alice.join_room(long_room)
    expect(rows_of(alice)).to_have_count(50)
    while alice.page.locator("#beginning").is_hidden():
        before = alice.ids()
        alice.scrolls_to(300)
        top = alice.page.locator("#scroller").bounding_box()["y"]
        seen = next(id for id in before if alice.place_of(id) > top)
        place = alice.place_of(seen)
        alice.page.wait_for_function(
            "count => document.querySelectorAll('#log .message').length > count", arg=len(before)
        )
        alice.page.wait_for_timeout(100)
        assert alice.place_of(seen) == pytest.approx(place, abs=1)
    ids = alice.ids()
    assert len(ids) == 500
    assert ids == sorted(set(ids))


def test_the_first_row_gives_up_its_head_without_a_jump(alice, long_room):
    """The oldest row on the page begins a day and a run, until older ones stand above it."""
    alice.join_room(long_room)
    alice.page.evaluate("document.querySelector('#scroller').scrollTop = 0")
    seen = alice.ids()[8]
    place = alice.place_of(seen)
    expect(rows_of(alice)).to_have_count(100)
    assert alice.place_of(seen) == pytest.approx(place, abs=1)


def test_one_stays_where_one_reads_while_others_talk(alice, bob, long_room):
    alice.join_room(long_room)
    bob.join_room(long_room)
    alice.scrolls_to(1500)
    alice.page.wait_for_timeout(300)
    seen = alice.ids()[30]
    place = alice.place_of(seen)
    for text in ("Psst", "Hello?"):
        bob.sends(text)
        bob.sees(text)
    jump = alice.page.locator("#jump")
    expect(jump).to_have_text("2 new messages")
    assert alice.place_of(seen) == pytest.approx(place, abs=1)
    jump.click()
    expect(alice.last).to_be_in_viewport()
    expect(jump).not_to_be_visible()


def test_an_edit_above_does_not_move_what_one_reads(alice, bob, long_room):
    bob.join_room(long_room)
    alice.join_room(long_room)
    row = f"[data-id='{bob.page.locator('#log .mine').first.get_attribute('data-id')}']"
    edited = alice.page.locator(row)
    bob.does("edit", bob.page.locator(row))
    bob.page.locator(".edit textarea").fill("\n".join(["longer"] * 12))
    seen = alice.ids()[-3]
    alice.page.locator("#scroller").evaluate("box => box.scrollBy(0, -200)")
    alice.page.wait_for_timeout(100)
    place = alice.place_of(seen)
    bob.page.locator(".edit textarea").press("Enter")
    expect(edited).to_contain_text("longer")
    assert alice.place_of(seen) == pytest.approx(place, abs=1)


def test_a_permalink_opens_in_the_middle_and_leads_back_to_now(alice, long_room):
    alice.join_room(long_room)
    first = alice.ids()[0]
    middle = first - 200
    alice.join_room(f"{long_room}?around={middle}")
    row = alice.page.locator(f"[data-id='{middle}']")
    expect(row).to_be_in_viewport()
    assert "Number 499" not in alice.page.locator("#log").inner_text()
    alice.page.locator("#jump").click()
    expect(alice.messages("Number 499").last).to_be_attached()
    expect(alice.last).to_be_in_viewport()


def test_newer_messages_load_downwards_to_the_present(alice, long_room):
    alice.join_room(long_room)
    newest = alice.ids()[-1]
    alice.join_room(f"{long_room}?around={newest - 150}")
    for _ in range(40):
        if alice.ids()[-1] == newest:
            break
        alice.scrolls_to(10**6)
        alice.page.wait_for_timeout(100)
    ids = alice.ids()
    assert ids[-1] == newest
    assert ids == list(range(ids[0], newest + 1))


def test_what_is_new_has_a_mark_that_stays(alice, bob, room):
    bob.join_room(room)
    bob.visit("/rooms/")
    alice.sends("While you were away")
    alice.sees("While you were away")
    bob.join_room(room)
    mark = bob.page.locator(".unread-mark")
    expect(mark.locator("+ .message")).to_contain_text("While you were away")
    alice.sends("And now")
    bob.sees("And now")
    expect(mark.locator("+ .message")).to_contain_text("While you were away")


def test_news_in_another_room_marks_it_and_the_title(charlie, bob, room):
    other = charlie.create_room("Somewhere else")
    charlie.join_room(room)
    charlie.join_room(other)
    news = int(re.match(r"\((\d+)\) |", charlie.page.title())[1] or 0)
    bob.join_room(room)
    bob.sends("@charlie News")  # under Activity as well, but not counted there again
    link = charlie.page.locator(f"a[data-room='{room.split('/')[2]}']")
    expect(link).to_have_attribute("data-unread", "")
    expect(charlie.page).to_have_title(re.compile(rf"^\({news + 1}\) Somewhere else"))
    link.click()
    charlie.sees("News")
    before = rf"\({news}\) " if news else ""
    expect(charlie.page).to_have_title(re.compile(rf"^{before}{room.split('/')[2]}"))


def test_what_is_read_in_one_tab_is_read_in_the_other(alice, bob, room):
    bob.join_room(room)
    elsewhere = bob.create_room("Another place")
    second = alice.page.context.new_page()
    alice.join_room(elsewhere)
    bob.join_room(room)
    bob.sends("Read me once")
    mark = alice.page.locator(f"a[data-room='{room.split('/')[2]}'][data-unread]")
    expect(mark).to_be_attached()
    second.goto(alice.url + room)
    expect(mark).not_to_be_attached()
