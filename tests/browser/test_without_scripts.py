from playwright.sync_api import expect


def test_a_room_can_be_read_and_written_in_without_javascript(new_person, cookies, alice, room):
    alice.sends("Before you came")
    alice.sees("Before you came")
    plain = new_person(java_script_enabled=False, storage_state=cookies("bob"))
    plain.visit(room)
    expect(plain.last).to_be_visible()
    plain.composer.fill("By a **plain** form")
    plain.page.locator(".send").click()
    plain.sees("By a plain form")
    expect(alice.sees("By a plain form").locator("strong")).to_have_text("plain")
