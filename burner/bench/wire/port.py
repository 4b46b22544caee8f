"""One port of a slot: a TCP socket (and a PTY beside it) in front of a line."""

import socket
import time
from collections.abc import Callable
from typing import Any

from burner.bench.wire import frames
from burner.bench.wire.client_protocols import ClientProtocol, RawBytes, SimFrames
from burner.bench.wire.frames import WINDOW, FrameKind
from burner.bench.wire.line import SimLine
from burner.bench.wire.loop import Loop
from burner.bench.wire.pty import Pty
from burner.bench.wire.rfc2217 import IAC, Rfc2217
from burner.bench.wire.tcp import Listener, TcpStream

HELD_BYTES = 64 * 1024
UNDECIDED_S = 0.25
"""A client that sends nothing for so long only listens."""


class Client:
    """A host's connection and, after its first bytes, the protocol it uses."""

    def __init__(self, loop: Loop, port: "SimPort", connection: socket.socket) -> None:
        self.dialect: ClientProtocol | None = None
        self._port = port
        self._first = b""
        self.stream = TcpStream(loop, connection, self._data, self._end)
        loop.at(time.monotonic() + UNDECIDED_S, self._late)

    def _data(self, data: bytes) -> None:
        try:
            if self.dialect is None:
                self._first += data
                data = self._decide(self._first)
            if self.dialect and data:
                self.dialect.feed(data)
        except ValueError:
            self._end()
            return
        self._port.touched()

    def _decide(self, first: bytes) -> bytes:
        """Choose the protocol by the first bytes; returns those that belong to it."""
        if first.startswith(frames.HELLO):
            self._claim(SimFrames)
            return first.removeprefix(frames.HELLO)
        if first[0] == IAC:
            self._claim(Rfc2217)
        elif not frames.HELLO.startswith(first):
            self._claim(RawBytes)
        return first

    def _late(self, _: float) -> None:
        if self.dialect is None and self.stream.open and not self._first:
            self._claim(RawBytes)

    def _claim(
        self, dialect: "Callable[[SimLine, Callable[[bytes], None]], ClientProtocol]"
    ) -> None:
        refusal = self._port.refusal(self)
        if refusal or self._port.line is None:
            if dialect is SimFrames:
                self.stream.send(frames.pack(FrameKind.ANSWER, refusal))
            self._end()
            return
        self._port.client = self
        self.dialect = dialect(self._port.line, self.stream.send)

    def _end(self) -> None:
        self.close()
        self._port.left(self)

    def close(self) -> None:
        """Close the connection: for the host the port has vanished."""
        self.stream.close()


class SimPort:
    """A port that a host can connect to. Without a line no board is there."""

    def __init__(self, loop: Loop, host: str, number: int, with_pty: bool) -> None:
        self.line: SimLine | None = None
        self.client: Client | None = None
        self.due: float | None = None
        self._loop = loop
        self._host = host
        self._held = b""
        self._callers: set[Client] = set()
        self._listener = self._listen(number)
        self.pty = Pty(loop, self) if with_pty else None

    # places

    @property
    def address(self) -> str:
        """`127.0.0.1:4000`."""
        return self._listener.address

    def describe(self) -> dict[str, Any]:
        """Its addresses and its state, as plain values."""
        return {
            "url": f"sim://{self.address}",
            "rfc2217": f"rfc2217://{self.address}",
            "pty": self.pty.path if self.pty else None,
            "present": self.line is not None and self.line.endpoint.connected,
            "open": self.busy,
        }

    def _listen(self, number: int) -> Listener:
        return Listener(self._loop, self._host, number, self._called)

    def renumber(self) -> None:
        """Come back under another number, as after a re-enumeration."""
        self.hang_up()
        old, self._listener = self._listener, self._listen(0)
        old.close()

    def _called(self, connection: socket.socket) -> None:
        self._callers.add(Client(self._loop, self, connection))

    # hosts

    def refusal(self, caller: Client) -> bytes:
        """Why a client cannot have the port now; empty when it can."""
        if self.line is None or not self.line.endpoint.connected:
            return b"absent"
        return b"busy" if self.client not in (None, caller) else b""

    @property
    def busy(self) -> bool:
        """Whether a host holds the port."""
        return self.client is not None or bool(self.pty and self.pty.open)

    def left(self, client: Client) -> None:
        """A host closed the port: the driver releases both lines."""
        self._callers.discard(client)
        if self.client is client:
            self.client = None
            if self.line:
                self.line.set_lines(dtr=False, rts=False)
                self.touched()

    def hang_up(self) -> None:
        """The port vanishes for the host that holds it."""
        self.client = None
        for caller in tuple(self._callers):
            caller.close()
        self._callers.clear()
        if self.pty:
            self.pty.hang_up()

    def touched(self) -> None:
        """Something may be due at once."""
        self.due = 0.0

    # the line

    def attach(self, line: SimLine | None) -> None:
        """A board is put in, or taken out."""
        self.hang_up()
        self.line = line
        self._held = b""
        self.touched()

    def advance(self, now: float) -> None:
        """Move the line on and send its output to the host."""
        line = self.line
        if line is None:
            self.due = None
            return
        data = self._held + line.advance(now)
        self._held = b""
        client = self.client
        dialect = client.dialect if client else self.pty.dialect if self.pty else None
        if dialect:
            if data:
                dialect.give(data)
            dialect.settle()
        elif line.patient:
            self._held = data[-HELD_BYTES:]
        if client and not isinstance(dialect, SimFrames):
            client.stream.pause() if line.waiting >= WINDOW else client.stream.resume()
        if self.pty and self.pty.dialect:
            self.pty.pause() if line.waiting >= WINDOW else self.pty.resume()
        self.due = line.due()
        if not line.endpoint.connected and self.busy:
            self.hang_up()

    def close(self) -> None:
        """Close everything."""
        self.hang_up()
        self._listener.close()
        if self.pty:
            self.pty.close()
