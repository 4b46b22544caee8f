"""The chains of a manifest while their stretches are walked, and what holds of each at its end."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import LargeBinary, cast, select
from sqlalchemy.engine import Connection

from burner.manifest.canonical import loads
from burner.manifest.chain import Flaw, genesis
from burner.manifest.checks.chain_state import ChainState
from burner.manifest.checks.name_holders import Carried
from burner.manifest.checks.structure import Counted
from burner.manifest.checks.walk import UNREADABLE, Stretch, Walked, cut
from burner.manifest.checks.witnesses import Sighting, sightings, unlike, unmarked
from burner.manifest.local.marks import Mark
from burner.manifest.signing.keys import PublicKey
from burner.manifest.signing.seals import HeadOfChain, Seals
from burner.manifest.tables import RARE, chains, records

SEALING = ("checkpoint", "key")
"""Kinds that carry signatures."""


class ChainWalks:
    """All chains of a manifest while their stretches are walked."""

    def __init__(
        self,
        connection: Connection,
        manifest: str,
        *,
        remembered: Mapping[str, Mark],
        trusted: Mapping[str, PublicKey] | None,
    ) -> None:
        """`remembered` = station → what this computer wrote last, as of before the snapshot."""
        self._connection, self._manifest = connection, manifest
        self._remembered, self._trusted = remembered, trusted
        self._chains: list[Any] = []
        self._flaws: list[tuple[int, Flaw]] = []
        """Chain and what breaks it."""
        self._ends: dict[int, HeadOfChain] = {}
        for chain in connection.execute(select(chains).order_by(chains.c.chain)).all():
            self._meet(chain)
        self.stretches = [
            stretch
            for chain, end in self._ends.items()
            for stretch in cut(connection, Stretch(chain, end.manifest, end.station, None, end.seq))
        ]
        self.claimed = dict.fromkeys(self._ends, 0)
        """Chain → how many of its records took a name."""
        self.contradictions: list[Flaw] = []
        """What attempts contradict, in chains that are whole."""
        self.unheld: list[Carried] = []
        """Names that attempts carry and that their units do not hold."""
        self.doubts: list[str] = []
        """What is no flaw by itself, and no proof either."""
        self._counts = dict(self.claimed)
        self._at: dict[int, str] = {}
        self._firsts = self._rare = self._ids = 0

    def take(self, walked: Walked) -> None:
        """A stretch is done."""
        chain = walked.stretch.chain
        self._counts[chain] += walked.records
        self.claimed[chain] += walked.claimed
        self._firsts += walked.firsts
        self._rare += walked.rare
        self._ids += walked.ids
        self._at[chain] = max(walked.at, self._at.get(chain, ""))
        if walked.flaw:
            self._flaws.append((chain, walked.flaw))
        if walked.contradiction:
            self.contradictions.append(walked.contradiction)
        of = walked.stretch.manifest, walked.stretch.station
        self.unheld += [Carried(*of, name) for name in walked.unheld]

    @property
    def counted(self) -> Counted:
        """How many rows were met."""
        return Counted(sum(self._counts.values()), self._firsts, self._rare, self._ids)

    def records_of(self) -> dict[str, int]:
        """Manifest → records in its chains."""
        found: dict[str, int] = {}
        for chain, end in self._ends.items():
            found[end.manifest] = found.get(end.manifest, 0) + self._counts[chain]
        return found

    def end(self) -> tuple[tuple[ChainState, ...], Flaw | None]:
        """After the last stretch: where chains end, and the first break of the first broken one."""
        states, seals = [], {}
        for chain, end in self._ends.items():
            seals[chain] = Seals(end.manifest, end.station, self._trusted)
            broken = [flaw for number, flaw in self._flaws if number == chain]
            if flaw := _unsealed(self._connection, chain, seals[chain], end.station):
                broken.append(flaw)
            self.doubts += [
                f"Key {key} of station {end.station} was made without the word of the one in force."
                for key in seals[chain].unvouched
            ]
            states.append(self._state(chain, seals[chain], whole=not broken))
            # Of another manifest's chain we have what was imported, whatever we wrote of it since.
            if not broken and end.manifest == self._manifest:
                mark = self._remembered.get(end.station)
                forgotten = _forgotten(self._connection, chain, end, mark)
                broken += [forgotten] if forgotten else []
            if broken:
                return tuple(states), min(broken, key=lambda flaw: flaw.seq)
        first = next((flaw for _, flaw in self._flaws), None)
        return tuple(states), first or next(self._unwitnessed(seals), None)

    def _meet(self, chain: Any) -> None:
        if not (isinstance(chain.manifest, str) and isinstance(chain.station, str)):
            self._flaws.append((chain.chain, Flaw("", 0, f"chain {chain.chain} has no station")))
            return
        if end := _end(self._connection, chain):
            self._ends[chain.chain] = end
        else:
            flaw = Flaw(chain.station, 0, "its last record has no number or no hash")
            self._flaws.append((chain.chain, flaw))

    def _unwitnessed(self, seals: Mapping[int, Seals]) -> Iterator[Flaw]:
        """Chains that are whole, and not what others saw of them; or that nobody signed."""
        seen: list[Sighting] = []
        for each in sightings(self._connection, self._manifest):
            if isinstance(each, Flaw):
                yield each
            else:
                seen.append(each)
                yield from unlike(self._connection, each)
        here = {end.station for end in self._ends.values() if end.manifest == self._manifest}
        yield from unmarked(self._remembered, here)
        vouched = {
            (head.manifest, head.station)
            for each in seen
            if each.by.chain in seals and seals[each.by.chain].signed >= each.by.seq
            for head in each.heads
        }
        for chain, end in self._ends.items():
            wrong = seals[chain].unsigned(self._counts[chain])
            if wrong and (end.manifest, end.station) not in vouched:
                yield Flaw(end.station, end.seq, wrong)

    def _state(self, chain: int, seals: Seals, *, whole: bool) -> ChainState:
        head = self._ends[chain]
        return ChainState(
            head.manifest,
            head.station,
            self._counts[chain],
            self._at.get(chain, ""),
            head.hash,
            head.seq,
            seals.signed,
            tuple(seals.signers),
            head.code() if whole else "",
        )


def _end(connection: Connection, chain: Any) -> HeadOfChain | None:
    """The last record of a chain, as its columns say; None when they say nothing that can be."""
    last = (
        select(records.c.seq, records.c.hash)
        .where(records.c.chain == chain.chain)
        .order_by(records.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(last).first()
    if row is None:
        return HeadOfChain(chain.manifest, chain.station, 0, genesis(chain.manifest, chain.station))
    if not (isinstance(row.seq, int) and isinstance(row.hash, str)):
        return None
    return HeadOfChain(chain.manifest, chain.station, row.seq, row.hash)


def _unsealed(connection: Connection, chain: int, seals: Seals, station: str) -> Flaw | None:
    """The first checkpoint or key of a chain that does not hold."""
    sealing = (
        select(records.c.kind, records.c.seq, cast(records.c.body, LargeBinary).label("body"))
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
            data = loads(bytes(row.body))["data"]
            wrong = seals.take(row.kind, row.seq, hash_, data)
        except UNREADABLE:
            wrong = "a body that cannot be read"
        if wrong:
            return Flaw(station, row.seq, wrong)
    return None


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
