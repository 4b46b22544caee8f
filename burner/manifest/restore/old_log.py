"""The import of the older copy, and of its own imports, into the new log."""

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import select
from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import LogImported, kind_of
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import HEADER, export_log
from burner.manifest.fold.rows import LogRow
from burner.manifest.local.known_log import KnownLog, known_logs
from burner.manifest.log.note import VerifierKey
from burner.manifest.log.tree import Frontier
from burner.manifest.reading.reader import CHUNK, ManifestReader
from burner.manifest.restore.task import RestoreTask
from burner.manifest.store.bodies import entry_of
from burner.manifest.store.statements import stream
from burner.manifest.store.table_state import TableState, log_number
from burner.manifest.store.tables import OWN, RARE, records
from burner.manifest.writing.ledger import Ledger


def import_copy(ledger: Ledger, task: RestoreTask, copy: KnownLog, known: KnownLog) -> None:
    """Import the older copy, then the logs that were imported into it.

    The copy is checked with the key that this computer knows of its log; where the copy is of
    another log, with the key in the copy.
    """
    key = known.key if copy.origin == known.origin else copy.key
    with ManifestReader(task.source) as reader:
        _import_lines(ledger, task, export_log(reader), copy.origin, key)
        for entry in _imports_of(reader):
            if not size_of_import(ledger, entry.origin):
                lines = _lines_of_import(reader, entry)
                _import_lines(ledger, task, lines, entry.origin, entry.key)


def _import_lines(
    ledger: Ledger, task: RestoreTask, lines: Iterable[str], origin: str, key: str
) -> None:
    file = task.folder / "old.log"
    try:
        with file.open("w", encoding="utf-8", newline="\n") as target:
            target.writelines(lines)
    except OSError as error:
        raise BurnerError(Code.DISK_FULL, f"{file}: {error.strerror}") from error
    import_log(ledger, file, origin, VerifierKey.parse(key), operator=task.operator)


def _imports_of(reader: ManifestReader) -> Iterable[LogImported]:
    """The last import of each imported log."""
    query = select(records.c.body).where(records.c.log == OWN, RARE)
    query = query.where(records.c.kind == kind_of(LogImported)).order_by(records.c.number)
    with reader.connection() as connection:
        entries = [entry_of(body) for body in connection.execute(query).scalars()]
    return {entry.origin: entry for entry in entries if isinstance(entry, LogImported)}.values()


def _lines_of_import(reader: ManifestReader, entry: LogImported) -> Iterator[str]:
    """The export of an imported log."""
    yield f"{HEADER}\nbatch\n"
    with reader.connection() as connection:
        log = log_number(connection, entry.origin)
        query = select(records.c.number, records.c.body).where(records.c.log == log)
        for rows in stream(connection, query.order_by(records.c.number), CHUNK):
            yield from (f"{number} {body}\n" for number, body in rows)
    yield f"\n\n{entry.checkpoint}"


def size_of_import(ledger: Ledger, origin: str) -> int:
    """Records of an imported log; 0: it was not imported."""
    with ledger.writer.transaction() as connection:
        row = TableState(connection).get(LogRow, origin)
    return row.size if row else 0


def known_heads_in_import(connection: Connection, origin: str) -> list[tuple[int, bool]]:
    """Size of each head known of a log, and whether it is a head of what was imported."""
    log = log_number(connection, origin)
    query = select(records.c.leaf).where(records.c.log == log).order_by(records.c.number)
    heads, frontier = [], Frontier()
    with connection.execute(query.execution_options(yield_per=CHUNK)) as rows:
        leaves = rows.scalars()
        for known in sorted(known_logs(origin), key=lambda known: known.size):
            frontier = frontier.extend(islice(leaves, known.size - frontier.size))
            is_head = (frontier.size, frontier.root.hex()) == (known.size, known.root)
            heads.append((known.size, is_head))
    return heads
