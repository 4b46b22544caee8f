"""The manifest against itself: every chain recomputed, every column, claim and place compared.

Reads in constant memory and stops at the first bad place of a chain.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.engine import Connection

from burner.manifest.chain import COLUMNS, ChainCheck, Columns, Flaw, Kind
from burner.manifest.claims import PASSED, WORK
from burner.manifest.marks import MarkFile
from burner.manifest.reader import Reader
from burner.manifest.tables import batches, chains, claims, guard_names, places, records
from burner.model import Outcome

CHUNK = 2000

Progress = Callable[[int], None]
"""Told how many more records were checked."""


@dataclass(frozen=True)
class ChainState:
    """A chain that was checked: where it ends."""

    manifest: str
    station: str
    records: int
    at: str
    hash: str


@dataclass(frozen=True)
class Verdict:
    """What verify found. `flaw` None = everything agrees."""

    manifest: str
    chains: tuple[ChainState, ...]
    flaw: Flaw | None = None
    broken: bool = False
    """True where a chain itself is broken, False where other tables contradict it."""
    warnings: tuple[str, ...] = ()

    @property
    def records(self) -> int:
        """How many were checked."""
        return sum(chain.records for chain in self.chains)


def verify(reader: Reader, progress: Progress = lambda _: None) -> Verdict:
    """Check a manifest.

    Raises:
        BurnerError: E7 when the database cannot be read.
    """
    states: list[ChainState] = []
    with reader.connection() as connection:
        warnings = _unguarded(connection)
        held: list[Flaw] = []
        for row in connection.execute(select(chains).order_by(chains.c.chain)).all():
            check = ChainCheck(row.manifest, row.station)
            holdings = _Holdings(connection, row.chain, row.station)
            count, flaw = _follow(connection, row.chain, check, holdings, progress)
            states.append(ChainState(row.manifest, row.station, count, check.at, check.hash))
            flaw = flaw or _cut(check)
            if flaw:
                return Verdict(reader.manifest, tuple(states), flaw, True, warnings)
            held += holdings.end()
        contradiction = next(iter((*held, *_wrong_batches(connection))), None)
    return Verdict(reader.manifest, tuple(states), contradiction, False, warnings)


def size(reader: Reader) -> int:
    """How many records there are, for a progress bar; from the ends of the chains alone."""
    with reader.connection() as connection:
        ends = select(func.max(records.c.seq)).group_by(records.c.chain)
        return sum(connection.execute(ends).scalars())


def _follow(
    connection: Connection,
    chain: int,
    check: ChainCheck,
    holdings: "_Holdings",
    progress: Progress,
) -> tuple[int, Flaw | None]:
    """Every record of a chain, up to the first bad one."""
    count = 0
    columns = (records.c[name] for name in COLUMNS)
    query = select(*columns).where(records.c.chain == chain).order_by(records.c.seq)
    for chunk in _chunks(connection, query):
        for row in chunk:
            if wrong := check.take(row):
                return count, Flaw(check.station, row[8], wrong)
            holdings.take(row)
            count += 1
        progress(len(chunk))
    return count, None


def _chunks(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    """Rows as they stream in: constant memory."""
    with connection.execution_options(yield_per=CHUNK).execute(query) as result:
        yield from result.partitions()


class _Holdings:
    """Claims and places of one chain, followed along its records in the same order."""

    def __init__(self, connection: Connection, chain: int, station: str) -> None:
        self._connection, self._chain, self._station = connection, chain, station
        self._flaws: list[Flaw] = []
        c, p = claims.c, places.c
        self._claims = self._stream(
            select(c.seq, c.device_name, c.product_id, c.unit_id)
            .where(c.chain == chain)
            .order_by(c.seq)
        )
        self._places = self._stream(
            select(p.seq, p.batch, p.unit_id, p.state).where(p.chain == chain).order_by(p.seq)
        )
        self._claim, self._place = next(self._claims, None), next(self._places, None)
        self._waiting: dict[int, str] = {}
        """Intent → state of its place, until the outcome comes."""
        self._without: dict[int, tuple[str, str, str]] = {}
        """Intent that holds no place, until an outcome says that it need not."""

    def take(self, row: Columns) -> None:
        """The next good record of the chain."""
        _, batch, claimed, name, intent, kind, outcome, product, seq, unit, _, _ = row
        if claimed:
            if self._claim == (seq, name, product, unit):
                self._claim = next(self._claims, None)
            else:
                self._say(seq, f"its claim of the name {name} is not in the table of claims")
        if not batch:
            return
        if kind == "intent":
            if self._place and self._place[0] == seq:
                self._take_place(seq, batch, unit)
            else:
                self._without[seq] = (batch, unit, row[0])
        elif kind == "outcome":
            self._settle(intent, outcome)

    def end(self) -> list[Flaw]:
        """After the last record: what was left over or is not there."""
        for claim in (self._claim, *self._claims) if self._claim else ():
            self._say(claim[0], f"did not take the name {claim[1]} that is claimed for it")
        for place in (self._place, *self._places) if self._place else ():
            self._say(place[0], f"did not take the place of {place[2]} in batch {place[1]}")
        for seq, state in self._waiting.items():
            if state != WORK:
                self._say(seq, "is OPEN, its place says that it passed")
        for seq, (batch, unit, at) in self._without.items():
            if not self._followed(seq, batch, unit, at):
                self._say(seq, f"unit {unit} has lost its place in batch {batch}")
        return self._flaws

    def _take_place(self, seq: int, batch: str, unit: str) -> None:
        assert self._place is not None  # noqa: S101 - asked by the caller
        if self._place[1:3] != (batch, unit):
            self._say(seq, f"does not give {self._place[2]} a place in batch {self._place[1]}")
        self._waiting[seq] = self._place[3]
        self._place = next(self._places, None)

    def _settle(self, intent: int, outcome: str) -> None:
        passed = outcome == Outcome.PASS
        state = self._waiting.pop(intent, None)
        if state is None:
            if not passed:
                self._without.pop(intent, None)
        elif (state == PASSED) is not passed:
            self._say(intent, f"ended {outcome}, its place says {state}")

    def _followed(self, seq: int, batch: str, unit: str, at: str) -> bool:
        """Whether a later attempt or a correction decided over the unit's place."""
        c = records.c
        later = (
            select(c.seq)
            .where(c.unit_id == unit, c.batch == batch, c.at >= at)
            .where(c.kind.in_((Kind.INTENT.value, Kind.CORRECTION.value)))
            .where(or_(c.chain != self._chain, c.seq > seq))
            .limit(1)
        )
        return self._connection.execute(later).first() is not None

    def _stream(self, query: Select[Any]) -> Iterator[Any]:
        for chunk in _chunks(self._connection, query):
            yield from chunk

    def _say(self, seq: int, what: str) -> None:
        self._flaws.append(Flaw(self._station, seq, what))


