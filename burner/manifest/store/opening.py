"""Whether the log may be continued: what is checked when it is opened, and behind a commit of
another station. Comparing two stored values is no check: bodies are hashed again.
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
from burner.manifest.entries.kinds import KEY_KINDS, kind_of
from burner.manifest.fold.keys import signer_of
from burner.manifest.fold.memory import MemoryState
from burner.manifest.fold.rows import NEVER, KeyRow
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
from burner.manifest.store.head import HeadRow, hold_known_head, parse_signed, read_head
from burner.manifest.store.state import TableState
from burner.manifest.store.tables import OWN, RARE, checkpoints, records

CHUNK = 2000
"""Records hashed at once."""

OF_KEYS = RARE & records.c.kind.in_([kind_of(kind) for kind in KEY_KINDS])
"""Records about keys; RARE, so that the database uses the index."""
_KEY_RECORDS = select(records.c.number, records.c.leaf, records.c.body).where(
    OF_KEYS, records.c.log == OWN
)
"""In no order: asked for one, SQLite would go through all records instead of the index."""
_LAST_KEPT = select(checkpoints.c.note).order_by(checkpoints.c.size.desc()).limit(1)
_BEHIND = select(func.count()).where(
    records.c.log == OWN, records.c.number >= bindparam("size", type_=records.c.number.type)
)


class Position(NamedTuple):
    """Where a log stands, as its writer last saw or left it."""

    origin: str = ""
    origin_key: str = ""
    """Verifier key of the origin."""
    frontier: Frontier = Frontier()
    note: str = ""
    """The signed checkpoint, where this writer signed it."""
    keys: Mapping[str, KeyRow] = MappingProxyType({})
    """By their ids, as the records say."""


def check_opening(connection: Connection, head: HeadRow, known: KnownLog | None) -> Position:
    """Check a log before it is continued. At most a second at 10^6 units.

    Args:
        connection: in the transaction that read the head.
        head: as it is stored.
        known: what this computer knows of the log of this origin.

    Returns:
        Where it stands.

    Raises:
        BurnerError: E710 it is an older copy, or another log under the same name; E713 it is not
            what was signed; E755 it is signed by no key that it knows; E756 records stand behind
            the signed head.
    """
    if behind := unsigned(connection, head.checkpoint.size):
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
            raise BurnerError(
                Code.MANIFEST_NOT_AS_SIGNED,
                f"not as signed: the first {counted(checkpoint.size, 'record')}",
            )
    _follow(connection, start, head.frontier)
    (first,) = (row for row in keys.values() if row.enrolled == 0)
    return Position(head.checkpoint.origin, first.key, head.frontier, "", keys)


def catch_up(connection: Connection, seen: Position) -> Position:
    """Hold the head, and hash what other stations have appended.

    Raises:
        BurnerError: E710 the log is gone, or shorter; E713, E755 what follows is not as signed.
    """
    if hold_known_head(connection, seen.frontier, seen.note):
        return seen
    stored = read_head(connection, hold=True)
    if stored is None or stored.checkpoint.origin != seen.origin:
        raise BurnerError(Code.MANIFEST_REPLACED, f"the log {seen.origin} is gone")
    if stored.frontier == seen.frontier:
        return seen
    if stored.frontier.size <= seen.frontier.size:
        raise BurnerError(Code.MANIFEST_REPLACED, f"record {seen.frontier.size - 1} is gone")
    at, of_keys = _follow(connection, seen.frontier, stored.frontier)
    keys = check_keys(connection, stored.checkpoint) if of_keys else seen.keys
    signer_of(stored.note, keys.get, at)
    return seen._replace(frontier=stored.frontier, note="", keys=keys)


def unsigned(connection: Connection, size: int) -> str:
    """What stands behind the last signed record; empty: nothing."""
    count = connection.execute(_BEHIND, {"size": size}).scalar_one()
    return f"{count} from record {size} on" if count else ""


def _follow(connection: Connection, start: Frontier, end: Frontier) -> tuple[str, bool]:
    """Hash more records, from their bodies, up to a head.

    Returns:
        Moment of the last of them, and whether one of them is about a key.

    Raises:
        BurnerError: E713 they do not lead to this head.
    """
    reached, at, of_keys = start, "", False
    for first in range(start.size, end.size, CHUNK):
        below = min(first + CHUNK, end.size)
        for number, leaf, body in stored_bodies(connection, first, below):
            if number != reached.size:
                raise BurnerError(Code.MANIFEST_NOT_AS_SIGNED, f"record {reached.size} is gone")
            entry = read(body_of(number, leaf, body), number)
            at, of_keys = entry.at, of_keys or isinstance(entry, KEY_KINDS)
            reached, _ = reached.append(leaf)
        if reached.size != below:
            raise BurnerError(Code.MANIFEST_NOT_AS_SIGNED, f"record {reached.size} is gone")
    if reached != end:
        raise BurnerError(Code.MANIFEST_NOT_AS_SIGNED, f"record {start.size} to {end.size - 1}")
    return at, of_keys


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
            raise BurnerError(Code.MANIFEST_NOT_AS_SIGNED, f"record {number} is not in the tree")
        state.update(apply(state, number, read(raw, number)))
    rows = {row.id: row for row in state.rows(KeyRow)}
    if {row.id: row for row in TableState(connection).rows(KeyRow)} != rows:
        raise BurnerError(Code.MANIFEST_INCONSISTENT, "the keys are not those that the records say")
    return rows


def _is_in(hashes: TableHashes, number: int, leaf: bytes, head: Checkpoint) -> bool:
    if number >= head.size:
        return False
    proof = inclusion_proof(hashes, number, head.size)
    return root_from_inclusion(leaf, number, head.size, proof) == head.root


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
        raise BurnerError(Code.MANIFEST_REPLACED, detail)
    if subtree_hash(TableHashes(connection), 0, known.size).hex() != known.root:
        raise BurnerError(
            Code.MANIFEST_REPLACED, f"not as known here: its first {counted(known.size, 'record')}"
        )
    if key_records(keys, known.size) < known.key_records:
        raise BurnerError(
            Code.MANIFEST_NOT_AS_SIGNED, "a record of a key that this computer knows is hidden"
        )
