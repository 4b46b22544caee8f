"""The protocols of a client of a port: `sim://` frames, RFC 2217, raw bytes.

The first bytes of a client decide which one it uses.
"""

from collections.abc import Callable
from typing import Protocol

from burner.bench.unit.unit_spec import USUAL_BAUD
from burner.bench.wire import frames
from burner.bench.wire.frames import WINDOW, FrameKind
from burner.bench.wire.line import SimLine

GREETING = b"\xc0\x00\x08\x24\x00"
"""How the SYNC request of a flashing tool begins: SLIP end, request, opcode, length."""

Send = Callable[[bytes], None]


class ClientProtocol(Protocol):
    """The protocol of one client. A client's error is a ValueError from `feed`, and ends it."""

    def feed(self, data: bytes) -> None:
        """Bytes from the client."""
        ...

    def give(self, data: bytes) -> None:
        """Bytes from the endpoint to the client."""
        ...

    def settle(self) -> None:
        """The line has moved on: tell the client, where the protocol can."""
        ...


class SimFrames:
    """The client is the `sim://` handler of pyserial."""

    def __init__(self, line: SimLine, send: Send) -> None:
        self._line = line
        self._send = send
        self._reader = frames.FrameReader()
        line.drop()
        self._reported = line.taken
        send(frames.pack(FrameKind.ANSWER, b"ok"))

    def feed(self, data: bytes) -> None:
        """Frames, or parts of them."""
        for kind, payload in self._reader.feed(data):
            self._execute(kind, payload)

    def _execute(self, kind: FrameKind, payload: bytes) -> None:
        line = self._line
        bits = payload[0] if payload else 0
        if kind is FrameKind.DATA:
            line.write(payload)
        elif kind is FrameKind.LINES:
            line.set_lines(bool(bits & 1), bool(bits & 2))
        elif kind is FrameKind.BAUD:
            line.set_baud(frames.number(payload))
        elif kind is FrameKind.PURGE and bits & 2:
            line.drop()
        elif kind is FrameKind.FLUSH:
            line.then(lambda _: self._send(frames.pack(FrameKind.FLUSH)))

    def give(self, data: bytes) -> None:
        """Bytes from the endpoint, as one frame."""
        self._send(frames.pack(FrameKind.DATA, data))

    def settle(self) -> None:
        """Report freed transmit buffer, half a window at a time."""
        room = self._line.taken - self._reported
        if room >= WINDOW // 2:
            self._reported += room
            self._send(frames.pack_number(FrameKind.TAKEN, room))


class RawBytes:
    """A plain byte stream: `socket://`, netcat, or a PTY. It has no reset lines.

    A host that begins with SYNC wants to flash: the chip starts in download mode, as if somebody
    held its boot button. A SYNC after other bytes comes from a new host: a PTY can be closed and
    opened again unnoticed. At a rate that is not the usual one it comes from the same host, which
    has changed the rate and tests it. A stream without a rate has the chip's.
    """

    def __init__(self, line: SimLine, send: Send, has_rate: bool = False) -> None:
        self._line = line
        self._has_rate = has_rate
        self.give = send
        self._woken = self._greeted = False

    def feed(self, data: bytes) -> None:
        """Bytes for the endpoint."""
        greets = data.startswith(GREETING)
        if greets and not self._greeted:
            if self._woken:
                self._line.then(self._wake_at_usual_rate)
            else:
                self.wake()
        self._greeted = greets
        if not self._has_rate:
            self._line.follow_baud()
        self._line.write(data)

    def wake(self) -> None:
        """Power up in download mode."""
        self._line.then(lambda now: self._line.endpoint.plug(now, download=True))
        self._woken = self._greeted = True

    def _wake_at_usual_rate(self, now: float) -> None:
        baud = self._line.baud if self._has_rate else self._line.endpoint.baud
        if baud == USUAL_BAUD:
            self._line.endpoint.plug(now, download=True)

    def settle(self) -> None:
        """Nothing: a byte stream has no way to report it."""
