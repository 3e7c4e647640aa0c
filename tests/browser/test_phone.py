import pytest
from playwright.sync_api import expect

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


@pytest.fixture
def phone(new_person, cookies, room):
    return new_person(**PHONE, storage_state=cookies("bob")).join_room(room)


def test_a_phone_shows_one_pane_and_nothing_is_wider_than_it(phone):
    expect(phone.page.locator("#rooms-pane")).not_to_be_visible()
    expect(phone.page.locator("#people-pane")).not_to_be_visible()
    expect(phone.composer).to_be_in_viewport()
    assert not phone.scrolls_sideways()


@pytest.mark.parametrize("pane", ["rooms", "people"])
def test_the_other_panes_slide_in_and_out(phone, pane):
    phone.page.locator(f".opens-{pane}").tap()
    slid = phone.page.locator(f"#{pane}-pane")
    expect(slid).to_be_visible()
    slid.locator(".closes").tap()
    expect(slid).not_to_be_visible()
    expect(phone.page.locator(f".opens-{pane}")).to_be_focused()


def test_enter_breaks_the_line_and_the_button_sends(phone, alice):
    phone.composer.tap()
    phone.writes("one")
    phone.composer.press("Enter")
    phone.writes("two")
    expect(phone.composer).to_have_value("one\ntwo")
    phone.page.locator(".send").tap()
    assert alice.sees("two").locator(".body").inner_text() == "one\ntwo"
    expect(phone.composer).to_have_value("")


def test_a_finger_finds_what_it_presses(phone):
    buttons = phone.page.locator(".opens-rooms, .opens-people, .writing button").filter(
        visible=True
    )
    phone.composer.fill("A word, so that it can be sent")
    assert buttons.count() >= 5
    for button in buttons.all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44, button.get_attribute("class")


def test_long_lines_and_code_stay_inside(phone, alice):
    alice.sends(
        "word" * 60
        + "\n```\n"
        + "x" * 300
        + "\n```\n| a | b |\n|---|---|\n| "
        + "y" * 90
        + " | z |"
    )
    phone.sees("word")
    assert not phone.scrolls_sideways()
    assert phone.page.locator("#content").evaluate("box => box.scrollWidth <= box.clientWidth")
