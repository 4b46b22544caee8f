"""What a booted chip prints, from what is really in its flash. (being written)"""

from typing import NamedTuple

from burner.bench.silicon import Silicon


class Line(NamedTuple):
    """Bytes on the console, and the rate they are sent at."""

    text: bytes
    baud: int


class App:
    """The running application."""

    def __init__(self, log: tuple[Line, ...]) -> None:
        self.log = log

    def hear(self, data: bytes) -> bytes:
        """What the application answers to bytes on its console."""
        return b""


def rom_log(silicon: Silicon, download: bool) -> tuple[Line, ...]:
    """The ROM's own lines after a reset."""
    target = silicon.target
    code = target.boot_code & ~8 if download else target.boot_code
    if target.name == "esp8266":
        text = f"\r\n {target.banner},rst cause:2, boot mode:({1 if download else 3},6)\r\n\r\n"
    else:
        name = "DOWNLOAD(USB/UART0)" if download else "SPI_FAST_FLASH_BOOT"
        wait = "waiting for download\r\n" if download else ""
        text = f"{target.banner}\r\nrst:0x1 (POWERON),boot:{code:#x} ({name})\r\n{wait}"
    return (Line(text.encode(), target.log_baud),)


def start(silicon: Silicon) -> App:
    return App(rom_log(silicon, download=False))
