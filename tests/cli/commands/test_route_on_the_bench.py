"""Two firmwares on one unit: the test firmware runs, and nothing of it stays in the flash."""

import json
from pathlib import Path

from tests.images import app_image, write_product
from tests.in_process import run_burner

MARK = "only-in-the-test-firmware"
ROUTE = r"""
  images: [{name: rf, file: rf.bin, partition: ota_0}]
  boot: {expect: ['RF test ready']}
  tests:
  - {name: tx, serial: {lines: [{send: "tx\r\n", expect: 'power=(?P<power>\d+)'}]},
     measurements: [{name: power, low: 15, high: 17}]}"""
STARTED = "{device_name: 'device_name=(.+)'}"
LED = r"""[{name: led, serial: {lines: [{send: "led\r\n", expect: 'led on'}]}}]"""


def test_a_unit_runs_the_test_firmware_and_keeps_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "rf.bin").write_bytes(app_image("rf", *[MARK] * 2000))
    product = write_product(
        tmp_path, route=ROUTE, tests=LED, blank="[nvs, otadata, ota_0]", boot=STARTED
    )
    burned = run_burner(
        tmp_path,
        *("burn", product, "--bench", "sim:1,keep=flash", "--manifest", "m.db", "--json"),
    )
    events = [json.loads(line) for line in burned.stdout.splitlines()]
    tested = [(e["test"], e["outcome"]) for e in events if e["event"] == "test ended"]
    assert tested == [("tx", "pass"), ("led", "pass")], burned.stdout
    (finished,) = (event for event in events if event["event"] == "finished")
    assert finished["outcome"] == "PASS", finished
    (flash,) = (tmp_path / "flash").glob("*.flash")
    held = flash.read_bytes()
    assert b"/device/register" in held
    assert MARK.encode() not in held
