"""The commands on the command line: createroom, rooms, demo."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat import limits, presence
from chat.management.commands.demo import HERE, times_of
from chat.management.tables import columns_of
from chat.models import Membership, Message, Reaction, Room, Vote
from tests.commands import run

pytestmark = pytest.mark.django_db
User = get_user_model()


class TestCreateRoom:
    def test_makes_a_room_and_prints_its_address(self, alice, settings):
        settings.SITE_URL = "https://chat.example.org"
        out = run("createroom", "Tea house", "--topic", "Sit", "--guests", "--owner", "ALICE")
        room = Room.objects.get()
        assert (room.name, room.topic, room.guests_allowed) == ("Tea house", "Sit", True)
        assert room.membership_of(alice).role == Membership.Role.OWNER
        assert out == "https://chat.example.org/rooms/tea-house/\n"

    def test_makes_a_private_one(self, alice):
        run("createroom", "Attic", "--private", "--owner", "alice")
        assert Room.objects.get().kind == Room.Kind.PRIVATE

    def test_belongs_to_the_first_superuser_when_nobody_is_named(self, alice):
        root = User.objects.create_superuser("overseer")
        run("createroom", "Attic")
        assert Room.objects.get().created_by == root

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["Attic"], "Somebody has to do it"),
            (["Attic", "--owner", "nobody-here"], "nobody with the username"),
            (["Kitchen", "--owner", "alice"], "already a room called"),
            (["  ", "--owner", "alice"], "Give the room a name"),
            (["x" * 61, "--owner", "alice"], "at most 60 characters"),
        ],
    )
    def test_says_what_is_wrong(self, alice, arguments, words):
        with limits.lifted():
            Room.create(alice, "Kitchen")
        with pytest.raises(CommandError, match=words):
            run("createroom", *arguments)

    def test_is_not_slowed_down(self, alice, settings):
        for number in range(25):
            run("createroom", f"Room {number}", "--owner", "alice")
        assert Room.objects.count() == 25


class TestRooms:
    @pytest.fixture(autouse=True)
    def house(self, alice, bob):
        with limits.lifted():
            tea = Room.create(alice, "茶馆", topic="tea")
            tea.admit(bob)
            tea.post(alice, "one")
            tea.post(bob, "two").remove(bob)
            Room.create(alice, "Planning", kind="private")
            Room.create(alice, "Attic").archive(alice)

    def names(self, *arguments: str) -> set[str]:
        return {room["name"] for room in json.loads(run("rooms", "--json", *arguments))}

    def test_are_counted(self):
        (tea,) = json.loads(run("rooms", "--json", "tea"))
        assert (tea["members"], tea["messages"], tea["kind"]) == (2, 1, "public")

    def test_are_weighed(self, alice):
        with limits.lifted():
            Room.objects.get(name="Planning").post(alice, "a long story, longer than the others")
        rooms = json.loads(run("rooms", "--json", "--sort", "size"))
        assert [room["name"] for room in rooms] == ["Planning", "茶馆"]
        said = Message.objects.get(room__name="Planning")
        assert rooms[0]["text_bytes"] == len(said.body) + len(said.html)
        assert rooms[0]["file_bytes"] == 0

    def test_are_put_into_order(self):
        def names(order: str) -> list[str]:
            return [room["name"] for room in json.loads(run("rooms", "--json", "--sort", order))]

        assert names("name") == ["Planning", "茶馆"]
        assert names("members") == names("messages") == ["茶馆", "Planning"]
        assert names("created") == ["Planning", "茶馆"]

    def test_where_nothing_was_said_for_long_are_found(self):
        long_ago = timezone.now() - timedelta(days=100)
        Room.objects.filter(name="Planning").update(active_at=long_ago)
        assert self.names("--idle", "99") == {"Planning"}
        assert self.names("--idle", "101") == set()

    def test_that_are_conversations_are_shown_when_asked_for(self, alice, bob):
        Room.between(alice, [bob])
        assert self.names() == {"茶馆", "Planning"}
        assert len(self.names("--kind", "direct")) == 1

    def test_are_chosen_by_words_kind_and_age(self):
        assert self.names() == {"茶馆", "Planning"}
        assert self.names("tea") == {"茶馆"}
        assert self.names("--private") == {"Planning"}
        assert self.names("--archived") == {"Attic"}

    def test_who_is_here_is_told_where_it_can_be_known(self, settings, monkeypatch):
        settings.REDIS_URL = ""
        (tea,) = json.loads(run("rooms", "--json", "tea"))
        assert tea["here"] is None
        settings.REDIS_URL = "redis://somewhere"
        monkeypatch.setattr(presence, "counts", lambda ids: dict.fromkeys(ids, 7))
        (tea,) = json.loads(run("rooms", "--json", "tea"))
        assert tea["here"] == 7

    def test_stand_in_straight_columns(self):
        titles, *lines = run("rooms").splitlines()
        starts = {columns_of(line.partition("/rooms/")[0]) for line in lines}
        assert starts == {titles.index("ADDRESS")}

    def test_none_are_reported_in_words(self):
        assert "No rooms" in run("rooms", "nothing like it")

    def test_many_cost_one_query(self, alice, settings, django_assert_num_queries):
        with limits.lifted():
            for number in range(20):
                Room.create(alice, f"Room {number}").post(alice, "hi")
        settings.REDIS_URL = ""
        with django_assert_num_queries(1):
            run("rooms")


class TestDemo:
    def test_has_people_and_rooms_in_both_languages(self):
        out = run("demo")
        assert User.objects.filter(email__endswith="@demo.invalid").count() == 8
        assert Room.objects.filter(kind="private").exists()
        assert Room.objects.filter(guests_allowed=True, memberships__user__is_guest=True).exists()
        assert Room.objects.exclude(archived_at=None).exists()
        bodies = " ".join(Message.objects.values_list("html", flat=True))
        for piece in ("<table", "<pre", "<li", "<blockquote", "欢迎大家", "Welcome to the house"):
            assert piece in bodies
        assert "cannot sign in" in out

    def test_twice_adds_nothing(self):
        run("demo")
        before = snapshot()
        out = run("demo")
        assert snapshot() == before
        assert "Made" not in out

    def test_revisions_are_contiguous(self):
        """Each message has taken one, and each change of it another."""
        run("demo")
        for room in Room.objects.all():
            revisions = sorted(room.messages.values_list("revision", flat=True))
            changes = room.messages.exclude(edited_at=None, deleted_at=None).count()
            changes += room.messages.pinned().count()
            changes += Reaction.objects.filter(message__room=room).count()
            changes += Vote.objects.filter(message__room=room).values("user").distinct().count()
            assert room.revision == len(revisions) + changes
            assert revisions[-1] == room.revision

    def test_was_said_over_days_in_order_and_not_in_the_future(self):
        run("demo")
        now = timezone.now()
        for room in Room.objects.all():
            times = list(room.messages.order_by("pk").values_list("created_at", flat=True))
            assert times == sorted(times)
            assert times[-1] <= now
            assert room.active_at == times[-1]
            assert room.created_at < times[0]
        said = Message.objects.values_list("created_at", flat=True)
        assert max(said) - min(said) > timedelta(days=5)

    def test_is_in_the_order_of_ids_across_the_rooms(self):
        call_command("demo")
        times = list(Message.objects.order_by("pk").values_list("created_at", flat=True))
        assert times == sorted(times)

    @pytest.mark.parametrize("hour", ["00:00", "12:00", "23:59"])
    def test_keeps_its_order_at_any_hour(self, hour, monkeypatch):
        tomllib = pytest.importorskip("tomllib")
        now = timezone.make_aware(timezone.datetime.fromisoformat(f"2026-03-01T{hour}"))
        monkeypatch.setattr(timezone, "now", lambda: now)
        for file in HERE.glob("rooms/*.toml"):
            times = times_of(tomllib.loads(file.read_text())["messages"])
            assert times == sorted(times), file.name
            assert times[-1] <= now

    def test_nobody_signs_in_without_a_password(self, client):
        run("demo")
        assert not any(person.has_usable_password() for person in User.objects.all())

    def test_all_sign_in_with_the_password_given_also_later(self, client):
        run("demo")
        out = run("demo", "--password", "a lantern in the rain")
        assert "linxiaomei" in out
        assert client.login(username="linxiaomei", password="a lantern in the rain")

    def test_speaks_for_nobody_but_its_own_people(self, alice):
        User.objects.create_user("priya", email="priya@example.org")
        with pytest.raises(CommandError, match="priya"):
            run("demo")
        assert not Room.objects.exists()
        assert not User.objects.filter(email__endswith="@demo.invalid").exists()

    def test_leaves_a_room_of_the_same_name_alone(self, alice):
        with limits.lifted():
            theirs = Room.create(alice, "Release")
        assert "left as it is" in run("demo")
        assert not theirs.messages.exists()
        assert Room.objects.count() == len(list(HERE.glob("rooms/*.toml")))


def snapshot() -> list:
    people = User.objects.order_by("pk").values_list("pk", "username", "password")
    rooms = Room.objects.order_by("pk").values_list("pk", "revision", "members_count", "active_at")
    messages = Message.objects.order_by("pk").values_list("pk", "revision", "body", "created_at")
    return [list(people), list(rooms), list(messages)]
