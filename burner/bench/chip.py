"""One simulated unit as the line sees it: power, reset lines, bytes in, bytes out, and when."""

from collections import deque
from enum import Enum, auto
from typing import NamedTuple

from burner.bench import firmware, slip
from burner.bench.commands import Answer, Op, Then
from burner.bench.nor import NorFlash
from burner.bench.rom import Rom
from burner.bench.silicon import Silicon
from burner.bench.stub import GREETING, Stub
from burner.bench.unit import At, Fault, FaultKind, UnitSpec

BAUD_TOLERANCE = 0.03
"""A UART still reads a line that is this much off its own rate."""
BOOT_LEAST_S = 0.02
"""EN rises slowly: IO0 pulled low this soon after the release still counts."""
STRAP_WINDOW_S = 0.3
"""After a release with both lines asserted the other line is still to come (RFC 2217 clients
change one at a time, up to 0.1 s apart)."""
NOISE = bytes(((7 * byte + 0x55) ^ 0x3C) & 0x7F for byte in range(256))
"""What a UART makes of another rate: a fixed muddle without SLIP ends."""

STRIKING = (FaultKind.UNPLUG, FaultKind.PORT_GONE, FaultKind.HANG, FaultKind.BROWN_OUT)
STEPS = {
    Op.SYNC: At.SYNC,
    Op.MEM_BEGIN: At.STUB,
    Op.CHANGE_BAUDRATE: At.BAUD,
    Op.FLASH_BEGIN: At.ERASE,
    Op.FLASH_DEFL_BEGIN: At.ERASE,
    Op.ERASE_FLASH: At.ERASE,
    Op.ERASE_REGION: At.ERASE,
    Op.FLASH_DATA: At.WRITE,
    Op.FLASH_DEFL_DATA: At.WRITE,
    Op.SPI_FLASH_MD5: At.MD5,
    Op.READ_FLASH: At.READ,
    Op.READ_FLASH_SLOW: At.READ,
}


class Mode(Enum):
    """What the chip is doing."""

    OFF = auto()
    RESET = auto()
    """EN is low."""
    STARTING = auto()
    """Out of reset, straps not read yet."""
    DOWNLOAD = auto()
    APP = auto()


class Inbound(NamedTuple):
    """Bytes on their way to the chip."""

    due: float
    data: bytes
    baud: int


class Outbound(NamedTuple):
    """Bytes on their way to the host."""

    due: float
    data: bytes
    baud: int


