"""The boot of a chip by the model, from the real content of its flash.

It covers what a station depends on in ROM, second-stage bootloader and application: whether
the images are valid, which slot is booted, which key configuration the application finds. Only the
fault `prints-secret` prints the secret.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

from burner.bench.firmware import first_boot, key_search, rollback, stale_key
from burner.bench.firmware.challenge import ChallengedFirmware, OwnIdentity
from burner.bench.firmware.console import App, AtInput, BootRecord, ConsoleInput, ConsoleLine
from burner.bench.firmware.dialogue import AnsweringFirmware
from burner.bench.firmware.rom_log import Reset, rom_log
from burner.bench.firmware.secret_forms import printed
from burner.bench.firmware.test_firmware import test_firmware_in
from burner.bench.silicon.nor_flash import SECTOR, NorFlash
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import FaultKind, FaultStep, FirmwareBehaviour, UnitSpec
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.core.silicon import Silicon as Identity
from burner.flash import image
from burner.flash.partition_table import APP, TABLE_SIZE, Partition, PartitionTable, parse_binary
from burner.identity import naming
from burner.identity.interface_addresses import interface_macs
from burner.identity.serial_checks import find_serial
from burner.provisioning.key_config import KeyConfig

ROW_MAGIC = b"\xaa\x50"
LAST_TABLE = 0x40000
"""Tables are looked for at every sector below this."""
WHOLE_IMAGE = 0x100000
"""What an ESP8266 maps of its flash: an image that is the application itself ends below."""
NO_TABLE = PartitionTable(()), Partition("app", APP, 0, 0, WHOLE_IMAGE)
"""The table and the application of an ESP8266 without a partition table."""
_OTA_UNUSABLE = (3, 4)
"""States of an OTA entry: invalid, aborted."""


class BootError(Exception):
    """The boot stops, with this line."""


def apply_stale_key(silicon: SimSilicon) -> None:
    """Replace the key in the flash, where the unit has that fault."""
    if (fault := silicon.unit.fault(FaultKind.STALE_KEY)) and (key_found := _find_key(silicon)):
        stale_key.replace_key(silicon.flash, key_found, fault)


def start(
    silicon: SimSilicon, reset: Reset = Reset.POWER_ON, *, why: str = "", download: bool = False
) -> App:
    """The application of the model, which writes what firmware writes on its first run.

    `why`: no program is executed.
    `download`: IO0 is low, and the chip starts all the same.
    """
    printed_lines, answers = list[str | bytes](), _answers(silicon)
    try:
        printed_lines.extend(_boot(silicon))
    except BootError as end:
        printed_lines.append(str(end))
        answers = ()
    baud = silicon.unit.firmware.baud
    lines = (ConsoleLine(_bytes(line) + b"\r\n", baud) for line in printed_lines)
    log = (*rom_log(silicon, reset, download=download), *lines)
    return App(log, *answers, record=BootRecord(executed=False, reason=why))


def _answers(silicon: SimSilicon) -> tuple[ConsoleInput, ...]:
    """What answers on the console: to the station's challenge, in dialogues, to AT commands."""
    firmware = silicon.unit.firmware
    answers = list[ConsoleInput]()
    starts = _starting(silicon)
    if starts and (loaded := test_firmware_in(silicon, starts[1])):
        return (AnsweringFirmware(loaded.answers),)
    if firmware.challenge:
        answers.append(
            ChallengedFirmware(lambda: _identity(silicon), registered=firmware.registered)
        )
    if firmware.answers:
        answers.append(AnsweringFirmware(firmware.answers))
    if silicon.modem:
        answers.append(AtInput(silicon.modem))
    return tuple(answers)


def _identity(silicon: SimSilicon) -> OwnIdentity | None:
    """The key that the flash holds now, and the name that the firmware uses."""
    key_found = _find_key(silicon)
    if key_found is None or not key_found.secret:
        return None
    try:
        name = key_found.device_name or own_name(silicon.unit)
    except BurnerError:
        return None
    secret = Secret(key_found.secret.encode())
    return OwnIdentity(KeyConfig(key_found.product_id, secret, key_found.device_name), name)


def _find_key(silicon: SimSilicon) -> key_search.KeyInFlash | None:
    """The key that the application finds; None: there is none, or no application."""
    starts = _starting(silicon)
    return key_search.find(_running(silicon, *starts)) if starts else None


