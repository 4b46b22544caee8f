"""The instructions that the emulator has translated, once for all their runs.

It translates them again when they are written at the address where they were executed. SRAM has a
second address, for data, of which it knows nothing. So a page of which something was translated is
protected there, until the program writes to it.
"""

from collections.abc import Callable

import unicorn
from unicorn import unicorn_const

from burner.bench.processor.chip_memory import CODE, PAGE, ChipMemory, data_address
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
        self._protected = set[int]()
        self._rewrites = 0
        uc.hook_add(unicorn_const.UC_HOOK_EDGE_GENERATED, self._on_block)

    def begin(self) -> None:
        """Another program begins."""
        self._forget()
        self._rewrites = 0

    def rewritten(self, address: int) -> bool:
        """The program writes to this address for data. False: no code is there.

        Raises:
            NotExecutableError: it does so all the time.
        """
        if address & -PAGE not in self._protected:
            return False
        self._rewrites += 1
        if self._rewrites > MOST_REWRITES:
            raise NotExecutableError(f"rewrites its code at {address:#x} again and again")
        self._forget()
        return True

    def filled(self, address: int, size: int) -> None:
        """The ROM has written so many bytes there."""
        address = data_address(address)
        if any(address < page + PAGE and page < address + size for page in self._protected):
            self._forget()

    def _forget(self) -> None:
        for page in self._protected:
            writable = unicorn_const.UC_PROT_READ | unicorn_const.UC_PROT_WRITE
            self._uc.mem_protect(page, PAGE, writable)
        self._protected.clear()
        self._uc.ctl_flush_tb()

    def _on_block(self, uc: unicorn.Uc, block: unicorn.Uc, _before: object, _: object) -> None:
        """Instructions up to the next jump were translated, and will now be executed."""
        if reason := why_refused(self._memory.read(block.pc, block.size)):
            self._refuse(NotExecutableError(reason))
        if not CODE.holds(block.pc):
            return
        first = data_address(block.pc)
        for page in {first & -PAGE, (first + block.size - 1) & -PAGE} - self._protected:
            self._protected.add(page)
            uc.mem_protect(page, PAGE, unicorn_const.UC_PROT_READ)
