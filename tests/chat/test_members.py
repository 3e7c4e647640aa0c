"""The list of a room's members, and what those who run the room may do there."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from chat import presence
from chat.models import Membership, Room

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def room(alice):
    return Room.create(alice, "Kitchen", guests_allowed=True)


def page(room: Room, name: str = "members", *args) -> str:
    return reverse(name, args=[room.slug, *args])


def names(response) -> list[str]:
    return [membership.user.name for membership in response.context["members"]]


def role_of(person, room) -> str | None:
    membership = room.membership_of(person)
    return membership and membership.role


def admit_many(room, count: int, User) -> None:
    people = User.objects.bulk_create(
        User(username=f"p{n}", display_name=f"Person {n}", name_key=f"p{n}", name_look=f"p{n}")
        for n in range(count)
    )
    Membership.objects.bulk_create(Membership(room=room, user=person) for person in people)


class TestList:
    def test_those_who_run_the_room_come_first(self, room, alice, bob, charlie, sign_in):
        room.admit(charlie)
        room.admit(bob, Role.MODERATOR)
        assert names(sign_in(charlie).get(page(room))) == [alice.name, bob.name, charlie.name]

    def test_every_member_is_on_exactly_one_page(self, room, alice, sign_in, django_user_model):
        admit_many(room, 120, django_user_model)
        seen, cursor = [], ""
        while cursor is not None:
            response = sign_in(alice).get(page(room), {"after": cursor})
            seen += names(response)
            cursor = response.context["next"]
        assert seen == [alice.name] + [f"Person {n}" for n in range(120)]

    def test_search_by_name(self, room, alice, bob, sign_in):
        room.admit(bob)
        client = sign_in(alice)
        assert names(client.get(page(room), {"q": bob.name.upper()})) == [bob.name]
        assert "Nobody of that name" in client.get(page(room), {"q": "zz"}).content.decode()

    def test_who_is_here_is_marked(self, room, alice, bob, sign_in):
        room.admit(bob)
        client = sign_in(alice)
        assert "Here now" not in client.get(page(room)).content.decode()
        presence.enter((room.pk, bob.pk, "a-tab"))
        assert "Here now" in client.get(page(room)).content.decode()

    @pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30])
    def test_a_cursor_that_is_none_is_refused(self, room, alice, sign_in, cursor):
        assert sign_in(alice).get(page(room), {"after": cursor}).status_code == 400

    def test_a_page_of_many_members_takes_few_questions(
        self, room, alice, sign_in, django_user_model, django_assert_max_num_queries
    ):
        admit_many(room, 1000, django_user_model)
        client = sign_in(alice)
        with django_assert_max_num_queries(8):
            client.get(page(room))

    def test_members_see_no_buttons_for_what_they_may_not(self, room, bob, charlie, sign_in):
        room.admit(bob)
        room.admit(charlie)
        text = sign_in(charlie).get(page(room)).content.decode()
        assert "/remove/" not in text
        assert "/role/" not in text

    def test_who_moderates_the_site_sees_what_they_may(self, room, bob, charlie, sign_in):
        room.admit(bob)
        charlie.user_permissions.add(Permission.objects.get(codename="moderate_room"))
        button = page(room, "remove_member", bob.pk)
        assert button in sign_in(charlie).get(page(room)).content.decode()
        sign_in(charlie).post(button)
        assert role_of(bob, room) is None

    def test_names_stay_text(self, room, alice, bob, sign_in):
        bob.display_name = "<img src=x onerror=alert(1)>"
        bob.save(update_fields=["display_name"])
        room.admit(bob)
        assert "<img src=x" not in sign_in(alice).get(page(room)).content.decode()


class TestRoles:
    def test_an_owner_makes_moderators_and_owners(self, room, alice, bob, sign_in):
        room.admit(bob)
        for role in (Role.MODERATOR, Role.OWNER, Role.MEMBER):
            sign_in(alice).post(page(room, "set_role", bob.pk), {"role": role})
            assert role_of(bob, room) == role

    def test_the_last_owner_stays_owner(self, room, alice, sign_in):
        address = page(room, "set_role", alice.pk)
        response = sign_in(alice).post(address, {"role": "member"}, follow=True)
        assert "A room needs an owner" in response.content.decode()
        assert role_of(alice, room) == Role.OWNER

    def test_a_guest_cannot_run_a_room(self, room, alice, sign_in, django_user_model):
        guest = django_user_model.objects.enter_as_guest("Wanderer")
        room.admit(guest)
        address = page(room, "set_role", guest.pk)
        response = sign_in(alice).post(address, {"role": "owner"}, follow=True)
        assert "A guest cannot run a room" in response.content.decode()
        assert role_of(guest, room) == Role.MEMBER

    @pytest.mark.parametrize("role", ["", "king", "Owner", "owner\0"])
    def test_only_the_roles_that_there_are(self, room, alice, bob, sign_in, role):
        room.admit(bob)
        sign_in(alice).post(page(room, "set_role", bob.pk), {"role": role})
        assert role_of(bob, room) == Role.MEMBER

    @pytest.mark.parametrize("role", [None, Role.MEMBER, Role.MODERATOR])
    def test_nobody_else_gives_roles(self, room, bob, charlie, sign_in, role):
        room.admit(charlie)
        if role:
            room.admit(bob, role)
        address = page(room, "set_role", charlie.pk)
        assert sign_in(bob).post(address, {"role": "owner"}).status_code == 403
        assert role_of(charlie, room) == Role.MEMBER


class TestRemoving:
    def test_a_moderator_shows_a_member_out(self, room, bob, charlie, sign_in):
        room.admit(bob, Role.MODERATOR)
        room.admit(charlie)
        sign_in(bob).post(page(room, "remove_member", charlie.pk))
        assert role_of(charlie, room) is None

    def test_but_not_the_owner(self, room, alice, bob, sign_in):
        room.admit(bob, Role.MODERATOR)
        assert sign_in(bob).post(page(room, "remove_member", alice.pk)).status_code == 403
        assert role_of(alice, room) == Role.OWNER

    @pytest.mark.parametrize("is_member", [True, False])
    def test_members_and_outsiders_may_not(self, room, bob, charlie, sign_in, is_member):
        room.admit(charlie)
        if is_member:
            room.admit(bob)
        assert sign_in(bob).post(page(room, "remove_member", charlie.pk)).status_code == 403
        assert role_of(charlie, room)

    def test_twice_is_not_found(self, room, alice, bob, sign_in):
        room.admit(bob)
        assert sign_in(alice).post(page(room, "remove_member", bob.pk)).status_code == 302
        assert sign_in(alice).post(page(room, "remove_member", bob.pk)).status_code == 404
        room.refresh_from_db()
        assert room.members_count == 1

    def test_signed_out_or_by_get_nothing_happens(self, room, alice, bob, client, sign_in):
        room.admit(bob)
        address = page(room, "remove_member", bob.pk)
        assert client.post(address).url.startswith("/accounts/login/")
        assert sign_in(alice).get(address).status_code == 405
        assert role_of(bob, room)
