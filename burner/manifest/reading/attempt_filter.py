"""Which attempts a list, an export or a report is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement

from burner.manifest.entries.values import utc
from burner.manifest.fold.rows import AttemptRow
from burner.manifest.store.tables import TABLES

_attempts = TABLES[AttemptRow]


@dataclass(frozen=True)
class AttemptFilter:
    """Which attempts. An empty field excludes none; `since` <= start of the attempt < `until`."""

    since: datetime | None = None
    until: datetime | None = None
    batch: str = ""
    product: str = ""
    outcome: str = ""
    unit: str = ""
    log: int | None = None
    """Number of a log, 0 for our own; None: all."""

    def where(self) -> Iterator[ColumnElement[bool]]:
        """The conditions in SQL."""
        columns = _attempts.c
        texts = (("batch", self.batch), ("product_id", self.product), ("unit_id", self.unit))
        for name, value in (*texts, ("outcome", self.outcome)):
            if value:
                yield columns[name] == value
        if self.since:
            yield columns.started >= utc(self.since)
        if self.until:
            yield columns.started < utc(self.until)
        if self.log is not None:
            yield columns.log == self.log


ALL_ATTEMPTS = AttemptFilter()
