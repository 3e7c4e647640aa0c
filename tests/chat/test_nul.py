"""A NUL in what people send: PostgreSQL has no place for it, so nothing may pass one on."""

import pytest
from django.conf import settings

from tests.sockets import client_of, post

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = [
    "/search/?q=a%00b&room=%00",
    "/rooms/?q=%00&after=%00",
    "/rooms/?tab=%00",
    "/direct/?q=%00&with=%00",
    "/direct/names/?q=%00",
    "/rooms/garden/members/?q=%00",
    "/rooms/garden/members/names/?q=%00",
    "/rooms/garden/?around=%00",
    "/activity/?before=%00",
    "/rooms/%00/",
    "/files/1/%00",
    "/invite/%00/",
    "/previews/%00.webp",
    "/media/%00.webp",
    "/accounts/oidc/%00/login/",
    "/accounts/oidc/%00/login/callback/",
    "/rooms/garden/moderation/?before=%00",
]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_breaks(open_room, alice, path):
    assert client_of(alice).get(path).status_code in {200, 302, 400, 403, 404}


def test_no_card_breaks(room, alice, bob):
    assert client_of(alice).get(f"/people/{bob.pk}/?card&room=%00").status_code == 200


FORMS = {
    "/notices/devices/": {"endpoint": "https://push.example.org/\0", "p256dh": "\0", "auth": "\0"},
    "/notices/devices/unsubscribe/": {"endpoint": "\0"},
    "/notices/": {"keywords": "te\0a", "digest": "\0"},
    "/rooms/garden/notices/": {"level": "\0"},
    "/rooms/": {"name": "a\0b", "topic": "\0", "kind": "\0"},
    "/rooms/garden/moderation/": {"what": "lock", "words": "\0", "until": "\0"},
    "/rooms/garden/messages/": {"body": "a\0b", "nonce": "\0"},
    "/rooms/garden/files/": {"body": "a\0b"},
    "/rooms/garden/messages/scheduled/": {"body": "a\0b", "due_at": "2999-01-01T00:00"},
    "/accounts/profile/": {"display_name": "a\0b"},
    "/accounts/login/": {"login": "a\0b", "password": "\0"},
    "/accounts/password/reset/": {"email": "a\0b@example.org"},
    "/language/": {"language": "\0"},
}


@pytest.mark.parametrize("path", FORMS)
def test_no_form_breaks(open_room, alice, path):
    assert client_of(alice).post(path, FORMS[path]).status_code in {200, 204, 302, 400, 403, 404}


def test_no_cookie_breaks(client, room):
    client.cookies[settings.SESSION_COOKIE_NAME] = "a\0" * 16
    assert client.get("/").status_code == 200


async def test_no_frame_breaks(tab_of, bob, room):
    his = await tab_of(bob, room)
    ack = await his.ask("send_message", **post(room, "a\0b"))
    assert (await his.ask("edit_message", id=ack["id"], body="b\0c"))["type"] == "ack"
    assert (await his.ask("react", id=ack["id"], emoji="\0", on=True))["code"] == "invalid"
    assert (await his.ask("save_draft", room=room.slug, body="a\0b"))["type"] == "ack"
    assert (await his.ask("join_room", room="\0"))["code"] == "invalid"
    poll = {"choices": ["a\0", "b\0"]}
    assert (await his.ask("send_message", **post(room, "Which?", poll=poll)))["type"] == "ack"
