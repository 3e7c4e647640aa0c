import pytest
from django.test import RequestFactory

from accounts.addresses import client_ip


@pytest.mark.parametrize(
    ("proxies", "forwarded", "ip"),
    [
        (0, "6.6.6.6", "10.0.0.1"),  # nobody is trusted
        (1, "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        (2, "6.6.6.6, 192.0.2.1, 10.0.0.9", "192.0.2.1"),
        (1, "192.0.2.1:5060", "192.0.2.1"),
        (1, "[2001:DB8::1]:443", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (2, "192.0.2.1", "10.0.0.1"),  # fewer than there should be
        (1, "unknown", "10.0.0.1"),
        (1, "'; drop table", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_the_client_is_who_the_trusted_proxies_say(settings, proxies, forwarded, ip):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory(REMOTE_ADDR="10.0.0.1").get(
        "/", headers={"X-Forwarded-For": forwarded}
    )
    assert client_ip(request) == ip


def test_behind_a_unix_socket_it_is_this_machine(settings):
    assert client_ip(RequestFactory(REMOTE_ADDR="").get("/")) == "127.0.0.1"
