"""The manifest against itself: every chain recomputed, every column, claim and place compared.

Reads in constant memory and stops at the first bad place of a chain.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from burner.manifest.chain import COLUMNS, ChainCheck, Flaw
from burner.manifest.holdings import Holdings, chunks, strays, wrong_batches
from burner.manifest.marks import Mark, MarkFile
from burner.manifest.reader import Reader
from burner.manifest.tables import chains, missing_guards, records

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
        contradictions: list[Flaw] = []
        for row in connection.execute(select(chains).order_by(chains.c.chain)).all():
            check = ChainCheck(row.manifest, row.station)
            mark = MarkFile(row.manifest, row.station).read()
            with closing(Holdings(connection, row.chain, row.station)) as holdings:
                count, flaw = _follow(connection, row.chain, check, holdings, progress)
                contradictions += [] if flaw else holdings.end()
            states.append(ChainState(row.manifest, row.station, count, check.at, check.hash))
            flaw = flaw or _forgotten(connection, row.chain, check, mark)
            if flaw:
                return Verdict(reader.manifest, tuple(states), flaw, True, warnings)
        contradictions += [*strays(connection, reader.manifest), *wrong_batches(connection)]
    contradiction = contradictions[0] if contradictions else None
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
    holdings: Holdings,
    progress: Progress,
) -> tuple[int, Flaw | None]:
    """Every record of a chain, up to the first bad one."""
    count = 0
    columns = (records.c[name] for name in COLUMNS)
    query = select(*columns).where(records.c.chain == chain).order_by(records.c.seq)
    with closing(chunks(connection, query)) as stream:
        for chunk in stream:
            for row in chunk:
                if wrong := check.take(row):
                    return count, Flaw(check.station, row[8], wrong)
                holdings.take(row)
                count += 1
            progress(len(chunk))
    return count, None


def _forgotten(
    connection: Connection, chain: int, check: ChainCheck, mark: Mark | None
) -> Flaw | None:
    """A good chain that is not what this computer remembers to have written."""
    if mark is None:
        return None
    if mark.seq > check.seq:
        what = f"cut off from here: this computer wrote up to record {mark.seq}"
        return Flaw(check.station, check.seq + 1, what)
    marked = select(records.c.hash).where(records.c.chain == chain, records.c.seq == mark.seq)
    if connection.execute(marked).scalar() != mark.hash:
        return Flaw(check.station, mark.seq, "is not what this computer wrote: written anew")
    return None


def _unguarded(connection: Connection) -> tuple[str, ...]:
    return tuple(f"a guard is gone: {name}" for name in sorted(missing_guards(connection)))
