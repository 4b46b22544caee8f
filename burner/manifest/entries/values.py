"""Values as a canonical body holds them.

There are no floats: durations are integers of milliseconds, moments are UTC in ISO 8601 with
microseconds and `Z`. docs/manifest.md documents this.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

EXACT = 2**53
"""Integers from here on are written as text: some JSON readers round them."""


def utc(moment: datetime) -> str:
    """`2025-01-31T12:00:00.000000Z`. The moment must know its zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment in the manifest has a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """A moment from the text that `utc` makes."""
    return datetime.fromisoformat(text)


def utc_minute(at: str) -> str:
    """`2026-12-31 10:00 UTC`, from the text that `utc` makes."""
    return f"{at[:16].replace('T', ' ')} UTC"


def plain(value: Any) -> Any:
    """Values as a canonical body can hold them.

    A float, an integer that does not fit 53 bits and anything without a JSON form become text;
    lone surrogates become `?`, bytes hex. Nothing is refused: evidence must not stop a line.
    """
    if value is None or type(value) is bool:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, int):
        return int(value) if abs(value) < EXACT else str(value)
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(value[key]) for key in value}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, bytes):
        return value.hex()
    return plain(str(value))


def is_plain_value(value: Any) -> bool:
    """Whether free JSON of a body holds only what `plain` gives."""
    if isinstance(value, dict):
        return all(map(is_plain_value, value.values()))
    if isinstance(value, list):
        return all(map(is_plain_value, value))
    if isinstance(value, int):
        return abs(value) < EXACT
    return not isinstance(value, float)
