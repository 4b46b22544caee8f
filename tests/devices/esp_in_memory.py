"""An ESP in memory: a board with NOR flash, and the slot it is plugged into. No port, no worker.

`FakeBoard` is the unit (silicon, flash, what its firmware prints); `FakeDevice` implements
`burner.devices.device.Device`. Faults are said on the device (`fails`, `holds`) or are a property
of the board (`stuck_sectors`, `flips`, `clean_up_to_baud`).
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5

from burner.core.errors import BurnerError
from burner.core.segments import Region, Segment
from burner.core.silicon import Mac, Security, Silicon
from burner.devices.device import ConnectPlan, Contact, SerialLine

SECTOR = 0x1000
BLOCK = 0x4000
MB = 1024 * 1024


class NorFlash:
    """Erase sets whole sectors to 0xFF; programming can only clear bits."""

    def __init__(self, size: int = 4 * MB, stuck_sectors: frozenset[int] = frozenset()) -> None:
        self.bytes = bytearray(b"\xff") * size
        self.stuck_sectors = stuck_sectors

    def erase(self, offset: int, size: int) -> None:
        first, last = offset // SECTOR, (offset + size - 1) // SECTOR
        for sector in range(first, last + 1):
            if sector not in self.stuck_sectors:
                self.bytes[sector * SECTOR : (sector + 1) * SECTOR] = b"\xff" * SECTOR

    def program(self, offset: int, data: bytes) -> None:
        old = int.from_bytes(self.bytes[offset : offset + len(data)], "big")
        new = old & int.from_bytes(data, "big")
        self.bytes[offset : offset + len(data)] = new.to_bytes(len(data), "big")

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self.bytes[offset : offset + size])


@dataclass
class FakeBoard:
    """One unit: what is soldered on it and how it behaves."""

    mac: str = "60:55:f9:00:00:01"
    chip: str = "esp32c3"
    revision: str = "v0.4"
    flash_size: int = 4 * MB
    flash_id: int = 0x1640EF
    security: Security = field(default_factory=Security)
    fingerprint: str = ""
    eui64: str = ""
    mac_crc_ok: bool | None = None
    stuck_sectors: frozenset[int] = frozenset()
    """Sectors that no longer erase."""
    flips: tuple[int, ...] = ()
    """Flash offsets where one bit is lost on every write."""
    clean_up_to_baud: int = 0
    """Above this rate the link garbles (E501 in write); 0 = clean at any rate."""
    prints: Callable[["FakeBoard"], Sequence[str]] = lambda _: ("ESP-ROM:fake", "app: ready")
    """The boot log, made from the board as it is now (its flash included)."""
    flash: NorFlash = field(init=False)

    def __post_init__(self) -> None:
        self.flash = NorFlash(self.flash_size, self.stuck_sectors)

    @property
    def silicon(self) -> Silicon:
        return Silicon(
            chip=self.chip,
            revision=self.revision,
            mac=Mac.parse(self.mac),
            flash_id=self.flash_id,
            flash_size=self.flash_size,
            security=self.security,
            eui64=self.eui64,
            mac_crc_ok=self.mac_crc_ok,
            fingerprint=self.fingerprint,
        )

    def program(self, segment: Segment) -> Iterator[int]:
        """Erase and write a segment block by block; yields the bytes of each block."""
        self.flash.erase(segment.offset, len(segment.data))
        for start in range(0, len(segment.data), BLOCK):
            block = segment.data[start : start + BLOCK]
            self.flash.program(segment.offset + start, block)
            yield len(block)
        for offset in self.flips:
            if segment.offset <= offset < segment.end:
                self.flash.bytes[offset] ^= 1


class FakeLine:
    """A dialogue with something that answers at once: `answer(sent) -> received`."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.answer = answer
        self.baud = 0
        self.closed = False
        self.sent: list[bytes] = []
        self._waiting: deque[bytes] = deque()

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        self._waiting.append(self.answer(data))

    def receive(self, timeout_s: float) -> bytes:
        return self._waiting.popleft() if self._waiting else b""

    def set_baud(self, baud: int) -> None:
        self.baud = baud

    def close(self) -> None:
        self.closed = True


