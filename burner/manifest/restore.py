"""Beginning anew where an older copy was put back, nothing is left, or no key is: under a new
origin, which names the last head that is known of the old log. Two histories are never joined.

The new log is made in a file of its own, which takes the place of the old one when it is whole:
interrupted anywhere, `restore` is simply run again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import Head, LogBegun, LogImported, kind_of
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import HEADER, export_log
from burner.manifest.fold.keys import in_force
from burner.manifest.fold.rows import LogRow
from burner.manifest.heads import is_head_of
from burner.manifest.ledger import Ledger
from burner.manifest.local.keys import Ask, sponsors, station_signer
from burner.manifest.local.known_log import KnownLog, known_log, known_logs
from burner.manifest.local.places import log_at, remember_place
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import VerifierKey
from burner.manifest.log.tree import Frontier
from burner.manifest.reader import CHUNK, Reader
from burner.manifest.restore_decision import (
    Begin,
    Facts,
    GoOn,
    Loss,
    decide,
    loss_of,
    replaced_origin,
)
from burner.manifest.restore_files import (
    NEW,
    aside_of,
    interrupted_at,
    log_in,
    must_end_at,
    no_station_at,
    one_at_a_time,
    put_in_place,
    work_folder,
)
from burner.manifest.store.bodies import entry_at, entry_of
from burner.manifest.store.place import Place, place
from burner.manifest.store.state import TableState, log_number
from burner.manifest.store.statements import stream
from burner.manifest.store.station_key import Beginning, MakeSigner, lasting
from burner.manifest.store.tables import OWN, RARE, records
from burner.manifest.typed_text import SIMULATED, require_who_and_why
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
    old_place: Place | None
    """Where the older copy lies now; None: there was none."""
    kept: int
    """Records that came in from it."""
    lost: Loss
    already: bool = False
    """The new log was there: this computer goes on with it from now on."""


@dataclass(frozen=True)
class _Task:
    """Who begins a new log at which place, and where the older copy lies."""

    where: Place
    source: Place
    folder: Path
    """For what is made meanwhile."""
    station: str
    signer: MakeSigner
    operator: str
    reason: str


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
        BurnerError: E707 a station has the copy open, or another `restore` is at work; E731
            without operator or reason, E732 this station may go on with what is there, E736
            something is in the way, E754 the reason is that of a simulated bench; what `verify`
            finds in the copy; E7. Nothing is moved or begun then.
    """
    require_who_and_why("the manifest", operator, reason)
    where, signer = place(manifest), station_signer(station, ask)
    with one_at_a_time(where):
        source = place(old) if old else _source_at(where)
        with work_folder(where) as folder:
            task = _Task(where, source, folder, station, signer, operator, reason)
            facts = _facts(task, named=bool(old))
            match decide(facts):
                case GoOn():
                    return _go_on(task, facts)
                case Begin(last):
                    return _begin(task, facts, last)


def _source_at(where: Place) -> Place:
    """What is at the place of the manifest, or was until a `restore` was interrupted."""
    if where.path and log_in(where) is None:
        aside = interrupted_at(where.path, log_at(where.name))
        return place(aside) if aside else where
    return where


# -- looking -------------------------------------------------------------------------------------


def _facts(task: _Task, *, named: bool) -> Facts:
    where, source = task.where, task.source
    there, copy = log_in(where), log_in(source)
    origin = replaced_origin(log_at(where.name), there, copy)
    loss = _loss_in(source, copy, origin)
    aside = aside_of(where.path, origin) if where.path and copy and source == where else None
    return Facts(
        origin=origin,
        there=there,
        replaced=_replaced_by(where) if there else frozenset(),
        copy=copy,
        named=named,
        known=known_log(origin),
        loss=loss,
        # A token is asked only where that decides something.
        may_sign=copy is not None and not loss.at_least and _may_sign(task),
        aside=aside,
        aside_is_taken=aside is not None and aside.exists(),
    )


def _replaced_by(where: Place) -> frozenset[str]:
    """Origins of the logs in whose place one was begun."""
    with Reader(where) as reader, reader.connection() as connection:
        begun = entry_at(connection, 0)
    continues = begun.continues if isinstance(begun, LogBegun) else ()
    return frozenset(head.origin for head in continues)


def _loss_in(source: Place, copy: KnownLog | None, origin: str) -> Loss:
    known = known_logs(origin)
    if copy is None or copy.origin != origin:
        return loss_of(((log.size, False) for log in known), 0)
    with Reader(source) as reader:
        return loss_of([(log.size, is_head_of(reader, _head(log))) for log in known], copy.size)


def _head(log: KnownLog) -> Checkpoint:
    return Checkpoint(log.origin, log.size, bytes.fromhex(log.root))


def _may_sign(task: _Task) -> bool:
    """Whether a key of this computer is let in, so that nothing needs to be begun anew."""
    with Reader(task.source) as reader:
        rows = {row.id: row for row in reader.log_keys()}
        own = (task.signer(reader.origin), *sponsors(task.station)(reader.origin))
    return any(in_force(rows.get(lasting(key).key.id.hex())) for key in own)


# -- beginning -----------------------------------------------------------------------------------


