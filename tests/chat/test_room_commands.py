"""Rooms are kept in order from the command line, and open browsers see it at once."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from chat import hub, limits
from chat.models import Membership, Room
from chat.threads import in_thread
from tests.commands import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea(alice, bob):
    """A public room, alice's, with bob in it."""
    with limits.lifted():
        tea = Room.create(alice, "Tea house", topic="Sit down")
    tea.admit(bob)
    return tea


def roles(room) -> dict[str, str]:
    return dict(room.memberships.values_list("user__username", "role"))


class TestEveryCommand:
    """What the shared base does, shown with one of them."""

    @pytest.mark.parametrize("name", ["tea-house", "Tea house", "TEA HOUSE", "/rooms/tea-house/"])
    def test_finds_the_room_by_address_or_name(self, tea, name):
        run("renameroom", name, "Garden", "--by", "alice")
        tea.refresh_from_db()
        assert tea.name == "Garden"

    def test_asks_which_when_several_rooms_bear_the_name(self, alice):
        with limits.lifted():
            one, two = (Room.create(alice, "Attic", kind="private") for _ in range(2))
        with pytest.raises(CommandError) as refusal:
            run("renameroom", "Attic", "Loft", "--by", "alice")
        assert one.slug in str(refusal.value)
        assert two.slug in str(refusal.value)

    def test_says_when_there_is_no_such_room_or_person(self, tea):
        with pytest.raises(CommandError, match="There is no room “coffee”"):
            run("renameroom", "coffee", "x", "--by", "alice")
        with pytest.raises(CommandError, match="There is nobody with the username “nobody”"):
            run("renameroom", "tea-house", "x", "--by", "nobody")

    def test_is_refused_to_who_may_not(self, tea, bob):
        with pytest.raises(CommandError, match="may not"):
            run("renameroom", "tea-house", "Mine", "--by", "bob")

    def test_is_done_by_the_first_superuser_unless_somebody_is_named(self, tea, new_user):
        with pytest.raises(CommandError, match="Somebody has to do it"):
            run("archiveroom", "tea-house")
        new_user("root", is_superuser=True)
        run("archiveroom", "tea-house")
        tea.refresh_from_db()
        assert tea.archived_at

    def test_changes_nothing_in_a_dry_run(self, tea):
        out = run("renameroom", "tea-house", "Garden", "--by", "alice", "--dry-run")
        assert "would" in out
        tea.refresh_from_db()
        assert tea.name == "Tea house"

    def test_teaches_with_examples(self, capsys):
        for command in ("rooms", "createroom", "renameroom", "archiveroom", "roommembers"):
            with pytest.raises(SystemExit):
                call_command(command, "--help")
            assert f"examples:\n  manage.py {command}" in capsys.readouterr().out

    def test_says_that_it_was_interrupted(self, tea, monkeypatch):
        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr("chat.management.commands.archiveroom.room", interrupted)
        errors = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("archiveroom", "tea-house", "--by", "alice", stderr=errors)
        assert ended.value.code == 130
        assert "run it again" in errors.getvalue()


class TestRenaming:
    def test_keeps_what_is_not_named(self, tea):
        run("renameroom", "tea-house", "Garden", "--by", "alice")
        tea.refresh_from_db()
        assert (tea.name, tea.slug, tea.topic) == ("Garden", "tea-house", "Sit down")
        run("renameroom", "tea-house", "Garden", "--topic", "", "--by", "alice")
        tea.refresh_from_db()
        assert tea.topic == ""

    def test_to_a_name_that_is_taken_is_refused(self, tea, alice):
        with limits.lifted():
            Room.create(alice, "Garden")
        with pytest.raises(CommandError, match="already a room called"):
            run("renameroom", "tea-house", "garden", "--by", "alice")

    @pytest.mark.django_db(transaction=True)
    async def test_is_seen_in_open_browsers(self, tea, bob, tab_of):
        tab = await tab_of(bob, tea)
        await in_thread(run, "renameroom", "tea-house", "Garden", "--by", "alice")
        frame = await tab.receive("room_changed", room="tea-house")
        assert frame["about"]["name"] == "Garden"


class TestArchiving:
    def test_several_at_once_and_opening_them_again(self, tea, alice):
        with limits.lifted():
            loft = Room.create(alice, "Loft")
        loft.archive(alice)
        done = json.loads(run("archiveroom", "tea-house", "loft", "--by", "alice", "--json"))
        assert [one["changed"] for one in done["rooms"]] == [True, False]
        assert "is open now" in run("unarchiveroom", "tea-house", "--by", "alice")
        assert set(Room.objects.filter(archived_at=None)) == {tea}

    @pytest.mark.django_db(transaction=True)
    async def test_is_seen_in_open_browsers(self, tea, bob, tab_of):
        tab = await tab_of(bob, tea)
        await in_thread(run, "archiveroom", "tea-house", "--by", "alice")
        assert (await tab.receive("room_changed"))["about"]["archived"]


