import pytest

from accounts.names import MARKS_PER_LETTER, clean, is_reserved, likeness


def alike(one: str, other: str) -> bool:
    one, other = likeness(one), likeness(other)
    return one.letters == other.letters or one.look == other.look


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("Ada\u202egnp.exe", "Adagnp.exe"),  # right-to-left override
        ("A\u200bda\x00", "Ada"),  # zero width, NUL
        ("\ud800Ada", "Ada"),  # a lone surrogate
        ("e\u0301mile", "émile"),
        ("\u3164", ""),  # a letter by category, yet blank
        ("a\u2800b", "ab"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("Z" + "\u0335" * 40, "Z" + "\u0335" * MARKS_PER_LETTER),
        ("小\t明", "小 明"),
    ],
)
def test_a_name_is_shown_without_what_cannot_be_seen(typed, shown):
    assert clean(typed) == shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice", "alice"),
        ("Alice", "ＡＬＩＣＥ"),  # full width
        ("Alice", "𝐀𝓵𝕚𝖈𝗲"),  # mathematical letters
        ("Alice", "аlice"),  # Cyrillic а
        ("Alice", "AIice"),  # capital i
        ("Alice", "A1ice"),
        ("Alice", "A|ice"),
        ("Alice", "al_i.c-e"),
        ("Alice", "Al\u200bice"),
        ("Bob", "Вob"),  # Cyrillic В, which is like B only as a capital
        ("Bob", "b0b"),
        ("morn", "mom"),
        ("Straße", "STRASSE"),
        ("口", "ロ"),  # a mouth, and a katakana letter
        ("二", "ニ"),
        ("❤", "❤\ufe0f"),
        ("ada lovelace", "adalovelace"),
    ],
)
def test_names_that_can_be_taken_for_each_other(one, other):
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice", "Alina"),
        ("Mai", "Mal"),
        ("小明", "小红"),
        ("user1", "user2"),
        ("user1", "user11"),
        ("é", "e"),
        ("Иван", "Ivan"),
        ("🦊", "🐻"),
    ],
)
def test_names_that_are_different(one, other):
    assert not alike(one, other)


OURS = "admin ADMIN аdmin Adm1n adrnin r00t s.y.s.t.e.m ＠admin＠ Sy5tem 管理员 管_理_员 系统 guest"


@pytest.mark.parametrize("name", [*OURS.split(), "管 理 员"])
def test_names_that_speak_for_the_site_are_kept(name):
    assert is_reserved(name)


@pytest.mark.parametrize(
    "name", ["Adminton", "Roger", "Rooma", "小管", "Mod1", "Sysop9", "...", ""]
)
def test_other_names_are_free(name):
    assert not is_reserved(name)


@pytest.mark.parametrize("name", ["", "   ", "...", "-_-", "\u200b", "\u3164"])
def test_a_name_of_nothing_is_like_no_other(name):
    assert likeness(name) is None


def test_the_longest_name_still_fits_the_column():
    assert len(likeness("ﷺ" * 60).letters) == 255
