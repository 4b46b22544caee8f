"""Appending to the log: one durable transaction for the records, what follows from them, and the
signed checkpoint of the new head.

The writer keeps the frontier of the log in memory. In each transaction it holds the row of the
head; where another station has appended meanwhile, it hashes those records itself before it signs
anything behind them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import RLock
from typing import NamedTuple, Self

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.entries.canonical import utc
from burner.manifest.entries.kinds import (
    AnyEntry,
    EntryError,
    kind_of,
    new_nonce,
    write,
)
from burner.manifest.fold.keys import in_force
from burner.manifest.fold.rows import KeyRow
from burner.manifest.fold.rules import apply
from burner.manifest.fold.state import State
from burner.manifest.local.known_log import KnownLog, KnownLogFile, known_log
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import sign
from burner.manifest.log.tree import Frontier, leaf_hash
from burner.manifest.store.engine import Place, Prepared, guarded, together
from burner.manifest.store.hashes import TableHashes, hold_known_head, read_head
from burner.manifest.store.opening import (
    KEY_KINDS,
    check_keys,
    check_opening,
    check_signed,
    follow,
    key_records,
    unsigned,
)
from burner.manifest.store.session import Session, hold_making, log_at, settle_at
from burner.manifest.store.state import TableState
from burner.manifest.store.station_key import (
    SIMULATED,
    Beginning,
    MakeSigner,
    Sponsors,
    Stamp,
    StationKey,
    lasting,
)
from burner.manifest.store.tables import OWN, checkpoints, head, records

Clock = Callable[[], datetime]
Make = Callable[[State], Sequence[AnyEntry]]

_RECORD = Prepared(insert(records))
_FIRST = Prepared(insert(head))
_MOVE = Prepared(
    update(head).values(
        size=bindparam("size"), subtrees=bindparam("subtrees"), note=bindparam("note")
    )
)
_KEEP = Prepared(insert(checkpoints))
_KEPT_AT = select(checkpoints.c.size).where(checkpoints.c.size == bindparam("at"))
_LEAF_AT = select(records.c.leaf).where(records.c.log == OWN, records.c.number == bindparam("at"))


class Doubt(NamedTuple):
    """Records whose commit may or may not have reached the disk."""

    key: str
    numbers: tuple[int, ...]
    leaf: bytes
    """Of the last of them."""


class LogWriter:
    """A station's way to append. Thread-safe."""

    def __init__(
        self,
        where: Place,
        station: str,
        make_signer: MakeSigner,
        clock: Clock | None = None,
        *,
        keep_every: int = 1000,
        remembers: bool = True,
        begins: Beginning | None = None,
        sponsors: Sponsors = lambda _origin: (),
    ) -> None:
        """Nothing is opened yet.

        Args:
            where: the manifest.
            station: who appends.
            make_signer: gives the station's key for a log of this origin.
            clock: now, for tests.
            keep_every: records between checkpoints that are kept for ever.
            remembers: whether this computer remembers the log and its heads from now on.
            begins: what the first record of a new log says; None: it replaces none.
            sponsors: other keys of this computer, which may let this station's key in.
        """
        self.where, self.station = where, station
        self._remembers, self._begins = remembers, begins
        self.key = StationKey(station, make_signer, sponsors, self.stamp)
        """What signs the heads."""
        self.lock = RLock()
        self._clock = clock or (lambda: datetime.now(UTC))
        self._keep_every = keep_every
        self._session = Session(where, station, remembers=remembers and begins is None)
        self._connection: Connection | None = None
        self._frontier = Frontier()
        self._note = ""
        """The last head that this writer signed."""
        self._keys: dict[str, KeyRow] = {}
        """Keys of the log by their ids, as its records say; empty: to be read again."""
        self._kept = 0
        """Size at the last kept checkpoint that this writer knows."""
        self._origin = self._origin_key = ""
        self._known: KnownLogFile | None = None
        self._trouble: BurnerError | None = None
        self._doubt: Doubt | None = None
        self._settled: dict[str, tuple[int, ...]] = {}
        self._closed = False

    # -- opening and closing ---------------------------------------------------------------------

    def open(self) -> None:
        """Take the station's lock, make the tables and the log where there is none, check it.

        Raises:
            BurnerError: E702 to E711, E713, E714, E717, E755, E756.
        """
        self._session.take()
        try:
            with self.lock, guarded(self.where):
                self._ready()
                self._let_in()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the database and of the station's lock, for good."""
        with self.lock:
            self._closed = True
            if self._known:
                self._known.close()
            self._session.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._origin

    @property
    def origin_key(self) -> str:
        """Verifier key of the origin: what QA writes down."""
        return self._origin_key

    @property
    def size(self) -> int:
        """Records in the log, as this writer knows it."""
        return self._frontier.size

    @property
    def connection(self) -> Connection:
        """The transaction in which `make` of a commit is called."""
        assert self._connection is not None  # noqa: S101 - asked inside of one
        return self._connection

    def signed_head(self) -> str:
        """The signed checkpoint of the head, as text."""
        with self.transaction() as connection:
            stored = read_head(connection)
        return str(stored.note) if stored else ""

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that holds the head, for what stands beside the log."""
        with self.lock, guarded(self.where):
            connection = self._ready()
            with connection.begin():
                self._catch_up(connection)
                yield connection

    def stamp(self) -> Stamp:
        """For a record that is about to be written."""
        return Stamp(utc(self._clock()), new_nonce(), self.station)

    # -- appending -------------------------------------------------------------------------------

    def check_ready(self) -> None:
        """What must hold before a unit is touched.

        Raises:
            BurnerError: E710 the file is another one, E717 the state folder cannot be written.
        """
        if self.key.renewed(self._origin, self._clock()):
            self._let_in()
        if self._trouble:
            self._remember()
        if self._trouble:
            raise self._trouble
        if self._session.was_replaced():
            raise BurnerError("E710", f"{self.where} was removed or replaced under the station")

    def commit(self, key: str, make: Make, *, keep: bool = False) -> tuple[int, ...]:
        """Append records in one durable transaction.

        Args:
            key: names the commit: when the same is asked again after a commit of unknown fate
                that did succeed, nothing is written twice.
            make: the records, from the state in which they are appended.
            keep: whether the checkpoint behind them is kept for ever.

        Returns:
            Their numbers.

        Raises:
            BurnerError: the rule that one of them breaks, or E7 from the database; nothing is
                written then.
        """
        with self.lock, guarded(self.where):
            connection = self._ready()
            if key in self._settled:
                return self._settled.pop(key)
            with connection.begin():
                self._catch_up(connection)
                state = TableState(connection)
                entries = make(state)
                if not entries:
                    return ()
                with together(connection):
                    frontier, numbers, leaf = self._append(connection, state, entries)
                    self._doubt = Doubt(key, numbers, leaf)
                    due = frontier.size - self._kept >= self._keep_every
                    self._move_head(connection, state, frontier, entries[-1].at, keep or due)
                    keys = self._keys or {row.id: row for row in state.rows(KeyRow)}
            self._doubt, self._keys = None, keys
            self._adopt(frontier, keep or due)
            return numbers

    def keep_head(self) -> None:
        """Keep the checkpoint of the head for ever, at the end of a run."""
        with self.lock, guarded(self.where):
            if self._kept == self._frontier.size or self._closed:
                return
            connection = self._ready()
            with connection.begin():
                stored = read_head(connection, hold=True)
                if stored is None:
                    return
                size = stored.checkpoint.size
                if connection.execute(_KEPT_AT, {"at": size}).first() is None:
                    _KEEP.run(connection, size=size, note=str(stored.note))
            self._kept = size

    def _append(
        self, connection: Connection, state: TableState, entries: Sequence[AnyEntry]
    ) -> tuple[Frontier, tuple[int, ...], bytes]:
        frontier, hashes, leaf = self._frontier, TableHashes(connection), b""
        for entry in entries:
            if isinstance(entry, KEY_KINDS):
                self._keys = {}
            try:
                body = write(entry)
            except EntryError as error:
                raise BurnerError("E759", str(error)) from None
            state.adopt(apply(state, frontier.size, entry))
            leaf = leaf_hash(body)
            _RECORD.run(
                connection,
                log=OWN,
                number=frontier.size,
                kind=kind_of(entry),
                batch=entry.batch,
                unit_id=entry.unit_id,
                leaf=leaf,
                body=body.decode(),
            )
            frontier, stored = frontier.append(leaf)
            for each in stored:
                hashes.keep(each)
        return frontier, tuple(range(self._frontier.size, frontier.size)), leaf

    def _move_head(
        self, connection: Connection, state: State, frontier: Frontier, at: str, keep: bool
    ) -> None:
        signer = self.key.signer
        if not in_force(state.get(KeyRow, signer.key.id.hex()), at):
            raise BurnerError("E757", f"station {self.station}, key {lasting(signer).key}")
        note = str(sign(Checkpoint(self._origin, frontier.size, frontier.root).text, signer))
        self._note = note
        values = {"size": frontier.size, "subtrees": b"".join(frontier.subtrees), "note": note}
        if self._frontier.size:
            _MOVE.run(connection, **values)
        else:
            _FIRST.run(connection, one=1, **values)
        if keep:
            _KEEP.run(connection, size=frontier.size, note=note)

    # -- being sure ------------------------------------------------------------------------------

    def _ready(self) -> Connection:
        """A connection to a log that may be continued."""
        if self._closed:
            raise BurnerError("E716", "the manifest was closed")
        connection = self._session.connection()
        if connection is not self._connection:
            self._recognise(connection)
            self._connection = connection
        if self._doubt:
            self._settle(connection, self._doubt)
        return connection

    def _recognise(self, connection: Connection) -> None:
        """Check the log that is here; begin one where there is none."""
        with connection.begin():
            empty = read_head(connection) is None
        first = self._first_entries() if empty else []
        with connection.begin():
            stored = read_head(connection, hold=True)
            if stored is None:
                hold_making(connection)
                stored = read_head(connection, hold=True)  # of a station that began it meanwhile
                if stored is None and (behind := unsigned(connection, 0)):
                    raise BurnerError("E756", f"{behind}: there is no head")
            expected = log_at(self.where) if self._remembers and not self._begins else ""
            found = stored.checkpoint.origin if stored else ""
            if expected not in ("", found):
                there = f"now there is {found}" if found else "now there is none"
                raise BurnerError("E710", f"{self.where}: the log {expected} was here; {there}")
            if stored is None:
                self._begin(connection, first)
            elif self._begins and not self._frontier.size:
                raise BurnerError("E736", f"{self.where}: the log {found} is there")
            else:
                self._keys = check_opening(connection, stored, known_log(found))
                self._name(connection, found)
                self._frontier = self._continued(stored.frontier)
        self._session.lock_log(self._origin)
        if not self._remembers:
            return
        if self._known is None:
            self._known = KnownLogFile(self._origin, self.station)
        settle_at(self.where, self._origin)
        self._remember()

    def _let_in(self) -> None:
        """Enrol this station's key by another one of this computer that is in the log."""
        with self.transaction() as connection:
            rows = {row.id: row for row in TableState(connection).rows(KeyRow)}
        if entry := self.key.enrolment(self._origin, rows):
            self.commit(f"enrol {entry.key}", lambda _: [entry], keep=True)

    def _continued(self, frontier: Frontier) -> Frontier:
        if self._frontier.size > frontier.size:
            raise BurnerError(
                "E710",
                f"it ends at record {frontier.size - 1}, this station wrote "
                f"{self._frontier.size - 1}",
            )
        return frontier

    def _first_entries(self) -> list[AnyEntry]:
        begins = self._begins or Beginning(reason="" if self._remembers else SIMULATED)
        self._origin, self._origin_key, entries = self.key.begin(begins)
        return entries

    def _begin(self, connection: Connection, entries: list[AnyEntry]) -> None:
        state = TableState(connection)
        frontier, _, _ = self._append(connection, state, entries)
        self._move_head(connection, state, frontier, entries[-1].at, keep=True)
        self._keys = {row.id: row for row in state.rows(KeyRow)}
        self._adopt(frontier, kept=True, remember=False)

    def _name(self, connection: Connection, origin: str) -> None:
        self.key.name(origin)
        (first,) = (row for row in TableState(connection).rows(KeyRow) if row.enrolled == 0)
        self._origin, self._origin_key = origin, first.key

    def _catch_up(self, connection: Connection) -> None:
        """Hold the head, and hash what other stations have appended."""
        if hold_known_head(connection, self._frontier, self._note):
            return
        stored = read_head(connection, hold=True)
        if stored is None or stored.checkpoint.origin != self._origin:
            raise BurnerError("E710", f"{self.where}: the log {self._origin} is gone")
        if stored.frontier == self._frontier:
            return
        if stored.frontier.size <= self._frontier.size:
            raise BurnerError("E710", f"{self.where}: record {self._frontier.size - 1} is gone")
        followed = follow(connection, self._frontier, stored.frontier)
        if followed.keys or not self._keys:
            self._keys = check_keys(connection, stored.checkpoint)
        check_signed(stored.note, self._keys.values(), followed.at)
        self._frontier = stored.frontier

    def _settle(self, connection: Connection, doubt: Doubt) -> None:
        """Find out whether records of unknown fate are there."""
        with connection.begin():
            self._catch_up(connection)
            leaf = connection.execute(_LEAF_AT, {"at": doubt.numbers[-1]}).scalar()
        if leaf is not None and bytes(leaf) == doubt.leaf:
            self._settled[doubt.key] = doubt.numbers
        self._doubt = None

    def _adopt(self, frontier: Frontier, kept: bool, *, remember: bool = True) -> None:
        self._frontier = frontier
        if kept:
            self._kept = frontier.size
        if remember:
            self._remember()

    def _remember(self) -> None:
        frontier = self._frontier
        about_keys = key_records(self._keys.values(), frontier.size)
        root = frontier.root.hex()
        known = KnownLog(self._origin, self._origin_key, frontier.size, root, about_keys)
        try:
            if self._known:
                self._known.write(known)
            self._trouble = None
        except BurnerError as error:
            # The record is safe; without the note the next unit must not begin.
            self._trouble = error
