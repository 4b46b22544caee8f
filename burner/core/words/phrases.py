"""What people read that is no error: words and sentences in English and Chinese. Pure.

The table is data, `phrases/*.toml`, as that of the codes is. A row is the Chinese of an
English text, or a name with both languages for a sentence with places to fill in; `one` is its
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
    """A phrase with its places filled in; one that has no row is its own English."""
    row = rows().get(key)
    text = row[language] if row else key
    return text.format(*values) if values else text


def counted_phrase(key: str, language: Language, number: int, *values: object) -> str:
    """A phrase about so many things, its places filled in."""
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
        """A phrase about so many things, its places filled in."""
        return counted_phrase(key, self.language, number, *values)


ENGLISH = Wording()
"""For what goes on record, and for scripts."""
