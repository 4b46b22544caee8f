"""Heads that leave the manifest: as text, as a short code on paper, to witnesses and back."""

import base64
from dataclasses import dataclass
from time import time

from sqlalchemy import insert

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plural import counted
from burner.manifest.fold.rows import KeyRow
from burner.manifest.ledger import Ledger
from burner.manifest.log.checkpoint import Checkpoint, check_cosignatures, cosign
from burner.manifest.log.note import Note, NoteError, NoteSigner, Signature, VerifierKey
from burner.manifest.log.tree import consistency_proof, subtree_hash
from burner.manifest.reader import Reader
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.head import cosignatures_of, existing_head, keep_checkpoint, read_head
from burner.manifest.store.state import TableState
from burner.manifest.store.tables import cosignatures

CODE_BYTES = 10
"""Of the root: 80 bits, 16 letters on paper."""


@dataclass(frozen=True)
class PaperHead:
    """A head as somebody wrote it down: `1234 ABCD-EFGH-IJKL-MNOP`."""

    size: int
    code: str

    @classmethod
    def of(cls, head: Checkpoint) -> "PaperHead":
        """The short code of a head."""
        letters = base64.b32encode(head.root[:CODE_BYTES]).decode()
        return cls(head.size, "-".join(letters[at : at + 4] for at in range(0, 16, 4)))

    @classmethod
    def parse(cls, text: str) -> "PaperHead":
        """Read a code. Case, dashes and spaces do not matter.

        Raises:
            BurnerError: E735 it is none.
        """
        size, _, rest = text.strip().partition(" ")
        letters = rest.replace("-", "").replace(" ", "").upper()
        try:
            raw = base64.b32decode(letters)
            number = int(size)
        except ValueError:
            raise BurnerError(Code.HEAD_INVALID, text) from None
        if len(raw) != CODE_BYTES or number < 1:
            raise BurnerError(Code.HEAD_INVALID, text)
        return cls(number, "-".join(letters[at : at + 4] for at in range(0, 16, 4)))

    def __str__(self) -> str:
        return f"{self.size} {self.code}"


def read_note(data: bytes) -> Note:
    """A head that was carried out as a file, with its signatures. They are not looked at.

    Raises:
        BurnerError: E735 it is none.
    """
    try:
        return Note.parse(data)
    except NoteError as error:
        raise BurnerError(Code.HEAD_INVALID, str(error)) from None


def checkpoint_of(note: Note) -> Checkpoint:
    """The head that a note is about. Its signatures are not looked at.

    Raises:
        BurnerError: E735 it is none.
    """
    try:
        return Checkpoint.parse(note.text)
    except NoteError as error:
        raise BurnerError(Code.HEAD_INVALID, str(error)) from None


def current_head(reader: Reader) -> Note:
    """The signed checkpoint of the log as it is.

    Raises:
        BurnerError: E713 it is damaged, or there is none.
    """
    with reader.connection() as connection:
        return existing_head(connection).note


def is_head_of(reader: Reader, head: PaperHead | Checkpoint) -> bool:
    """Whether a head that was carried out is one of this log."""
    with reader.connection() as connection:
        stored = read_head(connection)
        if stored is None or head.size > stored.checkpoint.size:
            return False
        root = subtree_hash(TableHashes(connection), 0, head.size)
        there = Checkpoint(stored.checkpoint.origin, head.size, root)
    return head in (there, PaperHead.of(there))


def countersign(note: Note, witness: NoteSigner, now: int | None = None) -> Note:
    """QA's own countersignature of a head that was carried out, on QA's own computer.

    Raises:
        BurnerError: E735 it is no head.
    """
    line = cosign(checkpoint_of(note), witness, int(time()) if now is None else now)
    return Note(note.text, (*note.signatures, line))


def keep_cosignatures(
    ledger: Ledger, note: Note, witnesses: tuple[VerifierKey, ...]
) -> tuple[Signature, ...]:
    """Keep what witnesses signed of a head of this log; it goes into every export of that head.

    Args:
        ledger: of a station.
        note: the head with its cosignatures.
        witnesses: whose count; lines of others are left out.

    Returns:
        The lines that are kept now.

    Raises:
        BurnerError: E735 it is no head of this log, or a cosignature is false.
    """
    head = checkpoint_of(note)
    try:
        valid = {c.witness.id for c in check_cosignatures(note, witnesses)}
    except NoteError as error:
        raise BurnerError(Code.HEAD_INVALID, str(error)) from None
    if head.origin != ledger.origin or not is_head_of(ledger.reader, head):
        raise BurnerError(
            Code.HEAD_INVALID, f"{head.origin} {head.size} is no head of {ledger.origin}"
        )
    lines = tuple(line for line in note.signatures if line.id in valid)
    with ledger.writer.lock:
        ledger.writer.keep_head()
        with ledger.writer.transaction() as connection:
            plain = Note(note.text, _of_log(note, TableState(connection)))
            keep_checkpoint(connection, head.size, str(plain))
            there = cosignatures_of(connection, head.size)
            new = [line for line in lines if str(line) not in there]
            rows = [{"size": head.size, "line": str(line)} for line in new]
            if rows:
                connection.execute(insert(cosignatures), rows)
    return tuple(new)


def add_checkpoint_request(reader: Reader, old: int) -> tuple[bytes, Checkpoint]:
    """The body of an `add-checkpoint` request (C2SP tlog-witness), and the head in it.

    Args:
        reader: of the manifest.
        old: size of the head that the witness saw last.

    Raises:
        BurnerError: E735 the witness has seen more records than there are.
    """
    with reader.connection() as connection:
        head = read_head(connection)
        if head is None or old > head.checkpoint.size:
            raise BurnerError(Code.HEAD_INVALID, f"the witness has seen {counted(old, 'record')}")
        proof = consistency_proof(TableHashes(connection), old, head.checkpoint.size)
    lines = [f"old {old}", *(base64.b64encode(value).decode() for value in proof), ""]
    return ("\n".join(lines) + f"\n{head.note}").encode(), head.checkpoint


def _of_log(note: Note, state: TableState) -> tuple[Signature, ...]:
    """The signatures that are of keys of the log."""
    known = {row.id for row in state.rows(KeyRow)}
    return tuple(line for line in note.signatures if line.id.hex() in known)
