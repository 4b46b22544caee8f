"""Whether an ID may become a name: checks on MAC, IMEI, serial number and label. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from burner.boot import Capture, Regex
from burner.errors import BurnerError, Finding
from burner.model import Mac, Silicon
from burner.modem_dialects import IMEI_DIALECTS, ImeiCommand
from burner.naming import MAC_SOURCES, SOURCES, NameSettings, required_sources
from burner.schema import Strict

KNOWN_DEFAULTS: tuple[tuple[str, str, str], ...] = (
    ("00:00:00:00:00:01", "00:00:00:00:00:ff", "counted up from zero"),
    ("00:01:02:03:04:05", "00:01:02:03:04:05", "counted up"),
    ("00:11:22:33:44:55", "00:11:22:33:44:55", "from sample code"),
    ("18:fe:34:00:00:00", "18:fe:34:00:00:00", "ESP8266 with an empty eFuse"),
    ("18:fe:34:6a:85:c7", "18:fe:34:6a:85:f8", "kept by Espressif for its own boards"),
    ("24:0a:c4:00:01:10", "24:0a:c4:00:01:10", "the Wokwi simulator"),
    ("24:0a:c4:80:33:5f", "24:0a:c4:80:33:5f", "esptool's mock chips"),
    ("aa:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee:ff", "from sample code"),
    ("de:ad:be:ef:00:00", "de:ad:be:ef:ff:ff", "from sample code"),
)
"""Addresses that many boards share: first, last, where they come from."""

IEEE802154 = frozenset({"esp32c5", "esp32c6", "esp32h2", "esp32h21", "esp32h4"})
"""Chips whose tools print an EUI-64 as well, which gets taken for the MAC."""

SHORTEST_LABEL_PART = 4
"""Characters of an address that must stand on a label before its agreement means anything."""


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


Prefix = Annotated[str, AfterValidator(_prefix)]
Address = Annotated[str, AfterValidator(_mac)]
Tac = Annotated[str, Field(pattern=r"^[0-9]{8}$")]
Baud = Annotated[int, Field(ge=300, le=4_000_000)]
Seconds = Annotated[float, Field(gt=0, le=300)]


class ModemSettings(Strict):
    """Where a modem is and how to talk to it."""

    port: Literal["modem", "esp"] = "modem"
    """A port of its own in the slot, or the unit's own behind pass-through firmware."""
    when: Literal["before", "after"] = "before"
    """The modem is read before the write, or after the unit has booted what was written."""
    bauds: Annotated[tuple[Baud, ...], Field(min_length=1)] = (115200, 9600, 57600, 921600)
    """Tried in order until the modem answers."""
    answer_s: Seconds = 3.0
    """How long one answer may take."""
    settle_s: Seconds = 0.3
    """The line must have been silent this long before an ID is read."""
    timeout_s: Seconds = 20.0
    """Deadline of the whole dialogue; a modem may need long to start."""

    @model_validator(mode="after")
    def _behind_firmware_comes_after(self) -> Self:
        if self.port == "esp" and self.when == "before":
            raise ValueError("a modem behind the ESP is reached after the boot: when: after")
        return self


class ImeiSettings(ModemSettings):
    """How a product's IMEI is read and which ones are its own."""

    commands: Annotated[tuple[ImeiCommand, ...], Field(min_length=1)] = tuple(IMEI_DIALECTS)
    """Tried in order until one gives an IMEI."""
    tac: tuple[Tac, ...] = ()
    """Type allocation codes of the product's modems; none given = any."""


class SerialSettings(Strict):
    """Where a product's serial number comes from and what it looks like."""

    source: Literal["label", "firmware", "modem"] = "label"
    pattern: Regex = r"[A-Za-z0-9_-]{1,48}"
    """The whole serial number."""
    line: Capture | None = None
    """For `firmware`: the line it prints; the group is the serial number."""
    modem: ModemSettings = ModemSettings()
    """For `modem`."""

    @model_validator(mode="after")
    def _line_is_given(self) -> Self:
        if (self.source == "firmware") != (self.line is not None):
            raise ValueError("line belongs to source: firmware, and only there")
        return self


