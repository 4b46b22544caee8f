"""Neutral events as CFX messages: pure.

Field names and enumerations: the classes of the same names in the public SDK of IPC, in its folders
`CFX/Production`, `CFX/ResourcePerformance` and `CFX/Structures`, at version 2.1.1. A field of the
standard about which burner knows nothing is left out; its readers take that as null.
"""

from collections.abc import Mapping
from functools import singledispatch
from typing import Literal

from burner.core.errors import table
from burner.mes.cfx.envelope import Body, CfxEnvelope, derived_id, guid
from burner.mes.cfx.structures import operator, recipe, stage, unit_position, work_order
from burner.mes.cfx.tested_units import RESULTS, overall_result, performed_test, test_of
from burner.mes.destination import MesMessage
from burner.mes.events import (
    FaultCleared,
    FaultOccurred,
    MesEvent,
    RecipeActivated,
    StationStateChanged,
    UnitsDisqualified,
    UnitsPersonalized,
    UnitsTested,
    UnitWork,
    WorkCompleted,
    WorkStarted,
)

Identifier = Literal["mac", "imei", "label", "serial", "device_name"]
"""What of a unit its `UnitIdentifier` is."""

WORK_RESULTS = {"PASS": "Completed", "FAIL": "Failed", "ERROR": "Aborted", "ABORTED": "Aborted"}
UNIT_STATUS = {"PASS": "Pass", "FAIL": "Fail"}
TEST_STEP = "test"
"""An attempt that ended in this step has a UnitsTested of its own."""
STANDBY, REGULAR_WORK = "2000", "1100"
"""Codes of `ResourceState` after SEMI E58, as texts: so the SDK writes them."""
CAUSES = {"3": "ElectricalFailure", "7": "SoftwareFailure", "8": "ServicesFailure"}
"""First digit of an error code → `FaultCause`; all others are a ProcessError."""
MAX_DESCRIPTION = 1024
CHARACTERISTICS = {
    "mac": "MAC Address",
    "imei": "IMEI",
    "label": "Label",
    "serial": "Serial Number",
}


def handle(prefix: str, station: str) -> str:
    """The CFX handle of a station: `burner.station.LINE-1`."""
    return f"{prefix}.{station}"


def envelopes(message: MesMessage, prefix: str, identifier: Identifier) -> tuple[CfxEnvelope, ...]:
    """What a message is in CFX, in the order in which it is sent; () where CFX has nothing for it.

    The last one has the message's id as its UniqueID, one before it an id that is made of that.
    """
    bodies = _bodies(message.event, message.at, identifier)
    source = handle(prefix, message.station)
    last = len(bodies) - 1
    return tuple(
        CfxEnvelope(
            name,
            message.at,
            message.id if number == last else derived_id(message.id, name),
            source,
            body,
        )
        for number, (name, body) in enumerate(bodies)
    )


def identifier_of(
    unit_id: str, device_name: str, ids: Mapping[str, str], identifier: Identifier
) -> str:
    """What the MES calls a unit; its MAC while the unit has no such ID."""
    known = {**ids, "device_name": device_name, "mac": unit_id}
    return known.get(identifier) or unit_id


Named = tuple[str, Body]
"""A message's full name and its fields."""


@singledispatch
def _bodies(event: MesEvent, _at: str, _identifier: Identifier) -> tuple[Named, ...]:
    raise TypeError(type(event).__name__)


@_bodies.register
def _(event: RecipeActivated, _at: str, _identifier: Identifier) -> tuple[Named, ...]:
    body = {
        **recipe(event.profile, event.release_digest),
        "ExpectedUnitsPerWorkTransaction": 1.0,
        **work_order(event.batch),
    }
    return (("CFX.Production.RecipeActivated", body),)


@_bodies.register
def _(event: WorkStarted, _at: str, identifier: Identifier) -> tuple[Named, ...]:
    body = {
        "PrimaryIdentifier": _unit_name(event, identifier),
        "TransactionID": guid(event.attempt),
        "UnitCount": 1,
        "Units": [unit_position(_unit_name(event, identifier), event.slot)],
        **recipe(event.profile, event.release_digest),
        **work_order(event.batch),
    }
    return (("CFX.Production.WorkStarted", body),)


@_bodies.register
def _(event: UnitsPersonalized, _at: str, identifier: Identifier) -> tuple[Named, ...]:
    values = {**event.ids, "mac": event.unit_id}
    named = [
        (CHARACTERISTICS.get(source, source), _mac_text(value) if source == "mac" else value)
        for source, value in sorted(values.items())
    ]
    named += [("Device Name", event.device_name), ("Product ID", event.product_id)]
    unit = {
        "UnitIdentifier": _unit_name(event, identifier),
        "UnitPositionNumber": 1,
        "Characteristics": [{"Name": name, "Value": value} for name, value in named if value],
    }
    body = {"TransactionId": guid(event.attempt), "PersonalizedUnits": [unit]}
    return (("CFX.Production.Assembly.UnitsPersonalized", body),)


