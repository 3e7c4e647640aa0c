"""What the environment says about signing in, as the start of the site takes it."""

import os
import subprocess
import sys

import pytest

SHOW = "import json, chatsite.settings as s; print(json.dumps(s.SOCIALACCOUNT_PROVIDERS))"


def start(tmp_path, **variables):
    prefixes = ("GITHUB_", "GOOGLE_", "OIDC_", "EMAIL_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(prefixes)}
    env = kept | {"SECRET_KEY": "x", "DATA_DIR": str(tmp_path)} | variables
    return subprocess.run([sys.executable, "-c", SHOW], env=env, capture_output=True, text=True)


def test_each_provider_is_switched_on_by_its_variables(tmp_path):
    answer = start(
        tmp_path,
        GITHUB_CLIENT_ID="a",
        GITHUB_CLIENT_SECRET="b",
        GITHUB_URL="https://git.example.org/",
        OIDC_ISSUER_URL="https://sso.example.org",
        OIDC_CLIENT_ID="c",
        OIDC_CLIENT_SECRET="d",
        OIDC_NAME="Our school",
    )
    assert '"GITHUB_URL": "https://git.example.org"' in answer.stdout
    assert '"name": "Our school"' in answer.stdout
    assert "google" not in answer.stdout


def test_without_variables_there_is_none(tmp_path):
    assert start(tmp_path).stdout.strip() == "{}"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"GITHUB_CLIENT_ID": "a"}, "GITHUB_CLIENT_SECRET belong together"),
        ({"OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"}, "OIDC_ISSUER_URL"),
        ({"EMAIL_VERIFICATION": "maybe"}, "EMAIL_VERIFICATION must be"),
    ],
)
def test_half_a_configuration_stops_the_start_with_one_sentence(tmp_path, variables, words):
    answer = start(tmp_path, **variables)
    assert answer.returncode != 0
    assert words in answer.stderr.splitlines()[-1]
