"""The canonical body of a record: JSON text that is the same, byte for byte, wherever it is made.

UTF-8, keys sorted, no white space, no floats: durations are integers of milliseconds, moments are
UTC in ISO 8601 with six digits of a second and `Z`. Written down for strangers in
docs/manifest.md.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import orjson

VERSION = 1
"""Version of the body, in every head as `v`."""

EXACT = 2**53
"""Integers at or beyond this are written as text: not every JSON reader keeps them."""


def utc(moment: datetime) -> str:
    """`2025-01-31T12:00:00.000000Z`. The moment must know its zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment in the manifest has a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The other way round."""
    return datetime.fromisoformat(text)


def milliseconds(seconds: float) -> int:
    """Durations as bodies hold them."""
    return round(seconds * 1000)


def dumps(value: Any) -> str:
    """Canonical JSON of plain values (dict, list, str, int, bool, None).

    The fast twin of `burner.canonical.canonical`, the definition: a test compares their bytes.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def plain(value: Any) -> Any:
    """Values as the canonical body can hold them.

    A float, an integer that does not fit 53 bits and anything without a JSON form become text;
    lone surrogates become `?`, bytes hex. Nothing is refused: evidence must not stop a line.
    """
    kind = type(value)
    if kind is str and value.isascii():
        return value
    if value is None or kind is bool:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
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


def loads(body: str | bytes) -> dict[str, Any]:
    """A body as a dict. Raises ValueError when it is not a JSON object."""
    value = orjson.loads(body)
    if not isinstance(value, dict):
        raise ValueError("a body is a JSON object")
    return value
