"""Compare the tables with what follows from the records."""

from collections import Counter
from collections.abc import Iterator, Mapping
from operator import itemgetter

from sqlalchemy import Connection, Table, func, select

from burner.core.words.plural import counted
from burner.manifest.fold.rows import NEVER, AttemptRow
from burner.manifest.store.statements import stream
from burner.manifest.store.tables import TABLES, about, imported, records, tiles
from burner.manifest.verify.stored_log import CHUNK, StoredLog, shown


def wrong_rows(connection: Connection, logs: Mapping[int, StoredLog]) -> Iterator[str]:
    """Rows that follow from no record, and tables that lack rows.

    Args:
        connection: to the manifest.
        logs: all logs, folded again, by number; ours is the first.
    """
    for kind, table in TABLES.items():
        counts, query = Counter[int](), select(table)
        if kind is AttemptRow:  # ended attempts were compared on the way
            query = query.where(table.c.log.in_([*logs]), table.c.ended == NEVER)
        row_tests = {number: log.state.row_test(kind) for number, log in logs.items()}
        for rows in stream(connection, query, CHUNK):
            counts.update(map(itemgetter(0), rows))
            for row in rows:
                holds = row_tests.get(row[0])
                if holds is None or not holds(row[1:]):
                    yield f"{table.name}: {shown(row[1:])}"
        expected = Counter({number: log.state.count(kind) for number, log in logs.items()})
        if counts != expected:
            yield _wrong_count(table, counts.total(), expected.total())
    sizes = [log.frontier.size for log in logs.values()]
    totals: dict[Table, int] = {
        about: 1,
        imported: len(logs) - 1,
        records: sum(sizes),
        tiles: sum(sizes[0] >> level for level in range(8, 64, 8)),
        TABLES[AttemptRow]: sum(log.ended + log.state.count(AttemptRow) for log in logs.values()),
    }
    for table, total in totals.items():
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if count != total:
            yield _wrong_count(table, count, total)


def _wrong_count(table: Table, count: int, expected: int) -> str:
    return f"{table.name}: {counted(count, 'row')}, {expected} from the records"
