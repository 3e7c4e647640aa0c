"""The watch reads who may be where, and before it has drawn its conclusions somebody moves."""

import pytest

from chat import watch
from chat.threads import in_thread
from tests.sockets import post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def after_reading(monkeypatch):
    """after_reading(do): whenever the watch has read from the database, `do` happens first."""

    def after_reading(do):
        async def in_thread_and_do(function, *args):
            found = await in_thread(function, *args)
            if function is watch.Watch._access:
                await do()
            return found

        monkeypatch.setattr(watch, "in_thread", in_thread_and_do)

    return after_reading


async def test_who_walks_in_meanwhile_is_in(
    tab_of, says, alice, charlie, open_room, after_reading, monkeypatch
):
    tab, hers = await tab_of(charlie), await tab_of(alice, open_room)

    async def walk_in():
        with monkeypatch.context() as patch:
            # What is told of it to their other tabs may come later, or not at all.
            patch.setattr("chat.broadcasts.publish", lambda *_, **__: None)
            assert (await tab.ask("join_room", room=open_room.slug))["type"] == "ack"

    after_reading(walk_in)
    await watch.running_watch().check_access()
    await says(alice, open_room, "Hello")
    await tab.receive("new_message")
    await hers.send("typing_start", room=open_room.slug)
    await tab.receive("typing_indicator_update")


async def test_who_is_removed_meanwhile_is_out(tab_of, alice, bob, room, after_reading):
    his, hers = await tab_of(bob, room), await tab_of(alice, room)

    async def remove():
        await in_thread(room.remove_member, alice, bob)
        await his.receive("removed_from_room")

    after_reading(remove)
    await watch.running_watch().check_access()
    await hers.ask("send_message", **post(room, "Not for bob"))
    await hers.receive("new_message")
    await his.nothing("new_message")
