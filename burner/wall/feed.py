"""Follows a manifest: reads what changed, and says when it cannot be read."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from burner.core.errors import BurnerError
from burner.manifest.entries.values import moment
from burner.manifest.reading.first_attempts import first_attempts
from burner.manifest.reading.log_changes import (
    LogChanges,
    changes_since,
    details_of,
    last_begun,
    log_size,
    whole_log,
)
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.place import manifest_place
from burner.manifest.store.writer import Clock
from burner.wall.backlogs import read_labels, read_messages
from burner.wall.counting import DayCount, FirstPass
from burner.wall.snapshot import LogFacts, never_read, shown_batches, wall_state
from burner.wall.state import WallAway, WallBacklog, WallState

READ_ANYWAY = timedelta(seconds=5)
"""A file is read then, though it seems unchanged: its times are not exact."""
SHOWN_BEFORE = timedelta(hours=24)
"""Slots are shown that were used within a day before the last record."""

FileTimes = tuple[tuple[int, int, int], ...]
"""Of a file and SQLite's log beside it: which one, when written, how long."""


def utc_now() -> datetime:
    """By this computer's clock."""
    return datetime.now(UTC)


class ManifestFeed:
    """Polls one manifest. One thread uses it at a time."""

    def __init__(self, manifest: str, zone: tzinfo | None = None, clock: Clock = utc_now) -> None:
        self._manifest, self._zone, self._clock = manifest, zone, clock
        self._reader: ManifestReader | None = None
        self._files: FileTimes = ()
        self._read_at: datetime | None = None
        self._day: DayCount | None = None
        self._facts = LogFacts("", False, 0, (), (), {})
        self._messages = self._labels = tuple[WallBacklog, ...]()
        self._is_whole = False
        """Whether all that was read is counted: reading may end in the middle."""
        self._away: WallAway | None = None
        self.error: BurnerError | None = None
        """Why the manifest cannot be read; None: it can."""

    def poll(self) -> WallState:
        """Read what changed; the state now."""
        now = self._clock()
        try:
            self._read_if_changed(now)
            self.error = self._away = None
        except BurnerError as error:
            self.close()
            self._is_whole, self._read_at = False, None
            if self._away is None or self._away.code != error.code:
                self._away = WallAway(error.code, now)
            self.error = error
        if self._day is None:
            return never_read(now, self._away or WallAway("", now))
        backlogs = (*self._messages, *self._labels)
        return wall_state(self._day, self._facts, now, backlogs, self._away)

    def close(self) -> None:
        """Let go of the manifest; `poll` opens it again."""
        if self._reader is not None:
            with suppress(BurnerError):
                self._reader.close()
            self._reader = None

    def _read_if_changed(self, now: datetime) -> None:
        """Read, and let go of a file: SQLite keeps its log beside a file that somebody has open."""
        files = _file_times(self._manifest)
        recent = self._read_at is not None and abs(now - self._read_at) < READ_ANYWAY
        if files and files == self._files and recent:
            return
        self._read(now)
        self._is_whole, self._files, self._read_at = True, files, now
        if files:
            self.close()

    def _read(self, now: datetime) -> None:
        reader = self._opened()
        size, day = log_size(reader), self._day
        if size and not reader.origin:  # it had no record when it was opened
            self.close()
            reader = self._opened()
        midnight, facts = self._midnight(now), self._facts
        is_same_log = reader.origin == facts.log and size >= facts.records
        if day is None or day.since != midnight or not (is_same_log and self._is_whole):
            self._read_whole(reader, now, midnight)
        elif size > facts.records:
            at_work = [row.number for row in day.at_work.values()]
            changes = changes_since(reader, facts.records, at_work)
            self._take(reader, day, changes, simulated=facts.simulated)
        self._messages = read_messages(reader)
        open_batches = [row.batch for row in self._facts.batches if row.unit_label]
        self._labels = read_labels(reader, open_batches, now)

    def _opened(self) -> ManifestReader:
        if self._reader is None:
            self._reader = ManifestReader.open(self._manifest)
        return self._reader

    def _read_whole(self, reader: ManifestReader, now: datetime, midnight: datetime) -> None:
        last = last_begun(reader)
        newest = min(now, moment(last.started)) if last else now
        day = DayCount(midnight)
        simulated = last is not None and reader.is_simulated()
        self._take(reader, day, whole_log(reader, newest - SHOWN_BEFORE), simulated=simulated)
        self._day = day

    def _take(
        self, reader: ManifestReader, day: DayCount, changes: LogChanges, *, simulated: bool
    ) -> None:
        day.take(changes.attempts)
        for row in shown_batches(day, changes.batches):
            if row.batch not in day.first_of_batch:
                counted = first_attempts(reader, row.batch, changes.size)
                day.first_of_batch[row.batch] = FirstPass.of(counted)
        self._facts = LogFacts(
            log=reader.origin,
            simulated=simulated,
            records=changes.size,
            batches=changes.batches,
            stations=changes.stations,
            details=self._details(reader, day.outcomes_with_details()),
        )

    def _details(self, reader: ManifestReader, ended: Collection[int]) -> Mapping[int, str]:
        """Those that are known already, and what must be read."""
        known = self._facts.details if reader.origin == self._facts.log else {}
        kept = {number: known[number] for number in ended if number in known}
        missing = [number for number in ended if number not in known]
        return {**kept, **details_of(reader, missing)} if missing else kept

    def _midnight(self, now: datetime) -> datetime:
        local = now.astimezone(self._zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _file_times(manifest: str) -> FileTimes:
    """Empty where the manifest is on a server."""
    path = manifest_place(manifest).path
    if path is None:
        return ()
    return _times(path), _times(path.with_name(path.name + "-wal"))


def _times(path: Path) -> tuple[int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0, 0
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
