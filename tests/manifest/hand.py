"""What a hostile hand does to a database: with a viewer, and with the code but not the key."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from burner.manifest.canonical import dumps
from burner.manifest.checks.verify import Verdict, verify
from burner.manifest.reader import Reader
from burner.manifest.signing.trust import Trust
from tests.manifest.records import unit_mac

Body = dict[str, Any]
HEAD = (
    *("at", "batch", "claims", "device_name", "intent", "kind", "outcome"),
    *("product_id", "seq", "unit_id"),
)
PRODUCT = "S3EUVBRJLB"
FIRST, SECOND = (str(unit_mac(unit)) for unit in (1, 2))
NAME = unit_mac(1).octets.hex()


def verdict(path: Path, trusted: Trust | None = None, *, remember: bool = False) -> Verdict:
    with Reader.open(path) as reader:
        return verify(reader, trusted=trusted, remember=remember)


def flaw(path: Path, trusted: Trust | None = None, *, remember: bool = False) -> str:
    return str(verdict(path, trusted, remember=remember).flaw)


@contextmanager
def unguarded(path: Path) -> Iterator[sqlite3.Connection]:
    """The database without its guards; they are put back at the end."""
    with closing(sqlite3.connect(path)) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        guards = triggers.fetchall()
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        yield database
        for _, sql in guards:
            database.execute(sql)
        database.commit()


def edit(path: Path, *statements: str) -> None:
    """Edit with a database viewer."""
    with unguarded(path) as database:
        for statement in statements:
            database.execute(statement)


def lie(path: Path, index: str, change: Callable[[str], str]) -> None:
    """Build an index otherwise, and put its honest text back."""
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,))
        (sql,) = found.fetchone()
        database.execute(f"DROP INDEX {index}")
        database.execute(change(sql))
        database.execute("PRAGMA writable_schema = 1")
        database.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, index))
        database.commit()


def without(unit: str) -> Callable[[str], str]:
    """An index that leaves a unit out."""
    return lambda sql: f"{sql} {'AND' if ' WHERE ' in sql else 'WHERE'} unit_id <> '{unit}'"


def moved(unit: str) -> Callable[[str], str]:
    """An index in which a unit is of another batch."""
    lying = f"(CASE unit_id WHEN '{unit}' THEN 'WO9' ELSE batch END"
    return lambda sql: sql.replace("(batch", lying, 1)


def rewrite(
    database: sqlite3.Connection,
    change: Callable[[Body], None] = lambda _: None,
    drop: Callable[[Body], bool] = lambda _: False,
    chain: int = 1,
) -> None:
    """Write a chain anew, every hash right, without any key."""
    name = database.execute("SELECT manifest, station FROM chains WHERE chain = ?", (chain,))
    hash_ = _hashed(dumps([*name.fetchone()]))
    rows = database.execute("SELECT body FROM records WHERE chain = ? ORDER BY seq", (chain,))
    bodies = [json.loads(row[0]) for row in rows]
    database.execute("DELETE FROM records WHERE chain = ?", (chain,))
    for body in bodies:
        if not drop(body):
            change(body)
            hash_ = _insert(database, chain, body, hash_)


def append(
    database: sqlite3.Connection, data: Body, like: int, *, chain: int = 1, **head: Any
) -> int:
    """Add a record with the head of another one, but for what is given; its number."""
    last = database.execute(
        "SELECT seq, hash, at FROM records WHERE chain = ? ORDER BY seq DESC", (chain,)
    ).fetchone()
    row = database.execute("SELECT body FROM records WHERE chain = 1 AND seq = ?", (like,))
    start = database.execute("SELECT manifest, station FROM chains WHERE chain = ?", (chain,))
    manifest, station = start.fetchone()
    seq, hash_, at = last or (0, _hashed(dumps([manifest, station])), "2025-01-31")
    new = {"at": at, "seq": seq + 1, "intent": seq + 1, "station": station, **head}
    body = {"data": data, "head": {**json.loads(row.fetchone()[0])["head"], **new}}
    _insert(database, chain, body, hash_)
    return int(seq + 1)


def data_of(database: sqlite3.Connection, seq: int) -> Body:
    """The data of a record of the first chain."""
    row = database.execute("SELECT body FROM records WHERE chain = 1 AND seq = ?", (seq,))
    return dict(json.loads(row.fetchone()[0])["data"])


def _insert(database: sqlite3.Connection, chain: int, body: Body, before: str) -> str:
    text, head = dumps(body), body["head"]
    hash_ = _hashed(before + _hashed(text))
    columns = ", ".join(HEAD)
    marks = ", ".join("?" * (len(HEAD) + 3))
    database.execute(
        f"INSERT INTO records (chain, {columns}, body, hash) VALUES ({marks})",
        (chain, *(head[name] for name in HEAD), text, hash_),
    )
    return hash_


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()
