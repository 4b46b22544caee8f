"""A version that was made before in another way."""

from dataclasses import replace
from typing import Any

import pytest

from burner.core.segments import RegionClass, Segment
from burner.release.diff import MOST_SHOWN, UnitRecipe, keyless_regions
from burner.release.lint.reused_version import check_reused_version

APP = Segment("app", 0x10000, b"one")
KEY = Segment("fctry", 0xD000, b"secret", confidential=True)
PARTS = [{"name": "app", "offset": 0x10000, "size": 3, "sha256": "1" * 64, "class": "frozen"}]
INDEX: dict[str, Any] = {
    "profile": {"blank": ["nvs", "otadata"], "carrier": {"kind": "nvs", "namespace": "key"}},
    "parts": PARTS,
}
BEFORE = UnitRecipe("aa" * 32, INDEX, (), "0123456789abcdef", "WO1")


def differences(now: UnitRecipe, before: UnitRecipe = BEFORE) -> list[str]:
    warnings = check_reused_version("plug 1.0", now, [before], "plug.yaml:4 product.version")
    assert all(finding.warning and finding.code == "E188" for finding in warnings)
    return [finding.found for finding in warnings]


def changed_recipe(parts: object = PARTS, **profile: object) -> UnitRecipe:
    index = {"profile": {**INDEX["profile"], **profile}, "parts": parts}
    return UnitRecipe("bb" * 32, index, (), BEFORE.key)


def by_hand(release: str, *segments: Segment) -> UnitRecipe:
    """Of a batch whose record does not hold the index."""
    return UnitRecipe(release * 32, None, keyless_regions(segments), "", "WO1")


def test_the_same_release_with_the_same_key_is_nothing_to_say() -> None:
    assert differences(replace(BEFORE, batch="")) == []


@pytest.mark.parametrize(
    ("now", "named"),
    [
        (changed_recipe(blank=["nvs"]), "blank (nvs, otadata; now nvs)"),
        (
            changed_recipe(carrier={"kind": "nvs", "namespace": "x"}),
            "carrier.namespace (key; now x)",
        ),
        (changed_recipe(name={"template": "P-{mac}"}), "name.template (nothing; now P-{mac})"),
        (
            changed_recipe(parts=[{**PARTS[0], "sha256": "2" * 64}]),
            "part app (sha256 1111111111111111…; now sha256 2222222222222222…)",
        ),
        (
            replace(BEFORE, key="fedcba9876543210"),
            "product key (fingerprint 0123456789abcdef; now fedcba9876543210)",
        ),
    ],
    ids=["blank", "carrier", "name", "part", "key"],
)
def test_what_differs_is_named_with_before_and_now(now: UnitRecipe, named: str) -> None:
    assert differences(now) == [f"batch WO1 of plug 1.0 had another {named}"]


def test_another_quantity_makes_no_unit_another_one() -> None:
    assert differences(changed_recipe(quantity=5)) == []


def test_another_expectation_of_the_platform_makes_no_unit_another_one() -> None:
    assert differences(changed_recipe(registration={"names": "automatic"})) == []


def test_a_key_that_is_not_known_here_is_not_compared() -> None:
    assert differences(replace(BEFORE, key="")) == []


def test_of_many_differences_the_first_are_named_and_the_rest_counted() -> None:
    changed = {f"setting{n}": n for n in range(MOST_SHOWN + 2)}
    assert differences(changed_recipe(**changed))[0].endswith(", and 2 more")


@pytest.mark.parametrize(
    ("segments", "named"),
    [
        ([replace(APP, data=b"two"), KEY], "part app (sha256 "),
        ([replace(APP, data=b"two", kind=RegionClass.MUTABLE), KEY], "part app (frozen, sha256 "),
        ([APP], "part fctry (0xd000, 6 bytes, frozen; now nothing)"),
        ([APP, replace(KEY, offset=0xE000)], "part fctry (0xd000; now 0xe000)"),
        ([APP, replace(KEY, data=b"others")], "setting that is not on record (release aa"),
    ],
    ids=["bytes", "class", "gone", "moved", "only the digest"],
)
def test_without_an_index_on_record_regions_are_compared(
    segments: list[Segment], named: str
) -> None:
    (found,) = differences(by_hand("bb", *segments), by_hand("aa", APP, KEY))
    assert found.startswith(f"batch WO1 of plug 1.0 had another {named}")
