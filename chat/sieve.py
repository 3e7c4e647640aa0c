"""What a filter looks for, and the forms of a text in which it looks for it.

Patterns come from moderators and texts from anybody. RE2 takes a time that grows with the text
alone, whatever the pattern; the standard library's `re` can be made to think for years.
"""

import unicodedata
from collections.abc import Callable, Sequence
from functools import cached_property
from html import unescape
from urllib.parse import unquote, urlsplit

import re2
from django.utils.translation import gettext_lazy as _

from accounts import names
from chat import markup
from chat.errors import Invalid

MOST_LINES = 500
LINE_LENGTH = 200  # characters
# Where RE2's fast way needs too much memory, it takes a step for each of these and each character.
MOST_INSTRUCTIONS = 5_000

# Scripts that put no spaces between words, or none between a word and what is tied to it.
_RUNNING = (
    r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Bopomofo}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
    r"\p{Tibetan}"
)
_LETTER = r"\pL\pM\pN_"
_BEFORE_WORD = rf"(?:^|[^{_LETTER}]|[{_RUNNING}])"
_AFTER_WORD = rf"(?:$|[^{_LETTER}]|[{_RUNNING}])"
# "www.evil.org" and "see evil.org." are meant by evil.org; "notevil.org" and "evil.org.uk" are not.
_BEFORE_HOST = rf"(?:^|[^{_LETTER}-]|[{_RUNNING}])"
_AFTER_HOST = rf"(?:$|[^{_LETTER}.。-]|[{_RUNNING}]|[.。](?:$|[^{_LETTER}]|[{_RUNNING}]))"

_QUIET = re2.Options()
_QUIET.log_errors = False
_CASELESS = re2.Options()
_CASELESS.log_errors = _CASELESS.case_sensitive = False
_PATTERN = re2.Options()
_PATTERN.log_errors = _PATTERN.case_sensitive = False
_PATTERN.never_capture = True

# Marks that any letter can be given, also those of no language, like a ring around it.
_MARKS = ((0x300, 0x36F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F))
_ACCENTS = dict.fromkeys(code for first, last in _MARKS for code in range(first, last + 1))

_letter = re2.compile(rf"[{_LETTER}]")
_running = re2.compile(rf"[{_RUNNING}]")
_href = re2.compile(r'<a href="([^"]*)"')
# As browsers read it, which forgive what urlsplit() takes for no host, or for no address.
_host = re2.compile(r"(?i)^https?:[/\\]*(?:[^/\\?#]*@)?([^/\\?#:]+)")


class _Form(dict):
    """For str.translate(): what each character becomes, worked out when it is first met."""

    MOST = 50_000  # of them are kept: whoever sends all there are fills no more

    def __init__(self, form: Callable[[str], str]):
        super().__init__()
        self.form = form

    def __missing__(self, code: int) -> str:
        if len(self) >= self.MOST:
            self.clear()
        self[code] = shown = self.form(chr(code))
        return shown


def _spelled(char: str) -> str:
    """As it is written, without what cannot be seen."""
    if names.is_unseen(char) and not char.isspace():
        return ""
    return unicodedata.normalize("NFKC", char)


def _folded(char: str) -> str:
    """As it is read: without case, width and accents, and as the Latin letter it looks like."""
    if char.isspace():
        return " "
    bare = unicodedata.normalize("NFKD", char).casefold()
    bare = unicodedata.normalize("NFKD", bare).translate(_ACCENTS)
    seen = (names.latin(c).casefold() for c in bare if not names.is_unseen(c))
    return unicodedata.normalize("NFC", "".join(seen))


SPELLED, FOLDED = _Form(_spelled), _Form(_folded)


class Said:
    """A text in which filters look, in the forms in which they do, each made once."""

    def __init__(self, text: str):
        self.text = unicodedata.normalize("NFC", text)

    @classmethod
    def of(cls, body: str, html: str, more: Sequence[str] = ()) -> "Said":
        """All of a message: as it was typed, as it is read, where its links lead, and `more`."""
        parts = [body, *more]
        seen = markup.text(html)
        if seen != " ".join(body.split()):
            parts.append(seen)
        parts += (host for host in _hosts_in(html) if host not in body)
        return cls("\n".join(parts))

    @cached_property
    def spelled(self) -> str:
        return self.text.translate(SPELLED)

    @cached_property
    def folded(self) -> str:
        return self.text.translate(FOLDED)


def more_of(files: Sequence[dict], poll: dict | None) -> list[str]:
    """What a message says beside its text: in Message.files, and in the choices of its poll."""
    texts = [file.get(key, "") for file in files for key in ("name", "description")]
    return [*texts, *(choice["text"] for choice in (poll or {}).get("choices", ()))]


def _hosts_in(html: str) -> list[str]:
    """Of its links, as a browser reads them: `%65vil.org` is evil.org."""
    addresses = (unescape(found[1]) for found in _href.finditer(html))
    return [unquote(found[1]) for found in map(_host.search, addresses) if found]


