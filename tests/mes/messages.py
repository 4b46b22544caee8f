"""Messages for tests."""

from typing import Any

from burner.core.measurements import Measurement, TestOutcome, TestResult
from burner.mes.destination import InterlockQuestion, MesMessage
from burner.mes.events import WorkCompleted

WORK: dict[str, Any] = {
    "attempt": "a" * 32,
    "unit_id": "7c:df:a1:b2:c3:d4",
    "batch": "WO-1",
    "product_id": "S3EUVBRJLB",
    "profile": "plug-c3 1.2.0",
    "release_digest": "0" * 64,
    "slot": "3",
    "operator": "王",
    "device_name": "7c:df:a1:b2:c3:d4",
    "ids": {"mac": "7c:df:a1:b2:c3:d4"},
}
MEASURED = TestResult(
    name="rf",
    kind="run",
    outcome=TestOutcome.FAIL,
    code="E655",
    measurements=(
        Measurement("tx_power", "12.30", "dBm", low="13", good=False),
        Measurement("color", "=RED"),
    ),
)


def a_message(**changes: Any) -> MesMessage:
    """WorkCompleted of a unit."""
    event = WorkCompleted(**WORK, outcome="FAIL", code="E655", tests=(MEASURED,))
    fields: dict[str, Any] = {
        "id": "11111111-2222-5333-8444-555555555555",
        "sequence": 17,
        "at": "2026-11-29T18:00:00.123456Z",
        "station": "line1",
        "subject": "7c:df:a1:b2:c3:d4",
        "event": event,
    }
    return MesMessage(**{**fields, **changes})


def a_question() -> InterlockQuestion:
    """About the unit of `WORK`."""
    return InterlockQuestion(station="line1", **WORK)
