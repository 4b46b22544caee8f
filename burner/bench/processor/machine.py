"""The processor of an ESP32-C3: executes the instructions of a program, by the emulator unicorn.

Imported only where a program is executed: unicorn is an extra.
"""

import ctypes
from enum import Enum, auto
from typing import ClassVar

import unicorn
from unicorn import riscv_const, unicorn_const

from burner.bench.processor import mask_rom
from burner.bench.processor.chip_memory import CODE, DATA, PAGE, ChipMemory, range_of
from burner.bench.processor.not_executable import NotExecutableError
from burner.bench.processor.registers import PAGES, ProgramRegisters
from burner.bench.processor.time_limit import TimeLimit
from burner.bench.processor.translations import Translations
from burner.bench.silicon.nor_flash import NorFlash

MOST_ROM_CALLS = 20_000
MOST_PRINTED = 32 * 1024
"""Bytes that a program prints before it looks for input."""
MOST_EXCEPTIONS = 8
_PC, _RA = riscv_const.UC_RISCV_REG_PC, riscv_const.UC_RISCV_REG_RA
_SP = riscv_const.UC_RISCV_REG_SP
_ARGUMENTS = riscv_const.UC_RISCV_REG_A0, riscv_const.UC_RISCV_REG_A1, riscv_const.UC_RISCV_REG_A2
_MTVEC = riscv_const.UC_RISCV_REG_MTVEC
_NOWHERE = 0xFFFFFFFE
"""Where execution would end by itself; no program comes there."""


class Cause(Enum):
    """The exceptions of RISC-V that a program can raise here; the values are those of mcause."""

    FETCH = 1
    ILLEGAL = 2
    BREAKPOINT = 3
    LOAD = 5
    STORE = 7
    CALL = 11


_ACCESS_CAUSES = {
    unicorn_const.UC_MEM_FETCH_UNMAPPED: Cause.FETCH,
    unicorn_const.UC_MEM_FETCH_PROT: Cause.FETCH,
    unicorn_const.UC_MEM_READ_UNMAPPED: Cause.LOAD,
    unicorn_const.UC_MEM_WRITE_UNMAPPED: Cause.STORE,
    unicorn_const.UC_MEM_WRITE_PROT: Cause.STORE,
}


class Stop(Enum):
    """Why the processor has stopped."""

    WAITS = auto()
    """The program waits for input; it can go on."""
    ENDLESS = auto()
    FLOODS = auto()
    CRASHED = auto()