class TestMembers:
    def test_are_listed(self, tea):
        assert "alice" in run("roommembers", "tea-house")
        listed = json.loads(run("roommembers", "tea-house", "--json"))["members"]
        assert [(one["username"], one["role"]) for one in listed] == [
            ("alice", "owner"),
            ("bob", "member"),
        ]

    def test_are_brought_in_and_shown_out(self, tea, charlie):
        command = ("roommembers", "tea-house", "--by", "alice")
        out = run(*command, "--add", "charlie", "bob", "--role", "moderator")
        assert out == "charlie: added as moderator\nbob: moderator now, was member\n"
        assert "is moderator already" in run(*command, "--add", "charlie")
        run(*command, "--remove", "bob")
        assert roles(tea) == {"alice": "owner", "charlie": "moderator"}
        tea.refresh_from_db()
        assert tea.members_count == 2

    def test_come_from_a_csv(self, tea, charlie, new_user, tmp_path):
        new_user("dora")
        path = tmp_path / "team.csv"
        path.write_text(
            "username,role\n\ncharlie@example.org, Moderator\ndora\nbob,remove\n", "utf-8-sig"
        )
        command = ("roommembers", "tea-house", "--by", "alice", "--csv", str(path))
        assert "charlie@example.org: added" in run(*command, "--dry-run")
        assert roles(tea) == {"alice": "owner", "bob": "member"}
        run(*command)
        assert roles(tea) == {"alice": "owner", "charlie": "moderator", "dora": "member"}
        done = json.loads(run(*command, "--json"))
        outcomes = [one["outcome"] for one in done["people"]]
        assert outcomes == ["is moderator already", "is member already", "is not a member"]

    def test_who_cannot_be_helped_do_not_keep_the_others_out(self, tea, charlie, guest):
        out = StringIO()
        command = ("roommembers", "tea-house", "--add", "ghost", guest.username, "charlie")
        with pytest.raises(SystemExit) as ended:
            call_command(*command, "--by", "alice", stdout=out)
        assert ended.value.code == 1
        assert "ghost: refused" in out.getvalue()
        assert "does not take guests" in out.getvalue()
        assert tea.membership_of(charlie)

    def test_always_have_an_owner(self, tea, new_user):
        new_user("root", is_superuser=True)
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("roommembers", "tea-house", "--remove=alice", stdout=out)
        assert "A room needs an owner" in out.getvalue()
        assert roles(tea)["alice"] == Membership.Role.OWNER

    @pytest.mark.parametrize(
        ("text", "words"), [("bob,king\n", "no role “king”"), (None, "cannot be read")]
    )
    def test_do_not_come_from_a_file_that_makes_no_sense(self, tea, tmp_path, text, words):
        path = tmp_path / "team.csv"
        if text:
            path.write_text(text)
        with pytest.raises(CommandError, match=words):
            run("roommembers", "tea-house", "--csv", str(path), "--by", "alice")

    @pytest.mark.django_db(transaction=True)
    async def test_see_the_room_come_and_go(self, tea, charlie, tab_of):
        tab = await tab_of(charlie)
        command = ("roommembers", "tea-house", "--by", "alice")
        await in_thread(run, *command, "--add", "charlie")
        await tab.receive("added_to_room", room="tea-house")
        await in_thread(run, *command, "--remove", "charlie")
        await tab.receive("removed_from_room", room="tea-house")


class TestWithoutRedis:
    """A command is a process of its own: it tells the server by way of the queue."""

    def test_what_is_told_waits_for_the_servers_workers(self, tea, settings):
        settings.REDIS_URL = ""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hub, "_hub", None)
            with hub.by_way_of_the_queue():
                hub.publish("room.1", text="{}", revision=3)
        task = DBTaskResult.objects.get(task_path="chat.tasks.pass_on")
        message = {"type": "hub.frame", "group": "room.1", "text": "{}", "revision": 3}
        assert task.args_kwargs["args"] == ["room.1", message]

    @pytest.mark.django_db(transaction=True)
    async def test_the_worker_passes_it_on(self, tea, bob, tab_of, settings, work, monkeypatch):
        settings.REDIS_URL = ""
        tab = await tab_of(bob, tea)
        monkeypatch.setattr(hub, "pass_on", lambda *_: False)  # as in a command's own process
        await in_thread(run, "renameroom", "tea-house", "Garden", "--by", "alice")
        await tab.nothing("room_changed")
        monkeypatch.undo()
        await in_thread(work)
        assert (await tab.receive("room_changed"))["about"]["name"] == "Garden"
