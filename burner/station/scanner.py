"""Labels from a scanner: a keyboard that types a line and Enter. One slot is asked at a time."""

import queue
import threading
from collections.abc import Iterable
from typing import Protocol

POLL_S = 0.2


class Place(Protocol):
    """What this file needs to know of a slot."""

    stopping: threading.Event

    def scanning(self) -> None:
        """Say that this slot waits for the label of its board."""
        ...


class Scanner:
    """Gives each scanned line to the slot that waits; the board shows which one that is."""

    def __init__(self, lines: Iterable[str], by_hand: bool = False) -> None:
        """Start to read.

        Args:
            lines: what is scanned (standard input).
            by_hand: a person scans: what came while no slot asked (a scan too many) is dropped,
                and a wrong label is asked for again. A prepared list has one label a board.
        """
        self.by_hand = by_hand
        self._scanned: queue.Queue[str] = queue.Queue()
        self._turn = threading.Lock()
        threading.Thread(target=self._read, args=(lines,), name="scanner", daemon=True).start()

    def take(self, slot: Place) -> str | None:
        """Wait for this slot's turn and its label; None when the station stops before."""
        while not self._turn.acquire(timeout=POLL_S):
            if slot.stopping.is_set():
                return None
        try:
            if self.by_hand:
                self._scanned.queue.clear()
            slot.scanning()
            return self._next(slot)
        finally:
            self._turn.release()

    def _next(self, slot: Place) -> str | None:
        while not slot.stopping.is_set():
            try:
                return self._scanned.get(timeout=POLL_S)
            except queue.Empty:
                continue
        return None

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            if label := line.strip():
                self._scanned.put(label)
