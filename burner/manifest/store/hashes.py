"""The stored hashes of the log in the database."""

from collections.abc import Iterator, Sequence

from sqlalchemy import bindparam, insert, select
from sqlalchemy.engine import Connection

from burner.manifest.entries.errors import not_as_signed
from burner.manifest.log.tree import HASH_SIZE, TILE_HEIGHT, StoredHash
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import OWN, records, tiles

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


class TableHashes:
    """See `HashStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """See `HashStore`.

        Raises:
            BurnerError: E713 one is missing.
        """
        span = {"first": start, "below": stop}
        if level:
            rows = _TILES.run(self._connection, of_level=level, **span).fetchall()
        else:
            rows = _LEAVES.run(self._connection, **span).fetchall()
        values = [row[0] for row in rows if isinstance(row[0], bytes) and len(row[0]) == HASH_SIZE]
        if len(values) != stop - start:
            raise not_as_signed(f"hashes {start} to {stop - 1} of level {level} are incomplete")
        return values

    def keep(self, stored: StoredHash) -> None:
        """Store the hash of a full tile; leaf hashes are stored with their records."""
        _KEEP.run(self._connection, **stored._asdict())


def tile_hashes(connection: Connection) -> dict[int, Iterator[bytes]]:
    """The stored hashes of each level above the leaves, in order."""
    query = select(tiles.c.hash).where(tiles.c.level == bindparam("at")).order_by(tiles.c.position)
    levels = range(TILE_HEIGHT, 64, TILE_HEIGHT)
    return {at: iter(connection.execute(query, {"at": at}).scalars()) for at in levels}
