"""Warnings about baud rates that serial adapters do not usually make. Pure."""

from collections.abc import Iterator

from burner.core.baud_rates import USUAL
from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.yaml_document import FieldPath
from burner.profile.profile import Profile
from burner.provisioning.at_carrier import AtSettings


def check_baud_rates(profile: Profile) -> Iterator[Finding]:
    """A warning for each rate that is none of the usual ones."""
    for path, rate in _rates(profile):
        if rate not in USUAL:
            nearest = min(USUAL, key=lambda usual: abs(usual - rate))
            at, meant = profile.place(*path), f"did you mean {nearest}?"
            yield Finding(Code.BAUD_RATE_UNUSUAL, at, f"found {rate}", meant, warning=True)


def _rates(profile: Profile) -> Iterator[tuple[FieldPath, int]]:
    """Every rate of a profile, and where it stands."""
    yield ("flash", "baud"), profile.flash.first_baud
    yield ("boot", "baud"), profile.boot.baud
    if isinstance(profile.carrier, AtSettings):
        yield ("carrier", "baud"), profile.carrier.baud
    identity = profile.identity
    for index, rate in enumerate(identity.imei.bauds if identity.imei else ()):
        yield ("identity", "imei", "bauds", index), rate
    for index, rate in enumerate(identity.serial.modem.bauds if identity.serial else ()):
        yield ("identity", "serial", "modem", "bauds", index), rate
