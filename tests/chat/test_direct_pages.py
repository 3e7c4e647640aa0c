"""The pages of direct messages: who finds whom, who sees what, and how one hears from nobody."""

import pytest

from accounts.models import User
from chat import presence
from chat.models import Block, Room
from tests.sockets import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def garden(open_room, charlie, guest):
    """A public room where alice, bob, charlie and the guest know each other from."""
    open_room.admit(charlie)
    open_room.admit(guest)
    return open_room


@pytest.fixture
def talk(garden, alice, bob):
    room = Room.between(alice, [bob])
    room.post(alice, "Between us")
    return room


def begin(me, *others):
    return client_of(me).post("/direct/", {"with": [other.pk for other in others]})


def found_by(me, query: str = "", *chosen) -> list[str]:
    answer = client_of(me).get("/direct/", {"q": query, "with": [one.pk for one in chosen]})
    return [person.name for person, _ in answer.context["found"]]


# Finding people, and beginning ------------------------------------------------------------------


def test_writing_to_somebody_leads_to_the_conversation(garden, alice, bob):
    answer = begin(alice, bob)
    room = Room.objects.get(kind="direct")
    assert answer["Location"] == room.get_absolute_url()
    assert begin(bob, alice)["Location"] == room.get_absolute_url()
    assert begin(alice)["Location"] != room.get_absolute_url()


def test_people_are_found_by_name_and_chosen_one_by_one(garden, alice, bob, charlie):
    assert found_by(alice) == ["bob", "charlie", "Wanderer"]
    assert found_by(alice, "CHAR") == ["charlie"]
    assert found_by(alice, "", bob) == ["charlie", "Wanderer"]
    assert found_by(alice, "alice") == []
    page = client_of(alice).get("/direct/", {"with": [bob.pk, charlie.pk]}).content.decode()
    assert "Write to 2 people" in page and f'href="?with={charlie.pk}"' in page


def test_nobody_is_found_who_does_not_want_to_be_written_to(garden, alice, bob, charlie):
    charlie.hear_from(User.HearsFrom.NOBODY)
    Block.put(bob, alice)
    assert found_by(alice) == ["Wanderer"]


def test_who_is_in_no_room_with_a_guest_does_not_exist_for_them(garden, guest, new_user):
    stranger = new_user("stranger")
    assert "stranger" not in found_by(guest)
    assert begin(guest, stranger).status_code == 404


def test_a_refusal_says_why_and_keeps_who_was_chosen(garden, alice, bob):
    bob.hear_from(User.HearsFrom.NOBODY)
    page = begin(alice, bob).content.decode()
    assert "bob cannot be written to directly." in page and f'value="{bob.pk}"' in page


@pytest.mark.parametrize("nonsense", ["x", "-1", "9" * 30, "", "999999"])
def test_who_is_not_there_cannot_be_written_to(alice, nonsense):
    assert client_of(alice).post("/direct/", {"with": nonsense}).status_code == 404
    assert client_of(alice).get("/direct/", {"with": nonsense}).status_code == 404


# Seen from each side ----------------------------------------------------------------------------


def test_each_sees_the_others_name(talk, alice, bob):
    for me, other in ((alice, "bob"), (bob, "alice")):
        page = client_of(me).get(talk.get_absolute_url()).content.decode()
        assert f"<title>{other} · Chatsite</title>" in page
        assert f'<bdi id="room-name">{other}</bdi>' in page
        assert f'placeholder="Message to {other}"' in page
        link = page.index(f'data-room="{talk.slug}"')
        assert f">{other}</bdi>" in page[link : link + 600]
        assert other in client_of(me).get(f"/rooms/{talk.slug}/members/").content.decode()
        assert other in client_of(me).get("/").content.decode()


def test_the_other_hears_of_it_in_the_sidebar_of_any_room(talk, garden, bob):
    page = client_of(bob).get(garden.get_absolute_url()).content.decode()
    link = page.index(f'data-room="{talk.slug}"')
    assert "data-unread" in page[link : link + 100]


def test_hiding_takes_it_off_the_pages_but_not_from_its_address(talk, alice, garden):
    client = client_of(alice)
    assert client.post(f"/rooms/{talk.slug}/leave/")["Location"] == "/"
    assert talk.slug not in client.get(garden.get_absolute_url()).content.decode()
    assert "Between us" in client.get(talk.get_absolute_url()).content.decode()


def test_it_is_no_room_to_browse(talk, alice):
    for tab in ("all", "mine"):
        page = client_of(alice).get("/rooms/", {"tab": tab}).content.decode()
        assert "Garden" in page and talk.slug not in page


def test_a_room_cannot_be_made_direct(alice, room):
    form = {"name": "Ours", "kind": "direct"}
    assert client_of(alice).post("/rooms/", form).status_code == 200
    assert client_of(alice).post(f"/rooms/{room.slug}/edit/", form).status_code == 200
    assert not Room.objects.filter(kind="direct").exists()


# Who sees what ----------------------------------------------------------------------------------

PLACES = ("", "messages/", "members/", "pins/", "invitations/", "edit/", "messages/{pk}/edits/")


