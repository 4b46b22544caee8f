"""Whether an ID may become a name: checks on MAC, IMEI, serial number and label. Pure."""

import re
from collections.abc import Mapping, Sequence

from burner.core import patterns
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.model import Silicon
from burner.core.secret_search import broken_where_removed
from burner.core.visible_text import quoted
from burner.identity.settings import IdentitySettings, SerialSettings

KNOWN_DEFAULTS: tuple[tuple[str, str, str], ...] = (
    ("00:00:00:00:00:01", "00:00:00:00:00:ff", "counted up from zero"),
    ("00:01:02:03:04:05", "00:01:02:03:04:05", "counted up"),
    ("00:11:22:33:44:55", "00:11:22:33:44:55", "from sample code"),
    ("18:fe:34:00:00:00", "18:fe:34:00:00:00", "ESP8266 with an empty eFuse"),
    ("18:fe:34:6a:85:c7", "18:fe:34:6a:85:f8", "kept by Espressif for its own boards"),
    ("24:0a:c4:00:01:10", "24:0a:c4:00:01:10", "development tool: the Wokwi simulator"),
    ("24:0a:c4:80:33:5f", "24:0a:c4:80:33:5f", "development tool: esptool's mock chips"),
    ("aa:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee:ff", "from sample code"),
    ("de:ad:be:ef:00:00", "de:ad:be:ef:ff:ff", "from sample code"),
)
"""Addresses that many boards share: first, last, where they come from."""

IEEE802154 = frozenset({"esp32c5", "esp32c6", "esp32h2", "esp32h21", "esp32h4"})
"""Chips whose tools print an EUI-64 as well, which gets taken for the MAC."""

SHORTEST_LABEL_PART = 4
"""Characters of an address that must stand on a label before its agreement means anything."""


def check_silicon(silicon: Silicon, settings: IdentitySettings) -> None:
    """Let a base MAC pass, or say why it cannot name a unit.

    Raises:
        BurnerError: E410 zero, E411 all FF, E414 on the deny list, E417 an EUI-64 cut
            short, E412 multicast, E413 locally administered, E415 eFuse CRC wrong, E416 vendor.
    """
    octets, text = silicon.mac.octets, str(silicon.mac)
    if not any(octets):
        raise BurnerError(Code.MAC_ZERO, text)
    if octets == b"\xff" * 6:
        raise BurnerError(Code.MAC_ALL_FF, text)
    if text in settings.allow:
        return
    denied = [entry for entry in KNOWN_DEFAULTS if entry[0] <= text <= entry[1]]
    prefixes = settings.vendor_prefixes
    faults = {
        Code.MAC_DENIED: bool(denied),
        Code.MAC_CUT_FROM_EUI64: _is_cut_eui64(silicon),
        Code.MAC_GROUP_ADDRESS: bool(octets[0] & 0x01),
        Code.MAC_LOCAL: bool(octets[0] & 0x02),
        Code.MAC_CHECKSUM_WRONG: silicon.mac_crc_ok is False,
        Code.MAC_OF_OTHER_VENDOR: bool(prefixes) and not octets.hex().startswith(prefixes),
    }
    for code, found in faults.items():
        if found:
            raise BurnerError(code, "".join((text, *map(_named, denied))))


def _named(denied: tuple[str, str, str]) -> str:
    """Which entry of the deny list it is, for the detail of an error."""
    first, last, origin = denied
    span = first if first == last else f"{first} to {last}"
    return f": deny list {span} ({origin})"


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
        raise BurnerError(Code.IMEI_ZERO, imei[:20])
    if re.fullmatch("[0-9]{16}", imei):
        raise BurnerError(Code.IMEISV_INSTEAD_OF_IMEI, imei)
    if not re.fullmatch("[0-9]{15}", imei):
        raise BurnerError(Code.IMEI_LENGTH_WRONG, repr(imei[:40]))
    if len(set(imei)) == 1:
        raise BurnerError(Code.IMEI_DIGIT_REPEATED, imei)
    if not luhn_ok(imei):
        raise BurnerError(Code.IMEI_CHECK_DIGIT_WRONG, imei)
    if tac and imei[:8] not in tac:
        raise BurnerError(
            Code.IMEI_OF_OTHER_MODEM, f"{imei[:8]} of {imei}, the profile has {', '.join(tac)}"
        )


