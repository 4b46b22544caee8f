"""Baud rates that serial adapters and chips really have. Pure."""

from typing import Annotated, Final

from pydantic import Field

MOST: Final = 5_000_000
Baud = Annotated[int, Field(ge=300, le=MOST)]
"""Bits per second."""

FASTEST: Final = 2_000_000
"""The fastest rate that is tried: CP2102N, CH343, FT232H and the chips do 2 Mbit/s and more, cables
and fixtures often less.
"""

USUAL: Final = (
    *(300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 74880, 76800),
    *(115200, 128000, 230400, 250000, 256000, 460800, 500000, 576000, 921600),
    *(1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000, 5000000),
)
"""The rates of POSIX and Windows, and 74880: the ESP8266's ROM. An adapter makes others too, but
then it is chance how close it comes; usually somebody mistyped one of these.
"""
