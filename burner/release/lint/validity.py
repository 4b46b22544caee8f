"""A warning about a release whose last moment is past. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime

from burner.core.code import Code
from burner.core.errors import Finding
from burner.profile.profile import Profile


def check_validity(profile: Profile, now: datetime) -> Iterator[Finding]:
    """A warning where no unit may be made any more."""
    last = profile.limits.last_moment
    if last and datetime.fromisoformat(last) < now.astimezone(UTC):
        at, found = profile.place("limits", "valid_until"), f"found {profile.limits.valid_until}"
        yield Finding(Code.RELEASE_EXPIRED, at, found, "a day to come", warning=True)
