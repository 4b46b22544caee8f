"""What differs from chip to chip in flash: the id in images, the offset of the bootloader."""

CHIP_IDS = {
    "esp32": 0,
    "esp32s2": 2,
    "esp32c3": 5,
    "esp32s3": 9,
    "esp32c2": 12,
    "esp32c6": 13,
    "esp32h2": 16,
    "esp32p4": 18,
    "esp32c61": 20,
    "esp32c5": 23,
    "esp32h21": 25,
    "esp32h4": 28,
    "esp32s31": 32,
}
"""The id in the extended header, by esptool's name of the chip; the ESP8266 has none."""
BOOTLOADER_OFFSETS = {
    **dict.fromkeys(("esp8266", *CHIP_IDS), 0),
    **dict.fromkeys(("esp32", "esp32s2"), 0x1000),
    **dict.fromkeys(("esp32c5", "esp32p4", "esp32h4", "esp32s31"), 0x2000),
}
"""Where the ROM looks for the second-stage bootloader, in bytes."""
