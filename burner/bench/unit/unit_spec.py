"""The data of a simulated unit: chip, MAC, flash, speed, firmware, faults. Data only."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Self

from burner.bench.unit.modem_spec import ModemSpec
from burner.core.segments import Region
from burner.core.silicon import Mac
from burner.identity.naming import NameSettings
from burner.identity.settings import SerialSettings

MB = 1 << 20
USUAL_BAUD = 115200


class FaultKind(StrEnum):
    """What can be wrong with a unit, or with the line to it."""

    DEAD = "dead"
    """Nothing ever answers: no power, or TX not connected."""
    WRONG_CHIP = "wrong-chip"
    """The part is `chip` instead."""
    FLASH_SIZE = "flash-size"
    """The flash holds `size` bytes instead."""
    UNPLUG = "unplug"
    """Power and port are gone at `at_byte` or `step`; back after `seconds` if only `once`."""
    PORT_GONE = "port-gone"
    """As `unplug`, but the unit keeps its power: only the port vanishes."""
    HANG = "hang"
    """At `at_byte` or `step` the chip falls silent until it is reset."""
    BROWN_OUT = "brown-out"
    """At `at_byte` or `step` the chip reboots by itself, out of download mode."""
    STUCK_SECTOR = "stuck-sector"
    """The 4 KB sector at `address` can neither be erased nor programmed."""
    BIT_FLIP = "bit-flip"
    """One bit of the byte at `address` turns over whenever that byte is programmed."""
    WRONG_MD5 = "wrong-md5"
    """The chip reports a wrong digest although the flash is right."""
    GARBLE = "garble"
    """Above `baud` bits per second every byte is noise, both ways."""
    NOISE = "noise"
    """Above `baud` one byte in every `every` from the host arrives broken."""
    SLOW_ERASE = "slow-erase"
    """Erasing takes `factor` times as long as usual."""
    BLANK_MAC = "blank-mac"
    """The eFuses hold no MAC: all zero."""
    SAME_MAC = "same-mac"
    """The eFuses hold another unit's MAC, given as `mac`."""
    MAC_CRC = "mac-crc"
    """ESP32: the eFuse CRC does not fit the MAC."""
    ENCRYPTED = "encrypted"
    """Flash encryption is on already."""
    SECURE_BOOT = "secure-boot"
    """Secure boot is on already."""
    SECURE_DOWNLOAD = "secure-download"
    """Secure download mode: no stub, no register reads, no read-back. From the ESP32-S2 on."""
    NO_DOWNLOAD = "no-download"
    """Download mode is switched off by eFuse. An ESP32 says so and stops, later chips start from
    flash although IO0 is low."""
    NO_SECURITY_INFO = "no-security-info"
    """The ROM refuses GET_SECURITY_INFO, by which the chips after the ESP32-S2 are known."""
    LATE_RESET = "late-reset"
    """The reset button sticks: the chip leaves reset `seconds` after EN is released."""
    NO_RESET = "no-reset"
    """The reset lines are not connected; the chip stays in what mode it was powered up in."""
    PRINTS_SECRET = "prints-secret"  # noqa: S105 - a fault, not a password
    """The firmware prints its product secret, in `form` or in every form there is
    (`bench.firmware.secret_forms`): at each start, and in each answer of its modem or AT firmware.
    With a `step` it does so when the chip begins that step, in download mode too.
    """
    STALE_KEY = "stale-key"
    """When the chip starts from flash, its NVS holds another secret than was burned, or with
    `product_id` that ProductID."""


class FaultStep(StrEnum):
    """The moments a fault can be tied to. Each is the chip handling its first such command."""

    SYNC = "sync"
    STUB = "stub"
    BAUD = "baud"
    ERASE = "erase"
    WRITE = "write"
    MD5 = "md5"
    READ = "read"
    BOOT = "boot"


