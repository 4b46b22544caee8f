"""Waiting for a manifest that cannot be reached for now: a server that restarts, a locked file."""

from collections.abc import Callable, Generator
from time import monotonic, sleep
from typing import TypeVar

from burner.core.code import Code, ErrorClass
from burner.core.errors import BurnerError
from burner.core.unit_events import Waiting

T = TypeVar("T")

PAUSE_S = 1.0
"""Between two looks."""
HELD_S = 120.0
"""How long a server may keep the session that this station lost: 20 s where it heeds
`database.NOTICED`, longer where its system counts differently. After that it is another's.
"""


def retry_until_reachable(
    ask: Callable[[], T], slot: str, gives_up: Callable[[], bool]
) -> Generator[Waiting, None, T]:
    """What the manifest answers, however long it takes to be reached.

    A station in use (E704) cannot be meant here, where the manifest is open already: after a
    network that went silent, it is this station's own lost session that still holds the lock.

    Args:
        ask: a call of the ledger; asking again is safe, it records nothing twice.
        slot: who waits.
        gives_up: whether a person has ended the waiting.

    Yields:
        `Waiting` when the wait begins or has another reason, and one without a code when it is
        over.

    Raises:
        BurnerError: what the ledger raised, when waiting is no use or was ended.
    """
    reported, held_until = "", 0.0
    while True:
        try:
            answer = ask()
        except BurnerError as error:
            trouble = error
            if error.code == Code.STATION_IN_USE:
                held_until = held_until or monotonic() + HELD_S
                if monotonic() < held_until:
                    trouble = BurnerError(Code.LOST_CONNECTION_HELD, error.detail)
            of_manifest = trouble.code.error_class is ErrorClass.MANIFEST
            if not (of_manifest and trouble.row.retry) or gives_up():
                raise trouble from error.__cause__
            if trouble.code != reported:
                yield Waiting(slot, trouble.code, trouble.detail)
            reported = trouble.code
            sleep(PAUSE_S)
            continue
        if reported:
            yield Waiting(slot)
        return answer
