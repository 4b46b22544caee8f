"""The instructions that the emulator has translated, once for all their runs.

It translates them again when they are written at the address where they were executed. SRAM has a
second address, for data, of which it knows nothing. So a page of which something was translated is
protected there, until the program writes to these instructions. Data beside them are written for
the emulator.
"""

from collections.abc import Callable

import unicorn
from unicorn import unicorn_const

from burner.bench.processor.chip_memory import CODE, DATA, PAGE, ChipMemory, data_address
from burner.bench.processor.instructions import why_refused
from burner.bench.processor.not_executable import NotExecutableError

MOST_REWRITES = 64
"""Each costs as much as a thousand instructions and more."""


class Translations:
    """Of one emulator. `refuse` is told what must not be executed."""

    def __init__(
        self, uc: unicorn.Uc, memory: ChipMemory, refuse: Callable[[NotExecutableError], None]
    ) -> None:
        self._uc, self._memory, self._refuse = uc, memory, refuse
        self._ranges = dict[int, set[tuple[int, int]]]()
        """Page that is protected → where something was translated: addresses for data, end after
        it."""
        self._rewrites = 0
        uc.hook_add(unicorn_const.UC_HOOK_EDGE_GENERATED, self._on_block)

    def begin(self) -> None:
        """Another program begins."""
        self._forget()
        self._rewrites = 0

    def write_beside(self, address: int, size: int, value: int) -> bool:
        """Write to a protected page for the program. False: there are instructions, or no page."""
        ranges = self._ranges.get(address & -PAGE)
        if not ranges or any(start < address + size and address < end for start, end in ranges):
            return False
        data = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
        return self._memory.write(address, data)

    def rewritten(self, address: int) -> bool:
        """The program writes to this address for data. False: no code is there.

        Raises:
            NotExecutableError: it does so all the time.
        """
        if address & -PAGE not in self._ranges:
            return False
        self._rewrites += 1
        if self._rewrites > MOST_REWRITES:
            raise NotExecutableError(f"rewrites its code at {address:#x} again and again")
        self._forget()
        return True

    def filled(self, address: int, size: int) -> None:
        """The ROM has written so many bytes there."""
        address = data_address(address)
        known = DATA.holds(address)  # elsewhere no page is protected
        if not known or any(
            page < address + size and address < page + PAGE for page in self._ranges
        ):
            self._forget()

    def _forget(self) -> None:
        for page in self._ranges:
            writable = unicorn_const.UC_PROT_READ | unicorn_const.UC_PROT_WRITE
            self._uc.mem_protect(page, PAGE, writable)
        self._ranges.clear()
        self._uc.ctl_flush_tb()

    def _on_block(self, uc: unicorn.Uc, block: unicorn.Uc, _before: object, _: object) -> None:
        """Instructions up to the next jump were translated, and will now be executed."""
        if reason := why_refused(self._memory.read(block.pc, block.size)):
            self._refuse(NotExecutableError(reason))
        if not CODE.holds(block.pc):
            return
        first = data_address(block.pc)
        for page in {first & -PAGE, (first + block.size - 1) & -PAGE}:
            if page not in self._ranges:
                self._ranges[page] = set()
                uc.mem_protect(page, PAGE, unicorn_const.UC_PROT_READ)
            self._ranges[page].add((first, first + block.size))
