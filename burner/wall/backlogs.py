"""What waits, as the wall view shows it."""

from collections.abc import Collection
from datetime import datetime

from burner.manifest.reading.outbox_backlog import count_messages
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_labels import label_counts_by_batch
from burner.wall.state import BacklogKind, WallBacklog

Backlogs = tuple[WallBacklog, ...]


def read_messages(reader: ManifestReader) -> Backlogs:
    """Messages for each MES."""
    with reader.connection() as connection:
        rows = count_messages(connection)
    kinds = {False: BacklogKind.MESSAGES_WAITING, True: BacklogKind.MESSAGES_REFUSED}
    return tuple(
        WallBacklog(kinds[row.refused], row.destination, row.number, row.since) for row in rows
    )


def read_labels(reader: ManifestReader, batches: Collection[str], now: datetime) -> Backlogs:
    """Labels of each batch."""
    with reader.connection() as connection:
        counts = label_counts_by_batch(connection, batches, now)
    return tuple(
        WallBacklog(kind, batch, number, None)
        for batch, of_batch in counts.items()
        for kind, number in (
            (BacklogKind.LABELS_OWED, of_batch.owed),
            (BacklogKind.LABELS_DOUBTFUL, of_batch.doubtful),
        )
        if number
    )
