"""Browsing, making, changing, entering and leaving rooms, as pages that work without JavaScript."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chat import presence
from chat.errors import Taken
from chat.models import Membership, Room

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_guest(client, django_user_model):
    client.force_login(django_user_model.objects.enter_as_guest("Wanderer"))
    return client


def names(response) -> list[str]:
    return [room.name for room in response.context["rooms"]]


def page(name: str, room: Room) -> str:
    return reverse(name, args=[room.slug])


def many_rooms(count: int, owner, **fields) -> None:
    """`count` public rooms, the last of them the most active; two at a time at one moment."""
    now = timezone.now()
    Room.objects.bulk_create(
        Room(
            slug=f"room-{n}",
            name=f"Room {n}",
            name_key=f"room {n}",
            active_at=now - timedelta(minutes=(count - n) // 2),
            created_by=owner,
            **fields,
        )
        for n in range(count)
    )


class TestBrowsing:
    def test_signed_out_one_is_sent_to_sign_in(self, client):
        response = client.get("/rooms/?q=tea")
        assert response.status_code == 302
        assert response.url == "/accounts/login/?next=/rooms/%3Fq%3Dtea"

    def test_public_rooms_and_ones_own_are_listed_busiest_first(self, as_alice, alice, bob):
        Room.create(bob, "Kitchen")
        Room.create(bob, "Board", kind="private")
        Room.create(alice, "Attic", kind="private")
        assert names(as_alice.get("/rooms/")) == ["Attic", "Kitchen"]

    def test_a_guest_sees_only_rooms_that_take_guests(self, as_guest, bob):
        Room.create(bob, "Kitchen")
        Room.create(bob, "Garden", guests_allowed=True)
        assert names(as_guest.get("/rooms/")) == ["Garden"]

    def test_search_looks_in_name_and_topic(self, as_alice, bob):
        Room.create(bob, "Kitchen", topic="What to cook")
        Room.create(bob, "Garden", topic="读书")
        assert names(as_alice.get("/rooms/?q=KITCH")) == ["Kitchen"]
        assert names(as_alice.get("/rooms/?q=cook what")) == ["Kitchen"]
        assert names(as_alice.get("/rooms/?q=读书")) == ["Garden"]
        assert "No room matches" in as_alice.get("/rooms/?q=zebra").content.decode()

    @pytest.mark.parametrize(
        "query", ["%00", "%ED%A0%80", "<script>alert(1)</script>", "%", "_", "x" * 5000]
    )
    def test_any_search_is_answered_and_shown_as_text(self, as_alice, query):
        response = as_alice.get("/rooms/?q=" + query)
        assert response.status_code == 200
        assert b"<script>alert" not in response.content

    def test_the_tabs_show_ones_own_and_archived_rooms(self, as_alice, alice, bob):
        Room.create(bob, "Kitchen")
        Room.create(alice, "Attic")
        Room.create(bob, "Party").archive(bob)
        assert names(as_alice.get("/rooms/")) == ["Attic", "Kitchen"]
        assert names(as_alice.get("/rooms/?tab=mine")) == ["Attic"]
        assert names(as_alice.get("/rooms/?tab=archived")) == ["Party"]

    def test_ones_own_rooms_say_so_and_whether_there_is_something_new(self, as_alice, alice, bob):
        for name in ("Kitchen", "Garden", "Office"):
            Room.create(bob, name)
        for room in Room.objects.exclude(name="Office"):
            room.admit(alice)
        Room.objects.get(name="Kitchen").post(bob, "Tea?")
        rooms = {room.name: room for room in as_alice.get("/rooms/").context["rooms"]}
        assert [name for name, room in rooms.items() if room.is_mine] == ["Kitchen", "Garden"]
        assert [name for name, room in rooms.items() if room.unread] == ["Kitchen"]

    def test_it_says_how_many_people_are_here(self, as_alice, alice, bob):
        room = Room.create(bob, "Kitchen")
        presence.enter((room.pk, alice.pk, "a-tab"))
        presence.enter((room.pk, alice.pk, "another-tab"))
        assert "1 here" in as_alice.get("/rooms/").content.decode()

    def test_every_room_is_on_exactly_one_page(self, as_alice, bob):
        many_rooms(120, bob)
        seen, cursor = [], ""
        while cursor is not None:
            response = as_alice.get("/rooms/", {"after": cursor})
            seen += names(response)
            cursor = response.context["next"]
        assert seen == [f"Room {n}" for n in reversed(range(120))]

    @pytest.mark.parametrize(
        "cursor", ["x", "1", "-1-1", "1-" + "9" * 40, "9" * 30 + "-1", "１-１"]
    )
    def test_a_cursor_that_is_none_is_refused(self, as_alice, cursor):
        assert as_alice.get("/rooms/", {"after": cursor}).status_code == 400

    def test_a_page_of_ten_thousand_rooms_asks_no_more_than_one_of_ten(
        self, as_alice, bob, django_assert_max_num_queries
    ):
        many_rooms(10_000, bob)
        with django_assert_max_num_queries(6) as captured:
            as_alice.get("/rooms/")
        assert not [query for query in captured.captured_queries if "COUNT" in query["sql"]]


class TestMaking:
    def test_it_leads_to_the_new_room(self, as_alice, alice):
        response = as_alice.post(
            "/rooms/", {"name": " 读书会 ", "topic": "Books", "kind": "private"}
        )
        room = Room.objects.get()
        assert response.url == page("room", room)
        assert (room.name, room.topic, room.kind) == ("读书会", "Books", "private")
        assert not room.guests_allowed
        assert room.membership_of(alice).role == Membership.Role.OWNER

    def test_a_name_is_enough(self, as_alice):
        as_alice.post("/rooms/", {"name": "Kitchen", "guests_allowed": "on"})
        room = Room.objects.get()
        assert room.kind == Room.Kind.PUBLIC
        assert room.guests_allowed

    def test_a_taken_name_is_said_and_nothing_typed_is_lost(self, as_alice, bob):
        Room.create(bob, "Kitchen")
        typed = {
            "name": "ＫＩＴＣＨＥＮ",
            "topic": "My <b>topic</b>",
            "kind": "public",
            "guests_allowed": "on",
        }
        response = as_alice.post("/rooms/", typed)
        assert response.status_code == 200
        assert response.context["form"].errors["name"] == [
            "There is already a room called “ＫＩＴＣＨＥＮ”. Choose another name."
        ]
        text = response.content.decode()
        assert 'value="ＫＩＴＣＨＥＮ"' in text
        assert 'value="My &lt;b&gt;topic&lt;/b&gt;"' in text
        assert 'id="id_guests_allowed" checked' in text
        assert Room.objects.count() == 1

    @pytest.mark.parametrize("name", ["Rеlease", "ReIease", "Re1ease", "RE LEASE"])
    @pytest.mark.parametrize("kind", ["public", "private"])
    def test_a_name_that_could_be_taken_for_anothers_is_refused(self, as_alice, bob, name, kind):
        Room.create(bob, "Release")
        response = as_alice.post("/rooms/", {"name": name, "kind": kind})
        assert response.context["form"].errors["name"] == [
            f"“{name}” could be taken for the room “Release”. Choose another name."
        ]
        assert Room.objects.count() == 1

    def test_also_for_a_private_room_of_ones_own_but_not_of_others(self, as_alice, alice, bob):
        Room.create(bob, "Board", kind="private").admit(alice)
        Room.create(bob, "Attic", kind="private")
        assert as_alice.post("/rooms/", {"name": "Bоard"}).status_code == 200
        assert as_alice.post("/rooms/", {"name": "Аttic"}).status_code == 302

    @pytest.mark.parametrize("name", ["C#", "C++", "Q&A", "Releases", "Release 2"])
    def test_a_name_that_only_resembles_others_is_free(self, as_alice, bob, name):
        for other in ("C", "QA", "Release", "Release 1"):
            Room.create(bob, other)
        assert as_alice.post("/rooms/", {"name": name}).status_code == 302

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", " \u200b\u202e "),
            ("name", "x" * 61),
            ("name", "a\0b"),
            ("topic", "x" * 251),
            ("topic", "a\0b"),
            ("kind", "direct"),
        ],
    )
    def test_what_cannot_be_is_said_beside_its_field(self, as_alice, field, value):
        response = as_alice.post("/rooms/", {"name": "Kitchen", "kind": "public", field: value})
        assert response.status_code == 200
        assert list(response.context["form"].errors) == [field]
        assert not Room.objects.exists()

    def test_guests_are_told_why_they_cannot(self, as_guest):
        response = as_guest.post("/rooms/", {"name": "Kitchen"})
        assert "Guests cannot make rooms" in response.content.decode()
        assert not Room.objects.exists()

    def test_a_room_called_new_can_be_reached(self, as_alice):
        as_alice.post("/rooms/", {"name": "New"})
        assert page("room", Room.objects.get()) != reverse("new_room")

    def test_a_form_of_another_site_is_refused(self, alice, client):
        client.handler.enforce_csrf_checks = True
        client.force_login(alice)
        assert client.post("/rooms/", {"name": "Kitchen"}).status_code == 403
        assert not Room.objects.exists()


class TestChanging:
    def test_the_owner_changes_what_the_room_is(self, as_alice, alice):
        room = Room.create(alice, "Kitchen", topic="Tea")
        assert 'value="Kitchen"' in as_alice.get(page("edit_room", room)).content.decode()
        as_alice.post(page("edit_room", room), {"name": "Garden", "topic": "", "kind": "private"})
        room.refresh_from_db()
        assert (room.name, room.topic, room.kind, room.slug) == ("Garden", "", "private", "kitchen")

    def test_a_taken_name_is_said(self, as_alice, alice, bob):
        Room.create(bob, "Garden")
        room = Room.create(alice, "Kitchen")
        response = as_alice.post(page("edit_room", room), {"name": "garden", "kind": "public"})
        assert "name" in response.context["form"].errors

    def test_rooms_that_were_alike_before_go_on(self, as_alice, alice, bob):
        Room.create(bob, "Release")
        room = Room.create(alice, "Mine", kind="private")
        Room.objects.filter(pk=room.pk).update(
            name="Rеlease", name_key="rеlease", name_letters="release", name_look="release"
        )
        room.refresh_from_db()
        room.edit(alice, name="Rеlease", topic="New", kind="private", guests_allowed=False)
        room.rename(alice, "Notes", topic="Newer")
        for name, kind in (("Rеlease", "private"), ("Rеlease", "public")):
            with pytest.raises(Taken):
                room.edit(alice, name=name, topic="", kind=kind, guests_allowed=False)

    def test_others_may_not(self, as_alice, alice, bob):
        room = Room.create(bob, "Kitchen")
        room.admit(alice, Membership.Role.MODERATOR)
        assert as_alice.get(page("edit_room", room)).status_code == 403
        assert as_alice.post(page("edit_room", room), {"name": "Mine"}).status_code == 403
        assert as_alice.post(page("archive_room", room)).status_code == 403

    def test_archiving_and_opening_again(self, as_alice, alice):
        room = Room.create(alice, "Kitchen")
        as_alice.post(page("archive_room", room), {"archived": "true"})
        room.refresh_from_db()
        assert room.archived_at
        as_alice.post(page("archive_room", room), {"archived": "false"})
        room.refresh_from_db()
        assert room.archived_at is None


class TestComingAndGoing:
    def test_joining_and_leaving(self, as_alice, alice, bob):
        room = Room.create(bob, "Kitchen")
        assert as_alice.post(page("join_room", room)).url == page("room", room)
        assert room.membership_of(alice)
        assert as_alice.post(page("leave_room", room)).url == reverse("rooms")
        assert room.membership_of(alice) is None

    def test_the_last_owner_is_told_what_to_do_first(self, as_alice, alice):
        room = Room.create(alice, "Kitchen")
        response = as_alice.post(page("leave_room", room), follow=True)
        assert "Make somebody else an owner first" in response.content.decode()
        assert room.membership_of(alice)

    @pytest.mark.parametrize("name", ["join_room", "leave_room", "archive_room"])
    def test_only_by_post(self, as_alice, alice, name):
        assert as_alice.get(page(name, Room.create(alice, "Kitchen"))).status_code == 405

    @pytest.mark.parametrize(
        "name", ["join_room", "leave_room", "archive_room", "edit_room", "members", "invitations"]
    )
    def test_a_private_room_of_others_does_not_exist(self, as_alice, bob, name):
        room = Room.create(bob, "Board", kind="private")
        assert as_alice.post(page(name, room)).status_code in {404, 405}
        assert as_alice.get(page(name, room)).status_code in {404, 405}
        assert room.members_count == 1 or Room.objects.get().members_count == 1

    @pytest.mark.parametrize(
        "slug", ["%00", "a%00b", "%E2%80%AE", "..%2F", "no-such-room", "x" * 500]
    )
    def test_odd_addresses_are_not_found(self, as_alice, slug):
        assert as_alice.get(f"/rooms/{slug}/members/").status_code == 404


class TestHome:
    def test_signed_out_one_sees_what_this_is_and_the_ways_in(self, client, bob):
        Room.create(bob, "Kitchen", guests_allowed=True)
        Room.create(bob, "Office")
        Room.create(bob, "Board", kind="private", guests_allowed=True)
        response = client.get("/")
        assert names(response) == ["Kitchen"]
        text = response.content.decode()
        assert 'name="nickname"' in text
        assert 'href="/accounts/guest/?next=/rooms/kitchen/"' in text

    def test_signed_in_one_sees_ones_rooms_and_where_there_is_something_new(
        self, as_alice, alice, bob
    ):
        for name in ("Kitchen", "Garden"):
            Room.create(bob, name).admit(alice)
        Room.objects.get(name="Kitchen").post(bob, "Tea?")
        rooms = as_alice.get("/").context["rooms"]
        assert [(room.name, room.unread) for room in rooms] == [
            ("Kitchen", True),
            ("Garden", False),
        ]

    def test_who_is_in_no_room_is_shown_around(self, as_alice):
        text = as_alice.get("/").content.decode()
        assert 'href="/rooms/"' in text
        assert 'href="/rooms/new/"' in text

    def test_a_guest_is_led_to_the_rooms_that_are_open(self, client, bob):
        Room.create(bob, "Kitchen", guests_allowed=True)
        assert 'name="next" value="/rooms/kitchen/"' in client.get("/").content.decode()
        Room.create(bob, "Garden", guests_allowed=True)
        assert 'name="next" value="/rooms/"' in client.get("/").content.decode()

    def test_a_guest_is_not_told_to_make_a_room(self, as_guest):
        text = as_guest.get("/").content.decode()
        assert "walk into one that takes guests" in text
        assert "make your own" not in text

    def test_names_stay_text(self, as_alice, alice):
        Room.create(alice, "<img src=x onerror=alert(1)>", topic="<script>alert(1)</script>")
        for address in ("/", "/rooms/"):
            text = as_alice.get(address).content.decode()
            assert "<img src=x" not in text
            assert "<script>alert" not in text


class TestComingInFromOutside:
    """What the address of a room leads to when one is signed out."""

    def test_a_nickname_where_that_is_enough(self, client, alice):
        room = Room.create(alice, "Garden", guests_allowed=True)
        response = client.get(room.get_absolute_url() + "?around=7")
        assert response.url == "/accounts/guest/?next=/rooms/garden/%3Faround%3D7"

    def test_signing_in_where_it_is_not(self, client, alice):
        inside = Room.create(alice, "Kitchen")
        hidden = Room.create(alice, "Board", kind="private", guests_allowed=True)
        for address in [inside.get_absolute_url(), hidden.get_absolute_url(), "/rooms/none/"]:
            assert client.get(address).url == f"/accounts/login/?next={address}"

    def test_a_guest_is_told_which_rooms_need_an_account(self, as_guest, alice):
        address = Room.create(alice, "Kitchen").get_absolute_url()
        response = as_guest.get(address)
        assert response.status_code == 403
        text = response.content.decode()
        assert "This room is for people with an account" in text
        assert f'href="/accounts/signup/?next={address}"' in text
        assert f'href="/accounts/login/?next={address}"' in text

    def test_of_private_rooms_a_guest_learns_nothing(self, as_guest, alice):
        room = Room.create(alice, "Board", kind="private")
        assert as_guest.get(room.get_absolute_url()).status_code == 404
        assert as_guest.get("/rooms/none/").status_code == 404
