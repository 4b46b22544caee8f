"""The product of docs/testing.md on the bench: eight slots, one RF box, one bad fixture."""

import json
from dataclasses import asdict
from pathlib import Path
from statistics import mean

from burner.manifest.reading.unit_labels import LabelCounts
from tests.in_process import run_burner

ROOT = Path(__file__).parents[3]
PROFILE = ROOT / "profiles" / "tested-c3.yaml"
KEY = {"TESTED_C3_SECRET": "q7Zw2mK9xT4vB8nR5yL1cD3f"}


def test_eight_slots_share_one_rf_box_and_the_bad_fixture_shows(tmp_path: Path) -> None:
    bench = tmp_path / "bench.yaml"
    wrong_led = "{firmware: {answers: {led red: led GREEN}}}"
    bench.write_text(f"slots: 8\nunits: [{{repeat: 7}}, {wrong_led}]\n", encoding="utf-8")
    burned = run_burner(
        tmp_path,
        *("burn", PROFILE, "--bench", bench, "--manifest", "line.db", "--batch", "B", "--json"),
        env=KEY,
    )
    assert burned.returncode == 1, burned.stderr
    events = [json.loads(line) for line in burned.stdout.splitlines()]
    tested = [event for event in events if event["event"] == "test ended"]
    assert {(e["slot"], e["code"]) for e in tested if e["test"] == "led"} >= {("8", "E655")}
    on_rf_box = [event for event in tested if event["test"] == "rf"]
    assert {event["resource"] for event in on_rf_box} == {"rf-box"}
    power = {event["slot"]: float(event["measurements"][0]["value"]) for event in on_rf_box}
    assert len(power) == 8
    assert mean(power.values()) - power["5"] > 1.5
    printed = [e for e in events if e["event"] == "unit label"]
    assert {e["slot"] for e in printed if e["state"] == "sent"} >= {"1"}, printed
    outcomes = {e["slot"]: e["outcome"] for e in events if e["event"] == "finished"}
    assert outcomes["1"] == "PASS"
    assert outcomes["8"] == "FAIL"
    good = sum(outcome == "PASS" for outcome in outcomes.values())
    assert events[-1]["labels"] == asdict(LabelCounts(sent=good))


def test_the_product_is_without_a_mistake_and_its_release_shows_its_tests(tmp_path: Path) -> None:
    built = tmp_path / "tested.burn"
    assert run_burner(tmp_path, "release", "build", PROFILE, "-o", built, env=KEY).stderr == ""
    shown = run_burner(tmp_path, "release", "show", built).stdout
    assert "rf, after the start: {python} fixtures/rf_box.py, 10 s; needs rf-box" in shown
    assert "tx_power 15.0 … 20.0 dBm" in shown
    assert "label       40 × 20 mm, 203 dpi" in shown
