"""Cosignatures of heads: how QA makes one, and how the manifest keeps them."""

import base64
from time import time

from sqlalchemy import insert

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.fold.rows import KeyRow
from burner.manifest.heads.heads import checkpoint_of, is_head_of_log
from burner.manifest.log.checkpoint import Checkpoint, check_cosignatures, cosign
from burner.manifest.log.note import NoteError, NoteSigner, Signature, SignedNote, VerifierKey
from burner.manifest.log.tree import consistency_proof
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.head import cosignatures_of, keep_checkpoint, read_head
from burner.manifest.store.table_state import TableState
from burner.manifest.store.tables import cosignatures
from burner.manifest.writing.ledger import Ledger


def cosign_note(note: SignedNote, witness: NoteSigner, now: int | None = None) -> SignedNote:
    """Add QA's cosignature to a head, on QA's own computer.

    Raises:
        BurnerError: E735 it is not a head.
    """
    line = cosign(checkpoint_of(note), witness, int(time()) if now is None else now)
    return SignedNote(note.text, (*note.signatures, line))


def keep_cosignatures(
    ledger: Ledger, note: SignedNote, witnesses: tuple[VerifierKey, ...]
) -> tuple[Signature, ...]:
    """Keep cosignatures of a head of this log. Every export of that head contains them.

    Args:
        ledger: of a station.
        note: the head with its cosignatures.
        witnesses: keys whose cosignatures count; others are left out.

    Returns:
        The lines that were not kept before.

    Raises:
        BurnerError: E735 it is not a head of this log, or a cosignature is false.
    """
    head = checkpoint_of(note)
    try:
        valid_ids = {c.witness.id for c in check_cosignatures(note, witnesses)}
    except NoteError as error:
        raise BurnerError(Code.HEAD_INVALID, str(error)) from None
    if head.origin != ledger.origin or not is_head_of_log(ledger.reader, head):
        raise BurnerError(
            Code.HEAD_INVALID, f"{head.origin} {head.size} is not a head of {ledger.origin}"
        )
    lines = tuple(line for line in note.signatures if line.id in valid_ids)
    with ledger.writer.lock:
        ledger.writer.keep_head()
        with ledger.writer.transaction() as connection:
            checkpoint = SignedNote(note.text, _log_signatures(note, TableState(connection)))
            keep_checkpoint(connection, head.size, str(checkpoint))
            kept = cosignatures_of(connection, head.size)
            new = [line for line in lines if str(line) not in kept]
            rows = [{"size": head.size, "line": str(line)} for line in new]
            if rows:
                connection.execute(insert(cosignatures), rows)
    return tuple(new)


def add_checkpoint_request(reader: ManifestReader, old: int) -> tuple[bytes, Checkpoint]:
    """The body of an `add-checkpoint` request (C2SP tlog-witness), and the head in it.

    Args:
        reader: of the manifest.
        old: size of the last head that the witness saw.

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


def _log_signatures(note: SignedNote, state: TableState) -> tuple[Signature, ...]:
    """The signatures by keys of the log."""
    key_ids = {row.id for row in state.rows(KeyRow)}
    return tuple(line for line in note.signatures if line.id.hex() in key_ids)
