"""One example of each event, and messages of them."""

from typing import Any

from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.mes.destination import InterlockQuestion, MesMessage
from burner.mes.events import (
    FaultCleared,
    FaultOccurred,
    MesEvent,
    RecipeActivated,
    StationStateChanged,
    UnitsDisqualified,
    UnitsPersonalized,
    UnitsTested,
    WorkCompleted,
    WorkStarted,
)

NO_CODE = "E099"
"""The words of a real one may be sharpened."""
MESSAGE_ID = "6a0f6f5e-55a5-4b2c-8a37-0d4b1f6f7a01"
ATTEMPT = "0123456789abcdef0123456789abcdef"
AT = "2026-11-29T18:00:00.000000Z"
UNIT = "c0:15:b9:2d:0f:3c"
WORK: dict[str, Any] = {
    "attempt": ATTEMPT,
    "unit_id": UNIT,
    "batch": "B-77",
    "product_id": "PLUGC3",
    "profile": "plug-c3 1.2.0",
    "release_digest": "d1" * 32,
    "slot": "3",
    "operator": "Li Wei",
    "device_name": "plug_0f3c",
}
IDS = {"label": "SN-000123", "imei": "490154203237518"}
CURRENT = Measurement("idle_current", "12.30", "mA", low="5", high="20.5")
HIGH_CURRENT = Measurement("peak_current", "412.0", "mA", high="400", good=False)
COLOR = Measurement("color", "RED", text="RED")
TESTS = (
    TestResult("led", "serial", TestOutcome.PASS, measurements=(COLOR,)),
    TestResult(
        *("current", "run", TestOutcome.FAIL, "E640", "peak_current is above 400 mA"),
        measurements=(CURRENT, HIGH_CURRENT),
    ),
    TestResult("rf", "run", TestOutcome.NOT_RUN),
)
EVENTS: tuple[MesEvent, ...] = (
    RecipeActivated(
        batch="B-77",
        product_id="PLUGC3",
        profile="plug-c3 1.2.0",
        release_digest="d1" * 32,
        operator="Li Wei",
    ),
    WorkStarted(**WORK, ids=IDS),
    UnitsPersonalized(**WORK, ids=IDS),
    UnitsTested(**WORK, ids=IDS, passed=False, tests=TESTS),
    WorkCompleted(**WORK, ids=IDS, outcome="PASS", step="record", milliseconds=8123),
    WorkCompleted(**WORK, ids=IDS, outcome="FAIL", code=NO_CODE, detail="0x9000", step="verify"),
    UnitsDisqualified(
        unit_id=UNIT,
        batch="B-77",
        product_id="PLUGC3",
        disposition="scrap",
        reason="dropped",
        operator="Chen",
    ),
    FaultOccurred(fault="7f" * 16, slot="3", code=NO_CODE, detail="slot 3 esp", unit_id=UNIT),
    FaultCleared(fault="7f" * 16, slot="3", code=NO_CODE),
    StationStateChanged(state="running", batch="B-77", operator="Li Wei"),
)


def message(event: MesEvent, number: int = 1, identifier: str = MESSAGE_ID) -> MesMessage:
    return MesMessage(identifier, number, AT, "LINE-1", UNIT, event)


def question(**changes: str) -> InterlockQuestion:
    known = {key: value for key, value in WORK.items() if key != "device_name"}
    return InterlockQuestion(**{**known, "station": "LINE-1", **changes}, ids=IDS)
