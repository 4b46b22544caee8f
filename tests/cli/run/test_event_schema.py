"""The schema of the lines of `burn --json`: a promise that the code keeps."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from burner.cli.commands.explain import explain
from burner.cli.run.event_json import event_json
from burner.cli.run.event_schema import VERSION, page, schema
from burner.core.attempt import Outcome, Step
from burner.core.errors import BurnerError
from burner.core.unit_events import (
    ApprovalAwaited,
    ApprovalGiven,
    ManifestAway,
    ManifestBack,
    NotBegun,
)
from burner.core.unit_labels import UnitLabelState
from burner.station.events import (
    FirstArticleChanged,
    FirstArticleStage,
    LabelRefused,
    LabelScanned,
    MesStateChanged,
    PrinterStateChanged,
    ReworkOrdered,
    ScannerStateChanged,
    SlotSilent,
    SlotState,
    SlotStateChanged,
    StationEvent,
    UnitLabelChanged,
)
from burner.station.tally import Tally
from tests.cli.run.event_lines import events, wrong_with
from tests.images import write_product
from tests.runs import ROOT, burn

OF_VERIFY = {"verified", "verify summary"}
"""See test_verify_watch.py."""
LINES: dict[str, dict[str, Any]] = {
    "slot": {"event": "slot", "slot": "1", "state": "SEEN"},
    "start": {"event": "start", "schema": VERSION, "burner": "0.1.0"},
}


def values(name: str, field: str | None = None) -> set[str]:
    about = schema()["$defs"][name]
    return set((about["properties"][field] if field else about)["enum"])


def test_states_steps_and_outcomes_are_those_of_the_code() -> None:
    hint = "write it into burner/cli/run/events.schema.json"
    assert values("slot", "state") == {state.value for state in SlotState}, hint
    assert values("step") == {step.value for step in Step}, hint
    assert values("outcome") == {outcome.value for outcome in Outcome}, hint
    counted = set(schema()["$defs"]["summary"]["properties"]["counts"]["properties"])
    assert counted == {state.value for state in Tally().counts}, hint


def test_every_field_is_described() -> None:
    for name, about in schema()["$defs"].items():
        for field, rule in about.get("properties", {}).items():
            target = schema()["$defs"].get(rule.get("$ref", "").rpartition("/")[2], {})
            assert field == "event" or {**target, **rule}.get("description"), f"{name}.{field}"
        assert set(about.get("required", ())) <= set(about.get("properties", ()))


def test_a_program_that_knows_an_older_schema_can_pass_over_what_is_new() -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(dict(schema()))
    assert validator.is_valid({"event": "something new", "slot": 3})
    assert validator.is_valid({**LINES["slot"], "colour": "green"})
    assert not validator.is_valid({**LINES["slot"], "slot": 1})
    assert not validator.is_valid({"slot": "1"})


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ({**LINES["slot"], "colour": "green"}, "'colour' was unexpected"),
        ({"event": "something new"}, "'something new' is not one of"),
        ({**LINES["slot"], "state": "ASLEEP"}, "state: 'ASLEEP' is not one of"),
        ({"event": "slot", "slot": "1"}, "'state' is a required property"),
    ],
)
def test_what_the_schema_lacks_is_found_with_a_hint(line: dict[str, Any], hint: str) -> None:
    assert wrong_with(LINES["slot"]) == ""
    message = wrong_with(line)
    assert hint in message
    assert "burner/cli/run/events.schema.json" in message
    assert "burner explain --events > docs/events.md" in message


def test_the_page_is_made_from_the_schema() -> None:
    written = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert written == page(), "burner explain --events > docs/events.md"


def test_explain_prints_page_and_schema() -> None:
    assert CliRunner().invoke(explain, ["--events"]).output == page()
    printed = json.loads(CliRunner().invoke(explain, ["--events", "--json"]).output)
    assert printed == schema()
    assert CliRunner().invoke(explain, ["E301", "--events"]).exit_code == 2


def test_a_run_begins_with_the_schemas_number_and_ends_with_the_summary(tmp_path: Path) -> None:
    ran = burn(tmp_path, "--bench", "sim:1")
    first, last = ran.lines[0], ran.lines[-1]
    assert (first["event"], first["schema"], last["event"]) == ("start", VERSION, "summary")


def test_runs_print_every_event_as_the_schema_has_it(tmp_path: Path) -> None:
    """With a dead board and a warning; every line of a run in the tests is checked."""
    bench = tmp_path / "bench.yaml"
    bench.write_text("{slots: 2, units: [{}, {faults: [{kind: dead}]}], keep: flash}")
    path = write_product(tmp_path)
    lines = list(burn(tmp_path, "--bench", bench, "--batch", "WO1", profile=path).lines)
    path.write_text(path.read_text().replace("[nvs, otadata]", "[otadata]"))
    lines += burn(tmp_path, "--bench", bench, "--batch", "WO2", profile=path).lines
    of_labels = {
        "label",
        "rework",
        "silent",
        "not begun",
        "scanner",
        "mes",
        "printer",
        "unit label",
    }
    of_tests = {"resource awaited", "test started", "test ended"}
    printed = {"printer", "unit label"}
    seldom = {"waiting", "goes on", "first article", "hook", *of_labels, *of_tests, *printed}
    assert {line["event"] for line in lines} == set(events()) - seldom - OF_VERIFY


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (ManifestAway("1", "E711", "server gone"), "waiting"),
        (LabelRefused("1", "E441", "SN1"), "waiting"),
        (PrinterStateChanged("tcp://zebra:9100", BurnerError("E337", "refused")), "printer"),
        (PrinterStateChanged("tcp://zebra:9100"), "printer"),
        (UnitLabelChanged("1", "60:55:f9:00:00:01", UnitLabelState.SENT), "unit label"),
        (ManifestBack("1"), "goes on"),
        (ApprovalAwaited("1", "E242", "batch WO1: alice"), "waiting"),
        (ApprovalGiven("1"), "goes on"),
        (FirstArticleChanged(FirstArticleStage.MADE, ("alice", "bob")), "first article"),
        (FirstArticleChanged(FirstArticleStage.APPROVED), "first article"),
        (FirstArticleChanged(FirstArticleStage.INCOMPLETE), "first article"),
        (LabelScanned("1", "SN1"), "label"),
        (ReworkOrdered("1", "new antenna"), "rework"),
        (SlotSilent("1", 4.2), "silent"),
        (NotBegun("1"), "not begun"),
        (ScannerStateChanged("scanner 1", BurnerError("E316", "gone")), "scanner"),
        (MesStateChanged("mes", 3, 0, BurnerError("E780", "no answer")), "mes"),
        (SlotStateChanged("1", SlotState.ERROR, error=BurnerError("E302", "no port")), "slot"),
    ],
)
def test_a_line_that_few_runs_print_is_as_the_schema_has_it(event: StationEvent, name: str) -> None:
    line = event_json(event)
    assert line is not None
    assert line["event"] == name
    assert wrong_with(line) == ""
