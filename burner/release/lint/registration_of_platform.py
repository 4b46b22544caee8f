"""Whether the platform can be what `registration:` expects of it. Pure."""

from collections.abc import Iterator

from burner.core.code import Code
from burner.core.errors import Finding
from burner.platforms.product_settings import CredentialKind
from burner.profile.profile import Profile
from burner.profile.registration import NameCreation
from burner.provisioning.at_carrier import AtSettings
from burner.provisioning.file_carrier import FileSettings


def check_registration_of_platform(profile: Profile) -> Iterator[Finding]:
    """An error for a region, an instance, credentials or names that the platform does not have."""
    expected, platform = profile.registration, profile.platform
    if expected.region and expected.region not in platform.hosts:
        at, found = profile.place("registration", "region"), f"found {expected.region!r}"
        allowed = f"a region of {platform.title}: {', '.join(platform.hosts)}"
        yield Finding(Code.PROFILE_INVALID, at, found, allowed)
    burned = _burned_region(profile)
    if expected.region and burned in platform.hosts and burned != expected.region:
        at = profile.place("registration", "region")
        found = f"found {expected.region!r}, and the carrier burns the region {burned!r}"
        yield Finding(Code.PROFILE_INVALID, at, found, "the same region in both")
    if expected.instance and not platform.instances:
        at, found = profile.place("registration", "instance"), f"found {expected.instance!r}"
        yield Finding(
            Code.PROFILE_INVALID, at, found, f"nothing: {platform.title} has no instances"
        )
    if expected.credentials is CredentialKind.CERTIFICATE and not platform.certificates:
        at, found = profile.place("registration", "credentials"), "found 'certificate'"
        yield Finding(Code.PROFILE_INVALID, at, found, f"key: {platform.title} has no others")
    if expected.name_creation is NameCreation.AUTOMATIC and not platform.creates_devices:
        at, found = profile.place("registration", "names"), "found 'automatic'"
        allowed = f"created-before or created-after: {platform.title} creates none by itself"
        yield Finding(Code.PROFILE_INVALID, at, found, allowed)


def _burned_region(profile: Profile) -> str:
    """The region that the firmware is told with its key; empty: none."""
    match profile.carrier:
        case AtSettings() as carrier:
            return carrier.region
        case FileSettings() as carrier:
            region = carrier.json_fields.get("region")
            return region if isinstance(region, str) else ""
    return ""
