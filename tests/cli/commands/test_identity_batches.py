"""Batches whose names come from elsewhere than the MAC: IMEI, label, and AT firmware."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from burner.bench.unit.unit_spec import mac_for
from burner.cli.main import root
from tests.runs import ADDED
from tests.warm.process import SERVERS

ROOT = Path(__file__).parents[3]
SECRET = "0123456789abcdefABCDEF01"
OLD_IMEI = "490154203237518"

LAST_WEEK = f"""
slots: 1
seed: 99
units:
  - {{modem: {{imei: "{OLD_IMEI}"}}}}
"""
THIS_WEEK = f"""
slots: 5
units:
  - {{modem: quectel}}
  - {{modem: {{kind: simcom, imei: "490154203237519"}}}}
  - {{modem: {{kind: fibocom, imei: "{OLD_IMEI}"}}}}
  - {{modem: {{kind: bc26, late_s: 0.7, noise: true}}}}
  - {{chip: esp32c3, modem: {{kind: mediatek, echo: false}}}}
"""
SILENT = """
slots: 1
units: [{modem: {silent: true}}]
"""
ON_ITS_OWN_PORT = """
name: {template: "{imei}"}
identity:
  imei: {timeout_s: 60, answer_s: 20, bauds: [115200]}
"""
IN_A_HURRY = ON_ITS_OWN_PORT.replace("60", "1").replace("20", "1")
BEHIND_THE_ESP = """
name: {template: "M{imei}"}
identity:
  imei: {port: esp, when: after, timeout_s: 60, answer_s: 20, bauds: [115200]}
boot: {product_id: 'product_id=(\\w+)', device_name: 'device_name=([\\w-]+)'}
"""

AT_CARRIER = """
carrier: {kind: at, port: esp, ready_s: 60, answer_s: 60}
"""

LABELLED = r"""
name: {template: "{serial}"}
identity:
  serial: {source: label, pattern: 'PLG[0-9]{4}'}
  label: {pattern: 'SN:(?P<serial>\w+) MAC:(?P<mac>[0-9A-F]{6})'}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)
    return tmp_path


def profile(folder: Path, rest: str, without: str = "name") -> Path:
    """The plug with a modem: its profile up to a key, and the rest."""
    plug = (ROOT / "profiles" / "plug-c3.yaml").read_text(encoding="utf-8")
    plug = plug.split(f"\n{without}:")[0]
    path = folder / "cellular.yaml"
    path.write_text(plug.replace("../firmware", str(ROOT / "firmware")) + rest, encoding="utf-8")
    return path


def burn(folder: Path, source: Path, bench: str, batch: str, scanned: str = "") -> int:
    (folder / "bench.yaml").write_text(bench)
    where = ["--bench", "bench.yaml", "--batch", batch, "--operator", "li", "--yes", "--once"]
    command = ["burn", str(source), *where]
    result = CliRunner().invoke(root, command, input=scanned, standalone_mode=False)
    assert result.exception is None, result.exception
    return int(result.return_value)


def records(batch: str) -> dict[str, dict[str, Any]]:
    """The last record of each slot in a batch."""
    result = CliRunner().invoke(root, ["manifest", "list", "--json"])
    return {row["slot"]: row for row in json.loads(result.output) if row["batch"] == batch}


def test_each_fault_of_a_modem_has_its_code_and_the_rest_pass(folder: Path) -> None:
    source = profile(folder, ON_ITS_OWN_PORT)
    assert burn(folder, source, LAST_WEEK, "last-week") == 0
    assert burn(folder, source, THIS_WEEK, "this-week") == 1
    ends = records("this-week")
    assert {slot: (row["outcome"], row["code"]) for slot, row in ends.items()} == {
        "1": ("PASS", ""),
        "2": ("FAIL", "E421"),
        "3": ("FAIL", "E426"),
        "4": ("PASS", ""),
        "5": ("PASS", ""),
    }
    passed = [row["device_name"] for row in ends.values() if row["outcome"] == "PASS"]
    assert len(set(passed)) == 3
    assert all(len(name) == 15 and name.startswith("86012345") for name in passed)
    assert burn(folder, profile(folder, IN_A_HURRY), SILENT, "silent") == 1
    assert records("silent")["1"]["code"] == "E330"


