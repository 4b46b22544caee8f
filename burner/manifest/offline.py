"""Checks an exported chain with nothing but the file and, better, the public key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from burner.manifest.canonical import loads
from burner.manifest.chain import COLUMNS, ChainCheck, Flaw, Kind, genesis, link
from burner.manifest.chainfile import Line, read_chain
from burner.manifest.heads import Wanted
from burner.manifest.keys import PublicKey
from burner.manifest.seals import HeadOfChain, Seals
from burner.manifest.verify import SEALING, ChainState, Progress

Watch = Callable[[dict[str, Any]], None]
"""Is shown every body that is not withheld."""


@dataclass
class Findings:
    """What a file proves. `flaw` None = all of it holds."""

    chains: list[ChainState] = field(default_factory=list)
    flaw: Flaw | None = None
    withheld: int = 0
    """Records whose bodies are not in the file."""
    heads: list[Wanted] = field(default_factory=list)
    """Those of the wanted heads that were met."""


def check_file(
    lines: Iterable[str],
    trusted: Mapping[str, PublicKey] | None = None,
    progress: Progress = lambda _: None,
    watch: Watch = lambda _: None,
    *,
    wanted: Sequence[Wanted] = (),
) -> Findings:
    """Check an exported chain.

    Args:
        lines: of the file.
        trusted: keys by id that must stand behind every checkpoint; None = those in the file.
        progress: told how many more records were checked.
        watch: shown every body that is not withheld.
        wanted: heads to look for on the way.

    Raises:
        BurnerError: E724 when the file cannot be read as one.
    """
    check = _Check(trusted, progress, watch)
    check.wanted = {(head.station, head.seq): head for head in wanted}
    return check.run(lines)


class _Check:
    def __init__(
        self, trusted: Mapping[str, PublicKey] | None, progress: Progress, watch: Watch
    ) -> None:
        self._trusted, self._progress, self._watch = trusted, progress, watch
        self._found = Findings()
        self._names: dict[bytes, bytes] = {}
        """Name and product → unit, as short hashes: a million names in a few dozen megabytes."""
        self._chain: ChainCheck | None = None
        self._seals: Seals | None = None
        self._attempts: dict[int, tuple[str, str]] = {}
        self._count = 0
        self.wanted: Mapping[tuple[str, int], Wanted] = {}

    def run(self, lines: Iterable[str]) -> Findings:
        read_chain(iter(lines), self._begin, self._record)
        self._close()
        return self._found

    def _begin(self, head: HeadOfChain) -> None:
        self._close()
        self._chain = ChainCheck(head.manifest, head.station, head.hash, head.seq)
        self._seals = Seals(head.manifest, head.station, self._trusted)
        self._attempts, self._count = {}, 0
        if head.seq == 0 and head.hash != genesis(head.manifest, head.station):
            self._found.flaw = Flaw(head.station, 0, "begins with another chain's name")

    def _close(self) -> None:
        chain, seals = self._chain, self._seals
        if chain is None or seals is None:
            return
        head = HeadOfChain(chain.manifest, chain.station, chain.seq, chain.hash)
        self._found.chains.append(
            ChainState(
                head.manifest,
                head.station,
                self._count,
                chain.at,
                chain.hash,
                chain.seq,
                seals.signed,
                tuple(seals.signers),
                head.code(),
            )
        )
        self._chain = None

    def _record(self, line: Line) -> str:
        assert self._chain is not None  # noqa: S101 - read_chain begins before it records
        if self._found.flaw:
            return "a flaw before it"
        check = self._shown if line.body else self._hidden
        if wrong := check(self._chain, line):
            self._found.flaw = Flaw(self._chain.station, line.seq, wrong)
        wanted = self.wanted.get((self._chain.station, line.seq))
        if wanted and not wrong and wanted.met_by(line.hash):
            self._found.heads.append(wanted)
        self._count += 1
        self._progress(1)
        return wrong

    def _hidden(self, chain: ChainCheck, line: Line) -> str:
        self._found.withheld += 1
        if line.seq <= chain.seq:
            return "out of order"
        if line.seq != chain.seq + 1:
            return f"record {chain.seq + 1} is missing"
        if link(chain.hash, line.digest) != line.hash:
            return "does not fit the record before it: edited, removed, inserted or moved"
        chain.hash, chain.seq = line.hash, line.seq
        return ""

    def _shown(self, chain: ChainCheck, line: Line) -> str:
        body = loads(line.body)
        head, before = body["head"], chain.hash
        columns = [head.get(name) for name in COLUMNS[:-2]]
        if wrong := chain.take((*columns, line.body, line.hash)):
            return wrong
        self._watch(body)
        if head["kind"] in SEALING:
            assert self._seals is not None  # noqa: S101 - made with the chain
            return self._seals.take(head["kind"], head["seq"], before, body["data"])
        return self._consistent(head, body["data"])

    def _consistent(self, head: dict[str, Any], data: dict[str, Any]) -> str:
        """Names are nobody else's, and an attempt stays on its unit and name."""
        kind, unit, name = head["kind"], head["unit_id"], head["device_name"]
        if kind == Kind.CORRECTION:
            for freed in data.get("released", ()):
                self._names.pop(_short(freed, head["product_id"]), None)
        if head["claims"]:
            holder = self._names.setdefault(_short(name, head["product_id"]), _short(unit))
            if holder != _short(unit):
                return f"takes the name {name}, which another unit holds"
        if kind in (Kind.INTENT, Kind.CLAIM):
            self._attempts[head["intent"]] = (unit, name)
        elif kind == Kind.OUTCOME and head["intent"] in self._attempts:
            begun = self._attempts.pop(head["intent"])
            if head["outcome"] == "PASS" and begun != (unit, name):
                return f"passed as {unit} {name}, its claim is for {begun[0]} {begun[1]}"
        return ""


def _short(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=10).digest()
