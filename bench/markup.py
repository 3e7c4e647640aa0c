"""What it costs to turn a body into HTML: ordinary bodies, and the worst that are known.

CPU time, the best of three, of the bodies in tests/chat/test_markup.py, of code made to slow each
lexer down, and of random mixtures. Exits with 1 if any takes more than the limit.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator

from chat import markup
from chat.markup import code
from tests.chat.test_markup import CHEAP, COSTLY

LIMIT = 50  # ms

ORDINARY = {
    "a word": "ok",
    "a sentence": "hello there, how are you today? I'm fine",
    "a Chinese sentence": "你好，今天天气不错，我们出去走走吧！",
    "lines": "first line\nsecond line\n\nthird line",
    "2000 characters": "这是一段很长的文字，没有标记。" * 133,
    "60 characters of markup": "This is **bold** and `code` and https://example.com/ as well",
    "a list": "we need\n- milk\n- **bread**\n- eggs :egg:",
    "a quote": "> shall we [go](https://example.com)?\nYes!",
    "code": "```py\ndef double(x):\n    return 2 * x\n```",
}

SLOW_CODE = [
    "a a\n ",
    "def d\ne",
    "/*}" * 7 + "\n",
    "=pod\n\n\n",
    "a<b," * 20 + "\n",
    "((`a" * 15 + "\n",
    "\\" * 159 + "\n",
    "{" * 159 + "\n",
    "<?~" * 50 + "\n",
    "--- " * 30 + "\n",
    '"' * 40 + "\n",
    "a.b." * 39 + "\n",
    "0." * 70 + "\n",
    "&" * 150 + "\n",
    "#{<!--" * 20 + "\n\n\n",
]

PIECES = [
    "[", "![", "](", "[a](http://a.b)", ">", "-", "*", "**", "***", "_", "__", "~~", "`", "``",
    ":", ":smile:", "|", "&", "<", "http://", "www.a", "a@b.cc", "#", "\\", "1.", "中", "。", "(",
    ")", '"', "a", "word", "*a*", "**a**", "~~a~~", "`a`", "[x]", "---", " ", "\n", "\n\n",
    "\n- ", "\n  - ", "\n> ", "\n1. ", "\n# ", "\n---\n", "\n```py\n", "\n```\n",
    "\n|a|b|\n|-|-|\n", "\n- [ ] ",
]  # fmt: skip


def slow_code() -> Iterator[tuple[str, str]]:
    for language in sorted(code.LANGUAGES):
        length = 800 if language in code.SLOW else 4_000
        for unit in SLOW_CODE:
            source = (unit * length)[:length].rstrip()
            yield f"{language}: {unit!r:.20}", f"```{language}\n{source}\n```"


def both() -> Iterator[tuple[str, str]]:
    """As much of both text and code as is still parsed."""
    for name, body in COSTLY.items():
        length = len(body)
        while markup.needs_plain_text(body[:length]) and length > 100:
            length = length * 9 // 10
        for language, unit in (("css", "/*}" * 7 + "\n"), ("cs", "a a\n ")):
            source = (unit * 4_000)[: 800 if language in code.SLOW else 4_000].rstrip()
            yield f"{name} and {language}", f"```{language}\n{source}\n```\n{body[:length]}"


def mixtures(count: int, seed: int) -> Iterator[tuple[str, str]]:
    rng = random.Random(seed)
    for number in range(count):
        pieces = rng.sample(PIECES, rng.choice([1, 2, 3, 5, 8]))
        length = rng.choice([500, 1_000, 2_000, 5_000, 10_000])
        unit = "".join(rng.choices(pieces, k=rng.choice([2, 5, 30, 10_000])))
        yield f"mixture {number} of {pieces}", (unit * length)[:length]


def cpu_ms(body: str, times: int = 1) -> float:
    start = time.process_time()
    for _ in range(times):
        markup.render(body)
    return (time.process_time() - start) * 1_000 / times


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bin/bench markup", description=__doc__)
    parser.add_argument("--mixtures", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)

    for name, body in ORDINARY.items():
        cpu_ms(body)
        print(f"{min(cpu_ms(body, 300) for _ in range(3)):10.4f} ms  {name}")

    for language in code.LANGUAGES:
        markup.render(f"```{language}\nx\n```")  # the first use compiles the lexer
    worst: list[tuple[float, str]] = []
    for kind, bodies in {
        "costly": COSTLY.items(),
        "cheap": CHEAP.items(),
        "code": slow_code(),
        "both": both(),
        "mixtures": mixtures(options.mixtures, options.seed),
    }.items():
        measured = sorted((min(cpu_ms(body) for _ in range(3)), name) for name, body in bodies)
        worst.append(measured[-1])
        print(f"\n{kind}, the worst of {len(measured)}")
        for ms, name in reversed(measured[-5:]):
            print(f"{ms:10.2f} ms  {name}")
    if max(worst)[0] > LIMIT:
        sys.exit(f"{max(worst)[1]} took {max(worst)[0]:.1f} ms, more than {LIMIT}")


if __name__ == "__main__":
    main(sys.argv[1:])
