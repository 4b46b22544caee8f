"""Numbers of things in English sentences."""

import re
from pathlib import Path

import pytest

from burner.core.words.plural import counted

PACKAGE = Path(__file__).parents[3] / "burner"
NOUNS = "attempt|record|head|log|unit|row|slot|board|cosignature|error|file|value|column"


@pytest.mark.parametrize(("number", "text"), [(0, "0 records"), (1, "1 record"), (2, "2 records")])
def test_one_thing_is_singular(number: int, text: str) -> None:
    assert counted(number, "record") == text


def test_no_sentence_counts_things_by_itself() -> None:
    """`f"{n} records"` says `1 records` some day."""
    written = {
        f"{path.relative_to(PACKAGE)}: {match[0]}"
        for path in PACKAGE.rglob("*.py")
        for match in re.finditer(
            rf"\{{[^{{}}]+\}} (?:{NOUNS})(?:s|\(s\))\b", path.read_text(encoding="utf-8")
        )
    }
    assert written == {"manifest/exchange/certificate.py: {len(matches)} units"}  # none, or several
