"""How much of the tests of a unit its record holds. Pure.

The check of a profile and the test of a unit ask the same limits.
"""

from dataclasses import asdict
from functools import lru_cache
from typing import Final

from burner.core.canonical_json import canonical
from burner.core.measurements import TestResult, TestTry

MAX_SIZE: Final = 45_000
"""Bytes of the results of one unit: a record has at most 60,000."""
MAX_MEASURED: Final = 300
"""Values of one unit."""
MAX_VALUE: Final = 200
"""Characters of a value."""
MAX_NUMBER: Final = 40
"""Characters of a number that a program measures."""
MAX_DETAIL: Final = 500
"""Characters of a detail."""


@lru_cache(maxsize=1024)  # asked of every result of a unit after each of its tests
def size_on_record(result: TestResult | TestTry) -> int:
    """Bytes of a result on record, nearly."""
    return len(canonical(asdict(result)))


def cut_detail(detail: str, length: int = MAX_DETAIL) -> str:
    """A detail, as long as a record may have it."""
    return detail if len(detail) <= length else f"{detail[: length - 1]}…"
