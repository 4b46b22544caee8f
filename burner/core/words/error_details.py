"""The details of errors in the reader's language. On record and for scripts they are in English.

A detail is made of parts with colons between them. A row of `error_details.toml` has the English
form of a part and its Chinese; what is filled in may have a row itself. A part without a row stays
as it is: ids, places, and the messages of a database. A sentence without a row is not half
translated.
"""

import re
import tomllib
from functools import cache
from importlib import resources

from burner.core.words.language import Language

FEW = 7
"""Letters of a form that fits many a sentence, at most: `{} or {}`, `{} is empty`, `batch {}`."""
ENGLISH_WORDS = re.compile(r"(?<![\w/\\])[a-z]{2,} [a-z]{2,}(?![\w/\\])")


def detail_in(language: Language, detail: str) -> str:
    """A detail as people read it."""
    return _chinese(detail) if language == "zh" else detail


@cache
def forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """English form and Chinese of every row, the most specific form first."""
    text = (
        resources.files("burner.core.words")
        .joinpath("error_details.toml")
        .read_text(encoding="utf-8")
    )
    rows = tomllib.loads(text)
    order = sorted(rows, key=lambda form: (form.startswith("{}"), -len(form.replace("{}", ""))))
    return tuple((_pattern(form), rows[form]) for form in order)


def _pattern(form: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, form.split("{}"))), re.DOTALL)


def _chinese(text: str) -> str:
    parts = text.split(": ")
    chinese = [_part(part) for part in parts]
    known = [new != old for new, old in zip(chinese, parts, strict=True)]
    colons = ["：" if any(known[at : at + 2]) else ": " for at in range(len(parts) - 1)]
    return "".join(f"{part}{colon}" for part, colon in zip(chinese, [*colons, ""], strict=True))


def _part(text: str) -> str:
    for pattern, chinese in forms():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        filled = [_part(group) for group in match.groups()]
        if _has_few_letters(pattern) and any(map(ENGLISH_WORDS.search, filled)):
            continue
        return chinese.format(*filled)
    return text


@cache
def _has_few_letters(pattern: re.Pattern[str]) -> bool:
    return sum(map(str.isalpha, pattern.pattern.replace("(.+?)", ""))) <= FEW
