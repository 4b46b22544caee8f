"""A version that was made before with other bytes."""

from dataclasses import replace
from typing import Any

import pytest

from burner.advice import same_version_other_bytes
from burner.model import RegionClass, Segment
from tests.manifest.records import an_attempt

APP = Segment("app", 0x10000, b"one")
BEFORE = an_attempt(batch="WO1", profile="plug 1.0", regions=(APP.region(),))


def codes(segment: Segment, title: str = "plug 1.0") -> list[str]:
    found = same_version_other_bytes(title, [segment], [BEFORE], "plug.yaml:4 product.version")
    assert all(finding.warning for finding in found)
    return [finding.code for finding in found]


def test_the_same_bytes_again_are_nothing_to_say() -> None:
    assert codes(APP) == []


def test_other_bytes_of_the_same_version_are() -> None:
    assert codes(replace(APP, data=b"two")) == ["E188"]


def test_a_new_version_may_have_new_bytes() -> None:
    assert codes(replace(APP, data=b"two"), "plug 1.1") == []


@pytest.mark.parametrize(
    "changes",
    [{"confidential": True}, {"kind": RegionClass.MUTABLE}, {"name": "new-part"}],
    ids=["holds the key", "changes by itself", "was not there before"],
)
def test_what_may_differ_is_not_compared(changes: dict[str, Any]) -> None:
    assert codes(replace(APP, data=b"two", **changes)) == []
