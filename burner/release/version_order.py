"""Which of two firmware versions is the older one. Pure.

Numbers are compared as numbers: 1.9 < 1.10, and 1.2 is 1.2.0. A pre-release comes before its
release: 1.2.0-rc1 < 1.2.0, in the order alpha, beta, rc. What follows `+` is the build and does not
count. Any other form (`1.2.0-5`, a date with letters) means different things to different people:
it is not compared at all.
"""

import re

_FORM = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)(?:[.-]?(alpha|beta|rc|a|b)[.-]?([0-9]*))?(?:\+.+)?")


def is_comparable(version: str) -> bool:
    """Whether a version has a form that can be compared."""
    return bool(_FORM.fullmatch(version.lower()))


def is_older(version: str, than: str) -> bool:
    """Whether a version is older than another one; both must be comparable."""
    from packaging.version import Version

    return Version(_plain(version)) < Version(_plain(than))


def _plain(version: str) -> str:
    """As `packaging` reads it, without the build."""
    match = _FORM.fullmatch(version.lower())
    if match is None:
        raise ValueError(version)
    numbers, stage, number = match.groups()
    return f"{numbers}{stage}{number or 0}" if stage else numbers
