"""Beginning anew where an older copy was put back, nothing is left, or no key is: under a new
origin, which names the last head that is known of the old log. Two histories are never joined.

The new log is made in a file of its own, which takes the place of the old one when it is whole:
interrupted anywhere, `restore` is simply run again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from sqlalchemy import text

from burner.errors import BurnerError
from burner.manifest.entries.kinds import Head, LogBegun
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.first_use import is_empty
from burner.manifest.fold.keys import in_force
from burner.manifest.fold.rows import LogRow
from burner.manifest.heads import is_head_of
from burner.manifest.ledger import Ledger
from burner.manifest.local.keys import Ask, sponsors, station_signer
from burner.manifest.local.known_log import KnownLog, known_log
from burner.manifest.local.places import log_at, remember_place
from burner.manifest.local.state import sync_folder
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import VerifierKey
from burner.manifest.reader import Reader
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.head import read_head
from burner.manifest.store.place import Place, is_there, place
from burner.manifest.store.refusals import guarded
from burner.manifest.store.state import TableState
from burner.manifest.store.station_key import SIMULATED, Beginning, MakeSigner, lasting
from burner.manifest.typed_text import require_who_and_why
from burner.manifest.verify.database import verify

_AT_WORK = text(
    "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE datname = current_database() AND locktype = 'advisory'"
)
"""Locks of stations that have a manifest of this database open."""


@dataclass(frozen=True)
class Restored:
    """What was begun, and what is lost."""

    origin: str
    """Of the new log."""
    key: str
    """Its origin key: QA writes it down."""
    old: str
    """Origin of the old log."""
    old_place: Place | None
    """Where the older copy lies now; None: there was none."""
    kept: int
    """Records that came in from it."""
    lost: int | None
    """Records that this computer knows of, and that are gone; None: what is there was continued
    elsewhere, and does not say where the two parted."""
    already: bool = False
    """The new log was there: this computer goes on with it from now on."""


def restore(
    manifest: str,
    station: str,
    *,
    operator: str,
    reason: str,
    old: str = "",
    ask: Ask | None = None,
) -> Restored:
    """Begin a new log at the place of one whose newest records, or whose keys, are lost.

    What is there comes in as an imported log: its names and IDs stay taken, its units and batches
    can be looked up. A batch that was open is opened again by whoever goes on with it.

    Args:
        manifest: path; of a server, the URL of an empty database.
        station: who begins.
        operator: who answers for it.
        reason: why.
        old: path or URL of the older copy; empty: it is at the place of the manifest.
        ask: asks for the passphrase of the station's key.

    Raises:
        BurnerError: E707 a station has the copy open, E731 without operator or reason, E732 this
            station may go on with what is there, E736 something is in the way; what `verify`
            finds in the copy; E7. Nothing is moved or begun then.
    """
    require_who_and_why("the manifest", operator, reason)
    where, signer = place(manifest), station_signer(station, ask)
    expected, there = log_at(where.name), _log_in(where)
    source = place(old) if old else where
    if there is None and not old and where.path and _aside(where.path, expected).is_file():
        source = place(_aside(where.path, expected))  # see `_put_in_place`
    with _folder_beside(where) as folder:
        copy = _log_in(source)
        origin = expected if there is None or expected != there.origin else ""
        origin = origin or (copy.origin if copy else "")
        if there and origin in _continued(where):
            remember_place(where.name, there.origin)
            with Ledger.open(manifest, station, make_signer=signer) as ledger:
                return _gone_on(ledger, origin, source if old else None, folder, operator)
        if there and old:
            raise BurnerError("E736", f"{where}: the log {there.origin} is there")
        with _nobody_else(source):
            copy = _log_in(source)  # as it stays now
            known, lost = _loss(source, copy, known_log(origin), station, signer)
            aside = _aside(where.path, origin) if where.path and copy and source == where else None
            if aside and aside.exists():
                raise BurnerError("E736", str(aside))
            if copy:
                with Reader(source) as reader:
                    if reader.is_simulated():
                        reason = f"{reason} {SIMULATED}"
                    with reader.connection() as connection:
                        verify(connection).must_agree()
            head = Head(origin=known.origin, root=known.root, size=known.size)
            with Ledger.open(
                folder / "new.db" if where.path else manifest,
                station,
                make_signer=signer,
                begins=Beginning((head,), operator, reason),
                remembers=where.path is None,
            ) as ledger:
                if copy:
                    _import(ledger, source, known, folder, operator)
                begun, key = ledger.origin, ledger.writer.origin_key
        if where.path:
            _put_in_place(folder / "new.db", where.path, aside)
            remember_place(where.name, begun)
    lies = place(aside) if aside else source if copy else None
    return Restored(begun, key, origin, lies, copy.size if copy else 0, lost)


def _log_in(where: Place) -> KnownLog | None:
    """The log at a place; None: there is none."""
    if not is_there(where) or is_empty(where):
        return None
    with Reader(where) as reader:
        key = reader.origin_key()
        with reader.connection() as connection:
            head = read_head(connection)
    if head is None:
        return None
    return KnownLog(reader.origin, key, head.checkpoint.size, head.checkpoint.root.hex())


def _continued(where: Place) -> set[str]:
    """Origins of the logs in whose place one was begun."""
    with Reader(where) as reader, reader.connection() as connection:
        begun = entry_at(connection, 0)
    return {head.origin for head in begun.continues} if isinstance(begun, LogBegun) else set()


def _loss(
    source: Place, copy: KnownLog | None, known: KnownLog | None, station: str, signer: MakeSigner
) -> tuple[KnownLog, int | None]:
    """The last head that is known of a log that cannot be continued here, and what is lost of it.

    Raises:
        BurnerError: E732 it can be.
    """
    copied = copy.size if copy and known and copy.origin == known.origin else 0
    if known and known.size > copied:
        return known, known.size - copied
    if known and copied and not _holds(source, known):
        return known, None
    if copy and not _may_sign(source, station, signer):
        return copy, 0
    raise BurnerError("E732", f"{source}: it ends where this computer knows it to end")


def _holds(source: Place, known: KnownLog) -> bool:
    """Whether the last head that is known is one of what is there."""
    with Reader(source) as reader:
        return is_head_of(reader, Checkpoint(known.origin, known.size, bytes.fromhex(known.root)))


def _may_sign(source: Place, station: str, signer: MakeSigner) -> bool:
    """Whether a key of this computer is let in, so that nothing needs to be begun anew."""
    with Reader(source) as reader:
        rows = {row.id: row for row in reader.log_keys()}
        own = (signer(reader.origin), *sponsors(station)(reader.origin))
    return any(in_force(rows.get(lasting(key).key.id.hex())) for key in own)


def _import(ledger: Ledger, source: Place, known: KnownLog, folder: Path, operator: str) -> None:
    with Reader(source) as reader:
        file = folder / "old.log"
        with file.open("w", encoding="utf-8", newline="\n") as target:
            target.writelines(export_log(reader))
        # Another log than was here: nothing on this computer knows its key better than itself.
        key = known.key if reader.origin == known.origin else reader.origin_key()
        import_log(ledger, file, reader.origin, VerifierKey.parse(key), operator=operator)


def _gone_on(
    ledger: Ledger, origin: str, source: Place | None, folder: Path, operator: str
) -> Restored:
    """What the log that was begun in place of another one has of that."""
    known = known_log(origin)
    copy = _log_in(source) if source else None
    if source and copy and not _imported(ledger, origin):
        _import(ledger, source, known or copy, folder, operator)
    kept = _imported(ledger, origin)
    lost = max(0, known.size - kept) if known else 0
    key = ledger.writer.origin_key
    return Restored(ledger.origin, key, origin, source, kept, lost, already=True)


def _imported(ledger: Ledger, origin: str) -> int:
    """Records that are there of another log."""
    with ledger.writer.transaction() as connection:
        row = TableState(connection).get(LogRow, origin)
    return row.size if row else 0


def _aside(path: Path, origin: str) -> Path:
    """Where the file of a log is put that another one replaces."""
    return path.with_name(f"{path.name}.{origin.rpartition('/')[2]}.old")


@contextmanager
def _folder_beside(where: Place) -> Iterator[Path]:
    """For what is made meanwhile: on the disk of the manifest, where it is a file."""
    path = where.path
    folder = path.with_name(f".{path.name}.restore") if path else Path(mkdtemp())
    try:
        rmtree(folder, ignore_errors=True)  # of one that was interrupted
        folder.mkdir(mode=0o700)
        yield folder
    except OSError as error:
        raise BurnerError("E706", f"{where}: {error.strerror}") from error
    finally:
        rmtree(folder, ignore_errors=True)


@contextmanager
def _nobody_else(where: Place) -> Iterator[None]:
    """While no station has a manifest open. A file is held, and whole without its journal.

    Raises:
        BurnerError: E707 one has it open.
    """
    if where.path is None:
        if not is_empty(where):
            with Reader(where) as reader, reader.connection() as connection:
                if connection.execute(_AT_WORK).first():
                    raise BurnerError("E707", f"{where}: a station has it open")
        yield
    elif not is_there(where):
        yield
    else:
        with closing(sqlite3.connect(where.path, timeout=0, isolation_level=None)) as held:
            with guarded(where):
                held.execute("PRAGMA journal_mode=DELETE")  # refused where it is open elsewhere
                held.execute("BEGIN IMMEDIATE")
            yield


def _put_in_place(new: Path, path: Path, aside: Path | None) -> None:
    """Interrupted between the two names, `restore` finds what was put aside."""
    with _nobody_else(place(new)):
        pass  # all of it is in the one file now
    if aside:
        path.rename(aside)
    new.replace(path)
    sync_folder(path.parent)
