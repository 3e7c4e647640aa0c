"""The small language of these tests."""

PASSWORD = "Correct-horse7"


def sign_in(browser, login, password=PASSWORD, **extra):
    return browser.post("/accounts/login/", {"login": login, "password": password}, **extra)


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
