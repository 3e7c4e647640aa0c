from playwright.sync_api import expect

from tests import files

LOFT = """
from accounts.models import User
from chat.models import Room
alice = User.objects.get(username="alice")
room = Room.create(alice, "Loft {n}")
room.admit(User.objects.get(username="charlie"))
if "{kind}" == "private":
    Room.objects.filter(name__startswith="test_").update(kind="private")
"""


def forwards(person, message, to: str) -> None:
    person.does("forward", message)
    person.page.locator("dialog.forward input").fill(to)
    person.page.keyboard.press("Enter")


def test_it_says_who_said_it_and_leads_there(talk, site, charlie):
    alice, bob = talk
    site.shell(LOFT.format(n=1, kind="public"))
    alice.page.reload()
    alice.is_connected()
    bob.sends("Big news")
    alice.sees("Big news")
    forwards(alice, alice.last, "Loft 1")
    expect(alice.page.locator("#status")).to_contain_text("Forwarded to Loft 1")
    charlie.join_room("/rooms/loft-1/")
    forwarded = charlie.sees("Big news").locator(".forwarded")
    expect(forwarded).to_contain_text("bob")
    forwarded.locator("a").last.click()
    expect(charlie.messages("Big news")).to_be_visible()
    assert "around=" in charlie.page.url


def test_out_of_a_private_room_one_is_asked_first(talk, site, charlie):
    alice, bob = talk
    site.shell(LOFT.format(n=2, kind="private"))
    alice.page.reload()
    alice.is_connected()
    bob.sends("Between us")
    alice.sees("Between us")
    forwards(alice, alice.last, "Loft 2")
    dialog = alice.page.locator("dialog.forward")
    expect(dialog).to_contain_text("private room")
    dialog.get_by_role("button", name="Keep it there").click()
    expect(dialog).to_have_count(0)
    forwards(alice, alice.last, "Loft 2")
    dialog.get_by_role("button", name="Forward all the same").click()
    expect(alice.page.locator("#status")).to_contain_text("Forwarded to Loft 2")
    charlie.join_room("/rooms/loft-2/")
    expect(charlie.sees("Between us").locator(".forwarded a")).to_have_count(0)


def test_a_picture_goes_along_and_stays_when_the_first_is_deleted(talk, site, charlie):
    alice, bob = talk
    site.shell(LOFT.format(n=3, kind="public"))
    alice.page.reload()
    alice.is_connected()
    bob.page.set_input_files(
        "#attach", {"name": "hill.png", "mimeType": "image/png", "buffer": files.picture()}
    )
    expect(bob.page.locator(".tray-file.done")).to_have_count(1)
    bob.sends("The hill")
    alice.sees("The hill")
    forwards(alice, alice.last, "Loft 3")
    expect(alice.page.locator("#status")).to_contain_text("Forwarded to Loft 3")
    charlie.join_room("/rooms/loft-3/")
    expect(charlie.sees("The hill").locator("img[width]").last).to_have_js_property(
        "complete", True
    )
    bob.deletes(bob.last)
    charlie.page.reload()
    picture = charlie.sees("The hill").locator(".album img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
