"""A slot without processes and sockets: the worker's code runs in ours, on a chip's own port."""

import io
import logging
import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

from burner.bench.chip.chip import SimChip
from burner.bench.modem.at_firmware import StoredProduct
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.unit.unit_spec import UnitSpec
from burner.core.errors import BurnerError
from burner.core.secrets.search import SecretSearch
from burner.devices import wire
from burner.devices.esp import EspDevice
from burner.devices.esp_worker import connection, tool, worker
from burner.devices.esp_worker.log import WorkerLog
from burner.devices.segment_cache import SegmentCache
from burner.devices.slot_log import SlotLog
from burner.devices.wire import Message
from burner.devices.worker_process import WorkerProcess
from tests.bench.sim_serial import SimSerial

Interruption = Callable[[int], None]
"""Told how many bytes were sent to the chip so far; may raise whatever stops the station."""


class _WatchedFlash(NorFlash):
    def __init__(self, unit: UnitSpec, on_change: Callable[[range], None]) -> None:
        super().__init__(unit)
        self._on_change = on_change

    def erase(self, offset: int, size: int) -> float:
        self._on_change(range(offset, offset + size))
        return super().erase(offset, size)

    def program(self, offset: int, data: bytes) -> float:
        self._on_change(range(offset, offset + len(data)))
        return super().program(offset, data)


class WatchedChip(SimChip):
    """Keeps where its flash was written by a host, and what it held at each start in between."""

    def __init__(self, unit: UnitSpec, now: float = 0.0) -> None:
        self.history: list[range | bytes] = []
        """Stretches that a host wrote; the whole flash when an application was started, before
        that wrote to it."""
        self._starts = False
        super().__init__(unit, now)
        self.silicon.flash.close()
        self.silicon.flash = _WatchedFlash(self.unit, self._write)

    @property
    def whole(self) -> bytes:
        """The whole flash."""
        return self.silicon.flash.read(0, self.silicon.flash.size)

    @property
    def at_product(self) -> StoredProduct | None:
        """What an AT firmware was told last."""
        return self.silicon.modem.product.stored if self.silicon.modem else None

    def _boot(self, now: float, download: bool = False) -> None:
        self.history.append(self.whole)
        self._starts = True
        super()._boot(now, download)
        self._starts = False

    def _write(self, stretch: range) -> None:
        if not self._starts:
            self.history.append(stretch)


class Socket:
    """Where a chip is plugged in; the port of the only slot."""

    def __init__(self) -> None:
        self.chip: WatchedChip | None = None
        self.interrupt: Interruption = lambda _: None
        self._sent = 0

    def plug(self, unit: UnitSpec, now: float) -> WatchedChip:
        """Put a unit in; it starts what it holds."""
        self.unplug()
        self._sent = 0
        self.chip = WatchedChip(unit, now)
        return self.chip

    def unplug(self) -> None:
        if self.chip is not None:
            self.chip.close()
        self.chip = None

    def open_port(self, name: str, baud: int) -> Any:
        """As `esp_worker.serial_port.open_port`."""
        if self.chip is None or not self.chip.connected:
            raise BurnerError("E302", name)
        port = _Port(self.chip, self._count)
        port.baudrate = baud
        return port

    def _count(self, size: int) -> None:
        self._sent += size
        self.interrupt(self._sent)


class _Port(SimSerial):
    def __init__(self, chip: SimChip, count: Callable[[int], None]) -> None:
        super().__init__(chip)
        self._count = count

    def write(self, data: bytes) -> int:
        self._count(len(data))
        return super().write(data)


def take_ports_from(socket: Socket) -> None:
    """From now on the worker's code opens this socket, whatever the port's name."""
    for module in (connection, worker):
        cast("Any", module).open_port = socket.open_port


class _Worker(worker.Worker):
    def __init__(self, log: WorkerLog, tell: Callable[[Message], None]) -> None:
        super().__init__(cast("BinaryIO", None), log)
        self._tell = tell

    def tell(self, kind: str, payload: bytes = b"", **fields: Any) -> None:
        self._tell(Message(kind, fields, payload))


class InlineWorker(WorkerProcess):
    """A worker that does everything at once when it is told."""

    def __init__(self, log_path: Path, search: SecretSearch, log: "InlineLog") -> None:
        self._margin_s = 0.0
        self._search = search
        self._versions = tool.versions()
        self._up = queue.SimpleQueue()
        self._alive = True
        self.held_segments = set()
        log.goes_to(SlotLog(log_path), search)
        self._worker = _Worker(log.of_worker, self._up.put)

    @property
    def pid(self) -> int:
        return 0

    @property
    def is_alive(self) -> bool:
        return self._alive

    def interrupt(self) -> None:
        """It has come to its end already."""

    def kill(self) -> None:
        self._alive = False

    def stop(self, timeout_s: float = 2.0) -> None:
        self.kill()

    def _send(self, command: Message) -> None:
        self._worker.execute(command)


class InlineLog:
    """What the worker's code logs, on its way to the slot's file as the station writes it."""

    def __init__(self) -> None:
        self._file: SlotLog | None = None
        self._search = SecretSearch()
        logging.getLogger().handlers.clear()
        self.of_worker = WorkerLog(cast("BinaryIO", self))

    def goes_to(self, file: SlotLog, search: SecretSearch) -> None:
        if self._file:
            self._file.close()
        self._file, self._search = file, search

    def write(self, data: bytes) -> int:
        message = wire.receive(io.BytesIO(data))
        if message and self._file:
            self._file.write(self._search.clean(message["text"]))
        return len(data)

    def flush(self) -> None: ...


class InlineEsp(EspDevice):
    """The slot's device, with a worker in this process."""

    def __init__(
        self, log_path: Path, segment_cache: SegmentCache, search: SecretSearch, log: InlineLog
    ) -> None:
        super().__init__({"esp": "chip://1"}, log_path, segment_cache, search=search)
        self._log = log

    def _process(self) -> WorkerProcess:
        if self._worker is None or not self._worker.is_alive:
            self._worker = InlineWorker(self._log_path, self._search, self._log)
        return self._worker
