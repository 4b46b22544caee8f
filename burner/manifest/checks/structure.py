"""The database as burner made it: tables, constraints, indexes, triggers, and what indexes hold.

An index that leaves rows out makes every list lie while the records themselves are whole; a
trigger that nobody knows edits at the next write.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import Connection

from burner.manifest import tables
from burner.manifest.chain import Flaw
from burner.manifest.checks.server_structure import changed_on_server

READ_WHOLE = 200_000
"""Records up to which every index is compared with its table row by row; beyond, by counts, unless
somebody asks: it costs a third of all the rest."""

SAYS_MOST = 3
"""Findings of the database itself that are repeated."""


@dataclass(frozen=True)
class Counted:
    """How many rows the walk along the chains met."""

    records: int
    firsts: int
    rare: int
    ids: int


def changed(connection: Connection) -> Iterator[Flaw]:
    """What is not as burner made it. Guards that are gone are told elsewhere, as a warning."""
    if connection.dialect.name == "postgresql":
        yield from (Flaw("", 0, what) for what in changed_on_server(connection))
        return
    expected, found = _schema_as_made(), _schema(connection)
    for kind, name in sorted(expected.keys() - found.keys()):
        if kind != "trigger":
            yield Flaw("", 0, f"the database was changed: its {kind} {name} is gone")
    for kind, name in sorted(found.keys() - expected.keys()):
        yield Flaw("", 0, f"the database was changed: a {kind} {name} that burner did not make")
    for kind, name in sorted(expected.keys() & found.keys()):
        if expected[kind, name] != found[kind, name]:
            yield Flaw("", 0, f"the database was changed: its {kind} {name} is another one")


def miscounted(connection: Connection, counted: Counted, *, thorough: bool) -> Iterator[Flaw]:
    """Indexes and tables that hold fewer or more rows than the chains have.

    Args:
        connection: the snapshot that the chains were walked in.
        counted: what the walk met.
        thorough: compare every index with its table row by row, however large they are.
    """
    count = select(func.count()).select_from(tables.ids)
    if (there := connection.execute(count).scalar_one()) != counted.ids:
        what = f"the table of IDs has {there} rows, the records account for {counted.ids}"
        yield Flaw("", 0, what)
    if connection.dialect.name != "sqlite":
        return
    yield from _wrong_counts(connection, counted)
    if thorough or counted.records <= READ_WHOLE:
        findings = connection.execute(text("PRAGMA integrity_check(100)")).scalars().all()
        if findings != ["ok"]:
            told = "; ".join(findings[:SAYS_MOST])
            yield Flaw("", 0, f"the database is damaged: {told}")


def _schema_as_made() -> dict[tuple[str, str], str]:
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as fresh:
            tables.create(fresh)
            return _schema(fresh)
    finally:
        engine.dispose()


def _schema(connection: Connection) -> dict[tuple[str, str], str]:
    """(kind, name) → its definition, without what SQLite keeps for itself."""
    query = text("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return {
        (row.type, row.name): f"{row.tbl_name}: {' '.join((row.sql or '').split())}"
        for row in connection.execute(query)
        if not str(row.name).startswith("sqlite_stat")
    }


def _wrong_counts(connection: Connection, counted: Counted) -> Iterator[Flaw]:
    """Each index is counted by itself, and each table without any."""
    query = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index'")
    partial = {
        "rare_records": counted.rare,
        "attempts_by_time": counted.firsts,
        "attempts_of_batch": counted.firsts,
    }
    for name, table, sql in connection.execute(query).all():
        _, _, where = (sql or "").partition(" WHERE ")
        by_index = _count(connection, f"{table} INDEXED BY {name}", where)
        if table == "records":
            rows = partial.get(name, counted.records)
        else:
            rows = _count(connection, f"{table} NOT INDEXED", "")
        if by_index != rows:
            what = f"the database is damaged: index {name} has {by_index} entries, {rows} belong in"
            yield Flaw("", 0, what)


def _count(connection: Connection, source: str, where: str) -> int:
    # Names come from a schema that was compared with the expected one before. Not count(*): for
    # that SQLite takes whichever index is shortest.
    query = f"SELECT sum(1) FROM {source}" + (f" WHERE {where}" if where else "")  # noqa: S608
    return int(connection.execute(text(query)).scalar_one() or 0)
