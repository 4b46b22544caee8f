"""README and docs: each page listed once, each link real, the Chinese page a twin."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> list[str]:
    prose = re.sub(r"^```.*?^```$", "", text(page), flags=re.M | re.S)
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.*)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_tables_of_the_readme_list_every_page_once() -> None:
    rows = re.findall(r"^\|.*\n", text(README), re.MULTILINE)
    listed = Counter(re.findall(r"\]\(([^)\s]+\.md)\)", "".join(rows)))
    assert listed == Counter(name(page) for page in PAGES if page != README)


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


def shape(page: Path) -> list[str]:
    """What each line is: a heading, a row, a point, text, a block."""
    kinds = {"#": "heading", "|": "row", "*": "point", "`": "block", "": "empty"}
    lines = text(page).splitlines()
    starts = [re.match(r"#+|\||\* |\d\.|```|", line) for line in lines]
    return [kinds.get(start[0][:1], start[0]) if start else "" for start in starts]


def test_the_chinese_operators_page_follows_its_twin_line_by_line() -> None:
    docs = ROOT / "docs"
    assert shape(docs / "operator.zh.md") == shape(docs / "operator.md")


def test_every_file_that_the_design_names_exists() -> None:
    named = set(re.findall(r"`([\w/]+\.(?:py|json))`", text(ROOT / "docs" / "design.md")))
    paths = [f"/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("[bt]*/**/*.*")]
    assert {name for name in named if not any(path.endswith(f"/{name}") for path in paths)} == set()
