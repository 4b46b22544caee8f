"""The chain as a file: JSON lines that anybody can check without burner (docs/manifest.md).

{"burner":"chain 1", …}       a chain begins: whose it is, and the hash before its first line;
                              with "batch": of other batches only places are shown
{"data":…,"head":…,"hash":…}  a record: its body with its hash behind
{"digest":…,"hash":…,"seq":…} a record of another batch: its body withheld, its place proved
{"burner":"end 1", …}         where each chain ends; a file without it is not whole
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, select, true
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.files import open_plain
from burner.manifest.canonical import dumps, loads
from burner.manifest.chain import Kind, digest, genesis
from burner.manifest.checks.shapes import wrong_head, wrong_line
from burner.manifest.reader import CHUNK, Reader
from burner.manifest.signing.seals import HeadOfChain
from burner.manifest.tables import batches, chains, records

BEGIN, END = "chain 1", "end 1"
OPEN_TO_ALL = (Kind.KEY, Kind.CHECKPOINT, Kind.RESTORED, Kind.CLOCK, Kind.BEGUN)
"""Kinds that are never withheld: without them nothing could be checked."""

LONGEST = 16 << 20
"""Characters of a line; a record has a few thousand."""

_HASH = ',"hash":"'
_TAIL = len(_HASH) + 64 + len('"}')


class Line(NamedTuple):
    """A record in a file. `body` empty = withheld."""

    seq: int
    hash: str
    digest: str = ""
    """Of a body that is withheld."""
    body: str = ""
    value: Mapping[str, Any] = {}
    """The body, parsed; its head has the form of one."""


@contextmanager
def chain_lines(path: Path) -> Iterator[Iterator[str]]:
    """The lines of a file, whatever is in it; one that is no text is refused where it is read.

    Raises:
        BurnerError: E724 when it cannot be opened.
    """
    try:
        plain = open_plain(path)
    except OSError as error:
        raise BurnerError("E724", f"{path}: {error.strerror}") from error
    with TextIOWrapper(plain, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        yield iter(partial(file.readline, LONGEST), "")


def export_chain(
    reader: Reader, batch: str = "", ends_at: Mapping[tuple[str, str], int] | None = None
) -> Generator[str, None, None]:
    """Every chain of the manifest, line by line, in constant memory.

    Args:
        reader: the manifest.
        batch: only chains that know it, each from its first record of it on, with the bodies of
            other batches withheld.
        ends_at: (manifest, station) → last record to export, of the chains to export; None = all,
            to their ends.

    Raises:
        BurnerError: E733 when the manifest knows no such batch.
    """
    with reader.connection() as connection:
        known = select(batches.c.batch).where(batches.c.batch == batch)
        if batch and connection.execute(known).first() is None:
            raise BurnerError("E733", batch)
        ends: list[dict[str, Any]] = []
        for chain in connection.execute(select(chains).order_by(chains.c.chain)).all():
            stop = None if ends_at is None else ends_at.get((chain.manifest, chain.station), 0)
            head = _before(connection, chain, batch, stop)
            if head is None:
                continue
            yield _control(head, batch)
            for row in _rows(connection, chain.chain, head.seq, stop):
                shown = not batch or row.batch == batch or row.kind in OPEN_TO_ALL
                yield _full(row.body, row.hash) if shown else _withheld(row)
                head = HeadOfChain(chain.manifest, chain.station, row.seq, row.hash)
            ends.append(vars(head))
        yield dumps({"burner": END, "chains": ends}) + "\n"


def _before(connection: Connection, chain: Any, batch: str, stop: int | None) -> HeadOfChain | None:
    """Where an export of a chain begins; None where the chain does not know the batch by then."""
    of_chain = records.c.chain == chain.chain
    whole = HeadOfChain(chain.manifest, chain.station, 0, genesis(chain.manifest, chain.station))
    if not batch:
        return whole
    mine = select(func.min(records.c.seq)).where(of_chain, records.c.batch == batch)
    first = connection.execute(mine).scalar_one()
    if first is None or (stop is not None and first > stop):
        return None
    earlier = (
        select(records.c.seq, records.c.hash)
        .where(of_chain, records.c.seq < first)
        .order_by(records.c.seq.desc())
        .limit(1)
    )
    last = connection.execute(earlier).first()
    return HeadOfChain(chain.manifest, chain.station, last.seq, last.hash) if last else whole


def _rows(connection: Connection, chain: int, after: int, stop: int | None) -> Iterator[Any]:
    columns = ("seq", "kind", "batch", "hash", "body")
    query = (
        select(*(records.c[name] for name in columns))
        .where(records.c.chain == chain, records.c.seq > after)
        .where(true() if stop is None else records.c.seq <= stop)
        .order_by(records.c.seq)
    )
    yield from connection.execution_options(yield_per=CHUNK).execute(query)


def read_chain(
    lines: Iterable[str],
    begin: Callable[[HeadOfChain, str], None],
    record: Callable[[Line], str],
) -> None:
    """Read a file line by line.

    Args:
        lines: of the file.
        begin: told where each chain begins, and of which batch the file is.
        record: told of each record; answers with what is wrong, which ends the reading.

    Raises:
        BurnerError: E724 when it is no chain, not whole, or ends elsewhere than it says.
    """
    chains = _Chains()
    lines = iter(lines)
    for number, text in enumerate(lines, 1):
        line = _parse(text, number)
        if isinstance(line, Line):
            if chains.head is None:
                raise BurnerError("E724", f"line {number}: a record of no chain")
            if record(line):
                return
            chains.last = line
        elif isinstance(line, _Begin):
            chains.begin(line, number)
            begin(line.head, line.batch)
        else:
            chains.end(line, number)
            if next(lines, None) is not None:
                raise BurnerError("E724", f"line {number + 1}: something follows the end")
            return
    raise BurnerError("E724", "the end is missing: the file was cut off")


class _Chains:
    """The chains of a file while it is read."""

    def __init__(self) -> None:
        self.head: HeadOfChain | None = None
        """Where the one that is read begins."""
        self.last: Line | None = None
        """Its last record."""
        self._batch: str | None = None
        self._ends: dict[tuple[str, str], HeadOfChain] = {}

    def begin(self, line: "_Begin", number: int) -> None:
        self._close()
        name = (line.head.manifest, line.head.station)
        if name in self._ends or self._batch not in (None, line.batch):
            raise BurnerError("E724", f"line {number}: a chain begins that does not belong here")
        self.head, self._batch = line.head, line.batch

    def end(self, told: list[Any], number: int) -> None:
        self._close()
        if not self._ends:
            raise BurnerError("E724", f"line {number}: the file holds no chain")
        if told != [vars(each) for each in self._ends.values()]:
            raise BurnerError("E724", f"line {number}: its chains end elsewhere than it says")

    def _close(self) -> None:
        if self.head:
            name = (self.head.manifest, self.head.station)
            self._ends[name] = (
                HeadOfChain(*name, self.last.seq, self.last.hash) if self.last else self.head
            )
        self.last = None


class _Begin(NamedTuple):
    head: HeadOfChain
    batch: str


def _parse(text: str, number: int) -> "Line | _Begin | list[Any]":
    line = text.removesuffix("\n")
    try:
        value = loads(line)
        if "data" in value:
            return _shown(line, value)
        if dumps(value) != line:
            raise ValueError("not as burner writes it")
        if wrong := wrong_line(value):
            raise ValueError(wrong)
        if value.get("burner") == BEGIN:
            batch = value.pop("batch", "")
            del value["burner"]
            return _Begin(HeadOfChain(**value), batch)
        if value.get("burner") == END:
            return list(value["chains"])
        return Line(value["seq"], value["hash"], value["digest"])
    except (ValueError, KeyError, TypeError) as error:
        raise BurnerError("E724", f"line {number}: {error}") from error


def _shown(line: str, value: dict[str, Any]) -> Line:
    hash_ = value.pop("hash", None)
    if line[-_TAIL:] != f'{_HASH}{hash_}"}}':  # what else is wrong with it, the chain tells
        raise ValueError("its hash is not behind its body")
    if wrong := wrong_head(value.get("head")):
        raise ValueError(wrong)
    return Line(value["head"]["seq"], str(hash_), body=line[:-_TAIL] + "}", value=value)


def _full(body: str, hash_: str) -> str:
    return f'{body[:-1]}{_HASH}{hash_}"}}\n'


def _withheld(row: Any) -> str:
    return dumps({"digest": digest(row.body), "hash": row.hash, "seq": row.seq}) + "\n"


def _control(head: HeadOfChain, batch: str) -> str:
    of = {"batch": batch} if batch else {}
    return dumps({"burner": BEGIN, **of, **vars(head)}) + "\n"