class FakeDevice:
    """A slot in memory. Give it a board (or none), tell it what goes wrong, and use it.

    >>> device = FakeDevice(FakeBoard())
    >>> device.fails("write", "E501", times=1)      # the first write fails, the next works
    >>> gate = device.holds("boot")                 # boot blocks until gate.set()
    """

    def __init__(
        self,
        board: FakeBoard | None = None,
        answers: Mapping[str, Callable[[bytes], bytes]] | None = None,
    ) -> None:
        self.board = board
        self.calls: list[str] = []
        """Every call in order: identify, matches NAME, write NAME, read OFFSET, boot, …"""
        self.bauds: list[int] = []
        """The rate of each identify."""
        self.logged: list[str] = []
        self.killed = False
        self.printed_secret = False
        self.empty = Contact.ABSENT
        """What a look finds while there is no board, or while the board is dead."""
        self._answers = dict(answers or {})
        self._failures: dict[str, deque[BurnerError | Exception]] = {}
        self._gates: dict[str, threading.Event] = {}
        self._baud = 115200
        self._in_download: FakeBoard | None = None
        """The board that was identified and not reset since then."""

    # what a test does to it

    def insert(self, board: FakeBoard) -> None:
        self.board = board

    def remove(self) -> FakeBoard | None:
        board, self.board = self.board, None
        return board

    def fails(self, call: str, error: str | Exception, times: int = 1) -> None:
        """The next `times` calls of that name raise the error (a code, or any exception)."""
        made = BurnerError(error, "fake") if isinstance(error, str) else error
        self._failures.setdefault(call, deque()).extend([made] * times)

    def succeeds(self) -> None:
        """Forget every failure that has not happened yet."""
        self._failures.clear()

    def holds(self, call: str) -> threading.Event:
        """Calls of that name block until the event returned is set, or the device is killed."""
        return self._gates.setdefault(call, threading.Event())

    # the Device protocol

    def identify(self, plan: ConnectPlan) -> Silicon:
        board = self._enter("identify")
        self.bauds.append(plan.baud)
        self._baud = plan.baud
        self._in_download = board
        return board.silicon

    def matches(self, region: Region) -> bool:
        board = self._enter("matches", region.name)
        held = board.flash.read(region.offset, region.size)
        return md5(held, usedforsecurity=False).hexdigest() == region.md5

    def write(self, segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
        total = sum(len(s.data) for s in segments)
        done = 0
        for segment in segments:
            board = self._enter("write", segment.name)
            if board.clean_up_to_baud and self._baud > board.clean_up_to_baud:
                raise BurnerError("E501", f"garbled at {self._baud}")
            for size in board.program(segment):
                done += size
                yield done, total
                self._here()
            if board.flash.read(segment.offset, len(segment.data)) != segment.data:
                raise BurnerError("E601", segment.name)

    def read(self, offset: int, size: int) -> bytes:
        return self._enter("read", f"{offset:#x}").flash.read(offset, size)

    def boot(
        self, timeout_s: float, until: Callable[[Sequence[str]], bool], baud: int = 115200
    ) -> tuple[str, ...]:
        board = self._enter("boot")
        self._in_download = None
        lines: list[str] = []
        for line in board.prints(board):
            lines.append(line)
            if until(lines):
                break
        return tuple(lines)

    def line(self, port: str = "esp", baud: int = 115200) -> SerialLine:
        self._enter("line", port)
        line = FakeLine(self._answers[port])
        line.set_baud(baud)
        return line

    def free_port(self) -> str:
        self._enter("free_port")
        return "memory"

    def resume(self) -> Mac | None:
        board = self._enter("resume")
        return board.silicon.mac if board is self._in_download else None

    def log(self, line: str) -> None:
        self.logged.append(line)

    def versions(self) -> dict[str, str]:
        return {"esptool": "fake", "stub": "fake", "adapter": "memory"}

    def close(self) -> None:
        self.calls.append("close")

    # beside the protocol: presence and the worker's life, as `devices.esp.EspDevice` has them

    def contact(self, reset: bool = True) -> Contact:
        if self.killed:
            raise BurnerError("E902", "killed")
        return self.empty if self.board is None else Contact.ANSWERS

    def start(self) -> None:
        self.killed = False

    def kill(self) -> None:
        self.killed = True
        for gate in self._gates.values():
            gate.set()

    def stop(self) -> None:
        self.killed = True

    def _enter(self, call: str, what: str = "") -> FakeBoard:
        self.calls.append(f"{call} {what}".strip())
        if gate := self._gates.get(call):
            gate.wait(30)
        if failures := self._failures.get(call):
            raise failures.popleft()
        return self._here()

    def _here(self) -> FakeBoard:
        if self.killed:
            raise BurnerError("E902", "killed")
        if self.board is None:
            raise BurnerError("E301", "no board")
        return self.board
