"""Whether the log may be continued: checks when it is opened, and after a commit of another
station. Bodies are hashed again, since whoever edits one stored value can edit another.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.manifest.entries.body import read
from burner.manifest.entries.errors import inconsistent, not_as_signed
from burner.manifest.entries.kinds import LOG_WIDE_KINDS, kind_of
from burner.manifest.fold.keys import signer_of
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import NEVER, KeyRow, PolicyRow, WithdrawnRow
from burner.manifest.fold.rules import apply
from burner.manifest.local.known_log import KnownLog
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.tree import (
    Frontier,
    frontier,
    inclusion_proof,
    root_from_inclusion,
    subtree_hash,
)
from burner.manifest.store.bodies import body_of, entry_at, stored_bodies
from burner.manifest.store.hashes import TableHashes
from burner.manifest.store.head import HeadRow, lock_known_head, parse_signed, read_head
from burner.manifest.store.table_state import TableState
from burner.manifest.store.tables import OWN, RARE, TABLES, checkpoints, records

CHUNK = 2000
"""Records hashed at once."""

LOG_WIDE = RARE & records.c.kind.in_([kind_of(kind) for kind in LOG_WIDE_KINDS])
"""Records of keys, policies and withdrawn releases; RARE, so that the database uses the index."""
_LOG_WIDE_RECORDS = select(records.c.number, records.c.leaf, records.c.body).where(
    LOG_WIDE, records.c.log == OWN
)
"""Not ordered: with an order SQLite would scan all records instead of the index."""
_LAST_KEPT = select(checkpoints.c.note).order_by(checkpoints.c.size.desc()).limit(1)
_BEHIND = select(func.count()).where(
    records.c.log == OWN, records.c.number >= bindparam("size", type_=records.c.number.type)
)


class Position(NamedTuple):
    """The position of a log: its head, as its writer last saw or wrote it."""

    origin: str = ""
    origin_key: str = ""
    """Verifier key of the origin."""
    frontier: Frontier = Frontier()
    note: str = ""
    """The signed checkpoint, if this writer signed it."""
    keys: Mapping[str, KeyRow] = MappingProxyType({})
    """By their ids, as the records say."""


def check_opening(connection: Connection, head: HeadRow, known: KnownLog | None) -> Position:
    """Check a log before it is continued. At most a second at 10^6 units.

    Args:
        connection: in the transaction that read the head.
        head: the stored head.
        known: what this computer knows of the log.

    Returns:
        Its position.

    Raises:
        BurnerError: E710 it is an older copy, or another log of the same name; E713 it is not as
            signed; E755 the signer is no key of the log; E756 records follow the signed head.
    """
    if behind := unsigned_records(connection, head.checkpoint.size):
        raise BurnerError(Code.RECORDS_UNSIGNED, behind)
    keys = check_keys(connection, head.checkpoint)
    signer_of(head.note, keys.get, entry_at(connection, head.checkpoint.size - 1).at)
    _check_known(connection, head.checkpoint, known, keys.values())
    kept = connection.execute(_LAST_KEPT).scalar()
    start = Frontier()
    if kept is not None:
        note, checkpoint = parse_signed(kept)
        signer_of(note, keys.get)
        start = frontier(TableHashes(connection), checkpoint.size)
        if start.root != checkpoint.root:
            raise not_as_signed(f"not as signed: the first {counted(checkpoint.size, 'record')}")
    _hash_up_to(connection, start, head.frontier)
    (first,) = (row for row in keys.values() if row.enrolled == 0)
    return Position(head.checkpoint.origin, first.key, head.frontier, "", keys)


def catch_up(connection: Connection, seen: Position) -> Position:
    """Lock the head, and hash the records that other stations have appended.

    Raises:
        BurnerError: E710 the log is gone, or shorter; E713, E755 the new records are not as signed.
    """
    if lock_known_head(connection, seen.frontier, seen.note):
        return seen
    stored = read_head(connection, lock=True)
    if stored is None or stored.checkpoint.origin != seen.origin:
        raise BurnerError(Code.MANIFEST_REPLACED, f"the log {seen.origin} is gone")
    if stored.frontier == seen.frontier:
        return seen
    if stored.frontier.size <= seen.frontier.size:
        raise BurnerError(Code.MANIFEST_REPLACED, f"record {seen.frontier.size - 1} is gone")
    at, of_keys = _hash_up_to(connection, seen.frontier, stored.frontier)
    keys = check_keys(connection, stored.checkpoint) if of_keys else seen.keys
    signer_of(stored.note, keys.get, at)
    return seen._replace(frontier=stored.frontier, note="", keys=keys)


def unsigned_records(connection: Connection, size: int) -> str:
    """The records after the signed head, in words; empty: none."""
    count = connection.execute(_BEHIND, {"size": size}).scalar_one()
    return f"{count} from record {size} on" if count else ""


def _hash_up_to(connection: Connection, start: Frontier, end: Frontier) -> tuple[str, bool]:
    """Hash further records from their bodies, up to a head.

    Returns:
        Moment of the last one, and whether one is about a key.

    Raises:
        BurnerError: E713 they do not lead to this head.
    """
    current, at, of_keys = start, "", False
    for first in range(start.size, end.size, CHUNK):
        below = min(first + CHUNK, end.size)
        for number, leaf, body in stored_bodies(connection, first, below):
            if number != current.size:
                raise not_as_signed(f"record {current.size} is gone")
            entry = read(body_of(number, leaf, body), number)
            at, of_keys = entry.at, of_keys or isinstance(entry, LOG_WIDE_KINDS)
            current, _ = current.append(leaf)
        if current.size != below:
            raise not_as_signed(f"record {current.size} is gone")
    if current != end:
        raise not_as_signed(f"record {start.size} to {end.size - 1}")
    return at, of_keys


def check_keys(connection: Connection, head: Checkpoint) -> dict[str, KeyRow]:
    """The keys of the log, from its records; their table must agree, and those of policies and of
    withdrawn releases.

    Each of these records is proved to be in the tree of the head, so that an edited row gives
    nobody the right to sign, and changes no policy.

    Raises:
        BurnerError: E713, E714, E755.
    """
    state, hashes = MemoryState(), TableHashes(connection)
    for number, leaf, body in sorted(connection.execute(_LOG_WIDE_RECORDS).all()):
        raw = body_of(number, leaf, body)
        if not _is_in(hashes, number, leaf, head):
            raise not_as_signed(f"record {number} is not in the tree")
        state.update(apply(state, number, read(raw, number)))
    stored = TableState(connection)
    for kind in (KeyRow, PolicyRow, WithdrawnRow):
        if sorted(stored.rows(kind)) != sorted(state.rows(kind)):
            raise inconsistent(f"the {TABLES[kind].name} are not those that the records say")
    return {row.id: row for row in state.rows(KeyRow)}


def _is_in(hashes: TableHashes, number: int, leaf: bytes, head: Checkpoint) -> bool:
    if number >= head.size:
        return False
    proof = inclusion_proof(hashes, number, head.size)
    return root_from_inclusion(leaf, number, head.size, proof) == head.root


def key_records(keys: Iterable[KeyRow], size: int) -> int:
    """How many of the first `size` records are about keys."""
    numbers = (number for row in keys for number in (row.enrolled, row.withdrawn))
    return sum(NEVER < number < size for number in numbers)


def _check_known(
    connection: Connection, head: Checkpoint, known: KnownLog | None, keys: Iterable[KeyRow]
) -> None:
    if known is None:
        return
    if known.size > head.size:
        detail = f"it ends at record {head.size - 1}, this computer knows {known.size - 1}"
        raise BurnerError(Code.MANIFEST_REPLACED, detail)
    if subtree_hash(TableHashes(connection), 0, known.size).hex() != known.root:
        detail = f"not as known here: its first {counted(known.size, 'record')}"
        raise BurnerError(Code.MANIFEST_REPLACED, detail)
    if key_records(keys, known.size) < known.key_records:
        raise not_as_signed("a record of a key that this computer knows is hidden")
