"""A serial line: the actions of a host on its port, in order and in time, and the answers.

No sockets here. A line connects one host's port with one endpoint (a chip, a modem).
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from burner.bench.unit.unit_spec import USUAL_BAUD, Timing

PIECE_S = 0.2
"""Wire time of the bytes passed on at once: a purge can no longer stop them."""
AHEAD_S = 0.005
"""Bytes are passed on so long before they are due: the endpoint calculates the wire time."""


class Endpoint(Protocol):
    """The end of a line. It calculates its own times and never sleeps."""

    @property
    def connected(self) -> bool:
        """False once the port itself has vanished."""
        ...

    @property
    def baud(self) -> int:
        """The rate its own end runs at now, in bits per second."""
        ...

    def receive(self, data: bytes, now: float) -> None:
        """The host writes bytes at `now`."""
        ...

    def set_lines(self, dtr: bool, rts: bool, now: float) -> None:
        """The host drives DTR and RTS (True = asserted)."""
        ...

    def set_host_baud(self, baud: int, now: float) -> None:
        """The host runs at `baud` bits per second."""
        ...

    def take(self, now: float) -> bytes:
        """Everything that has reached the host by `now`."""
        ...

    def due(self) -> float | None:
        """When `take` has something next; None = not before the host acts."""
        ...

    def plug(self, now: float, download: bool = False) -> None:
        """Give power (again), with the boot button held where `download`."""
        ...

    def unplug(self, now: float) -> None:
        """Cut the power."""
        ...

    def close(self) -> None:
        """Close files."""
        ...


LineAction = Callable[[float], None]


class SimLine:
    """Holds back the host's bytes until they are due; `take` of the endpoint gives the answers."""

    def __init__(self, endpoint: Endpoint, timing: Timing, patient: bool = False) -> None:
        self.endpoint = endpoint
        self.timing = timing
        self.patient = patient
        """Native USB: output of the endpoint waits until a host reads it."""
        self.baud = USUAL_BAUD
        self.waiting = 0
        """Bytes in the transmit buffer."""
        self.taken = 0
        """Bytes that have left the transmit buffer since the line exists."""
        self._queue: deque[bytes | LineAction] = deque()
        self._free = 0.0
        self._clock = 0.0

    def write(self, data: bytes) -> None:
        """The host writes bytes."""
        self._queue.append(data)
        self.waiting += len(data)

    def then(self, action: LineAction) -> None:
        """Do something once every byte written so far is on its way."""
        self._queue.append(action)

    def set_lines(self, dtr: bool, rts: bool) -> None:
        """The host drives its control lines (True = asserted)."""
        self.then(lambda now: self.endpoint.set_lines(dtr, rts, now))

    def set_baud(self, baud: int) -> None:
        """The host changes its rate, in bits per second; 0, a hang-up, changes nothing."""
        if baud > 0:
            self.then(lambda now: self._set_baud(baud, now))

    def follow_baud(self) -> None:
        """The host has no rate of its own: from here on it has the endpoint's."""
        self.then(self._follow_baud)

    def _follow_baud(self, now: float) -> None:
        if self.endpoint.baud != self.baud:
            self._set_baud(self.endpoint.baud, now)

    def _set_baud(self, baud: int, now: float) -> None:
        self.baud = baud
        self.endpoint.set_host_baud(baud, now)

    def drop(self) -> None:
        """The host purges its transmit buffer."""
        self._queue = deque(item for item in self._queue if not isinstance(item, bytes))
        self.taken += self.waiting
        self.waiting = 0

    def advance(self, now: float) -> bytes:
        """Pass on everything that is due; the bytes that have reached the host by now."""
        self._clock = max(self._clock, now)
        while self._queue:
            item = self._queue[0]
            if isinstance(item, bytes):
                if self._free - AHEAD_S > self._clock:
                    break
                self._hand_over(item)
                continue
            if self._free > self._clock:
                break
            self._queue.popleft()
            item(self._clock)
        due = self.endpoint.due()
        if due is None or due > self._clock:
            return b""
        # Late: what the boot prints is for the new port, not for the one that goes away.
        return self.endpoint.take(due if self.patient else self._clock)

    def _hand_over(self, data: bytes) -> None:
        byte_s = self.timing.byte_s(self.baud)
        most = max(1, int(PIECE_S / byte_s)) if byte_s else len(data)
        piece = data[:most]
        if len(piece) < len(data):
            self._queue[0] = data[most:]
        else:
            self._queue.popleft()
        self._free = max(self._free, self._clock) + len(piece) * byte_s
        self.waiting -= len(piece)
        self.taken += len(piece)
        self.endpoint.receive(piece, self._clock)

    def due(self) -> float | None:
        """When `advance` has something to do next; None = not before the host acts."""
        due = self.endpoint.due()
        if self._queue:
            turn = self._free - (AHEAD_S if isinstance(self._queue[0], bytes) else 0.0)
            return turn if due is None else min(turn, due)
        return due
