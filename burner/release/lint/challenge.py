"""Whether the profile asks the station's challenge of a firmware that can answer it. Pure."""

from collections.abc import Iterator, Mapping

from burner.core.code import Code
from burner.core.errors import Finding
from burner.flash.image import AppImage
from burner.flash.layout import Layout
from burner.profile.profile import Profile
from burner.provisioning.at_carrier import AtSettings
from burner.provisioning.challenge import RESPONSE

_BUILT_IN = RESPONSE.encode()


def check_challenge_settings(profile: Profile) -> Iterator[Finding]:
    """An error where the key comes by AT commands: that firmware has no challenge."""
    if profile.boot.challenge and isinstance(profile.carrier, AtSettings):
        at, found = profile.place("boot", "challenge"), "found true, with carrier.kind: at"
        allowed = "false: an AT firmware is asked for its key by AT commands"
        yield Finding(Code.PROFILE_INVALID, at, found, allowed)


def check_challenge_in_images(
    profile: Profile, layout: Layout, images: Mapping[str, AppImage]
) -> Iterator[Finding]:
    """A warning where no firmware can answer, or where one can and nobody asks."""
    able = [name for name in images if _BUILT_IN in layout.segments[name].data]
    at = profile.place("boot", "challenge")
    if profile.boot.challenge and not able:
        found = "found true, and no image can answer"
        allowed = "a firmware that is built with BURNER_CHALLENGE"
        yield Finding(Code.CHALLENGE_CONTRADICTS_IMAGES, at, found, allowed, warning=True)
    elif able and not profile.boot.challenge:
        found = f"found false, and {', '.join(able)} can answer"
        allowed = "a firmware that is built without BURNER_CHALLENGE"
        if not isinstance(profile.carrier, AtSettings):  # that one can never be asked: E101
            allowed = f"true; or {allowed}"
        yield Finding(Code.CHALLENGE_CONTRADICTS_IMAGES, at, found, allowed, warning=True)
