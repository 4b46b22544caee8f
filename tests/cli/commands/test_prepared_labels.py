"""`burner burn` with its labels as a list on standard input."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from burner.bench.unit.unit_spec import mac_for
from tests.in_process import Completed, run_burner
from tests.runs import ADDED, PROFILE, ROOT, manifest

SERIAL_ONLY = r"""
name: {template: "{serial}"}
identity:
  serial: {source: label, pattern: 'PLG[0-9]{4}'}
  label: {pattern: 'SN:(?P<serial>\w+)'}
"""
PERHAPS_MAC = SERIAL_ONLY.replace(r"(?P<serial>\w+)", r"(?P<serial>\w+)( MAC:(?P<mac>\w{6}))?")
LIST = "SN:PLG0001\nSN:PLG0002\nSN:PLG0003\n"


def burn(folder: Path, identity: str, labels: str, *how: str, fault: str = "dead") -> Completed:
    """Burn three slots; the board of the second one has a fault."""
    plug = PROFILE.read_text(encoding="utf-8").split("\nname:")[0]
    plug = plug.replace("../firmware", str(ROOT / "firmware"))
    (folder / "product.yaml").write_text(plug + identity, encoding="utf-8")
    bench = f"slots: 3\nunits:\n  - {{}}\n  - {{faults: [{{kind: {fault}}}]}}\n  - {{}}\n"
    (folder / "bench.yaml").write_text(bench, encoding="utf-8")
    arguments = ["burn", "product.yaml", "--bench", "bench.yaml", "--batch", "B", "--yes", *how]
    return run_burner(folder, *arguments, env=ADDED, stdin=labels)


def ended(ran: Completed) -> Mapping[str, tuple[str, str]]:
    """Slot → name and code of its unit, where one was met."""
    units: list[Mapping[str, Any]] = json.loads(ran.stdout.splitlines()[-1])["units"]
    return {u["slot"]: (u["device_name"], u["code"]) for u in units if u["unit_id"]}


@pytest.mark.parametrize("identity", [SERIAL_ONLY, PERHAPS_MAC])
@pytest.mark.parametrize("fault", ["dead", "blank-mac"])
def test_the_label_of_a_board_that_takes_none_goes_to_no_other(
    tmp_path: Path, identity: str, fault: str
) -> None:
    units = ended(burn(tmp_path, identity, LIST, "--json", fault=fault))
    assert (units["1"], units["3"]) == (("PLG0001", ""), ("PLG0003", ""))


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_line_is_the_missing_label_of_its_slot(tmp_path: Path, empty: str) -> None:
    labels = f"SN:PLG0001\n{empty}\nSN:PLG0003\n"
    ran = burn(tmp_path, SERIAL_ONLY, labels, "--once", "--json", fault="late-reset")
    assert ended(ran) == {"1": ("PLG0001", ""), "2": ("", "E442"), "3": ("PLG0003", "")}
    assert [row["written"] for row in manifest(tmp_path) if row["slot"] == "2"] == [False]


def test_a_list_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    units = ended(burn(tmp_path, SERIAL_ONLY, f"\ufeff{LIST}", "--once", "--json"))
    assert units["1"] == ("PLG0001", "")


@pytest.mark.parametrize("how", [("--count", "3"), ("--watch",)])
def test_labels_that_never_name_their_boards_are_no_list_for_board_after_board(
    tmp_path: Path, how: tuple[str, ...]
) -> None:
    ran = burn(tmp_path, SERIAL_ONLY, LIST, *how)
    assert ran.returncode == 4
    assert "E443 The labels come as a list" in ran.stderr
    assert "--once" in ran.stderr
    assert not (tmp_path / "manifest.db").exists()


def test_with_count_a_line_that_names_no_board_goes_to_none(tmp_path: Path) -> None:
    first, third = (mac_for(1, n).octets.hex().upper()[-6:] for n in (0, 2))
    labels = f"SN:PLG0001 MAC:{first}\nSN:PLG0002\nSN:PLG0003 MAC:{third}\n"
    units = ended(burn(tmp_path, PERHAPS_MAC, labels, "--count", "3", "--json"))
    assert units == {"1": ("PLG0001", ""), "3": ("PLG0003", "")}
    assert [row["device_name"] for row in manifest(tmp_path)].count("PLG0002") == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_board_that_no_line_names_is_told_so_with_code_and_reason(
    tmp_path: Path, language: str
) -> None:
    labels = f"SN:PLG0001 MAC:{mac_for(1, 0).octets.hex().upper()[-6:]}\nSN:PLG0009 MAC:0000FF\n"
    ran = burn(tmp_path, PERHAPS_MAC, labels, "--count", "3", "--lang", language)
    line = next(line for line in ran.stderr.splitlines() if "E442" in line)
    why = "no line of the list names this board" if language == "en" else "列表中没有任何一行"
    assert why in line
    assert ("slot 3  ERROR" if language == "en" else "工位 3") in line
    assert "E441" not in ran.stdout + ran.stderr