class LabelSettings(Strict):
    """What a unit's label says. Named groups are IDs that must agree with what is read.

    `SN:(?P<serial>[0-9]{8}) MAC:(?P<mac>[0-9A-F]{6})`: the group `mac` must be the base MAC or its
    last digits. The group `serial` is the serial number where `serial.source` is `label`.
    """

    pattern: Regex

    @model_validator(mode="after")
    def _groups_are_ids(self) -> Self:
        unknown = set(self.groups) - set(SOURCES) | set(self.groups) & {"label"}
        if unknown:
            raise ValueError(f"groups may be named {', '.join(SOURCES[:-1])}")
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """The IDs that stand on the label."""
        return tuple(re.compile(self.pattern).groupindex)


class IdentitySettings(Strict):
    """What a product demands of its units' IDs."""

    vendor_prefixes: tuple[Prefix, ...] = ()
    """Prefixes of genuine addresses; none given = any."""
    allow: tuple[Address, ...] = ()
    """Addresses let through whatever they look like (engineering samples), except 00… and FF…."""
    imei: ImeiSettings | None = None
    serial: SerialSettings | None = None
    label: LabelSettings | None = None

    @property
    def needs_label(self) -> bool:
        """Whether a label must be scanned for every unit."""
        return bool(self.label or (self.serial and self.serial.source == "label"))


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
    """Whether the name can be bound before the first erase."""
    return not required_sources(name) & sources_after_boot(identity)


def check_sources(
    name: NameSettings, identity: IdentitySettings, place: Callable[..., str]
) -> list[Finding]:
    """What is needed and not read, or scanned and not used; `place` is a profile's."""
    needs = dict.fromkeys(required_sources(name), "name.template")
    if identity.label:
        needs |= dict.fromkeys(identity.label.groups, "identity.label.pattern")
    if identity.serial and identity.serial.source == "label":
        needs["label"] = "identity.serial.source"
    have = sources(identity)
    findings = [
        Finding("E165", place(*where.split(".")), f"needs {source}", f"identity.{source}")
        for source, where in needs.items()
        if source not in have
    ]
    if identity.label and not identity.label.groups and "label" not in needs:
        at = place("identity", "label", "pattern")
        allowed = "a group such as (?P<mac>[0-9A-F]{12}), or {label} in the name"
        findings.append(Finding("E101", at, "a label that agrees with nothing", allowed))
    return findings


def check_silicon(silicon: Silicon, settings: IdentitySettings) -> None:
    """Let a base MAC pass, or say why it cannot name a unit.

    Raises:
        BurnerError: E410 zero, E411 all FF, E414 shared by many boards, E417 an EUI-64 cut
            short, E412 multicast, E413 locally administered, E415 eFuse CRC wrong, E416 vendor.
    """
    octets, text = silicon.mac.octets, str(silicon.mac)
    if not any(octets):
        raise BurnerError("E410", text)
    if octets == b"\xff" * 6:
        raise BurnerError("E411", text)
    if text in settings.allow:
        return
    shared = [origin for first, last, origin in KNOWN_DEFAULTS if first <= text <= last]
    prefixes = settings.vendor_prefixes
    faults = {
        "E414": bool(shared),
        "E417": _is_cut_eui64(silicon),
        "E412": bool(octets[0] & 0x01),
        "E413": bool(octets[0] & 0x02),
        "E415": silicon.mac_crc_ok is False,
        "E416": bool(prefixes) and not octets.hex().startswith(prefixes),
    }
    for code, found in faults.items():
        if found:
            raise BurnerError(code, ": ".join((text, *shared)))


