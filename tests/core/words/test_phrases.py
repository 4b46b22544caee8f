"""The table of phrases: both languages, each row used, each use a row, and the operator's words."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from burner.cli.board.tiles import WAITING
from burner.cli.board.words import SHAPES, state_word
from burner.core.words.language import Language
from burner.core.words.phrases import phrase, rows
from burner.station.events import SlotState

ROOT = Path(__file__).parents[3]
parse = Formatter().parse
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@cache
def nodes() -> tuple[ast.AST, ...]:
    sources = (ROOT / "burner").rglob("*.py")
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sources]
    return tuple(node for tree in trees for node in ast.walk(tree))


def test_every_phrase_that_is_spoken_has_a_row() -> None:
    spoken = {
        node.args[0].value
        for node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("phrase", "say")
        and isinstance(node.args[0], ast.Constant)
    }
    assert spoken <= set(rows())


def test_every_row_is_used() -> None:
    texts = {node.value for node in nodes() if isinstance(node, ast.Constant)}
    made = {f"{key.split()[0]} " for key in rows()} & texts  # as in f"short {state.value}"
    assert [key for key in rows() if key not in texts and f"{key.split()[0]} " not in made] == []


def test_a_key_stands_in_one_file_only() -> None:
    files = [
        tomllib.loads(path.read_text("utf-8"))
        for path in (ROOT / "burner/core/words/phrases").glob("*.toml")
    ]
    assert len(files) > 1
    assert sum(map(len, files)) == len(rows())


@pytest.mark.parametrize("key", rows())
def test_a_row_is_chinese_with_the_same_places_to_fill_in(key: str) -> None:
    row = rows()[key]
    assert re.search("[\u3000-\u9fff\uff00-\uffef]", row["zh"])
    places = [
        sum(name is not None for _, name, _, _ in parse(row[language])) for language in LANGUAGES
    ]
    assert places[0] == places[1]


def test_what_has_no_row_is_its_own_english() -> None:
    assert phrase("no such phrase", "zh") == "no such phrase"
    assert phrase("try", "en", 3) == "try 3"


@pytest.mark.parametrize(("page", "language"), [("operator.md", "en"), ("operator.zh.md", "zh")])
def test_the_operators_page_has_the_words_and_shapes_of_the_board(
    page: str, language: Language
) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    table = re.findall(r"^\| (`[^|]*)\|", text, re.MULTILINE)
    shown = re.findall("`([^`]*)`", " ".join(table))
    states = [f"{SHAPES[s]} {state_word(s, language)}" for s in SlotState]
    waits = [f"{SHAPES[SlotState.SEEN]} {phrase(word, language)}" for word in WAITING]
    tests = f"{SHAPES[SlotState.BURNING]} {phrase('TEST', language)}"
    aside = [
        f"{SHAPES[SlotState.ERROR]} {phrase(word, language)}" for word in ("NO NAME", "NOT HERE")
    ]
    assert sorted(shown) == sorted([*states, *waits, tests, *aside])
