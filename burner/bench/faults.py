"""Which of a unit's faults shows when, and which are over."""

from burner.bench.commands import Op
from burner.bench.unit import At, Fault, FaultKind, UnitSpec

STRIKING = frozenset({FaultKind.UNPLUG, FaultKind.PORT_GONE, FaultKind.HANG, FaultKind.BROWN_OUT})
"""Faults that happen at one moment, instead of being there all the time."""
STEPS: dict[int, At] = {
    Op.SYNC: At.SYNC,
    Op.MEM_BEGIN: At.STUB,
    Op.CHANGE_BAUDRATE: At.BAUD,
    Op.FLASH_BEGIN: At.ERASE,
    Op.FLASH_DEFL_BEGIN: At.ERASE,
    Op.ERASE_FLASH: At.ERASE,
    Op.ERASE_REGION: At.ERASE,
    Op.FLASH_DATA: At.WRITE,
    Op.FLASH_DEFL_DATA: At.WRITE,
    Op.SPI_FLASH_MD5: At.MD5,
    Op.READ_FLASH: At.READ,
    Op.READ_FLASH_SLOW: At.READ,
}


class Faults:
    """The faults of one unit. One that comes `once` is over after it has shown."""

    def __init__(self, unit: UnitSpec) -> None:
        self._unit = unit
        self._over: set[Fault] = set()

    def meets(self, kind: FaultKind) -> bool:
        """Whether a fault of this kind shows now."""
        fault = self._unit.fault(kind)
        if fault is None or fault in self._over:
            return False
        self._show(fault)
        return True

    def at_step(self, step: At) -> Fault | None:
        """The fault that strikes as this step begins."""
        for fault in self._striking():
            if not fault.at_byte and (fault.step or At.WRITE) is step:
                return self._show(fault)
        return None

    def at_byte(self, heard: int, size: int) -> Fault | None:
        """The fault that strikes within the next `size` bytes after `heard` ones."""
        for fault in self._striking():
            if heard < fault.at_byte <= heard + size:
                return self._show(fault)
        return None

    def prints_secret_at(self, step: At) -> Fault | None:
        """The fault by which the secret is printed as this step begins."""
        for fault in self._unit.faults:
            printing = fault.kind is FaultKind.PRINTS_SECRET and fault not in self._over
            if printing and (fault.step or At.BOOT) is step:
                return self._show(fault)
        return None

    def _striking(self) -> list[Fault]:
        return [f for f in self._unit.faults if f.kind in STRIKING and f not in self._over]

    def _show(self, fault: Fault) -> Fault:
        if fault.once:
            self._over.add(fault)
        return fault
