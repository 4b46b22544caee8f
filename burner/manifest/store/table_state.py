"""The state in tables of the database: what the rules read, and their changes as SQL."""

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import and_, bindparam, delete, or_, select, text
from sqlalchemy.engine import Connection

from burner.manifest.entries.errors import inconsistent
from burner.manifest.fold.rows import (
    KEY_FIELDS,
    OPEN,
    BatchRow,
    Change,
    Drop,
    MemberRow,
    NamedRow,
)
from burner.manifest.log.tree import Frontier
from burner.manifest.store.statements import Prepared
from burner.manifest.store.tables import OWN, TABLES, imported, records

R = TypeVar("R", bound=NamedRow)

CHUNK = 500

_members, _batches = TABLES[MemberRow], TABLES[BatchRow]
_ELSEWHERE = Prepared(
    select(_members.c.unit_id)
    .join(_batches, and_(_batches.c.log == _members.c.log, _batches.c.batch == _members.c.batch))
    .where(_members.c.log == bindparam("of_log"), _members.c.unit_id == bindparam("of_unit"))
    .where(_members.c.batch != bindparam("of_batch"), _batches.c.scope == bindparam("of_scope"))
    .where(or_(_members.c.status == OPEN, _members.c.passed))
    .limit(1)
)
_LEAVES = Prepared(
    select(records.c.leaf)
    .where(records.c.log == bindparam("of_log"), records.c.batch == bindparam("of_batch"))
    .order_by(records.c.number)
)
_NUMBER = Prepared(select(imported.c.log).where(imported.c.origin == bindparam("of_origin")))


class TableState:
    """See `ManifestState`. It is valid in one transaction; a writer has locked the head.
    All statements are `Prepared`: on a server they run in a pipeline.
    """

    whole = True

    def __init__(self, connection: Connection, log: int = OWN) -> None:
        self.connection, self._log = connection, log

    def get(self, kind: type[R], *key: object) -> R | None:
        of: Any = kind
        names = of._fields[: KEY_FIELDS[kind]]
        where = dict(zip(names, key, strict=True))
        row = _find(of, names).run(self.connection, log=self._log, **where)
        values = row.fetchone()
        return row_of(kind, values) if values else None

    def rows(self, kind: type[R], **fields: object) -> Iterable[R]:
        of: Any = kind
        rows = _find(of, tuple(fields)).run(self.connection, log=self._log, **fields).fetchall()
        try:
            return sorted(row_of(kind, row) for row in rows)
        except TypeError:  # SQLite takes any type in any column
            raise inconsistent(f"{TABLES[kind].name}: a value of another type") from None

    def holds_elsewhere(self, scope: str, unit_id: str, batch: str) -> bool:
        where = {"of_scope": scope, "of_unit": unit_id, "of_batch": batch, "of_log": self._log}
        return _ELSEWHERE.run(self.connection, **where).fetchone() is not None

    def batch_tree(self, batch: str) -> tuple[int, bytes]:
        where = {"of_log": self._log, "of_batch": batch}
        leaves = _LEAVES.run(self.connection, **where).fetchall()
        tree = Frontier().extend(bytes(leaf) for (leaf,) in leaves)
        return tree.size, tree.root

    def foreign(self, origin: str, size: int) -> "TableState | None":  # noqa: ARG002
        log = log_number(self.connection, origin)
        return None if log is None else TableState(self.connection, log)

    def update(self, changes: Iterable[Change]) -> None:
        for change in changes:
            row: Any = change.row if isinstance(change, Drop) else change
            kind: Any = type(row)
            values = row._asdict()
            if isinstance(change, Drop):
                key = {name: values[name] for name in row._fields[: KEY_FIELDS[kind]]}
                _drop(kind).run(self.connection, log=self._log, **key)
            else:
                _put(kind).run(self.connection, log=self._log, **values)


def log_number(connection: Connection, origin: str) -> int | None:
    """Number of an imported log; None: it was not imported."""
    row = _NUMBER.run(connection, of_origin=origin).fetchone()
    return row[0] if row else None


def row_of(kind: type[R], values: Any) -> R:
    """The row from the columns of its table, after that of the log. SQLite has no booleans."""
    row = list(values)
    for at in _BOOLEAN[kind]:
        row[at] = bool(row[at])
    of: Any = kind
    return cast("R", of(*row[1:]))


_BOOLEAN: dict[type[Any], tuple[int, ...]] = {
    kind: tuple(at for at, hint in enumerate(kind.__annotations__.values(), 1) if hint is bool)
    for kind in TABLES
}
"""Positions of booleans in the columns of a table."""


@cache
def _find(kind: Any, names: tuple[str, ...]) -> Prepared:
    table = TABLES[kind]
    where = (table.c[n] == bindparam(n, type_=table.c[n].type) for n in ("log", *names))
    return Prepared(select(table).where(*where))


@cache
def _put(kind: Any) -> Prepared:
    """INSERT … ON CONFLICT as text: in SQLAlchemy it is another construct for each database."""
    table = TABLES[kind]
    key = ", ".join(table.primary_key.columns.keys())
    values = ", ".join(f":{column.name}" for column in table.c)
    rest = ", ".join(f"{n} = excluded.{n}" for n in kind._fields[KEY_FIELDS[kind] :])
    insert = f"INSERT INTO {table.name} VALUES ({values})"  # noqa: S608 - names of our own
    return Prepared(text(f"{insert} ON CONFLICT ({key}) DO UPDATE SET {rest}"))


@cache
def _drop(kind: Any) -> Prepared:
    table = TABLES[kind]
    key = ("log", *kind._fields[: KEY_FIELDS[kind]])
    return Prepared(delete(table).where(*(table.c[name] == bindparam(name) for name in key)))
