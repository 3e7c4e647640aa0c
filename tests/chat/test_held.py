"""What a filter holds back: its author and moderators see it, until one of these decides."""

import pytest
from asgiref.sync import sync_to_async

from chat.errors import Filtered, NotAllowed, NotFound
from chat.models import (
    Attachment,
    Decision,
    Filter,
    Held,
    Membership,
    Message,
    Room,
    Scheduled,
    new_poll,
)
from chat.models.attachment import sweep
from chat.models.trial import Trial
from tests.admin_site import add, choose, list_of, listed, notices, page_of, staff_who_may
from tests.chat.test_later import soon
from tests.chat.test_moderating_race import after_waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unhurried")]


@pytest.fixture
def holding(moderator):
    return switched_on(moderator)


def switched_on(moderator) -> Filter:
    fields = {"kind": "words", "room": None, "reason": "spam", "note": "", "name": "Games"}
    made = Filter.create(moderator, terms="casino", action="hold", **fields)
    Trial.of(made, moderator)
    made.switch(moderator, True)
    return made


@pytest.fixture
def held(holding, open_room, bob) -> Held:
    return open_room.post(bob, "the **casino**")


def has_held(room, person) -> bool:
    return Membership.objects.get(room=room, user=person).has_held


class TestHolding:
    def test_nothing_is_said_and_its_author_sees_that_it_waits(
        self, held, open_room, bob, alice, sign_in
    ):
        room = Room.objects.get(pk=open_room.pk)
        assert (room.revision, room.messages.count(), room.waiting) == (0, 0, 1)
        assert '"has_held": true' in sign_in(bob).get(room.get_absolute_url()).content.decode()
        mine = sign_in(bob).get(f"/rooms/{room.slug}/held/?part").content.decode()
        assert "the <strong>casino</strong>" in mine
        assert "because of “casino”" in mine
        others = sign_in(alice).get(f"/rooms/{room.slug}/held/?part").content.decode()
        assert "casino" not in others
        assert (
            sign_in(alice).post(f"/rooms/{room.slug}/held/{held.pk}/withdraw/").status_code == 404
        )

    def test_sent_twice_it_waits_once(self, holding, open_room, bob):
        nonce = "b01b2c19-25d8-4b8f-bcfd-03bd0214a75e"
        first, second = (open_room.post(bob, "casino", nonce=nonce) for _ in range(2))
        assert first == second
        assert Held.objects.count() == 1

    def test_an_edit_cannot_wait(self, holding, open_room, bob):
        message = open_room.post(bob, "house")
        with pytest.raises(Filtered, match="new message"):
            message.edit(bob, "casino")

    def test_what_is_private_is_not_held(self, holding, room, bob):
        assert isinstance(room.post(bob, "casino"), Message)

    def test_a_scheduled_message_waits_with_its_files(self, holding, open_room, bob, uploaded):
        picture = uploaded(bob, open_room)["id"]
        later = Scheduled.create(open_room, bob, "casino", soon(), attachments=[picture])
        later.send_now()
        assert not Scheduled.objects.exists()
        assert Held.objects.get().attachments.get().pk == picture

    def test_its_pictures_stay_described_as_they_were(self, holding, open_room, bob, uploaded):
        picture = Attachment.objects.get(pk=uploaded(bob, open_room)["id"])
        picture.describe(bob, "My house")
        open_room.post(bob, "casino", attachments=[picture.pk])
        with pytest.raises(NotFound):
            picture.describe(bob, "Nobody sees this before all do")
        picture.refresh_from_db()
        assert picture.description == "My house"

    def test_its_author_can_take_it_back(self, held, open_room, bob, sign_in):
        sign_in(bob).post(f"/rooms/{open_room.slug}/held/{held.pk}/withdraw/")
        assert not Held.objects.exists()
        assert not has_held(open_room, bob)
        assert Room.objects.get(pk=open_room.pk).waiting == 0