class Machine:
    """A processor with its memory, for one program after the other.

    An emulator holds some megabytes outside of Python, and is freed only by the garbage collector.
    So the processor of a chip that was reset is used again, by any chip of the computer's process.
    """

    _unused: ClassVar[list["Machine"]] = []
    """As many as ever ran at once. Each is in it or with one program, never both, also with several
    threads: a list takes in and gives out in one step."""

    def __init__(self) -> None:
        self._memory = ChipMemory()
        self._uc = unicorn.Uc(unicorn_const.UC_ARCH_RISCV, unicorn_const.UC_MODE_RISCV32)
        self._uc.ctl_set_cpu_model(riscv_const.UC_CPU_RISCV32_SIFIVE_E31)  # no F, no D
        self._map()
        self._uc.reg_write(_SP, mask_rom.STACK_TOP)
        self._uc.hook_add(
            unicorn_const.UC_HOOK_MEM_UNMAPPED | unicorn_const.UC_HOOK_MEM_PROT, self._on_bad_access
        )
        self._after_reset = self._uc.context_save()
        self._translations = Translations(self._uc, self._memory, self._refuse)
        self._uc.emu_start(
            CODE.start, _NOWHERE, count=1
        )  # it does not tell of its very first block

    @classmethod
    def at(
        cls, entry: int, memory: ChipMemory, registers: ProgramRegisters, flash: NorFlash
    ) -> "Machine":
        """A processor at the first instruction of its program, with this content of memory."""
        try:
            machine = cls._unused.pop()
        except IndexError:
            machine = cls()
        machine._begin(entry, memory, registers, flash)
        return machine

    def release(self) -> None:
        """Another program may have it."""
        self._unused.append(self)

    def _begin(
        self, entry: int, memory: ChipMemory, registers: ProgramRegisters, flash: NorFlash
    ) -> None:
        self.pc = entry
        self._registers = registers
        self._rom = mask_rom.FlashFunctions(flash, self._memory)
        self._bad_access: tuple[Cause, int] | None = None
        self._refused: NotExecutableError | None = None
        self._exceptions = 0
        self._memory.copy(memory)
        self._uc.context_restore(self._after_reset)
        self._translations.begin()

    def _map(self) -> None:
        self._shared = []
        for place, block in self._memory.blocks():
            shared = (ctypes.c_char * len(block)).from_buffer(block)
            self._shared.append(shared)  # as long as the processor lives
            rights = unicorn_const.UC_PROT_READ | unicorn_const.UC_PROT_WRITE
            if place is not DATA:
                rights |= unicorn_const.UC_PROT_EXEC
            for at in range(0, len(block), PAGE):  # each by itself: they are protected singly
                start = ctypes.addressof(shared) + at
                self._uc.mem_map_ptr(place.start + at, PAGE, rights, start)
        for page in PAGES:
            self._uc.mmio_map(page, PAGE, self._on_load, page, self._on_store, page)

    # An exception must not leave a callback: the emulator would go on with no value.

    def _on_load(self, uc: unicorn.Uc, offset: int, size: int, page: int) -> int:
        value = 0
        try:
            value = self._registers.read(page + offset, size)
        except NotExecutableError as error:
            self._refuse(error)
        if self._limit.step() or self._registers.waits or self._registers.used_up:
            uc.emu_stop()
        return value

    def _on_store(self, uc: unicorn.Uc, offset: int, size: int, value: int, page: int) -> None:
        try:
            self._registers.write(page + offset, value, size)
        except NotExecutableError as error:
            self._refuse(error)
        printed = len(self._registers.printed)
        if self._limit.step() or self._registers.used_up or printed >= MOST_PRINTED:
            uc.emu_stop()

    def _refuse(self, error: NotExecutableError) -> None:
        self._refused = self._refused or error
        self._uc.emu_stop()

    def _on_bad_access(
        self, _uc: unicorn.Uc, access: int, address: int, size: int, value: int, _: object
    ) -> bool:
        protected = access == unicorn_const.UC_MEM_WRITE_PROT
        if protected and self._translations.write_beside(address, size, value):
            return True
        self._bad_access = _ACCESS_CAUSES[access], address
        return False

    def run(self, most_cpu_s: float) -> Stop:
        """Execute until the program waits, or cannot go on.

        Raises:
            NotExecutableError: it needs what is not modelled.
        """
        with TimeLimit(self._uc.emu_stop, most_cpu_s) as self._limit:
            for _ in range(MOST_ROM_CALLS):
                stop = self._run_on()
                if stop:
                    return stop
                if self._limit.step():
                    break
        return Stop.ENDLESS

    def _run_on(self) -> Stop | None:
        """Execute until something stops the emulator; None: the program can go on at once."""
        try:
            self._uc.emu_start(self.pc, _NOWHERE)
        except unicorn.UcError as error:
            self.pc = self._uc.reg_read(_PC)
            return None if self._serve(error.errno) else Stop.CRASHED
        self.pc = self._uc.reg_read(_PC)
        if self._refused:
            raise NotExecutableError(f"{self._refused}, at {self.pc:#x}")
        if self._registers.waits:
            return Stop.WAITS
        if len(self._registers.printed) >= MOST_PRINTED:
            return Stop.FLOODS
        return Stop.ENDLESS if self._registers.used_up else None

    def _serve(self, error: int) -> bool:
        """Do what the ROM or the processor does where the emulator has stopped.

        False: the program has crashed.
        """
        bad_access, self._bad_access = self._bad_access, None
        if bad_access is None:
            return self._enter_trap(*self._exception(error))
        cause, address = bad_access
        if cause is Cause.FETCH:
            arguments = [self._uc.reg_read(register) for register in _ARGUMENTS]
            result = self._rom.call(address, arguments)
            if result is not None:
                self._translations.filled(*arguments[1:])
                self._uc.reg_write(_ARGUMENTS[0], result)
                self.pc = self._uc.reg_read(_RA)
                return True
        if cause is Cause.STORE and self._translations.rewritten(address):
            return True
        if place := range_of(address):
            does = {Cause.FETCH: "calls", Cause.LOAD: "reads", Cause.STORE: "writes to"}[cause]
            caller = self._uc.reg_read(_RA) if cause is Cause.FETCH else self.pc
            raise NotExecutableError(f"{does} {place.name} at {address:#x}, at {caller:#x}")
        return self._enter_trap(cause, self.pc, address)

    def _exception(self, error: int) -> tuple[Cause, int, int]:
        """Cause, place and value of an exception that is no access to memory."""
        if error == unicorn_const.UC_ERR_INSN_INVALID:
            return Cause.BREAKPOINT, self.pc, self.pc
        place = self.pc - 4  # the emulator has gone on by one instruction
        code = int.from_bytes(self._memory.read(place, 4), "little")
        return (Cause.CALL if code == 0x73 else Cause.ILLEGAL), place, code

    def _enter_trap(self, cause: Cause, place: int, value: int) -> bool:
        """Go on in the program's handler of exceptions; False where it has none."""
        handler = self._uc.reg_read(_MTVEC) & ~3
        self._exceptions += 1
        if not handler or self._exceptions > MOST_EXCEPTIONS:
            return False
        self._uc.reg_write(riscv_const.UC_RISCV_REG_MEPC, place)
        self._uc.reg_write(riscv_const.UC_RISCV_REG_MCAUSE, cause.value)
        self._uc.reg_write(riscv_const.UC_RISCV_REG_MTVAL, value)
        self.pc = handler
        return True
