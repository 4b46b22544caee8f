"""Warnings that a profile accepts, each by its code and with a reason. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from burner.core.errors import Finding
from burner.profile.profile import Profile

OF_PLACE: Final = frozenset({"E128", "E158", "E188"})
"""Warnings of the computer, its secret or its manifest: they occur at one place, not at another."""
ACCEPTABLE: Final = OF_PLACE | {
    *("E103", "E122", "E123", "E124", "E125", "E126", "E127", "E129", "E138", "E144"),
    *("E146", "E147", "E148", "E166", "E168"),
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
    profile: Profile, findings: Iterable[Finding], *, complete: bool
) -> Iterator[Finding]:
    """What a profile accepts in vain.

    Args:
        profile: with its `accept`.
        findings: all that was found in it.
        complete: whether everything could be looked at; else a warning may be yet to come.
    """
    seen = {(finding.code, finding.warning) for finding in findings}
    for code in profile.accept:
        at = profile.place("accept", code)
        if code not in ACCEPTABLE:
            allowed = "the code of a warning that `burner profile check` shows"
            yield Finding("E149", at, f"{code} is no warning about a profile", allowed)
        elif (code, False) in seen and (code, True) not in seen:
            yield Finding("E149", at, f"{code} is an error here", "correct what it names")
        elif complete and code not in OF_PLACE and (code, True) not in seen:
            allowed = "take it out: it would hide a later one"
            yield Finding("E175", at, f"{code} does not occur", allowed, warning=True)
