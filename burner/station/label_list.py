"""Labels prepared in a file or by a script: one a line, one a board, nobody to be asked again."""

import queue
import threading
from collections.abc import Iterable

from burner.errors import BurnerError


class LabelList:
    """Labels prepared in a file or by a script, one a line, taken in the fixture's order."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(lines,), name="labels", daemon=True).start()

    def next(self) -> str:
        """The next label; empty while there is none yet.

        Raises:
            BurnerError: E442 there are no more.
        """
        try:
            line = self._lines.get_nowait()
        except queue.Empty:
            return ""
        if line is None:
            self._lines.put(None)
            raise BurnerError("E442")
        return line

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            if line.strip():
                self._lines.put(line)
        self._lines.put(None)
