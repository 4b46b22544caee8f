"""A host with a virtual clock: it sends one command after the other and waits for no one."""

import struct

from burner.bench.chip.chip import SimChip
from burner.bench.download_mode import slip
from burner.bench.download_mode.commands import CHECKSUM_SEED, SYNC_PAYLOAD, Op, xor
from burner.bench.unit.unit_spec import UnitSpec


def request(op: int, data: bytes = b"", body: bytes | None = None) -> bytes:
    """A request's SLIP payload; `body` makes it a data command with header and checksum."""
    checksum = 0
    if body is not None:
        data = struct.pack("<4I", len(body), 0, 0, 0) + body
        checksum = xor(body) ^ CHECKSUM_SEED
    return struct.pack("<BBHI", 0, op, len(data), checksum) + data


def words(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


class Host:
    """The far end of the line. `now` is its clock, in seconds."""

    def __init__(self, unit: UnitSpec) -> None:
        self.now = 1.0
        self.chip = SimChip(unit, self.now)
        self._reader = slip.SlipReader()

    def wait(self, seconds: float) -> bytes:
        """Let time pass; everything that came meanwhile."""
        self.now += seconds
        return self.chip.take(self.now)

    def lines(self, dtr: bool, rts: bool, hold_s: float = 0.0) -> None:
        self.chip.set_lines(dtr, rts, self.now)
        self.now += hold_s

    def reset_into_download(self) -> bytes:
        """esptool's ClassicReset; returns what the ROM prints."""
        self.lines(dtr=False, rts=True, hold_s=0.1)
        self.lines(dtr=True, rts=True)
        self.lines(dtr=True, rts=False, hold_s=0.05)
        self.lines(dtr=False, rts=False)
        return self.wait(0.05)

    def reset_into_app(self) -> bytes:
        """esptool's HardReset; returns the boot log."""
        self.lines(dtr=False, rts=True, hold_s=0.1)
        self.lines(dtr=False, rts=False)
        return self.wait(2.0)

    def baud(self, baud: int) -> None:
        self.chip.set_host_baud(baud, self.now)

    def send(self, payload: bytes) -> None:
        self.chip.receive(slip.encode(payload), self.now)

    def receive(self) -> list[bytes]:
        """Every frame that comes until the chip has nothing more to say."""
        frames: list[bytes] = []
        while (due := self.chip.due()) is not None:
            self.now = max(self.now, due)
            frames += self._reader.feed(self.chip.take(self.now))
        return frames

    def ask(self, op: int, data: bytes = b"", body: bytes | None = None) -> bytes:
        """Send a command; the first reply without its header (data and status)."""
        self.send(request(op, data, body))
        return self.receive()[0][8:]

    def connect(self) -> None:
        """Into download mode and through SYNC."""
        self.reset_into_download()
        assert len(self.ask_all(Op.SYNC, SYNC_PAYLOAD)) == 8

    def ask_all(self, op: int, data: bytes = b"") -> list[bytes]:
        self.send(request(op, data))
        return self.receive()

    def start_stub(self) -> None:
        """Upload something and run it, as esptool does with its stub."""
        self.connect()
        self.ask(Op.MEM_BEGIN, words(64, 1, 0x1800, 0x40380000))
        self.ask(Op.MEM_DATA, body=bytes(64))
        self.send(request(Op.MEM_END, words(0, 0x40380000)))
        assert self.receive()[-1] == b"OHAI"
