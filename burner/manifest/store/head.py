"""The head of the log in the database, and the checkpoints that are kept for ever."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection

from burner.manifest.entries.errors import not_as_signed
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import NoteError, SignedNote
from burner.manifest.log.tree import HASH_SIZE, Frontier
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import checkpoints, cosignatures, head

_READ = Prepared(select(head.c.size, head.c.subtrees, head.c.note))
_LOCK = Prepared(select(head.c.size, head.c.subtrees, head.c.note).with_for_update())
_FIRST = Prepared(insert(head))
_MOVE = Prepared(
    update(head).values(
        size=bindparam("size"), subtrees=bindparam("subtrees"), note=bindparam("note")
    )
)
_KEEP = Prepared(insert(checkpoints))
_KEPT = Prepared(select(checkpoints.c.size).where(checkpoints.c.size == bindparam("at")))


class HeadRow(NamedTuple):
    """The head as it is stored."""

    frontier: Frontier
    note: SignedNote
    checkpoint: Checkpoint


def read_head(connection: Connection, *, lock: bool = False) -> HeadRow | None:
    """The head of the log; None before its first record.

    Args:
        connection: in a transaction.
        lock: let nobody else append until the transaction ends.

    Raises:
        BurnerError: E713 when it is damaged.
    """
    row = (_LOCK if lock else _READ).run(connection).fetchone()
    if row is None:
        return None
    size, subtrees, text = row
    note, checkpoint = parse_signed(str(text))
    raw = subtrees if isinstance(subtrees, bytes) else b""
    parts = tuple(raw[at : at + HASH_SIZE] for at in range(0, len(raw), HASH_SIZE))
    frontier = Frontier(size, parts)
    if (size, frontier.root) != (checkpoint.size, checkpoint.root):
        raise not_as_signed("the head is not the one that is signed")
    return HeadRow(frontier, note, checkpoint)


def parse_signed(text: str) -> tuple[SignedNote, Checkpoint]:
    """A stored checkpoint with its signatures, which are not checked.

    Raises:
        BurnerError: E713 it is not one.
    """
    try:
        note = SignedNote.parse(text.encode())
        return note, Checkpoint.parse(note.text)
    except NoteError as error:
        raise not_as_signed(f"the head: {error}") from None


def existing_head(connection: Connection) -> HeadRow:
    """The head of a log that has records.

    Raises:
        BurnerError: E713 when it is damaged, or there is none.
    """
    stored = read_head(connection)
    if stored is None:
        raise not_as_signed("there is no head")
    return stored


def lock_known_head(connection: Connection, known: Frontier, note: str) -> bool:
    """Lock the head; whether it is exactly the one that the caller wrote."""
    row = _LOCK.run(connection).fetchone()
    return row is not None and tuple(row) == (known.size, b"".join(known.subtrees), note)


def write_head(connection: Connection, frontier: Frontier, note: str, *, first: bool) -> None:
    """Write the head, whose row is locked; or insert the first one of a log."""
    values = {"size": frontier.size, "subtrees": b"".join(frontier.subtrees), "note": note}
    if first:
        _FIRST.run(connection, one=1, **values)
    else:
        _MOVE.run(connection, **values)


def keep_checkpoint(connection: Connection, size: int, note: str) -> None:
    """Keep a checkpoint for ever, if none of this size is kept."""
    if _KEPT.run(connection, at=size).fetchone() is None:
        _KEEP.run(connection, size=size, note=note)


def cosignatures_of(connection: Connection, size: int) -> Sequence[str]:
    """Cosignatures of the kept checkpoint of this size, as lines of the note."""
    query = select(cosignatures.c.line).where(cosignatures.c.size == size)
    return connection.execute(query.order_by(cosignatures.c.line)).scalars().all()
