"""Names of people and rooms: how they are cleaned for display and when two are the same.

Pure functions; the terms are those of Unicode's UAX #15 (normalisation) and UTS #39 (security).
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from confusable_homoglyphs.utils import load

# Format and control characters (bidi overrides, zero-width, NUL), lone surrogates, private use:
# invisible, and good only for making one name look like another. The joiner U+200D stays: emoji
# families need it, and `key` drops it again.
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
JOINER = "\u200d"
# Letters and symbols by category, yet nothing is to be seen of them.
BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
# Emoji need them to be coloured; two names that differ only in them look the same.
VARIATIONS = {chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}
# No script stacks more marks on one letter; "zalgo" text climbs over the lines above it.
MARKS_PER_LETTER = 4

# Names that speak for the site. Compared like any other name, and as "adm1n" as well.
RESERVED = """
    abuse admin administrator all announcement announcements anonymous anyone bot bots channel
    chat chatsite contact deleted everybody everyone group guest guests help here host info me
    mod moderation moderator moderators nobody null official operator owner postmaster room rooms
    root security service somebody someone staff superuser support sysadmin system team undefined
    unknown user users webmaster you
    管理员 管理員 管理者 超级管理员 站长 站長 版主 房主 协管 协管员 群主 主持人 系统 系統
    系统消息 系统管理员
    官方 客服 客户服务 支持 帮助 机器人 機器人 所有人 全体成员 大家 这里 在线 频道 房间 聊天室
    访客 訪客 游客 遊客 匿名 用户 我 你 匿名用户 安全中心
""".split()  # noqa: SIM905 - a list of words is read and kept more easily as text
DIGITS_AS_LETTERS = str.maketrans("013457@$!", "oieastasi")


def clean(name: str) -> str:
    """The name as it is shown: NFC, no invisible characters, white space folded."""
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", name))
    kept, marks = [], 0
    for char in name:
        category = unicodedata.category(char)
        if char != JOINER and (category in INVISIBLE or char in BLANK):
            continue
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= MARKS_PER_LETTER:
            kept.append(char)
    return re.sub(" +", " ", "".join(kept)).strip(" " + JOINER)


def key(name: str) -> str:
    """The name as it is compared: equal for names that differ only in case, width or form."""
    folded = unicodedata.normalize("NFKC", clean(name)).replace(JOINER, "").casefold()
    return unicodedata.normalize("NFKC", folded)


class Likeness(NamedTuple):
    """Two names are too much alike when they share `letters` or `look`.

    `letters` sees through case ("ALICE", "Alice"), `look` through letters that are drawn alike only
    in one case ("AIice" with a capital i; Cyrillic "Вob"). Neither relation holds the other.
    """

    letters: str
    look: str


# General categories: punctuation, separators, control and format characters.
SEPARATING = "PZC"


def likeness(name: str, *, ignored: str = SEPARATING) -> Likeness | None:
    """What a name is compared by; None when nothing in it tells one name from another.

    Characters of the `ignored` categories do not count: by default, as names of people need it,
    all that separates letters but hardly changes the look, as in `a_b`.
    """
    letters, look = _bare(skeleton(key(name)), ignored), _bare(skeleton(clean(name)), ignored)
    return Likeness(letters[:255], look[:255]) if letters and look else None


def is_reserved(name: str) -> bool:
    """Whether the name is, or looks like, one that speaks for the site."""
    alike = likeness(name)
    if alike is None:
        return False
    spelled = likeness(key(name).translate(DIGITS_AS_LETTERS))
    letters, looks = _reserved()
    if spelled and spelled.letters in letters:
        return True
    return alike.letters in letters or alike.look in looks


def skeleton(text: str) -> str:
    """UTS #39, section 4: equal for texts whose characters can be taken for each other."""
    prototypes = _prototypes()
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFD", "".join(prototypes.get(char, char) for char in text))


def latin(char: str) -> str:
    """The letters of ASCII that a character of another script can be taken for; else itself."""
    if char.isascii():
        return char
    prototype = _prototypes().get(char, char)
    return prototype if prototype.isascii() else char


def is_unseen(char: str) -> bool:
    """Whether nothing is to be seen of it by itself."""
    return unicodedata.category(char) in INVISIBLE or char in BLANK or char in VARIATIONS


def _bare(text: str, ignored: str) -> str:
    """Without case, and without characters of those categories."""
    kept = (c for c in text.casefold() if unicodedata.category(c)[0] not in ignored)
    return "".join(c for c in kept if c not in VARIATIONS)


@cache
def _reserved() -> tuple[frozenset[str], frozenset[str]]:
    alike = [one for one in map(likeness, RESERVED) if one]
    return frozenset(one.letters for one in alike), frozenset(one.look for one in alike)


@cache
def _prototypes() -> dict[str, str]:
    """Each confusable character and the text that stands for all that look like it.

    The library keeps Unicode's confusables.txt as a graph without direction: stars whose centre is
    the prototype. A text of several characters is always the centre, its neighbours single ones.
    """
    graph = {
        char: [other["c"].strip("\u200e") for other in others]
        for char, others in load("confusables.json").items()
    }
    prototypes = {}
    for char, others in graph.items():
        if len(char) != 1 or len(others) != 1:
            continue
        other = others[0]
        is_pair = len(other) == 1 and len(graph.get(other, ())) == 1
        prototypes[char] = min(char, other) if is_pair else other
    return prototypes
