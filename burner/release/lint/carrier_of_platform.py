"""Whether the carrier is one of the platform with which the units register. Pure."""

from collections.abc import Iterator

from burner.core.code import Code
from burner.core.errors import Finding
from burner.profile.profile import Profile
from burner.provisioning.at_carrier import AtSettings
from burner.provisioning.nvs_carrier import NvsSettings


def check_carrier_of_platform(profile: Profile) -> Iterator[Finding]:
    """An error for AT commands or a preset of another platform."""
    cloud, carrier, platform = profile.product.cloud, profile.carrier, profile.platform
    if isinstance(carrier, AtSettings) and not platform.at_commands:
        at, allowed = profile.place("carrier", "kind"), "nvs, file, patch or raw"
        found = f"the AT commands are Tencent's, and product.cloud is {cloud}"
        yield Finding(Code.PROFILE_INVALID, at, found, allowed)
    preset = carrier.preset if isinstance(carrier, NvsSettings) else None
    if preset and preset != platform.nvs_preset.name:
        at = profile.place("carrier", "preset")
        found = f"{preset} is not of product.cloud {cloud}"
        yield Finding(Code.PROFILE_INVALID, at, found, platform.nvs_preset.name)
