"""A board: its chip and modem, each behind a port, and what the bench observes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from burner.bench.bench_file import BoardSpec
from burner.bench.chip.chip import SimChip
from burner.bench.chip.mode import Mode
from burner.bench.firmware.console import BootRecord
from burner.bench.firmware.executed import why_modelled
from burner.bench.modem.modem import SimModem
from burner.bench.wire.line import SimLine


@dataclass
class SimBoard:
    """A board and its lines, by the names of their ports; powered, or without power."""

    spec: BoardSpec
    lines: dict[str, SimLine]
    flashed: bool = False
    """It has been in download mode since it was plugged in."""
    asked: bool = False
    """A host has opened a port of it since it was plugged in."""
    number: int = 0

    def __post_init__(self) -> None:
        self.number = self.spec.number

    def plug(self, now: float) -> None:
        """Power up every part."""
        self.flashed = self.asked = False
        for line in self.lines.values():
            line.endpoint.plug(now)

    def unplug(self, now: float) -> None:
        """Cut the power of every part."""
        for line in self.lines.values():
            line.drop()
            line.endpoint.unplug(now)

    @property
    def chip(self) -> SimChip | None:
        """Its chip; None in tests with another endpoint."""
        chip = self.lines["esp"].endpoint
        return chip if isinstance(chip, SimChip) else None

    def starts(self) -> bool:
        """True once, when the application starts after the chip was in download mode."""
        chip = self.chip
        mode = chip.mode if chip else Mode.OFF
        started = self.flashed and mode is Mode.APP
        self.flashed = mode is Mode.DOWNLOAD or (self.flashed and not started)
        if chip and started:
            chip.used = True
        return started

    def describe(self) -> dict[str, Any]:
        """The facts that are printed on a real board, as plain values."""
        unit = self.spec.unit.as_built()
        described: dict[str, Any] = {
            "number": self.number,
            "chip": unit.chip,
            "mac": str(unit.mac),
            "faults": [fault.kind.value for fault in unit.faults],
        }
        if why := why_modelled(unit):
            described["model"] = why
        if unit.modem:
            described["imei"] = unit.modem.imei
        if self.chip and (boot := self.chip.flash_boot.record):
            described["boot"] = boot.describe()
        return described

    @property
    def boots(self) -> Mapping[BootRecord, int]:
        """How often who spoke after a start from a burned flash."""
        return self.chip.flash_boot.counts if self.chip else {}

    def traffic(self) -> dict[str, dict[int, int]]:
        """Bytes on the chip's wire so far: direction → baud → bytes."""
        return self.chip.traffic if self.chip else {}

    def close(self) -> None:
        """Close the flash file."""
        for line in self.lines.values():
            line.endpoint.close()


def build(spec: BoardSpec, now: float) -> SimBoard:
    """A board with its parts, not yet in a slot.

    Raises:
        BurnerError: E191 where the file that keeps the flash does not fit.
    """
    chip = SimChip(spec.unit, now)
    lines = {"esp": SimLine(chip, spec.unit.timing, spec.renumbers)}
    if "modem" in spec.ports and spec.unit.modem:
        modem = SimModem(spec.unit.modem, now, spec.unit.product_file)
        modem.prints = chip.secret_lines
        lines["modem"] = SimLine(modem, spec.unit.timing)
    return SimBoard(spec, lines)
