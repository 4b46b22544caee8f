"""Tests and route of a product on the pages of its profile and its release."""

import json
from pathlib import Path

import pytest

from tests.images import app_image, write_product
from tests.in_process import run_burner

TESTS = r"""
- {name: supply, before: write, run: [fixtures/supply, --fast], deadline_s: 2.5,
   measurements: [{name: idle_current, unit: mA, low: 9.50, high: 12}, {name: note}]}
- {name: led, go_on: true, serial: {lines: [{send: "led\r\n", expect: '(?P<color>\w+)'}]},
   measurements: [{name: color, text: RED}]}"""
ROUTE = """
  images: [{name: rf, file: rf.bin, partition: ota_0}]
  boot: {expect: [RF test ready]}
  tests:
  - {name: tx, python: acme_rf, resource: rf-box, tries: 3,
     measurements: [{name: power, unit: dBm, low: 15.0}]}"""
PAGE = """\
tests       supply, before the write: fixtures/supply --fast, 2.5 s
              idle_current 9.50 … 12 mA
              note any value
            led, after the start: dialogue of 1 line on esp; the next tests run all the same
              color = RED
route       rf at 0x10000, {size} bytes, sha256 {sha256}…
            awaits RF test ready
            tx, on the test firmware: function acme_rf, 10 s; needs rf-box; 3 tries
              power ≥ 15.0 dBm
"""


@pytest.fixture
def product(tmp_path: Path) -> Path:
    (tmp_path / "rf.bin").write_bytes(app_image("rf", "x" * 2000))
    return write_product(tmp_path, tests=TESTS, route=ROUTE, blank="[nvs, otadata, ota_0]")


def test_a_profile_and_its_release_show_tests_limits_and_test_firmware(
    product: Path, tmp_path: Path
) -> None:
    release = tmp_path / "blinky.burn"
    assert (
        run_burner(tmp_path, "release", "build", str(product), "-o", str(release)).returncode == 0
    )
    digest = json.loads(run_burner(tmp_path, "release", "show", str(release), "--json").stdout)
    for shown in (
        run_burner(tmp_path, "profile", "show", str(product)),
        run_burner(tmp_path, "release", "show", str(release)),
    ):
        assert shown.returncode == 0, shown.stderr
        size = len(app_image("rf", "x" * 2000))
        start = shown.stdout.index("tests       ")
        sha256 = shown.stdout.partition("bytes, sha256 ")[2][:16]
        assert shown.stdout[start:].startswith(PAGE.format(sha256=sha256, size=size))
    assert digest["tests"][0]["measurements"][0]["low"] == "9.50"
    assert digest["route"]["tests"][0]["resource"] == "rf-box"


def test_a_product_without_tests_shows_none(tmp_path: Path) -> None:
    path = str(write_product(tmp_path))
    assert "\ntests" not in run_burner(tmp_path, "profile", "show", path).stdout
    shown = json.loads(run_burner(tmp_path, "profile", "show", path, "--json").stdout)
    assert (shown["tests"], shown["route"]) == ([], None)


def test_a_diff_calls_tests_and_measurements_by_name(product: Path, tmp_path: Path) -> None:
    release = tmp_path / "blinky.burn"
    run_burner(tmp_path, "release", "build", str(product), "-o", str(release))
    text = product.read_text(encoding="utf-8")
    first = "{name: new, run: [x]}"
    changed = text.replace("tests: \n", f"tests:\n- {first}\n").replace("low: 15.0", "low: 15.5")
    product.write_text(changed, encoding="utf-8")
    found = run_burner(tmp_path, "release", "diff", str(release), str(product), "--json")
    changes = {
        change["what"]: (change["before"], change["after"]) for change in json.loads(found.stdout)
    }
    assert changes == {
        "tests": ("supply, led", "new, supply, led"),
        "tests.new.run": ("", "x"),
        "route.tests.tx.measurements.power.low": ("15.0", "15.5"),
    }
    said = run_burner(tmp_path, "release", "diff", str(release), str(product)).stdout
    assert "Parts and settings of a unit are the same; the digest is another one." in said
