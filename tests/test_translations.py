"""The Chinese is whole: nothing new in the sources waits for it, and nothing in it is loose.

When this fails after words have changed, collect them and write the Chinese that is missing:
manage.py makemessages -l zh_Hans --add-location file --ignore .venv --ignore var --ignore tests \
    --ignore bench
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import allauth
import polib
import pytest
from django.conf import settings
from django.utils.translation import gettext, override

SOURCES = ["accounts", "chat", "chatsite", "locale", "manage.py", "static", "templates"]
CATALOGUE = Path("locale/zh_Hans/LC_MESSAGES/django.po")
BORROWED = Path("locale/allauth/zh_Hans/LC_MESSAGES/django.po")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}|</?\w[^>]*>")
HAN = r"[\u4e00-\u9fff]"


@pytest.fixture(scope="module")
def chinese() -> polib.POFile:
    return polib.pofile(str(settings.BASE_DIR / CATALOGUE))


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> polib.POFile:
    """The catalogue as makemessages leaves it in a copy of the sources."""
    copy = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        source = settings.BASE_DIR / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
    environment = {
        "DJANGO_SETTINGS_MODULE": "chatsite.settings",
        "SECRET_KEY": "collecting",
        "DATA_DIR": str(copy),
    }
    command = [sys.executable, "manage.py", "makemessages", "--locale=zh_Hans", "--verbosity=0"]
    subprocess.run(command, cwd=copy, env=os.environ | environment, check=True)
    return polib.pofile(str(copy / CATALOGUE))


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) or [entry.msgstr]


def identity(entry: polib.POEntry) -> tuple:
    return entry.msgctxt, entry.msgid, entry.msgid_plural


def loose(catalogue: polib.POFile) -> list[str]:
    """What is not, or not surely, said in Chinese."""
    return [entry.msgid for entry in catalogue if not entry.translated() or entry.obsolete]


def test_every_word_of_the_sources_is_said_in_chinese(chinese, collected):
    assert loose(collected) == []
    assert {identity(entry) for entry in collected} == {identity(entry) for entry in chinese}


def test_nothing_is_loose(chinese):
    assert loose(chinese) == []
    assert chinese.metadata["Language"] == "zh_Hans"
    assert chinese.metadata["Content-Type"] == "text/plain; charset=UTF-8"
    assert chinese.metadata["Plural-Forms"] == "nplurals=1; plural=0;"


@pytest.mark.parametrize("catalogue", [CATALOGUE, BORROWED])
def test_placeholders_agree(catalogue):
    """The one form of the Chinese has what the plural of the English has."""
    differing = [
        (entry.msgid, text)
        for entry in polib.pofile(str(settings.BASE_DIR / catalogue))
        for text in texts(entry)
        if set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        != set(PLACEHOLDER.findall(text))
    ]
    assert differing == []


@pytest.mark.parametrize("catalogue", [CATALOGUE, BORROWED])
def test_msgfmt_finds_no_fault(catalogue):
    command = ["msgfmt", "--check", "--output-file=/dev/null", catalogue]
    subprocess.run(command, cwd=settings.BASE_DIR, check=True)


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_what_allauth_is_given_to_say_it_still_says(language):
    theirs = Path(allauth.__file__).parent / "locale/zh_Hans/LC_MESSAGES/django.po"
    ours = settings.BASE_DIR / "locale/allauth" / language / "LC_MESSAGES/django.po"
    known = {entry.msgid for entry in polib.pofile(str(theirs)) if not entry.obsolete}
    assert {entry.msgid for entry in polib.pofile(str(ours))} - known == set()


def test_letters_of_allauth_are_in_the_words_of_the_site():
    with override("zh-hans"):
        assert gettext("Email Address") == "邮箱地址"
        assert gettext("Your password has been changed.") == "你的密码已修改。"
    with override("en"):
        assert gettext("Password Changed") == "Password changed"


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("an exclamation mark", r"[!！]"),
        ("Latin punctuation after Chinese", rf"{HAN}[,.;?]"),
        ("straight quotes", rf"{HAN}[\"']|[\"']{HAN}"),
        ("no space between Chinese and Latin", rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}"),
    ],
)
def test_the_chinese_is_well_set(chinese, fault, pattern):
    # A placeholder may be filled with Chinese; formats of dates are not prose.
    faulty = [
        text
        for entry in chinese
        for text in texts(entry)
        if not entry.msgctxt and re.search(pattern, PLACEHOLDER.sub("", text))
    ]
    assert faulty == [], fault


def test_the_words_in_the_stylesheet_are_said_in_both_languages():
    css = (settings.BASE_DIR / "static/css/room/words.css").read_text()
    english, chinese = (set(re.findall(r"--word-\w+", block)) for block in css.split(":lang(zh)"))
    assert english == chinese
