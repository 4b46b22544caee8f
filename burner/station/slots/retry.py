"""Retry: after which codes a unit is tried again, how often, and at which baud rate. Pure.

The table of codes says *whether* trying again may help (`retry`); this file says how often, and
that a link error also takes one rung down the baud ladder. Each try is an attempt of its own.
"""

from burner.core.baud_rates import FASTEST
from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import lookup

RUNGS = (FASTEST, 1_500_000, 921_600, 460_800, 230_400, 115_200)
"""Bits per second, fast to slow; a profile may start anywhere, also between two rungs."""

TRIES = {ErrorClass.PORT: 3, ErrorClass.FLASH: 3, ErrorClass.VERIFY: 2}
"""Tries in all by class of error: writing walks the ladder from 921600 down to 230400."""

TRIES_ELSE = 2

LINK = frozenset(
    {
        Code.ANSWERS_GARBLED,
        Code.ADAPTER_SPEED_UNSUPPORTED,
        Code.BOARD_STOPPED_ANSWERING,
        Code.READ_BACK_DISTURBED,
        Code.STUB_NOT_STARTED,
        Code.LINE_NOT_CLEAN,
        Code.BOARD_SILENT_DURING_WRITE,
        Code.WRITE_DATA_DAMAGED,
        Code.FLASH_DIFFERS,
    }
)
"""What noise on the line can cause. E601: a garbled byte may also end in a wrong MD5."""


def tries(code: str) -> int:
    """How many attempts a unit gets in all when this code ends them; 1 = no retry."""
    return TRIES.get(Code(code).error_class, TRIES_ELSE) if lookup(code).retry else 1


def again(code: str, number: int) -> bool:
    """Whether a unit whose try `number` (from 1) ended with this code gets another one."""
    return number < tries(code)


def is_too_fast(code: str, baud: int) -> bool:
    """Whether a slot that has not found its rate yet tries a slower one: also after the last try of
    `again`. Not for a wrong MD5 alone: on a line that is too fast other errors come first.
    """
    return code != Code.FLASH_DIFFERS and next_baud(code, baud) < baud


def next_baud(code: str, baud: int) -> int:
    """The rate of the next try: one rung down after a link error, else the same."""
    if code not in LINK:
        return baud
    return next((rung for rung in RUNGS if rung < baud), baud)
