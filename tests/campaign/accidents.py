"""What can go wrong with one burn: every kind of fault of the bench, and of the station."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from burner.bench.unit.unit_spec import (
    TIME_OFF,
    UART_TIME,
    FaultKind,
    FaultStep,
    FirmwareBehaviour,
    SimFault,
    UnitSpec,
)
from burner.core.errors import BurnerError
from burner.core.silicon import Mac

MOST_BYTES = 60_000
"""Bytes to the chip in a whole burn, about."""
CHIPS = ("esp8266", "esp32", "esp32s2", "esp32s3", "esp32c3", "esp32c6")


class StationKind(StrEnum):
    """What happens to the station, or is wrong with the firmware that a unit runs."""

    KILLED = "station killed"
    """kill -9 of everything, at some byte."""
    STOPPED = "stopped by a person"
    """Ctrl-C twice, at some byte."""
    OTHER_NAME = "firmware with another name"
    SILENT = "firmware that says nothing"


class Killed(BaseException):
    """The station is gone, in the middle of whatever it did."""


@dataclass(frozen=True)
class Accident:
    """One thing that goes wrong with one burn."""

    kind: FaultKind | StationKind
    fault: SimFault | None = None
    at_byte: int = 0

    def __str__(self) -> str:
        changed = {
            name: value
            for name, value in vars(self.fault or self).items()
            if name != "kind" and value not in (None, getattr(SimFault, name, None), self.fault)
        }
        return " ".join([self.kind.value, *(f"{name}={value}" for name, value in changed.items())])


def draw(rng: random.Random, chip: str, somebodys: Mac) -> Accident:
    """Some accident; all kinds are as likely."""
    kind: FaultKind | StationKind = rng.choice([*FaultKind, *StationKind])
    if isinstance(kind, StationKind):
        return Accident(kind, at_byte=rng.randrange(1, MOST_BYTES))
    settings: dict[str, Any] = {"once": rng.random() < 0.5}
    if kind in _SETTINGS:
        settings |= _SETTINGS[kind](rng, chip)
    if kind is FaultKind.SAME_MAC:
        settings["mac"] = somebodys
    return Accident(kind, SimFault(kind, **settings))


def _moment(rng: random.Random, _: str) -> Mapping[str, object]:
    if rng.random() < 0.6:
        return {"at_byte": rng.randrange(1, MOST_BYTES)}
    return {"step": rng.choice(list(FaultStep))}


def _place(rng: random.Random, _: str) -> Mapping[str, object]:
    return {"address": rng.choice((None, rng.randrange(0, 0x64000)))}


def _rate(rng: random.Random, _: str) -> Mapping[str, object]:
    return {"baud": rng.choice((2400, 230_400, 460_800)), "every": rng.choice((5_000, 40_000))}


_SETTINGS: Mapping[FaultKind, Callable[[random.Random, str], Mapping[str, object]]] = {
    FaultKind.UNPLUG: _moment,
    FaultKind.PORT_GONE: _moment,
    FaultKind.HANG: _moment,
    FaultKind.BROWN_OUT: _moment,
    FaultKind.STUCK_SECTOR: _place,
    FaultKind.BIT_FLIP: _place,
    FaultKind.GARBLE: _rate,
    FaultKind.NOISE: _rate,
    FaultKind.WRONG_CHIP: lambda rng, chip: {"chip": rng.choice([c for c in CHIPS if c != chip])},
    FaultKind.FLASH_SIZE: lambda rng, _: {"size": rng.choice((2, 4)) << 20},
    FaultKind.SLOW_ERASE: lambda rng, _: {"factor": rng.choice((5.0, 50.0))},
    FaultKind.PRINTS_SECRET: lambda rng, _: {"step": rng.choice(list(FaultStep))},
    FaultKind.LATE_RESET: lambda rng, _: {"seconds": rng.choice((0.1, 0.3, 2.0))},
}


def faulty_unit(unit: UnitSpec, accidents: list[Accident], rng: random.Random) -> UnitSpec:
    """The unit with what is wrong with it in this burn."""
    faults = tuple(a.fault for a in accidents if a.fault)
    kinds = {a.kind for a in accidents}
    firmware: FirmwareBehaviour = unit.firmware
    if StationKind.OTHER_NAME in kinds:
        firmware = replace(firmware, device_name="X{MAC}")
    if StationKind.SILENT in kinds:
        firmware = replace(firmware, prints=False)
    timing = UART_TIME if rng.random() < 0.3 or FaultKind.SLOW_ERASE in kinds else TIME_OFF
    return replace(unit, faults=faults, firmware=firmware, timing=timing)


def interruption(accidents: list[Accident], stop: Callable[[], None]) -> Callable[[int], None]:
    """What counts the bytes to the chip, and stops the station at the right one."""
    moments = [a for a in accidents if a.at_byte and isinstance(a.kind, StationKind)]

    def interrupt(sent: int) -> None:
        for accident in moments:
            if sent < accident.at_byte:
                continue
            if accident.kind is StationKind.KILLED:
                raise Killed
            if accident.kind is StationKind.STOPPED:
                stop()
                raise BurnerError("E902", "stopped by the station")

    return interrupt
