"""What a page says of itself, whatever it says."""

import time

import pytest

from chat.headlines import SECONDS, SITE, TEXT, TITLE, read
from tests.linked_pages import page, tag

URL = "https://example.org/tea/"
MANY = 300_000


def headline(head: str, charset: str = "utf-8"):
    return read(f"<head>{head}</head>".encode(), charset, URL)


def test_open_graph_before_the_title_of_the_page():
    said = headline(
        "<title>Tea | Shop</title>"
        + tag("og:title", "Green tea")
        + tag("og:description", "How to brew it")
        + tag("og:site_name", "The tea shop")
        + tag("og:image", "/pot.png")
    )
    assert (said.title, said.text, said.site) == ("Green tea", "How to brew it", "The tea shop")
    assert said.picture == "https://example.org/pot.png"


def test_title_and_description_where_there_is_nothing_else():
    said = headline("<TITLE>Tea &amp; cake</TITLE><META NAME=Description CONTENT='Both'>")
    assert (said.title, said.text, said.site, said.picture) == ("Tea & cake", "Both", "", "")


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("<title>茶</title>".encode("gb18030"), "gb2312"),
        ('<meta charset="gbk"><title>茶</title>'.encode("gbk"), ""),
        ("<title>茶</title>".encode(), ""),
        ("<title>茶</title>".encode(), "no such thing"),
        ("<title>茶</title>".encode(), "punycode"),
        ("\ufeff<title>茶</title>".encode("utf-16-le"), "latin-1"),
    ],
)
def test_in_the_encoding_of_the_page(data, charset):
    assert read(data, charset, URL).title == "茶"


def test_text_is_text():
    said = headline(
        "<title>&lt;script>alert(1)&lt;/script></title>" + tag("og:description", "&lt;b&gt;")
    )
    assert (said.title, said.text) == ("<script>alert(1)</script>", "<b>")


def test_no_controls_no_turned_text_no_lines_and_only_so_much():
    said = headline(f"<title>a\u202eb\x07\n\n c</title>{tag('og:description', 'x' * 5000)}")
    assert said.title == "ab c"
    assert len(said.text) == TEXT and said.text.endswith("…")
    said = headline(tag("og:title", "y" * 5000) + tag("og:site_name", "z" * 5000))
    assert (len(said.title), len(said.site)) == (TITLE, SITE)


def test_what_is_in_the_body_or_in_scripts_is_not_its_title():
    assert read(b"<body><title>No</title>", "", URL).title == ""
    assert headline('<script>"<title>No</title>"</script><title>Yes</title>').title == "Yes"
    assert headline("<!-- <title>No</title> --><title>Yes</title>").title == "Yes"
    assert headline("<title>Yes</title><svg><title>No</title></svg>").title == "Yes"


@pytest.mark.parametrize("picture", ["http://[", "", "   "])
def test_a_picture_that_has_no_address(picture):
    assert headline(tag("og:image", picture)).picture == ""


@pytest.mark.parametrize(
    "start",
    ["<", "<!", "</", "<!--", "<a ", "<meta a ", "<meta a=\"", "<meta a =", "<title></t", "&#",
     "<!DOCTYPE a [<!ENTITY ", "<script><!--<script "],
)  # fmt: skip
def test_a_page_made_to_take_long_is_given_up(start):
    began = time.process_time()
    read((start * (MANY // len(start))).encode(), "", URL)
    assert time.process_time() - began < SECONDS * 5


def test_broken_pages_say_what_they_can():
    assert read(page("Tea")[:-5] + b"\xff\xfe<<<&&&", "", URL).title == "Tea"
    assert read(b"", "", URL).title == ""
    assert read(b"\0" * 1000, "", URL).title == ""
