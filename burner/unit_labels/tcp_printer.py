"""A label printer on the network: a TCP port, usually 9100, one connection a label."""

import socket
from contextlib import suppress
from time import monotonic

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.unit_labels.printer import NothingSentError, PrintDoubtfulError

CHUNK = 4096


class TcpPrinter:
    """See `Printer`. A printer does not acknowledge: it counts as sent when it has closed the
    connection in order, after it had all of the label.
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self.host, self.port, self.timeout_s = host, port, timeout_s

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
        return TcpPrinterConnection(connected, self.timeout_s)


class TcpPrinterConnection:
    """See `PrinterConnection`."""

    def __init__(self, connected: socket.socket, timeout_s: float) -> None:
        self._socket, self._timeout_s = connected, timeout_s

    def send(self, label: bytes) -> None:
        """See `PrinterConnection`."""
        deadline = monotonic() + self._timeout_s
        sent = 0
        try:
            if self._is_closed():
                raise NothingSentError("the printer closed the connection")
            while sent < len(label):
                self._wait_until(deadline)
                sent += self._socket.send(label[sent : sent + CHUNK])
            self._socket.shutdown(socket.SHUT_WR)
            while True:  # what it says, such as its status, is not awaited
                self._wait_until(deadline)
                if not self._socket.recv(CHUNK):
                    return
        except OSError as error:
            why = error.strerror or str(error) or type(error).__name__
            if not sent:
                raise NothingSentError(why) from None
            raise PrintDoubtfulError(f"{sent} of {len(label)} bytes left: {why}") from None

    def close(self) -> None:
        """See `PrinterConnection`."""
        with suppress(OSError):
            self._socket.close()

    def _is_closed(self) -> bool:
        """Whether the printer has closed the connection before it got anything."""
        self._socket.settimeout(0)
        try:
            return not self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False

    def _wait_until(self, deadline: float) -> None:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
