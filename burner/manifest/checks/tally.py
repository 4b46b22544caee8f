"""A batch counted again from its exported records: its attempts as rows, its good units' names.

The folder's CSV files are made from the same records by the same rules, so whoever checks a folder
compares them cell by cell.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Any, NamedTuple

from burner.manifest.bodies import Life, element
from burner.manifest.chain import Kind
from burner.manifest.files.chainfile import Line
from burner.manifest.files.export import COLUMNS, cells_of
from burner.manifest.history import WITHDRAWING
from burner.manifest.order import follows, in_order
from burner.model import Outcome

ATTEMPT = (Kind.INTENT, Kind.CLAIM, Kind.OUTCOME)


class Word(NamedTuple):
    """What was said last of a unit: an attempt that began, or a correction."""

    at: str
    kind: str
    manifest: str
    seq: int
    station: str
    nth: int | None
    word: str
    """An outcome, or what a correction says."""
    name: str
    takes_over: bool = False
    """Whether it says that the attempt before it on its unit was OPEN."""

    def body(self) -> dict[str, Any]:
        """As much of its body as says where it stands among others."""
        head = {name: getattr(self, name) for name in ("at", "kind", "manifest", "seq", "station")}
        return {"head": head, "data": {} if self.nth is None else {"nth": self.nth}}


class Tally:
    """Follows the records of one batch in one manifest."""

    def __init__(self, manifest: str, batch: str, columns: Sequence[str] = COLUMNS) -> None:
        """`columns`: of the rows that are compared with these."""
        self._columns = columns
        self._manifest, self._batch = manifest, batch
        self.rows: dict[tuple[str, int], bytes] = {}
        """Station and number of an attempt → digest of its row in the CSV."""
        self.closings: list[dict[str, Any]] = []
        """Bodies that say that the batch was closed."""
        self._working: dict[tuple[str, int], list[Line]] = {}
        self._words: dict[tuple[str, str], list[Word]] = {}

    def take(self, line: Line) -> None:
        """The next record that is shown."""
        head, data = line.value["head"], line.value["data"]
        if head["manifest"] != self._manifest or self._is_later(head):
            return
        if head["batch"] != self._batch:
            return
        if head["kind"] == Kind.CORRECTION:
            self._say(head, data, data["what"])
        elif head["kind"] in ATTEMPT:
            lines = self._working.setdefault((head["station"], head["intent"]), [])
            lines.append(line)
            if head["kind"] == Kind.OUTCOME:
                self._end(self._working.pop((head["station"], head["intent"])))
        elif head["kind"] == Kind.BATCH and data["op"] == "closed":
            self.closings.append(dict(line.value))

    def end(self) -> None:
        """After the last record: what has no outcome is OPEN."""
        for lines in self._working.values():
            self._end(lines)
        self._working = {}

    def words(self) -> Iterator[tuple[str, str]]:
        """For each unit the last word on it (an outcome, scrap, void), and its name."""
        for said in self._words.values():
            in_turn = in_order(said, Word.body)
            attempts = [each for each in in_turn if each.kind != Kind.CORRECTION]
            last = ([each for each in attempts if each.kind == Kind.INTENT] or attempts)[-1:]
            for attempt in last:
                later = [each for each in in_turn if self._withdraws(each, attempt)]
                yield (later or last)[-1].word, attempt.name

    def names(self) -> Iterator[str]:
        """Of every unit whose last attempt passed and that nobody scrapped or voided since."""
        return (name for word, name in self.words() if word == Outcome.PASS)

    def hidden(self) -> str:
        """The first attempt that looks OPEN though the next one on its unit found it ended."""
        for said in self._words.values():
            attempts = [each for each in in_order(said, Word.body) if each.kind == Kind.INTENT]
            for each, after in pairwise(attempts):
                followed = bool(each.nth) and after.nth == (each.nth or 0) + 1
                if each.word == Outcome.OPEN and followed and not after.takes_over:
                    return f"{each.station}, record {each.seq}: its outcome is withheld"
        return ""

    def _withdraws(self, word: Word, attempt: Word) -> bool:
        said = word.kind == Kind.CORRECTION and word.word in WITHDRAWING
        return said and follows(word.body(), attempt.body(), self._manifest)

    def _is_later(self, head: Mapping[str, Any]) -> bool:
        """Whether a record stands behind the close, where only its signature is looked for."""
        return any(
            head["station"] == closing["head"]["station"] and head["seq"] > closing["head"]["seq"]
            for closing in self.closings
        )

    def _end(self, lines: list[Line]) -> None:
        life = Life([line.body for line in lines])
        first = life.first
        self.rows[first["station"], first["seq"]] = digest_of(
            cells_of(element(life), self._columns)
        )
        if first["kind"] == Kind.INTENT or (first["unit_id"] and life.outcome is Outcome.FAIL):
            data = lines[0].value["data"]
            self._say({**first, "device_name": life.last["device_name"]}, data, life.outcome.value)

    def _say(self, head: Mapping[str, Any], data: Mapping[str, Any], word: str) -> None:
        said = Word(
            head["at"],
            head["kind"],
            head["manifest"],
            head["seq"],
            head["station"],
            data.get("nth"),
            word,
            head["device_name"],
            bool(data.get("supersedes")),
        )
        self._words.setdefault((head["unit_id"], head["product_id"]), []).append(said)


def digest_of(cells: list[str]) -> bytes:
    """A row of a CSV in few bytes."""
    return blake2b("\0".join(cells).encode(), digest_size=16).digest()
