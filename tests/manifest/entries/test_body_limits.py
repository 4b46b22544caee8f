"""What is written as a record can be read as one: the writer checks before anything is signed."""

import pytest

from burner.core.errors import BurnerError
from burner.manifest.entries import body
from burner.manifest.entries.entry import MAX_TEXT
from burner.manifest.entries.kinds import LogBegun


def begun(reason: str) -> LogBegun:
    return LogBegun(
        at="2026-01-05T08:00:00.000000Z",
        nonce="0" * 32,
        station="line1",
        origin="burner/0123456789abcdef",
        key="",
        reason=reason,
    )


def test_a_text_of_the_greatest_length_is_read_again() -> None:
    entry = begun("x" * MAX_TEXT)
    assert body.read(body.write(entry)) == entry


def test_a_longer_text_is_not_written() -> None:
    with pytest.raises(BurnerError, match=r"^E759: .*reason"):
        body.write(begun("x" * (MAX_TEXT + 1)))