def _begin(task: _Task, facts: Facts, last: KnownLog) -> Restored:
    where, copy = task.where, facts.copy
    if copy is None:
        origin, key = _new_log(task, last, None)
    else:
        with no_station_at(task.source, is_moved=facts.aside is not None):
            must_end_at(task.source, copy)
            origin, key = _new_log(task, last, copy)
            must_end_at(task.source, copy)
    if where.path:
        if facts.aside:
            remember_place(where.name, facts.origin)  # from here on nothing may stand there
        put_in_place(task.folder / NEW, where.path, facts.aside, copy)
        remember_place(where.name, origin)
    if copy is None:
        return Restored(origin, key, facts.origin, None, 0, facts.loss)
    lies = place(facts.aside) if facts.aside else task.source
    return Restored(origin, key, facts.origin, lies, copy.size, facts.loss)


def _new_log(task: _Task, last: KnownLog, copy: KnownLog | None) -> tuple[str, str]:
    """Origin and origin key of a new log that holds the older copy."""
    reason = task.reason
    if copy:
        with Reader(task.source) as reader:
            if reader.is_simulated():
                reason = f"{reason} {SIMULATED}"
            with reader.connection() as connection:
                verify(connection).must_agree()
    head = Head(origin=last.origin, root=last.root, size=last.size)
    with Ledger.open(
        task.folder / NEW if task.where.path else task.where.url,
        task.station,
        make_signer=task.signer,
        begins=Beginning((head,), task.operator, reason),
    ) as ledger:
        if copy:
            _import(ledger, task, copy, last)
        return ledger.origin, ledger.writer.origin_key


def _import(ledger: Ledger, task: _Task, copy: KnownLog, known: KnownLog) -> None:
    """Take the older copy in, by the key that this computer knows of its log, and behind it the
    logs that the copy had taken in.

    Of another log than was here nothing on this computer knows the key better than itself.
    """
    key = known.key if copy.origin == known.origin else copy.key
    with Reader(task.source) as reader:
        _import_lines(ledger, task, export_log(reader), copy.origin, key)
        for entry in _imports_of(reader):
            if not _imported(ledger, entry.origin):
                lines = _lines_of_import(reader, entry)
                _import_lines(ledger, task, lines, entry.origin, entry.key)


def _import_lines(ledger: Ledger, task: _Task, lines: Iterable[str], origin: str, key: str) -> None:
    file = task.folder / "old.log"
    try:
        with file.open("w", encoding="utf-8", newline="\n") as target:
            target.writelines(lines)
    except OSError as error:
        raise BurnerError(Code.DISK_FULL, f"{file}: {error.strerror}") from error
    import_log(ledger, file, origin, VerifierKey.parse(key), operator=task.operator)


def _imports_of(reader: Reader) -> Iterable[LogImported]:
    """The last import of each log that a manifest has taken in."""
    query = select(records.c.body).where(records.c.log == OWN, RARE)
    query = query.where(records.c.kind == kind_of(LogImported)).order_by(records.c.number)
    with reader.connection() as connection:
        entries = [entry_of(body) for body in connection.execute(query).scalars()]
    return {entry.origin: entry for entry in entries if isinstance(entry, LogImported)}.values()


def _lines_of_import(reader: Reader, entry: LogImported) -> Iterator[str]:
    """The export of an imported log, as far as it is here."""
    yield f"{HEADER}\nbatch\n"
    with reader.connection() as connection:
        log = log_number(connection, entry.origin)
        query = select(records.c.number, records.c.body).where(records.c.log == log)
        for rows in stream(connection, query.order_by(records.c.number), CHUNK):
            yield from (f"{number} {body}\n" for number, body in rows)
    yield f"\n\n{entry.checkpoint}"


# -- going on ------------------------------------------------------------------------------------


def _go_on(task: _Task, facts: Facts) -> Restored:
    """Go on with the log that was begun in place of another one."""
    assert facts.there is not None  # noqa: S101 - decided by it
    where = task.where
    remember_place(where.name, facts.there.origin)
    source, origin = task.source if facts.named else None, facts.origin
    with Ledger.open(where.path or where.url, task.station, make_signer=task.signer) as ledger:
        if source and facts.copy and not _imported(ledger, origin):
            _import(ledger, task, facts.copy, facts.known or facts.copy)
        kept = _imported(ledger, origin)
        with ledger.reader.connection() as connection:
            lost = loss_of(_known_in_import(connection, origin), kept)
        key = ledger.writer.origin_key
        return Restored(ledger.origin, key, origin, source, kept, lost, already=True)


def _imported(ledger: Ledger, origin: str) -> int:
    """Records that are there of another log."""
    with ledger.writer.transaction() as connection:
        row = TableState(connection).get(LogRow, origin)
    return row.size if row else 0


def _known_in_import(connection: Connection, origin: str) -> list[tuple[int, bool]]:
    """Sizes of the heads that are known of a log, and whether each is one of what came in."""
    log = log_number(connection, origin)
    query = select(records.c.leaf).where(records.c.log == log).order_by(records.c.number)
    found, reached = [], Frontier()
    with connection.execute(query.execution_options(yield_per=CHUNK)) as rows:
        leaves = rows.scalars()
        for known in sorted(known_logs(origin), key=lambda known: known.size):
            reached = reached.extend(islice(leaves, known.size - reached.size))
            is_there = (reached.size, reached.root.hex()) == (known.size, known.root)
            found.append((known.size, is_there))
    return found
