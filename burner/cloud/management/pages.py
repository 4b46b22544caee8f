"""A list that a platform gives in pages."""

from collections.abc import Callable, Iterator, Sequence

from burner.cloud.management.api import DeviceOnPlatform
from burner.core.code import Code
from burner.core.errors import BurnerError

DevicePage = tuple[Sequence[DeviceOnPlatform], int]
"""The devices of a page, and how many the whole list has."""


def pages(page: Callable[[int], DevicePage]) -> Iterator[Sequence[DeviceOnPlatform]]:
    """All devices, a page at a time, each once: a list that changes meanwhile repeats some.

    Args:
        page: the devices from an offset on.

    Raises:
        BurnerError: E840 the list ends before its number of devices.
    """
    offset, total, seen = 0, 1, set[str]()
    while offset < total:
        before = total
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
        if new:
            yield new
