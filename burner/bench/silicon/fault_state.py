"""Which fault of a unit acts when, and which are over."""

from burner.bench.unit.unit_spec import FaultKind, FaultStep, SimFault, UnitSpec

STRIKING = frozenset({FaultKind.UNPLUG, FaultKind.PORT_GONE, FaultKind.HANG, FaultKind.BROWN_OUT})
"""Faults that happen at one moment; all others are always there."""


class FaultState:
    """The faults of one unit. A fault with `once` is over after it has acted."""

    def __init__(self, unit: UnitSpec) -> None:
        self._unit = unit
        self._over: set[SimFault] = set()

    def meets(self, kind: FaultKind) -> bool:
        """Whether a fault of this kind acts now."""
        fault = self._unit.fault(kind)
        if fault is None or fault in self._over:
            return False
        self._show(fault)
        return True

    def at_step(self, step: FaultStep) -> SimFault | None:
        """The fault that acts as this step begins."""
        for fault in self._striking():
            if not fault.at_byte and (fault.step or FaultStep.WRITE) is step:
                return self._show(fault)
        return None

    def at_byte(self, received: int, size: int) -> SimFault | None:
        """The fault that acts within the next `size` bytes after the `received` ones."""
        for fault in self._striking():
            if received < fault.at_byte <= received + size:
                return self._show(fault)
        return None

    def prints_secret_at(self, step: FaultStep) -> SimFault | None:
        """The fault by which the secret is printed as this step begins."""
        for fault in self._unit.faults:
            printing = fault.kind is FaultKind.PRINTS_SECRET and fault not in self._over
            if printing and (fault.step or FaultStep.BOOT) is step:
                return self._show(fault)
        return None

    def _striking(self) -> list[SimFault]:
        return [f for f in self._unit.faults if f.kind in STRIKING and f not in self._over]

    def _show(self, fault: SimFault) -> SimFault:
        if fault.once:
            self._over.add(fault)
        return fault
