"""The IDs of a unit: read from the chip, a modem, a label or the booted firmware, and checked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from burner.burn.boot_lines import AwaitedLines
from burner.burn.compatibility import check_chip
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.silicon import Mac, Silicon
from burner.devices.device import ANY_CHIP, ConnectPlan, Device, SerialLine
from burner.devices.modem import read_imei, read_serial
from burner.identity.interface_addresses import interface_macs
from burner.identity.label_checks import check_label, read_label
from burner.identity.mac_checks import check_mac
from burner.identity.naming import NameSettings, device_name
from burner.identity.serial_checks import find_serial
from burner.identity.settings import IdentitySettings, ModemSettings


def read_before_write(
    device: Device, settings: IdentitySettings, silicon: Silicon
) -> dict[str, str]:
    """The IDs of the chip, and of a modem that is asked before the write.

    Raises:
        BurnerError: E33x the modem, E41x to E43x an ID that cannot name a unit.
    """
    check_mac(silicon, settings)
    return silicon_ids(silicon) | read_modem_ids(device, settings, "before")


def add_label(
    ids: Mapping[str, str], settings: IdentitySettings, label: str, addresses: Mapping[str, str]
) -> dict[str, str]:
    """`ids` and the IDs of the label. The label may also name one of `addresses`.

    Raises:
        BurnerError: E440, E442 it is no label of this product, E441 it is another unit's.
    """
    known = {**ids, **read_label_ids(settings, label)}
    _check_label_agrees(settings, {**addresses, **known})
    return known


def silicon_ids(silicon: Silicon) -> dict[str, str]:
    """The IDs that the chip itself has."""
    ids = {"mac": str(silicon.mac), "eui64": silicon.eui64}
    return {source: value for source, value in ids.items() if value}


def read_label_ids(settings: IdentitySettings, label: str) -> dict[str, str]:
    """The IDs of the scanned label; none where the profile wants no label and none is scanned.

    Raises:
        BurnerError: E440, E442.
    """
    if label or settings.needs_label:
        return read_label(label, settings)
    return {}


def read_after_boot(
    device: Device, settings: IdentitySettings, lines: Sequence[str], ids: Mapping[str, str]
) -> dict[str, str]:
    """`ids` and the IDs that only the booted unit tells.

    Args:
        lines: what it printed while it booted.

    Raises:
        BurnerError: as `read_before_write`; E431 and E432 for the serial number in the lines.
    """
    known = {**ids, **read_modem_ids(device, settings, "after")}
    if settings.serial and settings.serial.source == "firmware":
        known["serial"] = find_serial(lines, settings.serial)
    _check_label_agrees(settings, known)
    return known


def read_modem_ids(device: Device, settings: IdentitySettings, when: str) -> dict[str, str]:
    """The IDs of a modem that is asked `before` the write or `after` the boot.

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


def _ask(device: Device, modem: ModemSettings, read: Callable[[SerialLine], str]) -> str:
    line = device.line(modem.port, modem.bauds[0])
    try:
        return read(line)
    finally:
        line.close()


def _check_label_agrees(settings: IdentitySettings, ids: Mapping[str, str]) -> None:
    if settings.label and "label" in ids:
        check_label(ids["label"], settings, ids)


@dataclass(frozen=True)
class IdentifyRules:
    """What `identify_unit` reads and checks."""

    plan: ConnectPlan
    identity: IdentitySettings
    name: NameSettings | None = None
    """None: no name is made."""
    label: str = ""
    boot_s: float = 5.0
    """How long the firmware may take to print a serial number."""


@dataclass
class Identification:
    """The IDs of one unit, and everything that is wrong with it."""

    silicon: Silicon | None = None
    addresses: dict[str, Mac] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    device_name: str = ""
    problems: list[BurnerError] = field(default_factory=list)

    @contextmanager
    def collecting_problems(self) -> Iterator[None]:
        """Errors in the block are added to `problems`."""
        try:
            yield
        except BurnerError as problem:
            self.problems.append(problem)


def identify_unit(device: Device, rules: IdentifyRules) -> Identification:
    """Read every ID of a unit, go on after an error, and write nothing.

    The unit is left running its application.
    """
    try:
        silicon = device.identify(rules.plan)
    except BurnerError as problem:
        return Identification(problems=[problem])
    if rules.plan.chip not in (ANY_CHIP, silicon.chip):
        unit = Identification(silicon, ids=silicon_ids(silicon))
        with unit.collecting_problems():
            check_chip(silicon, rules.plan.chip)
        return unit
    addresses = interface_macs(silicon, rules.name.universal_addresses if rules.name else None)
    unit = Identification(silicon, addresses, silicon_ids(silicon))
    with unit.collecting_problems():
        check_mac(silicon, rules.identity)
    with unit.collecting_problems():
        unit.ids |= read_label_ids(rules.identity, rules.label)
    with unit.collecting_problems():
        unit.ids |= read_modem_ids(device, rules.identity, "before")
    with unit.collecting_problems():
        unit.ids |= _from_firmware(device, rules)
    with unit.collecting_problems():
        _check_label_agrees(rules.identity, unit.ids)
    with unit.collecting_problems():
        if rules.name:
            unit.device_name = device_name(rules.name, {**unit.ids, **unit.addresses})
    if device.printed_secret:
        unit.problems.append(BurnerError(Code.SECRET_PRINTED))
    return unit


def _from_firmware(device: Device, rules: IdentifyRules) -> dict[str, str]:
    """Boot the unit; the IDs that it tells then, where the profile asks for them."""
    serial = rules.identity.serial
    awaited = (serial.line,) if serial and serial.line else ()
    time_s = rules.boot_s if awaited else 0.0
    lines = device.boot(time_s, AwaitedLines(awaited))
    return read_after_boot(device, rules.identity, lines, {})
