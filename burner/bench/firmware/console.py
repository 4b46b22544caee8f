"""The console of a booted chip: the lines of its start, and the running application behind it."""

from math import inf
from typing import NamedTuple

from burner.bench.firmware.challenge import ChallengedFirmware
from burner.bench.modem.modem import SimModem


class ConsoleLine(NamedTuple):
    """Bytes on the console, and the rate they are sent at."""

    text: bytes
    baud: int


class App:
    """The running application: its console output, and its answers to input."""

    def __init__(
        self,
        log: tuple[ConsoleLine, ...],
        modem: SimModem | None = None,
        challenged: ChallengedFirmware | None = None,
    ) -> None:
        self.log = log
        self._modem, self._challenged = modem, challenged

    def receive(self, data: bytes, since_reset_s: float) -> bytes:
        """The answer on the console: of the firmware to a challenge, of AT firmware, or of a modem
        behind the chip.

        `since_reset_s`: seconds between the end of the reset and the last of these bytes.
        """
        answer = self._challenged.receive(data, since_reset_s) if self._challenged else b""
        if self._modem is None:
            return answer
        self._modem.receive(data, inf)
        return answer + self._modem.take(inf)
