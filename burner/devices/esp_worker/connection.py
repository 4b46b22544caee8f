"""Connecting to a chip: reset, sync, detect the chip, start the stub, raise the baud rate."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.device import ANY_CHIP, Contact
from burner.devices.esp_worker import boot_mode, early_baud
from burner.devices.esp_worker.faults import is_refusal_of_command, is_silence, to_burner_error
from burner.devices.esp_worker.serial_port import open_port
from burner.devices.esp_worker.tool import (
    CHIP_DEFS,
    EspLoader,
    FatalError,
    cmds,
    reset,
    uses_hardware_flow_control,
)

ROM_BAUD = 115200
CONNECT_ATTEMPTS = 2
"""A dead slot is reported after 2.3 s (measured); the second try resets with a longer delay."""
CONNECT_S = 6.0
BOOT_LOG_S = 0.5
BOOT_LOG_BYTES = 4096
STUB_S = 8.0
"""Uploading 12 KB at the ROM's rate takes 1.1 s; esptool waits 3 s for each answer."""

_NO_SECURITY_INFO: dict[str, Any] = {
    "flags": 0,
    "flash_crypt_cnt": 0,
    "key_purposes": (),
    "chip_id": None,
    "api_version": None,
    "parsed_flags": {"SECURE_BOOT_EN": False, "SECURE_DOWNLOAD_ENABLE": False},
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConnectRequest:
    """The station's request (`burner.devices.device.ConnectPlan`), and the port."""

    port: str
    chip: str
    baud: int
    early_baud: bool


@dataclass(frozen=True)
class ChipConnection:
    """A chip that answers; `esp` is the stub, or the ROM of a locked chip."""

    esp: EspLoader
    chip: str
    baud: int
    early_baud_failed: bool = False
    """The early change of baud rate failed on a chip that should be able to do it."""

    @property
    def port(self) -> Any:
        """The open serial port."""
        return self.esp._port


def connect(request: ConnectRequest, alive: Callable[[float], None]) -> ChipConnection:
    """Connect as requested; to another chip that is there instead, at the ROM's rate.

    Args:
        request: the expected chip, its port and the baud rate.
        alive: is called with the seconds until the next message at the latest.

    Returns:
        The connection; its `chip` is the one found, so that its addresses can go on record.

    Raises:
        BurnerError: E301-E314 and E319 by what failed, E401 another chip that does not connect,
            E404 restricted download mode, E447 download mode switched off, E448 the chip refuses
            to say what it is.
        FatalError, OSError: as esptool and pyserial raise them.
    """
    try:
        if request.chip == ANY_CHIP:
            request = replace(request, chip=_detect(request, alive))
        return _connect_expected(request, alive)
    except (FatalError, BurnerError) as error:
        coded = to_burner_error(error)
        if coded.code == Code.NOT_IN_DOWNLOAD_MODE and boot_mode.download_is_off(
            _boot_log(request, alive)
        ):
            raise BurnerError(Code.DOWNLOAD_MODE_OFF, coded.detail) from error
        if coded.code != Code.WRONG_CHIP:
            raise
        _log.warning("%s", error)
        with suppress(FatalError, BurnerError, OSError):
            chip = _detect(request, alive)
            return _connect_expected(
                replace(request, chip=chip, baud=ROM_BAUD, early_baud=False), alive
            )
        raise


def _connect_expected(request: ConnectRequest, alive: Callable[[float], None]) -> ChipConnection:
    """Connect to the requested chip. If the early change of rate fails, change it later."""
    rom, failed = _connect_rom(request, alive), False
    try:
        if request.early_baud and may_change_early(rom, request):
            try:
                return _start(rom, request, alive, early=True)
            except (FatalError, BurnerError) as error:
                _log.warning("early change to %d baud failed: %s", request.baud, error)
                rom._port.close()
                rom, failed = _connect_rom(request, alive), True
        return replace(_start(rom, request, alive, early=False), early_baud_failed=failed)
    except BaseException:
        rom._port.close()
        raise


def _detect(request: ConnectRequest, alive: Callable[[float], None]) -> str:
    """The name of whatever chip answers, by esptool's own detection."""
    alive(CONNECT_S)
    port = open_port(request.port, ROM_BAUD)
    try:
        loader = cmds.detect_chip(port, ROM_BAUD, connect_attempts=CONNECT_ATTEMPTS)
        names = (name for name, chip in CHIP_DEFS.items() if chip.CHIP_NAME == loader.CHIP_NAME)
        return str(next(names))
    finally:
        port.close()


def _boot_log(request: ConnectRequest, alive: Callable[[float], None]) -> bytes:
    """The boot log after a reset into download mode. Raises BurnerError, OSError."""
    alive(CONNECT_S)
    port = open_port(request.port, ROM_BAUD)
    try:
        rom = CHIP_DEFS.get(request.chip, CHIP_DEFS["esp32"])(port, ROM_BAUD)
        _prepare(rom, request.port)
        port.reset_input_buffer()
        rom._construct_reset_strategy_sequence("default-reset")[0]()
        port.timeout = BOOT_LOG_S
        return bytes(port.read(BOOT_LOG_BYTES))
    finally:
        port.close()


def _connect_rom(request: ConnectRequest, alive: Callable[[float], None]) -> EspLoader:
    """Open the port, reset into the ROM and make sure that it is the chip of the request."""
    alive(CONNECT_S)
    port = open_port(request.port, ROM_BAUD)
    try:
        rom = CHIP_DEFS[request.chip](port, ROM_BAUD)
        _prepare(rom, request.port)
        alive(CONNECT_S)
        rom.connect(attempts=CONNECT_ATTEMPTS)
        _check_chip(rom, request.chip)
    except BaseException:
        port.close()
        raise
    return rom


def _prepare(rom: EspLoader, name: str) -> None:
    """Keep esptool from requests that cannot succeed: commands the chip lacks, USB ids of a URL."""
    if not rom.SECURITY_INFO_SUPPORTED:
        rom.cache["security_info"] = dict(_NO_SECURITY_INFO)
    if "://" in name:
        rom.get_usb_vid_pid = lambda: (None, None)
    rom.USES_RFC2217 = name.startswith("rfc2217:")


def _check_chip(rom: EspLoader, chip: str) -> None:
    """Refuse a restricted chip, and another chip where esptool only warns.

    Raises:
        BurnerError: E401, E404.
    """
    if rom.secure_download_mode:
        raise BurnerError(Code.DOWNLOAD_MODE_RESTRICTED, chip)
    if not rom.USES_MAGIC_VALUE:
        if rom.get_chip_id() != rom.IMAGE_CHIP_ID:
            raise BurnerError(Code.WRONG_CHIP, f"chip id {rom.get_chip_id()}, not {chip}")
    elif rom.read_reg(rom.CHIP_DETECT_MAGIC_REG_ADDR) != rom.MAGIC_VALUE:
        raise BurnerError(Code.WRONG_CHIP, f"found {_name_of(rom)}, not {chip}")


def _name_of(rom: EspLoader) -> str:
    """esptool's name of the chip that really answers, by the id of its security information."""
    rom.cache["security_info"] = None
    try:
        chip_id = rom.get_chip_id()
    except FatalError:
        return "an unknown chip"
    for name, known in CHIP_DEFS.items():
        if not known.USES_MAGIC_VALUE and chip_id == known.IMAGE_CHIP_ID:
            return str(name)
    return f"chip id {chip_id}"


def may_change_early(rom: EspLoader, request: ConnectRequest) -> bool:
    """Whether a change of rate before the stub runs is possible, and saves time."""
    if request.baud <= ROM_BAUD or _is_usb(rom):
        return False
    return early_baud.is_possible(rom, request.chip)


def is_locked(rom: EspLoader) -> bool:
    """Whether secure boot or flash encryption is on: such a chip is not written."""
    info = rom.cache["security_info"] or _NO_SECURITY_INFO
    encrypted = int(info["flash_crypt_cnt"]).bit_count() % 2 == 1
    return bool(info["parsed_flags"]["SECURE_BOOT_EN"]) or encrypted


def _start(
    rom: EspLoader, request: ConnectRequest, alive: Callable[[float], None], early: bool
) -> ChipConnection:
    """Start the stub and change to the requested rate: before the stub (`early`) or after it."""
    alive(STUB_S)
    if is_locked(rom):
        cmds.attach_flash(rom)
        return ChipConnection(rom, request.chip, ROM_BAUD)
    if early:
        early_baud.set_rom_baud(rom, request.chip, request.baud)
        _change_baud(rom, request.baud)
    esp = cmds.run_stub(rom)
    if esp is not rom:
        _prepare(esp, request.port)
    alive(STUB_S)
    if not early and request.baud != ROM_BAUD and not _is_usb(esp):
        _change_baud(esp, request.baud)
    _log.info("%s at %d baud%s", request.chip, request.baud, " early" if early else "")
    return ChipConnection(esp, request.chip, request.baud)


def _change_baud(esp: EspLoader, baud: int) -> None:
    """Change the rate and check that the line works with it.

    Raises:
        BurnerError: E309 the adapter cannot, E314 the line cannot.
    """
    try:
        esp.change_baud(baud)
    except FatalError as error:
        code = (
            Code.ADAPTER_SPEED_UNSUPPORTED
            if "Failed to set baud" in str(error)
            else Code.LINE_NOT_CLEAN
        )
        raise BurnerError(code, f"{baud} baud") from error
    if not answers(esp, tries=3):
        raise BurnerError(Code.LINE_NOT_CLEAN, f"{baud} baud")


def answers(esp: EspLoader, tries: int = 2) -> bool:
    """Whether the ROM or the stub answers a SYNC, 0.1 s a try. Raises OSError."""
    return _sync(esp, tries) is Contact.ANSWERS


def _sync(esp: EspLoader, tries: int = 2) -> Contact:
    """The bytes that come back after a SYNC to the ROM or the stub. Raises OSError."""
    received = Contact.SILENT
    for _ in range(tries):
        if esp._port.in_waiting:
            received = Contact.GARBLED  # unless it answers after all: its boot log
        try:
            esp.flush_input()
            esp.sync()
        except FatalError as error:
            if is_refusal_of_command(error):
                return Contact.ANSWERS
            if not is_silence(error):
                received = Contact.GARBLED
        else:
            return Contact.ANSWERS
    return received


def _is_usb(esp: EspLoader) -> bool:
    """Whether the port is the chip's own USB, where a rate means nothing."""
    return bool(esp.uses_usb_jtag_serial() or esp.uses_usb_otg())


def restart(connection: ChipConnection, baud: int) -> None:
    """Reset into the application; the port is at `baud` before its first byte.

    The chip's own USB goes through esptool's sequence for that chip; a bridge is one pulse on EN.
    """
    esp, port = connection.esp, connection.port
    if _is_usb(esp):
        esp.hard_reset()
        return
    port.reset_input_buffer()
    if port.baudrate != baud:
        port.baudrate = baud
    reset.HardReset(port, flow_control=uses_hardware_flow_control(esp.get_usb_vid_pid()))()


def contact(name: str, with_reset: bool) -> Contact:
    """What is on the port: one SYNC to the ROM or stub, after a reset if wanted.

    Raises:
        BurnerError: E303, E304.
    """
    try:
        port = open_port(name, ROM_BAUD)
    except BurnerError as error:
        if error.code == Code.PORT_MISSING:
            return Contact.ABSENT
        raise
    try:
        rom = CHIP_DEFS["esp32"](port, ROM_BAUD)
        _prepare(rom, name)
        if with_reset and not name.startswith("socket:"):
            rom._construct_reset_strategy_sequence("default-reset")[0]()
        return _sync(rom)
    except OSError:
        return Contact.ABSENT
    finally:
        port.close()
