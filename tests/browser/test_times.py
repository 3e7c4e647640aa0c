"""Times as the reader's clock has them, and the separators of days."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def in_tokyo(new_person):
    """Somebody whose browser says London, and whose profile says Tokyo."""
    person = new_person(timezone_id="Europe/London")
    person.register(f"tokyo-{datetime.now().timestamp():.0f}")
    person.visit("/accounts/profile/")
    person.page.select_option("[name=time_zone]", "Asia/Tokyo")
    person.page.locator(".settings-body form .primary").first.click()
    expect(person.page.locator(".notice")).to_be_visible()
    return person


def test_the_zone_of_ones_profile_counts(alice, room, in_tokyo):
    alice.sends("What time is it")
    in_tokyo.join_room(room)
    time = in_tokyo.sees("What time is it").locator("time")
    written = datetime.fromisoformat(time.get_attribute("datetime"))
    expect(time).to_have_text(written.astimezone(TOKYO).strftime("%H:%M"))


def test_a_card_says_what_time_it_is_there(alice, room, in_tokyo):
    in_tokyo.join_room(room)
    in_tokyo.sends("Good morning")
    before = datetime.now(TOKYO)
    alice.sees("Good morning").locator(".who").click()
    fact = alice.page.locator("#card .fact").first
    expect(fact).to_contain_text("Tokyo")
    times = {moment.strftime("%H:%M there") for moment in (before, datetime.now(TOKYO))}
    assert any(time in fact.inner_text() for time in times)


def test_a_day_is_named_once(alice, room):
    for text in ("The first word", "The second"):
        alice.sends(text)
        alice.sees(text)
        alice.has_sent_everything()
        expect(alice.page.locator(".day")).to_have_text(["today"])
