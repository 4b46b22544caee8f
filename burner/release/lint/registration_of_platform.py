"""Whether the platform can be what `registration:` expects of it. Pure."""

from collections.abc import Iterator

from burner.core.code import Code
from burner.core.errors import Finding
from burner.platforms.product_settings import CredentialKind
from burner.profile.profile import Profile
from burner.profile.registration import NameCreation


def check_registration_of_platform(profile: Profile) -> Iterator[Finding]:
    """An error for a region, an instance, credentials or names that the platform does not have."""
    expected, platform = profile.registration, profile.platform
    if expected.region and expected.region not in platform.hosts:
        at, found = profile.place("registration", "region"), f"found {expected.region!r}"
        allowed = f"a region of {platform.title}: {', '.join(platform.hosts)}"
        yield Finding(Code.PROFILE_INVALID, at, found, allowed)
    if expected.instance and not platform.instances:
        at, found = profile.place("registration", "instance"), f"found {expected.instance!r}"
        yield Finding(
            Code.PROFILE_INVALID, at, found, f"nothing: {platform.title} has no instances"
        )
    if expected.credentials is CredentialKind.CERTIFICATE and not platform.certificates:
        at, found = profile.place("registration", "credentials"), "found 'certificate'"
        yield Finding(Code.PROFILE_INVALID, at, found, f"key: {platform.title} has no others")
    if expected.names is NameCreation.AUTOMATIC and not platform.creates_devices:
        at, found = profile.place("registration", "names"), "found 'automatic'"
        allowed = f"created-before or created-after: {platform.title} creates none by itself"
        yield Finding(Code.PROFILE_INVALID, at, found, allowed)
