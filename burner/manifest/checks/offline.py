"""Checks an exported chain with nothing but the file and, better, the public key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from burner.manifest.chain import COLUMNS, ChainCheck, Columns, Flaw, genesis, link
from burner.manifest.checks.answered import ANSWERS, answer
from burner.manifest.checks.attempt_check import AttemptCheck
from burner.manifest.checks.closings import Closings
from burner.manifest.checks.name_check import NameCheck, Place
from burner.manifest.checks.shapes import wrong_body
from burner.manifest.checks.verify import SEALING, ChainState, Progress
from burner.manifest.files.chainfile import Line, read_chain
from burner.manifest.signing.heads import Wanted
from burner.manifest.signing.keys import PublicKey
from burner.manifest.signing.seals import HeadOfChain, Seals

_columns = itemgetter(*COLUMNS[:-2])

Watch = Callable[[Line], None]
"""Is shown every record that is not withheld."""


@dataclass
class Findings:
    """What a file proves. `flaw` None = all of it holds."""

    chains: list[ChainState] = field(default_factory=list)
    flaw: Flaw | None = None
    batch: str = ""
    """Of which the file is an export; empty = of the whole manifest."""
    withheld: int = 0
    """Records whose bodies are not in the file."""
    gaps: list[tuple[str, int, int]] = field(default_factory=list)
    """Which: station, first, last."""
    heads: list[Wanted] = field(default_factory=list)
    """Those of the wanted heads that were met."""
    answered: list[str] = field(default_factory=list)
    """What people answered for: lost records, a clock set back."""
    begins: dict[str, int] = field(default_factory=dict)
    """Station → number of the record behind which its part begins, where that is not the first."""


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
        trusted: keys by id that must stand behind every checkpoint, and one of them behind every
            chain; None = those in the file.
        progress: told how many more records were checked.
        watch: shown every record that is not withheld.
        wanted: heads to look for on the way.

    Raises:
        BurnerError: E724 when the file cannot be read as one.
    """
    return _Check(trusted, progress, watch, wanted).run(lines)


