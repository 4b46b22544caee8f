"""An endpoint that says back what it hears, and a bench of such on a thread."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from burner.bench.bench_file import BenchSpec, BoardSpec, read_spec
from burner.bench.board import SimBoard, build
from burner.bench.control import Control
from burner.bench.process import ControlClient
from burner.bench.server import Bench, BuildBoard
from burner.bench.unit.unit_spec import Timing
from burner.bench.wire.line import SimLine


class Echo:
    """Remembers what was done to it; greets a while after power-up."""

    def __init__(self, greeting: bytes = b"", greets_after_s: float = 0.4) -> None:
        self.connected = True
        self.baud = 115200
        self.log: list[str | bytes] = []
        self._greeting = greeting
        self._greets_after_s = greets_after_s
        self._out: deque[tuple[float, bytes]] = deque()

    @property
    def received(self) -> bytes:
        return b"".join(entry for entry in self.log if isinstance(entry, bytes))

    @property
    def done(self) -> list[str]:
        return [entry for entry in self.log if isinstance(entry, str)]

    def receive(self, data: bytes, now: float) -> None:
        self.log.append(data)
        self._out.append((now, data))

    def set_lines(self, dtr: bool, rts: bool, now: float) -> None:
        self.log.append(f"dtr={dtr:d} rts={rts:d}")

    def set_host_baud(self, baud: int, now: float) -> None:
        self.log.append(f"baud={baud}")

    def take(self, now: float) -> bytes:
        data = b""
        while self._out and self._out[0][0] <= now:
            data += self._out.popleft()[1]
        return data

    def due(self) -> float | None:
        return self._out[0][0] if self._out else None

    def plug(self, now: float, download: bool = False) -> None:
        self.connected = True
        self.log.append("download" if download else "plug")
        if self._greeting:
            self._out.append((now + self._greets_after_s, self._greeting))

    def unplug(self, now: float) -> None:
        self.connected = False
        self.log.append("unplug")

    def close(self) -> None:
        self.log.append("close")


class Echoes:
    """Builds boards of echoes and keeps them by board number."""

    def __init__(self, timing: Timing | None = None, greeting: bytes = b"") -> None:
        self.timing = timing
        self.greeting = greeting
        self.by_number: dict[int, Echo] = {}

    def __getitem__(self, number: int) -> Echo:
        return self.by_number[number]

    def build(self, spec: BoardSpec, now: float) -> SimBoard:
        echo = self.by_number[spec.number] = Echo(self.greeting)
        timing = self.timing or spec.unit.timing
        return SimBoard(spec, {name: SimLine(echo, timing, spec.renumbers) for name in spec.ports})


@dataclass(frozen=True)
class RunningBench:
    """A bench that runs on a thread of its own, and its hand."""

    bench: Bench
    hand: ControlClient
    control: str

    def url(self, slot: str = "1", port: str = "esp") -> str:
        return f"sim://{self.bench.slots[slot].ports[port].address}"

    def tcp(self, slot: str = "1", port: str = "esp") -> tuple[str, int]:
        host, _, number = self.bench.slots[slot].ports[port].address.rpartition(":")
        return host, int(number)


@contextmanager
def serving(
    spec: str | BenchSpec, build: BuildBoard = build, with_pty: bool = False
) -> Iterator[RunningBench]:
    bench = Bench(
        read_spec(spec) if isinstance(spec, str) else spec, with_pty=with_pty, build=build
    )
    control = Control(bench, "127.0.0.1")
    thread = threading.Thread(target=bench.run)
    thread.start()
    try:
        with closing(ControlClient(control.address)) as hand:
            yield RunningBench(bench, hand, control.address)
    finally:
        bench.loop.stop()
        thread.join(60)
        control.close()
        bench.close()


def becomes_true(true: Callable[[], object]) -> bool:
    """Whether something becomes true within half a minute: a busy machine has time."""
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(true())
