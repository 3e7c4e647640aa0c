import pytest

from chat.models import Room
from tests.accounts.people import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(browser, alice):
    sign_in(browser, "alice")
    return browser


def save(browser, **fields):
    form = {"display_name": "", "about": "", "language": "", "time_zone": "", "theme": "system"}
    return browser.post("/accounts/profile/", form | fields)


def test_what_one_says_about_oneself(signed_in, alice):
    answer = save(
        signed_in,
        display_name="Alice Wong",
        about="I write\ncompilers",
        language="zh-hans",
        time_zone="Asia/Shanghai",
        theme="dark",
    )
    assert answer.status_code == 302
    alice.refresh_from_db()
    assert (alice.name, alice.language, alice.time_zone, alice.theme) == (
        "Alice Wong",
        "zh-hans",
        "Asia/Shanghai",
        "dark",
    )
    assert alice.about.split() == ["I", "write", "compilers"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", "admin"),
        ("display_name", "Вob"),
        ("display_name", "bob"),
        ("display_name", "..."),
        ("display_name", "x" * 61),
        ("about", "x" * 301),
        ("language", "tlh"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("theme", "neon"),
    ],
)
def test_what_will_not_do_is_said_beside_the_field(signed_in, alice, bob, field, value):
    answer = save(signed_in, **{field: value})
    assert field in answer.context["form"].errors
    alice.refresh_from_db()
    assert (alice.name, alice.about, alice.theme) == ("alice", "", "system")
    assert "alice" in answer.content.decode()


def test_ones_own_name_in_other_letters_is_free(signed_in, alice):
    save(signed_in, display_name="ALICE")
    alice.refresh_from_db()
    assert alice.name == "ALICE"


def test_without_a_display_name_one_is_called_by_the_username(signed_in, alice):
    save(signed_in, display_name="Alice Wong")
    save(signed_in, display_name="")
    alice.refresh_from_db()
    assert alice.name == "alice"


def test_a_new_name_is_told_to_ones_rooms_and_pages_are_made_anew(signed_in, alice, bob, told):
    garden, attic = Room.create(alice, "Garden"), Room.create(bob, "Attic")
    told.clear()
    save(signed_in, display_name="Alice Wong")
    garden.refresh_from_db(), attic.refresh_from_db()
    assert (garden.people_version, attic.people_version) == (1, 0)
    frames = [(group, frame) for group, frame in told if "person_changed" in str(frame)]
    assert [group for group, _ in frames] == [f"room.{garden.pk}"]
    assert "Alice Wong" in frames[0][1]


def test_a_new_picture_too(signed_in, alice, told, picture):
    garden = Room.create(alice, "Garden")
    told.clear()
    alice.take_avatar(picture())
    garden.refresh_from_db()
    assert garden.people_version == 1
    assert any(alice.avatar_url in str(frame) for _, frame in told)


def test_pages_are_made_anew_also_where_one_wrote_and_left(signed_in, alice, bob):
    attic = Room.create(bob, "Attic")
    attic.admit(alice)
    attic.post(alice, "Goodbye")
    attic.leave(alice)
    alice.edit_profile(display_name="Alice Wong")
    attic.refresh_from_db()
    assert attic.people_version == 1


def test_what_others_do_not_see_is_told_to_nobody(signed_in, alice, told):
    garden = Room.create(alice, "Garden")
    told.clear()
    save(signed_in, theme="dark", time_zone="Europe/Paris")
    garden.refresh_from_db()
    assert garden.people_version == 0 and told == []


def test_guests_have_a_profile_too(browser, told):
    browser.post("/accounts/guest/", {"nickname": "Zoe"})
    assert save(browser, display_name="Zoé").status_code == 302
    assert "Zoé" in browser.get("/accounts/profile/").content.decode()


def test_one_must_be_signed_in(browser):
    assert browser.get("/accounts/profile/")["Location"].startswith("/accounts/login/")
