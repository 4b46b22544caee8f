"""Every command that burner prints, or a document names, is one that burner has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from burner.cli.main import COMMANDS
from tests.cli.command_tree import commands, options

ROOT = Path(__file__).parents[2]
TREE = dict(commands())
TEXTS = [
    *(ROOT / "burner").rglob("*.toml"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / name for name in ("README.md", "CHANGELOG.md")),
]
GROUPS = {path[0] for path, command in TREE.items() if isinstance(command, click.Group)}
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
COMMAND = re.compile(r"(?:^|(?<!install)[`\s(])burner ([a-z-][^`\n#]*)")
PROSE = re.compile(r"\bburner ([a-z]+(?: [a-z]+)?\b[^`\n.。，；;:：)）]*)")
GROUP_AND_COMMAND = re.compile(rf"`((?:{'|'.join(sorted(GROUPS))}) [a-z]+\b[^`\n]*)`")
NO_COMMANDS = ("key configuration", "key enrolment", "manifest key", "log export")
"""Other words that are written like one."""
GLOBAL = {"--lang", "--version", "--help"}


def wrong_in(words: list[str]) -> str:
    """What is no command or option of burner; empty where all is."""
    if words[:1] == ["--lang"]:
        words = words[2:]
    if not words or " ".join(words[:2]) in NO_COMMANDS:
        return ""
    path = tuple(words[:1])
    if path not in TREE:
        return "" if words[0].startswith("-") and words[0] in GLOBAL else f"no command {words[0]}"
    if isinstance(TREE[path], click.Group):
        if len(words) == 1 or not re.fullmatch("[a-z]+", words[1]):
            return ""
        path = tuple(words[:2])
        if path not in TREE:
            return f"no command {' '.join(path)}"
    known = {name for option in options(TREE[path]) for name in option.opts}
    used = {re.sub(r"[=,.)…].*", "", word) for word in words[2:] if re.match(r"--?[a-z]", word)}
    unknown = used - known - GLOBAL
    return f"{' '.join(path)}: no option {', '.join(sorted(unknown))}" if unknown else ""


def in_text(text: str) -> Iterator[str]:
    """Commands in code, and those in a sentence that begin with a command's name."""
    for code in CODE.findall(text):
        yield from COMMAND.findall(code)
        yield from GROUP_AND_COMMAND.findall(code)
    for command in PROSE.findall(CODE.sub("`", text)):
        if command.split()[0] in COMMANDS:
            yield command


def in_program(path: Path) -> Iterator[str]:
    """Commands in the texts of a module, but for docstrings; a value stands as X."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "X" for p in node.values)
            text = "".join(str(part) for part in parts)
        for command in re.findall(r"(?:^|[`\s(])burner ([a-z]+[^`\n.;)]*)", text):
            if command.split()[0] in COMMANDS:
                yield command


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_a_command_in_a_text_is_one_of_burner(path: Path) -> None:
    named = list(in_text(path.read_text(encoding="utf-8")))
    assert [wrong for command in named if (wrong := wrong_in(command.split()))] == []


def test_a_command_in_a_message_of_the_program_is_one_of_burner() -> None:
    named = [
        (path.name, command)
        for path in (ROOT / "burner").rglob("*.py")
        for command in in_program(path)
    ]
    assert len(named) > 20
    assert [f"{where}: {w}" for where, command in named if (w := wrong_in(command.split()))] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Run `burner manifest keys show`.", "no command manifest keys"),
        ("Run `burner burn x.burn --station-fil y`.", "burn: no option --station-fil"),
        ("Run `burner brun x.burn`.", "no command brun"),
        ("See `batch shut`.", "no command batch shut"),
        ("运行 burner key mak 工站名 --again 生成", "no command key mak"),
        ("```\nburner --lang zh burn x.burn --wach   # all day\n```", "burn: no option --wach"),
        ("Run `burner batch close WO1 --operator ID -o evidence/`: burner writes it.", ""),
    ],
)
def test_a_command_that_is_none_is_found(text: str, wrong: str) -> None:
    problems = [wrong_in(command.split()) for command in in_text(text)]
    assert [problem for problem in problems if problem] == ([wrong] if wrong else [])
