"""A line straight to a simulated modem, in time that only passes when somebody waits."""

from typing import Protocol


class Endpoint(Protocol):
    """What the bench's line loop asks of a simulated part."""

    def receive(self, data: bytes, now: float) -> None: ...

    def set_host_baud(self, baud: int, now: float) -> None: ...

    def take(self, now: float) -> bytes: ...

    def due(self) -> float | None: ...


class VirtualLine:
    """`devices.Line` to an endpoint; `clock` is its time."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.now = 0.0
        self.sent: list[bytes] = []

    def clock(self) -> float:
        return self.now

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        self.endpoint.receive(data, self.now)

    def receive(self, timeout_s: float) -> bytes:
        end = self.now + timeout_s
        while not (data := self.endpoint.take(self.now)):
            due = self.endpoint.due()
            if due is None or due > end:
                self.now = end
                return b""
            self.now = max(due, self.now)
        return data

    def set_baud(self, baud: int) -> None:
        self.endpoint.set_host_baud(baud, self.now)

    def close(self) -> None: ...
