"""Web Push, to a push service on loopback with browsers that decrypt what comes."""

import base64
import stat
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from chat import outside, push
from chat.errors import Invalid
from chat.models import Notice, PushDevice
from tests.sockets import session_of

pytestmark = pytest.mark.django_db

Outcome = Notice.Outcome


@pytest.fixture
def device(device_of, bob):
    return device_of(bob)


@pytest.fixture
def mention(room, alice, work):
    """mention() has alice say something to bob, and it told; the notice."""

    def mention() -> Notice:
        room.post(alice, "@bob, a secret")
        work(seconds=5)
        return Notice.objects.latest("pk")

    return mention


def test_the_browser_reads_what_the_push_service_cannot(device, mention, room):
    notice = mention()
    assert notice.outcome == Outcome.SENT
    assert device.browser.notices == [
        {
            "id": notice.message_id,
            "title": "alice in Den",
            "body": "@bob, a secret",
            "url": f"/rooms/{room.slug}/",
            "tag": room.slug,
        }
    ]
    headers = device.browser.headers[0]
    assert headers["Urgency"] == "high"
    assert headers["Topic"] == f"room{room.pk}"
    assert int(headers["TTL"]) > 0
    assert headers["Authorization"].endswith(f"k={push.public_key()}")


def test_it_is_in_the_language_of_who_is_told(device, bob, mention):
    bob.language = "zh-hans"
    bob.save(update_fields=["language"])
    mention()
    assert device.browser.notices[0]["title"] != "alice in Den"


def test_each_device_is_told(device_of, bob, mention):
    devices = [device_of(bob), device_of(bob, "Safari on iPhone")]
    mention()
    assert [len(device.browser.notices) for device in devices] == [1, 1]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(device, mention, push_service, status):
    push_service.answers = [(status, {})]
    notice = mention()
    assert (notice.outcome, notice.device_name) == (Outcome.GONE, device.name)
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_push_service_that_is_busy_is_asked_again(device, mention, push_service, work, status):
    push_service.answers = [(status, {}), (status, {})]
    notice = mention()
    assert notice.outcome == Outcome.RETRYING
    assert str(status) in notice.detail
    for _ in range(2):
        work(seconds=60)
    notice.refresh_from_db()
    assert (notice.outcome, notice.detail) == (Outcome.SENT, "")
    assert push_service.requests == 3
    assert len(device.browser.notices) == 1


def test_it_is_asked_again_when_it_says(device, mention, push_service):
    push_service.answers = [(429, {"Retry-After": "1800"})]
    mention()
    waits = DBTaskResult.objects.get(status="READY").run_after - timezone.now()
    assert timedelta(minutes=29) < waits < timedelta(minutes=31)


def test_a_push_service_that_is_away_is_asked_again(device, mention, push_service, work):
    push_service.server.shutdown()
    push_service.server.server_close()
    assert mention().outcome == Outcome.RETRYING


def test_after_hours_it_is_given_up(device, mention, push_service, work):
    push_service.answers = [(503, {}), (503, {})]
    notice = mention()
    Notice.objects.update(decided_at=timezone.now() - Notice.TRIED_FOR)
    work(minutes=1)
    notice.refresh_from_db()
    assert notice.outcome == Outcome.FAILED
    assert not DBTaskResult.objects.filter(status="READY").exists()


def test_what_is_refused_is_not_tried_again(device, mention, push_service):
    push_service.answers = [(400, {})]
    notice = mention()
    assert (notice.outcome, notice.detail) == (Outcome.FAILED, "HTTP 400")


def test_it_follows_no_redirect(device, mention, push_service):
    push_service.answers = [(302, {"Location": push_service.url + device.browser.path})]
    assert mention().outcome == Outcome.FAILED
    assert push_service.requests == 1


def test_a_task_that_is_done_twice_tells_once(device, mention, push_service):
    notice = mention()
    Notice.push(device.pk, [notice.pk])
    assert push_service.requests == 1


def test_what_was_read_before_it_is_tried_again_is_not_told(
    device, mention, push_service, room, bob, work
):
    push_service.answers = [(503, {})]
    notice = mention()
    room.membership_of(bob).read_up_to(notice.message_id)
    work(minutes=1)
    notice.refresh_from_db()
    assert notice.outcome == Outcome.READ
    assert push_service.requests == 1


def test_who_signs_out_is_told_no_more(device, bob, mention, push_service):
    Session.objects.get(pk=device.session_key).delete()
    assert mention().outcome == Outcome.SIGNED_OUT
    assert push_service.requests == 0
    assert not PushDevice.objects.exists()


