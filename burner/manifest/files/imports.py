"""Another manifest's chain taken into this one: checked first, doubles told, places untouched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest import claims as names
from burner.manifest.chain import COLUMNS, Kind, Row
from burner.manifest.checks.offline import Findings, check_file
from burner.manifest.checks.verify import Progress
from burner.manifest.files.chainfile import Line, chain_lines, read_chain
from burner.manifest.files.doubles import doubled_ids
from burner.manifest.given import decided
from burner.manifest.signing.keys import PublicKey
from burner.manifest.signing.seals import HeadOfChain
from burner.manifest.tables import chains, claims, records
from burner.manifest.writer import Writer

MANY = 500
"""Records inserted at once."""


@dataclass
class Imported:
    """What came in."""

    records: int = 0
    known: int = 0
    """Records that were here already."""
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    """Names that somebody holds here: device_name, product_id, unit_id, station, seq, holder."""
    doubled_ids: list[dict[str, Any]] = field(default_factory=list)
    """IMEIs and serial numbers that a unit of another chain has too, as `doubles` tells them."""


def import_chain(
    writer: Writer,
    path: Path,
    operator: str,
    trusted: Mapping[str, PublicKey] | None = None,
    progress: Progress = lambda _: None,
) -> Imported:
    """Check a file, and take it in, in one transaction with a record that says so.

    Args:
        writer: of the station (or desk) at which it comes in.
        path: the file.
        operator: who takes it in.
        trusted: keys by id that must stand behind its chains; None = whoever wrote it.
        progress: told how many more records were checked.

    Raises:
        BurnerError: E713 when its chain is broken, E724 when it is none or bodies are withheld,
            E725 when it contradicts what is here, E731 without operator; E7.
    """
    decided(path.name, operator)
    _, digest = _checked(path, trusted, progress)
    result = Imported()

    def write(connection: Connection) -> Row:
        if _Import(connection, writer, result).run(path) != digest:
            raise BurnerError("E724", f"{path}: it changed after it was checked")
        data = {
            "doubled_ids": result.doubled_ids,
            "duplicates": result.duplicates,
            "file": path.name,
            "known": result.known,
            "operator": operator,
            "records": result.records,
            "sha256": digest,
        }
        return writer.add(connection, Kind.IMPORTED, data)

    with writer.lock:
        writer.check_ready()
        writer.commit(f"import {path} after {writer.head.seq}", write)
    return result


def check_import(path: Path, trusted: Mapping[str, PublicKey] | None) -> Findings:
    """What a file holds that may come in.

    Raises:
        BurnerError: E713 when its chain is broken, E724 when it is none or bodies are withheld.
    """
    return _checked(path, trusted)[0]


def _checked(
    path: Path, trusted: Mapping[str, PublicKey] | None, progress: Progress = lambda _: None
) -> tuple[Findings, str]:
    """Findings, and the SHA-256 of what was read."""
    with chain_lines(path) as lines:
        hashed = _Hashed(lines)
        found = check_file(hashed, trusted, progress)
    if found.flaw:
        raise BurnerError("E713", f"{path}: {found.flaw}")
    if found.withheld or found.batch:
        raise BurnerError("E724", f"{path}: an export of one batch; import one without --batch")
    return found, hashed.hexdigest()


class _Hashed:
    """The lines of a file, and the SHA-256 of those that were read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._hash = lines, sha256()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._hash.update(line.encode(errors="surrogateescape"))
        return line

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class _Import:
    def __init__(self, connection: Connection, writer: Writer, result: Imported) -> None:
        self._connection, self._writer, self._result = connection, writer, result
        self._chain, self._station, self._last = 0, "", 0
        self._rows: list[dict[str, Any]] = []

    def run(self, path: Path) -> str:
        """The SHA-256 of what came in."""
        with chain_lines(path) as lines:
            hashed = _Hashed(lines)
            read_chain(hashed, self._begin, self._record)
        self._end_chain()
        return hashed.hexdigest()

    def _begin(self, head: HeadOfChain, _batch: str) -> None:
        self._end_chain()
        if head.manifest == self._writer.manifest:
            raise BurnerError("E725", f"station {head.station} is of this very manifest")
        same = and_(chains.c.manifest == head.manifest, chains.c.station == head.station)
        find = select(chains.c.chain).where(same)
        chain = self._connection.execute(find).scalar()
        if chain is None:
            row = {"manifest": head.manifest, "station": head.station}
            self._connection.execute(insert(chains), row)
            chain = self._connection.execute(find).scalar_one()
        self._chain, self._station = chain, head.station
        newest = (
            select(records.c.seq).where(records.c.chain == chain).order_by(records.c.seq.desc())
        )
        self._last = self._connection.execute(newest.limit(1)).scalar() or 0

    def _record(self, line: Line) -> str:
        if line.seq <= self._last:
            self._compare(line.seq, line.hash)
            self._result.known += 1
            return ""
        head, data = line.value["head"], line.value["data"]
        row = {name: head[name] for name in COLUMNS[:-2]}
        self._rows.append({"chain": self._chain, **row, "body": line.body, "hash": line.hash})
        where = {"unit_id": head["unit_id"], "chain": self._chain, "seq": line.seq}
        if head["claims"]:
            self._claim(head, where)
        if head["kind"] in (Kind.INTENT, Kind.CLAIM):
            names.remember_ids(self._connection, data["attempt"].get("ids", {}), **where)
        if released := data.get("released"):
            self._release(head, released)
        self._result.records += 1
        if len(self._rows) >= MANY:
            self._flush()
        return ""

    def _compare(self, seq: int, hash_: str) -> None:
        """A record that is here already must be the same one."""
        here = select(records.c.hash).where(records.c.chain == self._chain, records.c.seq == seq)
        if self._connection.execute(here).scalar() != hash_:
            raise BurnerError("E725", f"station {self._station}, record {seq}: here is another")

    def _claim(self, head: Mapping[str, Any], where: dict[str, Any]) -> None:
        name = {"device_name": head["device_name"], "product_id": head["product_id"]}
        holder = names.try_name(self._connection, **name, **where)
        if holder is not None and holder != head["unit_id"]:
            self._result.duplicates.append(
                {
                    **name,
                    "unit_id": head["unit_id"],
                    "station": self._station,
                    "seq": head["seq"],
                    "holder": holder,
                }
            )

    def _release(self, head: Mapping[str, Any], released: list[str]) -> None:
        """A void frees the names that its own chain took, and none that a unit of ours has."""
        self._connection.execute(
            delete(claims).where(
                claims.c.chain == self._chain,
                claims.c.device_name.in_(released),
                claims.c.product_id == head["product_id"],
                claims.c.unit_id == head["unit_id"],
                ~names.carried_in(self._writer.manifest),
            )
        )

    def _end_chain(self) -> None:
        self._flush()
        self._result.doubled_ids += doubled_ids(self._connection, self._chain, self._last)

    def _flush(self) -> None:
        if self._rows:
            self._connection.execute(insert(records), self._rows)
            self._rows = []
