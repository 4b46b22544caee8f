"""Whether the log may be continued: what is checked when it is opened, and behind a commit of
another station. Comparing two stored values is no check: bodies are hashed again.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.entries.kinds import (
    AnyEntry,
    EntryError,
    KeyEnrolled,
    KeyWithdrawn,
    LogBegun,
    read,
)
from burner.manifest.fold.keys import in_force
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import NEVER, KeyRow
from burner.manifest.fold.rules import apply
from burner.manifest.local.known_log import KnownLog
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import Note, NoteError, VerifierKey
from burner.manifest.log.tree import (
    Frontier,
    frontier,
    inclusion_proof,
    leaf_hash,
    root_from_inclusion,
    subtree_hash,
)
from burner.manifest.store.engine import Prepared
from burner.manifest.store.hashes import HeadRow, TableHashes
from burner.manifest.store.state import TableState
from burner.manifest.store.tables import OWN, RARE, checkpoints, records
from burner.plural import counted

CHUNK = 2000
"""Records hashed at once."""

KEY_KINDS = (LogBegun, KeyEnrolled, KeyWithdrawn)
_KEY_RECORDS = select(records.c.number, records.c.leaf, records.c.body).where(
    RARE,
    records.c.log == OWN,
    records.c.kind.in_([kind.__struct_config__.tag for kind in KEY_KINDS]),
)
"""In no order: asked for one, SQLite would go through all records instead of the index."""
_LAST_KEPT = select(checkpoints.c.note).order_by(checkpoints.c.size.desc()).limit(1)
_BODIES = Prepared(
    select(records.c.number, records.c.leaf, records.c.body)
    .where(records.c.log == OWN)
    .where(records.c.number >= bindparam("first"), records.c.number < bindparam("below"))
    .order_by(records.c.number)
)
_BEHIND = select(func.count()).where(
    records.c.log == OWN, records.c.number >= bindparam("size", type_=records.c.number.type)
)


class Followed(NamedTuple):
    """What more records make of a log."""

    frontier: Frontier
    at: str
    """Moment of the last of them; empty: there were none."""
    keys: bool
    """Whether one of them is about a key."""


def check_opening(
    connection: Connection, head: HeadRow, known: KnownLog | None
) -> dict[str, KeyRow]:
    """Check a log before it is continued. At most a second at 10^6 units.

    Args:
        connection: in the transaction that read the head.
        head: as it is stored.
        known: what this computer knows of the log of this origin.

    Returns:
        Its keys by their ids.

    Raises:
        BurnerError: E710 it is an older copy, or another log under the same name; E713 it is not
            what was signed; E755 it is signed by no key that it knows; E756 records stand behind
            the signed head.
    """
    if behind := unsigned(connection, head.checkpoint.size):
        raise BurnerError("E756", behind)
    keys = check_keys(connection, head.checkpoint)
    check_signed(head.note, keys.values(), last_moment(connection, head.checkpoint.size))
    _check_known(connection, head.checkpoint, known, keys.values())
    kept = connection.execute(_LAST_KEPT).scalar()
    start = Frontier()
    if kept is not None:
        checkpoint = parse_checkpoint(kept)
        check_signed(Note.parse(kept.encode()), keys.values())
        start = frontier(TableHashes(connection), checkpoint.size)
        if start.root != checkpoint.root:
            raise BurnerError(
                "E713", f"not as signed: the first {counted(checkpoint.size, 'record')}"
            )
    follow(connection, start, head.frontier)
    return keys


def unsigned(connection: Connection, size: int) -> str:
    """What stands behind the last signed record; empty: nothing."""
    count = connection.execute(_BEHIND, {"size": size}).scalar_one()
    return f"{count} from record {size} on" if count else ""


def follow(connection: Connection, start: Frontier, end: Frontier) -> Followed:
    """Hash more records, from their bodies, up to a head.

    Raises:
        BurnerError: E713 they do not lead to this head.
    """
    reached, at, keys = start, "", False
    for first in range(start.size, end.size, CHUNK):
        below = min(first + CHUNK, end.size)
        for number, leaf, body in _BODIES.run(connection, first=first, below=below).fetchall():
            if number != reached.size:
                raise BurnerError("E713", f"record {reached.size} is gone")
            entry = _entry(number, body_of(number, leaf, body))
            at, keys = entry.at, keys or isinstance(entry, KEY_KINDS)
            reached, _ = reached.append(leaf)
        if reached.size != below:
            raise BurnerError("E713", f"record {reached.size} is gone")
    if reached != end:
        raise BurnerError("E713", f"record {start.size} to {end.size - 1}")
    return Followed(reached, at, keys)


def check_keys(connection: Connection, head: Checkpoint) -> dict[str, KeyRow]:
    """The keys of the log, as its key records say it, and the table too.

    Each of these records is proved to be in the tree of the head: who may sign is not taken from
    a row that somebody put in place of another.

    Raises:
        BurnerError: E713, E714, E755.
    """
    state, hashes = MemoryState(), TableHashes(connection)
    for number, leaf, body in sorted(connection.execute(_KEY_RECORDS).all()):
        raw = body_of(number, leaf, body)
        if not _is_in(hashes, number, leaf, head):
            raise BurnerError("E713", f"record {number} is not in the tree")
        state.adopt(apply(state, number, _entry(number, raw)))
    rows = {row.id: row for row in state.rows(KeyRow)}
    if {row.id: row for row in TableState(connection).rows(KeyRow)} != rows:
        raise BurnerError("E714", "the keys are not those that the records say")
    return rows


def _is_in(hashes: TableHashes, number: int, leaf: bytes, head: Checkpoint) -> bool:
    if number >= head.size:
        return False
    proof = inclusion_proof(hashes, number, head.size)
    return root_from_inclusion(leaf, number, head.size, proof) == head.root


def check_signed(note: Note, keys: Iterable[KeyRow], at: str = "") -> KeyRow:
    """Which key of the log signed a checkpoint.

    Args:
        note: the checkpoint.
        keys: of the log.
        at: moment of its last record; empty: keys that were withdrawn later count, too.

    Raises:
        BurnerError: E713 a signature is false, E755 none is of a key that may sign.
    """
    for row in keys:
        key = VerifierKey.parse(row.key)
        try:
            signed = note.check([key])
        except NoteError as error:
            raise BurnerError("E713", f"the head: {error}") from None
        if signed and (not at or in_force(row, at)):
            return row
    raise BurnerError("E755", "; ".join(f"{s.name} {s.id.hex()}" for s in note.signatures))


def parse_checkpoint(text: str) -> Checkpoint:
    """A stored checkpoint.

    Raises:
        BurnerError: E713 it is none.
    """
    try:
        return Checkpoint.parse(Note.parse(text.encode()).text)
    except NoteError as error:
        raise BurnerError("E713", f"a checkpoint: {error}") from None


def body_at(connection: Connection, number: int) -> bytes:
    """The body of a record of ours.

    Raises:
        BurnerError: E713 it is not there.
    """
    row = _BODIES.run(connection, first=number, below=number + 1).fetchone()
    if row is None:
        raise BurnerError("E713", f"record {number} is gone")
    return body_of(*row)


def body_of(number: int, leaf: object, body: object) -> bytes:
    """The body of a record as it is stored. SQLite takes any type in any column.

    Raises:
        BurnerError: E713 it is not the one of its leaf hash.
    """
    raw = body.encode() if isinstance(body, str) else b""
    if leaf_hash(raw) != leaf:
        raise BurnerError("E713", f"record {number} is not the one that was signed")
    return raw


def last_moment(connection: Connection, size: int) -> str:
    """When the last record was written."""
    return _entry(size - 1, body_at(connection, size - 1)).at


def _entry(number: int, body: bytes) -> AnyEntry:
    try:
        return read(body)
    except EntryError as error:
        raise BurnerError("E713", f"record {number}: {error}") from None


def key_records(keys: Iterable[KeyRow], size: int) -> int:
    """How many of the first records are about keys."""
    numbers = (number for row in keys for number in (row.enrolled, row.withdrawn))
    return sum(NEVER < number < size for number in numbers)


def _check_known(
    connection: Connection, head: Checkpoint, known: KnownLog | None, keys: Iterable[KeyRow]
) -> None:
    if known is None:
        return
    if known.size > head.size:
        detail = f"it ends at record {head.size - 1}, this computer knows {known.size - 1}"
        raise BurnerError("E710", detail)
    if subtree_hash(TableHashes(connection), 0, known.size).hex() != known.root:
        raise BurnerError("E710", f"not as known here: its first {counted(known.size, 'record')}")
    if key_records(keys, known.size) < known.key_records:
        raise BurnerError("E713", "a record of a key that this computer knows is hidden")
