"""What a writer leaves in the state folder: the log at its place, and its last head."""

from burner.core.errors import BurnerError
from burner.manifest.local.known_log import KnownLog, KnownLogFile
from burner.manifest.local.places import remember_place


class HeadMemory:
    """Remembers a log and its last head, for one station at one place."""

    def __init__(self, place: str, station: str) -> None:
        self._place, self._station = place, station
        self._file: KnownLogFile | None = None
        self._unwritten: KnownLog | None = None
        self._error: BurnerError | None = None

    def open(self, head: KnownLog) -> None:
        """Remember the log at its place, and its head.

        Raises:
            BurnerError: E717 when the state folder cannot be written.
        """
        if self._file is None:
            self._file = KnownLogFile(head.origin, self._station)
        remember_place(self._place, head.origin)
        self.write(head)

    def write(self, head: KnownLog) -> None:
        """Remember a head, once open. `check` reports an error: the record is stored already."""
        try:
            if self._file:
                self._file.write(head)
            self._unwritten = self._error = None
        except BurnerError as error:
            self._unwritten, self._error = head, error

    def check(self) -> None:
        """Write the last head again, if that failed: without it the next unit must not begin.

        Raises:
            BurnerError: E717 when the state folder cannot be written.
        """
        if self._unwritten:
            self.write(self._unwritten)
        if self._error:
            raise self._error

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
