"""What a label printer is for burner: connected to, sent one label, let go of."""

from typing import Protocol


class PrintDoubtfulError(Exception):
    """Something left this computer, and nobody knows whether the label came out."""


class NothingSentError(Exception):
    """Nothing left this computer: the label was not printed."""


class PrinterConnection(Protocol):
    """A printer that is there, before the first byte."""

    def send(self, label: bytes) -> None:
        """Send one label; it can be called once.

        Raises:
            NothingSentError: the printer is away.
            PrintDoubtfulError: it went away meanwhile.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Printer(Protocol):
    """A label printer."""

    @property
    def name(self) -> str:
        """As it is named in the station file, for records and messages."""
        ...

    def connect(self) -> PrinterConnection:
        """Connect; no byte is sent.

        Raises:
            BurnerError: E337 it is away.
        """
        ...
