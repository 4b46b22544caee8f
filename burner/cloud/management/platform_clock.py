"""The clock of this computer, by the date in an answer of the platform."""

import time
from email.utils import parsedate_to_datetime

from burner.core.errors import BurnerError


def seconds_ahead_of(date: str) -> float | None:
    """How much later it is on this computer than `date` says; None: it says nothing."""
    try:
        return time.time() - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def with_clock_error(error: BurnerError, off: float | None) -> BurnerError:
    """An error about the clock, with how many seconds it is ahead; None: that is not known."""
    if off is None:
        return error
    amount = f"{abs(off):.0f} s" if abs(off) < 120 else f"{abs(off) / 60:.0f} minutes"
    direction = "ahead of" if off > 0 else "behind"
    return BurnerError(
        error.code, f"this computer is {amount} {direction} the platform; {error.detail}"
    )
