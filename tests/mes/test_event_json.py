"""Events as JSON and back."""

import json
from typing import Any, get_args

import pytest

from burner.core.measurements import Measurement, TestOutcome, TestResult, TestTry
from burner.mes.common_settings import EventKind
from burner.mes.event_json import KINDS, event_from_json, event_to_json, kind_of_event
from burner.mes.events import FaultOccurred, MesEvent, UnitsTested, WorkCompleted

UNIT: dict[str, Any] = {
    "attempt": "a" * 32,
    "unit_id": "7cdfa1b2c3d4",
    "batch": "WO-1",
    "product_id": "P",
    "profile": "plug-c3 1.2.0",
    "release_digest": "0" * 64,
    "slot": "3",
    "operator": "Wang",
}
TESTED = UnitsTested(
    **UNIT,
    passed=False,
    tests=(
        TestResult(
            *("power", "run", TestOutcome.FAIL, "E655"),
            tries=2,
            earlier=(TestTry(1, TestOutcome.ERROR, "E644", seconds=1.5),),
            measurements=(Measurement("tx", "12.30", "dBm", low="13", good=False),),
        ),
    ),
)


@pytest.mark.parametrize(
    "event",
    [
        TESTED,
        WorkCompleted(**UNIT, outcome="FAIL", code="E601", device_name="设备", warnings=("E625",)),
        FaultOccurred(fault="f", slot="2", code="E501"),
    ],
)
def test_an_event_is_read_back_as_it_was_written(event: MesEvent) -> None:
    assert event_from_json(kind_of_event(event), event_to_json(event)) == event


def test_a_measured_number_keeps_its_digits() -> None:
    tests = json.loads(event_to_json(TESTED))["tests"]
    assert tests[0]["measurements"][0]["value"] == "12.30"


def test_a_station_file_can_choose_every_kind() -> None:
    assert sorted(get_args(EventKind)) == sorted(KINDS)