class TestDeciding:
    def test_let_through_it_is_a_message_like_any_other(
        self, holding, open_room, bob, moderator, uploaded, listening
    ):
        root = open_room.post(bob, "fine")
        picture = uploaded(bob, open_room)["id"]
        Attachment.objects.update(created_at="2020-01-01T00:00Z")
        poll = new_poll(["yes", "no"])
        more = {"attachments": [picture], "poll": poll, "reply_to": root.pk}
        held = open_room.post(bob, "casino?", **more)
        sweep()  # which takes what nobody will send
        with listening() as told:
            message = held.let_through(moderator)
        assert told.frames
        assert (message.author, message.body, message.reply_to) == (bob, "casino?", root)
        assert (message.nonce, message.revision) == (held.nonce, root.revision + 1)
        assert [file["id"] for file in message.files] == [picture]
        assert [choice["text"] for choice in message.poll["choices"]] == ["yes", "no"]
        assert not Held.objects.exists()
        assert not has_held(open_room, bob)
        decision = Decision.objects.get(kind="passed")
        assert (decision.person, decision.message, decision.by) == (bob, message, moderator)

    def test_a_thread_answer_and_a_forward_stay_what_they_are(
        self, holding, open_room, room, bob, moderator
    ):
        root, origin = open_room.post(bob, "fine"), room.post(bob, "casino")
        answer = open_room.post(bob, "casino", thread=root.pk).let_through(moderator)
        assert answer.thread == root
        forwarded = origin.forward(bob, open_room, knowingly=True).let_through(moderator)
        assert forwarded.forwarded is not None

    def test_refused_its_author_is_told_why_and_keeps_the_text(
        self, held, open_room, bob, moderator, sign_in
    ):
        held.refuse(moderator, reason="spam", words="No advertising here")
        mine = sign_in(bob).get(f"/rooms/{open_room.slug}/held/?part").content.decode()
        assert "did not let this through" in mine
        assert "No advertising here" in mine
        assert 'data-body="the **casino**"' in mine
        assert has_held(open_room, bob)
        assert not Message.objects.exists()
        Held.objects.update(refused_at="2020-01-01T00:00Z")
        Held.forget_old()
        assert not Held.objects.exists()

    @pytest.mark.parametrize("lost", ["banned", "left", "archived", "suspended"])
    def test_who_cannot_write_any_more_is_not_posted_and_it_goes_on_waiting(
        self, held, open_room, bob, alice, moderator, lost
    ):
        match lost:
            case "banned":
                open_room.ban(moderator, bob)
            case "left":
                open_room.leave(bob)
            case "archived":
                open_room.archive(alice)
            case "suspended":
                Decision.suspend(moderator, bob)
        with pytest.raises(NotAllowed, match="goes on waiting"):
            held.let_through(moderator)
        assert Held.objects.waiting().get() == held

    def test_nobody_decides_about_themselves_and_members_about_nothing(
        self, held, bob, charlie, open_room
    ):
        open_room.admit(charlie)
        for person in (bob, charlie):
            for verb in (held.let_through, held.refuse):
                with pytest.raises(NotAllowed):
                    verb(person)

    def test_who_moderates_the_room_decides_on_its_page(self, held, open_room, alice, bob, sign_in):
        page = f"/rooms/{open_room.slug}/moderation/"
        assert "the **casino**" in sign_in(alice).get(page).content.decode()
        assert sign_in(bob).post(f"{page}held/{held.pk}/pass/", {}).status_code == 403
        sign_in(alice).post(f"{page}held/{held.pk}/pass/", {"words": ""})
        assert Message.objects.get().body == "the **casino**"

    def test_who_decides_sees_all_of_it(
        self, holding, open_room, alice, bob, moderator, uploaded, sign_in
    ):
        picture = Attachment.objects.get(pk=uploaded(bob, open_room, name="house.png")["id"])
        picture.describe(bob, "By night")
        text = "casino " * 100 + "[there](https://elsewhere.example)"
        more = {"attachments": [picture.pk], "poll": new_poll(["red & black", "green"])}
        held = open_room.post(bob, text, **more)
        page = sign_in(alice).get(f"/rooms/{open_room.slug}/moderation/").content.decode()
        for said in ("https://elsewhere.example", "house.png", "By night", "red &amp; black"):
            assert said in page
        assert "By night" in sign_in(moderator).get(page_of(held)).content.decode()

    def test_a_room_that_is_merged_brings_it_along(self, held, open_room, alice, bob, root):
        other = Room.create(alice, "Meadow")
        list(open_room.merge_into(root, other, knowingly=True))
        assert has_held(other, bob)
        assert Held.objects.get().let_through(root).room == other


class TestAdmin:
    def test_it_is_in_the_queue_and_let_through_there(self, held, desk, open_room):
        assert listed(desk.get(list_of("held"))) == [held.pk]
        assert "1 held message" in desk.get(list_of("report")).content.decode()
        assert "the <strong>casino</strong>" in desk.get(page_of(held)).content.decode()
        answer = choose(desk, "let_through", held, words="")
        assert notices(answer) == ["1 message posted."]
        assert Message.objects.get().room == open_room

    def test_who_may_only_look_decides_nothing(self, held, sign_in):
        desk = sign_in(staff_who_may("view_held"))
        assert desk.get(page_of(held)).status_code == 200
        choose(desk, "let_through", held, words="")
        choose(desk, "refuse", held, reason="spam")
        assert Held.objects.waiting().get() == held
        assert desk.get(add("held")).status_code == 403

    def test_its_pictures_are_seen_by_who_may_see_it(
        self, holding, open_room, bob, desk, uploaded, sign_in
    ):
        picture = uploaded(bob, open_room)["id"]
        open_room.post(bob, "casino", attachments=[picture])
        look = f"/admin/chat/attachment/{picture}/look/"
        assert desk.get(look).status_code == 200
        assert sign_in(staff_who_may("view_attachment")).get(look).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_who_let_it_through_at_once_one_does(held, open_room, moderator, alice):
    def other():
        try:
            held.let_through(alice)
        except NotAllowed as refusal:
            return str(refusal.message)

    first = Held.objects.get(pk=held.pk)
    said = after_waiting(open_room, other, lambda: first.let_through(moderator))
    assert said == "Somebody decided that already."
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
async def test_the_socket_says_that_it_is_held_and_brings_it_when_it_is_let_through(
    live, tab_of, open_room, bob, moderator
):
    await sync_to_async(switched_on)(moderator)
    his = await tab_of(bob, open_room)
    nonce = "b01b2c19-25d8-4b8f-bcfd-03bd0214a75e"
    ack = await his.ask("send_message", room=open_room.slug, body="casino", nonce=nonce)
    assert ack["held"] is True
    assert "id" not in ack
    held = await Held.objects.aget()
    await sync_to_async(held.let_through)(moderator)
    message = await his.receive("new_message")
    assert message["message"]["nonce"] == nonce
