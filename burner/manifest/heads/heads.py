"""The head of a manifest, and whether a head on paper or in a file is one of its log."""

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.heads.paper_head import PaperHead
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import NoteError, SignedNote
from burner.manifest.log.tree import subtree_hash
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.head import existing_head, read_head


def parse_head_file(data: bytes) -> SignedNote:
    """Read a head from a file. Its signatures are not checked.

    Raises:
        BurnerError: E735 it is not a signed note.
    """
    try:
        return SignedNote.parse(data)
    except NoteError as error:
        raise BurnerError(Code.HEAD_INVALID, str(error)) from None


def checkpoint_of(note: SignedNote) -> Checkpoint:
    """The checkpoint in a note. Its signatures are not checked.

    Raises:
        BurnerError: E735 it is not a checkpoint.
    """
    try:
        return Checkpoint.parse(note.text)
    except NoteError as error:
        raise BurnerError(Code.HEAD_INVALID, str(error)) from None


def current_head(reader: ManifestReader) -> SignedNote:
    """The signed checkpoint of the whole log.

    Raises:
        BurnerError: E713 it is damaged, or there is none.
    """
    with reader.connection() as connection:
        return existing_head(connection).note


def is_head_of_log(reader: ManifestReader, head: PaperHead | Checkpoint) -> bool:
    """Whether the log had this head."""
    with reader.connection() as connection:
        stored = read_head(connection)
        if stored is None or head.size > stored.checkpoint.size:
            return False
        root = subtree_hash(TableHashes(connection), 0, head.size)
        own = Checkpoint(stored.checkpoint.origin, head.size, root)
    return head in (own, PaperHead.of(own))
