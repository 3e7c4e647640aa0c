"""The pages about notices: one's devices, wishes and the log; nobody else's."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from chat.models import Membership, Notice, NoticeWishes, PushDevice

pytestmark = pytest.mark.django_db(transaction=True)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def his(client_of, bob):
    return client_of(bob)


def subscribe(client, browser, **wrong):
    fields = browser.subscription._asdict() | wrong
    return client.post("/notices/devices/", fields, headers={"User-Agent": FIREFOX})


def test_a_browser_subscribes_by_the_site_s_key_and_unsubscribes(his, bob, push_service):
    assert len(his.get("/notices/devices/").json()["key"]) == 87
    browser = push_service.browser()
    assert subscribe(his, browser).status_code == 204
    device = bob.push_devices.get()
    assert (device.name, device.subscription) == ("Firefox on Linux", browser.subscription)
    assert device.is_signed_in
    subscribe(his, browser)
    assert bob.push_devices.count() == 1
    his.post("/notices/devices/unsubscribe/", {"endpoint": browser.subscription.endpoint})
    assert not bob.push_devices.exists()


def test_what_cannot_be_used_is_refused_in_words(his, push_service):
    answer = subscribe(his, push_service.browser(), auth="")
    assert (answer.status_code, "cannot be used" in answer.content.decode()) == (400, True)


def test_who_signs_out_takes_the_device_along(his, bob, push_service):
    subscribe(his, push_service.browser())
    his.logout()
    assert not bob.push_devices.get().is_signed_in


def test_a_site_without_a_key_says_so(his, settings, tmp_path):
    from chat import push

    settings.PUSH_KEY_FILE = tmp_path / "none.pem"
    push._key.cache_clear()
    push.public_key.cache_clear()
    assert his.get("/notices/devices/").json() == {"key": ""}
    assert "only in pages that are open" in his.get("/notices/").content.decode()


def test_a_device_is_tested_and_removed_by_its_owner_only(
    client_of, alice, his, device_of, bob, work
):
    device = device_of(bob)
    for path in ("test", "remove"):
        stranger = client_of(alice).post(f"/notices/devices/{device.pk}/{path}/")
        assert stranger.status_code == 404
    his.post(f"/notices/devices/{device.pk}/test/")
    work()
    assert len(device.browser.notices) == 1
    his.post(f"/notices/devices/{device.pk}/remove/")
    assert not PushDevice.objects.exists()


def test_wishes_are_kept(his, bob):
    wishes = {"keywords": "tea", "quiet_from": "22:00", "quiet_until": "07:00", "digest": "daily"}
    assert his.post("/notices/", wishes)["Location"] == "/notices/"
    kept = NoticeWishes.objects.get(user=bob)
    assert (kept.keywords, kept.digest) == ("tea", "daily")
    assert (kept.quiet_from, kept.quiet_until) == (time(22), time(7))


def test_quiet_hours_are_by_the_clock_that_the_page_names(his, bob):
    wishes = {"quiet_from": "22:00", "quiet_until": "07:00", "digest": "never"}
    his.cookies["zone"] = "Asia/Tokyo"
    assert "By the clock of Tokyo" in his.get("/notices/").content.decode()
    his.post("/notices/", wishes)
    kept = NoticeWishes.objects.get(user=bob)
    at_night = datetime(2026, 3, 1, 23, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert kept.is_quiet(at_night)
    assert not kept.is_quiet(at_night + timedelta(hours=9))
    # They stay by that clock where the person travels, until they choose one.
    his.cookies["zone"] = "America/New_York"
    assert "By the clock of Tokyo" in his.get("/notices/").content.decode()
    bob.time_zone = "Europe/Berlin"
    bob.save()
    assert "By the clock of Berlin" in his.get("/notices/").content.decode()
    assert not NoticeWishes.objects.get(user=bob).is_quiet(at_night)


@pytest.mark.parametrize(
    "wrong", [{"quiet_from": "22:00"}, {"quiet_from": "25:00"}, {"digest": "hourly"}]
)
def test_wishes_that_make_no_sense_are_not(his, wrong):
    assert his.post("/notices/", {"digest": "never"} | wrong).status_code == 200
    assert not NoticeWishes.objects.exists()


def test_the_level_of_a_room_is_chosen_by_its_members(client_of, his, bob, charlie, room):
    url = f"/rooms/{room.slug}/notices/"
    assert client_of(charlie).post(url, {"level": "nothing"}).status_code == 404
    his.post(url, {"level": "sometimes"})
    assert room.membership_of(bob).level == Membership.Level.MENTIONS
    his.post(url, {"level": "nothing"})
    assert room.membership_of(bob).level == Membership.Level.NOTHING


def test_the_log_is_ones_own_and_has_pages(client_of, his, alice, bob, room, work, monkeypatch):
    from chat.views import notices

    monkeypatch.setattr(notices, "LOG_SIZE", 2)
    for number in range(3):
        room.post(alice, f"@bob {number}")
    work(seconds=5)
    first = his.get("/notices/log/").content.decode()
    assert "@bob 2" in first and "@bob 0" not in first
    assert "none of your devices takes notices" in first
    before = bob.notices.order_by("-pk")[1].pk
    assert "@bob 0" in his.get(f"/notices/log/?before={before}").content.decode()
    assert "Nothing yet" in client_of(alice).get("/notices/log/").content.decode()


def test_what_was_deleted_is_not_in_the_log(his, alice, bob, room, work):
    message = room.post(alice, "@bob, a secret")
    work(seconds=5)
    message.remove(alice)
    assert Notice.objects.filter(user=bob).exists()
    assert "a secret" not in his.get("/notices/log/").content.decode()


def test_who_left_a_room_reads_nothing_of_it_in_the_log(his, alice, bob, room, work):
    room.post(alice, "@bob, a secret")
    work(seconds=5)
    room.leave(bob)
    assert "a secret" not in his.get("/notices/log/").content.decode()


def test_the_pages_are_for_people_who_are_signed_in(client):
    for path in ("/notices/", "/notices/log/", "/notices/devices/", "/later/"):
        assert client.get(path).status_code == 302
