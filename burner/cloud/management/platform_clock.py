"""The clock of this computer, by the date in an answer of the platform."""

import time
from email.utils import parsedate_to_datetime

from burner.core.errors import BurnerError


def seconds_ahead_of(date: str) -> float | None:
    """How much later it is on this computer than `date` says; None: it says nothing."""
    try:
        return time.time() - parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def with_clock_error(error: BurnerError, off: float | None) -> BurnerError:
    """An error about the clock, with how many seconds it is ahead; None: that is not known."""
    if off is None:
        return error
    direction = "ahead of" if off > 0 else "behind"
    return BurnerError(
        error.code, f"this computer is {_amount(abs(off))} {direction} the platform; {error.detail}"
    )


def _amount(seconds: float) -> str:
    """So long, in the unit that a person would take."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 120:
        return f"{minutes:.0f} minutes"
    if minutes < 48 * 60:
        return f"{minutes / 60:.0f} hours"
    days = minutes / 60 / 24
    return f"{days:.0f} days" if days < 1000 else "years"
