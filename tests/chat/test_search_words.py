"""The words that a text is found by, what a search asks for, and the excerpts; all without a
database."""

from datetime import date

import pytest

from chat.errors import Invalid
from chat.search import excerpts, words
from chat.search.query import parse

FOUND_BY = [
    ("The Parties at boxes", {"the", "party", "at", "box"}),
    ("glass bus is tennis", {"glass", "bus", "is", "tennis"}),
    ("movies movie", {"movy"}),
    ("snake_case foo.py don't", {"snake", "case", "foo", "py", "don", "t"}),
    ("Café Ünlü ЙОД", {"cafe", "unlu", "иод"}),
    ("Cafe\u0301 na\u0131ve", {"cafe", "naıve"}),
    ("ＡＢＣ１２ ⑴⑵", {"abc12", "12"}),
    ("茶", {"茶"}),
    ("喝茶，好", {"喝", "茶", "喝茶", "好"}),
    ("東京へ", {"東", "京", "へ", "東京", "京へ"}),
    ("ｶﾞｽ ガス か\u3099", {"ガ", "ス", "ガス", "が"}),
    ("한국", {"한", "국", "한국"}),
    ("iPhone15很好", {"iphone15", "很", "好", "很好"}),
    ("हिन्दी में", {"हिन्दी", "में"}),
    ("🎉 done 👍🏽", {"🎉", "done", "👍", "🏽", "👍🏽"}),
    ("a" * 60, {"a" * words.LONGEST}),
    ("… — !?", set()),
]


@pytest.mark.parametrize(("text", "terms"), FOUND_BY)
def test_a_text_is_found_by_its_words(text, terms):
    assert words.terms(text) == terms


def test_no_term_holds_what_separates_terms():
    for code in range(0x20, 0x30000):
        if not 0xD800 <= code < 0xE000:
            for term in words.terms(f"a{chr(code)}b {chr(code)}"):
                assert not set(term) & set(" \t\n\"'\\#@+~()")


def test_operators_are_taken_from_the_words():
    asked = parse('tea "at five" From:Alice in:"The garden" has:file before:2026-03 after:2025')
    assert asked.phrases == [("tea",), ("at", "five")]
    assert (asked.authors, asked.rooms, asked.has_file) == (["Alice"], ["The garden"], True)
    assert (asked.since, asked.until) == (date(2025, 1, 1), date(2026, 3, 1))


def test_wide_colons_and_quotation_marks_do_as_well():
    asked = parse("“喝茶” from：小林 after：2026/3/5")
    assert (asked.phrases, asked.terms) == ([("喝", "茶")], {"喝茶"})
    assert (asked.authors, asked.since) == (["小林"], date(2026, 3, 5))


def test_the_narrowest_of_two_dates_holds():
    asked = parse("after:2025 after:2026 before:2030 before:2029")
    assert (asked.since, asked.until) == (date(2026, 1, 1), date(2029, 1, 1))


def test_other_words_with_a_colon_are_words():
    assert parse("https://example.org re:tea").phrases == [
        ("http",), ("example",), ("org",), ("re",), ("tea",)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["before:soon", "after:2026-13", "after:2026-02-30", "before:0000", "has:sense", "?!", '""'],
)
def test_what_makes_no_sense_is_said(text):
    with pytest.raises(Invalid):
        parse(text)


def test_no_date_is_too_far_for_a_time_zone():
    assert parse("after:0001-01-01 before:9999-12-31")


def drawn(parts) -> str:
    return "".join(f"[{part.text}]" if part.is_marked else part.text for part in parts)


MARKED = [
    ("Tea and teas", "tea", "[Tea] and [teas]"),
    ("我们喝茶吧", "喝茶", "我们[喝茶]吧"),
    ("北京的大学, 北京大学", "北京大学", "北京的大学, [北京大学]"),
    ("茶茶茶", "茶", "[茶][茶][茶]"),
    ("at five, at five o'clock", '"at five"', "[at five], [at five] o'clock"),
    ("five at five", "five at", "[five] [at] [five]"),
    ("Café CAFE", "cafe", "[Café] [CAFE]"),
    ("Nothing of it", "tea", "Nothing of it"),
]


@pytest.mark.parametrize(("text", "asked", "shown"), MARKED)
def test_what_was_found_is_marked(text, asked, shown):
    assert drawn(excerpts.excerpt(text, parse(asked).phrases)) == shown


def test_a_long_text_is_cut_around_the_first_that_was_found():
    text = "lorem ipsum " * 100 + "the kettle " + "dolor sit " * 100
    shown = drawn(excerpts.excerpt(text, [("kettle",)]))
    assert shown.startswith("…ipsum") or shown.startswith("…lorem")
    assert "the [kettle] dolor" in shown
    assert shown.endswith(("sit…", "dolor…"))
    assert len(shown) < excerpts.LENGTH + 5


def test_a_text_without_spaces_is_cut_as_well():
    text = "很" * 1000 + "茶" + "好" * 1000
    shown = drawn(excerpts.excerpt(text, [("茶",)]))
    assert "很[茶]好" in shown
    assert len(shown) < excerpts.LENGTH + 5
    word = "x" * 5000
    assert len(drawn(excerpts.excerpt(word, []))) < excerpts.LENGTH + 5