class Chip:
    """One simulated part. Single-threaded; never sleeps; all times are of one monotonic clock.

    The caller is the line. It hands over what the host does at the moment the host does it, and
    asks what comes back: `receive`, `set_lines`, `set_host_baud`; then `due` and `take`. The time
    bytes need on the wire, both ways, is reckoned in here, so the line hands bytes over as it
    gets them. Calls must come with a `now` that never goes back.

    Raises:
        BurnerError: E191, the flash file is not one of a flash of this size.
    """

    def __init__(self, unit: UnitSpec, now: float = 0.0) -> None:
        self.unit = unit.as_built()
        self.connected = True
        """False once the port has vanished: the line shuts the host's end."""
        self.mode = Mode.OFF
        self.silicon = Silicon(self.unit, NorFlash(self.unit))
        self._host_baud = 115200
        self._dtr = self._rts = False
        self._usb_boot_flag = False
        self._back_at: float | None = None
        self._forget()
        self.plug(now)

    # what the host does

    def receive(self, data: bytes, now: float) -> None:
        """The host writes bytes at `now`."""
        self._advance(now)
        if self.mode is Mode.OFF or not self.connected:
            return
        self._rx_free = max(self._rx_free, now) + len(data) * self._byte_s(self._host_baud)
        self._inbound.append(Inbound(self._rx_free, data, self._host_baud))
        self._advance(now)

    def set_host_baud(self, baud: int, now: float) -> None:
        """The host's end of the line now runs at `baud` bits per second."""
        self._advance(now)
        self._host_baud = baud

    def set_lines(self, dtr: bool, rts: bool, now: float) -> None:
        """The host drives DTR and RTS (True = asserted, as in pyserial).

        The usual two transistors: EN is low while only RTS is asserted, IO0 while only DTR is.
        """
        self._advance(now)
        was_low = self._rts and not self._dtr
        self._dtr, self._rts = dtr, rts
        if self.mode is Mode.OFF or self.unit.has(FaultKind.NO_RESET):
            return
        self._follow_usb_lines(dtr, rts)
        if rts and not dtr:
            self._hold()
        elif was_low:
            self._release(now)
        elif self._io0_low and self.mode is Mode.STARTING and now <= self._strap_until:
            self._enter_download(now)

    # what comes back

    def take(self, now: float) -> bytes:
        """Everything that has reached the host by `now`; does all work due by then."""
        self._advance(now)
        taken = []
        while self._outbound and self._outbound[0].due <= now:
            _, data, baud = self._outbound.popleft()
            taken.append(data if self._hears(baud, self._host_baud) else data.translate(NOISE))
        return b"".join(taken) if self.connected else b""

    def due(self) -> float | None:
        """When `take` has something to do or to give next; None = not before the host acts."""
        times = [when for when in (self._next_work(),) if when is not None]
        if self._outbound:
            times.append(self._outbound[0].due)
        return min(times, default=None)

    # power

    def unplug(self, now: float) -> None:
        """Cut the power; the port vanishes (`connected` turns False)."""
        self._advance(now)
        self._lose_power()

    def plug(self, now: float, download: bool = False) -> None:
        """Give power (again): boots, or waits in download mode as with IO0 held low."""
        self.connected, self._back_at = True, None
        self._forget()
        if download:
            self._enter_download(now)
        else:
            self._start_at(now + self._boot_s, now)

    def close(self) -> None:
        """Let go of the flash file."""
        self.silicon.flash.close()

    def _lose_power(self) -> None:
        self.mode, self.connected = Mode.OFF, False
        self._forget()

    # reset and modes

    def _forget(self) -> None:
        """RAM, FIFOs and what was under way are gone."""
        self._reader = slip.Reader()
        self._inbound: deque[Inbound] = deque()
        self._packets: deque[bytes] = deque()
        self._outbound: deque[Outbound] = deque()
        self._rx_free: float = 0.0
        self._tx_free: float = 0.0
        self._busy_until: float = 0.0
        self._starts_at: float | None = None
        self._strap_until = 0.0
        self._dialect: Rom | Stub | None = None
        self._app: firmware.App | None = None
        self._rate_found = False
        self._heard = 0
        self._hung = False

    @property
    def _io0_low(self) -> bool:
        return self._dtr and not self._rts

    @property
    def _boot_s(self) -> float:
        return max(self.unit.timing.boot_s, BOOT_LEAST_S)

    def _follow_usb_lines(self, dtr: bool, rts: bool) -> None:
        """The USB-Serial/JTAG bridge latches DTR as the wish for download mode."""
        if not rts:
            self._usb_boot_flag = dtr and self.unit.timing.usb_bytes_per_s > 0

    def _hold(self) -> None:
        if self.mode is not Mode.RESET:
            self._forget()
            self.mode = Mode.RESET

    def _release(self, now: float) -> None:
        late = self.unit.fault(FaultKind.LATE_RESET)
        if late:
            self._start_at(now + late.seconds, now)
        elif self._usb_boot_flag or self._io0_low:
            self._enter_download(now)
        elif self._dtr:
            self._start_at(now + max(self._boot_s, STRAP_WINDOW_S), now + STRAP_WINDOW_S)
        else:
            self._start_at(now + self._boot_s, now + BOOT_LEAST_S)

    def _start_at(self, when: float, strap_until: float) -> None:
        self.mode = Mode.STARTING
        self._starts_at, self._strap_until = when, strap_until

    def _start(self, now: float) -> None:
        """The straps are read: download mode or the application."""
        self._starts_at = None
        if self._io0_low and self.unit.has(FaultKind.LATE_RESET):
            self._enter_download(now)
        else:
            self._boot(now)

    def _enter_download(self, now: float) -> None:
        self._forget()
        self.mode = Mode.DOWNLOAD
        self._dialect = Rom(self.silicon)
        self._say(firmware.rom_log(self.silicon, download=True), now)
        self.silicon.baud = 115200

    def _boot(self, now: float) -> None:
        self._forget()
        self.mode = Mode.APP
        if self._strike(At.BOOT, now):
            return
        self._app = firmware.start(self.silicon)
        self._say(self._app.log, now)

    def _say(self, lines: tuple[firmware.Line, ...], now: float) -> None:
        for line in lines:
            self.silicon.baud = line.baud
            self._send(line.text, now)

    # the clock

    def _byte_s(self, baud: int) -> float:
        timing = self.unit.timing
        if timing.usb_bytes_per_s:
            return 1 / timing.usb_bytes_per_s
        return 10 / baud if timing.uart else 0.0

    def _next_work(self) -> float | None:
        times = [self._back_at, self._starts_at]
        if self._inbound:
            times.append(self._inbound[0].due)
        if self._packets:
            times.append(self._busy_until)
        return min((when for when in times if when is not None), default=None)

    def _advance(self, now: float) -> None:
        """Do everything that is due by `now`, in its order."""
        while (when := self._next_work()) is not None and when <= now:
            if self._back_at is not None and self._back_at <= when:
                self._come_back(when)
            elif self._starts_at is not None and self._starts_at <= when:
                self._start(when)
            elif self._packets and self._busy_until <= when:
                self._obey(self._packets.popleft(), when)
            else:
                self._hear(self._inbound.popleft())

    def _come_back(self, now: float) -> None:
        self._back_at = None
        if self.mode is Mode.OFF:
            self.plug(now)
        self.connected = True

    # bytes in

    def _hears(self, sent: int, heard: int) -> bool:
        """Whether bytes sent at one rate arrive whole at an end that runs at another."""
        if self.unit.timing.usb_bytes_per_s:
            return True
        garble = self.unit.fault(FaultKind.GARBLE)
        if garble and sent > garble.baud:
            return False
        return abs(sent - heard) <= BAUD_TOLERANCE * heard

    def _hear(self, inbound: Inbound) -> None:
        due, data, baud = inbound
        if self.unit.has(FaultKind.DEAD) or self._hung:
            return
        if self.mode is Mode.DOWNLOAD and not self._rate_found:
            self.silicon.baud = baud  # the ROM measures the host's rate
        if not self._hears(baud, self.silicon.baud):
            return
        data = self._noisy(data, baud)
        struck = self._bytes_before_fault(len(data))
        self._heard += len(data)
        if self._app:
            if answer := self._app.hear(data):
                self._send(answer, due)
            return
        if not self._dialect:
            return
        for packet in self._reader.feed(data if struck is None else data[: struck[0]]):
            self._packets.append(packet)
            self._busy_until = max(self._busy_until, due)
        if struck:
            self._suffer(struck[1], due)

    def _noisy(self, data: bytes, baud: int) -> bytes:
        noise = self.unit.fault(FaultKind.NOISE)
        if noise is None or baud <= noise.baud:
            return data
        hit = noise.every - 1 - self._heard % noise.every
        if hit >= len(data):
            return data
        return data[:hit] + bytes((data[hit] ^ 0x10,)) + data[hit + 1 :]

    def _obey(self, packet: bytes, now: float) -> None:
        """Handle one command and put its answer on the wire."""
        if not self._dialect or self._hung:
            return
        op = packet[1] if len(packet) > 1 else -1
        if op in STEPS and self._strike(STEPS[Op(op)], now):
            return
        answer = self._dialect.handle(packet)
        self._rate_found = self._rate_found or bool(answer.frames)
        ready = now + answer.before_s
        if answer.frames:
            self._send(b"".join(slip.encode(frame) for frame in answer.frames), ready)
        self._busy_until = ready + answer.after_s
        self.silicon.baud = answer.baud or self.silicon.baud
        self._go_on(answer, ready)

    def _go_on(self, answer: Answer, now: float) -> None:
        match answer.then:
            case Then.STUB:
                self._dialect = Stub(self.silicon)
                self._send(slip.encode(GREETING), now)
            case Then.ROM:
                self._dialect, self._rate_found = Rom(self.silicon), False
            case Then.APP:
                self._dialect = None
                self._start_at(now + self._boot_s, now)
            case Then.STAY:
                pass

    # bytes out

    def _send(self, data: bytes, now: float) -> None:
        if self.unit.has(FaultKind.DEAD):
            return
        baud = self.silicon.baud
        self._tx_free = max(self._tx_free, now) + len(data) * self._byte_s(baud)
        self._outbound.append(Outbound(self._tx_free + self.unit.timing.latency_s, data, baud))

    # faults that strike

    def _striking(self) -> list[Fault]:
        return [f for f in self.unit.faults if f.kind in STRIKING and f not in self.silicon.spent]

    def _bytes_before_fault(self, size: int) -> tuple[int, Fault] | None:
        """The fault tied to a byte among the next `size` ones, and how many come before it."""
        for fault in self._striking():
            if 0 < fault.at_byte - self._heard <= size and self.mode is Mode.DOWNLOAD:
                return fault.at_byte - self._heard, fault
        return None

    def _strike(self, step: At, now: float) -> bool:
        """Whether a fault tied to this step strikes now."""
        for fault in self._striking():
            if not fault.at_byte and (fault.step or At.WRITE) is step:
                self._suffer(fault, now)
                return True
        return False

    def _suffer(self, fault: Fault, now: float) -> None:
        if fault.once:
            self.silicon.spent.add(fault)
        match fault.kind:
            case FaultKind.HANG:
                self._hung = True
            case FaultKind.BROWN_OUT:
                self._forget()
                self._start_at(now + self._boot_s, now)
            case FaultKind.UNPLUG:
                self._lose_power()
            case _:
                self.connected = False
        if not self.connected and fault.once:
            self._back_at = now + fault.seconds
