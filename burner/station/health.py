"""Health checks of a station: each function judges facts that `doctor` gathered. Pure.

A check that is good has no code. Else its code says what to do, in both languages.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.ports import Port

LATENCY_MS = 1
"""More than this costs: every answer of the chip waits for the timer."""
FULL_BYTES = 50 << 20
TIGHT_BYTES = 1 << 30
FIRST_YEAR = 2025
"""An earlier year means an empty battery: burner was written later."""
GRABBERS = ("ModemManager", "brltty")
"""Services that open every new serial port to see whether it is theirs."""


class HealthState(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class HealthCheck:
    """One check and its result."""

    what: str
    state: HealthState
    detail: str
    code: str = ""
    """The error code; empty where the check is good."""


def fine(what: str, detail: str) -> HealthCheck:
    """A check that is good."""
    return HealthCheck(what, HealthState.OK, detail)


def failed(what: str, error: BurnerError) -> HealthCheck:
    """A check that failed with an error."""
    places = "; ".join(str(finding) for finding in error.findings if not finding.warning)
    return HealthCheck(what, HealthState.FAIL, places or error.detail, error.code)


def port(slot: str, device: str, listed: Mapping[str, Port], can_open: bool) -> list[HealthCheck]:
    """Whether the port can be opened, whether another program holds it, and whether it answers
    fast.
    """
    what = f"slot {slot}"
    if not can_open:
        return [HealthCheck(what, HealthState.FAIL, device, Code.PORT_ACCESS_DENIED)]
    checks = []
    known = listed.get(device)
    if known and known.holders:
        who = ", ".join(str(holder) for holder in known.holders)
        checks.append(
            HealthCheck(what, HealthState.FAIL, f"{device} is held by {who}", Code.PORT_BUSY)
        )
    if known and known.latency_ms is not None and known.latency_ms > LATENCY_MS:
        name = os.path.basename(device)  # noqa: PTH119 - a device name, not a path of ours
        timer = f"/sys/bus/usb-serial/devices/{name}/latency_timer"
        checks.append(
            HealthCheck(
                what, HealthState.WARN, f"{known.latency_ms} ms: {timer}", Code.ADAPTER_LATENCY_HIGH
            )
        )
    adapter = f" ({known.adapter})" if known and known.adapter else ""
    return checks or [fine(what, f"{device}{adapter}")]


def grabbers(processes: Iterable[str]) -> HealthCheck:
    """Whether a service runs that takes serial ports."""
    running = sorted(set(processes) & set(GRABBERS))
    if running:
        return HealthCheck(
            "other programs", HealthState.WARN, ", ".join(running), Code.PORT_GRABBER_RUNNING
        )
    return fine("other programs", "none that opens serial ports")


def slots(reachable: int, expected: int) -> HealthCheck:
    """Whether all slots are there."""
    detail = f"{reachable} of {expected}"
    return (
        fine("slots", detail)
        if reachable == expected
        else HealthCheck("slots", HealthState.FAIL, detail, Code.SLOT_COUNT_UNEXPECTED)
    )


def disk(what: str, free_bytes: int) -> HealthCheck:
    """Whether there is room for records and logs."""
    detail = f"{free_bytes / (1 << 30):.1f} GB free"
    if free_bytes < FULL_BYTES:
        return HealthCheck(what, HealthState.FAIL, detail, Code.DISK_FULL)
    if free_bytes < TIGHT_BYTES:
        return HealthCheck(what, HealthState.WARN, detail, Code.DISK_NEARLY_FULL)
    return fine(what, detail)


def clock(now: datetime, last_record: datetime | None) -> HealthCheck:
    """Whether the time can be right: later than burner was written, and than the last record."""
    now_text = f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if now.year < FIRST_YEAR:
        return HealthCheck("clock", HealthState.FAIL, now_text, Code.CLOCK_WRONG)
    if last_record and now < last_record:
        detail = (
            f"{now_text}, but the last record is of {last_record.astimezone(UTC):%Y-%m-%d %H:%M}"
        )
        return HealthCheck("clock", HealthState.FAIL, detail, Code.CLOCK_WRONG)
    return fine("clock", now_text)
