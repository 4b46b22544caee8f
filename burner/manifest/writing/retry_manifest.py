"""Calls of a manifest that cannot be reached now (a server restarts, a file is locked)."""

from collections.abc import Callable, Generator
from time import monotonic, sleep
from typing import TypeVar

from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError
from burner.core.unit_events import ManifestAway, ManifestBack

T = TypeVar("T")

RETRY_PAUSE_S = 1.0
"""Between two attempts."""
LOST_SESSION_S = 120.0
"""How long a server may keep the session that this station lost: 20 s where it supports
`engine.KEEPALIVE`, longer elsewhere. After that the lock belongs to another program.
"""


def retry_until_reachable(
    call: Callable[[], T], slot: str, gives_up: Callable[[], bool]
) -> Generator[ManifestAway | ManifestBack, None, T]:
    """Call the manifest, and again until it can be reached.

    The manifest is open already, so E704 (the station is in use) means something else here: after
    a silent network the server still keeps the lost session of this station, with its lock.

    Args:
        call: to the ledger; it can be repeated, since it records nothing twice.
        slot: the slot that waits.
        gives_up: whether a person ended the waiting.

    Yields:
        `ManifestAway` when the wait begins or its reason changes; `ManifestBack` at its end.

    Raises:
        BurnerError: from the ledger, where waiting does not help or was ended.
    """
    reported, expected_until = "", 0.0
    while True:
        try:
            answer = call()
        except BurnerError as error:
            trouble = error
            if error.code == Code.STATION_IN_USE:
                expected_until = expected_until or monotonic() + LOST_SESSION_S
                if monotonic() < expected_until:
                    trouble = BurnerError(Code.LOST_CONNECTION_HELD, error.detail)
            of_manifest = trouble.code.error_class is ErrorClass.MANIFEST
            if not (of_manifest and trouble.row.retry) or gives_up():
                raise trouble from error.__cause__
            if trouble.code != reported:
                yield ManifestAway(slot, trouble.code, trouble.detail)
            reported = trouble.code
            sleep(RETRY_PAUSE_S)
            continue
        if reported:
            yield ManifestBack(slot)
        return answer
