"""The console of a booted chip: the lines of its start, and the running application behind it."""

from math import inf
from typing import NamedTuple

from burner.bench.modem.modem import SimModem


class ConsoleLine(NamedTuple):
    """Bytes on the console, and the rate they are sent at."""

    text: bytes
    baud: int


class App:
    """The running application: its console output, and its answers to input."""

    def __init__(self, log: tuple[ConsoleLine, ...], modem: SimModem | None = None) -> None:
        self.log = log
        self._modem = modem

    def receive(self, data: bytes, since_reset_s: float) -> bytes:  # noqa: ARG002 - AT has no time
        """The answer on the console: of AT firmware, or of a modem behind the chip.

        `since_reset_s`: seconds between the end of the reset and the last of these bytes.
        """
        if self._modem is None:
            return b""
        self._modem.receive(data, inf)
        return self._modem.take(inf)
