"""The ROM's variable `UartDev.baut_rate`, and how esptool's stub uses it.

CHANGE_BAUDRATE sets the UART; the variable stays at 115200 (seen with an ESP32's mask ROM). On some
chips the stub speeds up the clock when it starts and sets its UART anew from the variable. Which
chips: by the code of the stubs in esptool 5.6 (stub 1.4.1). Addresses: the ROMs' linker scripts
(ESP32, ESP32-S2), and esptool before 5.6, which read `buff_uart_no`, 24 bytes behind it.
"""

from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import USUAL_BAUD

STUB_READS_IT = frozenset(
    {
        "esp32",
        "esp32s2",
        "esp32s3",
        "esp32c6",
        "esp32h21",
        "esp32h4",
        "esp32p4",
        "esp32s31",
    }
)
_ADDRESSES = {
    "esp32": 0x3FFE019C,
    "esp32s2": 0x3FFFFCFC,
    "esp32s3": 0x3FCEF134,
    "esp32c6": 0x4087F568,
    "esp32p4": 0x4FF3FEB0,
}
_ESP32P4_V3 = 0x4FFBFEB0
"""From chip revision 3.0 on."""


def of_stub(silicon: SimSilicon) -> int:
    """The rate of the line when the stub has started, in bits per second."""
    if silicon.target.name not in STUB_READS_IT:
        return silicon.baud
    return silicon.registers.get(address(silicon), USUAL_BAUD)


def address(silicon: SimSilicon) -> int:
    """Where this part's ROM keeps the variable; 0 where no public source has it."""
    major, _ = silicon.unit.revision or silicon.target.revision
    if silicon.target.name == "esp32p4" and major >= 3:
        return _ESP32P4_V3
    return _ADDRESSES.get(silicon.target.name, 0)
