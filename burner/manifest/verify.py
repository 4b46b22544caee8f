"""The manifest against itself: every chain recomputed, every column, claim and place compared.

Reads in constant memory and stops at the first bad place of a chain.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import COLUMNS, ChainCheck, Flaw
from burner.manifest.holdings import Freed, Holdings, chunks, strays, wrong_batches
from burner.manifest.keys import PublicKey
from burner.manifest.marks import Mark, MarkFile
from burner.manifest.reader import Reader
from burner.manifest.seals import HeadOfChain, Seals
from burner.manifest.tables import chains, missing_guards, records

SEALING = ("checkpoint", "key")
"""Kinds that carry signatures."""

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
    last: int = 0
    """Number of the last record."""
    signed: int = 0
    """Number of the last record under a good signature; 0 = none."""
    signers: tuple[str, ...] = ()
    """Ids of the keys that signed."""
    code: str = ""
    """The head as a short code."""


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


def verify(
    reader: Reader,
    progress: Progress = lambda _: None,
    trusted: Mapping[str, PublicKey] | None = None,
    remember: bool = True,
) -> Verdict:
    """Check a manifest.

    Args:
        reader: the manifest.
        progress: told how many more records were checked.
        trusted: keys by id that must stand behind every checkpoint; None = those that the
            manifest itself names, which proves less.
        remember: whether to compare with what this computer wrote; not for a backup.

    Raises:
        BurnerError: E7 when the database cannot be read.
    """
    states: list[ChainState] = []
    with reader.connection() as connection:
        warnings = _unguarded(connection)
        contradictions: list[Flaw] = []
        freed = Freed()
        for row in connection.execute(select(chains).order_by(chains.c.chain)).all():
            check = ChainCheck(row.manifest, row.station)
            seals = Seals(row.manifest, row.station, trusted)
            mark = MarkFile(row.manifest, row.station).read() if remember else None
            own = row.manifest == reader.manifest
            walk = Holdings(connection, row.chain, row.station, own=own, freed=freed)
            with closing(walk) as holdings:
                count, flaw = _follow(
                    connection,
                    row.chain,
                    check=check,
                    holdings=holdings,
                    seals=seals,
                    progress=progress,
                )
                contradictions += [] if flaw else holdings.end()
            states.append(_state(check, seals, count))
            flaw = flaw or _forgotten(connection, row.chain, check, mark)
            if flaw:
                return Verdict(reader.manifest, tuple(states), flaw, True, warnings)
        beside = [*strays(connection, reader.manifest)]
        counts = [*wrong_batches(connection, reader.manifest)]
    contradictions = [*beside, *contradictions, *freed.flaws(), *counts]
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
    *,
    check: ChainCheck,
    holdings: Holdings,
    seals: Seals,
    progress: Progress,
) -> tuple[int, Flaw | None]:
    """Every record of a chain, up to the first bad one."""
    count = 0
    columns = (records.c[name] for name in COLUMNS)
    query = select(*columns).where(records.c.chain == chain).order_by(records.c.seq)
    with closing(chunks(connection, query)) as stream:
        for chunk in stream:
            for row in chunk:
                before = check.hash
                wrong = check.take(row)
                if not wrong and row[5] in SEALING:
                    wrong = seals.take(row[5], row[8], before, loads(row[10])["data"])
                if wrong:
                    return count, Flaw(check.station, row[8], wrong)
                holdings.take(row)
                count += 1
            progress(len(chunk))
    return count, None


def _state(check: ChainCheck, seals: Seals, count: int) -> ChainState:
    head = HeadOfChain(check.manifest, check.station, check.seq, check.hash)
    return ChainState(
        check.manifest,
        check.station,
        count,
        check.at,
        check.hash,
        check.seq,
        seals.signed,
        tuple(seals.signers),
        head.code(),
    )


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
