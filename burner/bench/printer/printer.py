"""A simulated label printer on a TCP port: one connection a label, one at a time."""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Self

from burner.bench.printer.faults import NO_FAULTS, PrinterFaults
from burner.bench.printer.zpl import PrintedLabel, ZplError, read_labels
from burner.core.code import Code
from burner.core.errors import BurnerError

POLL_S = 0.1
IDLE_S = 10.0
"""A connection on which nothing comes for so long is closed."""
CHUNK = 4096
MAX_LABEL_BYTES = 1 << 20
CUT_AFTER_BYTES = 20

LabelCame = Callable[[PrintedLabel], None]


class SimulatedPrinter:
    """`with SimulatedPrinter() as printer:` serves in a thread."""

    def __init__(
        self,
        faults: PrinterFaults = NO_FAULTS,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        label_came: LabelCame = lambda _: None,
        refused: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Open its port.

        Raises:
            BurnerError: E193.
        """
        self._faults, self._host = faults, host
        self._label_came, self._refused = label_came, refused
        self._listener = self._bound(port)
        self.port: int = self._listener.getsockname()[1]
        self._over = threading.Event()
        self._held: list[socket.socket] = []
        self.connections = 0
        self.labels: list[PrintedLabel] = []
        """Those that came out, in their order."""
        self.errors: list[str] = []
        """Why other ones did not."""
        self._away_first = sum(seconds for after, seconds in faults.away if not after)
        if not self._away_first:
            self._listener.listen()
        self._thread = threading.Thread(target=self._serve, name="simulated printer", daemon=True)

    @property
    def url(self) -> str:
        """`tcp://127.0.0.1:40123`."""
        return f"tcp://{self._host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        for one in (self._listener, *self._held):
            one.close()

    def _bound(self, port: int) -> socket.socket:
        """A port that is this printer's; refused until `listen`."""
        bound = socket.socket()
        try:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: else two may have one port
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((self._host, port))
        except OSError as error:
            bound.close()
            where = f"{self._host}:{port}"
            raise BurnerError(Code.BENCH_PORT_UNAVAILABLE, f"{where}: {error.strerror}") from None
        bound.settimeout(POLL_S)
        return bound

    def _serve(self) -> None:
        if self._away_first:
            self._over.wait(self._away_first)
            self._listener.listen()
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            with suppress(OSError):
                self._take(connection, self.connections)
            for after, seconds in self._faults.away:
                if after == self.connections:
                    self._go_away(seconds)

    def _go_away(self, seconds: float) -> None:
        """Refuse connections for a time; the port stays this printer's."""
        self._listener.close()
        self._listener = self._bound(self.port)
        self._over.wait(seconds)
        self._listener.listen()

    def _take(self, connection: socket.socket, number: int) -> None:
        data, cut = b"", number in self._faults.cut
        try:
            for chunk in self._chunks(connection, CUT_AFTER_BYTES if cut else CHUNK):
                data += chunk
                if cut:
                    _reset(connection)
                    return
            self._over.wait(self._faults.slow_s)
            self._print(data)
            if number in self._faults.stuck:
                self._held.append(connection)
        finally:
            if connection not in self._held:
                connection.close()

    def _chunks(self, connection: socket.socket, size: int) -> Iterator[bytes]:
        """What comes, until the other side is done.

        Raises:
            OSError: nothing comes any more, or too much.
        """
        connection.settimeout(POLL_S)
        got, last = 0, monotonic()
        while not self._over.is_set():
            try:
                chunk = connection.recv(size)
            except TimeoutError:
                if monotonic() - last > IDLE_S:
                    raise
                continue
            if not chunk:
                return
            got, last = got + len(chunk), monotonic()
            if got > MAX_LABEL_BYTES:
                raise OSError("too many bytes for a label")
            yield chunk
        raise OSError("the printer ends")

    def _print(self, data: bytes) -> None:
        if not data:
            return  # somebody looked whether it is there
        try:
            labels = read_labels(data)
        except ZplError as error:
            self.errors.append(str(error))
            self._refused(f"not printed: {error}")
            return
        for label in labels:
            self.labels.append(label)
            self._label_came(label)


def _reset(connection: socket.socket) -> None:
    """Close in disorder, as a printer does that loses power."""
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()
