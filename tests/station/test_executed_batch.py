"""A batch whose units execute the burned program: what it prints and answers is on record.

A unit in which something else runs than what was verified is named, by its answer or by a line.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from burner.bench.firmware.first_boot import ota_entry
from burner.bench.unit.unit_spec import mac_for
from burner.core.secrets.secret import Secret
from burner.release.opening import open_release
from tests.runs import PROFILE, ROOT, burner, manifest

pytest.importorskip("unicorn")

Attempt = Mapping[str, Any]
"""As `manifest list --json` has it."""

OTHER_SECRET = {"faults": [{"kind": "stale-key"}]}
OTHER_PRODUCT = {"faults": [{"kind": "stale-key", "product_id": "A1B2C3D4E5"}]}
OLD_KEY = Secret(b"OldSecretOfThisProduct01")
FCTRY, OTADATA, FLASH_SIZE = 0x15000, 0x1D000, 4 << 20
"""Of the table of the example."""


def name_of(number: int) -> str:
    """The name of board `number`."""
    return mac_for(1, number - 1).octets.hex().upper()


def with_flash(folder: Path, number: int, offset: int, data: bytes) -> None:
    """Board `number` comes with this in its flash."""
    flash = bytearray(b"\xff") * FLASH_SIZE
    flash[offset : offset + len(data)] = data
    (folder / "flash").mkdir(exist_ok=True)
    (folder / "flash" / f"{name_of(number).lower()}.flash").write_bytes(flash)


def changed(folder: Path, **fields: object) -> Path:
    """The profile of the example with other fields, and a shorter wait for its lines."""
    text = PROFILE.read_text(encoding="utf-8").replace(
        "../firmware", (ROOT / "firmware").as_posix()
    )
    path = folder / "changed.yaml"
    profile = {**yaml.safe_load(text), **fields}
    profile["boot"]["timeout_s"] = 1.5
    path.write_text(yaml.safe_dump(profile), encoding="utf-8")
    return path


def ends(
    folder: Path, units: Sequence[Mapping[str, Any]], profile: Path = PROFILE, slots: int = 3
) -> dict[int, Attempt]:
    """The last attempt of each board, by its number; each start of a burned flash was executed."""
    boards = sum(unit.get("repeat", 1) for unit in units)
    bench = {"slots": slots, "boards": boards, "keep": "flash", "units": list(units)}
    (folder / "bench.yaml").write_text(yaml.safe_dump(bench), encoding="utf-8")
    simulated = ("--bench", "bench.yaml", "--count", str(boards))
    run = burner(folder, "burn", profile, "--yes", "--batch", "WO1", *simulated)
    (starts,) = re.findall(r"^simulated starts: (.*)$", run.stdout, re.MULTILINE)
    assert re.fullmatch(r"\d+ executed", starts), starts
    numbers = {str(mac_for(1, number - 1)): number for number in range(1, boards + 1)}
    ended = {numbers[attempt["unit_id"]]: attempt for attempt in manifest(folder)}
    assert len(ended) == boards
    return dict(sorted(ended.items()))


def is_as_recorded(attempt: Attempt) -> bool:
    """Whether the unit printed and proved what is on record."""
    seen = attempt["evidence"]
    return (
        attempt["outcome"] == "PASS"
        and seen["challenge"] == "answered"
        and (seen["firmware_device_name"], seen["firmware_product_id"])
        == (attempt["device_name"], "7QKX2MPD0C")
    )


def test_a_unit_with_another_key_than_the_verified_one_is_named(tmp_path: Path) -> None:
    ended = ends(tmp_path, [{}, OTHER_SECRET, OTHER_PRODUCT])
    assert is_as_recorded(ended[1])
    assert ended[1]["device_name"] == name_of(1)
    assert (ended[2]["code"], ended[2]["detail"]) == (
        "E630",
        "differs: the secret or its answer from what it prints",
    )
    assert (ended[3]["code"], ended[3]["detail"]) == (
        *("E604", "firmware says 'A1B2C3D4E5', burned was '7QKX2MPD0C'"),
    )
    assert burner(tmp_path, "manifest", "verify").returncode == 0


def test_a_key_that_the_firmware_does_not_read_is_named(tmp_path: Path) -> None:
    """The profile burns it elsewhere: the firmware finds what an earlier line left, or nothing."""
    (old,) = (s for s in open_release(PROFILE, OLD_KEY).payload(name_of(1)) if s.offset == FCTRY)
    with_flash(tmp_path, 1, FCTRY, old.data)
    elsewhere = {"kind": "nvs", "partition": "log_status", "namespace": "qcloud-key"}
    ended = ends(tmp_path, [{}, {}], changed(tmp_path, carrier=elsewhere))
    assert (ended[1]["code"], ended[1]["detail"]) == (
        "E630",
        "differs: the secret or its answer from what it prints",
    )
    assert ended[2]["code"] == "E605"
    assert "no product configuration in fctry" in ended[2]["detail"]


def test_another_name_rule_and_another_application_are_named(tmp_path: Path) -> None:
    with_flash(tmp_path, 2, OTADATA, ota_entry(2))
    profile = changed(tmp_path, name={"template": "p-{mac}"}, blank=["nvs"])
    ended = ends(tmp_path, [{}, {}], profile)
    says = f"firmware says '{name_of(1)}', burned was 'p-{name_of(1)}'"
    assert (ended[1]["code"], ended[1]["detail"]) == ("E603", says)
    assert (ended[2]["code"], ended[2]["detail"]) == (
        *("E621", "burned was ota_0, selected is ota_1"),
    )


@pytest.mark.full
def test_a_batch_of_32_prints_and_proves_what_its_manifest_says(tmp_path: Path) -> None:
    units: list[Mapping[str, Any]] = [
        {"repeat": 28},
        OTHER_SECRET,
        OTHER_PRODUCT,
        OTHER_SECRET,
        OTHER_PRODUCT,
    ]
    ended = ends(tmp_path, units, slots=32)
    good = [number for number, attempt in ended.items() if is_as_recorded(attempt)]
    assert good == list(range(1, 29))
    assert {ended[number]["device_name"] for number in good} == {name_of(n) for n in good}
    assert [ended[n]["code"] for n in range(29, 33)] == ["E630", "E604", "E630", "E604"]
    passed = [row["device_name"] for row in manifest(tmp_path) if row["outcome"] == "PASS"]
    assert sorted(passed) == sorted(name_of(n) for n in good)
    assert burner(tmp_path, "manifest", "verify").returncode == 0