def check_serial(serial: str, settings: SerialSettings) -> None:
    """Let a serial number pass, or say why it cannot name a unit.

    Raises:
        BurnerError: E430.
    """
    if not patterns.fullmatch(settings.pattern, serial):
        raise BurnerError(Code.SERIAL_MALFORMED, repr(serial[:60]))


def find_serial(lines: Sequence[str], settings: SerialSettings) -> str:
    """The serial number among the lines a booted unit printed, checked.

    Raises:
        BurnerError: E431 no line holds one, E432 two lines disagree, E430.
    """
    line = settings.line or ""
    texts = map(broken_where_removed, lines)
    matches = [match for text in texts if (match := patterns.search(line, text))] if line else []
    found = {match[1] or "" for match in matches}
    if not found:
        raise BurnerError(Code.SERIAL_NOT_PRINTED, line)
    if len(found) > 1:
        raise BurnerError(Code.TWO_SERIALS_PRINTED, ", ".join(sorted(found)))
    serial = found.pop()
    check_serial(serial, settings)
    return serial


def read_label(text: str, settings: IdentitySettings) -> dict[str, str]:
    """The IDs that a scanned label says: `label`, and `serial` where it is the source.

    Raises:
        BurnerError: E442 nothing scanned, E440 the text or its serial number has another form.
    """
    text = text.strip()
    if not text:
        raise BurnerError(Code.LABEL_MISSING)
    match = _match(text, settings)
    ids = {"label": text}
    if settings.serial and settings.serial.source == "label":
        serial = match.groupdict().get("serial") or text
        if not patterns.fullmatch(settings.serial.pattern, serial):
            raise BurnerError(Code.LABEL_MALFORMED, quoted(serial[:60]))
        ids["serial"] = serial
    return ids


def check_label(text: str, settings: IdentitySettings, ids: Mapping[str, str]) -> None:
    """A label must agree with what was read from the unit, as far as it was read by now.

    Raises:
        BurnerError: E440 the text has another form, E441 an ID on it is not the unit's.
    """
    for source, printed in _match(text.strip(), settings).groupdict().items():
        if printed and source in ids and not _agrees(source, printed, ids[source]):
            raise BurnerError(Code.LABEL_OF_OTHER_UNIT, f"{source}: {printed} ≠ {ids[source]}")


def names_unit(text: str, settings: IdentitySettings, ids: Mapping[str, str]) -> bool | None:
    """Whether a label names the unit with these IDs; None where nothing on it can be compared.

    Raises:
        BurnerError: E440 the text has another form.
    """
    printed = _match(text.strip(), settings).groupdict() if settings.label else {}
    compared = [_agrees(s, p, ids[s]) for s, p in printed.items() if p and s in ids]
    return all(compared) if compared else None


def says_compared_id(text: str, settings: IdentitySettings) -> bool:
    """Whether a label says an ID that is also read from its unit, at once or after the boot.

    Raises:
        BurnerError: E440 the text has another form.
    """
    printed = _match(text.strip(), settings).groupdict() if settings.label else {}
    return any(printed.get(source) for source in settings.compared_groups)


def _match(text: str, settings: IdentitySettings) -> patterns.Match:
    said = broken_where_removed(text)
    match = patterns.fullmatch(settings.label.pattern, said) if settings.label else None
    if not match:
        raise BurnerError(Code.LABEL_MALFORMED, quoted(text[:80]))
    return match


def _agrees(source: str, printed: str, read: str) -> bool:
    if source == "serial":
        return printed == read
    printed, read = (re.sub("[:. -]", "", text).lower() for text in (printed, read))
    return len(printed) >= SHORTEST_LABEL_PART and read.endswith(printed)
