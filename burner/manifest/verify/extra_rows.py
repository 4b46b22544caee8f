"""Rows that follow from no record: each one that must be there was compared before."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Table, func, select

from burner.manifest.fold.rows import AttemptRow
from burner.manifest.store.tables import TABLES, about, imported, records, tiles
from burner.manifest.verify.replay import Replay
from burner.plural import counted


def extra_rows(
    connection: Connection, own: Replay, ended: int, foreign: Sequence[Replay]
) -> Iterator[str]:
    """Tables with more or fewer rows than follow from the records.

    Args:
        connection: to the manifest.
        own: the log, folded again.
        ended: attempts of it that ended; its state does not keep them.
        foreign: imported logs, folded again.
    """
    logs, size = (own, *foreign), own.frontier.size
    due: dict[Table, int] = {
        about: 1,
        imported: len(foreign),
        records: sum(replay.frontier.size for replay in logs),
        tiles: sum(size >> level for level in range(8, 64, 8)),
        **{table: sum(log.state.count(kind) for log in logs) for kind, table in TABLES.items()},
    }
    due[TABLES[AttemptRow]] += ended
    for table, expected in due.items():
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if count != expected:
            yield f"{table.name}: {counted(count, 'row')}, {expected} from the records"
