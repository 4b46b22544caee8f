"""Exports: the records of the log, or of one batch, with the hashes that prove their positions.

Both have one format, see docs/manifest.md.
"""

import base64
from collections.abc import Generator

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.fold.rows import BatchRow
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.tree import hidden_subtrees, subtree_hash
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.head import cosignatures_of, existing_head, parse_signed
from burner.manifest.store.opening import LOG_WIDE
from burner.manifest.store.statements import stream
from burner.manifest.store.table_state import TableState
from burner.manifest.store.tables import OWN, checkpoints, cosignatures, records

HEADER = "burner log export v1"
CHUNK = 2000

_NEWEST_COSIGNED = (
    select(checkpoints.c.note)
    .join(cosignatures, cosignatures.c.size == checkpoints.c.size)
    .where(checkpoints.c.size > bindparam("last"))
    .order_by(checkpoints.c.size.desc())
    .limit(1)
)
_LAST_OF_BATCH = select(func.max(records.c.number)).where(
    records.c.log == OWN, records.c.batch == bindparam("of_batch")
)


def export_log(reader: ManifestReader, batch: str = "") -> Generator[str, None, None]:
    """The lines of an export.

    Args:
        reader: of the manifest.
        batch: only the records of this batch of our log, and those that hold for all batches.

    Raises:
        BurnerError: E733 our log has no such batch; E713 the manifest is damaged.
    """
    with reader.connection() as connection:
        if batch and TableState(connection).get(BatchRow, batch) is None:
            raise BurnerError(Code.BATCH_UNKNOWN, batch)
        last = connection.execute(_LAST_OF_BATCH, {"of_batch": batch}).scalar() if batch else None
        head, note = head_for_proof(connection, last)
        yield f"{HEADER}\n"
        yield f"batch {batch}\n" if batch else "batch\n"
        shown: list[int] = []
        query = select(records.c.number, records.c.body).where(records.c.log == OWN)
        if batch:
            shows = or_(records.c.batch == batch, LOG_WIDE)
            query = query.where(shows, records.c.number < head.size)
        for rows in stream(connection, query.order_by(records.c.number), CHUNK):
            for number, body in rows:
                if batch:
                    shown.append(number)
                yield f"{number} {body}\n"
        yield "\n"
        hashes = TableHashes(connection)
        for span in hidden_subtrees(shown, head.size) if batch else ():
            yield base64.b64encode(subtree_hash(hashes, *span)).decode() + "\n"
        yield "\n"
        yield note


def head_for_proof(connection: Connection, last: int | None) -> tuple[Checkpoint, str]:
    """The head for a proof: the newest cosigned one that covers the records, else the newest.

    Args:
        connection: to the manifest.
        last: number of the last record to be proved; None: all.

    Returns:
        The head, and its note with all cosignatures.

    Raises:
        BurnerError: E713 the manifest is damaged, or empty.
    """
    note = str(existing_head(connection).note)
    if last is not None:
        note = connection.execute(_NEWEST_COSIGNED, {"last": last}).scalar() or note
    _, head = parse_signed(note)
    return head, note + "".join(cosignatures_of(connection, head.size))