@pytest.mark.parametrize("who", ["charlie", "guest", "admin_user", "removed"])
def test_an_outsider_finds_nothing(talk, who, request, bob):
    person = bob if who == "removed" else request.getfixturevalue(who)
    if who == "removed":
        talk.memberships.filter(user=bob).delete()
    client, message = client_of(person), talk.messages.get()
    for place in PLACES:
        path = f"/rooms/{talk.slug}/{place.format(pk=message.pk)}"
        assert client.get(path, headers={"accept": "*/*"}).status_code == 404, path
    for place in ("join/", "leave/", "archive/", "messages/"):
        answer = client.post(f"/rooms/{talk.slug}/{place}", {"body": "Hello"})
        assert answer.status_code == 404, place
    assert "Between us" not in client.get("/").content.decode()


def test_who_is_signed_out_is_asked_to_sign_in_as_for_any_address(talk, client, alice):
    for path in (talk.get_absolute_url(), "/rooms/nowhere/", "/direct/", "/direct/here/"):
        assert client.get(path)["Location"].startswith("/accounts/login/"), path
    for path in ("/direct/", f"/people/{alice.pk}/block/", f"/people/{alice.pk}/unblock/"):
        assert client.post(path)["Location"].startswith("/accounts/login/"), path


def test_its_members_do_not_run_it(talk, alice):
    for place in ("invitations/", "edit/"):
        assert client_of(alice).get(f"/rooms/{talk.slug}/{place}").status_code == 403


# Who is online ----------------------------------------------------------------------------------


def online_for(me) -> list[int]:
    return client_of(me).get("/direct/here/").json()["people"]


def test_one_sees_which_of_ones_people_are_online(talk, alice, bob, charlie):
    for person in (alice, bob, charlie):
        presence.enter((presence.SITE, person.pk, "tab"))
    assert online_for(alice) == [bob.pk]
    assert online_for(charlie) == []


def test_who_is_blocked_sees_nobody_online(talk, alice, bob):
    for person in (alice, bob):
        presence.enter((presence.SITE, person.pk, "tab"))
    Block.put(alice, bob)
    assert online_for(bob) == []


# Blocking, and who may write --------------------------------------------------------------------


def card(me, person) -> str:
    return client_of(me).get(f"/people/{person.pk}/?card").content.decode()


def test_blocking_from_the_card_and_back_from_the_profile(talk, alice, bob):
    client = client_of(alice)
    assert "Write to bob" in card(alice, bob)
    assert client.post(f"/people/{bob.pk}/block/", {"next": "/rooms/"})["Location"] == "/rooms/"
    assert "Write to bob" not in card(alice, bob) and "Unblock" in card(alice, bob)
    config = client.get(talk.get_absolute_url()).context["config"]
    assert config["blocked"] == [bob.pk]
    assert "Unblock bob" in client.get("/accounts/profile/").content.decode()
    client.post(f"/people/{bob.pk}/unblock/")
    assert not Block.objects.exists()
    assert client.post(f"/people/{bob.pk}/unblock/").status_code == 404


def test_the_blocked_one_sees_what_they_would_see_of_who_hears_from_nobody(talk, alice, bob):
    alice.hear_from(User.HearsFrom.NOBODY)
    before = card(bob, alice)
    alice.hear_from(User.HearsFrom.EVERYONE)
    Block.put(alice, bob)
    assert card(bob, alice) == before and "Write to" not in before


def test_one_says_in_the_profile_who_may_write(alice):
    client = client_of(alice)
    client.post("/accounts/profile/", {"hears_from": "near"})
    assert User.objects.get(pk=alice.pk).hears_from == "near"
    assert client.post("/accounts/profile/", {"hears_from": "cats"}).status_code == 200
    assert User.objects.get(pk=alice.pk).hears_from == "near"


def test_one_cannot_block_oneself_nor_who_is_not_there(alice):
    client = client_of(alice)
    assert client.post(f"/people/{alice.pk}/block/").status_code == 403
    assert client.post("/people/999999/block/").status_code == 404


def test_to_whom_one_has_blocked_one_does_not_write(talk, alice, bob):
    Block.put(alice, bob)
    answer = client_of(alice).get(talk.get_absolute_url())
    assert answer.context["silenced"] == bob
    assert not answer.context["config"]["can_write"]
    assert "You have blocked bob." in answer.content.decode()
    answer = client_of(bob).get(talk.get_absolute_url())
    assert answer.context["silenced"] is None


def test_a_conversation_tells_everything_unless_one_wants_nothing(talk, alice):
    membership = talk.membership_of(alice)
    assert membership.level_here == "Everything"
    membership.set_level("nothing")
    assert membership.level_here == "Nothing"


def test_rooms_one_could_join_are_gone_to_by_name_too(open_room, room, charlie, alice):
    def named(user, query: str) -> list[str]:
        answer = client_of(user).get("/direct/names/", {"q": query}).json()
        return [place["name"] for place in answer["rooms"]]

    assert named(charlie, "gard") == ["Garden"]
    assert named(charlie, "den") == ["Garden"]  # and not the private Den
    assert named(alice, "gard") == []