@_bodies.register
def _(event: UnitsTested, _at: str, identifier: Identifier) -> tuple[Named, ...]:
    tests = [test_of(test, event.attempt) for test in event.tests if test.outcome in RESULTS]
    return (_tested(event, identifier, overall_result(event.passed, event.tests), tests),)


@_bodies.register
def _(event: WorkCompleted, _at: str, identifier: Identifier) -> tuple[Named, ...]:
    """The standard has no place for the reason here: it is sent as a test before."""
    name = _unit_name(event, identifier)
    body = {
        "TransactionID": guid(event.attempt),
        "Result": WORK_RESULTS.get(event.outcome, "Aborted"),
        "PrimaryIdentifier": name,
        "UnitCount": 1,
        "Units": [unit_position(name, event.slot, UNIT_STATUS.get(event.outcome, ""))],
    }
    completed = ("CFX.Production.WorkCompleted", body)
    if event.outcome not in ("FAIL", "ERROR") or event.step == TEST_STEP:
        return (completed,)
    result = "Failed" if event.outcome == "FAIL" else "Error"
    text = _says(event.code, event.detail)
    test = performed_test(event.step, result, event.attempt, code=event.code, detail=text)
    return (_tested(event, identifier, result, [test]), completed)


@_bodies.register
def _(event: UnitsDisqualified, _at: str, identifier: Identifier) -> tuple[Named, ...]:
    """A unit in rework is not disqualified: nothing is sent."""
    if event.disposition == "rework":
        return ()
    name = _unit_name(event, identifier)
    body = {
        "PrimaryIdentifier": name,
        "Reason": "DefectiveRepairNotFeasible",
        "Comments": f"{event.disposition}: {event.reason} ({event.operator})",
        "UnitCount": 1,
        "Units": [unit_position(name, status="Scrap")],
    }
    return (("CFX.Production.UnitsDisqualified", body),)


@_bodies.register
def _(event: FaultOccurred, at: str, _identifier: Identifier) -> tuple[Named, ...]:
    fault = {
        "Cause": CAUSES.get(event.code[1:2], "ProcessError"),
        "Severity": "Error",
        "FaultCode": event.code,
        "FaultOccurrenceId": guid(event.fault),
        "Stage": stage(event.slot),
        "SideLocation": "Unknown",
        "AccessType": "Unknown",
        "Description": _says(event.code, event.detail)[:MAX_DESCRIPTION],
        "DescriptionTranslations": _translations(event.code),
        "OccurredAt": at,
    }
    return (("CFX.ResourcePerformance.FaultOccurred", {"Fault": fault}),)


@_bodies.register
def _(event: FaultCleared, _at: str, _identifier: Identifier) -> tuple[Named, ...]:
    body = {"FaultOccurrenceId": guid(event.fault), "Operator": None}
    return (("CFX.ResourcePerformance.FaultCleared", body),)


@_bodies.register
def _(event: StationStateChanged, _at: str, _identifier: Identifier) -> tuple[Named, ...]:
    began = event.state == "running"
    body = {
        "OldState": STANDBY if began else REGULAR_WORK,
        "OldStateDuration": None,
        "NewState": REGULAR_WORK if began else STANDBY,
        "RelatedFault": None,
    }
    return (("CFX.ResourcePerformance.StationStateChanged", body),)


def _tested(event: UnitWork, identifier: Identifier, overall: str, tests: list[Body]) -> Named:
    unit = {
        "UnitIdentifier": _unit_name(event, identifier),
        "UnitPositionNumber": 1,
        "OverallResult": overall,
        "Tests": tests,
    }
    body = {
        "TransactionId": guid(event.attempt),
        "TestMethod": "Automated",
        "Tester": operator(event.operator),
        "RecipeName": event.profile,
        "RecipeRevision": event.release_digest,
        "SamplingInformation": {"SamplingMethod": "NoSampling"},
        "TestedUnits": [unit],
    }
    return ("CFX.Production.TestAndInspection.UnitsTested", body)


def _unit_name(event: UnitWork | UnitsDisqualified, identifier: Identifier) -> str:
    return identifier_of(event.unit_id, event.device_name, event.ids, identifier)


def _mac_text(mac: str) -> str:
    """`C0-15-B9-2D-0F-3C`, as the standard writes it."""
    return mac.replace(":", "-").upper()


def _says(code: str, detail: str) -> str:
    """What the code says, and the detail; a code that this burner does not know has only that."""
    row = table().get(code)
    return " ".join(filter(None, (row.says if row else "", f"({detail})" if detail else "")))


def _translations(code: str) -> dict[str, str]:
    row = table().get(code)
    return {"zh-CN": row.says_zh} if row else {}
