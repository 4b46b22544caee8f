"""Events and the summary of a run as JSON, for `--json`. `events.schema.json` describes them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC
from typing import Any

from burner.core.errors import BurnerError
from burner.core.measurements import TestTry
from burner.core.unit_events import (
    ApprovalAwaited,
    ApprovalGiven,
    Event,
    Finished,
    ManifestAway,
    ManifestBack,
    NotBegun,
    ResourceAwaited,
    TestEnded,
    TestStarted,
)
from burner.manifest.reading.unit_labels import LabelCounts
from burner.station.events import (
    FirstArticleChanged,
    HookFailed,
    LabelRefused,
    LabelScanned,
    MesStateChanged,
    PrinterStateChanged,
    ReworkOrdered,
    ScannerStateChanged,
    ScanRefused,
    SlotSilent,
    SlotStateChanged,
    StationEvent,
    UnitLabelChanged,
)
from burner.station.tally import HandledUnit, Tally


def event_json(event: Event | StationEvent) -> Mapping[str, Any] | None:
    """An event as a line of JSON; None for events that only a display needs."""
    if isinstance(event, SlotStateChanged):
        line: dict[str, Any] = {"event": "slot", "slot": event.slot, "state": event.state.value}
        if event.error is not None:
            line |= {"code": event.error.code, "detail": event.error.detail}
        return line
    if isinstance(event, Finished):
        attempt, result = event.record.attempt, event.record.result
        return {
            "event": "finished",
            "slot": event.slot,
            "seq": event.record.seq,
            "unit_id": attempt.unit_id,
            "device_name": attempt.device_name,
            "batch": attempt.batch,
            "outcome": result.outcome.value,
            "code": event.code,
            "detail": result.detail,
            "step": result.step.value,
            "seconds": round(result.seconds, 3),
            "waited": round(result.waited_s, 3),
            "try": attempt.try_number,
            "known": event.known,
            "other_batch": event.other_batch,
            "written": result.written and not event.known,
            "warnings": list(event.warnings),
            "evidence": dict(result.evidence),
        }
    return _test_json(event) or _wait_json(event) or _input_json(event)


def _test_json(event: Event | StationEvent) -> Mapping[str, Any] | None:
    """Tests of a unit, and what they wait for."""
    match event:
        case ResourceAwaited(slot, resource, used_by):
            what = {"resource": resource, "used_by": used_by}
            return {"event": "resource awaited", "slot": slot, **what}
        case TestStarted(slot, test, number, total):
            place = {"number": number, "total": total}
            return {"event": "test started", "slot": slot, "test": test, **place}
        case TestEnded(slot, result):
            return {
                "event": "test ended",
                "slot": slot,
                "test": result.name,
                "kind": result.kind,
                "outcome": result.outcome.value,
                "code": result.code,
                "detail": result.detail,
                "seconds": round(result.seconds, 3),
                "waited": round(result.waited_s, 3),
                "tries": result.tries,
                "resource": result.resource,
                "measurements": [vars(measurement) for measurement in result.measurements],
                "earlier": [_try_json(tried) for tried in result.earlier],
            }
    return None


def _try_json(tried: TestTry) -> Mapping[str, Any]:
    return {
        "number": tried.number,
        "outcome": tried.outcome.value,
        "code": tried.code,
        "detail": tried.detail,
        "seconds": round(tried.seconds, 3),
        "measurements": [vars(measurement) for measurement in tried.measurements],
    }


def _wait_json(event: Event | StationEvent) -> Mapping[str, Any] | None:
    """Waits for the manifest, a label or an approval, and their end."""
    match event:
        case (
            ManifestAway(slot, code, detail)
            | LabelRefused(slot, code, detail)
            | ScanRefused(code, detail, slot)
            | ApprovalAwaited(slot, code, detail)
        ):
            return {"event": "waiting", "slot": slot, "code": code, "detail": detail}
        case ManifestBack(slot) | ApprovalGiven(slot):
            return {"event": "goes on", "slot": slot, "code": "", "detail": ""}
        case FirstArticleChanged(stage, approvers):
            return {"event": "first article", "state": stage.value, "approvers": list(approvers)}
    return None


def _input_json(event: Event | StationEvent) -> Mapping[str, Any] | None:
    """Events of labels, reworks, silent slots and scanners."""
    match event:
        case LabelScanned(slot, label):
            return {"event": "label", "slot": slot, "label": label}
        case ReworkOrdered(slot, reason):
            return {"event": "rework", "slot": slot, "reason": reason}
        case SlotSilent(slot, seconds):
            return {"event": "silent", "slot": slot, "seconds": round(seconds, 1)}
        case NotBegun(slot):
            return {"event": "not begun", "slot": slot}
        case HookFailed(hook, about, code, detail):
            return {"event": "hook", "hook": hook, "unit": about, "code": code, "detail": detail}
        case ScannerStateChanged(scanner, error):
            return {"event": "scanner", "scanner": scanner, **_error_json(error)}
        case PrinterStateChanged(printer, error):
            return {"event": "printer", "printer": printer, **_error_json(error)}
        case MesStateChanged(destination, waiting, refused, error):
            counts = {"waiting": waiting, "refused": refused}
            line = {"event": "mes", "destination": destination, **counts}
            return {**line, **_error_json(error)}
        case UnitLabelChanged(slot, unit_id, state, code, detail, _):
            stands = {"state": state.value, "code": code, "detail": detail}
            return {"event": "unit label", "slot": slot, "unit_id": unit_id, **stands}
    return None


def _error_json(error: BurnerError | None) -> Mapping[str, str]:
    return {"code": error.code if error else "", "detail": error.detail if error else ""}


def summary_json(
    tally: Tally, elapsed_s: float, exit_code: int, labels: LabelCounts | None = None
) -> Mapping[str, Any]:
    """The last line of JSON."""
    fpy = tally.first_pass_yield
    return {
        "event": "summary",
        "units": [_unit_json(unit) for unit in tally.units],
        "silent": [{"slot": unit.slot, "code": unit.code} for unit in tally.silent],
        "troubles": {slot: error.code for slot, error in tally.troubles.items()},
        "counts": {state.value: number for state, number in tally.counts.items()},
        "warnings": dict(tally.warnings),
        "hooks": Counter(failed.code for failed in tally.failed_hooks),
        "labels": asdict(labels) if labels and labels.all else None,
        "first_pass_yield": None if fpy is None else round(fpy, 4),
        "units_per_hour": round(tally.per_hour(elapsed_s), 1),
        "seconds": round(elapsed_s, 3),
        "exit_code": exit_code,
    }


def _unit_json(unit: HandledUnit) -> Mapping[str, Any]:
    return {
        "slot": unit.slot,
        "unit_id": unit.unit_id,
        "device_name": unit.device_name,
        "outcome": unit.outcome.value,
        "code": unit.code,
        "batch": unit.batch,
        "known": unit.known,
        "other_batch": unit.other_batch,
        "written": unit.written,
        "warnings": list(unit.warnings),
        "tries": unit.tries,
        "first": unit.first.value if unit.first else None,
        "seconds": round(unit.seconds, 3),
        "waited": round(unit.waited_s, 3),
        "ended": unit.ended.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
