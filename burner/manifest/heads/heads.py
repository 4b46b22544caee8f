"""The head of a manifest, and heads that come back: files and paper codes."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.heads.paper_head import PaperHead
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import NoteError, SignedNote
from burner.manifest.log.tree import subtree_hash
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.head import existing_head, read_head


def read_note(data: bytes) -> SignedNote:
    """A head that was carried out as a file, with its signatures. They are not looked at.

    Raises:
        BurnerError: E735 it is none.
    """
    try:
        return SignedNote.parse(data)
    except NoteError as error:
        raise BurnerError(Code.HEAD_INVALID, str(error)) from None


def checkpoint_of(note: SignedNote) -> Checkpoint:
    """The head that a note is about. Its signatures are not looked at.

    Raises:
        BurnerError: E735 it is none.
    """
    try:
        return Checkpoint.parse(note.text)
    except NoteError as error:
        raise BurnerError(Code.HEAD_INVALID, str(error)) from None


def current_head(reader: ManifestReader) -> SignedNote:
    """The signed checkpoint of the log as it is.

    Raises:
        BurnerError: E713 it is damaged, or there is none.
    """
    with reader.connection() as connection:
        return existing_head(connection).note


def is_head_of(reader: ManifestReader, head: PaperHead | Checkpoint) -> bool:
    """Whether a head that was carried out is one of this log."""
    with reader.connection() as connection:
        stored = read_head(connection)
        if stored is None or head.size > stored.checkpoint.size:
            return False
        root = subtree_hash(TableHashes(connection), 0, head.size)
        there = Checkpoint(stored.checkpoint.origin, head.size, root)
    return head in (there, PaperHead.of(there))
