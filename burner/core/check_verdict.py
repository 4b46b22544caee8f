"""What became of one check of a cloud platform: shown, answered and recorded as this."""

from enum import StrEnum


class CheckVerdict(StrEnum):
    """What became of a check."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not-needed"

    @property
    def passes(self) -> bool:
        """Whether it stops no unit."""
        return self in (CheckVerdict.GOOD, CheckVerdict.NOT_NEEDED)
