"""What the doctor finds in a site, one thing at a time."""

import os
import socketserver
import threading
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection

from chat import push
from chat.management.doctor import FAILED, OK, WARNING, beyond, examine, inside
from tests.commands import run

pytestmark = pytest.mark.django_db


def states(found) -> list[str]:
    return [one.state for one in found]


class TestDatabase:
    def test_is_in_order(self):
        assert states(inside.database()) == [OK, OK]

    def test_has_a_log_that_nobody_can_change(self):
        triggers = import_module("chat.migrations.0017_moderation")
        with connection.cursor() as cursor:
            for statement in triggers.FREE[connection.vendor]:
                cursor.execute(statement)
        assert "log of decisions could be changed" in [*inside.database()][-1].words

    def test_may_be_what_is_wrong(self):
        def ask():
            yield from inside.database()
            raise ConnectionError("gone")

        found = examine("database", ask)
        assert states(found) == [OK, OK, FAILED]
        assert found[-1].words == "gone"


class TestBackups:
    @pytest.fixture(autouse=True)
    def folder(self, settings, tmp_path):
        settings.BACKUP_DIR = tmp_path / "backups"
        return settings.BACKUP_DIR

    def test_are_missed_where_there_are_none(self):
        assert states(inside.backup(trial=False)) == [WARNING]

    def test_are_told_by_their_age(self, folder):
        run("backup")
        (found,) = inside.backup(trial=False)
        assert (found.state, "is 0 hours old" in found.words) == (OK, True)

    def test_that_are_old_are_warned_of(self, folder, monkeypatch):
        monkeypatch.setattr(inside, "OLD", timedelta(0))
        run("backup")
        assert states(inside.backup(trial=False)) == [WARNING]

    def test_that_are_damaged_are_found_out_by_a_trial(self, folder):
        run("backup")
        (path,) = folder.iterdir()
        data = bytearray(path.read_bytes())
        data[len(data) // 4] ^= 1
        path.write_bytes(data)
        assert states(inside.backup(trial=True)) == [FAILED]


class MailServer(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            self.wfile.write(b"221 bye\r\n" if line[:4] == b"quit" else b"250 fine\r\n")


class TestMail:
    def test_is_asked_for_without_sending_a_letter(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
            assert states(beyond.mail()) == [OK]
            server.shutdown()
        (found,) = beyond.mail()
        assert (found.state, "does not take letters" in found.words) == (FAILED, True)

    def test_that_goes_to_the_console_helps_nobody(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        assert states(beyond.mail()) == [WARNING]


class Proxy(socketserver.StreamRequestHandler):
    """Knows nothing of sockets."""

    status = 404

    def handle(self):
        while self.rfile.readline().strip():
            pass
        head = f"HTTP/1.1 {self.status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.wfile.write(head.encode())


@pytest.mark.parametrize(
    ("status", "advice"), [(403, "another SITE_URL"), (404, "Upgrade"), (502, "upstream")]
)
def test_a_proxy_that_opens_no_socket_is_found_out(settings, monkeypatch, status, advice):
    monkeypatch.setattr(Proxy, "status", status)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.SITE_URL = f"http://127.0.0.1:{server.server_address[1]}"
        (found,) = beyond.socket()
        server.shutdown()
    assert (found.state, advice in found.advice) == (FAILED, True)
    assert f"HTTP {status}" in found.words


class TestPush:
    @pytest.fixture(autouse=True)
    def fresh_key(self, settings, tmp_path):
        settings.PUSH_KEY_FILE = tmp_path / "push.pem"
        for known in (push._key, push.public_key):
            known.cache_clear()
        yield
        for known in (push._key, push.public_key):
            known.cache_clear()

    def test_needs_a_key(self):
        assert states(beyond.web_push()) == [WARNING]

    def test_needs_a_key_that_others_cannot_read(self, settings):
        push.make_key()
        assert states(beyond.web_push()) == [OK]
        settings.PUSH_KEY_FILE.chmod(0o644)
        assert states(beyond.web_push()) == [WARNING]


def test_files_are_stored_and_read(settings):
    assert states(inside.files()) == [OK]
    left = [name for _, _, names in os.walk(settings.MEDIA_ROOT) for name in names]
    assert left == []


def test_a_storage_that_takes_nothing_is_found_out(settings, tmp_path):
    (tmp_path / "media").write_text("a file where a folder should be")
    assert states(examine("files", inside.files)) == [FAILED]


def test_a_full_disk_is_told_of_in_time(monkeypatch):
    monkeypatch.setattr(inside, "LITTLE", 0)
    assert (inside.room_on(Path("/")).state, inside.room_on(Path("/")).advice) == (OK, "")
    monkeypatch.setattr(inside, "LITTLE", 10**18)
    assert inside.room_on(Path("/")).state == WARNING
    assert "Give it more" in inside.room_on(Path("/")).advice
    monkeypatch.setattr(inside, "NEXT_TO_NOTHING", 10**18)
    assert inside.room_on(Path("/")).state == FAILED
