"""What is written as a record can be read as one: the writer checks before anything is signed."""

from typing import Any

import pytest

from burner.core.errors import BurnerError
from burner.manifest.entries import body
from burner.manifest.entries.entry import MAX_TEXT
from burner.manifest.entries.kinds import LogBegun
from burner.manifest.entries.release_kinds import PolicySet
from burner.manifest.writing.first_policy import policy_fields
from burner.release.acceptance import MOST_BYTES, StationPolicy, unusable
from tests.release.envelope.signers import signer


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


def test_the_longest_policy_goes_on_record() -> None:
    digests = [f"{number:064x}" for number in range(MOST_BYTES // 69)]
    policy = StationPolicy({"alice": signer("alice").key}, withdrawn=tuple(digests[:-8]))
    assert not unusable(policy)
    fields: dict[str, Any] = policy_fields(policy, "长" * MAX_TEXT, "长" * MAX_TEXT, "x" * 8192)
    at = "2026-01-05T08:00:00.000000Z"
    body.write(PolicySet(at=at, nonce="0" * 32, station="line1", **fields))
