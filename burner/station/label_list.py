"""Labels prepared in a file or by a script: one a line, one a board, nobody to be asked again."""

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final, TextIO

from burner.errors import BurnerError
from burner.station.keystrokes import LONGEST

AHEAD: Final = 100
"""Lines read before a board wants them; a list may have no end."""


def label_lines(file: TextIO) -> Iterator[str]:
    """The lines of a file; of one that is longer than any label, its beginning."""
    while line := file.readline(LONGEST):
        yield line
        while line and not line.endswith("\n"):
            line = file.readline(LONGEST)


class LabelList:
    """Labels prepared in a file or by a script, one a line, taken in the fixture's order."""

    def __init__(self, lines: Iterable[str], by_slot: Sequence[str] = ()) -> None:
        """Reading begins.

        Args:
            lines: blank ones do not count.
            by_slot: the slots in the fixture's order, where the first line belongs to the first
                slot, and so on, whatever becomes of the boards. Empty: to the next board.
        """
        self._lines: queue.Queue[str | None] = queue.Queue(AHEAD)
        self._places = {slot: place for place, slot in enumerate(by_slot)}
        self._of_slots: list[str] | None = [] if by_slot else None
        threading.Thread(target=self._read, args=(lines,), name="labels", daemon=True).start()

    def next(self, slot: str) -> str:
        """The next label for a slot; empty while there is none yet.

        Raises:
            BurnerError: E442 there are no more.
        """
        if self._of_slots is None:
            return self._come()
        if slot not in self._places:
            raise BurnerError("E442")
        while len(self._of_slots) <= self._places[slot]:
            if not (line := self._come()):
                return ""
            self._of_slots.append(line)
        return self._of_slots[self._places.pop(slot)]

    def _come(self) -> str:
        try:
            line = self._lines.get_nowait()
        except queue.Empty:
            return ""
        if line is None:
            self._lines.put(None)
            raise BurnerError("E442")
        return line

    def _read(self, lines: Iterable[str]) -> None:
        with suppress(OSError, ValueError):  # what cannot be read is as good as its end
            for line in lines:
                if line.strip():
                    self._lines.put(line)
        self._lines.put(None)
