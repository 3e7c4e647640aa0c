"""The project as a whole: its settings, its migrations, its files."""

import re
import secrets
import subprocess
import sys

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from tests.server import ROOT, manage, plain_environment

TEMPLATES = list((ROOT / "templates").rglob("*.html"))


# Settings ---------------------------------------------------------------------------------------


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    return plain_environment(tmp_path)


PRODUCTION = {
    "SITE_URL": "https://chat.example.org",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "TRUSTED_PROXIES": "1",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def test_check_deploy_finds_nothing_in_production(environment):
    manage(environment | PRODUCTION, "check", "--deploy", "--fail-level", "DEBUG")


def test_the_site_s_address_alone_makes_it_https(environment):
    code = (
        "from django.conf import settings as s; "
        "print(s.ALLOWED_HOSTS, s.ALLOWED_ORIGINS, s.SESSION_COOKIE_SECURE, s.DEBUG)"
    )
    said = manage(environment | PRODUCTION, "shell", "--no-imports", "-c", code)
    assert said.strip() == "['chat.example.org'] ['https://chat.example.org'] True False"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SITE_URL": "chat.example.org"}, "it must look like https://chat.example.org"),
        ({"GITHUB_CLIENT_ID": "only half"}, "GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET belong"),
        ({"EMAIL_VERIFICATION": "perhaps"}, "must be mandatory, optional or none"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(environment, wrong, sentence):
    command = [sys.executable, "-m", "chatsite.serve"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment | wrong, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/login/", "/nowhere/"])
def test_pages_ask_a_browser_for_nothing_that_they_do_not_use(client, path):
    policy = client.get(path)["Permissions-Policy"].split(", ")
    used = {feature.removesuffix("=(self)") for feature in policy if feature.endswith("=(self)")}
    talking = {"autoplay", "camera", "microphone", "fullscreen", "picture-in-picture"}
    assert used == talking | {"clipboard-write"}
    assert {"geolocation=()", "display-capture=()", "payment=()", "usb=()"} < set(policy)
    assert all(feature.endswith(("=(self)", "=()")) for feature in policy)


# Database and files ----------------------------------------------------------------------


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_what_pages_link_to_is_there():
    linked = {
        (path.relative_to(ROOT), name)
        for path in TEMPLATES
        for name in re.findall(r"""{% static ['"]([^'"]+)['"]""", path.read_text())
    }
    assert linked
    assert [link for link in linked if not finders.find(link[1])] == []


def test_no_page_has_script_or_style_of_its_own():
    """The Content-Security-Policy would not let it run."""
    inline = re.compile(
        r"<style|<script(?![^>]*\bsrc=)(?![^>]*type=.application/json)|\sstyle=|\son[a-z]+="
    )
    found = [path.relative_to(ROOT) for path in TEMPLATES if inline.search(path.read_text())]
    assert found == []


@pytest.mark.parametrize("module", ["chat.protocol", "chat.markup", "accounts.names"])
def test_what_works_on_text_knows_no_models(module):
    code = f"import sys, {module}; print([m for m in sys.modules if m.endswith('.models')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
