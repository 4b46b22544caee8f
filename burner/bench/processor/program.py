"""A program that runs on the bench: from the reset on, and with each input."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from burner.bench.processor import mask_rom
from burner.bench.processor.chip_memory import ChipMemory
from burner.bench.processor.not_executable import NotExecutableError
from burner.bench.processor.registers import LEAST_PAUSE_S, ProgramRegisters
from burner.bench.processor.time_limit import MOST_CPU_OF_BOOT_S, MOST_CPU_S
from burner.bench.silicon.nor_flash import NorFlash

if TYPE_CHECKING:
    from burner.bench.processor.machine import Machine

NOT_INSTALLED = "unicorn is not installed: pip install 'burner[emulator]'"


class RunningProgram:
    """What the flash of an ESP32-C3 starts after a reset.

    `most_cpu_s`: so much of the computer it may use, until it waits; `most_cpu_of_boot_s`: in
    all, before it gets no more input.

    Raises:
        NotExecutableError: it cannot be executed here.
    """

    def __init__(
        self,
        flash: NorFlash,
        efuses: Mapping[int, int],
        since_reset_s: float,
        *,
        most_cpu_s: float = MOST_CPU_S,
        most_cpu_of_boot_s: float = MOST_CPU_OF_BOOT_S,
    ) -> None:
        self.stopped = ""
        """Why it will do nothing any more; empty while it waits for input."""
        memory = ChipMemory()
        self._registers, self._most_cpu_s = ProgramRegisters(efuses), most_cpu_s
        self._cpu_s, self._most_cpu_of_boot_s = 0.0, most_cpu_of_boot_s
        start = mask_rom.load(flash, memory)
        self.rom_lines = start.lines
        self.printed = b""
        """What the program printed at its start."""
        self.pieces: tuple[tuple[float, bytes], ...] = ()
        """The same, after so many seconds: a program may wait by the timer."""
        self.answers_at_s = 0.0
        """Seconds since the reset before which the last answer is not on the wire: the program has
        waited by the timer."""
        self._busy_until_s = 0.0
        self._machine: Machine | None = None
        self.started = start.entry is not None
        """Whether the mask ROM has started it."""
        if start.entry is None:
            self.stopped = f"the mask ROM starts nothing: {start.lines[-1]}"
            return
        try:
            from burner.bench.processor import machine
        except (ImportError, OSError) as error:
            raise NotExecutableError(f"unicorn cannot be loaded: {error}") from None
        self._machine = machine.Machine.at(start.entry, memory, self._registers, flash)
        try:
            self.printed = self._run(self._machine, since_reset_s)
            self.pieces = self._in_pieces(self.printed)
        except NotExecutableError:
            self.end()
            raise

    def receive(self, data: bytes, since_reset_s: float) -> bytes:
        """What it prints when these bytes have come."""
        if self.stopped or self._machine is None:
            return b""
        if self._cpu_s > self._most_cpu_of_boot_s:
            self.stopped = f"it has used {self._cpu_s:.1f} s of the computer since its start"
            return b""
        try:
            return self._run(self._machine, since_reset_s, data)
        except NotExecutableError as error:
            self.stopped = str(error)
            return self._taken()

    def end(self) -> None:
        """The chip is reset, or has lost its power."""
        if self._machine:
            self._machine.release()
        self._machine = None

    def _run(self, machine: "Machine", since_reset_s: float, received: bytes = b"") -> bytes:
        from burner.bench.processor.machine import Stop

        self._registers.go_on(since_reset_s, received)
        began = time.thread_time()
        try:
            stop = machine.run(self._most_cpu_s)
        finally:
            self._cpu_s += time.thread_time() - began
        self._note_waiting()
        unread = bool(self._registers.received)
        lack = "leaves unread what was sent" if unread else "never looks for input"
        reasons = {
            Stop.WAITS: "",
            Stop.ENDLESS: f"it runs on and on, and {lack}",
            Stop.FLOODS: "it prints on and on",
            Stop.CRASHED: "it crashed",
        }
        where = f", at {machine.pc:#x}" if stop is not Stop.WAITS else ""
        self.stopped = f"{reasons[stop]}{where}"
        return self._taken()

    def _note_waiting(self) -> None:
        registers = self._registers
        self.answers_at_s = self._busy_until_s
        if registers.pauses:
            self.answers_at_s = registers.time_s - registers.waited_s + registers.pauses[-1][1]
        if registers.waited_s >= LEAST_PAUSE_S:
            self._busy_until_s = registers.time_s

    def _in_pieces(self, printed: bytes) -> tuple[tuple[float, bytes], ...]:
        pauses = self._registers.pauses
        ends = (*(at for at, _ in pauses), len(printed))
        begins = ((0, 0.0), *pauses)
        return tuple(
            (after_s, printed[at:end]) for (at, after_s), end in zip(begins, ends, strict=True)
        )

    def _taken(self) -> bytes:
        printed = bytes(self._registers.printed)
        self._registers.printed.clear()
        return printed
