"""Whether the program in a chip's flash is executed, and its run.

The model speaks where the program cannot run, and where the unit is described as one whose firmware
does what only the model can do.
"""

from dataclasses import dataclass
from importlib.util import find_spec

from burner.bench.firmware.console import App, BootRecord, ConsoleLine
from burner.bench.processor.mask_rom import CHIP
from burner.bench.processor.not_executable import NotExecutableError
from burner.bench.processor.program import NOT_INSTALLED, RunningProgram
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import USUAL_BAUD, FaultKind, UnitSpec

_OF_THE_MODEL = (
    FaultKind.ENCRYPTED,
    FaultKind.SECURE_BOOT,
    FaultKind.PRINTS_SECRET,
    FaultKind.DEAD,
)
"""Faults of a unit whose program is not executed."""


@dataclass(frozen=True)
class NotExecuted:
    """No program runs, the model speaks."""

    reason: str


def run(silicon: SimSilicon, since_reset_s: float) -> RunningProgram | NotExecuted:
    """The program in the flash, run until it waits."""
    if reason := why_modelled(silicon.unit):
        return NotExecuted(reason)
    try:
        return RunningProgram(silicon.flash, silicon.registers, since_reset_s)
    except NotExecutableError as error:
        return NotExecuted(str(error))


class ExecutedApp(App):
    """An application that is executed."""

    def __init__(self, rom_log: tuple[ConsoleLine, ...], program: RunningProgram) -> None:
        lines = b"".join(line.encode() + b"\r\n" for line in program.rom_lines)
        own = (
            ConsoleLine(text, USUAL_BAUD, after_s)
            for after_s, text in ((0.0, lines), *program.pieces)
        )
        super().__init__((*rom_log, *own), program)
        self._program = program

    @property
    def record(self) -> BootRecord:
        """Of now: a program may stop after any input."""
        return BootRecord(executed=self._program.started, reason=self._program.stopped)

    @property
    def answers_at_s(self) -> float:
        """The program may have waited before it answered."""
        return self._program.answers_at_s

    def end(self) -> None:
        """The chip is reset, or has lost its power."""
        self._program.end()


def why_modelled(unit: UnitSpec) -> str:
    """Why this unit's program is not executed, whatever it is; empty where it is."""
    if unit.chip != CHIP:
        return f"programs of {unit.chip} are not executed"
    firmware = unit.firmware
    if not firmware.executed:
        return "the bench was told not to execute"
    if fault := next((kind for kind in _OF_THE_MODEL if unit.has(kind)), None):
        return f"the fault {fault.value} is one of the model"
    if unit.modem and unit.modem.port == "esp":
        return "the firmware behind the console is an AT firmware or a modem"
    described = {
        "device_name": firmware.device_name,
        "lines": firmware.lines,
        "answers": firmware.answers,
        "route": firmware.test_firmware,
        "prints: false": not firmware.prints,
        f"baud: {firmware.baud}": firmware.baud != USUAL_BAUD,
        "rollback": firmware.rollback,
        "moves_key": firmware.moves_key,
        "challenge": firmware.own_challenge,
        "registered": firmware.registered,
    }
    key = next((key for key, is_set in described.items() if is_set), "")
    if key:
        return f"the unit or the profile describes the firmware: {key}"
    return "" if find_spec("unicorn") else NOT_INSTALLED
