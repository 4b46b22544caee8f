"""A list that a platform gives in pages."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from burner.cloud.management.api import DeviceOnPlatform
from burner.core.code import Code
from burner.core.errors import BurnerError

MOST_PAGES: Final = 50_000
"""A list that needs more has no end: at 100 devices a page, this is 5 million."""
MOST_STALE = 20
"""Pages in a row that bring nothing new: a list may move by so much while it is read."""
DevicePage = tuple[Sequence[DeviceOnPlatform], int]
"""The devices of a page, and how many the whole list has."""


def pages(page: Callable[[int], DevicePage]) -> Iterator[Sequence[DeviceOnPlatform]]:
    """All devices, a page at a time, each once: a list that changes meanwhile repeats some.

    Args:
        page: the devices from an offset on.

    Raises:
        BurnerError: E840 the list ends before its number of devices, or has no end.
    """
    offset, total, seen, asked, stale = 0, 1, set[str](), 0, 0
    while offset < total:
        before, asked = total, asked + 1
        if asked > MOST_PAGES:
            raise endless_list()
        devices, total = page(offset)
        if offset and total < before:  # the devices behind one that was deleted moved up
            offset = max(offset - (before - total), 0)
            continue
        if not devices and offset < total:
            raise BurnerError(
                Code.API_ANSWER_UNREADABLE, f"the list of devices ends at {offset} of {total}"
            )
        offset += len(devices)
        new = [one for one in devices if one.name not in seen]
        seen.update(one.name for one in new)
        stale = 0 if new else stale + 1
        if stale > MOST_STALE:
            raise endless_list()
        if new:
            yield new


def endless_list() -> BurnerError:
    """The error of a list that gives again what it gave before, or goes on for ever."""
    return BurnerError(
        Code.API_ANSWER_UNREADABLE, "the list has no end: a page brings nothing new, or too many"
    )
