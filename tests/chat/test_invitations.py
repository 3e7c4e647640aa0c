"""Links that let people into a room: making, passing on, using up and revoking them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from chat.errors import NotAllowed
from chat.models import Invitation, Membership, Room

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(alice):
    return Room.create(alice, "Board", topic="Only us", kind="private")


@pytest.fixture
def guest(django_user_model):
    return django_user_model.objects.enter_as_guest("Wanderer")


def page(room: Room) -> str:
    return reverse("invitations", args=[room.slug])


def link(invitation: Invitation) -> str:
    return reverse("invitation", args=[invitation.token])


class TestMaking:
    def test_a_moderator_makes_a_link_that_ends(self, room, bob, sign_in):
        room.admit(bob, Membership.Role.MODERATOR)
        response = sign_in(bob).post(page(room), {"lasts": "1d", "max_uses": "3"}, follow=True)
        made = Invitation.objects.get()
        left = made.expires_at - timezone.now()
        assert timedelta(hours=23) < left <= timedelta(days=1)
        assert (made.max_uses, made.created_by) == (3, bob)
        text = response.content.decode()
        assert f"http://testserver{link(made)}" in text
        assert "0 of 3 used" in text

    def test_or_one_for_any_number_until_revoked(self, room, alice, sign_in):
        sign_in(alice).post(page(room), {"lasts": "ever", "max_uses": ""})
        made = Invitation.objects.get()
        assert (made.expires_at, made.max_uses) == (None, None)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("lasts", ""),
            ("lasts", "9y"),
            ("max_uses", "0"),
            ("max_uses", "-1"),
            ("max_uses", "10001"),
            ("max_uses", "many"),
        ],
    )
    def test_what_cannot_be_is_said_beside_its_field(self, room, alice, sign_in, field, value):
        response = sign_in(alice).post(page(room), {"lasts": "7d", field: value})
        assert response.status_code == 200
        assert list(response.context["form"].errors) == [field]
        assert not Invitation.objects.exists()

    def test_members_may_not_make_or_see_them(self, room, bob, sign_in):
        room.admit(bob)
        assert sign_in(bob).get(page(room)).status_code == 403
        assert sign_in(bob).post(page(room), {"lasts": "7d"}).status_code == 403
        assert not Invitation.objects.exists()


class TestTheLink:
    def test_anybody_who_has_it_sees_the_room_and_the_ways_in(self, room, alice, client):
        text = client.get(link(Invitation.create(room, alice))).content.decode()
        assert "Board" in text
        assert f"{alice.name} invites you" in text
        assert "/accounts/login/?next=/invite/" in text
        assert 'name="nickname"' not in text

    def test_a_room_that_takes_guests_asks_for_a_nickname(self, alice, client):
        room = Room.create(alice, "Garden", kind="private", guests_allowed=True)
        invitation = Invitation.create(room, alice)
        text = client.get(link(invitation)).content.decode()
        assert 'name="nickname"' in text
        assert f'name="next" value="{link(invitation)}"' in text

    def test_signed_in_one_enters_with_one_press(self, room, alice, bob, sign_in):
        invitation = Invitation.create(room, alice, max_uses=1)
        client = sign_in(bob)
        assert "Enter the room" in client.get(link(invitation)).content.decode()
        assert room.membership_of(bob) is None
        assert client.post(link(invitation)).url == reverse("room", args=[room.slug])
        assert room.membership_of(bob)
        invitation.refresh_from_db()
        assert invitation.uses == 1

    def test_a_member_is_led_straight_in_and_not_counted(self, room, alice, sign_in):
        invitation = Invitation.create(room, alice, max_uses=1)
        client = sign_in(alice)
        for visit in (client.get, client.post):
            assert visit(link(invitation)).url == reverse("room", args=[room.slug])
        invitation.refresh_from_db()
        assert invitation.uses == 0

    def test_signed_out_a_press_leads_to_sign_in_and_back(self, room, alice, client):
        invitation = Invitation.create(room, alice)
        response = client.post(link(invitation))
        assert response.url == f"/accounts/login/?next={link(invitation)}"

    def test_a_guest_is_refused_where_guests_are_not_welcome(self, room, alice, guest, sign_in):
        invitation = Invitation.create(room, alice)
        client = sign_in(guest)
        assert "This room does not take guests" in client.get(link(invitation)).content.decode()
        assert client.post(link(invitation)).status_code == 403
        assert room.membership_of(guest) is None

    def test_names_stay_text(self, alice, client):
        room = Room.create(alice, "<script>alert(1)</script>", topic="<b>x</b>", kind="private")
        text = client.get(link(Invitation.create(room, alice))).content.decode()
        assert "<script>alert" not in text
        assert "<b>x</b>" not in text


class TestEnding:
    def ended(self, response) -> bool:
        return response.status_code == 410 and "has ended" in response.content.decode()

    def test_used_up(self, room, alice, bob, charlie, sign_in):
        invitation = Invitation.create(room, alice, max_uses=1)
        sign_in(bob).post(link(invitation))
        client = sign_in(charlie)
        assert self.ended(client.get(link(invitation)))
        assert self.ended(client.post(link(invitation)))
        assert room.membership_of(charlie) is None

    def test_expired(self, room, alice, bob, sign_in):
        past = timezone.now() - timedelta(seconds=1)
        assert self.ended(sign_in(bob).post(link(Invitation.create(room, alice, expires_at=past))))

    def test_revoked(self, room, alice, bob, sign_in):
        invitation = Invitation.create(room, alice)
        address = reverse("revoke_invitation", args=[room.slug, invitation.pk])
        assert sign_in(alice).get(address).status_code == 405
        sign_in(alice).post(address)
        assert self.ended(sign_in(bob).post(link(invitation)))
        assert room.membership_of(bob) is None

    def test_with_the_room_archived(self, room, alice, bob, sign_in):
        invitation = Invitation.create(room, alice)
        room.archive(alice)
        assert self.ended(sign_in(bob).post(link(invitation)))

    def test_it_tells_nothing_about_the_room(self, room, alice, client):
        invitation = Invitation.create(room, alice)
        invitation.revoke(alice)
        assert "Board" not in client.get(link(invitation)).content.decode()

    def test_one_that_never_was_looks_the_same(self, client):
        assert self.ended(client.get("/invite/guessed/"))

    def test_a_moderator_of_another_room_cannot_revoke_it(self, room, alice, bob, sign_in):
        invitation = Invitation.create(room, alice)
        other = Room.create(bob, "Other")
        address = reverse("revoke_invitation", args=[other.slug, invitation.pk])
        assert sign_in(bob).post(address).status_code == 404
        invitation.refresh_from_db()
        assert invitation.revoked_at is None


class TestComingAgain:
    @pytest.fixture
    def invitation(self, room, alice):
        return Invitation.create(room, alice, max_uses=1)

    def uses(self, invitation) -> int:
        invitation.refresh_from_db()
        return invitation.uses

    def test_who_came_by_a_link_and_left_comes_again_by_it_and_counts_once(
        self, room, bob, charlie, invitation, sign_in
    ):
        invitation.accept(bob)
        room.leave(bob)
        client = sign_in(bob)
        assert "Enter the room" in client.get(link(invitation)).content.decode()
        assert client.post(link(invitation)).url == reverse("room", args=[room.slug])
        assert self.uses(invitation) == 1
        assert sign_in(charlie).post(link(invitation)).status_code == 410

    def test_it_leaves_the_place_of_others_free(self, room, alice, bob, charlie):
        invitation = Invitation.create(room, alice, max_uses=2)
        for _ in range(3):
            invitation.accept(bob)
            room.leave(bob)
        invitation.accept(charlie)
        assert self.uses(invitation) == 2

    def test_not_by_one_that_was_revoked(self, room, alice, bob, invitation):
        invitation.accept(bob)
        room.leave(bob)
        invitation.revoke(alice)
        with pytest.raises(NotAllowed):
            invitation.accept(bob)
        assert room.membership_of(bob) is None

    def test_not_when_one_was_shown_out(self, room, alice, bob, invitation):
        invitation.accept(bob)
        room.remove_member(alice, bob)
        with pytest.raises(NotAllowed):
            invitation.accept(bob)
        assert room.membership_of(bob) is None


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_let_in_up_to_the_last_place(room, alice, new_user):
    invitation, start = Invitation.create(room, alice, max_uses=3), threading.Barrier(8)
    people = [new_user(f"comer{number}") for number in range(4)] * 2

    def come(person) -> bool:
        try:
            start.wait(30)
            Invitation.objects.get(pk=invitation.pk).accept(person)
            return True
        except NotAllowed:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(people)) as threads:
        let_in = list(threads.map(come, people))
    invitation.refresh_from_db()
    assert invitation.uses == 3 == invitation.admissions.count()
    assert room.memberships.count() == 4
    assert let_in.count(True) == 6, "Whoever is in by then is let through once more"
