"""Names behind an @: whose they are, where they end, and who may call everybody at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import limits, markup
from chat.errors import NotFound
from chat.models import Mention, Notice, Room
from tests.sockets import client_of, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tomasz(new_user, room):
    person = new_user("tomasz", display_name="Tomasz Wójcik")
    room.admit(person)
    return person


@pytest.fixture
def lin(new_user, room):
    person = new_user("linyue", display_name="林月")
    room.admit(person)
    return person


def named(message) -> list[str]:
    return sorted(one.user.name if one.user else "everybody" for one in message.mentions.all())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("hello @bob", ["bob"]),
        ("@BOB, and @bob again.", ["bob"]),
        ("@Tomasz Wójcik reads", ["Tomasz Wójcik"]),
        ("@tomasz reads", ["Tomasz Wójcik"]),  # as he signs in
        ("@林月你好", ["林月"]),
        ("你好@林月", ["林月"]),
        ("（@bob）**@linyue**", ["bob", "林月"]),
        ("@bob by the way", ["bob"]),
        ("me@bob", []),
        ("https://example.org/@bob", []),
        ("@bobby", []),
        ("@b ob", []),
        ("@charlie", []),  # who is no member
        ("`@bob`", []),
        ("```\n@bob\n```", []),
        ("[@bob](https://example.org)", []),
        ("@", []),
    ],
)
def test_a_name_behind_an_at_means_a_member(room, alice, bob, charlie, tomasz, lin, text, names):
    assert named(room.post(alice, text)) == names


def test_a_mention_is_a_link_with_the_name_that_is_shown(room, alice, tomasz):
    html = room.post(alice, "hello @tomasz").html
    link = f'<a class="mention" href="/people/{tomasz.pk}/" data-person="{tomasz.pk}" data-card>'
    assert html == f"<p>hello {link}@Tomasz Wójcik</a></p>"
    assert markup.excerpt(html) == "hello @Tomasz Wójcik"


def test_a_hostile_name_is_text(room, alice, new_user):
    room.admit(new_user("eve", display_name="<b>&\"x' data-everyone"))
    message = room.post(alice, "@eve and @<b>&\"x' data-everyone")
    assert message.html.count("@&lt;b&gt;&amp;&quot;x&#x27; data-everyone</a>") == 2
    assert named(message) == ["<b>&\"x' data-everyone"]


def test_nobody_forges_a_mention(room, alice, bob):
    forged = f'<a class="mention" href="/people/{bob.pk}/" data-person="{bob.pk}" data-card>bob</a>'
    texts = [forged, f"`{forged}`", f"[x](https://a.b '{forged}')", f"\ufdd2{bob.pk}\ufdd3 @alice"]
    for text in texts:
        message = room.post(alice, text)
        assert str(bob.pk) not in map(str, markup.mentioned(message.html))


def test_everybody_is_called_with_one_row_and_by_who_moderates_only(room, alice, bob):
    assert named(room.post(alice, "@room tea")) == ["everybody"]
    assert named(room.post(alice, "@所有人 喝茶")) == ["everybody"]
    assert named(room.post(bob, "@room tea")) == []
    assert Mention.objects.count() == 2


@pytest.mark.parametrize(
    ("callers", "calls"), [("everyone", [True, True]), ("nobody", [False, False])]
)
def test_a_room_sets_who_may_call_everybody(room, alice, bob, callers, calls):
    as_it_was = Room.objects.get(pk=room.pk)
    fields = {"name": room.name, "topic": "", "kind": room.kind, "guests_allowed": False}
    room.edit(alice, callers=callers, **fields)
    posts = [as_it_was.post(person, "@room tea") for person in (alice, bob)]
    assert [named(message) == ["everybody"] for message in posts] == calls


def test_a_room_that_is_no_more_calls_nobody(room, alice):
    as_it_was = Room.objects.get(pk=room.pk)
    room.delete()
    with pytest.raises(NotFound):
        as_it_was.post(alice, "@room tea")


def test_an_edit_changes_who_is_mentioned(room, alice, bob, lin):
    message = room.post(alice, "@bob")
    message.edit(alice, "@林月")
    assert named(message) == ["林月"]
    message.edit(alice, "@bob @林月")
    assert named(message) == ["bob", "林月"]
    message.remove(alice)
    assert named(message) == []


def test_a_forwarded_mention_means_nobody_in_the_other_room(room, alice, bob):
    other = Room.create(alice, "Elsewhere")
    other.admit(bob)
    assert named(room.post(alice, "@bob").forward(alice, other, knowingly=True)) == []


def test_what_has_no_at_costs_no_query_for_it(room, alice, bob):
    def queries(text: str) -> int:
        with (
            limits.lifted(),
            CaptureQueriesContext(
                connection,
            ) as asked,
        ):
            room.post(alice, text)
        return len(asked)

    queries("warm")
    plain = queries("hello")
    # Who that is, and the row; how far it is worth counting; whom to tell, and their mark.
    assert queries("hello @bob") == plain + 5
    assert queries("50 @ 2") == plain


async def test_the_frame_names_the_mentioned(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob)
    await hers.ask("send_message", **post(room, "@bob @room"))
    assert (await his.receive("new_message"))["message"]["mentions"] == [0, bob.pk]


def test_the_sidebar_counts_what_is_unread(room, alice, bob, lin):
    first = room.post(alice, "@bob")
    room.post(alice, "@room")
    room.post(alice, "@林月")

    def count(person) -> int:
        return next(one for one in Room.objects.sidebar_for(person)).mentions_unread

    assert (count(bob), count(lin), count(alice)) == (2, 2, 0)
    room.membership_of(bob).read_up_to(first.pk)
    assert count(bob) == 1


def test_calling_everybody_notes_only_those_who_can_be_reached(
    room, alice, bob, lin, device_of, work
):
    device = device_of(bob)
    room.post(alice, "@room tea")
    work(seconds=5)
    assert [(one.user, one.reason) for one in Notice.objects.all()] == [
        (bob, Notice.Reason.MENTION)
    ]
    assert device.browser.notices[0]["body"] == "@room tea"


def test_members_are_found_by_their_names(room, bob, charlie, tomasz, lin):
    def found(words: str, by=bob) -> list[str]:
        answer = client_of(by).get(f"/rooms/{room.slug}/members/names/", {"q": words})
        return [one["name"] for one in answer.json()["people"]]

    assert found("wój") == found("tomas") == ["Tomasz Wójcik"]
    assert found("林") == ["林月"]
    assert found("charlie") == []
    assert client_of(charlie).get(f"/rooms/{room.slug}/members/names/").status_code == 404


def test_calling_everybody_in_an_old_message_keeps_the_newer_calls(open_room, alice, bob):
    old = open_room.post(alice, "Nothing yet")
    open_room.post(alice, "@room look")
    open_room.membership_of(bob).read_up_to(old.pk)
    old.edit(alice, "@room nothing yet")
    assert next(one for one in Room.objects.sidebar_for(bob)).mentions_unread == 1
