"""The console of a booted chip: the lines of its start, and the running application behind it."""

from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

from burner.bench.modem.modem import SimModem


class ConsoleLine(NamedTuple):
    """Bytes on the console, and the rate they are sent at."""

    text: bytes
    baud: int
    after_s: float = 0.0
    """Seconds since the start of the application."""


@dataclass(frozen=True)
class BootRecord:
    """Who speaks after a start from flash: the program in the flash, or the model."""

    executed: bool
    reason: str = ""
    """Why the model speaks; of a program, why it has stopped."""

    def describe(self) -> dict[str, str]:
        """As plain values."""
        by = "executed" if self.executed else "model"
        return {"by": by, **({"reason": self.reason} if self.reason else {})}


class ConsoleInput(Protocol):
    """What answers on the console once the application runs."""

    def receive(self, data: bytes, since_reset_s: float) -> bytes:
        """The bytes that it prints when these have come.

        `since_reset_s`: seconds between the end of the reset and the last of them.
        """


class App:
    """The running application: its console output, and its answers to input."""

    def __init__(
        self,
        log: tuple[ConsoleLine, ...],
        *answers: ConsoleInput,
        record: BootRecord = BootRecord(executed=False),
    ) -> None:
        self.log = log
        self._answers = answers
        self._record = record

    @property
    def record(self) -> BootRecord:
        """Who speaks."""
        return self._record

    def receive(self, data: bytes, since_reset_s: float) -> bytes:
        """The answer on the console, as of `ConsoleInput`."""
        return b"".join(heard.receive(data, since_reset_s) for heard in self._answers)

    @property
    def answers_at_s(self) -> float:
        """Seconds since the reset before which the last answer is not on the wire."""
        return 0.0

    def end(self) -> None:
        """The chip is reset, or has lost its power."""


class AtInput:
    """AT firmware, or a modem behind the chip."""

    def __init__(self, modem: SimModem) -> None:
        self._modem = modem

    def receive(self, data: bytes, since_reset_s: float) -> bytes:  # noqa: ARG002 - it has no clock
        """Its answer, at once."""
        self._modem.receive(data, inf)
        return self._modem.take(inf)
