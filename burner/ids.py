"""Reading every ID a unit has, when each can be read: before the write, or after the boot."""

from collections.abc import Callable, Mapping, Sequence

from burner.devices import Device, Line
from burner.devices.modem import read_imei, read_serial
from burner.identity import (
    IdentitySettings,
    ModemSettings,
    check_label,
    check_silicon,
    find_serial,
    read_label,
)
from burner.model import Silicon

Question = Callable[[Line], str]


def read_before(
    device: Device, settings: IdentitySettings, silicon: Silicon, label: str
) -> dict[str, str]:
    """The IDs of silicon and label, and of a modem that can be asked before the write.

    Raises:
        BurnerError: E33x the modem, E41x to E44x an ID that cannot name a unit, or a label that
            does not agree with it.
    """
    check_silicon(silicon, settings)
    ids = {"mac": str(silicon.mac)}
    if silicon.eui64:
        ids["eui64"] = silicon.eui64
    if label or settings.label or (settings.serial and settings.serial.source == "label"):
        ids |= read_label(label, settings)
    ids |= from_modem(device, settings, "before")
    _agree(settings, ids)
    return ids


def read_after(
    device: Device, settings: IdentitySettings, lines: Sequence[str], ids: Mapping[str, str]
) -> dict[str, str]:
    """All of `ids`, and those that only the booted unit tells.

    Args:
        lines: what it printed while it booted.

    Raises:
        BurnerError: as `read_before`; E431 and E432 for the serial number in the lines.
    """
    known = {**ids, **from_modem(device, settings, "after")}
    if settings.serial and settings.serial.source == "firmware":
        known["serial"] = find_serial(lines, settings.serial)
    _agree(settings, known)
    return known


def from_modem(device: Device, settings: IdentitySettings, when: str) -> dict[str, str]:
    """What a modem tells that is asked then: `before` the write, or `after` the boot.

    Raises:
        BurnerError: E33x the modem, E42x or E430 what it tells.
    """
    ids = {}
    if settings.imei and settings.imei.when == when:
        imei = settings.imei
        ids["imei"] = _ask(device, imei, lambda line: read_imei(line, imei))
    serial = settings.serial
    if serial and serial.source == "modem" and serial.modem.when == when:
        ids["serial"] = _ask(device, serial.modem, lambda line: read_serial(line, serial))
    return ids


def _ask(device: Device, modem: ModemSettings, question: Question) -> str:
    line = device.line(modem.port, modem.bauds[0])
    try:
        return question(line)
    finally:
        line.close()


def _agree(settings: IdentitySettings, ids: Mapping[str, str]) -> None:
    if settings.label and "label" in ids:
        check_label(ids["label"], settings, ids)