def _cut(check: ChainCheck) -> Flaw | None:
    """A chain shorter than what this computer remembers to have written."""
    mark = MarkFile(check.manifest, check.station).read()
    if mark is None or mark.seq <= check.seq:
        return None
    what = f"{mark.seq - check.seq} records are cut off: this computer wrote up to {mark.seq}"
    return Flaw(check.station, check.seq + 1, what)


def _unguarded(connection: Connection) -> tuple[str, ...]:
    """Triggers that should refuse edits and are gone: somebody prepared to edit."""
    names = (
        "SELECT lower(name) FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT lower(tgname) FROM pg_trigger WHERE NOT tgisinternal"
    )
    there = set(connection.exec_driver_sql(names).scalars())
    missing = sorted(guard_names(connection.dialect.name) - there)
    return tuple(f"the guard {name} is missing from the database" for name in missing)


def _wrong_batches(connection: Connection) -> Iterator[Flaw]:
    """Batches that count other than their places."""
    held = (
        select(func.count())
        .select_from(places)
        .where(places.c.batch == batches.c.batch)
        .correlate(batches)
        .scalar_subquery()
    )
    query = (
        select(batches, held.label("held"), chains.c.station)
        .join(chains, chains.c.chain == batches.c.chain)
        .where(held != batches.c.taken)
    )
    for row in connection.execute(query):
        what = f"batch {row.batch} counts {row.taken} places, its units hold {row.held}"
        yield Flaw(row.station, row.seq, what)
