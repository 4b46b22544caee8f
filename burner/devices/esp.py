"""An ESP in a slot, behind a worker process: the `Device` of every real burn."""

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from burner.core.child_process import ChildProcess
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.search import SecretSearch, SecretStream
from burner.core.segments import Region, Segment
from burner.core.silicon import Mac, Security, Silicon
from burner.devices import ports
from burner.devices.device import ConnectPlan, Contact
from burner.devices.segment_cache import HEAD_SIZE, PreparedSegment, SegmentCache
from burner.devices.wire import Message
from burner.devices.worker_line import WorkerLine
from burner.devices.worker_process import WorkerProcess
from burner.devices.worker_start import start_worker

_HEAD_WORTH_IT = 64 * 1024
"""From this size on, in bytes, the head of a region is compared first: that takes 15 ms."""
_RELOCATE_S = 0.1


class EspDevice:
    """The ESP of one slot: a `Device`. One attempt at a time; `kill` from any thread.

    The worker is started by `start` or by the first use, and replaced when it was killed or died.
    The chip must then be identified again.
    """

    def __init__(
        self,
        slot_ports: Mapping[str, str],
        log_path: Path,
        segment_cache: SegmentCache,
        locate: Callable[[str], str] | None = None,
        search: SecretSearch | None = None,
        *,
        start_worker: Callable[[str], ChildProcess] = start_worker,
    ) -> None:
        """Nothing is opened or started yet.

        Args:
            slot_ports: device name or pyserial URL of each of the slot's ports; `esp` is the chip.
            log_path: the slot's rotating log.
            segment_cache: prepared segments, shared by all slots of the run.
            locate: today's device of a named port, asked before every opening (a port may come
                back under another name); it may raise BurnerError. Default: `slot_ports`.
            search: takes the product secret out of whatever the device prints.
            start_worker: starts a worker; it gets the name of the log.
        """
        self._ports = dict(slot_ports)
        self._log_path, self._segment_cache = log_path, segment_cache
        self._port = locate or self._as_given
        self._search = search or SecretSearch()
        self._start_worker = start_worker
        self._attempt = ""
        self._heard: list[SecretStream] = []
        """What was received from the unit in this attempt, one stream for each boot or dialogue."""
        self._worker: WorkerProcess | None = None
        self._killed = threading.Event()
        self._adapters: dict[str, str] = {}
        self._early_baud_fails: set[str] = set()
        """Chips for which the early change of baud rate failed in this run."""

    # -- worker ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Start a worker ahead of its use, also after `kill`.

        Returns at once. Raises BurnerError (E321).
        """
        self._killed.clear()
        self._process()

    def kill(self) -> None:
        """Stop what runs now, from any thread. Every call raises E902 until the next `start`."""
        self._killed.set()
        worker = self._worker
        if worker is not None:
            worker.kill()

    def stop(self) -> None:
        """End the worker, at the end of a run."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id, None while there is none."""
        return self._worker.pid if self._worker is not None and self._worker.is_alive else None

    # -- the `Device` protocol -------------------------------------------------------------------

    def identify(self, plan: ConnectPlan) -> Silicon:
        """Reset into download mode, connect, read IDs, start the stub at the plan's baud.

        Another chip than the planned one is read too: the caller has to compare.

        Raises:
            BurnerError: E3 the port or the line, E401 another chip that cannot be read, E404
                restricted download mode, E506 no flash.
        """
        if plan.attempt != self._attempt:
            self._attempt, self._heard = plan.attempt, []
        port = self._port("esp")
        with ports.naming_port_user(port):
            answer = self._ask(
                "identify",
                port=port,
                chip=plan.chip,
                baud=plan.baud,
                early_baud=plan.early_baud and plan.chip not in self._early_baud_fails,
                attempt=plan.attempt,
            )
        if answer["early_baud_failed"]:
            self._early_baud_fails.add(plan.chip)
        return _silicon(answer["silicon"])

    def matches(self, region: Region) -> bool:
        """Whether flash holds the region's bytes, by the chip's own MD5. Raises BurnerError."""
        md5 = [(region.size, region.md5)]
        prepared = self._segment_cache.find(region.sha256)
        if prepared is not None and prepared.size >= _HEAD_WORTH_IT:
            md5.insert(0, (HEAD_SIZE, prepared.head_md5))
        return bool(self._ask("matches", offset=region.offset, md5=md5)["matches"])

    def write(self, segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
        """Write in the given order; yields (done, total) in bytes on the wire.

        Raises:
            BurnerError: E501-E505 by what failed, E601 when the chip's MD5 differs.
        """
        prepared = [self._segment_cache.prepare(segment) for segment in segments]
        total = sum(p.wire_size for p in prepared)
        confidential = [p for p, s in zip(prepared, segments, strict=True) if s.confidential]
        for segment in prepared:
            self._send_to_worker(segment)
        orders = [[s.name, s.offset, p.sha256] for s, p in zip(segments, prepared, strict=True)]
        try:
            for message in self._exchange("write", segments=orders):
                if message.kind == "progress":
                    yield message["done"], total
        finally:
            for segment in confidential:
                self._drop_from_worker(segment)

    def read(self, offset: int, size: int) -> bytes:
        """Read flash; the stub's MD5 of it has been checked. Raises BurnerError."""
        return self._ask("read", offset=offset, size=size).payload

    def boot(
        self, timeout_s: float, until: Callable[[Sequence[str]], bool], baud: int = 115200
    ) -> tuple[str, ...]:
        """Reset into the application and collect its lines.

        Ends when all lines so far satisfy `until`, or the time is up; with 0 it only resets. A
        port that vanishes on reset is looked for until then. Raises BurnerError.
        """
        ends, lines = time.monotonic() + timeout_s, list[str]()
        self._listen()
        lost = self._collect(lines, until, "boot", timeout_s=timeout_s, baud=baud)
        while lost and (left_s := ends - time.monotonic()) > 0:
            time.sleep(min(_RELOCATE_S, left_s))
            with contextlib.suppress(_PortNotBack):
                port = self._port_again("esp")
                lost = self._collect(lines, until, "listen", timeout_s=left_s, baud=baud, port=port)
        return tuple(lines)

    def line(self, port: str = "esp", baud: int = 115200) -> "WorkerLine":
        """Open a dialogue on a named port of the slot. Raises BurnerError (E302-E304, E312)."""
        where = self._port(port)
        with ports.naming_port_user(where):
            self._ask("line_open", name=port, port=where, baud=baud)
        return WorkerLine(self._ask, port, self._listen())

    def free_port(self) -> str:
        """Close the ports in the middle of an attempt; the name or URL of the chip's own one.

        Raises:
            BurnerError: E302 it is not there.
        """
        self._ask("free_ports")
        return self._port("esp")

    def resume(self) -> Mac | None:
        """The MAC of the chip, if it goes on without a reset; else None. Raises BurnerError."""
        mac = self._ask("resume", port=self._port("esp"))["mac"]
        return Mac.parse(mac) if mac else None

    def log(self, line: str) -> None:
        """Add a line to the slot's log, under the attempt. Never raises."""
        if self._worker is not None:
            self._worker.log(self._attempt, line)

    @property
    def printed_secret(self) -> bool:
        """Whether the unit printed the product secret in this attempt; an echo does not count."""
        return any(stream.found for stream in self._heard)

    def versions(self) -> dict[str, str]:
        """Versions of esptool, its stub and pyserial, and the adapter of the chip's port.

        Raises:
            BurnerError: E321, E902; a port that is not there has no adapter.
        """
        return {**self._process().versions, "adapter": self._adapter()}

    def close(self) -> None:
        """End the attempt: the ports are free. Never raises."""
        self._attempt, self._heard = "", []
        if self._worker is not None and self._worker.is_alive:
            with contextlib.suppress(BurnerError):
                self._ask("close")

    # -- for the station ----------------------------------------------------------------------

    def contact(self, reset: bool = True) -> Contact:
        """What is in this slot now, within 0.4 s.

        Without a reset only a chip in download mode answers. So a caller resets once, then looks
        without reset: a finished board that stays in its slot is not restarted again and again.

        Raises:
            BurnerError: E303, E304, E902.
        """
        try:
            port = self._port("esp")
        except BurnerError:
            return Contact.ABSENT
        return Contact(self._ask("contact", port=port, reset=reset)["contact"])

    # -- internals ----------------------------------------------------------------------------

    def _as_given(self, name: str) -> str:
        if name not in self._ports:
            raise BurnerError(
                Code.SLOT_PORT_UNKNOWN, f"no port {name}; there is {', '.join(self._ports)}"
            )
        return self._ports[name]

    def _adapter(self) -> str:
        """The adapter of the chip's port. Looked up once, because a listing takes time."""
        try:
            port = self._port("esp")
        except BurnerError:
            return ""
        if port not in self._adapters:
            self._adapters[port] = ports.adapter(port)
        return self._adapters[port]

    def _port_again(self, name: str) -> str:
        try:
            return self._port(name)
        except BurnerError as error:
            raise _PortNotBack from error

    def _process(self) -> WorkerProcess:
        if self._killed.is_set():
            raise BurnerError(Code.WORKER_DIED, "stopped by the station")
        if self._worker is None or not self._worker.is_alive:
            self._worker = WorkerProcess(self._log_path, self._start_worker, search=self._search)
            if self._killed.is_set():
                self._worker.kill()
        return self._worker

    def _exchange(
        self, kind: str, payload: bytes = b"", **fields: Any
    ) -> Generator[Message, None, Message]:
        return self._process().exchange(Message(kind, fields, payload))

    def _ask(self, kind: str, payload: bytes = b"", **fields: Any) -> Message:
        return self._process().ask(Message(kind, fields, payload))

    def _send_to_worker(self, prepared: PreparedSegment) -> None:
        """Send a segment to the worker, unless it has it."""
        worker = self._process()
        if prepared.sha256 in worker.held_segments:
            return
        self._ask(
            "keep_segment",
            prepared.data,
            sha256=prepared.sha256,
            md5=prepared.md5,
            size=prepared.size,
            flash_size=prepared.flash_size,
            compressed=prepared.compressed,
        )
        worker.held_segments.add(prepared.sha256)

    def _drop_from_worker(self, prepared: PreparedSegment) -> None:
        """Let the worker forget a segment."""
        worker = self._worker
        if worker is not None and worker.is_alive:
            worker.held_segments.discard(prepared.sha256)
            with contextlib.suppress(BurnerError):
                worker.ask(Message("drop_segment", {"sha256": prepared.sha256}))

    def _listen(self) -> SecretStream:
        """A new search for the secret in what is received."""
        self._heard.append(self._search.stream())
        return self._heard[-1]

    def _collect(
        self,
        lines: list[str],
        until: Callable[[Sequence[str]], bool],
        kind: str,
        **fields: Any,
    ) -> bool:
        """Collect lines until `until` is satisfied; whether the port was lost before that."""
        worker, enough = self._process(), False
        conversation = worker.exchange(Message(kind, fields))
        try:
            while True:
                message = next(conversation)
                if message.kind == "line" and not enough:
                    lines.append(self._heard[-1].clean_line(message["text"]))
                    if enough := until(lines):
                        worker.interrupt()
        except StopIteration as end:
            return bool(cast("Message", end.value)["lost"]) and not enough
        except BurnerError as error:
            if kind == "listen" and error.code == Code.PORT_MISSING:
                raise _PortNotBack from error
            raise


class _PortNotBack(Exception):  # noqa: N818 - a state on the way, not an error
    """A port that vanished has not come back yet."""


def _silicon(fields: Mapping[str, Any]) -> Silicon:
    return Silicon(
        chip=fields["chip"],
        revision=fields["revision"],
        mac=Mac.parse(fields["mac"]),
        flash_id=fields["flash_id"],
        flash_size=fields["flash_size"],
        security=Security(**fields["security"]),
        eui64=fields["eui64"],
        mac_crc_ok=fields["mac_crc_ok"],
        fingerprint=fields["fingerprint"],
    )
