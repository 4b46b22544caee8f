"""A unit is compared with its record where nobody has the secret: by its fingerprint there."""

from dataclasses import replace
from pathlib import Path

import pytest

from burner.burn import verify
from burner.burn.comparison import Comparison, ComparisonVerdict
from burner.burn.key_comparison import CONFIGURATION
from burner.core.attempt import Record
from burner.core.secrets.secret import Secret
from burner.provisioning.key_config import KeyConfig
from burner.release.opening import open_keyless, open_release
from burner.release.release import KeylessRelease, Release
from tests.burn.one_slot import Line
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.images import PRODUCT_ID, SECRET, write_product

NAMED = "{kind: nvs, preset: esp-qcloud, keys: {device_name: device_name}}"
OTHER = Secret(SECRET[::-1].encode())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A product whose flash holds the name; the secret is with the line alone."""
    path = write_product(tmp_path, carrier=NAMED)
    path.with_name("secret.txt").unlink()
    return path


@pytest.fixture
def release(source: Path) -> Release:
    return open_release(source, Secret(SECRET.encode()))


@pytest.fixture
def keyless(source: Path) -> KeylessRelease:
    return open_keyless(source)


def key_of(board: FakeBoard, record: Record, release: KeylessRelease) -> Comparison:
    comparisons = verify.compare_with_record(FakeDevice(board), board.silicon, record, release)
    (comparison,) = (check for check in comparisons if check.what == CONFIGURATION)
    return comparison


def put(board: FakeBoard, release: Release, key: KeyConfig) -> None:
    """Write another key configuration where the release has its own."""
    other = replace(release, key=replace(key, device_name=""))
    for segment in other.named_segments(key.device_name):
        board.flash.erase(segment.offset, len(segment.data))
        board.flash.program(segment.offset, segment.data)


def test_the_key_of_the_record_is_the_same_without_the_secret(
    line: Line, keyless: KeylessRelease
) -> None:
    record = line.burn(FakeDevice(board := FakeBoard()))
    comparison = key_of(board, record, keyless)
    assert comparison.verdict is ComparisonVerdict.SAME
    assert comparison.why == f"{PRODUCT_ID} {record.attempt.device_name}"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"product_secret": OTHER}, "secret"),
        ({"product_id": "ABCDEFGHIJ"}, "ProductID"),
        ({"device_name": "another-one"}, "name"),
        ({"product_secret": OTHER, "device_name": "x"}, "secret, name"),
    ],
)
def test_what_is_another_one_is_named_and_not_shown(
    line: Line,
    release: Release,
    keyless: KeylessRelease,
    changes: dict[str, str | Secret],
    named: str,
) -> None:
    record = line.burn(FakeDevice(board := FakeBoard()))
    key = release.key_for(record.attempt.device_name)
    put(board, release, replace(key, **changes))  # type: ignore[arg-type]
    for opened in (keyless, release):
        comparison = key_of(board, record, opened)
        assert comparison.verdict is ComparisonVerdict.DIFFERS
        assert comparison.why == f"decoded, with another {named}"


def test_a_key_that_is_gone_differs(line: Line, release: Release, keyless: KeylessRelease) -> None:
    record = line.burn(FakeDevice(board := FakeBoard()))
    (segment,) = release.named_segments("x")
    board.flash.erase(segment.offset, len(segment.data))
    assert key_of(board, record, keyless) == Comparison(
        CONFIGURATION, ComparisonVerdict.DIFFERS, "gone"
    )


def test_a_unit_of_an_earlier_secret_is_still_what_its_record_says(
    line: Line, source: Path
) -> None:
    record = line.burn(FakeDevice(board := FakeBoard()))
    today = open_release(source, OTHER)
    assert key_of(board, record, today).verdict is ComparisonVerdict.SAME


def test_without_a_fingerprint_on_record_the_secret_is_needed(
    line: Line, release: Release, keyless: KeylessRelease
) -> None:
    record = line.burn(FakeDevice(board := FakeBoard()))
    older = replace(record, result=replace(record.result, evidence={}))
    comparison = key_of(board, older, keyless)
    assert (comparison.verdict, "--secret" in comparison.why) == (ComparisonVerdict.LEFT_OUT, True)
    assert key_of(board, older, release).verdict is ComparisonVerdict.SAME
