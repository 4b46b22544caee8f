"""The manifest against itself: every chain recomputed, every column, claim and place compared.

Reads in constant memory and stops at the first bad place of a chain.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import Flaw, genesis
from burner.manifest.database import Place
from burner.manifest.holdings import compare, lost_names
from burner.manifest.keys import PublicKey
from burner.manifest.marks import Mark, MarkFile
from burner.manifest.reader import Reader
from burner.manifest.seals import HeadOfChain, Seals
from burner.manifest.tables import RARE, chains, missing_guards, records
from burner.manifest.walk import Stretch, Walked, cut
from burner.manifest.walkers import walk_all

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
    with ThreadPoolExecutor(1) as beside, reader.connection() as connection:
        # The driver lets go of Python while the database compares: it costs no time of the walk.
        comparing = beside.submit(_compare, reader.where)
        warnings = _unguarded(connection)
        found = _Chains(connection, remember=remember, trusted=trusted)
        for walked in walk_all(connection, reader.where, found.stretches):
            progress(walked.records)
            found.take(walked)
        states, broken, contradictions = found.end()
        compared = comparing.result()
        if broken:
            return Verdict(reader.manifest, states, broken, True, warnings)
        contradictions += [*compared, *lost_names(connection, found.claimed)]
    contradiction = contradictions[0] if contradictions else None
    return Verdict(reader.manifest, states, contradiction, False, warnings)


def _compare(where: Place) -> list[Flaw]:
    with Reader(where) as reader, reader.connection() as connection:
        return compare(connection, reader.manifest)


def size(reader: Reader) -> int:
    """How many records there are, for a progress bar; from the ends of the chains alone."""
    with reader.connection() as connection:
        ends = select(func.max(records.c.seq)).group_by(records.c.chain)
        return sum(connection.execute(ends).scalars())


class _Chains:
    """All chains of a manifest while their stretches are walked."""

    def __init__(
        self,
        connection: Connection,
        *,
        remember: bool,
        trusted: Mapping[str, PublicKey] | None,
    ) -> None:
        self._connection, self._remember, self._trusted = connection, remember, trusted
        self._chains = connection.execute(select(chains).order_by(chains.c.chain)).all()
        self._ends = {chain.chain: _end(connection, chain) for chain in self._chains}
        self.stretches = [
            stretch
            for chain in self._chains
            for stretch in cut(
                Stretch(chain.chain, chain.manifest, chain.station, 1, self._ends[chain.chain].seq)
            )
        ]
        self.claimed = {chain.chain: 0 for chain in self._chains}
        """Chain → how many of its records took a name."""
        self._counts = dict(self.claimed)
        self._at: dict[int, str] = {}
        self._flaws: list[tuple[int, Flaw]] = []
        self._contradictions: list[Flaw] = []

    def take(self, walked: Walked) -> None:
        """A stretch is done."""
        chain = walked.stretch.chain
        self._counts[chain] += walked.records
        self.claimed[chain] += walked.claimed
        self._at[chain] = max(walked.at, self._at.get(chain, ""))
        if walked.flaw:
            self._flaws.append((chain, walked.flaw))
        if walked.contradiction:
            self._contradictions.append(walked.contradiction)

    def end(self) -> tuple[tuple[ChainState, ...], Flaw | None, list[Flaw]]:
        """After the last stretch: where chains end, the first break, contradictions of IDs."""
        states = []
        for chain in self._chains:
            head = self._ends[chain.chain]
            seals = Seals(chain.manifest, chain.station, self._trusted)
            broken = [flaw for number, flaw in self._flaws if number == chain.chain]
            if flaw := _unsealed(self._connection, chain.chain, seals, chain.station):
                broken.append(flaw)
            at = self._at.get(chain.chain, "")
            code = "" if broken else head.code()
            states.append(_state(head, seals, self._counts[chain.chain], at, code))
            if not broken and self._remember:
                mark = MarkFile(chain.manifest, chain.station).read()
                forgotten = _forgotten(self._connection, chain.chain, head, mark)
                broken += [forgotten] if forgotten else []
            if broken:
                return tuple(states), min(broken, key=lambda flaw: flaw.seq), []
        return tuple(states), None, self._contradictions


def _end(connection: Connection, chain: Any) -> HeadOfChain:
    """The last record of a chain, as its columns say."""
    last = (
        select(records.c.seq, records.c.hash)
        .where(records.c.chain == chain.chain)
        .order_by(records.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(last).first()
    seq, hash_ = (row.seq, row.hash) if row else (0, genesis(chain.manifest, chain.station))
    return HeadOfChain(chain.manifest, chain.station, seq, hash_)


def _unsealed(connection: Connection, chain: int, seals: Seals, station: str) -> Flaw | None:
    """The first checkpoint or key of a chain that does not hold."""
    sealing = (
        select(records.c.kind, records.c.seq, records.c.body)
        .where(RARE, records.c.chain == chain, records.c.kind.in_(SEALING))
        .order_by(records.c.seq)
    )
    for row in connection.execute(sealing).all():
        before = (
            select(records.c.hash)
            .where(records.c.chain == chain, records.c.seq < row.seq)
            .order_by(records.c.seq.desc())
            .limit(1)
        )
        hash_ = connection.execute(before).scalar() or ""
        try:
            data = loads(row.body)["data"]
        except (ValueError, KeyError):
            return Flaw(station, row.seq, "a body that cannot be read")
        if wrong := seals.take(row.kind, row.seq, hash_, data):
            return Flaw(station, row.seq, wrong)
    return None


def _state(head: HeadOfChain, seals: Seals, count: int, at: str, code: str) -> ChainState:
    return ChainState(
        head.manifest,
        head.station,
        count,
        at,
        head.hash,
        head.seq,
        seals.signed,
        tuple(seals.signers),
        code,
    )


def _forgotten(
    connection: Connection, chain: int, head: HeadOfChain, mark: Mark | None
) -> Flaw | None:
    """A good chain that is not what this computer remembers to have written."""
    if mark is None:
        return None
    if mark.seq > head.seq:
        what = f"cut off from here: this computer wrote up to record {mark.seq}"
        return Flaw(head.station, head.seq + 1, what)
    marked = select(records.c.hash).where(records.c.chain == chain, records.c.seq == mark.seq)
    if connection.execute(marked).scalar() != mark.hash:
        return Flaw(head.station, mark.seq, "is not what this computer wrote: written anew")
    return None


def _unguarded(connection: Connection) -> tuple[str, ...]:
    return tuple(f"a guard is gone: {name}" for name in sorted(missing_guards(connection)))
