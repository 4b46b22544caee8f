"""What closed batches say of the chains in a file: where they stood, how many attempts. Pure.

The close of a batch names the head of every chain. A signed close so vouches for the chains of
stations that have no key, and a chain written anew no longer fits it.
"""

from array import array
from bisect import bisect_right
from typing import Any, NamedTuple

from burner.manifest.chain import Flaw, Kind
from burner.manifest.claims import CLOSED
from burner.manifest.signing.seals import HeadOfChain

Name = tuple[str, str]
"""Manifest and station of a chain."""

KEPT = 16
"""Bytes of each hash that are kept: a million records in 16 MB."""


class Trail:
    """The hashes of a chain by number, cut short."""

    def __init__(self, seq: int, hash_: str) -> None:
        self._runs = [(seq, 0)]
        """Number and index where a run without gap begins."""
        self._hashes = bytearray(_cut(hash_))
        self.first = self.last = seq
        self.attempts: dict[str, array[int]] = {}
        """Batch → numbers of the first records of its attempts."""

    def add(self, seq: int, hash_: str) -> None:
        """The next record."""
        if seq != self.last + 1:
            self._runs.append((seq, len(self._hashes) // KEPT))
        self._hashes += _cut(hash_)
        self.last = seq

    def agrees(self, seq: int, hash_: str) -> bool:
        """Whether record `seq` is here and has this hash."""
        run = bisect_right(self._runs, (seq, len(self._hashes))) - 1
        start, index = self._runs[max(run, 0)]
        at = (index + seq - start) * KEPT
        return at >= 0 and self._hashes[at : at + KEPT] == _cut(hash_)

    def attempts_of(self, batch: str, until: int) -> int:
        """How many attempts of a batch begin up to record `until`."""
        return bisect_right(self.attempts.get(batch, ()), until)


class Closing(NamedTuple):
    """A batch was closed."""

    chain: Name
    seq: int
    batch: str
    attempts: int
    heads: tuple[HeadOfChain, ...]


class Closings:
    """Follows all chains of a file."""

    def __init__(self) -> None:
        self._trails: dict[Name, Trail] = {}
        self._trail = Trail(0, "")
        self._closings: list[Closing] = []

    def begin(self, head: HeadOfChain) -> None:
        """The next chain."""
        self._trail = Trail(head.seq, head.hash)
        self._trails[head.manifest, head.station] = self._trail

    def met(self, seq: int, hash_: str) -> None:
        """The next record, whether its body is there or not."""
        self._trail.add(seq, hash_)

    def take(self, head: dict[str, Any], data: dict[str, Any]) -> None:
        """Its body."""
        kind, seq, batch = head["kind"], head["seq"], head["batch"]
        if kind in (Kind.INTENT, Kind.OUTCOME) and head["intent"] == seq and batch:
            self._trail.attempts.setdefault(batch, array("q")).append(seq)
        elif kind == Kind.BATCH and data["op"] == CLOSED:
            heads = tuple(HeadOfChain(**each) for each in data["heads"])
            chain = (head["manifest"], head["station"])
            count = data["counts"].get("attempts", -1)
            self._closings.append(Closing(chain, seq, batch, count, heads))

    def vouched(self, signed: dict[Name, int]) -> dict[Name, int]:
        """Chain → number of the last record that a signed close of another chain names."""
        found: dict[Name, int] = {}
        for closing in self._closings:
            if signed.get(closing.chain, 0) >= closing.seq:
                for head in closing.heads:
                    name = (head.manifest, head.station)
                    if self._agrees(head):
                        found[name] = max(head.seq, found.get(name, 0))
        return found

    def end(self, whole: bool) -> Flaw | None:
        """After the last record: the first chain that is not what a close saw.

        Args:
            whole: every chain must be there, from its beginning.
        """
        for closing in self._closings:
            where = f"the close of batch {closing.batch} ({closing.chain[1]} {closing.seq})"
            for head in closing.heads:
                if wrong := self._wrong(head, where, whole):
                    return Flaw(head.station, head.seq, wrong)
            counted = self._counted(closing)
            if closing.attempts != counted:
                what = f"counts {closing.attempts} attempts, the file shows {counted} of them"
                return Flaw(closing.chain[1], closing.seq, what)
        return None

    def _wrong(self, head: HeadOfChain, where: str, whole: bool) -> str:
        trail = self._trails.get((head.manifest, head.station))
        if trail is None:
            return f"is not in the file, {where} saw it" if whole else ""
        if head.seq > trail.last:
            return f"is cut off, {where} saw it"
        if head.seq < trail.first or trail.agrees(head.seq, head.hash):
            return ""
        return f"is not what {where} saw: written anew"

    def _agrees(self, head: HeadOfChain) -> bool:
        trail = self._trails.get((head.manifest, head.station))
        return trail is not None and trail.agrees(head.seq, head.hash)

    def _counted(self, closing: Closing) -> int:
        """Attempts of the batch in this manifest, as far as the close saw each chain."""
        until = {(head.manifest, head.station): head.seq for head in closing.heads}
        until[closing.chain] = closing.seq
        manifest = closing.chain[0]
        return sum(
            trail.attempts_of(closing.batch, until.get(name, 0))
            for name, trail in self._trails.items()
            if name[0] == manifest
        )


def _cut(hash_: str) -> bytes:
    return bytes.fromhex(hash_[: 2 * KEPT])