@dataclass(frozen=True)
class SimFault:
    """One fault. Which fields count is described at each kind of FaultKind."""

    kind: FaultKind
    at_byte: int = 0
    """Bytes the chip got since it was reset into download mode; 0 = not tied to a byte."""
    step: FaultStep | None = None
    address: int | None = None
    """Place in the flash; None = where the first write lands."""
    size: int = 16 * MB
    chip: str = "esp32"
    mac: Mac | None = None
    baud: int = 0
    """Bits per second; the fault shows at any rate above this."""
    every: int = 100_000
    factor: float = 10.0
    seconds: float = 0.3
    once: bool = False
    """It happens one time only; the next try of the same unit does not meet it."""
    form: str = ""
    """One of `bench.firmware.secret_forms.FORMS`; empty = all of them."""
    product_id: str = ""


@dataclass(frozen=True)
class Timing:
    """How long operations take. All zero: no time passes.

    The flash figures are typical ones of a W25Q32JV datasheet.
    """

    uart: bool = False
    """Bytes take their time on the wire, at the baud in force."""
    usb_bytes_per_s: int = 0
    """Native USB: this throughput, and a baud rate means nothing. 0 = a UART bridge."""
    baud_limit: int = 0
    """The line moves bytes no faster than this, whatever the host sets; 0 = no limit."""
    latency_s: float = 0.0
    """One way through the USB bridge, for what the chip sends."""
    sector_erase_s: float = 0.0
    block_erase_s: float = 0.0
    """64 KB at once."""
    chip_erase_s: float = 0.0
    page_program_s: float = 0.0
    """256 bytes."""
    md5_s_per_mb: float = 0.0
    boot_s: float = 0.0
    """From the release of EN to the first line of the application."""

    def byte_s(self, baud: int) -> float:
        """Seconds a byte needs on the wire at a rate in bits per second."""
        if self.usb_bytes_per_s:
            return 1 / self.usb_bytes_per_s
        if not self.uart:
            return 0.0
        return 10 / (min(baud, self.baud_limit) if self.baud_limit else baud)


TIME_OFF = Timing()
UART_TIME = Timing(
    uart=True,
    latency_s=0.001,
    sector_erase_s=0.045,
    block_erase_s=0.150,
    chip_erase_s=10.0,
    page_program_s=0.0004,
    md5_s_per_mb=0.2,
    boot_s=0.3,
)
"""A part on a USB-UART bridge. A measured ESP32-S3 needs 3.3 s for the MD5 of a megabyte."""
USB_TIME = replace(UART_TIME, uart=False, usb_bytes_per_s=600_000)
"""A part on its own USB-Serial/JTAG port."""


@dataclass(frozen=True)
class TextPlace:
    """The place of a text of the key in a firmware that does not keep it in NVS."""

    value: str
    """`product_id`, `product_secret` or `device_name`."""
    partition: str
    offset: int
    """Bytes from the start of the partition."""
    size: int
    """Bytes of the array; the text ends at its NUL."""


@dataclass(frozen=True)
class ConsoleAnswer:
    """What a firmware prints when it hears a line."""

    hears: str
    """Without the end of the line."""
    says: str
    r"""Lines with `\n` between them."""


@dataclass(frozen=True)
class TestFirmware:
    """The test firmware of a product's route."""

    images: tuple[Region, ...]
    """By which it is known in the flash."""
    lines: tuple[str, ...]
    """Printed after its start."""
    answers: tuple[ConsoleAnswer, ...]


@dataclass(frozen=True)
class FirmwareBehaviour:
    """How the firmware behaves, where the content of the flash does not decide it."""

    device_name: str = ""
    """The name it gives itself when the configuration holds none: `{MAC}` upper-case hex without
    separators, `{mac}` in lower case, `{softap}`, `{bluetooth}`, … of an interface. Empty = by
    the rule `name`."""
    name: NameSettings = field(default_factory=NameSettings)
    """The rule of its product."""
    serial: SerialSettings | None = None
    """Where its product's serial number comes from."""
    texts: tuple[TextPlace, ...] = ()
    """A struct in a partition, or arrays in the application image; empty = looks in NVS and files.
    """
    lines: tuple[str, ...] = ()
    """Printed after the start: `IMEI=…`, `SN=…`."""
    answers: tuple[ConsoleAnswer, ...] = ()
    """In the dialogues of its product's tests."""
    test_firmware: TestFirmware | None = None
    """What runs in its place while the flash holds that."""
    prints: bool = True
    """False: the application says nothing at all."""
    baud: int = 115200
    rollback: bool = False
    """Its bootloader starts an update once, and then the application before it, unless the update
    confirms itself, which none of the bench does."""
    challenge: bool = False
    """It answers the station's challenge."""
    own_challenge: bool = False
    """The bench says of `challenge` something else than the profile."""
    registered: bool = False
    """It has registered with the cloud: it answers no challenge any more."""
    executed: bool = True
    """False: the model speaks, even where the program in the flash could run."""
    moves_key: bool = False
    """At its first start it stores its key in `nvs` and erases the partition where it was burned.
    """


