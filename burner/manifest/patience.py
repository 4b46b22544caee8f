"""Waiting for a manifest that cannot be reached for now: a server that restarts, a locked file."""

from collections.abc import Callable, Generator
from time import sleep
from typing import TypeVar

from burner.errors import BurnerError
from burner.model import Waiting

T = TypeVar("T")

PAUSE_S = 1.0
"""Between two looks."""


def reached(
    ask: Callable[[], T], slot: str, gives_up: Callable[[], bool]
) -> Generator[Waiting, None, T]:
    """What the manifest answers, however long it takes to be reached.

    Args:
        ask: a call of the ledger; asking again is safe, it records nothing twice.
        slot: who waits.
        gives_up: whether a person has ended the waiting.

    Yields:
        `Waiting` when the wait begins, and one without a code when it is over.

    Raises:
        BurnerError: what the ledger raised, when waiting is no use or was ended.
    """
    waiting = False
    while True:
        try:
            answer = ask()
        except BurnerError as error:
            if not (error.code.startswith("E7") and error.row.retry) or gives_up():
                raise
            if not waiting:
                yield Waiting(slot, error.code, error.detail)
            waiting = True
            sleep(PAUSE_S)
            continue
        if waiting:
            yield Waiting(slot)
        return answer
