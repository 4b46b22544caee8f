"""Labels prepared in a file or by a script: one line for each board.

Where each slot has its own line, the order of lines is the order of slots. Boards that come one
after the other have no such order, since a dead board shifts it: there a line must name its board.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final, TextIO

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.station.scanning.keystrokes import LONGEST

AHEAD: Final = 100
"""Lines read ahead, and lines kept for boards to come: a list may have no end."""

BYTE_ORDER_MARK: Final = "\ufeff"

Names = Callable[[str], bool | None]
"""Whether a line names a board; None where it says nothing that can be compared."""


def label_lines(file: TextIO) -> Iterator[str]:
    """The lines of a file, without the byte order mark that editors put at its start.

    A line longer than any label is cut.
    """
    mark = BYTE_ORDER_MARK
    while line := file.readline(LONGEST):
        yield line.removeprefix(mark)
        mark = ""
        while line and not line.endswith("\n"):
            line = file.readline(LONGEST)


class LabelList:
    """Labels prepared in a file or by a script, one a line, taken in the fixture's order."""

    def __init__(self, lines: Iterable[str], by_slot: Sequence[str] = ()) -> None:
        """Start to read.

        Args:
            lines: a blank one is the missing label of its slot, or of no slot.
            by_slot: the slots in the fixture's order, where the first line belongs to the first
                slot, and so on, whatever happens to the boards. Empty: to the board that it names.
        """
        self.must_name_boards = not by_slot
        self._lines: queue.Queue[str | None] = queue.Queue(AHEAD)
        self._places = {slot: place for place, slot in enumerate(by_slot)}
        self._of_slots: list[str] | None = [] if by_slot else None
        self._kept: list[str] = []
        threading.Thread(target=self._read, args=(lines,), name="labels", daemon=True).start()

    def next(self, slot: str, names: Names = lambda _line: None) -> str:
        """The next label for a slot; empty while there is none yet.

        Args:
            slot: whose board wants it.
            names: whether a line names this board.

        Raises:
            BurnerError: E442 there is none for it: no line, or a blank one.
        """
        if self._of_slots is None:
            return self._of_board(names)
        if slot not in self._places:
            raise BurnerError(Code.LABEL_MISSING, f"the list has no line for slot {slot}")
        while len(self._of_slots) <= self._places[slot]:
            if (line := self._come(f"the list has no line for slot {slot}")) is None:
                return ""
            self._of_slots.append(line)
        place = self._places.pop(slot)
        if not self._of_slots[place].strip():
            raise BurnerError(Code.LABEL_MISSING, f"the list has an empty line for slot {slot}")
        return self._of_slots[place]

    def exchange(self, slot: str, other: str) -> None:
        """Exchange the lines of two slots: this slot's line named the board of the other one."""
        if other in self._places:
            self._places[slot] = self._places.pop(other)

    def _of_board(self, names: Names) -> str:
        """The line that names a board; else the first one, if it names no board.

        Raises:
            BurnerError: E442 there are no more, or they name other boards.
        """
        before = len(self._kept)
        try:
            while len(self._kept) < AHEAD and (line := self._come()):
                self._kept.append(line)
        except BurnerError:
            if not self._kept:
                raise
        if not self._kept:
            return ""
        line = next((line for line in self._kept if names(line)), self._kept[0])
        if names(line) is not False:
            self._kept.remove(line)
            return line
        if len(self._kept) == AHEAD:
            self._kept.remove(line)
        elif len(self._kept) > before:
            return ""  # more may be coming just now
        raise BurnerError(Code.LABEL_MISSING, "no line of the list names this board")

    def _come(self, ended: str = "the list has no more lines") -> str | None:
        """The next line; None while there is none yet."""
        try:
            line = self._lines.get_nowait()
        except queue.Empty:
            return None
        if line is None:
            self._lines.put(None)
            raise BurnerError(Code.LABEL_MISSING, ended)
        return line

    def _read(self, lines: Iterable[str]) -> None:
        with suppress(OSError, ValueError):  # what cannot be read is as good as its end
            for line in lines:
                if line.strip() or self._of_slots is not None:
                    self._lines.put(line)
        self._lines.put(None)
