"""Pages that say what went wrong and what to do, in the style of the site."""

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.views.defaults import server_error

from chat.models import Room

STYLE = "css/site."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "words", "action"),
    [
        ("/nowhere/", 404, "There is nothing here", 'href="/rooms/"'),
        ("/rooms/?after=x", 400, "could not be read", 'href="/"'),
    ],
)
def test_it_says_what_happened_and_has_one_way_on(client, alice, address, status, words, action):
    client.force_login(alice)
    response = client.get(address)
    text = response.content.decode()
    assert response.status_code == status
    assert words in text
    assert action in text
    assert STYLE in text


@pytest.mark.django_db
def test_a_form_that_was_open_too_long_says_so(client):
    client.handler.enforce_csrf_checks = True
    response = client.post("/accounts/login/", {"login": "alice"})
    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()


def test_a_fault_of_ours_is_told_without_asking_the_database():
    # Without the mark django_db any query raises.
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()


def test_every_error_page_stands_without_a_request():
    for name in ("400", "403", "403_csrf", "404", "500", "offline"):
        assert STYLE in render_to_string(f"{name}.html")


@pytest.mark.django_db
def test_the_offline_page_and_its_keeper(client):
    assert "You are offline" in client.get("/offline/").content.decode()
    keeper = client.get("/service-worker.js")
    assert keeper.headers["Content-Type"].startswith("text/javascript")
    assert '"/offline/"' in keeper.content.decode()


@pytest.mark.django_db
def test_pages_carry_no_inline_script_or_style(client):
    text = client.get("/").content.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert text.count("<script") == text.count('<script type="module" src=')


@pytest.mark.django_db
def test_a_refusal_is_a_line_in_the_log(client, alice, bob, caplog):
    Room.create(bob, "Kitchen").admit(alice)
    client.force_login(alice)
    assert client.get("/rooms/kitchen/edit/").status_code == 403
    [line] = [record for record in caplog.records if record.name == "django.request"]
    assert line.getMessage() == "Forbidden (Permission denied): /rooms/kitchen/edit/"
    assert line.exc_info is None


def test_a_foreign_host_is_a_line_in_the_log(client, caplog):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    [line] = [record for record in caplog.records if record.name.startswith("django.security")]
    assert "evil.example" in line.getMessage()
    assert line.exc_info is None
