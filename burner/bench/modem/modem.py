"""Simulated modems and the Tencent AT firmware: endpoints of a line, as `chip.SimChip` is one.

A kind is a table of commands and their answers. `ModemSpec` says how a modem misbehaves. Nothing
sleeps: output waits in a queue until it is due. A modem keeps every command that it received, so
that a test can check that nobody tried to write an identity.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from burner.bench.modem.at_firmware import AtReply, ProductMemory
from burner.bench.unit.modem_spec import ModemSpec

Commands = Mapping[str, tuple[str, ...]]

_BARE = {"AT+CGSN": ("{imei}",), "AT+GSN": ("{imei}",)}
_EGMR = {"AT+EGMR=0,7": ('+EGMR: "{imei}"',), "AT+EGMR=0,5": ('+EGMR: "{serial}"',)}
_ICCID = {"AT+CCID": ("+CCID: {iccid}",), "AT+QCCID": ("+QCCID: {iccid}",)}

KINDS: Mapping[str, Commands] = MappingProxyType(
    {
        "quectel": {**_BARE, **_EGMR, **_ICCID},
        "simcom": {**_BARE, **_ICCID, "AT+SIMEI?": ("+SIMEI: {imei}",)},
        "ublox": {**_BARE, **_ICCID},
        "neoway": {"AT+CGSN": ("+CGSN: {imei}",), **_ICCID},
        "nordic": {"AT+CGSN=1": ('+CGSN: "{imei}"',), "AT+CGSN": ("{imei}",)},
        "bc26": {"AT+CGSN=1": ("+CGSN:{imei}",), "AT+CGSN": ("4c6f72656d2d6970-{serial}",)},
        "fibocom": {"AT+GSN?": ('+GSN: "{imei}"',), "AT+GSN": ('+GSN: "{imei}"',)},
        "mediatek": dict(_EGMR),
        "tencent": {
            "AT+TCMODULE": (
                "Module HW name: BENCH-CELLULAR",
                "Module FW version: BENCH_AT_v1.0.0",
                "Module IMEI: {imei}",
                "Module FW compiled time: 20240101_000000",
                "Module Flash size:4MB",
            )
        },
        "tencent-wifi": {
            "AT+TCMODULE": (
                "Module HW name: BENCH-WIFI",
                "Module FW version: BENCH_AT_WiFi_v1.0.0",
                "Module Mac addr: {mac}",
                "Module FW compiled time: Jan  1 2024 00:00:00",
                "Module Flash size: 2MB",
            )
        },
    }
)
"""Kind → command → answer. Prefixes, quotes and blanks differ from vendor to vendor."""

ICCID = "89860318740000123456"
START_LINES = ("RDY", "+CFUN: 1", "+CPIN: READY", "+QUSIM: 1", "SMS Ready")
UNSOLICITED = ("+CREG: 1", "+CPIN: READY", f"+QCCID: {ICCID}")


class SimModem:
    """One simulated modem on a line of its own. Same calls as `chip.SimChip`."""

    def __init__(self, spec: ModemSpec, now: float = 0.0, product_file: Path | None = None) -> None:
        """`product_file` keeps the product information of an AT firmware; None = in memory."""
        self.spec = spec
        self.connected = True
        self.commands: list[str] = []
        """Every command it was sent, readable ones only."""
        self.product = ProductMemory(spec.product, product_file)
        self.prints: Callable[[], Iterable[bytes]] = tuple
        """Lines that come with every answer."""
        self._host_baud = spec.baud
        self._readings = 0
        self._line = b""
        self._awake_at = 0.0
        self._out: deque[tuple[float, bytes]] = deque()
        self.plug(now)

    def plug(self, now: float, download: bool = False) -> None:  # noqa: ARG002
        """Give power (again): it starts."""
        self.unplug(now)
        self.connected = True
        self._awake_at = now + self.spec.boot_s
        if self.spec.noise and not self.spec.silent:
            self._print(self._awake_at, *START_LINES)

    def unplug(self, now: float) -> None:  # noqa: ARG002
        """Cut the power: pending output is lost, stored product information is kept."""
        self.connected = False
        self._line = b""
        self._out.clear()

    def close(self) -> None:
        """A modem keeps no files."""

    def receive(self, data: bytes, now: float) -> None:
        """The host writes bytes at `now`."""
        deaf = self.spec.silent or now < self._awake_at or not self.connected
        if deaf or self._host_baud != self.spec.baud:
            return
        if self.spec.echo:
            self._out.append((now, data))
        *commands, self._line = (self._line + data).replace(b"\n", b"").split(b"\r")
        for command in commands:
            self._answer(command.decode("ascii", "replace"), now)

    def set_lines(self, dtr: bool, rts: bool, now: float) -> None:
        """A modem takes no notice of DTR and RTS."""

    @property
    def baud(self) -> int:
        """The rate it runs at, in bits per second."""
        return self.spec.baud

    def set_host_baud(self, baud: int, now: float) -> None:  # noqa: ARG002
        """The host's end of the line now runs at `baud` bits per second."""
        self._host_baud = baud

    def take(self, now: float) -> bytes:
        """Everything that has reached the host by `now`."""
        data = b""
        while self._out and self._out[0][0] <= now:
            data += self._out.popleft()[1]
        if self._host_baud != self.spec.baud:
            return bytes(byte ^ 0xD5 | 0x80 for byte in data)
        return data

    def due(self) -> float | None:
        """When `take` has something to give next."""
        return self._out[0][0] if self._out else None

    def _answer(self, command: str, now: float) -> None:
        if not command:
            return
        self.commands.append(command)
        reply = self._reply(command)
        at = now + self.spec.late_s
        between = UNSOLICITED if self.spec.noise else ()
        result = () if self.spec.no_ok and command != "AT" else (reply.result,)
        before = (*between, *self.prints())
        self._print(at, *before, *reply.lines, *between[::-1], *result, *reply.after)

    def _reply(self, command: str) -> AtReply:
        if command in ("AT", "ATE0", "ATE1"):
            return AtReply()
        if self.spec.kind.startswith("tencent") and (reply := self.product.reply(command)):
            return reply
        lines = KINDS[self.spec.kind].get(command)
        if lines is None:
            return AtReply(result="ERROR")
        if self.spec.cme is not None:
            return AtReply(result=f"+CME ERROR: {self.spec.cme}")
        return AtReply(self._filled(lines))

    def _filled(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        spec = self.spec
        imei = spec.next_imei if spec.next_imei and self._readings else spec.imei
        self._readings += 1
        imeis = (imei, spec.two_imeis) if spec.two_imeis else (imei,)
        return tuple(
            line.format(imei=imei, serial=spec.serial, mac=spec.mac, iccid=ICCID)
            for imei in imeis
            for line in lines
        )

    def _print(self, at: float, *lines: str | bytes) -> None:
        blank = b"\r\n" if self.spec.noise else b""
        for line in lines:
            text = line if isinstance(line, bytes) else line.encode()
            self._out.append((at, blank + b"\r\n" + text + b"\r\n"))
