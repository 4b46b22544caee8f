"""What a product demands of its units' IDs: `identity` of the profile. Which IDs can be read."""

import re
from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from burner.core.baud_rates import Baud
from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.regex import Capture, Regex, compiled
from burner.core.silicon import Mac
from burner.core.yaml_schema import StrictModel
from burner.identity.interface_addresses import MAC_SOURCES
from burner.identity.modem_dialects import IMEI_DIALECTS, ImeiCommand
from burner.identity.naming import SOURCES, NameSettings, required_sources


def _prefix(text: str) -> str:
    digits = re.sub("[:-]", "", text).lower()
    if not re.fullmatch("[0-9a-f]{6,11}", digits):
        raise ValueError("a vendor prefix has 6 hex digits (or 7, 9), such as 24:6F:28")
    return digits


def _mac(text: str) -> str:
    try:
        return str(Mac.parse(text))
    except ValueError:
        raise ValueError("an address has 12 hex digits, such as 24:6F:28:01:02:03") from None


VendorPrefix = Annotated[str, AfterValidator(_prefix)]
AllowedMac = Annotated[str, AfterValidator(_mac)]
TypeAllocationCode = Annotated[str, Field(pattern=r"^[0-9]{8}$")]
ModemTimeout = Annotated[float, Field(gt=0, le=300)]


class ModemSettings(StrictModel):
    """Where a modem is and how to talk to it."""

    port: Literal["modem", "esp"] = "modem"
    """`modem`: a port of its own in the slot. `esp`: the unit's port, through its firmware."""
    when: Literal["before", "after"] = "before"
    """The modem is read before the write, or after the unit has booted what was written (always
    so with `port: esp`)."""
    bauds: Annotated[tuple[Baud, ...], Field(min_length=1)] = (115200, 9600, 57600, 921600)
    """Bits per second, tried in order until the modem answers."""
    answer_s: ModemTimeout = 3.0
    """Seconds that one answer may take."""
    settle_s: ModemTimeout = 0.3
    """Seconds for which the line must have been silent before an ID is read."""
    timeout_s: ModemTimeout = 20.0
    """Seconds for the whole dialogue; a modem may need long to start."""

    @model_validator(mode="after")
    def _behind_firmware_comes_after(self) -> Self:
        if self.port == "esp" and self.when == "before":
            raise ValueError(
                "a modem behind the ESP answers only after the boot: write when: after"
            )
        return self


class ImeiSettings(ModemSettings):
    """How a product's IMEI is read, and which IMEIs are the product's own."""

    commands: Annotated[tuple[ImeiCommand, ...], Field(min_length=1)] = tuple(IMEI_DIALECTS)
    """AT commands, tried in order until one gives an IMEI."""
    tac: tuple[TypeAllocationCode, ...] = ()
    """Type allocation codes (the first 8 digits) of the product's modems. None given: any."""


class SerialSettings(StrictModel):
    """Where a product's serial number comes from and what it looks like."""

    source: Literal["label", "firmware", "modem"] = "label"
    """Scanned from the label, printed by the booted firmware, or kept by a modem."""
    pattern: Regex = r"[A-Za-z0-9_-]{1,48}"
    """The whole serial number, as a regular expression of RE2."""
    line: Capture | None = None
    r"""For `source: firmware`: the line it prints, as a regular expression of RE2; its one group is
    the serial number: `'SN=(\w+)'`."""
    modem: ModemSettings = ModemSettings()
    """For `source: modem`: where it is and how to talk to it."""

    @model_validator(mode="after")
    def _line_is_given(self) -> Self:
        if (self.source == "firmware") != (self.line is not None):
            raise ValueError("source: firmware needs line; other sources must not have it")
        return self


class LabelSettings(StrictModel):
    """What a unit's label says. Named groups are IDs that must agree with what is read.

    `SN:(?P<serial>[0-9]{8}) MAC:(?P<mac>[0-9A-F]{6})`: the group `mac` must be the base MAC or its
    last digits. The group `serial` is the serial number where `serial.source` is `label`.
    """

    pattern: Regex
    """The whole text of the label, as a regular expression of RE2. Groups with the names of IDs,
    `(?P<mac>[0-9A-F]{12})`, must agree with what is read from the unit."""

    @model_validator(mode="after")
    def _groups_are_ids(self) -> Self:
        unknown = set(self.groups) - set(SOURCES) | set(self.groups) & {"label"}
        if unknown:
            raise ValueError(f"groups may be named {', '.join(SOURCES[:-1])}")
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """The IDs on the label."""
        return tuple(compiled(self.pattern).groupindex)


class IdentitySettings(StrictModel):
    """What a product demands of its units' IDs."""

    vendor_prefixes: tuple[VendorPrefix, ...] = ()
    """First 6 hex digits (or 7, 9) that an address may have, such as `24:6F:28`. None: any."""
    allow: tuple[AllowedMac, ...] = ()
    """Addresses that are let through without checks (engineering samples), except 00… and FF…."""
    imei: ImeiSettings | None = None
    """How the IMEI is read; `{}` for the usual way. Left out: no unit has one."""
    serial: SerialSettings | None = None
    """Where the serial number comes from. Left out: no unit has one."""
    label: LabelSettings | None = None
    """Content of the label. With it, every unit's label is scanned."""

    @property
    def needs_label(self) -> bool:
        """Whether a label must be scanned for every unit."""
        return bool(self.label or (self.serial and self.serial.source == "label"))

    @property
    def compared_groups(self) -> tuple[str, ...]:
        """The IDs on a label that are also read from the unit, before or after its boot."""
        groups = self.label.groups if self.label else ()
        read = self.serial is not None and self.serial.source != "label"
        return tuple(source for source in groups if source != "serial" or read)


def sources(settings: IdentitySettings) -> set[str]:
    """The IDs that can be read from a unit of this product."""
    optional = {"imei": settings.imei, "serial": settings.serial, "label": settings.label}
    return set(MAC_SOURCES) | {name for name, value in optional.items() if value}


def sources_after_boot(settings: IdentitySettings) -> set[str]:
    """The IDs that can be read only once the unit has booted what was written."""
    late = set()
    if settings.imei and settings.imei.when == "after":
        late.add("imei")
    serial = settings.serial
    if serial and (
        serial.source == "firmware" or (serial.source == "modem" and serial.modem.when == "after")
    ):
        late.add("serial")
    return late


def names_before_boot(name: NameSettings, identity: IdentitySettings) -> bool:
    """Whether the name can be made before the first erase."""
    return not required_sources(name) & sources_after_boot(identity)


def check_sources(
    name: NameSettings, identity: IdentitySettings, place: Callable[..., str]
) -> list[Finding]:
    """IDs that are needed and never read, or scanned and never used. `place` is a profile's."""
    needs = dict.fromkeys(required_sources(name), "name.template")
    if identity.label:
        needs |= dict.fromkeys(identity.label.groups, "identity.label.pattern")
    if identity.serial and identity.serial.source == "label":
        needs["label"] = "identity.serial.source"
    have = sources(identity)
    findings = [
        Finding(
            Code.ID_SOURCE_MISSING,
            place(*where.split(".")),
            f"needs {source}",
            f"identity.{source}",
        )
        for source, where in needs.items()
        if source not in have
    ]
    if identity.label and not identity.label.groups and "label" not in needs:
        at = place("identity", "label", "pattern")
        allowed = "a group such as (?P<mac>[0-9A-F]{12}), or {label} in the name"
        findings.append(
            Finding(Code.PROFILE_INVALID, at, "a label that is not compared with any ID", allowed)
        )
    return findings
