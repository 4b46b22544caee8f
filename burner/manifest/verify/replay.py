"""A log folded again, record by record, from a database or a file."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.body import read
from burner.manifest.entries.errors import inconsistent, not_as_signed
from burner.manifest.entries.kinds import AnyEntry
from burner.manifest.entries.values import moment
from burner.manifest.fold.keys import signer_of
from burner.manifest.fold.limits import CLOCK_STEP
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import KeyRow
from burner.manifest.fold.rules import apply
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import NoteError, SignedNote
from burner.manifest.log.tree import Frontier, StoredHash


class Replay:
    """The log so far: its tree, and the state that follows from it."""

    def __init__(self, state: MemoryState | None = None) -> None:
        self.state = state or MemoryState()
        self.frontier = Frontier()
        """Of the first records, up to the first one that is not shown."""
        self.shown = 0
        self.at = ""
        """Moment of the last record."""
        self._last: dict[str, str] = {}
        """Station → moment of its last record."""
        self.clocks: dict[str, str] = {}
        """Station → where its clock first went back. No rule forbids that; it is a warning."""
        self.tiles: tuple[StoredHash, ...] = ()
        """Hashes of the tiles that the last record filled."""

    def take(self, number: int, body: bytes, leaf: bytes) -> AnyEntry:
        """Take the next record. A file may show only some.

        Args:
            number: of the record in its log.
            body: its body.
            leaf: hash of the body.

        Raises:
            BurnerError: E713 it is no record, E714 it breaks a rule.
        """
        entry = read(body, number)
        try:
            changes = apply(self.state, number, entry)
        except BurnerError as error:
            why = (
                error.detail
                if error.code == Code.MANIFEST_INCONSISTENT
                else f"{error.row.says} {error.detail}"
            )
            raise inconsistent(f"record {number}: {why}") from None
        self.state.update(changes)
        self.state.count_record(entry.batch, leaf)
        self.shown += 1
        self.at = entry.at
        if entry.at < (last := self._last.get(entry.station, "")):
            self._note_clock_step(number, entry, last)
        self._last[entry.station] = entry.at
        if number == self.frontier.size:
            self.frontier, self.tiles = self.frontier.append(leaf)
        return entry

    def _note_clock_step(self, number: int, entry: AnyEntry, last: str) -> None:
        try:
            back = moment(last) - moment(entry.at)
        except ValueError:  # such as 30 February; the head of this file will not match
            return
        if back > CLOCK_STEP and entry.station not in self.clocks:
            what = f"record {number} of station {entry.station} is {back.total_seconds():.0f} s"
            self.clocks[entry.station] = f"{what} older than the one before: its clock went back"

    def check_head(self, note: SignedNote, size: int, root: bytes) -> KeyRow:
        """Check a checkpoint of the log.

        Args:
            note: the checkpoint with its signatures.
            size: records that it must have.
            root: of their tree.

        Returns:
            The key that signed it.

        Raises:
            BurnerError: E713 it is another head, or its signature is false; E755 no key of the
                log that was in force signed it.
        """
        try:
            checkpoint = Checkpoint.parse(note.text)
        except NoteError as error:
            raise not_as_signed(f"the head at {size}: {error}") from None
        if (checkpoint.size, checkpoint.root) != (size, root):
            raise not_as_signed(f"the head at {size} is not the one that was signed")
        return signer_of(note, lambda key_id: self.state.get(KeyRow, key_id), self.at)
