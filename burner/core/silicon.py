"""What is read from a chip: its MAC, its model, its flash. Data only."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Mac:
    """A 48-bit address; text form is lower case with colons."""

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != 6:
            raise ValueError(f"a MAC has 6 bytes, not {len(self.octets)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `aa:bb:cc:dd:ee:ff`, with or without `:` or `-`. Raises ValueError otherwise."""
        return cls(bytes.fromhex(text.replace(":", "").replace("-", "")))

    def __str__(self) -> str:
        return self.octets.hex(":")


@dataclass(frozen=True)
class Security:
    """What the chip reports of its own protection."""

    secure_boot: bool = False
    flash_encryption: bool = False
    secure_download: bool = False


@dataclass(frozen=True)
class Silicon:
    """What `identify` reads from the chip before anything is written."""

    chip: str
    """esptool's name in one word: `esp32c3`."""
    revision: str
    """`v0.4`; empty where it cannot be read."""
    mac: Mac
    """The base MAC, never an EUI-64."""
    flash_id: int
    """JEDEC id, 24 bits: manufacturer in the low byte, capacity in the high byte."""
    flash_size: int
    """Bytes; 0 where the part does not say."""
    security: Security = Security()
    eui64: str = ""
    """8 bytes with colons on chips with IEEE 802.15.4, else empty."""
    mac_crc_ok: bool | None = None
    """eFuse CRC of the MAC where the chip has one (ESP32), else None."""
    fingerprint: str = ""
    """A second ID: flash unique ID or eFuse unique ID as hex, else empty."""

    @property
    def unit_id(self) -> str:
        """The base MAC as text."""
        return str(self.mac)

    def differs_from(self, other: Self) -> bool:
        """Whether the second fingerprints prove two different chips, whatever their MACs are."""
        known = self.fingerprint and other.fingerprint
        return bool(known) and self.fingerprint != other.fingerprint
