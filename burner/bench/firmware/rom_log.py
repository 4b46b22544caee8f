"""The lines that the mask ROM prints after a reset, before anything in the flash runs."""

from enum import IntEnum

from burner.bench.firmware.console import ConsoleLine
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import FaultKind


class Reset(IntEnum):
    """Why the chip starts, as its ROM counts."""

    POWER_ON = 0x1
    """Also a reset by the EN pin."""
    BROWN_OUT = 0xF
    WATCHDOG = 0x10


_RESETS = {
    Reset.POWER_ON: "POWERON",
    Reset.BROWN_OUT: "BROWNOUT_RST",
    Reset.WATCHDOG: "RTCWDT_RTC_RST",
}
_ESP32_RESETS = {
    Reset.POWER_ON: "POWERON_RESET",
    Reset.BROWN_OUT: "RTCWDT_BROWN_OUT_RESET",
    Reset.WATCHDOG: "RTCWDT_RTC_RESET",
}


def rom_log(
    silicon: SimSilicon, reset: Reset = Reset.POWER_ON, *, download: bool = False
) -> tuple[ConsoleLine, ...]:
    """The ROM's own lines after a reset. `download`: IO0 was low."""
    target = silicon.target
    cause = f"rst:{reset:#x} ({(_ESP32_RESETS if target.name == 'esp32' else _RESETS)[reset]})"
    if target.name == "esp8266":
        text = f"\r\n {target.banner},rst cause:2, boot mode:({1 if download else 3},6)\r\n\r\n"
    elif download:
        text = (
            f"{target.banner}\r\n{cause},boot:{target.boot_code & ~0x18:#x} (DOWNLOAD(USB/UART0))"
        )
        text += f"\r\n{_in_download(silicon)}"
    else:
        text = f"{target.banner}\r\n{cause},boot:{target.boot_code:#x} (SPI_FAST_FLASH_BOOT)\r\n"
    return (ConsoleLine(text.encode(), target.log_baud),)


def _in_download(silicon: SimSilicon) -> str:
    """What the ROM prints after the line with the boot mode."""
    if not silicon.unit.has(FaultKind.NO_DOWNLOAD):
        return "waiting for download\r\n"
    if silicon.target.name == "esp32":
        return "Download mode is disabled. Restart with GPIO0 high.\r\n"
    return ""
