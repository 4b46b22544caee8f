"""The early change of baud rate, before the stub is uploaded: which chips, and how.

The upload of the stub at 115200 takes half a second and more. On some chips the stub of esptool
5.6 speeds up the clock when it starts and sets its UART anew, to the rate in the ROM's variable
`UartDev.baut_rate`. CHANGE_BAUDRATE does not set that variable, so it is written beforehand.
"""

from burner.devices.esp_worker.tool import EspLoader

_CANNOT = frozenset({"esp8266", "esp32h21", "esp32h4", "esp32s31"})
"""The ESP8266's ROM cannot change its rate. The others' stub reads the variable, and no public
source tells its address."""
_ROM_BAUD_ADDRESS = {
    "esp32": 0x3FFE019C,
    "esp32s2": 0x3FFFFCFC,
    "esp32s3": 0x3FCEF134,
    "esp32c6": 0x4087F568,
}
"""From the linker scripts of the ROMs (ESP32, ESP32-S2), and from esptool before 5.6: it read
`buff_uart_no`, 24 bytes behind, to tell USB from UART."""
_ROM_BAUD_ADDRESS_P4 = {False: 0x4FF3FEB0, True: 0x4FFBFEB0}
"""By whether the revision is 3.0 or later."""


def is_possible(rom: EspLoader, chip: str) -> bool:
    """Whether the ROM of this chip can change the rate, and the stub then keeps it."""
    if chip in _CANNOT:
        return False
    # without the calibration in eFuse an ESP32's ROM would be told 0 baud
    return chip != "esp32" or bool(rom.get_rom_cal_crystal_freq() > 0)


def set_rom_baud(rom: EspLoader, chip: str, baud: int) -> None:
    """Set the variable of the ROM from which the stub reads the rate. Raises FatalError."""
    address = _address(rom, chip)
    if address:
        rom.write_reg(address, baud)


def _address(rom: EspLoader, chip: str) -> int:
    if chip == "esp32p4":
        return _ROM_BAUD_ADDRESS_P4[rom.get_chip_revision() >= 300]
    return _ROM_BAUD_ADDRESS.get(chip, 0)
