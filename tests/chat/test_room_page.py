"""The page of a room: what is read for it, and that none of the parts kept ready is out of date."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from chat import limits
from chat.models import Membership, Room
from chat.views.conversation import PLACES

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(as_alice, room):
    """shown() -> the page of `room` as alice gets it now."""

    def shown() -> str:
        return as_alice.get(reverse("room", args=[room.slug])).content.decode()

    return shown


def test_it_reads_three_rows_however_many_rooms_one_is_in(shown, alice, django_assert_num_queries):
    for n in range(5):
        Room.create(alice, f"Room {n}")
    shown()
    with django_assert_num_queries(3):  # the session, the person, the rooms
        shown()


def test_a_message_that_is_not_there_is_no_place_in_the_room(as_alice, room, alice):
    elsewhere = Room.create(alice, "Elsewhere").post(alice, "Before all that is said here")
    with limits.lifted():
        for number in range(60):
            room.post(alice, f"Number {number}")
    page = as_alice.get(reverse("room", args=[room.slug]), {"around": elsewhere.pk})
    assert "Number 59" in page.content.decode()
    assert "data-has-newer" not in page.content.decode()


def test_what_one_is_in_a_room_comes_with_the_rooms(room, bob, django_assert_num_queries):
    [mine] = Room.objects.sidebar_for(bob)
    with django_assert_num_queries(0):
        assert mine.membership.room is mine
        assert mine.membership.user_id == bob.pk
        assert mine.membership.role == Membership.Role.MEMBER
        assert not mine.membership.has_draft
    assert mine.membership == room.membership_of(bob)
    assert mine.membership.level == Membership.Level.MENTIONS


class TestThePartsThatAreKeptReady:
    def test_follow_the_room(self, shown, room, alice):
        for topic in ("Tea", "Coffee"):
            room.edit(alice, name=f"{topic} room", topic=topic, kind="public", guests_allowed=True)
            page = shown()
            assert f'<bdi id="room-name">{topic} room</bdi>' in page
            assert f'<p class="one-line" id="topic" dir="auto">{topic}</p>' in page
            assert f"<h2><bdi>{topic} room</bdi></h2>" in page
            assert f'placeholder="Message to {topic} room"' in page
        room.archive(alice)
        assert "Say the first word." not in shown()

    def test_follow_what_one_may_do_there(self, shown, room, alice):
        assert "Room settings" in shown()
        room.memberships.filter(user=alice).update(role=Membership.Role.MODERATOR)
        assert "Room settings" not in shown() and "Invite people" in shown()
        room.memberships.filter(user=alice).update(role=Membership.Role.MEMBER)
        assert "Invite people" not in shown()

    def test_follow_what_is_new(self, shown, alice, bob):
        assert 'id="activity" href="/activity/">' in shown()
        type(alice).objects.filter(pk=alice.pk).update(activity_at=timezone.now())
        assert 'id="activity" href="/activity/" data-unread>' in shown()

    def test_follow_who_is_in_a_conversation(self, shown, alice, bob):
        conversation = Room.between(bob, [alice])
        conversation.post(bob, "Hello")
        assert '<bdi class="name one-line">bob</bdi>' in shown()
        bob.edit_profile(display_name="Robert")
        assert '<bdi class="name one-line">Robert</bdi>' in shown()

    def test_speak_the_language_and_wear_the_colours_that_were_chosen(self, shown, alice):
        page = shown()
        assert 'lang="en"' in page and "Direct messages" in page
        alice.edit_profile(display_name="Ah Li", language="zh-hans", theme="dark")
        page = shown()
        assert 'lang="zh-hans"' in page and "私信" in page and "Direct messages" not in page
        assert 'data-theme="dark"' in page and "<bdi>Ah Li</bdi>" in page

    def test_are_those_of_a_thread_in_a_thread(self, as_alice, shown, room, alice):
        root = room.post(alice, "Which tea?")
        there = as_alice.get(f"/rooms/{room.slug}/?thread={root.pk}").content.decode()
        assert f"files/?thread={root.pk}" in there and "Back to the room" in there
        assert f"?thread={root.pk}" not in shown() and "Back to the room" not in shown()


class TestAPageOfHistory:
    @pytest.fixture
    def older(self, as_alice, room, alice):
        """older() -> what was said before the last of three messages, as alice gets it now."""
        with limits.lifted():
            said = [room.post(alice, word) for word in ("One", "Two", "Three")]

        def older() -> str:
            url = reverse("messages", args=[room.slug])
            answer = as_alice.get(
                url, {"before": said[-1].pk}, headers={"Accept": "application/json"}
            )
            return answer.json()["html"]

        older.said = said
        return older

    def test_is_read_once_until_something_changes(self, older, django_assert_num_queries):
        assert "One" in older() and "Three" not in older()
        with django_assert_num_queries(3):  # the session, the person, the room
            older()

    def test_whoever_makes_numbers_up_fills_no_more_than_a_few_places(
        self, older, as_alice, room, monkeypatch
    ):
        places, keep = set(), cache.set

        def noting(key, *more):
            places.add(key)
            keep(key, *more)

        monkeypatch.setattr(cache, "set", noting)
        url = reverse("messages", args=[room.slug])
        for number in range(40):
            for side in ("before", "after", "around"):
                as_alice.get(url, {side: number}, headers={"Accept": "application/json"})
        assert len([key for key in places if key.startswith("history:")]) == PLACES
        assert f"history:{room.pk}:newest" not in places

    def test_follows_edits_removals_and_names(self, older, alice):
        older()
        older.said[0].edit(alice, "Won")
        assert "Won" in older()
        older.said[1].remove(by=alice)
        assert "Two" not in older()
        alice.edit_profile(display_name="Ah Li")
        assert "Ah Li" in older()

    def test_each_is_one_of_its_own(self, older, as_alice, room):
        older()
        url = reverse("messages", args=[room.slug])
        asked = {"after": older.said[-2].pk}
        answer = as_alice.get(url, asked, headers={"Accept": "application/json"}).json()
        assert "Three" in answer["html"] and "One" not in answer["html"]
