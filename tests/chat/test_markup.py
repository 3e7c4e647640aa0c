"""Text -> HTML: what a chat's markup means, that it is safe, and that it stays cheap."""

import logging
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html import escape, unescape
from html.parser import HTMLParser

import pytest
from bleach._vendor import html5lib
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pygments.token import STANDARD_TYPES

from chat import markup
from chat.markup import blocks, code, emoji, sanitizer

LINK = f" {sanitizer.LINK_HTML}"
FENCE = "```"


def parsed(body: str) -> str:
    """What the parsers make of a body, whether or not they would be asked."""
    return markup._parsers.render(*blocks.parse(markup.clean(body)), effort=1)


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.fixture
def no_parsers(monkeypatch):
    """The parsers are not to be asked in this test."""
    monkeypatch.setattr(markup, "_parsers", None)


# What it means -----------------------------------------------------------------------------------

PARAGRAPHS = [
    ("", ""),
    (" \n\t\n", ""),
    ("\u200b\u2060", ""),
    ("hello", "<p>hello</p>"),
    ("  hello \n", "<p>hello</p>"),
    ("a\nb", "<p>a<br>b</p>"),
    ("a\r\nb\rc\u2028d", "<p>a<br>b<br>c<br>d</p>"),
    ("a\n\n\n\nb", "<p>a</p><p>b</p>"),
    ("*a*\nb", "<p><em>a</em><br>b</p>"),
    ("    indented\n        more *text*", "<p>indented<br>more <em>text</em></p>"),
    ("\tdef f(): `x`", "<p>def f(): <code>x</code></p>"),
    ("a & b < c > d \"e\" 'f'", "<p>a &amp; b &lt; c &gt; d \"e\" 'f'</p>"),
    ("*a* & b < c \"e\" 'f'", "<p><em>a</em> &amp; b &lt; c \"e\" 'f'</p>"),
    ("a\n---\nb", "<p>a</p><hr><p>b</p>"),
    ("a\n===", "<p>a<br>===</p>"),
    ("[a][b]\n\n[b]: x", "<p>[a][b]</p><p>[b]: x</p>"),
    (r"\*a\* C:\d+ \_", r"<p>*a* C:\d+ _</p>"),
]

EMPHASIS = [
    ("**a** *b* ~~c~~", "<strong>a</strong> <em>b</em> <del>c</del>"),
    ("__a__ _b_", "<strong>a</strong> <em>b</em>"),
    ("***a***", "<strong><em>a</em></strong>"),
    ("**a *b***", "<strong>a <em>b</em></strong>"),
    ("*a **b***", "<em>a <strong>b</strong></em>"),
    ("**a\nb**", "<strong>a<br>b</strong>"),
    ("~~**a**~~", "<del><strong>a</strong></del>"),
    ("**重点。**下文", "<strong>重点。</strong>下文"),
    ("前**重点**后", "前<strong>重点</strong>后"),
    ("**“引号”**后", "<strong>“引号”</strong>后"),
    ("前**“引号”**后", "前<strong>“引号”</strong>后"),
    ("这是*斜体*字", "这是<em>斜体</em>字"),
    ("这是~~删除~~的", "这是<del>删除</del>的"),
    ("**注意**：`a`", "<strong>注意</strong>：<code>a</code>"),
    ("**중요**한 **大事**です", "<strong>중요</strong>한 <strong>大事</strong>です"),
    ("用**Python**写", "用<strong>Python</strong>写"),
    ("snake_case_words", "snake_case_words"),
    ("变量_名_称", "变量_名_称"),
    ("2*3*4 and 2**3**4", "2*3*4 and 2**3**4"),
    ("2 * 3 * 4", "2 * 3 * 4"),
    ("*.py and *.js", "*.py and *.js"),
    ("f(*args, **kwargs)", "f(*args, **kwargs)"),
    ("~5元~", "~5元~"),
    ("`*a*` ``b`c``", "<code>*a*</code> <code>b`c</code>"),
    ("`<b>&amp;`", "<code>&lt;b&gt;&amp;amp;</code>"),
]  # fmt: skip

