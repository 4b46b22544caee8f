"""`burner burn` of a product with tests, as people and scripts see it, over the bench."""

from pathlib import Path

from burner.cli.run.event_json import event_json
from burner.core.unit_events import ResourceAwaited
from tests.cli.run.event_lines import wrong_with
from tests.images import write_product
from tests.runs import burn, manifest

PROGRAM = """
import json, sys
unit = json.load(sys.stdin)
power = 12.30 if unit["slot"] == "1" else 9.99
print(json.dumps({"measurements": {"tx_power": power}}))
"""
TALKS = """
import json, sys, serial
unit = json.load(sys.stdin)
serial.protocol_handler_packages.append("burner.bench.wire")
with serial.serial_for_url(unit["port"], 115200, timeout=20) as port:
    port.write(b"led red\\r\\n")
    print(json.dumps({"measurements": {"answer": port.readline().decode().strip()}}))
"""
TESTS = """
  - name: rf
    before: write
    resource: rf-box
    run: ["{python}", rf.py]
    measurements: [{name: tx_power, unit: dBm, low: 10, high: "14.0"}]
  - name: talk
    run: ["{python}", talks.py]
    measurements: [{name: answer, text: "led RED"}]
  - name: led
    serial: {lines: [{send: "led red\\r\\n", expect: 'led (?P<color>\\w+)'}]}
    measurements: [{name: color, text: RED}]
"""


def test_a_bad_measurement_fails_its_unit_alone_and_a_script_is_told_of_each_test(
    tmp_path: Path,
) -> None:
    (tmp_path / "rf.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "talks.py").write_text(TALKS, encoding="utf-8")
    ran = burn(tmp_path, "--bench", "sim:2", profile=write_product(tmp_path, tests=TESTS))
    outcomes = {line["slot"]: line for line in ran.lines if line["event"] == "finished"}
    assert (ran.status, outcomes["1"]["outcome"], outcomes["2"]["code"]) == (1, "PASS", "E655")
    assert outcomes["2"]["detail"] == "rf: tx_power is 9.99 dBm, good is 10 … 14.0 dBm"
    told = [line for line in ran.lines if line.get("slot") == "1" and "test" in line["event"]]
    assert [(line["event"], line["test"]) for line in told] == [
        *(("test started", "rf"), ("test ended", "rf")),
        *(("test started", "talk"), ("test ended", "talk")),
        *(("test started", "led"), ("test ended", "led")),
    ]
    (power,) = told[1]["measurements"]
    assert (power["value"], power["low"], power["high"]) == ("12.3", "10", "14.0")
    assert [record["outcome"] for record in manifest(tmp_path)].count("PASS") == 1


def test_a_program_that_is_not_there_is_said_before_anything_is_burned(tmp_path: Path) -> None:
    tests = '[{name: rf, run: ["fixtures/no-such-program"]}]'
    ran = burn(tmp_path, "--bench", "sim:1", profile=write_product(tmp_path, tests=tests))
    assert ran.status == 3
    assert "E647" in ran.errors


def test_a_script_is_told_who_has_what_a_unit_waits_for() -> None:
    line = event_json(ResourceAwaited("1", "rf-box", "3"))
    assert line == {"event": "resource awaited", "slot": "1", "resource": "rf-box", "used_by": "3"}
    assert wrong_with(line) == ""
