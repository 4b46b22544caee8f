"""What records hold of an attempt: the unit, its silicon and flash, and how it ended."""

from typing import Any

from burner.core.measurements import TestOutcome
from burner.manifest.entries.entry import Data, NonNegative, UtcTime


class SecurityFacts(Data, frozen=True, kw_only=True):
    """The security settings of the chip."""

    flash_encryption: bool
    secure_boot: bool
    secure_download: bool


class SiliconFacts(Data, frozen=True, kw_only=True):
    """What was read from the silicon."""

    chip: str
    eui64: str
    fingerprint: str
    flash_id: int
    flash_size: int
    mac: str
    mac_crc_ok: bool | None
    revision: str
    security: SecurityFacts


class RegionFacts(Data, frozen=True, kw_only=True):
    """A stretch of flash. Offset and size in bytes."""

    kind: str
    md5: str
    name: str
    offset: NonNegative
    sha256: str
    size: NonNegative


class AttemptFacts(Data, frozen=True, kw_only=True):
    """One attempt on one unit, as far as it is known."""

    device_name: str
    id: str
    ids: dict[str, str]
    key: str
    """Fingerprint of the product key."""
    operator: str
    profile: str
    regions: tuple[RegionFacts, ...]
    release_digest: str
    rework: str
    silicon: SiliconFacts | None
    slot: str
    started: UtcTime
    try_number: int
    versions: dict[str, str]


class MeasurementFacts(Data, frozen=True, kw_only=True):
    """A value, and what it was compared with. Numbers are decimal text."""

    good: bool
    high: str
    low: str
    name: str
    pattern: str
    text: str
    unit: str
    value: str


class TestTryFacts(Data, frozen=True, kw_only=True):
    """A try of a test that did not pass, after which the test was tried again."""

    code: str
    detail: str
    measurements: tuple[MeasurementFacts, ...]
    ms: NonNegative
    number: NonNegative
    outcome: TestOutcome


class TestFacts(Data, frozen=True, kw_only=True):
    """How one test of an attempt ended: its last try, which counts, and those before it."""

    code: str
    detail: str
    earlier: tuple[TestTryFacts, ...]
    """Oldest first."""
    kind: str
    measurements: tuple[MeasurementFacts, ...]
    ms: NonNegative
    name: str
    outcome: TestOutcome
    program: str
    resource: str
    tries: NonNegative
    waited_ms: NonNegative


class ResultFacts(Data, frozen=True, kw_only=True):
    """How an attempt ended."""

    code: str
    detail: str
    ended: UtcTime
    evidence: dict[str, Any]
    ms: NonNegative
    outcome: str
    """PASS, FAIL, ERROR, ABORTED."""
    step: str
    tests: tuple[TestFacts, ...] = ()
    timings_ms: dict[str, int]
    written: bool