class Sieve:
    """One or several things to look for: `words`, `hosts` or `patterns`, one a line."""

    def __init__(self, kind: str, terms: str):
        """Raises Invalid, with the line that cannot be looked for."""
        lines = [line.strip() for line in terms.splitlines() if line.strip()]
        if not lines:
            raise Invalid(_("Write what to look for, one a line."))
        if len(lines) > MOST_LINES or max(map(len, lines)) > LINE_LENGTH:
            raise Invalid(
                _("A filter has at most %(lines)d lines of %(length)d characters.")
                % {"lines": MOST_LINES, "length": LINE_LENGTH}
            )
        make, self._form, options = {
            "words": (_words, FOLDED, _QUIET),
            "hosts": (_hosts, SPELLED, _CASELESS),
            "patterns": (_patterns, SPELLED, _PATTERN),
        }[kind]
        try:
            self._expression = re2.compile(make(lines), options)
        except re2.error:
            raise Invalid(_("This is too much for one filter. Make two of it.")) from None

    def catches(self, said: Said) -> bool:
        text = said.folded if self._form is FOLDED else said.spelled
        return self._expression.search(text) is not None

    def spans(self, said: Said, most: int = 20) -> list[tuple[int, int]]:
        """Where in `said.text` it caught something, from where to where."""
        text, came_from = [], []
        for place, char in enumerate(said.text):
            formed = self._form[ord(char)]
            text.append(formed)
            came_from += [place] * len(formed)
        joined, at = "".join(text), 0
        spans: list[tuple[int, int]] = []
        while len(spans) < most and (found := self._expression.search(joined, at)):
            # Without the characters around it, which its group leaves out, if there are groups.
            group = next((n for n, one in enumerate(found.groups(), 1) if one is not None), 0)
            start, at = found.span(group)
            if start == at:
                break
            spans.append((came_from[start], came_from[at - 1] + 1))
        return spans

    def found_in(self, said: Said) -> str:
        """The first of what it caught, as it was typed."""
        for start, end in self.spans(said, most=1):
            return markup.shortened(" ".join(said.text[start:end].split()), 60)
        return ""


def _words(lines: Sequence[str]) -> str:
    """Words and phrases as wholes; a * at an end lets the word go on there."""
    together: dict[tuple[bool, bool], list[str]] = {}
    for line in lines:
        term = " ".join(line.strip("*").translate(FOLDED).split())
        if not term:
            raise Invalid(_("There is nothing to look for in “%s”.") % line)
        ends = (
            _is_end(term[0]) and not line.startswith("*"),
            _is_end(term[-1]) and not line.endswith("*"),
        )
        together.setdefault(ends, []).append(re2.escape(term).replace("\\ ", " +"))
    return "|".join(
        f"{_BEFORE_WORD if begins else ''}({'|'.join(terms)}){_AFTER_WORD if ends else ''}"
        for (begins, ends), terms in together.items()
    )


def _is_end(char: str) -> bool:
    """Whether a word that begins or ends with it is told from a longer one."""
    return bool(_letter.search(char)) and not _running.search(char)


def _hosts(lines: Sequence[str]) -> str:
    """Hosts with all below them, however they are spelled."""
    spellings: set[str] = set()
    for line in lines:
        host = _host_of(line)
        spellings.add(host)
        for codec in (str.encode, _decoded):
            try:
                other = codec(host, "idna")
            except UnicodeError:
                continue
            spellings.add(other.decode() if isinstance(other, bytes) else other)
    terms = "|".join(re2.escape(host).replace("\\.", "[.。]") for host in sorted(spellings))
    return f"{_BEFORE_HOST}({terms}){_AFTER_HOST}"


def _decoded(host: str, codec: str) -> str:
    return host.encode("ascii").decode(codec)


def _host_of(line: str) -> str:
    """What of a host or a whole address is the host. Raises Invalid."""
    address = line.translate(SPELLED).casefold().replace("。", ".")
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        host = ""
    host = host.removeprefix("*.").strip(".")
    if not host or " " in host:
        raise Invalid(_("“%s” is not the name of a host, like example.org.") % line)
    return host


def _patterns(lines: Sequence[str]) -> str:
    for line in lines:
        try:
            pattern = re2.compile(line, _PATTERN)
        except re2.error as error:
            told = {"line": line, "why": _reason(error)}
            raise Invalid(_("“%(line)s” is not a pattern that RE2 knows: %(why)s") % told) from None
        if pattern.search(""):
            raise Invalid(_("“%s” fits everything.") % line)
    whole = "|".join(f"(?:{line})" for line in lines)
    if re2.compile(whole, _PATTERN).programsize > MOST_INSTRUCTIONS:
        raise Invalid(_("This is too much for one filter. Make two of it."))
    return whole


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
