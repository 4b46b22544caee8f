"""Insert records, and what follows from them, in the caller's transaction."""

from collections.abc import Iterable

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from burner.manifest.entries.body import write
from burner.manifest.entries.kinds import AnyEntry
from burner.manifest.fold.rules import apply
from burner.manifest.log.tree import Frontier
from burner.manifest.store.bodies import row_of_record
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.statements import Prepared
from burner.manifest.store.table_state import TableState
from burner.manifest.store.tables import OWN, records

_RECORD = Prepared(insert(records))


def append(
    connection: Connection, start: Frontier, entries: Iterable[AnyEntry]
) -> tuple[Frontier, bytes]:
    """Append records to our log.

    Args:
        connection: in a transaction that locks the head.
        start: the frontier of the log before them.
        entries: the records in their order.

    Returns:
        The frontier after them, and the leaf hash of the last.

    Raises:
        BurnerError: the rule that one of them breaks; E759 one is too long.
    """
    state, hashes, frontier, leaf = TableState(connection), TableHashes(connection), start, b""
    for entry in entries:
        body = write(entry)
        state.update(apply(state, frontier.size, entry))
        row = row_of_record(OWN, frontier.size, entry, body)
        _RECORD.run(connection, **row)
        leaf = row["leaf"]
        frontier, stored = frontier.append(leaf)
        for tile_hash in stored:
            hashes.keep(tile_hash)
    return frontier, leaf
