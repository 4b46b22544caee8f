"""The nouns every layer shares: silicon, segments, attempts, records, events. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from hashlib import md5, sha256
from typing import Any, Self

from burner.core.code import Code


class Outcome(StrEnum):
    """How an attempt ended. FAIL: the unit is bad. ERROR: the station is bad."""

    PASS = "PASS"  # noqa: S105 - an outcome, not a password
    FAIL = "FAIL"
    ERROR = "ERROR"
    ABORTED = "ABORTED"
    OPEN = "OPEN"
    """An intent without an outcome: something died in between."""


class Step(StrEnum):
    """The way of a unit, in its order."""

    IDENTIFY = "identify"
    NAME = "name"
    PAYLOAD = "payload"
    CLAIM = "claim"
    WRITE = "write"
    VERIFY = "verify"
    RESET = "reset"
    PROVE = "prove"
    RECORD = "record"


class RegionClass(StrEnum):
    """What may happen to a region after the burn."""

    FROZEN = "frozen"
    """Stays as burned."""
    MUTABLE = "mutable"
    """The firmware changes it on first boot (nvs, otadata, phy)."""
    BLANK = "blank"
    """Written as 0xFF on purpose, so that nothing old survives."""


@dataclass(frozen=True)
class Region:
    """A stretch of flash and what it holds, without the bytes. Offset and size in bytes."""

    name: str
    offset: int
    size: int
    sha256: str
    md5: str
    kind: RegionClass = RegionClass.FROZEN

    @property
    def end(self) -> int:
        """Offset of the first byte behind it."""
        return self.offset + self.size


@dataclass(frozen=True)
class Segment:
    """Bytes for a place in flash. `confidential` bytes hold the product secret."""

    name: str
    offset: int
    data: bytes = field(repr=False)
    kind: RegionClass = RegionClass.FROZEN
    confidential: bool = False

    @property
    def end(self) -> int:
        """Offset of the first byte behind it."""
        return self.offset + len(self.data)

    def holds(self, other: Self) -> bool:
        """Whether the other's bytes are among these, at the same place."""
        start = other.offset - self.offset
        inside = start >= 0 and other.end <= self.end
        return inside and self.data.startswith(other.data, start)

    def region(self) -> Region:
        """The same place with digests for bytes: made once, 2 ms a megabyte."""
        return self._region

    @cached_property
    def _region(self) -> Region:
        return Region(
            name=self.name,
            offset=self.offset,
            size=len(self.data),
            sha256=sha256(self.data).hexdigest(),
            md5=md5(self.data, usedforsecurity=False).hexdigest(),
            kind=self.kind,
        )


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
    """What the chip says of its own protection."""

    secure_boot: bool = False
    flash_encryption: bool = False
    secure_download: bool = False


@dataclass(frozen=True)
class Silicon:
    """What identify reads from the part before anything is written."""

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
        """Whether the second fingerprints prove two parts, whatever their MACs say."""
        known = self.fingerprint and other.fingerprint
        return bool(known) and self.fingerprint != other.fingerprint


@dataclass(frozen=True)
class Attempt:
    """One try on one unit. Grows by `dataclasses.replace` as more of the unit is known."""

    id: str
    station: str
    slot: str
    operator: str
    batch: str
    profile: str
    """Name and version: `plug-c3 1.2.0`."""
    release_digest: str
    product_id: str
    started: datetime
    versions: Mapping[str, str]
    """burner, esptool, stub, python, adapter, … whatever made this attempt what it is."""
    silicon: Silicon | None = None
    device_name: str = ""
    """Empty until bound."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Every ID read from the unit, by source: `mac`, `imei`, `label`, `serial`."""
    regions: tuple[Region, ...] = ()
    rework: str = ""
    """The reason given for burning a known unit again."""
    try_number: int = 1
    key: str = ""
    """Keyed fingerprint of the product secret that the unit gets."""

    @property
    def chip(self) -> str:
        """esptool's name of the part; empty until identified."""
        return self.silicon.chip if self.silicon else ""

    @property
    def unit_id(self) -> str:
        """The base MAC; empty until identified."""
        return self.silicon.unit_id if self.silicon else ""


def warnings_in(evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """Codes of what was seen that does not judge the unit, and that somebody must know."""
    codes = evidence.get("warnings")
    return tuple(map(str, codes)) if isinstance(codes, list | tuple) else ()


@dataclass(frozen=True)
class Result:
    """How an attempt ended, before the manifest gives it a place in the chain."""

    outcome: Outcome
    step: Step
    ended: datetime
    seconds: float
    code: str = ""
    detail: str = ""
    written: bool = False
    """Whether any of the flash may have been erased or written."""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds by step."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What was seen: baud, name and ProductID the firmware printed, key fingerprint, …"""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of the evidence."""
        return warnings_in(self.evidence)


@dataclass(frozen=True)
class Record:
    """An attempt and its end as the manifest holds them. `seq` counts in the log."""

    seq: int
    attempt: Attempt
    result: Result


@dataclass(frozen=True)
class StepStarted:
    """Event: a slot goes on to the next step."""

    slot: str
    step: Step


@dataclass(frozen=True)
class Progress:
    """Event: bytes of a step done so far, of how many (compressed bytes while writing)."""

    slot: str
    step: Step
    done: int
    total: int


@dataclass(frozen=True)
class Bound:
    """Event: the unit in a slot is known, and by which name."""

    slot: str
    unit_id: str
    device_name: str


@dataclass(frozen=True)
class Note:
    """Event: the unit is tried again, because of `code`."""

    slot: str
    code: str
    number: int
    """Of the try that begins."""
    baud: int = 0
    """Bits per second that it steps down to; 0 = as before."""


@dataclass(frozen=True)
class Waiting:
    """Event: the unit waits, untouched: for the manifest, or for the right label.

    With an empty code: that is there, and the unit goes on.
    """

    slot: str
    code: str = ""
    detail: str = ""


@dataclass(frozen=True)
class NotBegun:
    """Event: the last of an attempt whose unit left, or whose station stopped, before the label
    was scanned. Nothing was done to the unit; nothing is on record.
    """

    slot: str
    unit_id: str = ""


@dataclass(frozen=True)
class Finished:
    """Event: always the last of an attempt that is on record; of a `known` unit, of its PASS."""

    slot: str
    record: Record
    known: bool = False
    other_batch: bool = False
    """Known, and a unit of another batch than the one that is burned."""

    @property
    def code(self) -> str:
        """Why this board is no good unit of the batch; empty for one that is."""
        return Code.PASSED_IN_OTHER_BATCH if self.other_batch else self.record.result.code

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of this attempt."""
        return () if self.known else self.record.result.warnings


Event = StepStarted | Progress | Bound | Note | Waiting | NotBegun | Finished
