"""The documents say what the code does, and what they point to is there."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = (ROOT / "chatsite/settings.py").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]


def variables() -> set[str]:
    """What the settings read from the environment."""
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
    for prefix in re.findall(r'^sign_in_with\(\s*"\w+",\s*"([A-Z]+)"', SETTINGS, re.M):
        read |= {f"{prefix}_CLIENT_ID", f"{prefix}_CLIENT_SECRET"}
    return read


def test_each_variable_is_in_the_table_of_operations():
    told = re.findall(r"^\| `([A-Z_]+)` \|", OPERATIONS, re.M)
    assert sorted(told) == sorted(variables())


def test_each_variable_is_in_the_example():
    example = (ROOT / ".env.example").read_text()
    told = re.findall(r"^# ?([A-Z_]+)=", example, re.M)
    assert sorted(told) == sorted(variables())


def test_limits_are_told_as_they_are():
    limits = dict(re.findall(r'"(LIMIT_\w+)", default="(.*?)"', SETTINGS))
    assert limits == dict(re.findall(r"^\| `(LIMIT_\w+)` \| `(.*?)` \|", OPERATIONS, re.M))
    example = (ROOT / ".env.example").read_text()
    assert limits == dict(re.findall(r"^# ?(LIMIT_\w+)=(.*)$", example, re.M))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_named_exist(page):
    text = page.read_text()
    assert set(re.findall(r"manage\.py ([a-z]+)", text)) <= get_commands().keys()
    for path in re.findall(r"(?<![\w/.-])\.?/?(bin/[\w-]+)", text):
        assert path.startswith("bin/python") or (ROOT / path).exists(), path


def test_both_readmes_show_the_same_commands():
    english, chinese = (
        re.findall(r"```\w*\n(.*?)```", (ROOT / name).read_text(), re.S)
        for name in ("README.md", "README.zh-CN.md")
    )
    local = "LANGUAGE_CODE=zh-hans\nTIME_ZONE=Asia/Shanghai\n"
    assert english == [block.replace(local, "") for block in chinese]


# The floors of docs/architecture.md -------------------------------------------------------------


def floors() -> dict[str, int]:
    """Each module or folder of the table, and its floor, counted from above."""
    table = re.findall(r"^\| \w[\w-]* \| (`.*?`) \| ", ARCHITECTURE, re.M)
    return {path: n for n, cell in enumerate(table) for path in re.findall(r"`(.*?)`", cell)}


def modules() -> list[Path]:
    found = [
        path for app in ("accounts", "chat", "chatsite") for path in ROOT.glob(f"{app}/**/*.py")
    ]
    return [path for path in found if path.stat().st_size and "migrations" not in path.parts]


def floor_of(path: str) -> int | None:
    return next((n for part, n in floors().items() if path.startswith(part)), None)


def imports_of(path: Path) -> set[str]:
    """The modules of ours that a module imports, as paths."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    paths = {name.replace(".", "/") for name in names}
    files = {f"{name}.py" for name in paths} | {f"{name}/__init__.py" for name in paths}
    ours = {module.relative_to(ROOT).as_posix() for module in modules()}
    return files & ours


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_imports_from_a_floor_above(path):
    own = floor_of(path.relative_to(ROOT).as_posix())
    assert own is not None, "docs/architecture.md does not say where this module is"
    above = {other for other in imports_of(path) if floor_of(other) < own}
    assert not above
