"""Our own burning, measured: real station, real workers, real manifest, on the simulated bench.

All slots get a board at the same moment, round after round; the first round warms up and is not
counted. That is harder than a line, where boards come one after the other.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.limit import Load, Traffic
from benchmarks.product import Product
from burner.bench.process import BenchProcess
from burner.burn.burn import burn as burn_one
from burner.burn.job import AttemptRequest, Job
from burner.cli.board.display import Display
from burner.cli.board.display_view import DisplayView, RunTitle
from burner.cli.parameters.slots import Slots, open_slots, warm_devices
from burner.cli.run.equipment import open_equipment
from burner.core.secrets.search import SecretSearch
from burner.core.unit_events import Event, Finished
from burner.devices.device import Device
from burner.devices.esp import EspDevice
from burner.devices.segment_cache import SegmentCache, prepare
from burner.manifest.writing.batch_terms import BatchTerms
from burner.manifest.writing.ledger import Ledger
from burner.release.release import Release
from burner.station.station import Station

BATCH = "BENCH"
STUCK_S = 300.0


@dataclass
class Round:
    """One board in every slot, from the moment all are there."""

    started: float = 0.0
    finished: dict[str, Finished] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """By slot: until the outcome was durable."""
    station_cpu_s: float = 0.0
    workers_cpu_s: float = 0.0
    bench_cpu_s: float = 0.0
    """Of the simulator, for all slots."""
    traffic: Traffic = field(default_factory=dict)
    """Of the first slot's board."""

    @property
    def wall_s(self) -> float:
        """Until the last slot was through."""
        return max(self.seconds.values())

    @property
    def cpu_s(self) -> float:
        """Of station and workers, for each unit."""
        return (self.station_cpu_s + self.workers_cpu_s) / len(self.seconds)

    def timings(self) -> Mapping[str, float]:
        """Seconds by step of the first slot's unit."""
        return next(iter(self.finished.values())).record.result.timings


@dataclass(frozen=True)
class Measured:
    """The rounds that count, and what every unit got."""

    rounds: Sequence[Round]
    loads: Sequence[Load]

    @property
    def walls(self) -> list[float]:
        """Seconds until the last slot was through, by round."""
        return [each.wall_s for each in self.rounds]

    @property
    def wall_s(self) -> float:
        """Their median."""
        return median(self.walls)

    @property
    def units(self) -> list[float]:
        """Seconds of every unit."""
        return [s for each in self.rounds for s in each.seconds.values()]

    @property
    def cpu_s(self) -> float:
        """CPU seconds of station and workers for a unit, the median."""
        return median(each.cpu_s for each in self.rounds)

    @property
    def outcomes(self) -> set[str]:
        """How units ended: `PASS`, `FAIL E601`, `KNOWN`."""
        ends = [end for each in self.rounds for end in each.finished.values()]
        return {_ended(end) for end in ends}


def _ended(end: Finished) -> str:
    if end.known:
        return "KNOWN"
    return f"{end.record.result.outcome.value} {end.record.result.code}".strip()


class InStep:
    """Boards for all slots at once (see `station.boards.Boards`), with a clock and a counter."""

    def __init__(
        self,
        slots: Slots,
        devices: Mapping[str, EspDevice],
        rounds: int,
        swap: bool,
        bench_pid: int,
    ) -> None:
        self.rounds: list[Round] = []
        self._bench_pid = bench_pid
        self._slots, self._devices = slots, devices
        self._wanted, self._swap = rounds, swap
        self._barrier = threading.Barrier(len(devices), action=self._turn)
        self._over = False
        self._traffic: Traffic = {}
        self._before = (0.0, 0.0, 0.0)

    def wait_for_board(self, slot: Any) -> bool:
        """Wait for all the others."""
        self._barrier.wait(STUCK_S)
        if not self._over:
            slot.seen()
        return not self._over

    def removal(self, slot: Any) -> None:
        """See `Boards`."""

    def wait_until_removed(self, slot: Any, met: bool, removal: Any = None) -> None:
        """Nobody waits."""

    def taken_out_unburned(self, slot: Any) -> None:
        """Boards stay where they are."""

    def finished(self, counts: bool) -> None:
        """Nothing to count."""

    def end(self, slot: str, finished: Finished) -> None:
        """A unit's outcome is on record. A first outcome counts, not that of another try."""
        now = self.rounds[-1]
        now.seconds.setdefault(slot, time.monotonic() - now.started)
        now.finished.setdefault(slot, finished)

    def _turn(self) -> None:
        """Between two rounds: every slot waits here."""
        hand = self._slots.bench_control
        assert hand
        if self.rounds:
            last = self.rounds[-1]
            spent = [now - before for now, before in zip(self._cpu(), self._before, strict=True)]
            last.station_cpu_s, last.workers_cpu_s, last.bench_cpu_s = spent
            after = hand.traffic(next(iter(self._devices)))
            last.traffic = after if self._swap else _more(self._traffic, after)
        self._over = len(self.rounds) == self._wanted
        if self._over:
            return
        if self.rounds and self._swap:
            for name in self._devices:
                hand.swap(name)
        time.sleep(0.5)  # boards have started, and said what they say then
        self._traffic = hand.traffic(next(iter(self._devices)))
        self._before = self._cpu()
        self.rounds.append(Round(time.monotonic()))

    def _cpu(self) -> tuple[float, float, float]:
        """Seconds so far: station, workers, simulator."""
        workers = sum(process_cpu_s(device.worker_pid) for device in self._devices.values())
        return time.process_time(), workers, process_cpu_s(self._bench_pid)


