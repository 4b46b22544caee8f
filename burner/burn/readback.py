"""What was just written, read back: the step `verify`."""

from burner.burn.comparison import ComparisonVerdict, compare_application
from burner.burn.key_comparison import read_key
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.device import Device
from burner.flash import otadata
from burner.release.release import Release


def check_burned_application(device: Device, release: Release) -> None:
    """Check that otadata selects the burned application, where the release does not write otadata.

    Raises:
        BurnerError: E621.
    """
    if not otadata.burned_otadata(release.layout):
        comparison = compare_application(device, release)
        if comparison.verdict is ComparisonVerdict.DIFFERS:
            raise BurnerError(Code.OTHER_APPLICATION_STARTS, comparison.why)


def check_burned_key(device: Device, release: Release, device_name: str) -> None:
    """Read back and decode the key that was just written; an AT firmware has none in flash.

    Raises:
        BurnerError: E602 it is another one, E606, E607 there is none.
    """
    carrier = release.flash_carrier
    if carrier is None:
        return
    read = read_key(device, carrier, release, as_burned=True)
    if carrier.decode(read) != release.key_for(device_name):
        raise BurnerError(Code.KEY_DIFFERS, f"in {', '.join(read)}")