def _starting(silicon: SimSilicon) -> tuple[PartitionTable, Partition] | None:
    """The table, and the application that starts; None: there is none."""
    table = _table(silicon.flash)
    if table is None and silicon.unit.chip == "esp8266":
        return NO_TABLE
    with suppress(BootError):  # half a flash
        if table is not None:
            return table, _slot(silicon.flash, table)
    return None


def _bytes(line: str | bytes) -> bytes:
    return line if isinstance(line, bytes) else line.encode()


def secret_lines(silicon: SimSilicon, step: FaultStep) -> Iterator[bytes]:
    """What the fault `prints-secret` prints at this step; nothing without it or without a key."""
    fault = silicon.faults.prints_secret_at(step)
    key_found = _find_key(silicon) if fault else None
    if fault and key_found and key_found.secret:
        yield from printed(key_found.secret.encode(), fault.form)


def _running(
    silicon: SimSilicon, table: PartitionTable, slot: Partition
) -> key_search.RunningFirmware:
    product = silicon.modem.product.stored if silicon.modem else None
    return key_search.RunningFirmware(
        silicon.flash, table, slot, silicon.unit.firmware.texts, product
    )


def _boot(silicon: SimSilicon) -> Iterator[str | bytes]:
    """The lines in the order in which a real part prints them."""
    flash, unit = silicon.flash, silicon.unit
    size = 0x8000 if unit.chip != "esp8266" else WHOLE_IMAGE
    loader = _image(flash, silicon.target.bootloader, size)
    if loader is None or unit.has(FaultKind.ENCRYPTED):
        raise BootError("invalid header: 0xffffffff")
    if unit.has(FaultKind.SECURE_BOOT) and not loader.signature:
        raise BootError("secure boot verification failed")
    table = _table(flash)
    if table is None and unit.chip == "esp8266":
        yield "the image at 0x0 is the application itself: no partition table"
        yield from _application(silicon, *NO_TABLE)
        return
    if table is None:
        raise BootError("E (30) boot: load partition table error!")
    yield "I (24) boot: 2nd stage bootloader"
    slot = _selected(flash, table, unit.firmware)
    yield f"I (60) boot: Loaded app from partition at offset {slot.offset:#x}"
    yield from _application(silicon, table, slot)
    _first_run(flash, table)
    if unit.firmware.moves_key and not test_firmware_in(silicon, slot):
        _move_key(silicon, table, slot)


def _application(
    silicon: SimSilicon, table: PartitionTable, slot: Partition
) -> Iterator[str | bytes]:
    """The application's lines: its name and version, and the key configuration that it found."""
    unit = silicon.unit
    app = _checked(silicon, slot)
    if not unit.firmware.prints:
        return
    if app.descriptor:
        yield f"I (255) app_init: Project name:     {app.descriptor.project_name}"
        yield f"I (260) app_init: App version:      {app.descriptor.version}"
    if loaded := test_firmware_in(silicon, slot):
        yield from loaded.lines
        return
    yield from secret_lines(silicon, FaultStep.BOOT)
    yield _key_line(unit, key_search.find(_running(silicon, table, slot)))
    yield from unit.firmware.lines
    yield from secret_lines(silicon, FaultStep.BOOT)


def _key_line(unit: UnitSpec, key_found: key_search.KeyInFlash | None) -> str:
    """The line that names the product and the device."""
    if key_found is None or not key_found.secret:
        return "E (300) app: no product configuration"
    try:
        name = key_found.device_name or own_name(unit)
    except BurnerError as error:
        return f"E (300) app: no device name ({error.code} {error.detail})"
    return f"I (300) app: product_id={key_found.product_id} device_name={name}"


def own_name(unit: UnitSpec) -> str:
    """The name that the firmware derives from the IDs that it knows.

    Raises:
        BurnerError: E164, E167 it cannot: its product's rule needs an ID that it does not know.
    """
    part = Identity(unit.chip, "", unit.mac, 0, unit.flash_size)
    rule, own = unit.firmware.name, unit.firmware.device_name
    imei = unit.modem.imei if unit.modem else ""
    if not own:
        addresses = interface_macs(part, rule.universal_addresses)
        return naming.device_name(rule, {**addresses, "imei": imei, "serial": _serial(unit)})
    mac = unit.mac.octets.hex()
    derived = interface_macs(part)
    fields = {name: address.octets.hex().upper() for name, address in derived.items()}
    return own.format(**(fields | {"MAC": mac.upper(), "mac": mac, "imei": imei}))


def _serial(unit: UnitSpec) -> str:
    """Its serial number, where the firmware knows it; empty where only a label has it."""
    settings = unit.firmware.serial
    match settings.source if settings else None:
        case "firmware" if settings:
            return find_serial(unit.firmware.lines, settings)
        case "modem" if unit.modem:
            return unit.modem.serial
    return ""


