"""How a client speaks to a port: our frames, RFC 2217, or bare bytes. Told by its first bytes."""

from collections.abc import Callable
from typing import Protocol

from burner.bench import frames
from burner.bench.frames import WINDOW, Kind
from burner.bench.line import USUAL_BAUD, Line

GREETING = b"\xc0\x00\x08\x24\x00"
"""How the SYNC request of a flashing tool begins: SLIP end, request, opcode, length."""

Send = Callable[[bytes], None]


class Dialect(Protocol):
    """One client's way of speaking. Errors of the client end it: ValueError from `feed`."""

    def feed(self, data: bytes) -> None:
        """Bytes from the client."""
        ...

    def give(self, data: bytes) -> None:
        """Bytes from the endpoint to the client."""
        ...

    def settle(self) -> None:
        """The line has moved on: say so where the dialect has words for it."""
        ...


class Frames:
    """The client is our own `sim://` handler."""

    def __init__(self, line: Line, send: Send) -> None:
        self._line = line
        self._send = send
        self._reader = frames.FrameReader()
        line.drop()
        self._said = line.taken
        send(frames.pack(Kind.ANSWER, b"ok"))

    def feed(self, data: bytes) -> None:
        """Frames, or parts of them."""
        for kind, payload in self._reader.feed(data):
            self._obey(kind, payload)

    def _obey(self, kind: Kind, payload: bytes) -> None:
        line = self._line
        bits = payload[0] if payload else 0
        if kind is Kind.DATA:
            line.write(payload)
        elif kind is Kind.LINES:
            line.set_lines(bool(bits & 1), bool(bits & 2))
        elif kind is Kind.BAUD:
            line.set_baud(frames.number(payload))
        elif kind is Kind.PURGE and bits & 2:
            line.drop()
        elif kind is Kind.FLUSH:
            line.then(lambda _: self._send(frames.pack(Kind.FLUSH)))

    def give(self, data: bytes) -> None:
        """Bytes from the endpoint, as one frame."""
        self._send(frames.pack(Kind.DATA, data))

    def settle(self) -> None:
        """Give room back, half a window at a time."""
        room = self._line.taken - self._said
        if room >= WINDOW // 2:
            self._said += room
            self._send(frames.pack_number(Kind.TAKEN, room))


class Bare:
    """A plain byte stream: `socket://`, netcat, or a PTY. It has no reset lines.

    A host that greets a ROM wants to flash: the chip wakes up in download mode for it, as if
    someone had held its button. A greeting after other talk is that of a new host: a PTY can be
    closed and opened again faster than anybody notices. At another rate than the usual one it is
    the same host, which has changed the rate and asks whether it is heard. A stream without a rate
    has the chip's.
    """

    def __init__(self, line: Line, send: Send, has_rate: bool = False) -> None:
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
        """A byte stream has no word for it."""