def _more(before: Traffic, after: Traffic) -> Traffic:
    return {
        way: {baud: n - before[way].get(baud, 0) for baud, n in at.items()}
        for way, at in after.items()
    }


def process_cpu_s(pid: int | None) -> float:
    """CPU seconds of a process and its threads so far, to the microsecond; Linux only, else 0."""
    spent = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        spent += int(path.read_text().split()[0])
    return spent / 1e9


def measure(
    product: Product,
    bench: str,
    rounds: int,
    *,
    swap: bool = True,
    board: bool = False,
) -> Measured:
    """Burn `rounds` rounds and one before them.

    Args:
        product: what is burned.
        bench: the SPEC.
        rounds: how many count.
        swap: new boards each round; else the same ones again.
        board: draw the operator's screen too (to nowhere).
    """
    segment_cache, search, logs = SegmentCache(), SecretSearch(), product.folder / "logs"
    release = product.release()
    with (
        BenchProcess(bench, profile=product.profile) as served,
        open_slots((), None, served.ready["control"]) as slots,
        warm_devices(slots, logs, segment_cache, search) as devices,
    ):
        search.add(release.key.product_secret)
        for segment in release.segments:
            segment_cache.prepare(segment)
        for device in devices.values():
            device.versions()  # waits until its worker has said so
        steps = InStep(slots, devices, rounds + 1, swap, served.pid)
        with (
            _ledger(product, release) as ledger,
            _screen(slots, release, board) as show,
            open_equipment(product.profile, release, slots) as equipment,
        ):
            job = Job(release, "bench", "bench", BATCH, {}, equipment)
            _work(Station(devices, steps, product.baud), steps, job, ledger, show)
    packed = [prepare(segment.data) for segment in release.payload("")]
    loads = [Load(p.data, p.size) for p in packed]
    return Measured(steps.rounds[1:], loads)


@contextmanager
def _ledger(product: Product, release: Release) -> Iterator[Ledger]:
    path = product.folder / "manifest.db"
    for old in product.folder.glob("manifest.db*"):
        old.unlink()
    with Ledger.open(path, "bench", simulated=True) as ledger:
        ledger.open_batch(
            BATCH,
            BatchTerms(
                profile=release.profile.title,
                release_digest=release.digest,
                product_id=release.profile.product.id,
            ),
        )
        yield ledger


def _work(station: Station, steps: InStep, job: Job, ledger: Ledger, show: Any) -> None:
    def burn(device: Device, request: AttemptRequest, aborted: Any) -> Iterator[Event]:
        for event in burn_one(job, device, ledger, request, aborted):
            if isinstance(event, Finished):
                steps.end(request.slot, event)
            yield event

    for event in station.run(burn):
        show(event)


@contextmanager
def _screen(slots: Slots, release: Release, wanted: bool) -> Iterator[Any]:
    """The operator's board, drawn at its usual rate into nothing."""
    if not wanted:
        yield lambda _: None
        return
    from rich.console import Console

    with ExitStack() as stack:
        nowhere = stack.enter_context(Path("/dev/null").open("w", encoding="utf-8"))
        console = Console(file=nowhere, force_terminal=True, width=160, height=50)
        title = RunTitle(release.profile.title, BATCH, "bench", "bench")
        view = DisplayView(title, time.monotonic(), release.profile.flash.first_baud)
        view.add_slots(slots.locate)
        shown = Display(view, console)
        shown.start()
        stack.callback(shown.close)
        yield shown.show
