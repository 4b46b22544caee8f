"""How long a sender waits after a try that failed. Pure."""

FIRST_S = 1.0
LONGEST_S = 60.0
LONGEST_ASKED_S = 600.0
"""Longer a destination cannot put us off."""


def wait_s(failures: int, chance: float, asked_s: float = 0.0) -> float:
    """Seconds until the next try.

    Args:
        failures: in a row, from 1.
        chance: from 0 to 1: so that stations do not all come back at one moment.
        asked_s: what the destination asked for; 0: nothing.
    """
    base: float = min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 10))
    return max(base * (0.5 + 0.5 * chance), min(asked_s, LONGEST_ASKED_S))
