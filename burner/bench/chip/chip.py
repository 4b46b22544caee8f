"""One simulated unit as the line sees it: power, reset lines, bytes in and out with their times."""

from collections import deque
from collections.abc import Iterator
from math import inf

from burner.bench.chip import rom_baud
from burner.bench.chip.fault_steps import STEPS
from burner.bench.chip.flash_boot import FlashBoot
from burner.bench.chip.mode import Mode
from burner.bench.chip.uart import BytesOnWire, Uart
from burner.bench.download_mode import slip
from burner.bench.download_mode.commands import CommandResult, NextMode, Op
from burner.bench.download_mode.rom import Rom
from burner.bench.download_mode.stub import GREETING, Stub
from burner.bench.firmware import firmware
from burner.bench.firmware.console import ConsoleLine
from burner.bench.firmware.rom_log import Reset, rom_log
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import USUAL_BAUD, FaultKind, FaultStep, SimFault, UnitSpec

BOOT_LEAST_S = 0.02
"""EN rises slowly: IO0 pulled low this soon after the release still counts."""
STRAP_WINDOW_S = 0.3
"""After a release with both lines asserted the other line may still change (RFC 2217 clients
change one line at a time, up to 0.1 s apart)."""
NEVER = inf


class SimChip:
    """One simulated part. Single-threaded; never sleeps; all times are of one monotonic clock.

    The caller is the line. It passes on each action of the host when it happens (`receive`,
    `set_lines`, `set_host_baud`) and then asks for the output (`due`, `take`). The chip calculates
    the time that bytes need on the wire, both ways, so the line passes bytes on at once. `now`
    must never go back.

    Raises:
        BurnerError: E192, the flash file is not one of a flash of this size.
    """

    def __init__(self, unit: UnitSpec, now: float = 0.0) -> None:
        self.unit = unit.as_built()
        self.connected = True
        """False once the port has vanished: the line closes the host's end."""
        self.answered = False
        """A host has had an answer to a command since the power came."""
        self.used = False
        """A host has sent more than SYNC; whoever counts the uses sets it back."""
        self.mode = Mode.OFF
        self.silicon = SimSilicon(self.unit, NorFlash(self.unit))
        if self.silicon.modem:
            self.silicon.modem.prints = self.secret_lines
        self.flash_boot = FlashBoot(self.silicon, self._boot_s)
        self._uart = Uart(self.unit)
        self._dtr = self._rts = False
        self._usb_boot_flag = False
        self._reset = Reset.POWER_ON
        self._back_at = NEVER
        self._clear()
        self.plug(now)

    @property
    def traffic(self) -> dict[str, dict[int, int]]:
        """Bytes on the wire since the part was made: direction → baud → bytes."""
        return {way: dict(bytes_at) for way, bytes_at in self._uart.carried.items()}

    # what the host does

    def receive(self, data: bytes, now: float) -> None:
        """The host writes bytes at `now`."""
        self._advance(now)
        if self.mode is not Mode.OFF and self.connected:
            self._uart.host_sends(data, now)
            self._advance(now)

    @property
    def baud(self) -> int:
        """The rate the chip's own UART runs at now, in bits per second."""
        return self.silicon.baud

    def set_host_baud(self, baud: int, now: float) -> None:
        """The host's end of the line now runs at `baud` bits per second."""
        self._advance(now)
        self._uart.host_baud = max(baud, 1)

    def set_lines(self, dtr: bool, rts: bool, now: float) -> None:
        """The host drives DTR and RTS (True = asserted, as in pyserial).

        The usual two transistors: EN is low while only RTS is asserted, IO0 while only DTR is.
        """
        self._advance(now)
        was_low = self._rts and not self._dtr
        self._dtr, self._rts = dtr, rts
        if self.mode is Mode.OFF or self.unit.has(FaultKind.NO_RESET):
            return
        if not rts and not was_low:
            # The chip's own USB bridge keeps DTR as the wish for download mode.
            self._usb_boot_flag = dtr and self.unit.timing.usb_bytes_per_s > 0
        if rts and not dtr:
            self._hold()
        elif was_low:
            self._release(now)
        elif self._io0_low and self.mode is Mode.STARTING and now <= self._straps_until:
            self._enter_download(now)

    # what comes back

    def take(self, now: float) -> bytes:
        """Everything that has reached the host by `now`; does all work due by then."""
        self._advance(now)
        taken = self._uart.host_takes(now)
        return taken if self.connected else b""

    def due(self) -> float | None:
        """When `take` has something to do or to give next; None = not before the host acts."""
        arrival = self._uart.to_host[0].due if self._uart.to_host else NEVER
        when = min(self._next_work(), arrival)
        return None if when == NEVER else when

    # power

    def unplug(self, now: float) -> None:
        """Cut the power; the port vanishes (`connected` turns False)."""
        self._advance(now)
        self._lose_power()

    def plug(self, now: float, download: bool = False) -> None:
        """Give power (again): boots, or waits in download mode as with IO0 held low."""
        self.connected, self._back_at = True, NEVER
        self.answered = self.used = False
        self._clear()
        if download:
            self._enter_download(now)
        else:
            self._start_at(now + self._boot_s, now)

    def close(self) -> None:
        """Let go of the program and of the flash file."""
        self.flash_boot.clear()
        self.silicon.flash.close()

    def secret_lines(self, step: FaultStep = FaultStep.BOOT) -> Iterator[bytes]:
        """What the fault `prints-secret` prints at this step, here or on the board's modem."""
        return firmware.secret_lines(self.silicon, step)

    def _lose_power(self) -> None:
        self.mode, self.connected = Mode.OFF, False
        self._clear()

    def _come_back(self, now: float) -> None:
        self._back_at = NEVER
        if self.mode is Mode.OFF:
            self.plug(now)
        self.connected = True

    # reset and modes

    def _clear(self, *, starts: bool = False) -> None:
        """Clear RAM, FIFOs and everything in progress."""
        self._uart.clear()
        self._reader = slip.SlipReader()
        self._packets: deque[bytes] = deque()
        self._busy_until: float = 0.0
        self._starts_at = self._runs_ahead_at = NEVER
        self._straps_until = 0.0
        self._dialect: Rom | Stub | None = None
        self.flash_boot.clear(starts=starts)
        self._rate_found = False
        self._received = 0
        self._hung = False

    @property
    def _io0_low(self) -> bool:
        return self._dtr and not self._rts

    @property
    def _boot_s(self) -> float:
        return max(self.unit.timing.boot_s, BOOT_LEAST_S)

    def _hold(self) -> None:
        if self.mode is not Mode.RESET:
            self._clear()
            self._reset = Reset.POWER_ON
            self.mode = Mode.RESET

    def _release(self, now: float) -> None:
        late = self.unit.fault(FaultKind.LATE_RESET)
        asked_over_usb, self._usb_boot_flag = self._usb_boot_flag, False
        if late:
            self._start_at(now + late.seconds, now)
        elif asked_over_usb or self._io0_low:
            self._enter_download(now)
        elif self._dtr:
            self._start_at(now + max(self._boot_s, STRAP_WINDOW_S), now + STRAP_WINDOW_S)
        else:
            self._start_at(now + self._boot_s, now + BOOT_LEAST_S)

    def _start_at(self, when: float, straps_until: float) -> None:
        self.mode = Mode.STARTING
        self._starts_at, self._straps_until = when, straps_until
        self._runs_ahead_at = straps_until

    def _start(self, now: float) -> None:
        """Read the straps, then start download mode or the application."""
        self._starts_at = NEVER
        if self._io0_low and self.unit.has(FaultKind.LATE_RESET):
            self._enter_download(now)
        else:
            self._boot(now)

    def _enter_download(self, now: float) -> None:
        if self.unit.has(FaultKind.NO_DOWNLOAD) and self.unit.chip != "esp8266":
            self._start_without_download(now)
            return
        self._clear()
        self.mode = Mode.DOWNLOAD
        self.silicon.reset()
        self._dialect = Rom(self.silicon)
        self._print(rom_log(self.silicon, download=True), now)
        self.silicon.baud = USUAL_BAUD

    def _start_without_download(self, now: float) -> None:
        """The ESP32's ROM says why and stops; later ones start from flash."""
        if self.unit.chip != "esp32":
            self._boot(now, download=True)
            return
        self._clear()
        self.mode = Mode.APP
        self._print(rom_log(self.silicon, download=True), now)

    def _run_ahead(self) -> None:
        self._runs_ahead_at = NEVER
        if not (self._dialect or self._io0_low):  # its flash does not change any more
            self.flash_boot.run_ahead()

    def _boot(self, now: float, download: bool = False) -> None:
        self._clear(starts=True)
        self.mode = Mode.APP
        if fault := self.silicon.faults.at_step(FaultStep.BOOT):
            self._show_fault(fault, now)
            return
        app = self.flash_boot.start(self._reset, now, download=download)
        self._reset = Reset.POWER_ON
        self._print(app.log, now)

    def _print(self, lines: tuple[ConsoleLine, ...], now: float) -> None:
        for line in lines:
            self.silicon.baud = line.baud
            self._send(line.text, now + line.after_s)

    # the clock

    def _next_work(self) -> float:
        arrival = self._uart.to_chip[0].due if self._uart.to_chip else NEVER
        command = self._busy_until if self._packets else NEVER
        return min(self._back_at, self._runs_ahead_at, self._starts_at, arrival, command)

    def _advance(self, now: float) -> None:
        """Do everything that is due by `now`, in its order."""
        while (when := self._next_work()) <= now:
            if when == self._back_at:
                self._come_back(when)
            elif when == self._runs_ahead_at:
                self._run_ahead()
            elif when == self._starts_at:
                self._start(when)
            elif self._packets and when == self._busy_until:
                self._execute(self._packets.popleft(), when)
            else:
                self._receive_bytes(self._uart.to_chip.popleft())

    # bytes in and out

    def _receive_bytes(self, sent: BytesOnWire) -> None:
        if self.unit.has(FaultKind.DEAD) or self._hung:
            return
        if self.mode is Mode.DOWNLOAD and not self._rate_found:
            self.silicon.baud = sent.baud  # the ROM measures the host's rate
        data = self._uart.as_received(sent, self.silicon.baud)
        if self.flash_boot.app:
            self._send(*self.flash_boot.receive(data, sent.due))
        elif self._dialect:
            self._collect(data, sent.due)

    def _collect(self, data: bytes, now: float) -> None:
        """Queue whole packets; a fault tied to a byte drops everything after that byte."""
        fault = self.silicon.faults.at_byte(self._received, len(data))
        if fault:
            data = data[: fault.at_byte - self._received]
        self._received += len(data)
        for packet in self._reader.feed(data):
            self._packets.append(packet)
            self._busy_until = max(self._busy_until, now)
        if fault:
            self._show_fault(fault, now)

    def _execute(self, packet: bytes, now: float) -> None:
        """Run one command and send its answer."""
        if not self._dialect or self._hung:
            return
        step = STEPS.get(packet[1]) if len(packet) >= 8 else None
        if step and (fault := self.silicon.faults.at_step(step)):
            self._show_fault(fault, now)
            return
        if step:
            self._send(b"".join(line + b"\r\n" for line in self.secret_lines(step)), now)
        answer = self._dialect.handle(packet)
        self.answered, self.used = True, self.used or packet[1:2] != bytes((Op.SYNC,))
        self._rate_found = self._rate_found or bool(answer.frames)
        ready = now + answer.before_s
        self._send(b"".join(slip.encode(frame) for frame in answer.frames), ready)
        self._busy_until = ready + answer.after_s
        self.silicon.baud = answer.baud or self.silicon.baud
        self._go_on(answer, ready)

    def _go_on(self, answer: CommandResult, now: float) -> None:
        match answer.then:
            case NextMode.STUB:
                self._dialect = Stub(self.silicon)
                self.silicon.baud = rom_baud.of_stub(self.silicon)
                self._send(slip.encode(GREETING), now)
            case NextMode.ROM:
                self._dialect, self._rate_found = Rom(self.silicon), False
            case NextMode.APP:  # not at once: the command loop goes on until the reset comes
                self._reset = Reset.WATCHDOG
                self._start_at(now + self._boot_s, now)
            case NextMode.STAY:
                pass

    def _send(self, data: bytes, now: float) -> None:
        if data and not self.unit.has(FaultKind.DEAD):
            self._uart.chip_sends(data, self.silicon.baud, now)

    def _show_fault(self, fault: SimFault, now: float) -> None:
        match fault.kind:
            case FaultKind.HANG:
                self._hung = True
            case FaultKind.BROWN_OUT:
                self._clear()
                self._reset = Reset.BROWN_OUT
                self._start_at(now + self._boot_s, now)
            case FaultKind.UNPLUG:
                self._lose_power()
            case _:
                self.connected = False
        if not self.connected and fault.once:
            self._back_at = now + fault.seconds
