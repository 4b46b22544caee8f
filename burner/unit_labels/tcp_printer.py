"""A label printer on the network: a TCP port, usually 9100, one connection a label."""

import socket
from contextlib import suppress
from time import monotonic

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.unit_labels.printer import NothingSentError, PrintDoubtfulError

CHUNK = 4096
LAST = 4
"""Bytes that end a label, `^XZ` and a new line: a printer that has closed before them took it not
whole."""
LOOK_S = 0.05
"""How long the printer is given to close, before the last bytes are sent."""


class TcpPrinter:
    """See `Printer`. A printer does not acknowledge: it counts as sent when it has closed the
    connection in order, after it had all of the label.
    """

    def __init__(self, host: str, port: int, timeout_s: float, look_s: float = LOOK_S) -> None:
        self.host, self.port, self.timeout_s, self.look_s = host, port, timeout_s, look_s

    @property
    def name(self) -> str:
        """See `Printer`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"

    def connect(self) -> "TcpPrinterConnection":
        """See `Printer`."""
        try:
            connected = socket.create_connection((self.host, self.port), self.timeout_s)
        except OSError as error:
            detail = f"{self.name}: {error.strerror or error}"
            raise BurnerError(Code.PRINTER_UNREACHABLE, detail) from None
        return TcpPrinterConnection(connected, self.timeout_s, self.look_s)


class TcpPrinterConnection:
    """See `PrinterConnection`."""

    def __init__(self, connected: socket.socket, timeout_s: float, look_s: float) -> None:
        self._socket, self._timeout_s, self._look_s = connected, timeout_s, look_s

    def send(self, label: bytes) -> None:
        """See `PrinterConnection`."""
        deadline = monotonic() + self._timeout_s
        sent = 0
        try:
            if self._is_closed():
                raise NothingSentError("the printer closed the connection")
            before_last = max(1, len(label) - LAST)
            while sent < len(label):
                if sent == before_last and self._is_closed(self._look_s):
                    raise ConnectionError("the printer closed the connection")
                self._wait_until(deadline)
                end = before_last if sent < before_last else len(label)
                sent += self._socket.send(label[sent : min(end, sent + CHUNK)])
            self._socket.shutdown(socket.SHUT_WR)
            while True:  # what it says, such as its status, is not awaited
                self._wait_until(deadline)
                if not self._socket.recv(CHUNK):
                    return
        except OSError as error:
            why = error.strerror or str(error) or type(error).__name__
            if not sent:
                raise NothingSentError(why) from None
            raise PrintDoubtfulError(f"{sent} of {len(label)} bytes sent: {why}") from None

    def close(self) -> None:
        """See `PrinterConnection`."""
        with suppress(OSError):
            self._socket.close()

    def _is_closed(self, look_s: float = 0.0) -> bool:
        """Whether the printer has closed its side of the connection, or does within a time."""
        self._socket.settimeout(look_s)
        try:
            return not self._socket.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, TimeoutError):
            return False

    def _wait_until(self, deadline: float) -> None:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
