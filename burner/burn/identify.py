"""Reading every ID a unit has, when each can be read: before the write, or after the boot."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from burner.burn.compatibility import admit_chip
from burner.burn.prove import AwaitedLines
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.model import Mac, Silicon
from burner.devices.device import ANY_CHIP, ConnectPlan, Device, SerialLine
from burner.devices.modem import read_imei, read_serial
from burner.identity.id_checks import check_label, check_silicon, find_serial, read_label
from burner.identity.naming import NameSettings, derive, device_name
from burner.identity.settings import IdentitySettings, ModemSettings

Question = Callable[[SerialLine], str]


def read_before(device: Device, settings: IdentitySettings, silicon: Silicon) -> dict[str, str]:
    """The IDs of silicon, and of a modem that can be asked before the write.

    Raises:
        BurnerError: E33x the modem, E41x to E43x an ID that cannot name a unit.
    """
    check_silicon(silicon, settings)
    return silicon_ids(silicon) | from_modem(device, settings, "before")


def with_label(
    ids: Mapping[str, str], settings: IdentitySettings, label: str, also: Mapping[str, str]
) -> dict[str, str]:
    """The IDs of a unit with those that its label says; `also` are IDs that it may name too.

    Raises:
        BurnerError: E440, E442 it is no label of this product, E441 it is another unit's.
    """
    known = {**ids, **from_label(settings, label)}
    _agree(settings, {**also, **known})
    return known


def silicon_ids(silicon: Silicon) -> dict[str, str]:
    """What the part says of itself."""
    ids = {"mac": str(silicon.mac), "eui64": silicon.eui64}
    return {source: value for source, value in ids.items() if value}


def from_label(settings: IdentitySettings, label: str) -> dict[str, str]:
    """What the scanned label says; nothing where the profile asks for none and none is scanned.

    Raises:
        BurnerError: E440, E442.
    """
    if label or settings.needs_label:
        return read_label(label, settings)
    return {}


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


@dataclass(frozen=True)
class Rules:
    """What a look at a unit asks for."""

    plan: ConnectPlan
    identity: IdentitySettings
    name: NameSettings | None = None
    """None: no name is made."""
    label: str = ""
    boot_s: float = 5.0
    """How long the firmware may take to print a serial number."""


@dataclass
class Look:
    """What was read of one unit, and everything that is wrong with it."""

    silicon: Silicon | None = None
    addresses: dict[str, Mac] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    device_name: str = ""
    problems: list[BurnerError] = field(default_factory=list)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """What goes wrong is noted, and the look goes on."""
        try:
            yield
        except BurnerError as problem:
            self.problems.append(problem)


def look(device: Device, rules: Rules) -> Look:
    """Read every ID of a unit, whatever of it fails, and write nothing.

    The unit is left running its application.
    """
    try:
        silicon = device.identify(rules.plan)
    except BurnerError as problem:
        return Look(problems=[problem])
    if rules.plan.chip not in (ANY_CHIP, silicon.chip):
        seen = Look(silicon, ids=silicon_ids(silicon))
        with seen.noting():
            admit_chip(silicon, rules.plan.chip)
        return seen
    addresses = derive(silicon, rules.name.universal_addresses if rules.name else None)
    seen = Look(silicon, addresses, silicon_ids(silicon))
    with seen.noting():
        check_silicon(silicon, rules.identity)
    with seen.noting():
        seen.ids |= from_label(rules.identity, rules.label)
    with seen.noting():
        seen.ids |= from_modem(device, rules.identity, "before")
    with seen.noting():
        seen.ids |= _from_firmware(device, rules)
    with seen.noting():
        _agree(rules.identity, seen.ids)
    with seen.noting():
        if rules.name:
            seen.device_name = device_name(rules.name, {**seen.ids, **seen.addresses})
    if device.printed_secret:
        seen.problems.append(BurnerError(Code.SECRET_PRINTED))
    return seen


def _from_firmware(device: Device, rules: Rules) -> dict[str, str]:
    """Boot the unit; what it tells then, where the profile asks for that."""
    serial = rules.identity.serial
    awaited = (serial.line,) if serial and serial.line else ()
    time_s = rules.boot_s if awaited else 0.0
    lines = device.boot(time_s, AwaitedLines(awaited))
    return read_after(device, rules.identity, lines, {})