def test_a_modem_behind_the_firmware_names_the_unit_after_the_boot(folder: Path) -> None:
    bench = """
slots: 2
units:
  - {modem: {port: esp}, firmware: {device_name: "M{imei}"}}
  - {modem: {port: esp}, firmware: {device_name: "{imei}"}}
"""
    assert burn(folder, profile(folder, BEHIND_THE_ESP), bench, "late") == 1
    ends = records("late")
    assert (ends["1"]["outcome"], ends["1"]["device_name"][:9]) == ("PASS", "M86012345")
    # the second unit's firmware derives another name: shown with both, and failed
    assert (ends["2"]["outcome"], ends["2"]["code"]) == ("FAIL", "E603")


def test_at_firmware_takes_the_key_or_fails_the_unit_and_the_secret_stays_hidden(
    folder: Path,
) -> None:
    vices = ("", "busy: 2", "cellular: true", "fail: 3", "wrong_bcc: true", "cme: 207")
    modems = [f"  - {{modem: {{kind: tencent, port: esp, product: {{{v}}}}}}}" for v in vices]
    bench = "\n".join((f"slots: {len(vices)}", "units:", *modems))
    assert burn(folder, profile(folder, AT_CARRIER, without="carrier"), bench, "at") == 1
    assert {slot: (row["outcome"], row["code"]) for slot, row in records("at").items()} == {
        "1": ("PASS", ""),
        "2": ("PASS", ""),
        "3": ("PASS", ""),
        "4": ("FAIL", "E614"),
        "5": ("FAIL", "E615"),
        "6": ("FAIL", "E610"),
    }
    leaks = [p for p in folder.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]
    assert leaks == []


def test_without_agreement_of_label_and_silicon_nothing_is_written(folder: Path) -> None:
    source, bench = profile(folder, LABELLED), "slots: 1\nkeep: flash\n"
    mac = mac_for(1, 0).octets.hex().upper()
    assert burn(folder, source, bench, "wrong", "SN:PLG0001 MAC:000000\n") == 1
    wrong = records("wrong")["1"]
    assert (wrong["outcome"], wrong["code"], wrong["device_name"]) == ("ERROR", "E441", "")
    (flash,) = (folder / "flash").iterdir()
    assert set(flash.read_bytes()) <= {0xFF}
    assert burn(folder, source, bench, "right", f"SN:PLG0001 MAC:{mac[-6:]}\n") == 0
    assert records("right")["1"]["device_name"] == "PLG0001"


def test_on_a_terminal_a_wrong_label_is_asked_for_again_and_the_board_passes(folder: Path) -> None:
    pexpect = pytest.importorskip("pexpect", reason="a terminal of our own needs a POSIX system")
    source, mac = profile(folder, LABELLED), mac_for(1, 0).octets.hex().upper()
    program, *first = SERVERS.command()
    child = pexpect.spawn(
        program,
        [*first, "burn", str(source), "--bench", "sim:1", "--batch", "B", "--yes"],
        cwd=str(folder),
        env={**os.environ, **ADDED, "TERM": "xterm-256color"},
        dimensions=(24, 100),
        encoding="utf-8",
        timeout=60,
    )
    child.expect("SCAN|█▀▀ █▀▀")
    child.sendline("SN:PLG0001 MAC:000000")
    assert not child.getecho()  # it would tear the board
    child.expect("E441 The label belongs to another unit")
    child.sendline(f"SN:PLG0001 MAC:{mac[-6:]}")
    child.expect("1 unit: PASS 1.*first pass 100.0%")
    assert child.getecho()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    (row,) = json.loads(CliRunner().invoke(root, ["manifest", "list", "--json"]).output)
    assert (row["outcome"], row["device_name"]) == ("PASS", "PLG0001")
