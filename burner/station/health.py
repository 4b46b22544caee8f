"""What is wrong with a station: one function a question, each over facts somebody else gathered.

A check that found nothing has no code; else the code's row says what to do in both languages.
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
"""The clock stood before burner was written: a battery is empty."""
GRABBERS = ("ModemManager", "brltty")
"""Services that open every new serial port to see whether it is theirs."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One question and its answer."""

    what: str
    state: State
    detail: str
    code: str = ""
    """Of the table; its remedy is what to do. Empty when all is well."""


def fine(what: str, detail: str) -> Check:
    """Nothing wrong."""
    return Check(what, State.OK, detail)


def failed(what: str, error: BurnerError) -> Check:
    """What an error says."""
    places = "; ".join(str(finding) for finding in error.findings if not finding.warning)
    return Check(what, State.FAIL, places or error.detail, error.code)


def port(slot: str, device: str, listed: Mapping[str, Port], can_open: bool) -> list[Check]:
    """May it be opened, does somebody hold it, does it answer fast?"""
    what = f"slot {slot}"
    if not can_open:
        return [Check(what, State.FAIL, device, Code.PORT_ACCESS_DENIED)]
    checks = []
    known = listed.get(device)
    if known and known.holders:
        who = ", ".join(str(holder) for holder in known.holders)
        checks.append(Check(what, State.FAIL, f"{device} is held by {who}", Code.PORT_BUSY))
    if known and known.latency_ms is not None and known.latency_ms > LATENCY_MS:
        name = os.path.basename(device)  # noqa: PTH119 - a device name, not a path of ours
        timer = f"/sys/bus/usb-serial/devices/{name}/latency_timer"
        checks.append(
            Check(what, State.WARN, f"{known.latency_ms} ms: {timer}", Code.ADAPTER_LATENCY_HIGH)
        )
    adapter = f" ({known.adapter})" if known and known.adapter else ""
    return checks or [fine(what, f"{device}{adapter}")]


def grabbers(processes: Iterable[str]) -> Check:
    """Does a service run that takes serial ports?"""
    found = sorted(set(processes) & set(GRABBERS))
    if found:
        return Check("other programs", State.WARN, ", ".join(found), Code.PORT_GRABBER_RUNNING)
    return fine("other programs", "none that takes serial ports")


def slots(found: int, expected: int) -> Check:
    """Are all slots there?"""
    detail = f"{found} of {expected}"
    return (
        fine("slots", detail)
        if found == expected
        else Check("slots", State.FAIL, detail, Code.SLOT_COUNT_UNEXPECTED)
    )


def disk(what: str, free_bytes: int) -> Check:
    """Is there room for records and logs?"""
    detail = f"{free_bytes / (1 << 30):.1f} GB free"
    if free_bytes < FULL_BYTES:
        return Check(what, State.FAIL, detail, Code.DISK_FULL)
    if free_bytes < TIGHT_BYTES:
        return Check(what, State.WARN, detail, Code.DISK_NEARLY_FULL)
    return fine(what, detail)


def clock(now: datetime, last_record: datetime | None) -> Check:
    """Can the time be right: after burner was written, after the last record?"""
    said = f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if now.year < FIRST_YEAR:
        return Check("clock", State.FAIL, said, Code.CLOCK_WRONG)
    if last_record and now < last_record:
        detail = f"{said}, but the last record is of {last_record.astimezone(UTC):%Y-%m-%d %H:%M}"
        return Check("clock", State.FAIL, detail, Code.CLOCK_WRONG)
    return fine("clock", said)
