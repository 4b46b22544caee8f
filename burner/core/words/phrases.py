"""Texts for people that are no errors: words and sentences in English and Chinese. Pure.

The table is data, `phrases/*.toml`, like the table of the codes. The key of a row is the English
text, or a name for a sentence with places to fill in, which then has both languages. `one` is the
English for a single thing.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from burner.core.words.language import Language

PhraseRow = Mapping[str, str]


@cache
def rows() -> Mapping[str, PhraseRow]:
    """Every row, by its key."""
    rows: dict[str, str | PhraseRow] = {}
    for entry in resources.files("burner.core.words").joinpath("phrases").iterdir():
        if entry.name.endswith(".toml"):
            rows |= tomllib.loads(entry.read_text(encoding="utf-8"))
    return {
        key: {"en": key, "zh": row} if isinstance(row, str) else row for key, row in rows.items()
    }


def phrase(key: str, language: Language, *values: object) -> str:
    """A phrase with its places filled in. A phrase without a row is its own English."""
    row = rows().get(key)
    text = row[language] if row else key
    return text.format(*values) if values else text


def counted_phrase(key: str, language: Language, number: int, *values: object) -> str:
    """A phrase about a number of things, with its places filled in."""
    text = rows()[key]["one"] if number == 1 and language == "en" else phrase(key, language)
    return text.format(*values)


@dataclass(frozen=True)
class Wording:
    """Phrases in one language: `say("Open units")`."""

    language: Language = "en"

    def __call__(self, key: str, *values: object) -> str:
        """A phrase with its places filled in."""
        return phrase(key, self.language, *values)

    def counted(self, key: str, number: int, *values: object) -> str:
        """A phrase about a number of things, with its places filled in."""
        return counted_phrase(key, self.language, number, *values)


ENGLISH = Wording()
"""For what goes on record, and for scripts."""
