"""A body is read in its one form only, whoever made it."""

import json
from typing import Any

import pytest

from burner.core.errors import BurnerError
from burner.manifest.entries.body import canonical_json, read, write
from burner.manifest.entries.kinds import KeyWithdrawn

ENTRY = KeyWithdrawn(
    at="2025-01-31T08:00:00.000000Z",
    nonce="0f" * 16,
    station="line1",
    key_id="0123abcd",
    operator="qa",
    reason="lost",
)


def body(**changes: Any) -> bytes:
    """The record with other values, in canonical form."""
    return canonical_json({**json.loads(write(ENTRY)), **changes}).encode()


def test_a_record_is_read_as_it_was_written() -> None:
    assert read(write(ENTRY)) == ENTRY
    assert body() == write(ENTRY)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": ENTRY.at + "\n"},
        {"at": ENTRY.at.replace("8", "٨")},
        {"at": "2025-01-31T08:00:00Z"},
        {"nonce": "0f" * 16 + "\n"},
        {"nonce": "0F" * 16},
        {"nonce": "0f" * 15},
        {"key_id": "0123abcd\n"},
        {"key_id": "٠١٢٣٤٥٦٧"},
        {"key_id": 1},
        {"operator": "x" * 1001},
        {"operator": None},
        {"more": ""},
        {"kind": "key-lost"},
        {"v": 2},
    ],
)
def test_another_value_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BurnerError) as caught:
        read(body(**changes))
    assert caught.value.code == "E713"


@pytest.mark.parametrize("ending", [b"\n", b" ", b"{}", b"\x00"])
def test_nothing_stands_behind_a_body(ending: bytes) -> None:
    with pytest.raises(BurnerError):
        read(write(ENTRY) + ending)
