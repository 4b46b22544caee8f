"""The stored hashes of the log in the database, and the row of its head."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import Note, NoteError
from burner.manifest.log.tree import HASH_SIZE, TILE_HEIGHT, Frontier, StoredHash
from burner.manifest.store.engine import Prepared
from burner.manifest.store.tables import OWN, head, records, tiles

_LEAVES = Prepared(
    select(records.c.leaf)
    .where(records.c.log == OWN)
    .where(records.c.number >= bindparam("first"), records.c.number < bindparam("below"))
    .order_by(records.c.number)
)
_TILES = Prepared(
    select(tiles.c.hash)
    .where(tiles.c.level == bindparam("of_level"))
    .where(tiles.c.position >= bindparam("first"), tiles.c.position < bindparam("below"))
    .order_by(tiles.c.position)
)
_KEEP = Prepared(insert(tiles))
_HEAD = Prepared(select(head.c.size, head.c.subtrees, head.c.note))
_HOLD = Prepared(select(head.c.size, head.c.subtrees, head.c.note).with_for_update())


class TableHashes:
    """See `HashStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """See `HashStore`.

        Raises:
            BurnerError: E713 one of them is not there.
        """
        where = {"first": start, "below": stop}
        if level:
            rows = _TILES.run(self._connection, of_level=level, **where).fetchall()
        else:
            rows = _LEAVES.run(self._connection, **where).fetchall()
        found = [row[0] for row in rows]
        if len(found) != stop - start or not all(map(_is_hash, found)):
            raise BurnerError(
                "E713", f"hashes {start} to {stop - 1} of level {level} are not whole"
            )
        return found

    def keep(self, stored: StoredHash) -> None:
        """Keep the hash of a full tile; leaf hashes stand with their records."""
        if stored.level:
            where = {"level": stored.level, "position": stored.position}
            _KEEP.run(self._connection, **where, hash=stored.hash)


class HeadRow(NamedTuple):
    """The head as it is stored."""

    frontier: Frontier
    note: Note
    checkpoint: Checkpoint


def read_head(connection: Connection, *, hold: bool = False) -> HeadRow | None:
    """The head of the log; None before its first record.

    Args:
        connection: in a transaction.
        hold: let nobody else append until the transaction ends.

    Raises:
        BurnerError: E713 when it is damaged.
    """
    row = (_HOLD if hold else _HEAD).run(connection).fetchone()
    if row is None:
        return None
    size, subtrees, text = row
    try:
        note = Note.parse(str(text).encode())
        checkpoint = Checkpoint.parse(note.text)
    except NoteError as error:
        raise BurnerError("E713", f"the head: {error}") from None
    raw = subtrees if isinstance(subtrees, bytes) else b""
    parts = tuple(raw[at : at + HASH_SIZE] for at in range(0, len(raw), HASH_SIZE))
    frontier = Frontier(size, parts)
    if (size, frontier.root) != (checkpoint.size, checkpoint.root):
        raise BurnerError("E713", "the head is another than the one that is signed")
    return HeadRow(frontier, note, checkpoint)


def hold_known_head(connection: Connection, known: Frontier, note: str) -> bool:
    """Hold the head; whether it is, to the byte, the one that the caller wrote itself."""
    row = _HOLD.run(connection).fetchone()
    return row is not None and tuple(row) == (known.size, b"".join(known.subtrees), note)


def tile_hashes(connection: Connection) -> dict[int, Iterator[bytes]]:
    """The stored hashes of each level above the leaves, in their order."""

    def level(number: int) -> Iterator[bytes]:
        query = select(tiles.c.hash).where(tiles.c.level == number).order_by(tiles.c.position)
        return iter(connection.execute(query).scalars())

    return {number: level(number) for number in range(TILE_HEIGHT, 64, TILE_HEIGHT)}


def _is_hash(value: object) -> bool:
    """SQLite takes any type in any column."""
    return isinstance(value, bytes) and len(value) == HASH_SIZE
