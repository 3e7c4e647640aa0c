"""What becomes of a message that a filter catches, as its author sees it."""

from playwright.sync_api import expect

FILTER = """
from django.contrib.auth import get_user_model
from chat.models import Filter, Room
from chat.models.trial import Trial
root, _ = get_user_model().objects.get_or_create(
    username="filterer", defaults={{"is_superuser": True, "is_staff": True}}
)
room = Room.objects.get(slug={slug!r})
for action, terms in [("hold", "casino"), ("refuse", "lottery")]:
    said = {{"name": action, "kind": "words", "terms": terms, "action": action}}
    made = Filter.create(root, room=room, reason="spam", note="", **said)
    Trial.of(made, root)
    made.switch(root, True)
"""


def decides(person, path: str, what: str):
    person.visit(f"{path}moderation/")
    person.page.get_by_role("link", name=what).click()
    reason = person.page.get_by_text("Spam or advertising")
    if reason.count():
        reason.click()
    person.page.fill("[name=words]", "Not here, please")
    person.page.locator("main form.ask button").click()
    expect(person.page.get_by_text("Nothing was reported")).to_be_visible()


def test_it_waits_in_its_place_and_comes_or_goes_as_it_is_decided(site, alice, bob):
    path = alice.create_room("Filtered talk")
    slug = path.strip("/").rpartition("/")[2]
    site.shell(FILTER.format(slug=slug))
    bob.join_room(path)
    alice.sends("hello")
    bob.sees("hello")

    bob.sends("the lottery")
    expect(bob.page.locator("#status")).to_contain_text("lottery")
    expect(bob.composer).to_have_value("the lottery")

    bob.sends("the casino")
    waiting = bob.page.locator(".held-message")
    expect(waiting).to_contain_text("Waits for a moderator")
    bob.has_sent_everything()
    bob.join_room(path)  # anew
    expect(waiting).to_contain_text("the casino")
    decides(alice, path, "Let it through…")
    bob.sees("the casino")
    expect(waiting).to_have_count(0)

    bob.sends("a casino again")
    expect(waiting).to_contain_text("Waits for a moderator")
    decides(alice, path, "Refuse it…")
    expect(waiting).to_contain_text("Not here, please")
    waiting.get_by_role("button", name="Write it anew").click()
    expect(bob.composer).to_have_value("a casino again")
    expect(waiting).to_have_count(0)
    bob.composer.fill("")
    alice.join_room(path)
    alice.sees("the casino")