def _is_cut_eui64(silicon: Silicon) -> bool:
    """Whether the MAC is the first six bytes of an EUI-64 (the base MAC with ff:fe inside).

    Only chips with IEEE 802.15.4 have one; elsewhere ff:fe may stand there by right.
    """
    if silicon.eui64:
        return silicon.eui64.lower().startswith(str(silicon.mac))
    return silicon.chip in IEEE802154 and silicon.mac.octets[3:5] == b"\xff\xfe"


def luhn_ok(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of those before it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def check_digit(digits: str) -> str:
    """The Luhn check digit that belongs after these digits."""
    return next(last for last in "0123456789" if luhn_ok(digits + last))


def check_imei(imei: str, tac: Sequence[str] = ()) -> None:
    """Let an IMEI pass, or say why it cannot name a unit.

    Raises:
        BurnerError: E424 zero, E425 an IMEISV (16 digits), E420 not 15 digits, E423 one digit
            repeated, E421 check digit wrong, E422 TAC not in the list.
    """
    if re.fullmatch("0+", imei):
        raise BurnerError("E424", imei[:20])
    if re.fullmatch("[0-9]{16}", imei):
        raise BurnerError("E425", imei)
    if not re.fullmatch("[0-9]{15}", imei):
        raise BurnerError("E420", repr(imei[:40]))
    if len(set(imei)) == 1:
        raise BurnerError("E423", imei)
    if not luhn_ok(imei):
        raise BurnerError("E421", imei)
    if tac and imei[:8] not in tac:
        raise BurnerError("E422", f"{imei[:8]} of {imei}, the profile has {', '.join(tac)}")


def check_serial(serial: str, settings: SerialSettings) -> None:
    """Let a serial number pass, or say why it cannot name a unit.

    Raises:
        BurnerError: E430.
    """
    if not re.fullmatch(settings.pattern, serial):
        raise BurnerError("E430", repr(serial[:60]))


def find_serial(lines: Sequence[str], settings: SerialSettings) -> str:
    """The serial number among the lines a booted unit printed, checked.

    Raises:
        BurnerError: E431 no line holds one, E432 two lines disagree, E430.
    """
    pattern = re.compile(settings.line or r"(?!)")
    found = {match[1] for line in lines if (match := pattern.search(line))}
    if not found:
        raise BurnerError("E431", settings.line or "")
    if len(found) > 1:
        raise BurnerError("E432", ", ".join(sorted(found)))
    serial = found.pop()
    check_serial(serial, settings)
    return serial


def read_label(text: str, settings: IdentitySettings) -> dict[str, str]:
    """The IDs that a scanned label says: `label`, and `serial` where it is the source.

    Raises:
        BurnerError: E442 nothing scanned, E440 the text has another form, E430.
    """
    text = text.strip()
    if not text:
        raise BurnerError("E442")
    match = _match(text, settings)
    ids = {"label": text}
    if settings.serial and settings.serial.source == "label":
        serial = match.groupdict().get("serial") or text
        check_serial(serial, settings.serial)
        ids["serial"] = serial
    return ids


def check_label(text: str, settings: IdentitySettings, ids: Mapping[str, str]) -> None:
    """A label must agree with what was read from the unit, as far as it was read by now.

    Raises:
        BurnerError: E440 the text has another form, E441 an ID on it is not the unit's.
    """
    for source, printed in _match(text.strip(), settings).groupdict().items():
        if printed and source in ids and not _agrees(source, printed, ids[source]):
            raise BurnerError("E441", f"{source}: label {printed}, unit {ids[source]}")


def _match(text: str, settings: IdentitySettings) -> re.Match[str]:
    match = re.fullmatch(settings.label.pattern, text) if settings.label else None
    if not match:
        raise BurnerError("E440", repr(text[:80]))
    return match


def _agrees(source: str, printed: str, read: str) -> bool:
    if source == "serial":
        return printed == read
    printed, read = (re.sub("[:. -]", "", text).lower() for text in (printed, read))
    return len(printed) >= SHORTEST_LABEL_PART and read.endswith(printed)
