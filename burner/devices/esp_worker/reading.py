"""What identify reads from a chip: addresses, flash, security state. Nothing is written."""

import logging
import time
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.esp_worker import flash_bus
from burner.devices.esp_worker.connection import ChipConnection, is_locked
from burner.devices.esp_worker.tool import EspLoader, FatalError, cmds, flash_size_bytes

_NO_FLASH = {0x000000, 0xFFFFFF, 0xFFFF3F}
"""RDID where nothing answers on the bus; esptool has the same three values."""
_READ_ID, _READ_SFDP, _ENABLE_RESET, _RESET = 0x9F, 0x5A, 0x66, 0x99
_READ_UNIQUE_ID = 0x4B
"""Four dummy bytes, then 64 bits: W25Q datasheets, and most parts made like them."""
_RESET_S = 0.001
_XMC = 0x20
_SFDP_MAKER = 0x10
_ESP32_MAC_CRC_WORD = 2

_log = logging.getLogger(__name__)


def silicon(connection: ChipConnection) -> dict[str, Any]:
    """What identify reads, as JSON values.

    Raises:
        BurnerError: E506 when no flash answers on a part that could be written.
        FatalError, OSError: as esptool and pyserial raise them.
    """
    esp = connection.esp
    locked = is_locked(esp)
    unique_id = "" if locked else _attach(esp)
    flash_id, flash_size = _flash(esp, locked)
    mac = bytes(esp.read_mac("BASE_MAC"))
    eui64 = esp.read_mac("EUI64")
    return {
        "chip": connection.chip,
        "revision": _revision(esp, connection.chip),
        "mac": mac.hex(":"),
        "mac_crc_ok": _mac_crc_ok(esp, mac) if connection.chip == "esp32" else None,
        "eui64": bytes(eui64).hex(":") if eui64 else "",
        "flash_id": flash_id,
        "flash_size": flash_size,
        "fingerprint": unique_id,
        "security": security(esp, connection.chip),
    }


def _attach(esp: EspLoader) -> str:
    """Make the flash ready as esptool's `attach_flash` does; returns its unique id.

    Parts made by XMC may need esptool's start-up sequence, and a flash that does not answer its
    second look: those go esptool's way.
    """
    if flash_bus.is_known(esp) and (unique_id := _attach_quickly(esp)) is not None:
        return unique_id
    cmds.attach_flash(esp)
    return _unique_id(esp)


def _attach_quickly(esp: EspLoader) -> str | None:
    """The same in a third of the round trips; None where esptool's own way is needed."""
    with flash_bus.FlashBus(esp) as bus:
        flash_id = int.from_bytes(bus.run(_READ_ID, 24), "little")
        if flash_id in _NO_FLASH or flash_id & 0xFF == _XMC:
            return None
        if bus.run(_READ_SFDP, 8, address=_SFDP_MAKER, dummy_bits=8)[0] == _XMC:
            return None
        unique_id = bus.run(_READ_UNIQUE_ID, 64, dummy_bits=32)
        bus.run(_ENABLE_RESET)
        bus.run(_RESET)
    time.sleep(_RESET_S)
    esp.cache["flash_id"] = flash_id
    return _hex_id(unique_id)


def _flash(esp: EspLoader, locked: bool) -> tuple[int, int]:
    """JEDEC id and size in bytes (0 where the id does not say); tells the stub the size."""
    flash_id = int(esp.flash_id())
    if flash_id in _NO_FLASH and not locked:
        raise BurnerError(Code.FLASH_SILENT, f"flash id {flash_id:06x}")
    size = flash_size_bytes(cmds.detect_flash_size(esp)) or 0
    if size and not locked:
        esp.flash_set_parameters(size)
    return flash_id, size


def _revision(esp: EspLoader, chip: str) -> str:
    """`v0.4`; the ESP8266 has none to read."""
    if chip == "esp8266":
        return ""
    return f"v{esp.get_major_chip_version()}.{esp.get_minor_chip_version()}"


def security(esp: EspLoader, chip: str) -> dict[str, bool]:
    """From the ROM's own information; on the ESP32, which gives none, from eFuse."""
    if chip == "esp32":
        return {
            "secure_boot": bool(esp.get_secure_boot_enabled()),
            "flash_encryption": bool(esp.get_flash_encryption_enabled()),
        }
    if not esp.SECURITY_INFO_SUPPORTED:
        return {"secure_boot": False, "flash_encryption": False}
    info = esp.get_security_info()
    return {
        "secure_boot": bool(info["parsed_flags"]["SECURE_BOOT_EN"]),
        "flash_encryption": int(info["flash_crypt_cnt"]).bit_count() % 2 == 1,
    }


def _mac_crc_ok(esp: EspLoader, mac: bytes) -> bool:
    """The ESP32 keeps a CRC-8 of its MAC in BLK0, beside the last two bytes (esp-idf: esp_crc8)."""
    stored = (int(esp.read_efuse(_ESP32_MAC_CRC_WORD)) >> 16) & 0xFF
    return stored == crc8(mac)


def crc8(data: bytes) -> int:
    """CRC-8 with the reflected polynomial 0x8C, starting at 0."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x8C if value & 1 else 0)
    return value


def _unique_id(esp: EspLoader) -> str:
    """The flash's 64-bit unique id as hex, in two reads of 32; empty where it has none."""
    try:
        words = [
            int(esp.run_spiflash_command(_READ_UNIQUE_ID, read_bits=32, dummy_len=dummy))
            for dummy in (32, 64)
        ]
    except FatalError as error:
        _log.info("no unique id of the flash: %s", error)
        return ""
    return _hex_id(b"".join(word.to_bytes(4, "little") for word in words))


def _hex_id(unique_id: bytes) -> str:
    """As hex; empty for what a part without the command gives."""
    blank = unique_id in (b"\0" * 8, b"\xff" * 8) or unique_id[:4] == unique_id[4:]
    return "" if blank else unique_id.hex()
