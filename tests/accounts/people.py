"""The small language of these tests."""

from urllib.parse import urlsplit

PASSWORD = "Correct-horse7"


def sign_in(browser, login, password=PASSWORD, **extra):
    return browser.post("/accounts/login/", {"login": login, "password": password}, **extra)


def set_out(browser, way: str, **form) -> str:
    """Press the button of another service; where the browser is sent."""
    page = browser.post(f"/accounts/{way}/login/", form)
    assert page.status_code == 200, page
    return page.headers["Refresh"].removeprefix("0; url=")


def way_back(answer) -> str:
    """The path to which that service sends the browser back."""
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    assert back.netloc == "testserver"
    return f"{back.path}?{back.query}"


def is_mona(person) -> None:
    """The one whom that service knows, with an address that it has checked, and no password."""
    told = (person.name, person.email, person.has_usable_password())
    assert told == ("Mona Lisa", "mona@example.org", False)
    assert person.emailaddress_set.get().verified


def prove_it(browser):
    """Type the password once more, as is asked before what concerns the account's safety."""
    return browser.post("/accounts/reauthenticate/", {"password": PASSWORD})


def who(browser) -> str | None:
    """The username that the site knows this browser by."""
    answer = browser.get("/accounts/profile/")
    return answer.context["user"].username if answer.status_code == 200 else None


def closed(told, user) -> list:
    """Which sessions of `user` had their sockets closed; None stands for all of them."""
    orders = [order for group, order in told if group == f"user.{user.pk}"]
    return [
        order["session"] for order in orders if isinstance(order, dict) and order["do"] == "close"
    ]
