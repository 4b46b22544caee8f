"""Appending to the log: records, what follows from them, and the signed checkpoint of the new head,
in one durable transaction.

The writer keeps the frontier of the log in memory. Each transaction locks the row of the head. If
another station has appended, the writer hashes those records itself before it signs a later head.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import RLock
from typing import NamedTuple, Self

from sqlalchemy.engine import Connection

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.entry import new_nonce
from burner.manifest.entries.errors import out_of_order
from burner.manifest.entries.kinds import KEPT_KINDS, KEY_KINDS, SIMULATED, AnyEntry
from burner.manifest.entries.values import utc
from burner.manifest.fold.keys import in_force
from burner.manifest.fold.rows import KeyRow
from burner.manifest.local.head_memory import HeadMemory
from burner.manifest.local.known_log import KnownLog, known_log
from burner.manifest.local.station_key import (
    Beginning,
    MakeSigner,
    Sponsors,
    StationKey,
    long_term_key,
)
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import sign
from burner.manifest.log.tree import Frontier
from burner.manifest.store.append import append
from burner.manifest.store.bodies import entry_at, stored_bodies
from burner.manifest.store.database_errors import translated_errors
from burner.manifest.store.head import keep_checkpoint, read_head, write_head
from burner.manifest.store.opening import (
    Position,
    catch_up,
    check_opening,
    key_records,
    unsigned_records,
)
from burner.manifest.store.outbox import FillOutbox, put
from burner.manifest.store.place import ManifestPlace, check_expected_log
from burner.manifest.store.session import WriterSession, lock_creation
from burner.manifest.store.statements import pipelined
from burner.manifest.store.table_state import TableState

Clock = Callable[[], datetime]
Make = Callable[[TableState], Sequence[AnyEntry]]

KEEP_EVERY = 1000
"""Records between checkpoints that are kept for ever."""


class UnconfirmedCommit(NamedTuple):
    """Records whose commit may or may not have reached the disk."""

    key: str
    numbers: tuple[int, ...]
    leaf: bytes
    """Of the last of them."""


class LogWriter:
    """Appends to the log for one station. Thread-safe."""

    def __init__(
        self,
        where: ManifestPlace,
        station: str,
        make_signer: MakeSigner,
        clock: Clock | None = None,
        *,
        keep_every: int = KEEP_EVERY,
        remembers: bool = True,
        begins: Beginning | None = None,
        sponsors: Sponsors = lambda _origin: (),
        check_begun: Callable[[AnyEntry], None] = lambda _entry: None,
    ) -> None:
        """A writer that is not open yet.

        Args:
            where: the manifest.
            station: the station that appends.
            make_signer: gives the station's key for a log of this origin.
            clock: gives the time; for tests.
            keep_every: records between checkpoints that are kept for ever.
            remembers: whether this computer remembers the log and its heads.
            begins: what the first record of a new log says; None: it replaces no log.
            sponsors: gives other keys of this computer, which may enrol this station's key.
            check_begun: refuses a log by its first record.
        """
        self.where, self.station = where, station
        self._remembers, self._begins, self._check_begun = remembers, begins, check_begun
        self.key = StationKey(station, make_signer, sponsors, self.stamp)
        """Signs the heads."""
        self.fill_outbox: FillOutbox | None = None
        """Makes the messages for a MES about the records of a commit; None: there is no MES."""
        self.lock = RLock()
        self._clock = clock or (lambda: datetime.now(UTC))
        self._keep_every = keep_every
        self._session = WriterSession(where, station, remembers=remembers and begins is None)
        self._connection: Connection | None = None
        self._log = Position()
        self._kept = 0
        """Size at the last checkpoint that this writer kept."""
        self._memory = HeadMemory(where.name, station)
        self._unconfirmed: UnconfirmedCommit | None = None
        self._confirmed: dict[str, tuple[int, ...]] = {}
        self._closed = False

    # -- opening and closing ---------------------------------------------------------------------

    def open(self) -> None:
        """Take the station's lock, check the log, or begin one where there is none.

        Raises:
            BurnerError: E702 to E711, E713, E714, E717, E755, E756; from `check_begun`.
        """
        self._session.take()
        try:
            with self.lock, translated_errors(self.where):
                self._ready()
                self._enrol_own_key()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the database and the station's lock, for good."""
        with self.lock:
            self._closed = True
            self._memory.close()
            self._session.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._log.origin

    @property
    def origin_key(self) -> str:
        """The origin key: what QA writes down."""
        return self._log.origin_key

    @property
    def size(self) -> int:
        """Records in the log, as this writer knows it."""
        return self._log.frontier.size

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that locks the head, for data beside the log."""
        with self.lock, translated_errors(self.where):
            connection = self._ready()
            with connection.begin():
                self._log = catch_up(connection, self._log)
                yield connection

    def stamp(self) -> dict[str, str]:
        """`at`, `nonce` and `station` of a new record."""
        return {"at": utc(self._clock()), "nonce": new_nonce(), "station": self.station}

    # -- appending -------------------------------------------------------------------------------

    def check_ready(self) -> None:
        """Check what must hold before a unit is touched.

        Raises:
            BurnerError: E710 the file is another one, E717 the state folder cannot be written.
        """
        if self.key.renew(self.origin, self._clock()):
            self._enrol_own_key()
        self._memory.check()
        if self._session.was_replaced():
            detail = f"{self.where} was removed or replaced under the station"
            raise BurnerError(Code.MANIFEST_REPLACED, detail)

    def commit(self, make: Make, *, key: str = "") -> tuple[int, ...]:
        """Append records in one durable transaction.

        Args:
            make: makes the records from the state before them.
            key: names the commit, so that a repeated call writes nothing twice when the first one
                succeeded without an answer. Empty: it is not repeated.

        Returns:
            Their numbers.

        Raises:
            BurnerError: the rule that one of them breaks, or E7 from the database; nothing is
                written then.
        """
        with self.lock, translated_errors(self.where):
            connection = self._ready()
            if key in self._confirmed:
                return self._confirmed.pop(key)
            with connection.begin():
                self._log = catch_up(connection, self._log)
                entries = make(TableState(connection))
                if not entries:
                    return ()
                with pipelined(connection):
                    frontier, leaf = append(connection, self._log.frontier, entries)
                    numbers = tuple(range(self.size, frontier.size))
                    self._unconfirmed = UnconfirmedCommit(key, numbers, leaf) if key else None
                    if fill := self.fill_outbox:
                        messages = fill(TableState(connection), self.origin, numbers[0], entries)
                        put(connection, messages)
                    keep = frontier.size - self._kept >= self._keep_every
                    keep = keep or any(isinstance(entry, KEPT_KINDS) for entry in entries)
                    after = self._write_head(connection, self._log, frontier, entries, keep=keep)
            if fill:
                fill.committed()
            self._unconfirmed = None
            self._log = after
            if keep:
                self._kept = self.size
            self._memory.write(self._own_head())
            return numbers

    def keep_head(self) -> None:
        """Keep the checkpoint of the head for ever, at the end of a run."""
        with self.lock, translated_errors(self.where):
            if self._kept == self.size or self._closed:
                return
            connection = self._ready()
            with connection.begin():
                stored = read_head(connection, lock=True)
                if stored is None:
                    return
                keep_checkpoint(connection, stored.checkpoint.size, str(stored.note))
            self._kept = stored.checkpoint.size

    def _write_head(
        self,
        connection: Connection,
        log: Position,
        frontier: Frontier,
        entries: Sequence[AnyEntry],
        *,
        keep: bool,
    ) -> Position:
        """Sign and write the head after these records; the new position of the log."""
        signer = self.key.signer
        state = TableState(connection)
        if not in_force(state.get(KeyRow, signer.key.id.hex()), entries[-1].at):
            detail = f"station {self.station}, key {long_term_key(signer).key}"
            raise BurnerError(Code.STATION_KEY_NOT_ENROLLED, detail)
        note = str(sign(Checkpoint(log.origin, frontier.size, frontier.root).text, signer))
        write_head(connection, frontier, note, first=not log.frontier.size)
        if keep:
            keep_checkpoint(connection, frontier.size, note)
        keys = log.keys
        if any(isinstance(entry, KEY_KINDS) for entry in entries):
            keys = {row.id: row for row in state.rows(KeyRow)}
        return log._replace(frontier=frontier, note=note, keys=keys)

    # -- checking -------------------------------------------------------------------------------

    def _ready(self) -> Connection:
        """A connection to a log that has been checked."""
        if self._closed:
            raise out_of_order("the manifest was closed")
        connection = self._session.connection()
        if connection is not self._connection:
            self._check_or_begin(connection)
            self._connection = connection
        if self._unconfirmed:
            self._confirm(connection, self._unconfirmed)
        return connection

    def _check_or_begin(self, connection: Connection) -> None:
        """Check the log; begin one where there is none."""
        with connection.begin():
            empty = read_head(connection) is None
        # Made before the transaction: a token may be used.
        begins = self._begins or Beginning(reason="" if self._remembers else SIMULATED)
        new = self.key.begin(begins) if empty else None
        with connection.begin():
            stored = read_head(connection, lock=True)
            if stored is None:
                lock_creation(connection)
                stored = read_head(connection, lock=True)  # of a station that began it meanwhile
            if stored is None and (behind := unsigned_records(connection, 0)):
                raise BurnerError(Code.RECORDS_UNSIGNED, f"{behind}: there is no head")
            origin = stored.checkpoint.origin if stored else ""
            self._check_expected(origin)
            log = Position()
            if stored:
                log = check_opening(connection, stored, self._last_known(origin))
                self._check_begun(entry_at(connection, 0))
                self.key.use_log(origin)
            elif new:
                origin, key, entries = new
                frontier, _ = append(connection, Frontier(), entries)
                log = Position(origin, key)
                log = self._write_head(connection, log, frontier, entries, keep=True)
        self._log = log
        self._session.lock_log(self.origin)
        if self._remembers:
            self._memory.open(self._own_head())

    def _check_expected(self, origin: str) -> None:
        """Refuse another log than the one that was here."""
        if not self.origin and self._begins and origin:
            raise BurnerError(Code.TARGET_EXISTS, f"{self.where}: the log {origin} is there")
        if self.origin or (self._remembers and not self._begins):
            check_expected_log(self.where, origin, self.origin)

    def _last_known(self, origin: str) -> KnownLog | None:
        """The largest head of a log that this computer, or this writer, knows."""
        own = self._own_head() if self.origin else None
        return max(filter(None, (known_log(origin), own)), key=lambda log: log.size, default=None)

    def _enrol_own_key(self) -> None:
        """Enrol this station's key by another key of this computer, where that is possible."""
        with self.transaction() as connection:
            rows = {row.id: row for row in TableState(connection).rows(KeyRow)}
        if entry := self.key.enrolment(self.origin, rows):
            self.commit(lambda _: [entry])

    def _confirm(self, connection: Connection, commit: UnconfirmedCommit) -> None:
        """Find out whether a commit without an answer succeeded."""
        with connection.begin():
            self._log = catch_up(connection, self._log)
            last = commit.numbers[-1]
            rows = stored_bodies(connection, last, last + 1)
        if rows and rows[0][1] == commit.leaf:
            self._confirmed[commit.key] = commit.numbers
            if self.fill_outbox:
                self.fill_outbox.committed()
        self._unconfirmed = None

    def _own_head(self) -> KnownLog:
        log, size = self._log, self.size
        about_keys = key_records(log.keys.values(), size)
        return KnownLog(log.origin, log.origin_key, size, log.frontier.root.hex(), about_keys)
