"""What filters find in a text, and what they leave alone."""

import pytest

from chat.errors import Invalid
from chat.markup import render
from chat.sieve import LINE_LENGTH, MOST_LINES, Said, Sieve

CAUGHT = [
    ("words", "casino", "The Casino is open"),
    ("words", "casino", "ＣＡＳＩＮＯ"),
    ("words", "casino", "cas\u200bi\u00adno, my friend"),
    ("words", "casino", "cas\u200di\ufe0fno"),
    ("words", "casino", "сasinо"),  # the first and the last letter are Cyrillic
    ("words", "casino", "cásïno"),
    ("words", "casino", "c\u20ddas\u1ab0ino"),
    ("words", "casino", "cas`in`o"),
    ("words", "casino", "c&#97;sino casino"),
    ("words", "казино", "Лучшее КАЗИНО!"),
    ("words", "straße", "STRASSE"),
    ("words", "buy  now", "Buy\nnow"),
    ("words", "casino*", "casinos everywhere"),
    ("words", "*sino", "casino"),
    ("words", "c++", "I like c++."),
    ("words", "one\ntwo", "it takes two"),
    ("words", "赌场", "欢迎来到新赌场玩"),
    ("words", "カジノ", "新しいカジノへ"),
    ("words", "casino", "去casino玩"),
    ("words", "카지노", "카지노에서"),
    ("hosts", "evil.org", "see evil.org."),
    ("hosts", "evil.org", "[nice](https://EVIL.org/path?q=1)"),
    ("hosts", "evil.org", "https://www.deep.evil.org:8080/"),
    ("hosts", "evil.org", "[x](https://%65vil.org/)"),
    ("hosts", "evil.org", "https://good.org@evil.org/"),
    ("hosts", "evil.org", "[x](https:///%65vil.org/)"),
    ("hosts", "evil.org", "[x](https://℀@%65vil.org:80/)"),
    ("hosts", "evil.org", "请看evil.org吧"),
    ("hosts", "evil.org", "evil。org"),
    ("hosts", "https://evil.org/some/page", "evil.org"),
    ("hosts", "*.evil.org", "evil.org"),
    ("hosts", "bücher.example", "https://xn--bcher-kva.example/"),
    ("hosts", "xn--bcher-kva.example", "http://bücher.example"),
    ("patterns", r"\b\d{4}-\d{4}\b", "call 1234-5678"),
    ("patterns", "free (money|gifts)", "FREE gi\u200bfts"),
    ("patterns", "加(我|微信)", "请加微信"),
]

LEFT_ALONE = [
    ("words", "casino", "casinos"),
    ("words", "ass", "A class of its own"),
    ("words", "bum", "burn"),
    ("words", "赌场", "赌博的场所"),
    ("words", "buy now", "buy it now"),
    ("hosts", "evil.org", "notevil.org evil.organic evil.org.uk my-evil.org"),
    ("hosts", "evil.org", "evilxorg"),
    ("patterns", r"^\d+$", "12 of them"),
]


def said(body: str) -> Said:
    return Said.of(body, render(body))


@pytest.mark.parametrize(("kind", "terms", "body"), CAUGHT)
def test_it_is_found_however_it_is_written(kind, terms, body):
    assert Sieve(kind, terms).catches(said(body))


@pytest.mark.parametrize(("kind", "terms", "body"), LEFT_ALONE)
def test_what_only_looks_a_little_like_it_is_left_alone(kind, terms, body):
    assert not Sieve(kind, terms).catches(said(body))


def test_it_knows_where_it_found_it_as_it_was_typed():
    sieve, text = Sieve("words", "straße\nб"), Said("Die STRASSE, б, die ＳＴＲＡ\u200bＳＳＥ")
    found = [text.text[start:end] for start, end in sieve.spans(text)]
    assert found == ["STRASSE", "б", "ＳＴＲＡ\u200bＳＳＥ"]


def test_words_side_by_side_are_all_found():
    sieve = Sieve("words", "no")
    assert len(sieve.spans(Said("no no no"))) == 3


@pytest.mark.parametrize(
    ("kind", "terms", "named"),
    [
        ("words", " \n ", ""),
        ("words", "\u200b", "\u200b"),
        ("words", "x" * (LINE_LENGTH + 1), str(LINE_LENGTH)),
        ("words", "\n".join(["x"] * (MOST_LINES + 1)), str(MOST_LINES)),
        ("hosts", "https://", "https://"),
        ("hosts", "two words", "two words"),
        ("hosts", "http://[", "http://["),
        ("patterns", "fine\n(", "“(”"),
        ("patterns", "(?=x)", "(?=x)"),
        ("patterns", r"(a)\1", "(a)"),
        ("patterns", "a*", "a*"),
        ("patterns", r"(\pL+\s*){50}!", ""),
        ("patterns", r"((((x{30}){30}){30}){30})", ""),
    ],
)
def test_what_cannot_be_looked_for_is_refused_with_its_line(kind, terms, named):
    with pytest.raises(Invalid) as refusal:
        Sieve(kind, terms)
    assert named in str(refusal.value.message)


@pytest.mark.parametrize("terms", ["(a+)+$", "(a|a)*b", "(.*)(.*)(.*)(.*)x", "[ab]*a[ab]{400}c"])
def test_patterns_that_hang_others_are_quick(terms):
    """By `re` the first of these would not end while this site lives."""
    sieve = Sieve("patterns", terms)
    assert not sieve.catches(Said("a" * 10_000 + "!"))
