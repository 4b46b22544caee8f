"""Warnings that a profile accepts, each by its code and with a reason. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from burner.core.code import Code
from burner.core.errors import Finding
from burner.profile.profile import Profile

OF_PLACE: Final = frozenset(
    {
        *(Code.SECRET_NOT_CHECKED, Code.SECRET_UNUSUAL, Code.VERSION_MADE_OTHERWISE),
        Code.RELEASE_EXPIRED,
    }
)
"""Warnings of the computer, its clock, secret or manifest: they occur at one place, not at another.
"""
ACCEPTABLE: Final = OF_PLACE | {
    Code.PRODUCT_ID_LOWER_CASE,
    Code.CHALLENGE_CONTRADICTS_IMAGES,
    Code.DYNAMIC_REGISTRATION_MISSING,
    Code.REGISTRATION_PARTITION_MISSING,
    Code.IMAGE_FLASH_SIZE_DIFFERS,
    Code.OTHER_APPLICATION_MAY_START,
    Code.BOOT_PART_NOT_BURNED,
    Code.PLACEHOLDER_IN_APPLICATION,
    Code.IMAGE_NEEDS_NEWER_CHIP,
    Code.KEY_LOST_BY_UPDATE,
    Code.KEY_WHERE_FIRMWARE_WRITES,
    Code.BLANK_PARTITION_INVALID,
    Code.BAUD_RATE_UNUSUAL,
    Code.PLACEHOLDER_IN_FIXED_VALUE,
    Code.NAME_MAY_REPEAT,
    Code.CHIP_WITHOUT_ETHERNET,
    Code.DIALOGUE_PORT_UNKNOWN,
    Code.RESOURCES_ALMOST_ALIKE,
    Code.DIALOGUE_MAY_FAIL,
}
"""The codes of all warnings about a profile."""


def accepted(findings: Iterable[Finding], reasons: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings; the warnings among them that are accepted with their reasons."""
    return tuple(
        replace(finding, accepted=reasons[finding.code])
        if finding.warning and finding.code in reasons
        else finding
        for finding in findings
    )


def check_acceptance(
    profile: Profile, findings: Iterable[Finding], *, all_checked: bool
) -> Iterator[Finding]:
    """What a profile accepts in vain.

    Args:
        profile: with its `accept`.
        findings: all that was found in it.
        all_checked: whether everything could be looked at; else a warning may be yet to come.
    """
    seen = {(finding.code, finding.warning) for finding in findings}
    for code in profile.accept:
        at = profile.place("accept", code)
        if code not in ACCEPTABLE:
            allowed = "the code of a warning that `burner profile check` shows"
            yield Finding(
                Code.WARNING_NOT_ACCEPTABLE, at, f"{code} is not a warning about a profile", allowed
            )
        elif (code, False) in seen and (code, True) not in seen:
            yield Finding(
                Code.WARNING_NOT_ACCEPTABLE, at, f"{code} is an error here", "correct what it names"
            )
        elif all_checked and code not in OF_PLACE and (code, True) not in seen:
            allowed = "remove it: it would hide the warning if it occurs later"
            yield Finding(
                Code.ACCEPTED_WARNING_ABSENT, at, f"{code} does not occur", allowed, warning=True
            )