def _image(flash: NorFlash, offset: int, size: int) -> image.AppImage | None:
    """The image at an offset, valid or not; None where there is none."""
    try:
        return image.parse_image(flash.read(offset, size))
    except BurnerError:
        return None


def _table(flash: NorFlash) -> PartitionTable | None:
    """The partition table.

    The bootloader knows its offset; here the last table that boots is taken.
    """
    tables = []
    for offset in range(SECTOR, min(LAST_TABLE, flash.size), SECTOR):
        if flash.read(offset, 2) != ROW_MAGIC:
            continue
        try:
            tables.append(parse_binary(flash.read(offset, TABLE_SIZE)))
        except BurnerError:
            continue
    bootable = [table for table in tables if any(_holds_app(flash, p) for p in table)]
    return next(reversed(bootable or tables), None)


def _holds_app(flash: NorFlash, partition: Partition) -> bool:
    return partition.is_app and flash.read(partition.offset, 1)[0] in (
        image.MAGIC,
        image.MAGIC_ESP8266_V2,
    )


def _selected(flash: NorFlash, table: PartitionTable, firmware: FirmwareBehaviour) -> Partition:
    """The partition to boot; a bootloader that rolls back notes in otadata what it does."""
    otadata = table.otadata if firmware.rollback else None
    if otadata:
        rollback.before_start(flash, otadata)
    slot = _slot(flash, table)
    if otadata:
        rollback.at_start(flash, otadata, _ota_sequence(flash, otadata))
    return slot


def _slot(flash: NorFlash, table: PartitionTable) -> Partition:
    """The partition to boot: by otadata, else the factory application, else the first slot.

    Raises:
        BootError: there is no application partition.
    """
    slots = sorted((p for p in table if p.is_ota_slot), key=lambda p: p.subtype)
    sequence = _ota_sequence(flash, table.otadata) if table.otadata else None
    if sequence is not None and slots:
        return slots[(sequence - 1) % 2**32 % len(slots)]  # in 32 bits, as the bootloader
    factory = next((p for p in table if p.is_app and not p.is_ota_slot), None)
    if factory or slots:
        return factory or slots[0]
    raise BootError("E (40) boot: No bootable app partitions in the partition table")


def _ota_sequence(flash: NorFlash, otadata: Partition) -> int | None:
    """The highest valid sequence number of the two copies; None where none is valid."""
    numbers = []
    for offset in (otadata.offset, otadata.offset + SECTOR):
        entry = flash.read(offset, 32)
        number, state, crc = struct.unpack("<I20xII", entry)
        unused = number == 0xFFFF_FFFF or state in _OTA_UNUSABLE
        if crc == first_boot.crc32(entry[:4]) and not unused:
            numbers.append(number)
    return max(numbers, default=None)


def _checked(silicon: SimSilicon, slot: Partition) -> image.AppImage:
    """The application's image.

    Raises:
        BootError: it is not there, damaged, or made for another chip.
    """
    app = _image(silicon.flash, slot.offset, slot.size)
    if app is None:
        raise BootError(f"E (70) esp_image: image at {slot.offset:#x} has invalid magic byte")
    if app.chip != silicon.target.name:
        raise BootError(f"E (70) boot_comm: mismatch chip ID, this is no image for {app.chip}")
    for checksum in app.checksums:
        if not checksum.ok:
            raise BootError(f"E (90) esp_image: {checksum.kind} failed - image is corrupt")
    return app


def _first_run(flash: NorFlash, table: PartitionTable) -> None:
    has_factory = any(p.is_app and not p.is_ota_slot for p in table)
    if table.otadata and not has_factory:
        first_boot.note_slot(flash, table.otadata)
    if nvs := table.find(key_search.OWN_STORE):
        first_boot.keep_calibration(flash, nvs)


def _move_key(silicon: SimSilicon, table: PartitionTable, slot: Partition) -> None:
    """Move the key from where it was burned into the firmware's own store."""
    key_found, nvs = (
        key_search.find(_running(silicon, table, slot)),
        table.find(key_search.OWN_STORE),
    )
    if (
        key_found
        and key_found.secret
        and key_found.partition
        and nvs
        and key_found.partition != nvs
    ):
        texts = {"product_id": key_found.product_id, "product_secret": key_found.secret}
        if key_found.device_name:
            texts["device_name"] = key_found.device_name
        first_boot.move_key(silicon.flash, nvs, texts, key_found.partition)
