"""Waiting for the first article of a batch to be approved, before a unit is touched."""

from collections.abc import Callable, Generator
from time import sleep

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_events import ApprovalAwaited, ApprovalGiven, Event

BEFORE_APPROVAL = (Code.FIRST_ARTICLE_NOT_APPROVED, Code.FIRST_ARTICLE_IN_WORK)
"""The first article is not approved, or is still being made."""
PAUSE_S = 1.0
"""Between two looks whether it is approved."""


def wait_for_approval(
    slot: str,
    refusal: BurnerError | None,
    look_again: Callable[[], Generator[Event, None, BurnerError | None]],
    gives_up: Callable[[], bool],
) -> Generator[Event, None, bool]:
    """Wait until another unit of the batch may begin.

    Args:
        slot: the slot that waits.
        refusal: why no other unit may begin now.
        look_again: why none may; None: one may.
        gives_up: whether the unit left, or a person ended the waiting.

    Yields:
        `ApprovalAwaited` when the wait begins or its reason changes; `ApprovalGiven` at its end.

    Returns:
        Whether the unit goes on; else it left.
    """
    shown = ""
    while refusal is not None:
        if refusal.code != shown:
            yield ApprovalAwaited(slot, refusal.code, refusal.detail)
            shown = refusal.code
        if gives_up():
            return False
        sleep(PAUSE_S)
        refusal = yield from look_again()
    yield ApprovalGiven(slot)
    return True
