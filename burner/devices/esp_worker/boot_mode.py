"""What a ROM's log says of a chip that was sent into download mode and did not go there."""

import re

_BOOT = re.compile(rb"boot:0x([0-9a-f]+) \([^\r\n]*\)?\r?\n", re.IGNORECASE)
"""The strapping pins as the ROM read them, with the name of the mode they choose."""
_LATER_CHIP = b"ESP-ROM:"
"""How the log begins on all chips after the ESP32."""
_BOOT_PIN, _BOOT_PIN_ESP32 = 1 << 3, 1 << 4
"""The bit of IO0 (GPIO9 on some chips) in that number; 0 = low = download mode is wanted."""
_WAITS = re.compile(rb"wait(ing)? (for|spi|usb)? ?download", re.IGNORECASE)
_SWITCHED_OFF = re.compile(rb"download mode is disabled", re.IGNORECASE)


def download_is_off(log: bytes) -> bool:
    """Whether the chip read its boot pin as low, and did something else than wait for a download.

    Then the contacts are in order and its eFuses forbid the mode. An ESP32 says so; later chips
    go on and start from flash, so a log that ends behind the mode's name proves nothing.
    """
    if _SWITCHED_OFF.search(log):
        return True
    found = _BOOT.search(log)
    if not found or _WAITS.search(log):
        return False
    pin = _BOOT_PIN if _LATER_CHIP in log else _BOOT_PIN_ESP32
    return not int(found[1], 16) & pin and bool(log[found.end() :].strip())