LISTS = [
    ("a\n- b\n- c", "<p>a</p><ul><li>b</li><li>c</li></ul>"),
    ("a\n* b\n+ c", "<p>a</p><ul><li>b</li><li>c</li></ul>"),
    ("a\n1. b\n2. c", "<p>a</p><ol><li>b</li><li>c</li></ol>"),
    ("- a\nb\n\nc", "<ul><li>a<br>b</li></ul><p>c</p>"),
    ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
    ("- a\n    - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
    ("1. a\n   - b\n2. c", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"),
    ("- a\n\n  b\n- c", "<ul><li><p>a</p><p>b</p></li><li><p>c</p></li></ul>"),
    ("- a\n1. b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
    ("7. a\n8. b", '<ol start="7"><li>a</li><li>b</li></ol>'),
    ("1986. Great", "<p>1986. Great</p>"),
    ("I am\n14. No, really.", "<p>I am<br>14. No, really.</p>"),
    ("3.5 is\n-5 and\n+1", "<p>3.5 is<br>-5 and<br>+1</p>"),
    (
        "- [ ] a\n- [x] b",
        '<ul class="task-list"><li class="task-list-item"><input type="checkbox" disabled> a</li>'
        '<li class="task-list-item"><input type="checkbox" disabled checked> b</li></ul>',
    ),
]

QUOTES = [
    ("a\n> b", "<p>a</p><blockquote><p>b</p></blockquote>"),
    ("> a\n> b\nc", "<blockquote><p>a<br>b</p></blockquote><p>c</p>"),
    (">a\n>\n>b", "<blockquote><p>a</p><p>b</p></blockquote>"),
    ("> a\n>> b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"),
    (">> a\n> b", "<blockquote><blockquote><p>a</p></blockquote><p>b</p></blockquote>"),
    (">", "<p>&gt;</p>"),
    ("> - a\n> - b", "<blockquote><ul><li>a</li><li>b</li></ul></blockquote>"),
    (">_< no", "<p>&gt;_&lt; no</p>"),
    (">.< and >:(", "<p>&gt;.&lt; and &gt;:(</p>"),
]  # fmt: skip

HEADINGS = [
    ("# a", "<h4>a</h4>"),
    ("## a\nb", "<h5>a</h5><p>b</p>"),
    ("###### a", "<h6>a</h6>"),
    ("a\n# C#", "<p>a</p><h4>C#</h4>"),
    ("#123", "<p>#123</p>"),
    ("#tag *x*", "<p>#tag <em>x</em></p>"),
]

FENCES = [
    (f"a\n{FENCE}\n<b>\n  *x*\n{FENCE}\nc", "<p>a</p>{<b>\n  *x*}<p>c</p>"),
    ("~~~\na\n~~~", "{a}"),
    (f"{FENCE}\nnever closed\n\n- a", "{never closed\n\n- a}"),
    (f"````\n{FENCE}\n````", f"{{{FENCE}}}"),
    (f"> {FENCE}\n> a\n>  b\n> {FENCE}\nc", "<blockquote>{a\n b}</blockquote><p>c</p>"),
    (f"> {FENCE}\n> a\nb", "<blockquote>{a}</blockquote><p>b</p>"),
    (f"- a\n  {FENCE}\n  b\n    c\n  {FENCE}", "<ul><li><p>a</p>{b\n  c}</li></ul>"),
    (f"1. {FENCE}\n   a\n   {FENCE}\n2. b", "<ol><li>{a}</li><li>b</li></ol>"),
    (f"{FENCE}\n:smile: https://a.b **c** #x\n{FENCE}", "{:smile: https://a.b **c** #x}"),
    (f"{FENCE}a{FENCE}", "<p><code>a</code></p>"),
    (f"{FENCE}nonsense\na\n{FENCE}", "{a}"),
]

TABLES = [
    (
        "|a|b|\n|:-|-:|\n|1|`x|y`|",
        '<table><thead><tr><th align="left">a</th><th align="right">b</th></tr></thead><tbody><tr>'
        '<td align="left">1</td><td align="right"><code>x|y</code></td></tr></tbody></table>',
    ),
    (
        "see\na | b\n- | -\n1 | 2\n\nend",
        "<p>see</p><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td>"
        "<td>2</td></tr></tbody></table><p>end</p>",
    ),
    ("a | b", "<p>a | b</p>"),
]

LINKS = [
    ("https://a.com/x_y_z?b=1&copy=2", "[https://a.com/x_y_z?b=1&copy=2]"),
    ("see https://a.com/x, or (http://b.org/c).", "see [https://a.com/x], or ([http://b.org/c])."),
    ("www.a.com", "[http://www.a.com|www.a.com]"),
    ("me@a.com", "[mailto:me@a.com|me@a.com]"),
    ("看https://a.com/x。下一句", "看[https://a.com/x]。下一句"),
    ("看https://a.com/x下一句", "看[https://a.com/x]下一句"),
    ("**https://a.com/**", "<strong>[https://a.com/]</strong>"),
    ("<https://例え.jp/x>", "[https://例え.jp/x]"),
    ("foo.py a.com README.md 3.5", "foo.py a.com README.md 3.5"),
    ("ftp://a.com file:///etc x://y", "ftp://a.com file:///etc x://y"),
    ("`https://a.com`", "<code>https://a.com</code>"),
    ("[a](https://b.com)", "[https://b.com|a]"),
    ("[a](https://b.com/(c)d)", "[https://b.com/(c)d|a]"),
    ("[**a** [b]](mailto:x@y.zz)", "[mailto:x@y.zz|<strong>a</strong> [b]]"),
    ("[](https://b.com)", "[https://b.com]"),
    ("![a](https://b.com/c.png)", "[https://b.com/c.png|a]"),
    ("![](https://b.com/c.png)", "[https://b.com/c.png]"),
    ("[a](javascript:1) ![b](data:x)", "[a](javascript:1) ![b](data:x)"),
    ("[a](/rooms/) [b](x.html)", "[a](/rooms/) [b](x.html)"),
    ("[https://a.com](https://b.com)", "[https://b.com|https://a.com]"),
]

EMOJI = [
    (":smile: :+1: :cn:", "😄 👍 🇨🇳"),
    (":heart:", "❤️"),
    ("12:30:45 :nope: a:b:c", "12:30:45 :nope: a:b:c"),
    ("`:smile:` *:smile:*", "<code>:smile:</code> <em>😄</em>"),
    ("https://a.com/:smile:/", "[https://a.com/:smile:/]"),
    ("你:smile::tada:好", "你😄🎉好"),
]


def links(short: str) -> str:
    """`[url|text]` -> an `a` element, and `{code}` -> a block of code, in what tables expect."""
    html = re.sub(
        r"\[((?:https?://|mailto:)[^\]|]+)(?:\|(.+?))?\](?!\])",
        lambda m: f'<a href="{escape(m[1])}"{LINK}>{m[2] or escape(m[1])}</a>',
        short,
    )
    return re.sub(
        r"\{(.*?)\}",
        lambda m: f'<pre class="code"><code>{escape(m[1], quote=False)}</code></pre>',
        html,
        flags=re.DOTALL,
    )


@pytest.mark.parametrize(("body", "html"), PARAGRAPHS + LISTS + QUOTES + HEADINGS + TABLES)
def test_blocks(body, html):
    assert markup.render(body) == html


@pytest.mark.parametrize(("body", "html"), FENCES)
def test_fenced_code(body, html):
    assert markup.render(body) == links(html)


@pytest.mark.parametrize(("body", "html"), EMPHASIS + LINKS + EMOJI)
def test_spans(body, html):
    assert markup.render(body) == f"<p>{links(html)}</p>"


def test_a_title_shows_on_a_link():
    html = markup.render("""[a](https://b.com "c 'd' <e>")""")
    assert html == f"""<p><a href="https://b.com" title="c 'd' &lt;e&gt;"{LINK}>a</a></p>"""


@pytest.mark.parametrize("language", sorted(code.LANGUAGES))
def test_code_has_colours_and_stays_what_it_was(language):
    source = '\nif (x <= 1) { return "a&b"; } # c\n\tmake: $x\n\n>>> f\n@@ -1 +1 @@\n$ ls'
    html = markup.render(f"{FENCE}{language}\n{source}\n{FENCE}")
    assert '<span class="' in html
    assert text_of(html) == source


@pytest.mark.parametrize(
    "source",
    [
        "\n".join(["x = 1"] * 1_000),
        "x = " + "1" * 200,
        "x = 1\n\n\n\ny",
    ],
)
def test_code_that_would_slow_a_lexer_has_no_colours(source):
    html = markup.render(f"{FENCE}py\n{source}\n{FENCE}")
    assert "<span" not in html
    assert text_of(html) == source


def test_colours_end_after_so_many_tokens():
    source = "<\n" * 1_500
    html = markup.render(f"{FENCE}py\n{source}{FENCE}")
    assert html.count("<span") < code._TOKENS
    assert text_of(html) == source.rstrip("\n")


def test_a_costly_text_leaves_less_for_colours():
    text = f"{FENCE}py\n" + "x = 1\n" * 300 + f"{FENCE}\n"
    assert "<span" in markup.render(text)
    assert "<span" not in markup.render(text + "*a* " * 245)


# The short way -----------------------------------------------------------------------------------

PLAIN = [
    "你好，今天天气不错：我们出去走走吧！“好的”——他说。",
    "hello there: how are you? I'm fine (really), 50% & more; see foo.py",
    "a < b && c > d &lt; &amp;lt; &copy; &#60; <b> \"e\" 'f'",
    "a\n b\n\n\n　　c\t d\u00a0e",
    "-5 +1 1986. #tag 3.5\n=== \n:) [x] !{}$^",
    "שלום עליכם, مرحبا 😀👨‍👩‍👧",
]
ORDINARY = st.text(
    st.sampled_from("ab 你。，\n\t&<>\"'#-+=.1:!?()[]{}/😀\u200d\u00a0\u3000 e\u0301")
)


@pytest.mark.parametrize("body", PLAIN)
def test_ordinary_text_skips_the_parsers(body, no_parsers):
    assert markup.render(body)


@settings(max_examples=500, deadline=None)
@given(st.one_of(ORDINARY, st.text(), st.lists(st.sampled_from(PLAIN)).map("\n".join)))
@example("a\n\n\n b")
def test_the_short_way_leads_to_the_same_html(body):
    body = markup.clean(body)
    if not markup._MARKUP.search(body):
        assert markup.render(body) == parsed(body)


# Safe --------------------------------------------------------------------------------------------

VOID = {"br", "hr", "input"}
CLASSES = {"code", "task-list", "task-list-item", *filter(None, STANDARD_TYPES.values()), "w"}
ATTRIBUTES = {
    "a": {"href", "title", "rel", "target"},
    "input": {"type", "disabled", "checked"},
    "li": {"class"},
    "ol": {"class", "start"},
    "pre": {"class"},
    "span": {"class"},
    "td": {"align"},
    "th": {"align"},
    "ul": {"class"},
}


class Inspector(HTMLParser):
    """Reads HTML as strictly as render() has to write it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        assert tag in sanitizer.TAGS | {"pre", "span"}
        assert values.keys() <= ATTRIBUTES.get(tag, set())
        assert len(values) == len(attrs)
        assert set((values.get("class") or "").split()) <= CLASSES
        if tag == "a":
            assert re.match(r"(https?|HTTPS?)://|mailto:", values["href"], re.IGNORECASE)
            assert values["rel"] == "nofollow noopener noreferrer"
            assert values["target"] == "_blank"
            assert "a" not in self.open
        if tag == "input":
            assert values["type"] == "checkbox"
            assert "disabled" in values
        if tag in ("p", "pre", "ul", "ol", "table", "blockquote"):
            assert "p" not in self.open
        self.seen.append((tag, values))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_safe(html: str) -> None:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    assert not inspector.open
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)
    # A browser builds the same elements from it: nothing mutates on its way through innerHTML.
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    built = [(el.tag, {k: v or None for k, v in el.attrib.items()}) for el in tree.iter()]
    assert built[1:] == [
        (tag, {k: v or None for k, v in values.items()}) for tag, values in inspector.seen
    ]


ATTACKS = [
    "<script>alert(1)</script>",
    "*a*<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>*a*",
    "<svg/onload=alert(1)>`a`",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>*a*",
    "<style>*{color:red}</style> **a**",
    "<a href='javascript:alert(1)'>x</a> *a*",
    "<div id=composer class=button style=color:red>*a*</div>",
    "<!-- *a* --> <![CDATA[ *a* ]]> <?php *a* ?> <!DOCTYPE *a*>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>*a*",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>*a*",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>*a*",
    "<p/title=`x`onload=alert(1)//*a*",
    "&lt;script&gt;alert(1)&lt;/script&gt; *a*",
    "&#60;script&#62;alert(1)&#x3c;/script> *a*",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a]( javascript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](java\nscript:alert(1))",
    "[a](\x01javascript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](javascript&colon;alert(1))",
    "[a](javascript&#58alert(1))",
    "[a](javascript\\:alert(1))",
    "[a](ja`va`script:alert(1))",
    "[a](vbscript:msgbox(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](ｊａｖａｓｃｒｉｐｔ:alert(1))",
    "[a](//evil.com)",
    "[a](\\\\evil.com)",
    "[a](https:javascript:alert(1))",
    "[a](https://x\"onmouseover=alert(1)//)",
    "[a](https://x 'onmouseover=alert(1)')",
    '[a](https://x "\\" onmouseover=\\"alert(1)")',
    '[a](https://x "&quot; onmouseover=alert(1) x=&quot;")',
    "[a](https://x '\"><script>alert(1)</script>')",
    "[a](<javascript:alert(1)>)",
    "[a](<https://x\"><script>alert(1)</script>>)",
    "[a](https://x\ronclick=alert(1))",
    "[<script>alert(1)</script>](https://x)",
    "[a](https://x)[b](javascript:1)",
    "![a](javascript:alert(1))",
    "![a\"onerror=\"alert(1)](https://x/y.png)",
    "![<img src=x onerror=alert(1)>](https://x)",
    "[![a](javascript:1)](https://x)",
    "[a [b](https://x) c](https://y)",
    "[a][1]\n\n[1]: javascript:alert(1)",
    "[1]: https://x \"'><script>alert(1)</script>\"\n\n[1]",
    "<javascript:alert(1)>",
    "<javascript://x.y/%0aalert(1)>",
    "<https://x\"onmouseover=alert(1)>",
    "<https://x><script>alert(1)</script>",
    "<a@b.cc\"onclick=alert(1)>",
    "https://x\"onmouseover=alert(1)",
    "https://x'><script>alert(1)</script>",
    "https://x/<script>alert(1)</script>",
    "www.x.com\"onmouseover=alert(1)",
    "javascript://www.x.com/%0aalert(1)",
    "javascript:https://x.com",
    "data:https://x.com,<script>",
    '"onclick=alert(1)//"@x.com',
    f'{FENCE}" onload=alert(1) x="\na\n{FENCE}',
    f"{FENCE}py\"><script>alert(1)</script>\na\n{FENCE}",
    f"{FENCE}{{.button #composer onload=alert(1)}}\na\n{FENCE}",
    f"{FENCE}html\n</code></pre><script>alert(1)</script>\n{FENCE}",
    f"{FENCE}html\n<script>alert('</script><img onerror=1>')\n{FENCE}",
    f"{FENCE}\n</code></pre><script>alert(1)</script>\n{FENCE}",
    "`</code><script>alert(1)</script>`",
    "|<script>alert(1)</script>|b|\n|-|-|\n|<img src=x onerror=alert(1)>|[a](javascript:1)|",
    "|a|b|\n|:-\" onclick=alert(1)|-|\n|1|2|",
    "# <script>alert(1)</script>",
    "# a {#composer .button onclick=alert(1)}",
    "- [ ] <script>alert(1)</script>\n- [x]\" onclick=alert(1)",
    "> <script>\n> alert(1)\n> </script>",
    "*a*{: onclick=alert(1) .button #composer }",
    ":smile\"onclick=alert(1): :<script>:",
    "\u202ehttps://moc.elgoog//:sptth *a*",
    "\u2066*a*\u2067\u2068 \u202d",
    "*a* \ud800 \udfff",
    "*a*\x00<\x00script>",
    "\x02wzxhzdk:0\x03 \x02klzzwxh:0000\x03 *a* - [ ]",
    "- [x] a\n- \x02wzxhzdk:0\x03",
    f"\ufdd00\ufdd1 *a*\n{FENCE}\nb\n{FENCE}",
    "\ufdd05\ufdd1 \ufdd0",
    "*a*＜script＞alert(1)＜/script＞",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4- *a*",
    "[a](https://x)\u0000[b](\u0000javascript:1)",
    "**[a](https://x**)**",
    "https://user:pass@x.com:80/?q=<b>&lt;#'\"",
]  # fmt: skip


@pytest.mark.parametrize("body", ATTACKS)
def test_attacks(body):
    for html in (markup.render(body), parsed(body), markup._plain_with_links(markup.clean(body))):
        assert_safe(html)


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script> *a*",
        "<b>bold</b> <!-- *a* --> <br/> </p>",
        "&lt; &amp;amp; &copy; &#60; &nbsp; *a*",
        "<svg><style>*a*</style>",
        "if a<b and c>d: *a*",
    ],
)
def test_html_appears_as_it_was_typed(body):
    assert text_of(markup.render(body)) == body.replace("*a*", "a")


def test_the_sanitizer_stops_what_the_parsers_let_pass():
    html = sanitizer.build().clean(
        '<a href="javascript:1" onclick="1">a</a><a href="https://x" class="x" id="y">b</a>'
        '<p style="z" class="task-list">c</p><ul class="task-list button"></ul><img src="x">'
    )
    assert_safe(html)
    assert html.startswith(f'a<a href="https://x"{LINK}>b</a><p>c</p><ul></ul>&lt;img')


PIECES = st.sampled_from([
    "*", "**", "_", "~~", "`", "```", "~~~", "[", "]", "(", ")", "![", "](", "](http://a.b)",
    "<http://a.b>", "http://a.b", "www.a.b", "a@b.cc", ">", "-", "+", "1.", "#", "|", "|-|-|",
    ":smile:", ":", "\\", "&", "&amp;", "<", "<b>", "</p>", '"', "'", "=", "/", "中", "。", "a",
    "b_c", "😀", "javascript:", "data:", "py", "html", "[x]", " ", "  ", "    ", "\n", "\n\n",
    "\n- ", "\n> ", "\n```\n", "\n|a|b|\n|-|-|\n", "\t",
])  # fmt: skip
BODIES = st.one_of(
    st.lists(PIECES, max_size=40).map("".join),
    st.lists(st.one_of(PIECES, st.sampled_from(ATTACKS)), max_size=6).map("".join),
    st.text(max_size=200),
)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES)
def test_whatever_is_typed_is_safe(body):
    html = markup.render(body)
    assert_safe(html)
    assert_safe(parsed(body))
    assert_safe(markup._plain_with_links(markup.clean(body)))
    assert markup.excerpt(html) == " ".join(markup.excerpt(html).split())


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_what_is_clean_stays_as_it_is(body):
    clean = markup.clean(body)
    assert markup.clean(clean) == clean
    assert markup.render(clean) == markup.render(body)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b\x1bc\x7f\x85d\te", "abc\nd\te"),
        ("a\u202eb\u202c\u2066c\u2069", "abc"),
        ("\u05e9\u05dc\u05d5\u05dd\u200f!", "\u05e9\u05dc\u05d5\u05dd\u200f!"),
        ("a\ud800b\udc00", "ab"),
        ("\ufeffa\ufffe\ufdd0", "a"),
        ("a  \n\tb \r\n", "a\n\tb"),
        ("\u200b\u2800\u3164\ufe0f", ""),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_clean(typed, kept):
    assert markup.clean(typed) == kept


# Cheap -------------------------------------------------------------------------------------------

COSTLY = {
    "brackets": "[" * 10_000,
    "image brackets": "![" * 5_000,
    "closed brackets": "[" * 5_000 + "]" * 5_000,
    "links": "[a](http://b.cc)" * 600,
    "bare links": "http://a.b " * 900,
    "www": "www.a.b " * 1_200,
    "mail": "a@b.cc " * 1_400,
    "half links": "[a](" * 2_500,
    "definitions": "[a]: http://b.cc 'c'\n" * 470,
    "nested quotes": ">" * 9_999 + "a",
    "spaced quotes": "> " * 4_999 + "a",
    "quotes in quotes": "> " * 9 + "a",
    "lists in lists in a line": "- 1. * " * 3 + "a",
    "quotes": "> a\n\n" * 2_000,
    "nested lists in a line": "- " * 5_000 + "a",
    "nested numbers in a line": "1. " * 3_000 + "a",
    "nested lists": "".join(" " * 2 * n + "- a\n" for n in range(98)) + "- a\n" * 300,
    "list": "- a\n" * 2_500,
    "tasks": "- [ ] a\n" * 1_200,
    "stars": "*" * 10_000,
    "emphasis": "*a* " * 2_500,
    "unclosed emphasis": "*a " * 3_300,
    "mixed emphasis": "*a **b _c __d ~~e " * 550,
    "underscores": "_a_ " * 2_500,
    "tildes": "~~a" * 3_300,
    "backticks": "`a" * 5_000,
    "growing backticks": " ".join("`" * n for n in range(1, 140)),
    "colons": ":" * 10_000,
    "half emoji": ":a" * 5_000,
    "emoji": ":smile:" * 1_400,
    "pipes": "|" * 10_000,
    "wide table": "|a" * 1_600 + "|\n" + "|-" * 1_600 + "|\n",
    "long table": "a|b\n-|-\n" + "1|2\n" * 2_400,
    "tables": "a|b\n-|-\n\n" * 1_000,
    "fences": "```\n```\n" * 1_200,
    "less": "*a*" + "<" * 9_990,
    "greater": "*a*" + " >" * 4_990,
    "ampersands": "*a*" + "&" * 9_990,
    "entities": "*a*" + "&amp;" * 1_990,
    "backslashes": "\\" * 10_000,
    "escapes": "\\*" * 5_000,
    "lines": "*a*\n" + "b\n" * 4_990,
    "paragraphs": "*a*\n\n" + "b\n\n" * 3_300,
    "headings": "# a\n" * 2_500,
    "rules": "---\n" * 2_500,
    "mixture": "*[`_~~:a|<&>\\![(" * 625,
    "too long": "a " * 5_000 + "*b*",
}

# Long, yet with little in them to parse.
CHEAP = {
    "parentheses": "[a](http://b" + "(" * 9_000,
    "empty quotes": ">" * 10_000,
    "backticks": "`" * 10_000,
    "dead link": "*a* http://[" + "a" * 9_000,
    "unclosed fence": "```\n" + "[*`|" * 2_490,
    "fence": "```py\n" + "x = [*a, **b]\n" * 700 + "```",
    "text": "*a* " + "word " * 1_990,
    "Chinese": "**重点**" + "这是一段很长的中文。" * 990,
    "spaces": "*a*" + " " * 9_990 + "b",
    "blank lines": "*a*" + "\n" * 9_990 + "b",
    "indents": "*a*\n" + " " * 9_990 + "b",
    "unclosed link": "[" + "a" * 9_000 + "](http://" + "b" * 900,
    "hashes": "*a* " + "#" * 9_990,
    "dashes": "*a* " + "=" * 9_990,
    "dots": "*a* " + "a." * 4_990,
    "exclamations": "*a* http://" + "!" * 9_900,
    "a long word": "*a* " + "a" * 9_990,
    "combining": "*a* " + "e\u0301" * 4_990,
}


@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY)
def test_costly_bodies_are_plain_text(body, no_parsers):
    assert markup.needs_plain_text(body)
    html = markup.render(body)
    assert_safe(html)
    shown = "\n".join(line.strip() for line in markup.clean(body).split("\n"))
    assert text_of(re.sub("<br>", "\n", html)).replace("\n", "") == shown.replace("\n", "")


@pytest.mark.parametrize("body", CHEAP.values(), ids=CHEAP)
def test_long_bodies_are_not_costly_by_their_length(body):
    assert not markup.needs_plain_text(body)
    assert_safe(markup.render(body))


def test_plain_text_has_line_breaks_and_links(no_parsers):
    html = markup.render("a\nhttps://b.cc/d?e=1&f.\nhttp://b.cc/<\n\n" + "[" * 1_000)
    assert html.startswith(
        f'<p>a<br><a href="https://b.cc/d?e=1&amp;f"{LINK}>https://b.cc/d?e=1&amp;f</a>.<br>'
        f'<a href="http://b.cc/"{LINK}>http://b.cc/</a>&lt;</p><p>['
    )


def test_mutations_of_costly_bodies_are_safe():
    rng = random.Random(1)
    bodies = [*COSTLY.values(), *CHEAP.values()]
    for _ in range(150):
        parts = [body[: rng.choice([5, 50, 500])] for body in rng.choices(bodies, k=6)]
        assert_safe(markup.render("".join(parts)[:10_000]))


@pytest.mark.parametrize("error", [RecursionError, IndexError, AttributeError])
def test_a_failing_parser_costs_the_markup_not_the_message(error, monkeypatch, caplog):
    def fail(self, text):
        raise error

    before = markup.render("**a** <b>") and markup._parsers.markdown
    monkeypatch.setattr(type(before), "convert", fail)
    with caplog.at_level(logging.ERROR):
        assert markup.render("**a** <b>\nc") == "<p>**a** &lt;b&gt;<br>c</p>"
    assert "could not be parsed" in caplog.text
    monkeypatch.undo()
    assert markup.render("**a**") == "<p><strong>a</strong></p>"
    assert markup._parsers.markdown is not before


def test_threads_do_not_disturb_each_other():
    bodies = [body for body, _ in EMPHASIS + LISTS + QUOTES + FENCES + TABLES + LINKS] * 5
    alone = [markup.render(body) for body in bodies]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(markup.render, bodies)) == alone


def test_it_needs_no_django():
    program = (
        "import sys, chat.markup; chat.markup.render('*a*'); assert 'django' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# Emoji and excerpts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "only"),
    [
        ("😀", True),
        (" 😀 🎉\n❤️ ", True),
        ("❤", True),
        ("👨‍👩‍👧‍👦", True),
        ("👩🏽‍🚀👍🏿🏳️‍🌈", True),
        ("👁️‍🗨️", True),
        ("🇨🇳🇩🇪", True),
        ("🏴󠁧󠁢󠁷󠁬󠁳󠁿", True),
        ("1️⃣#️⃣", True),
        (":smile: :+1:", True),
        (":smile:🎉", True),
        ("", False),
        ("   ", False),
        ("😀😀😀😀", False),
        ("😀a", False),
        ("1", False),
        ("#*", False),
        (":nope:", False),
        ("🇨", False),
        ("\u200d\ufe0f", False),
        ("🏽", False),
        ("中", False),
        ("😀" * 10_000, False),
    ],
)
def test_is_only_emoji(body, only):
    assert markup.is_only_emoji(body) is only


@given(st.text())
def test_any_text_can_be_asked_for_emoji(body):
    markup.is_only_emoji(body)


def test_names_of_emoji():
    assert emoji.named(":thumbsup:") == emoji.named(":+1:") == "👍"
    assert emoji.named(":nope:") is None


@pytest.mark.parametrize(
    ("given_text", "length", "text"),
    [
        ("", 10, ""),
        ("<p>a<br>b</p><ul><li>c</li><li>d</li></ul>", 99, "a b c d"),
        ("<p>a<strong>b</strong>c &lt;i&gt; &amp;amp;</p>", 99, "abc <i> &amp;"),
        ("**a**\n\n- b :smile:\n> c", 99, "a b 😄 c"),
        ("a < b > c & d", 99, "a < b > c & d"),
        ("[a](https://b.cc) `c`", 99, "a c"),
        (f"{FENCE}py\nx = 1\n{FENCE}", 99, "x = 1"),
        ("中文" * 10, 5, "中文中文…"),
        ("one two three", 8, "one two…"),
        ("exactly", 7, "exactly"),
        ("e\u0301" * 9, 6, "e\u0301e\u0301…"),
        ("👨‍👩‍👧 👨‍👩‍👧", 9, "👨‍👩‍👧…"),
        ("a👍🏽 b c", 3, "a…"),
        ("a" + "\u0301" * 50, 10, "a" + "\u0301" * 8 + "…"),
    ],
)
def test_excerpt(given_text, length, text):
    assert markup.excerpt(given_text, length) == text


@given(BODIES, st.integers(2, 60))
def test_excerpts_keep_to_their_length(body, length):
    text = markup.excerpt(markup.render(body), length)
    assert len(text) <= length
    assert "\n" not in text


def test_no_mark_of_the_parser_is_left_in_a_link():
    html = markup.render("http://a[:p:](http://x) and http://a`b`")
    assert "\x02" not in html
    assert "klzzwxh" not in html
