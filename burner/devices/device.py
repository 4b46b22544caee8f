"""What burner asks of a device: the `Device` protocol, its types, and the line of a dialogue.

Two classes implement `Device`: `esp.EspDevice` (a worker process that drives esptool) and the
in-memory device of the tests. Every call blocks until its own deadline, and raises `BurnerError`:
E3 the port or the worker, E4 identity, E5 flash. All text that a unit prints is searched for the
product secret before it is returned: lines, dialogues, error texts, the slot's log. Flash contents
are returned unchanged.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from burner.core.segments import Region, Segment
from burner.core.silicon import Mac, Silicon

ANY_CHIP = "any"
"""Asked for where nothing will be written: whatever chip answers."""


@dataclass(frozen=True)
class ConnectPlan:
    """How to connect to a chip: which chip is expected, and at which rate."""

    chip: str
    """esptool's name, or `ANY_CHIP`. Another chip is identified as what it is, to go on record."""
    baud: int
    """Bits per second once connected; the ladder steps this down."""
    early_baud: bool = False
    """Change the rate in ROM, before the stub is uploaded: faster, safe on some chips only."""
    attempt: str = ""
    """Id of the attempt; the lines of the slot's log are keyed by it."""


class Contact(StrEnum):
    """The result of a quick look at a slot."""

    ABSENT = "absent"
    """Its port is not there."""
    SILENT = "silent"
    """The port is there; nothing comes from it."""
    GARBLED = "garbled"
    """Something is there and talks, but a chip in download mode does not answer."""
    ANSWERS = "answers"
    """A chip answers."""


class SerialLine(Protocol):
    """A byte dialogue on one port of the slot (a modem, AT firmware, a boot log)."""

    def send(self, data: bytes) -> None:
        """Write all bytes."""
        ...

    def receive(self, timeout_s: float) -> bytes:
        """What arrived within the time, at least one byte; `b""` when nothing did."""
        ...

    def set_baud(self, baud: int) -> None:
        """Change the rate of our side."""
        ...

    def close(self) -> None:
        """Close the port."""
        ...


class Device(Protocol):
    """One unit in one slot, for one attempt."""

    def identify(self, plan: ConnectPlan) -> Silicon:
        """Reset into download mode, connect, read IDs, start the stub at the plan's baud."""
        ...

    def matches(self, region: Region) -> bool:
        """Whether flash holds the region's bytes, by the chip's own MD5."""
        ...

    def write(self, segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
        """Write in the given order; yields (done, total) in bytes on the wire.

        Every segment is checked by the chip's MD5 after it is written (E6 on a difference).
        """
        ...

    def read(self, offset: int, size: int) -> bytes:
        """The content of a stretch of flash."""
        ...

    def boot(
        self, timeout_s: float, until: Callable[[Sequence[str]], bool], baud: int = 115200
    ) -> tuple[str, ...]:
        """Reset into the application and collect its lines.

        Ends when all lines so far satisfy `until`, or the time is up; with 0 it only resets.
        """
        ...

    def line(self, port: str = "esp", baud: int = 115200) -> SerialLine:
        """Open a dialogue on a named port of the slot; `esp` is the chip's own."""
        ...

    def free_port(self) -> str:
        """Close the ports in the middle of an attempt, so that a program may open them.

        Returns:
            The name or URL of the chip's own port, as the system has it today.
        """
        ...

    def resume(self) -> Mac | None:
        """Go on with the identified chip after `free_port`, without a reset.

        Returns:
            The MAC of the chip; None when it must be identified again, because anything is not as
            it was.
        """
        ...

    def log(self, line: str) -> None:
        """Add a line to the slot's log; it has no secret. Never raises."""
        ...

    @property
    def printed_secret(self) -> bool:
        """Whether the unit printed the product secret in this attempt; an echo does not count."""
        ...

    def versions(self) -> dict[str, str]:
        """Versions for the record: esptool, stub, adapter."""
        ...

    def close(self) -> None:
        """End the attempt: the ports are free again."""
        ...
