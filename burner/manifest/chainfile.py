"""The chain as a file: JSON lines that anybody can check without burner (docs/manifest.md).

{"burner":"chain 1", …}       a chain begins: whose it is, and the hash before its first line
{"data":…,"head":…,"hash":…}  a record: its body with its hash behind
{"digest":…,"hash":…,"seq":…} a record of another batch: its body withheld, its place proved
{"burner":"end 1", …}         where each chain ends; a file without it is not whole
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.canonical import dumps, loads
from burner.manifest.chain import Kind, digest, genesis
from burner.manifest.reader import CHUNK, Reader
from burner.manifest.seals import HeadOfChain
from burner.manifest.tables import chains, records

BEGIN, END = "chain 1", "end 1"
OPEN_TO_ALL = (Kind.KEY, Kind.CHECKPOINT, Kind.RESTORED, Kind.CLOCK, Kind.BEGUN)
"""Kinds that are never withheld: without them nothing could be checked."""

_HASH = ',"hash":"'
_TAIL = len(_HASH) + 64 + len('"}')


@dataclass(frozen=True)
class Line:
    """A record in a file. `body` empty = withheld."""

    seq: int
    hash: str
    digest: str
    body: str = ""


def export_chain(
    reader: Reader, batch: str = "", ends_at: Mapping[tuple[str, str], int] | None = None
) -> Iterator[str]:
    """Every chain of the manifest, line by line, in constant memory.

    Args:
        reader: the manifest.
        batch: only chains that know it, each from its first record of it on, with the bodies of
            other batches withheld.
        ends_at: (manifest, station) → last record to export; the rest to their ends.
    """
    with reader.connection() as connection:
        ends: list[dict[str, Any]] = []
        for chain in connection.execute(select(chains).order_by(chains.c.chain)).all():
            head = _before(connection, chain, batch)
            if head is None:
                continue
            yield _control(BEGIN, head)
            stop = (ends_at or {}).get((chain.manifest, chain.station))
            for row in _rows(connection, chain.chain, head.seq, stop):
                shown = not batch or row.batch == batch or row.kind in OPEN_TO_ALL
                yield _full(row.body, row.hash) if shown else _withheld(row)
                head = HeadOfChain(chain.manifest, chain.station, row.seq, row.hash)
            ends.append(vars(head))
        yield dumps({"burner": END, "chains": ends}) + "\n"


def _before(connection: Connection, chain: Any, batch: str) -> HeadOfChain | None:
    """Where an export of a chain begins; None where the chain does not know the batch."""
    of_chain = records.c.chain == chain.chain
    if not batch:
        return HeadOfChain(chain.manifest, chain.station, 0, genesis(chain.manifest, chain.station))
    mine = select(func.min(records.c.seq)).where(of_chain, records.c.batch == batch)
    first = connection.execute(mine).scalar_one()
    if first is None:
        return None
    earlier = (
        select(records.c.seq, records.c.hash)
        .where(of_chain, records.c.seq < first)
        .order_by(records.c.seq.desc())
        .limit(1)
    )
    last = connection.execute(earlier).first()
    if last is None:
        return _before(connection, chain, "")
    return HeadOfChain(chain.manifest, chain.station, last.seq, last.hash)


def _rows(connection: Connection, chain: int, after: int, stop: int | None) -> Iterator[Any]:
    query = (
        select(records.c.seq, records.c.kind, records.c.batch, records.c.hash, records.c.body)
        .where(records.c.chain == chain, records.c.seq > after)
        .where(records.c.seq <= stop if stop else true())
        .order_by(records.c.seq)
    )
    yield from connection.execution_options(yield_per=CHUNK).execute(query)


def read_chain(
    lines: Iterable[str], begin: Callable[[HeadOfChain], None], record: Callable[[Line], str]
) -> None:
    """Read a file line by line.

    Args:
        lines: of the file.
        begin: told where each chain begins.
        record: told of each record; answers with what is wrong, which ends the reading.

    Raises:
        BurnerError: E724 when it is no chain, not whole, or ends elsewhere than it says.
    """
    head: HeadOfChain | None = None
    ends: list[dict[str, Any]] = []
    for number, text in enumerate(lines, 1):
        line = _parse(text, number)
        if isinstance(line, HeadOfChain):
            ends += [vars(head)] if head else []
            head = line
            begin(line)
        elif isinstance(line, Line) and head is not None:
            if record(line):
                return
            head = HeadOfChain(head.manifest, head.station, line.seq, line.hash)
        elif isinstance(line, list):
            ends += [vars(head)] if head else []
            if line != ends:
                raise BurnerError("E724", f"line {number}: its chains end elsewhere than it says")
            if next(iter(lines), None) is not None:
                raise BurnerError("E724", f"line {number + 1}: something follows the end")
            return
        else:
            raise BurnerError("E724", f"line {number}: a record of no chain")
    raise BurnerError("E724", "the end is missing: the file was cut off")


def _parse(text: str, number: int) -> HeadOfChain | Line | list[Any]:
    try:
        value = loads(text)
        if "data" in value:
            body = text.rstrip("\n")[:-_TAIL] + "}"
            if _full(body, value["hash"]) != text.rstrip("\n") + "\n":
                raise ValueError("not as burner writes it")
            return Line(int(value["head"]["seq"]), value["hash"], digest(body), body)
        if value.get("burner") == BEGIN:
            where = (value["manifest"], value["station"], int(value["seq"]), value["hash"])
            return HeadOfChain(*where)
        if value.get("burner") == END:
            return list(value["chains"])
        return Line(int(value["seq"]), value["hash"], value["digest"])
    except (ValueError, KeyError, TypeError) as error:
        raise BurnerError("E724", f"line {number}: {error}") from error


def _full(body: str, hash_: str) -> str:
    return f'{body[:-1]}{_HASH}{hash_}"}}\n'


def _withheld(row: Any) -> str:
    return dumps({"digest": digest(row.body), "hash": row.hash, "seq": row.seq}) + "\n"


def _control(what: str, head: HeadOfChain) -> str:
    return dumps({"burner": what, **vars(head)}) + "\n"
