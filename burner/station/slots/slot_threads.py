"""A thread for each slot; their events come through one queue."""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TypeVar

EventT = TypeVar("EventT")

POLL_S = 0.2
"""How long the reader of the queue sleeps at most: signals wake no lock on Windows."""


def run_in_slots(
    work: Mapping[str, Callable[[], None]],
    events: "queue.SimpleQueue[EventT]",
    *,
    abandon: Callable[[], None],
    tick: Callable[[], None] = lambda: None,
) -> Iterator[EventT]:
    """Work in every slot at once; events as they come, until every slot has ended.

    Args:
        work: by slot; returns when the slot takes no more boards.
        events: where the work puts its events.
        abandon: stops the work when nobody reads any more: it must not run on unseen.
        tick: called between two events, and at least every `POLL_S`.
    """
    threads = [
        threading.Thread(target=work_in_slot, name=f"slot {slot}")
        for slot, work_in_slot in work.items()
    ]
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads):
            tick()
            with suppress(queue.Empty):
                yield events.get(timeout=POLL_S)
        while not events.empty():
            yield events.get()
    finally:
        if any(thread.is_alive() for thread in threads):
            abandon()
        for thread in threads:
            thread.join()
