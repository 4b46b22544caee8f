"""The registers of an ESP32-C3 that a program on the bench may use.

UART0, the eFuses, the system timer, the watchdogs, and how SPI1 sends a command to the flash; at
the addresses of Espressif's technical reference manual. Every other register is refused: a program
must not take a value for real that nothing stands behind.
"""

from collections.abc import Mapping

from burner.bench.processor.not_executable import NotExecutableError

UART0 = 0x60000000
FIFO, STATUS = UART0, UART0 + 0x1C
_IDLE_LINES = 0xE000C000
"""Bits of STATUS that show the lines of an idle UART."""
_MOST_COUNTED = 127
"""So many bytes that wait for the program STATUS shows. More wait here too: a real UART would lose
them."""

EFUSES = range(0x6000882C, 0x6000897C, 4)
"""The words that can be read."""

SYSTIMER_CONFIG, SYSTIMER_UNIT0 = 0x60023000, 0x60023004
SYSTIMER_HIGH, SYSTIMER_LOW = 0x60023040, 0x60023044
_UPDATE, _VALID = 1 << 30, 1 << 29
TICKS_PER_S = 16_000_000
_TICKS_OF_A_LOOK, _MOST_TICKS_OF_A_LOOK = 160, 16_000
"""So much time passes between two looks at the timer, the more the longer a program does nothing
else: one that waits for a moment goes on.
"""

LEAST_PAUSE_S = 0.1
"""A shorter one is no wait: the timer goes on a little with each look."""

_WATCHDOGS = frozenset(
    {
        *(0x60008090, 0x600080A4, 0x600080A8),  # RTC: configuration, feed, protection
        *(0x600080AC, 0x600080B0),  # super watchdog: configuration, protection
        *(group + at for group in (0x6001F000, 0x60020000) for at in (0x48, 0x60, 0x64)),
    }
)

_AT_RESET = {
    SYSTIMER_CONFIG: 0x46000000,  # unit 0 counts
    0x60002018: 0x80000000,  # SPI1, USER: a command is sent
    0x60002020: 0x70000000,  # SPI1, USER2: of eight bits
}
"""Registers that only keep what is written."""

PAGES = (UART0, 0x60002000, 0x60008000, 0x6001F000, 0x60020000, 0x60023000)
"""The pages of 4 KB that hold them."""

PATIENCE = 64
"""After so many looks at an empty UART, with nothing printed between them, a program waits."""
MOST_ACCESSES = 150_000
"""Of a program that does not wait; a quarter of a second of a computer."""


class ProgramRegisters:
    """What the program reads and writes; bytes for the console, and from it."""

    def __init__(self, efuses: Mapping[int, int]) -> None:
        self.printed = bytearray()
        self.pauses = list[tuple[int, float]]()
        """Where the program has waited by the timer: how many bytes it had printed, and the
        seconds since it went on."""
        self.received = bytearray()
        """Sent by the host, not read by the program yet."""
        self._efuses = efuses
        self._kept = dict(_AT_RESET)
        self._looks = self._looks_at_timer = self._accesses = 0
        self._ticks = self._latched = self._ticks_at_start = 0

    @property
    def waits(self) -> bool:
        """Whether the program only looks at the UART, and nothing comes."""
        return self._looks >= PATIENCE

    @property
    def used_up(self) -> bool:
        """Whether the program has used registers so often that it will not end."""
        return self._accesses >= MOST_ACCESSES

    @property
    def time_s(self) -> float:
        """Seconds since the reset, as the program sees them."""
        return self._ticks / TICKS_PER_S

    @property
    def waited_s(self) -> float:
        """So long it has waited by the timer since it went on."""
        return (self._ticks - self._ticks_at_start) / TICKS_PER_S

    def go_on(self, since_reset_s: float, received: bytes = b"") -> None:
        """The time is now this; these bytes have come."""
        self._ticks = max(self._ticks, round(since_reset_s * TICKS_PER_S))
        self._ticks_at_start = self._ticks
        self.pauses.clear()
        self.received += received
        self._looks = self._looks_at_timer = self._accesses = 0

    def read(self, address: int, size: int = 4) -> int:
        """A load from a register.

        Raises:
            NotExecutableError: it is not modelled.
        """
        self._accesses += 1
        if address == STATUS and size == 4:
            self._looks = 0 if self.received else self._looks + 1
            return _IDLE_LINES | min(len(self.received), _MOST_COUNTED)
        if address == FIFO:
            self._looks = 0
            if self.received:
                self._looks_at_timer = 0
            return self.received.pop(0) if self.received else 0
        if size != 4:
            raise NotExecutableError(f"reads {size} bytes of a register at {address:#x}")
        if address in EFUSES:
            return self._efuses.get(address, 0)
        if address in _WATCHDOGS or address in _AT_RESET:
            return self._kept.get(address, 0)
        return self._read_timer(address)

    def _read_timer(self, address: int) -> int:
        values = {
            SYSTIMER_UNIT0: _VALID,
            SYSTIMER_HIGH: self._latched >> 32,
            SYSTIMER_LOW: self._latched & 0xFFFFFFFF,
        }
        if address in values:
            return values[address]
        raise NotExecutableError(f"reads the register at {address:#x}")

    def write(self, address: int, value: int, size: int = 4) -> None:
        """A store to a register.

        Raises:
            NotExecutableError: it is not modelled.
        """
        self._accesses += 1
        if address == FIFO:
            self._note_pause()
            self._looks = self._looks_at_timer = 0
            self.printed.append(value & 0xFF)
        elif size == 4 and address == SYSTIMER_UNIT0:
            if value & _UPDATE:
                self._look_at_timer()
        elif size == 4 and (address in _WATCHDOGS or address in _AT_RESET):
            self._kept[address] = value
        else:
            raise NotExecutableError(f"writes to the register at {address:#x}")

    def _note_pause(self) -> None:
        waited_s = self.waited_s
        if waited_s >= (self.pauses[-1][1] if self.pauses else 0.0) + LEAST_PAUSE_S:
            self.pauses.append((len(self.printed), waited_s))

    def _look_at_timer(self) -> None:
        step = _TICKS_OF_A_LOOK << min(self._looks_at_timer // 16, 7)
        self._ticks += min(step, _MOST_TICKS_OF_A_LOOK)
        self._looks_at_timer += 1
        self._latched = self._ticks
