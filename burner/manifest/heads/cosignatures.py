"""Cosignatures of heads: made by QA, kept in the manifest, asked of a witness."""

import base64
from time import time

from sqlalchemy import insert

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.fold.rows import KeyRow
from burner.manifest.heads.heads import checkpoint_of, is_head_of
from burner.manifest.log.checkpoint import Checkpoint, check_cosignatures, cosign
from burner.manifest.log.note import NoteError, NoteSigner, Signature, SignedNote, VerifierKey
from burner.manifest.log.tree import consistency_proof
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.head import cosignatures_of, keep_checkpoint, read_head
from burner.manifest.store.state import TableState
from burner.manifest.store.tables import cosignatures
from burner.manifest.writing.ledger import Ledger


def countersign(note: SignedNote, witness: NoteSigner, now: int | None = None) -> SignedNote:
    """QA's own countersignature of a head that was carried out, on QA's own computer.

    Raises:
        BurnerError: E735 it is no head.
    """
    line = cosign(checkpoint_of(note), witness, int(time()) if now is None else now)
    return SignedNote(note.text, (*note.signatures, line))


def keep_cosignatures(
    ledger: Ledger, note: SignedNote, witnesses: tuple[VerifierKey, ...]
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
            Code.HEAD_INVALID, f"{head.origin} {head.size} is not a head of {ledger.origin}"
        )
    lines = tuple(line for line in note.signatures if line.id in valid)
    with ledger.writer.lock:
        ledger.writer.keep_head()
        with ledger.writer.transaction() as connection:
            plain = SignedNote(note.text, _of_log(note, TableState(connection)))
            keep_checkpoint(connection, head.size, str(plain))
            there = cosignatures_of(connection, head.size)
            new = [line for line in lines if str(line) not in there]
            rows = [{"size": head.size, "line": str(line)} for line in new]
            if rows:
                connection.execute(insert(cosignatures), rows)
    return tuple(new)


def add_checkpoint_request(reader: ManifestReader, old: int) -> tuple[bytes, Checkpoint]:
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


def _of_log(note: SignedNote, state: TableState) -> tuple[Signature, ...]:
    """The signatures that are of keys of the log."""
    known = {row.id for row in state.rows(KeyRow)}
    return tuple(line for line in note.signatures if line.id.hex() in known)