def test_a_new_password_ends_it(device, bob, mention):
    bob.set_password("Another-horse8")
    bob.save()
    assert mention().outcome == Outcome.SIGNED_OUT


def test_a_test_reaches_the_device(device, work):
    Notice.test(device)
    work()
    assert device.browser.notices[0]["tag"] == "test"
    assert Notice.objects.get().outcome == Outcome.SENT


# Subscribing ------------------------------------------------------------------------------------


def test_a_browser_tells_one_person_only(device, alice):
    PushDevice.subscribe(alice, session_of(alice), device.subscription, "The same one")
    assert PushDevice.objects.get().user == alice


def test_the_oldest_of_many_devices_goes(device_of, bob):
    devices = [device_of(bob) for _ in range(PushDevice.MOST + 1)]
    kept = set(bob.push_devices.values_list("pk", flat=True))
    assert kept == {device.pk for device in devices[1:]}


POINT = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
POINT_NOWHERE = base64.urlsafe_b64encode(b"\x04" + b"\x01" * 64).decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "ftp://127.0.0.1/"},
        {"endpoint": "https://"},
        {"endpoint": "https://somebody@push.example.org/"},
        {"endpoint": "https://push.example.org/" + "x" * 1000},
        {"endpoint": "https://push.example.org:port/"},
        {"endpoint": "https://push.example.org/\0"},
        {"endpoint": "https://push.example.org/é"},
        {"p256dh": "short"},
        {"p256dh": "not base64 €"},
        {"p256dh": POINT_NOWHERE},
        {"p256dh": POINT + "!" * 200},
        {"p256dh": POINT + "=" * 200},
        {"p256dh": POINT + "\0"},
        {"auth": "short"},
        {"auth": "A" * 22 + "\n" * 9},
    ],
)
def test_what_cannot_be_used_is_refused(push_service, bob, wrong):
    subscription = push_service.browser().subscription._replace(**wrong)
    with pytest.raises(Invalid):
        PushDevice.subscribe(bob, "session", subscription, "Somewhere")


# Where it may lead ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:93.184.216.34",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_public(address):
    assert not outside.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_addresses_that_are(address):
    assert outside.is_public(address)


def test_nothing_is_sent_to_an_address_within(device, mention, push_service, settings):
    settings.REACHES_LOOPBACK = False
    notice = mention()
    assert (notice.outcome, push_service.requests) == (Outcome.FAILED, 0)
    assert notice.detail == "not public"


def test_a_name_that_cannot_be_is_not_tried_again(push_service):
    subscription = push_service.browser().subscription
    endpoint = f"https://{'a' * 64}.example/"
    with pytest.raises(push.Refused):
        push.send(subscription._replace(endpoint=endpoint), {}, topic="", is_urgent=False)


def test_a_name_that_leads_within_is_refused_when_it_is_used(push_service, settings):
    settings.REACHES_LOOPBACK = False
    with outside.Session() as session, pytest.raises(outside.NotPublic):
        session.post(push_service.url.replace("127.0.0.1", "localhost"))
    assert push_service.requests == 0


# The key ----------------------------------------------------------------------------------------


def test_the_command_makes_a_key_once_that_only_its_owner_reads(settings, tmp_path, capsys):
    settings.PUSH_KEY_FILE = tmp_path / "new.pem"
    push.public_key.cache_clear()
    push._key.cache_clear()
    call_command("pushkeys")
    key = settings.PUSH_KEY_FILE.read_bytes()
    assert stat.S_IMODE(settings.PUSH_KEY_FILE.stat().st_mode) == 0o600
    assert push.public_key() in capsys.readouterr().out
    call_command("pushkeys")
    assert settings.PUSH_KEY_FILE.read_bytes() == key
    assert [path.name for path in tmp_path.glob("*")] == ["new.pem"]


def test_the_key_may_come_from_the_environment(push_service, settings):
    public = push.public_key()
    lines = settings.PUSH_KEY_FILE.read_text().splitlines()
    settings.PUSH_KEY = "".join(lines[1:-1])
    settings.PUSH_KEY_FILE.unlink()
    push._key.cache_clear()
    push.public_key.cache_clear()
    assert push.public_key() == public


def test_a_service_that_is_busy_for_long_is_asked_less_and_less(
    device, mention, push_service, work
):
    """What it says of when to come back must not use up all tries in a minute."""
    push_service.answers = [(429, {"Retry-After": "1"})] * 4
    waits = []
    mention()
    for _ in range(3):
        row = DBTaskResult.objects.get(status="READY")
        waits.append(row.run_after - timezone.now())
        DBTaskResult.objects.filter(pk=row.pk).update(run_after=timezone.now())
        work()
    assert waits[0] < waits[1] < waits[2]
