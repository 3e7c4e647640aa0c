"""What was written in Slack reads the same here."""

import pytest

from chat import markup
from chat.slack import blocks, emoji, mrkdwn


class Names:
    """Ada is known, and one channel."""

    def __init__(self):
        self.unknown = []

    def person(self, slack_id):
        return "@Ada Byron" if slack_id == "U01" else ""

    def link_to(self, slack_id, label):
        return "[#tea](https://chat.example/rooms/tea/)" if slack_id == "C01" else f"#{label}"

    def unknown_emoji(self, name):
        self.unknown.append(name)


TEXTS = [
    ("*bold* _italic_ ~gone~ `code`", "**bold** *italic* ~~gone~~ `code`"),
    ("*_both_*", "**_both_**"),
    ("这是*重点*吗", "这是**重点**吗"),
    ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
    ("a * b, __init__, ~~~", "a * b, \\_\\_init\\_\\_, \\~\\~\\~"),
    ("Hi <@U01>, <@U99|bob> &amp; <@U98>", "Hi @Ada Byron, @bob & @U98"),
    ("<!channel> <!here> <!subteam^S1|@staff>", "@channel @here @staff"),
    ("<!date^139^{date}|yesterday>", "yesterday"),
    ("in <#C01|tea> and <#C02|milk>", "in [#tea](https://chat.example/rooms/tea/) and #milk"),
    ("<https://a.example/?x=1&amp;y=2>", "https://a.example/?x=1&y=2"),
    ("<https://a.example|a.example>", "https://a.example"),
    ("<https://a.example/(b)|see [b]>", "[see \\[b\\]](https://a.example/%28b%29)"),
    ("<https://a.example>, yes", "<https://a.example>, yes"),
    ("<mailto:a@b.example|a@b.example>", "a@b.example"),
    ("<javascript:alert(1)|click>", "click"),
    ("<slack://open|open>", "open"),
    ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
    ("&gt; quoted\nanswer", "> quoted\nanswer"),
    ("&gt;&gt;&gt;all\nof it", "> all\n> of it"),
    ("• one\n    ◦ two\n• three", "- one\n  - two\n- three"),
    (":+1::skin-tone-3: :tada: :thinking_face: :flag-de:", "👍🏼 🎉 🤔 🇩🇪"),
    (":our-logo: at 10:30:45", ":our-logo: at 10:30:45"),
    ("Look:```a *b* &lt;c&gt;\n<https://x.example>```end", "Look:\n```\na *b* <c>\nhttps://x.example\n```\nend"),
    ("`<@U01> *x*`", "`@Ada Byron *x*`"),
    ("[not](a link) # 1", "[not\\](a link) # 1"),
    ("# not a heading", "\\# not a heading"),
    ("C:\\*x*", "C:\\\\**x**"),
]  # fmt: skip


@pytest.mark.parametrize(("slack", "here"), TEXTS, ids=[text for text, _ in TEXTS])
def test_mrkdwn_becomes_markdown(slack, here):
    assert mrkdwn.to_markdown(slack, Names()) == here


@pytest.mark.parametrize(
    ("slack", "html"),
    [
        ("*重点*,_真的_", "<p><strong>重点</strong>,<em>真的</em></p>"),
        ("*a _b_*", "<p><strong>a <em>b</em></strong></p>"),
        ("[x](<https://e.example>) **", "<p>[x](<a"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<p>&lt;script&gt;"),
    ],
)
def test_and_is_shown_as_it_was_meant(slack, html):
    assert markup.render(mrkdwn.to_markdown(slack, Names())).startswith(html)


def test_emoji_of_the_workspace_are_told():
    names = Names()
    mrkdwn.to_markdown(":tada: :partyparrot:", names)
    assert names.unknown == ["partyparrot"]


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("+1", "👍"),
        ("heart", "❤️"),
        ("wave::skin-tone-6", "👋🏿"),
        ("tada::skin-tone-2", "🎉"),
        ("slightly_smiling_face", "🙂"),
        ("man-shrugging", "🤷‍♂️"),
        ("woman-shrugging::skin-tone-4", "🤷🏽‍♀️"),
        ("flag-cn", "🇨🇳"),
        ("our-logo", None),
        ("a" * 5000, None),
        ("", None),
        ("latin_small_letter_a", None),
    ],
)
def test_short_names_of_emoji(name, sign):
    assert emoji.sign_of(name) == sign


def text(words, **style):
    return {"type": "text", "text": words} | ({"style": style} if style else {})


BLOCKS = [
    (
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
            text("A "), text("bold ", bold=True), text("word*"),
            {"type": "user", "user_id": "U01"}]}]},
        "A **bold** word\\*@Ada Byron",
    ),
    (
        {"type": "rich_text", "elements": [
            {"type": "rich_text_quote", "elements": [text("said\nso")]},
            {"type": "rich_text_preformatted", "elements": [text("x = *y*")]}]},
        "> said\n> so\n```\nx = *y*\n```",
    ),
    (
        {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet",
         "indent": 1, "elements": [{"type": "rich_text_section", "elements": [text("deep")]}]}]},
        "  - deep",
    ),
    ({"type": "section", "text": {"type": "mrkdwn", "text": "*Build* ok"}}, "**Build** ok"),
    ({"type": "header", "text": {"type": "plain_text", "text": "News *x*"}}, "**News \\*x\\***"),
    ({"type": "actions", "elements": [{"type": "button"}]}, ""),
    ({"type": "section", "text": 7, "fields": "none"}, ""),
    ({"type": ["rich_text"], "elements": {}}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("block", "here"), BLOCKS)
def test_blocks_become_markdown(block, here):
    assert blocks.to_markdown([block, None, 3], Names()) == here


LONG = ["`", "<", " ", "*_~", ":", "```", "&gt;", "<@U01>", ":a", "*a", "_ ", "•"]


@pytest.mark.parametrize("text", [piece * (90_000 // len(piece)) for piece in LONG], ids=LONG)
def test_what_is_made_to_take_long_does_not(text):
    assert isinstance(mrkdwn.to_markdown(text, Names()), str)


def test_long_text_is_split_between_lines_and_code_goes_on():
    text = "```\n" + "line\n" * 30 + "```\nend"
    first, rest = mrkdwn.split(text, 100)
    assert len(first) <= 100
    assert first.endswith("line\n```")
    assert rest.startswith("```\nline")
    assert mrkdwn.split("short", 100) == ("short", "")