@dataclass(frozen=True)
class UnitSpec:
    """One simulated unit."""

    chip: str = "esp32c3"
    """esptool's name in one word."""
    mac: Mac = field(default=Mac(bytes.fromhex("58cf79000100")))
    """Base MAC in the eFuses."""
    flash_size: int = 4 * MB
    """Bytes, a power of two."""
    flash_file: Path | None = None
    """Keeps the flash between runs; None = in memory, blank at the start."""
    flash_vendor: int = 0xEF
    """JEDEC manufacturer id; 0xEF is Winbond."""
    revision: tuple[int, int] | None = None
    """Chip revision (major, minor); None = a usual one."""
    timing: Timing = TIME_OFF
    firmware: FirmwareBehaviour = FirmwareBehaviour()
    faults: tuple[SimFault, ...] = ()
    modem: ModemSpec | None = field(default=None, kw_only=True)
    """A cellular unit's modem, on a port of its own or behind the chip."""
    serial: str = field(default="", kw_only=True)
    """Tells apart units with one MAC: seeds the flash unique id. Empty = from the MAC."""

    def fault(self, kind: FaultKind) -> SimFault | None:
        """The first fault of a kind, if the unit has one."""
        return next((f for f in self.faults if f.kind is kind), None)

    def has(self, kind: FaultKind) -> bool:
        """Whether the unit has a fault of this kind."""
        return self.fault(kind) is not None

    def as_built(self) -> Self:
        """The unit as its silicon is: faults of identity (chip, size, MAC) are applied."""
        changes: dict[str, object] = {"serial": self.serial or str(self.mac)}
        if wrong := self.fault(FaultKind.WRONG_CHIP):
            changes["chip"] = wrong.chip
        if other := self.fault(FaultKind.FLASH_SIZE):
            changes["flash_size"] = other.size
        if self.has(FaultKind.BLANK_MAC):
            changes["mac"] = Mac(bytes(6))
        if (same := self.fault(FaultKind.SAME_MAC)) and same.mac:
            changes["mac"] = same.mac
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def product_file(self) -> Path | None:
        """The file beside the flash that keeps what an AT firmware was told, between runs."""
        return self.flash_file.with_suffix(".product") if self.flash_file else None

    @property
    def flash_unique_id(self) -> bytes:
        """The 8 bytes with which the flash answers command 0x4B."""
        return sha256(f"flash {self.serial or self.mac}".encode()).digest()[:8]


VENDOR_PREFIXES = {
    "esp8266": "5ccf7f",
    "esp32": "240ac4",
    "esp32s2": "7cdfa1",
    "esp32s3": "348518",
    "esp32c3": "58cf79",
    "esp32c2": "083af2",
    "esp32c6": "404cca",
    "esp32c5": "d0cf13",
    "esp32c61": "3c8427",
    "esp32h2": "6055f9",
    "esp32h21": "744dbd",
    "esp32h4": "9c9e6e",
    "esp32p4": "e8f60a",
    "esp32s31": "b43a45",
    "esp32e22": "dc0675",
}
"""Prefixes that the IEEE registered for Espressif, one a chip, so that a table reads well."""


def mac_for(seed: int, number: int, chip: str = "esp32c3") -> Mac:
    """The base MAC of unit `number` of a bench: same seed, same addresses, no two alike.

    Units are four addresses apart, as real ones are (station, soft-AP, Bluetooth, Ethernet).
    """
    start = int.from_bytes(sha256(f"bench {seed} {chip}".encode()).digest()[:3], "big")
    low = (start + 4 * number) & 0xFFFFFC
    return Mac(bytes.fromhex(VENDOR_PREFIXES[chip]) + low.to_bytes(3, "big"))