class _Check:
    def __init__(
        self,
        trusted: Mapping[str, PublicKey] | None,
        progress: Progress,
        watch: Watch,
        wanted: Sequence[Wanted],
    ) -> None:
        self._trusted, self._progress, self._watch = trusted, progress, watch
        self._found = Findings()
        self._names, self._closings = NameCheck(), Closings()
        self._wanted: dict[tuple[str, int], list[Wanted]] = {}
        for head in wanted:
            self._wanted.setdefault((head.station, head.seq), []).append(head)
        self._open: _OpenChain | None = None

    def run(self, lines: Iterable[str]) -> Findings:
        read_chain(lines, self._begin, self._record)
        self._close()
        found = self._found
        if found.flaw is None:
            whole = not found.batch
            found.flaw = self._closings.end(whole) or self._names.end(whole) or self._unsigned()
        return found

    def _begin(self, head: HeadOfChain, batch: str) -> None:
        self._close()
        self._found.batch = batch
        self._open = _OpenChain(head, Seals(head.manifest, head.station, self._trusted))
        self._closings.begin(head)
        if head.seq == 0 and head.hash != genesis(head.manifest, head.station):
            self._flaw(0, "begins with another chain's name")
        if head.seq:
            self._found.begins[head.station] = head.seq
            if not batch:
                self._flaw(head.seq, "and all before it are missing: the file begins behind it")
            self._meet(head.seq, head.hash)

    def _close(self) -> None:
        if self._open is not None:
            if self._found.batch and not self._open.of_batch:
                self._flaw(self._open.check.seq, f"shows nothing of batch {self._found.batch}")
            self._found.chains.append(self._open.state())
        self._open = None

    def _record(self, line: Line) -> str:
        assert self._open is not None  # noqa: S101 - read_chain begins before it records
        if self._found.flaw:
            return "a flaw before it"
        if wrong := (self._shown if line.body else self._hidden)(self._open, line):
            self._flaw(line.seq, wrong)
            return wrong
        if self._wanted:
            self._meet(line.seq, line.hash)
        self._closings.met(line.seq, line.hash)
        self._open.count += 1
        self._progress(1)
        return ""

    def _hidden(self, chain: "_OpenChain", line: Line) -> str:
        check = chain.check
        if line.seq != check.seq + 1:
            return f"record {check.seq + 1} is missing" if line.seq > check.seq else "out of order"
        if link(check.hash, line.digest) != line.hash:
            return "does not fit the record before it: edited, removed, inserted or moved"
        if not self._found.batch:
            return "is withheld, in an export that is of no single batch"
        check.hash, check.seq = line.hash, line.seq
        found = self._found
        found.withheld += 1
        station, first, last = found.gaps[-1] if found.gaps else ("", 0, 0)
        if (station, last + 1) == (check.station, line.seq):
            found.gaps[-1] = (station, first, line.seq)
        else:
            found.gaps.append((check.station, line.seq, line.seq))
        return ""

    def _shown(self, chain: "_OpenChain", line: Line) -> str:
        head, before, last = line.value["head"], chain.check.hash, chain.check.seq
        row: Columns = (*_columns(head), line.body, line.hash)
        if wrong := chain.check.take(row):
            return wrong
        if wrong := wrong_body(line.value, line.body):
            return f"is no record of burner: {wrong}"
        data = line.value["data"]
        self._watch(line)
        if head["kind"] in ANSWERS:
            return self._answered(head, data, last)
        if head["kind"] in SEALING:
            return chain.seals.take(head["kind"], head["seq"], before, data)
        chain.of_batch = chain.of_batch or head["batch"] == self._found.batch
        if wrong := chain.agree(row):
            return wrong
        if head["intent"] == line.seq or head["claims"]:  # else it ends what was looked at before
            place = Place(len(self._found.chains), line.seq, chain.check.station)
            self._names.take(place, head, data)
            self._closings.take(head, data)
        for seq, *borrowed in chain.borrowed():
            place = Place(len(self._found.chains), seq, chain.check.station)
            self._names.borrow(place, *borrowed)
        return ""

    def _answered(self, head: Mapping[str, Any], data: Mapping[str, Any], last: int) -> str:
        try:
            said = answer(head["kind"], head["station"], head["seq"], last, data)
        except ValueError as error:
            return str(error)
        except (KeyError, TypeError):
            return f"a {head['kind']} that cannot be read"
        self._found.answered.append(said)
        return ""

    def _meet(self, seq: int, hash_: str) -> None:
        assert self._open is not None  # noqa: S101 - asked by those who have one
        check = self._open.check
        for head in self._wanted.get((check.station, seq), ()):
            if head.met_by(check.manifest, hash_):
                self._found.heads.append(head)

    def _unsigned(self) -> Flaw | None:
        """With keys given, every chain is signed, or a signed close names its head."""
        chains = self._found.chains
        signed = {(each.manifest, each.station): each.signed for each in chains}
        vouched = self._closings.vouched(signed)
        for i, each in enumerate(chains):
            by_close = vouched.get((each.manifest, each.station), 0)
            chains[i] = replace(each, signed=max(each.signed, by_close))
        bare = [each for each in chains if each.records and not each.signed]
        if self._trusted is None or not bare:
            return None
        what = "nothing up to here is signed by a key that was given for this station"
        return Flaw(bare[0].station, bare[0].last, what)

    def _flaw(self, seq: int, what: str) -> None:
        assert self._open is not None  # noqa: S101 - asked by those who have one
        if self._found.flaw is None:
            self._found.flaw = Flaw(self._open.check.station, seq, what)


class _OpenChain:
    """The chain that is being read."""

    def __init__(self, head: HeadOfChain, seals: Seals) -> None:
        self.check = ChainCheck(head.manifest, head.station, head.hash, head.seq)
        self.seals = seals
        self.count = 0
        self.of_batch = False
        """Whether anything of the file's batch was shown."""
        self._attempts = AttemptCheck()

    def agree(self, row: Columns) -> str:
        """What a record says of its attempt."""
        wrong = self._attempts.take(row)
        if self._attempts.elsewhere:
            return "has no intent that it belongs to, or its attempt ended before"
        return wrong

    def borrowed(self) -> list[tuple[int, str, str, str]]:
        """Names that the record just taken carries without having taken them."""
        names = self._attempts.borrowed
        if names:
            self._attempts.borrowed = []
        return names

    def state(self) -> ChainState:
        """Where it ends."""
        check, seals = self.check, self.seals
        head = HeadOfChain(check.manifest, check.station, check.seq, check.hash)
        return ChainState(
            head.manifest,
            head.station,
            self.count,
            check.at,
            head.hash,
            head.seq,
            seals.signed,
            tuple(seals.signers),
            head.code(),
        )
