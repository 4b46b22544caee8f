"""The boot log of a chip that was reset into download mode and did not enter it."""

import re

_BOOT = re.compile(rb"boot:0x([0-9a-f]+) \([^\r\n]*\)?\r?\n", re.IGNORECASE)
"""The strapping pins as the ROM read them, with the name of the boot mode."""
_LATER_CHIP = b"ESP-ROM:"
"""The first bytes of the log, on all chips after the ESP32."""
_BOOT_PIN, _BOOT_PIN_ESP32 = 1 << 3, 1 << 4
"""The bit of IO0 (GPIO9 on some chips) in that number; 0 = low = download mode is wanted."""
_WAITS = re.compile(rb"wait(ing)? (for|spi|usb)? ?download", re.IGNORECASE)
_SWITCHED_OFF = re.compile(rb"download mode is disabled", re.IGNORECASE)


def download_is_off(log: bytes) -> bool:
    """Whether the eFuses of the chip forbid download mode.

    That is so when the chip read its boot pin as low (the contacts are good) and then did not wait
    for a download. An ESP32 prints it; later chips start from flash, so a log that ends after the
    name of the mode proves nothing.
    """
    if _SWITCHED_OFF.search(log):
        return True
    pins = _BOOT.search(log)
    if not pins or _WAITS.search(log):
        return False
    pin = _BOOT_PIN if _LATER_CHIP in log else _BOOT_PIN_ESP32
    return not int(pins[1], 16) & pin and bool(log[pins.end() :].strip())
