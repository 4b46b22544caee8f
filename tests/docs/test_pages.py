"""README and docs: each page listed once, each link and command real, the Chinese page a twin."""

import re
from collections import Counter
from pathlib import Path

import click
import pytest

from burner.cli.main import root
from tests.docs.guide import spelled

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
OF_EVERY_COMMAND = {"-h", "--help", "--version"}


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_readme_lists_every_page_once() -> None:
    linked = Counter(link.partition("#")[0] for link in links(README))
    others = [name(page) for page in PAGES if page not in (README, ROOT / "docs" / "adr")]
    # The start of the text may lead to a page as well.
    table = Counter(re.findall(r"\]\((\S+?\.md)\)", "".join(rows(README))))
    assert {page: table[page] for page in others} == dict.fromkeys(others, 1)
    assert set(linked) >= set(others)


def rows(page: Path) -> list[str]:
    return re.findall(r"^\|.*\n", page.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    wrong = []
    for link in links(page):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=name)
def test_every_command_and_option_of_a_page_exists(page: Path) -> None:
    wrong = [
        f"burner {' '.join(words)}: {why}"
        for words in spelled(page.read_text(encoding="utf-8"))
        if (why := unknown(words))
    ]
    assert wrong == []


def unknown(words: list[str]) -> str:
    """What of a command line does not exist; empty if all does."""
    command: click.Command = root
    options = spellings(root)
    for word in words:
        if word.startswith("-") and word.partition("=")[0] not in options | OF_EVERY_COMMAND:
            return f"no option {word}"
        if isinstance(command, click.Group) and not word.startswith("-"):
            if word in ("en", "zh", "…"):
                continue
            inner = command.get_command(click.Context(command), word)
            if inner is None:
                return f"no command {word}"
            command, options = inner, spellings(inner)
    return ""


def spellings(command: click.Command) -> set[str]:
    return {text for each in command.params for text in (*each.opts, *each.secondary_opts)}


def test_a_wrong_command_or_option_is_found() -> None:
    assert unknown(["burn", "--port", "COM3"]) == ""
    assert unknown(["burm"]) == "no command burm"
    assert unknown(["burn", "--prot", "COM3"]) == "no option --prot"


def shape(page: Path) -> list[str]:
    """What each line is: a heading, a row, a point, text, a block."""
    kinds = {"#": "heading", "|": "row", "*": "point", "`": "block", "": "empty"}
    lines = page.read_text(encoding="utf-8").splitlines()
    starts = [re.match(r"#+|\||\* |\d\.|```|", line) for line in lines]
    return [kinds.get(start[0][:1], start[0]) if start else "" for start in starts]


def test_the_chinese_operators_page_follows_its_twin_line_by_line() -> None:
    docs = ROOT / "docs"
    assert shape(docs / "operator.zh.md") == shape(docs / "operator.md")
