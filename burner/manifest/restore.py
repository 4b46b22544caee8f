"""Beginning anew where an older copy was put back, nothing is left, or no key is: under a new
origin, which names the last head that is known of the old log. Two histories are never joined.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from burner.errors import BurnerError
from burner.manifest.entries.kinds import Head
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.fold.keys import in_force
from burner.manifest.fold.rows import KeyRow
from burner.manifest.given import decided
from burner.manifest.heads import is_head_of
from burner.manifest.ledger import Ledger
from burner.manifest.local.keys import Ask
from burner.manifest.local.known_log import KnownLog, known_log
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import VerifierKey
from burner.manifest.reader import Reader
from burner.manifest.store.engine import Place, place
from burner.manifest.store.hashes import read_head
from burner.manifest.store.session import log_at
from burner.manifest.store.state import TableState
from burner.manifest.store.station_key import Beginning
from burner.manifest.verify.database import verify


@dataclass(frozen=True)
class Restored:
    """What was begun, and what is lost."""

    origin: str
    """Of the new log."""
    key: str
    """Its origin key: QA writes it down."""
    old: str
    """Origin of the old log."""
    old_file: Path | None
    """Where the older copy lies now; None: there was none."""
    kept: int
    """Records that came in from what was there."""
    lost: int | None
    """Records that this computer knows of, and that are gone; None: what is there was continued
    elsewhere, and does not say where the two parted."""


def restore(
    manifest: str, station: str, *, operator: str, reason: str, ask: Ask | None = None
) -> Restored:
    """Begin a new log at the place of one whose newest records, or whose keys, are lost.

    What is there is set aside and comes in as an imported log: its names and IDs stay taken, its
    units and batches can be looked up. A batch that was open is opened again
    by whoever goes on with it.

    Args:
        manifest: path; of a server, the URL of a new, empty database.
        station: who begins.
        operator: who answers for it.
        reason: why.
        ask: asks for the passphrase of the station's key.

    Raises:
        BurnerError: E731 without operator or reason, E732 this station may go on with what is
            there; what `verify` finds in it; E7. Nothing is moved or begun then.
    """
    decided("the manifest", operator, reason)
    where = place(manifest)
    there, kept = _found(where)
    origin = log_at(where) or there
    known, copied = known_log(origin), kept if there == origin else 0
    parted = known is not None and known.size <= copied and not _holds(where, known)
    if known is None or (known.size <= copied and not parted):
        known = _without_key(manifest, station, ask) if kept else None
    if known is None:
        raise BurnerError("E732", f"{where}: it ends where this computer knows it to end")
    if there:
        with Reader(where) as reader, reader.connection() as connection:
            verify(connection).must_agree()
    aside = _set_aside(where, there or origin)
    begins = Beginning((Head(origin=origin, root=known.root, size=known.size),), operator, reason)
    with Ledger.open(manifest, station, ask=ask, begins=begins) as ledger:
        if aside is not None:
            _import(ledger, aside, known, operator)
        new_key = ledger.writer.origin_key
        lost = None if parted else max(0, known.size - copied)
        return Restored(ledger.origin, new_key, origin, aside, kept, lost)


def _found(where: Place) -> tuple[str, int]:
    """Origin and size of what is there; empty: nothing."""
    if where.path is None or not where.path.is_file():
        return "", 0
    with Reader(where) as reader, reader.connection() as connection:
        head = read_head(connection)
    if head is None:
        return "", 0
    return head.checkpoint.origin, head.checkpoint.size


def _holds(where: Place, known: KnownLog) -> bool:
    """Whether the last head that is known is one of what is there."""
    with Reader(where) as reader:
        return is_head_of(reader, Checkpoint(known.origin, known.size, bytes.fromhex(known.root)))


def _without_key(manifest: str, station: str, ask: Ask | None) -> KnownLog | None:
    """The log that is there, where no key of this computer may sign it; None: one may."""
    with Ledger.open(manifest, station, ask=ask) as ledger:
        writer = ledger.writer
        with writer.transaction() as connection:
            row = TableState(connection).get(KeyRow, writer.key.signer.key.id.hex())
        return None if in_force(row, writer.stamp().at) else known_log(ledger.origin)


def _set_aside(where: Place, origin: str) -> Path | None:
    if where.path is None or not where.path.is_file():
        return None
    with closing(sqlite3.connect(where.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    aside = where.path.with_name(f"{where.path.name}.{origin.rpartition('/')[2]}.old")
    if aside.exists():
        raise BurnerError("E736", str(aside))
    try:
        where.path.rename(aside)
    except OSError as error:
        raise BurnerError("E706", f"{where.path}: {error.strerror}") from error
    return aside


def _import(ledger: Ledger, aside: Path, known: KnownLog, operator: str) -> None:
    with TemporaryDirectory() as folder, Reader.open(aside) as reader:
        file = Path(folder) / "old.log"
        with file.open("w", encoding="utf-8", newline="\n") as target:
            target.writelines(export_log(reader))
        # Another log than was here: nothing on this computer knows its key better than itself.
        text = known.key if reader.origin == known.origin else reader.origin_key()
        import_log(ledger, file, reader.origin, VerifierKey.parse(text), operator=operator)
