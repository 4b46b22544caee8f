"""What waits, as the wall view shows it."""

from collections.abc import Collection
from datetime import datetime

from burner.manifest.reading.backlogs import label_backlogs, message_backlogs
from burner.manifest.reading.reader import ManifestReader
from burner.wall.state import BacklogKind, WallBacklog

Backlogs = tuple[WallBacklog, ...]


def read_messages(reader: ManifestReader) -> Backlogs:
    """Messages for each MES."""
    with reader.connection() as connection:
        rows = message_backlogs(connection)
    kinds = {False: BacklogKind.MESSAGES_WAITING, True: BacklogKind.MESSAGES_REFUSED}
    return tuple(
        WallBacklog(kinds[row.refused], row.destination, row.number, row.since) for row in rows
    )


def read_labels(reader: ManifestReader, batches: Collection[str], now: datetime) -> Backlogs:
    """Labels of each batch."""
    with reader.connection() as connection:
        rows = label_backlogs(connection, batches, now)
    kinds = {False: BacklogKind.LABELS_OWED, True: BacklogKind.LABELS_DOUBTFUL}
    return tuple(WallBacklog(kinds[row.doubtful], row.batch, row.number, None) for row in rows)
