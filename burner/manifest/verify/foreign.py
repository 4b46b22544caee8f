"""Imported logs, folded again up to the head of each import."""

from sqlalchemy.engine import Connection

from burner.core.errors import BurnerError
from burner.manifest.entries.errors import not_as_signed
from burner.manifest.entries.kinds import LogImported
from burner.manifest.fold.memory import MemoryState
from burner.manifest.log.note import NoteError, SignedNote
from burner.manifest.store.table_state import log_number
from burner.manifest.verify.stored_log import StoredLog


class ForeignLogs:
    """The imported logs of a manifest."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.logs: dict[int, StoredLog] = {}
        """By number."""
        self.damaged: dict[str, BurnerError] = {}
        """By origin: logs with missing records, or with a broken rule."""

    def state(self, origin: str, size: int) -> MemoryState | None:
        """The state of an imported log at a size; None: it is gone or damaged.

        Each call for a log needs the size of the last one, or a larger one.
        """
        log = log_number(self._connection, origin)
        if log is None:
            return None
        stored = self.logs.setdefault(log, StoredLog(self._connection, log))
        try:
            for _ in stored.follow(size):
                pass
        except BurnerError as error:
            self.damaged[origin] = BurnerError(error.code, f"{origin}, {error.detail}")
            return None
        return stored.state

    def check(self, entry: LogImported) -> None:
        """Check an import against the records that came with it.

        Raises:
            BurnerError: E713, E714, E755.
        """
        if entry.origin in self.damaged:
            raise self.damaged[entry.origin]
        log = log_number(self._connection, entry.origin)
        if log is None or (stored := self.logs.get(log)) is None:
            raise not_as_signed(f"the log {entry.origin} is gone")
        if stored.frontier.root.hex() != entry.root:
            raise not_as_signed(f"{entry.origin}: its records are not those that were imported")
        try:
            note = SignedNote.parse(entry.checkpoint.encode())
        except NoteError as error:
            raise not_as_signed(f"{entry.origin}: {error}") from None
        stored.check_head(note, entry.size, stored.frontier.root)
