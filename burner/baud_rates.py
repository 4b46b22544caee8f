"""Baud rates that serial adapters and chips really have. Pure."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from burner.errors import Finding

if TYPE_CHECKING:
    from burner.profile import Profile
    from burner.schema import FieldPath

Baud = Annotated[int, Field(ge=300, le=5_000_000)]
"""Bits per second."""

USUAL: Final = (
    *(300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 74880, 76800),
    *(115200, 128000, 230400, 250000, 256000, 460800, 500000, 576000, 921600),
    *(1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000, 5000000),
)
"""The rates of POSIX and Windows, and 74880: the ESP8266's ROM. An adapter makes others too, but
then it is chance how close it comes; usually somebody mistyped one of these.
"""


def check_baud_rates(profile: "Profile") -> Iterator[Finding]:
    """A warning for each rate that is none of the usual ones."""
    for path, rate in _rates(profile):
        if rate not in USUAL:
            nearest = min(USUAL, key=lambda usual: abs(usual - rate))
            at, meant = profile.place(*path), f"did you mean {nearest}?"
            yield Finding("E147", at, f"found {rate}", meant, warning=True)


def _rates(profile: "Profile") -> Iterator[tuple["FieldPath", int]]:
    """Every rate of a profile, and where it stands."""
    from burner.carriers import AtSettings

    yield ("flash", "baud"), profile.flash.baud
    yield ("boot", "baud"), profile.boot.baud
    if isinstance(profile.carrier, AtSettings):
        yield ("carrier", "baud"), profile.carrier.baud
    identity = profile.identity
    for index, rate in enumerate(identity.imei.bauds if identity.imei else ()):
        yield ("identity", "imei", "bauds", index), rate
    for index, rate in enumerate(identity.serial.modem.bauds if identity.serial else ()):
        yield ("identity", "serial", "modem", "bauds", index), rate
