"""Reaching out to addresses that people wrote, and to nothing else."""

import gzip
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from chat import outside
from chat.fetching import Unavailable, address, fetch
from tests.linked_pages import page
from tests.loopback import Loopback

HTML = ("text/html",)
MOST = 100_000


@pytest.fixture
def resolver(monkeypatch):
    """resolver(name, first, second, ...): what the name has for addresses, each time it is asked;
    gives the list of the names asked for."""
    real, asked, answers = socket.getaddrinfo, [], {}

    def getaddrinfo(host, port, *args, **kwargs):
        if host not in answers:
            return real(host, port, *args, **kwargs)
        asked.append(host)
        found = answers[host].pop(0)
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    def resolver(name: str, *times: list[str]) -> list[str]:
        answers[name] = list(times)
        return asked

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return resolver


# Where it goes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "169.254.169.254",  # where clouds tell their machines secrets
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.88.99.1",
        "2130706433",  # 127.0.0.1 in the ways of old
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[::ffff:93.184.216.34]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::a00:1]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[100::1]",
        "localhost",
    ],
)
def test_what_is_not_of_the_public_internet_is_refused(host):
    with pytest.raises(Unavailable):
        fetch(f"http://{host}/", HTML, MOST)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "https://example.org:22/",
        "http://example.org:443/",
        "http://example.org:8080/",
        "https://me:secret@example.org/",
        "https://me@example.org/",
        "https://example.org@127.0.0.1/",
        "http://[::1/",
        "http:///",
        "https://" + "a" * 3000,
        "http://a\u0000b/",
        "example.org",
    ],
)
def test_what_is_not_an_address_of_the_web_is_not_fetched(url):
    assert address(url) is None


def test_an_address_is_compared_in_one_form(settings):
    assert address("HTTPS://Example.ORG/Päth?q=ü#part") == "https://example.org/P%C3%A4th?q=%C3%BC"
    assert address("https://bücher.example/") == "https://xn--bcher-kva.example/"
    assert address(f"{settings.ALLOWED_ORIGINS[0]}/rooms/den/") is None


def test_loopback_only_when_a_test_says_so(linked, settings):
    url = linked.says("/", page())
    assert fetch(url, HTML, MOST).data == page()
    settings.REACHES_LOOPBACK = False
    with pytest.raises(Unavailable):
        fetch(url.replace("127.0.0.1", "localhost"), HTML, MOST)
    assert linked.asked == ["/"]


def test_one_private_address_among_public_ones_is_enough_to_refuse(resolver):
    asked = resolver("both.example", ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(Unavailable, match="public internet"):
        fetch("http://both.example/", HTML, MOST)
    assert asked == ["both.example"]


def test_a_name_is_asked_for_once_and_the_connection_goes_there(linked, resolver):
    linked.says("/", page())
    port = linked.server.server_port
    asked = resolver("turns.example", ["127.0.0.1"], ["10.0.0.1"])
    with outside.Session() as session:
        assert session.get(f"http://turns.example:{port}/").status_code == 200
        assert asked == ["turns.example"]
        # A connection of its own for the next request, and so a look of its own.
        with pytest.raises(outside.NotPublic):
            session.get(f"http://turns.example:{port}/")
    assert linked.asked == ["/"]


def test_the_name_stays_in_the_request_though_the_address_is_fixed(linked, resolver):
    resolver("named.example", ["127.0.0.1"])
    with outside.Session() as session:
        answer = session.get(f"http://named.example:{linked.server.server_port}/")
        assert answer.request.url.startswith("http://named.example")


@pytest.mark.parametrize(
    "target",
    ["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd",
     "http://me:secret@example.org/", "https://example.org:22/", "//[::1", "http://[::1]/"],
)  # fmt: skip
def test_each_redirection_is_looked_at_anew(linked, target):
    url = linked.says("/", status=302, Location=target)
    with pytest.raises(Unavailable):
        fetch(url, HTML, MOST)


def test_redirections_are_followed_but_not_for_ever(linked):
    linked.says("/end", page())
    assert fetch(linked.says("/", status=301, Location="/end"), HTML, MOST).url.endswith("/end")
    linked.says("/round", status=307, Location="/round")
    with pytest.raises(Unavailable, match="too often"):
        fetch(linked.url + "/round", HTML, MOST)
    assert linked.asked.count("/round") == 5


# What it takes ----------------------------------------------------------------------------------


def test_only_so_much_is_taken(linked):
    assert len(fetch(linked.says("/", b"x" * 3_000_000), HTML, MOST).data) == MOST


def test_a_bomb_is_opened_only_so_far(linked):
    bomb = gzip.compress(b"x" * 30_000_000)
    assert len(bomb) < MOST
    fetched = fetch(linked.says("/", bomb, Content_Encoding="gzip"), HTML, MOST)
    assert len(fetched.data) == MOST


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "application/pdf"},
        {"Content_Type": ""},
        {"Content_Encoding": "br"},
        {"Content_Encoding": "gzip"},  # which it is not
        {"status": 500},
        {"status": 204},
    ],
)
def test_what_is_something_else_is_not_taken(linked, headers):
    with pytest.raises(Unavailable):
        fetch(linked.says("/", page(), **headers), HTML, MOST)


START = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


class Dripping(Loopback):
    """It says `first`, then one byte after the other until they leave; at most 60."""

    def __init__(self, first: bytes):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.wfile.write(first)
                with suppress(OSError):
                    for _ in range(60):
                        self.wfile.write(b"x")
                        has_left.wait(0.05)

            def log_message(self, *_):
                pass

        has_left = threading.Event()
        self.serve(Handler)


@pytest.mark.parametrize(
    "first",
    [b"", START, START + b"\r\n", START + b"Content-Length: 5000\r\n\r\n"],
    ids=["status", "headers", "body", "body of a known length"],
)
def test_a_server_that_drips_is_left(monkeypatch, settings, first):
    monkeypatch.setattr(outside, "DEADLINE", 0.3)
    settings.REACHES_LOOPBACK = True
    with Dripping(first) as server, pytest.raises(Unavailable):
        fetch(server.url, HTML, MOST)


def test_the_deadline_is_one_for_all_redirections(monkeypatch, linked):
    monkeypatch.setattr(outside, "DEADLINE", 0.3)
    with Dripping(START + b"\r\n") as slow, outside.Session() as session:
        assert session.get(slow.url).raw.read() != b""
        with pytest.raises(TimeoutError):
            session.get(linked.url)
    assert linked.asked == []


def test_a_name_that_nobody_answers_for_is_left(monkeypatch):
    monkeypatch.setattr(outside, "DEADLINE", 0.3)
    test_is_over, given_up = threading.Event(), []

    def silent(*_, **__):
        given_up.append(not test_is_over.wait(5))
        raise OSError("Nobody knows")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with pytest.raises(Unavailable):
        fetch("https://silent.example/", HTML, MOST)
    assert given_up == []
    test_is_over.set()


def test_nobody_there(linked):
    linked.server.server_close()
    with pytest.raises(Unavailable):
        fetch(linked.url, HTML, MOST)
