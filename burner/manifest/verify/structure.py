"""The database as burner made it: tables, constraints, indexes, triggers, and what indexes hold.

An index that leaves rows out makes every list lie while the records themselves are whole; a
trigger that nobody knows edits at the next write.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Table, bindparam, create_engine, text
from sqlalchemy.schema import CheckConstraint, UniqueConstraint

from burner.manifest.store import tables

READ_WHOLE = 200_000
"""Records up to which SQLite compares every index with its table row by row; beyond, only when it
is asked for: it takes as long as a third of all the rest."""

_CONSTRAINTS = text(
    "SELECT k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
    "WHERE k.convalidated AND c.relname IN :names AND pg_table_is_visible(c.oid)"
).bindparams(bindparam("names", expanding=True))
_INDEXES = text(
    "SELECT x.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
    "JOIN pg_class x ON x.oid = i.indexrelid "
    "WHERE i.indisvalid AND c.relname IN :names AND pg_table_is_visible(c.oid)"
).bindparams(bindparam("names", expanding=True))
_COLUMNS = text(
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull "
    "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
    "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r' AND NOT c.relrowsecurity "
    "AND c.relname IN :names AND pg_table_is_visible(c.oid)"
).bindparams(bindparam("names", expanding=True))
_TRIGGERS = text(
    "SELECT t.tgname, t.tgenabled IN ('O', 'A') AND p.prosrc = :refusal AND t.tgqual IS NULL "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE NOT t.tgisinternal AND c.relname IN :names AND pg_table_is_visible(c.oid)"
).bindparams(bindparam("names", expanding=True))


def changed(connection: Connection, size: int, *, thorough: bool = False) -> Iterator[str]:
    """What is not as burner made it.

    Args:
        connection: to the manifest.
        size: records in it.
        thorough: compare every index of SQLite with its table, however large they are.
    """
    if connection.dialect.name == "postgresql":
        yield from _changed_on_server(connection)
        return
    with create_engine("sqlite://").begin() as fresh:
        tables.create(fresh)
        expected = _schema(fresh)
    found = _schema(connection)
    for kind, name in sorted(expected.keys() - found.keys()):
        yield f"its {kind} {name} is gone"
    for kind, name in sorted(found.keys() - expected.keys()):
        yield f"a {kind} {name} that burner did not make"
    for kind, name in sorted(expected.keys() & found.keys()):
        if expected[kind, name] != found[kind, name]:
            yield f"its {kind} {name} is another one"
    if thorough or size <= READ_WHOLE:
        findings = connection.execute(text("PRAGMA integrity_check(3)")).scalars().all()
        if findings != ["ok"]:
            yield f"it is damaged: {'; '.join(findings)}"


def _schema(connection: Connection) -> dict[tuple[str, str], str]:
    """(kind, name) → its definition, without what SQLite keeps for itself."""
    query = text("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return {
        (row.type, row.name): f"{row.tbl_name}: {' '.join((row.sql or '').split())}"
        for row in connection.execute(query)
        if not str(row.name).startswith("sqlite_stat")
    }


def _changed_on_server(connection: Connection) -> Iterator[str]:
    """Indexes and constraints that the factory added are let be: a server keeps them true."""
    names = {"names": [*tables.metadata.tables]}
    yield from _changed_columns(connection, names)
    constraints = set(connection.execute(_CONSTRAINTS, names).scalars())
    indexes = set(connection.execute(_INDEXES, names).scalars())
    for table in tables.metadata.sorted_tables:
        for name in sorted(_constraint_names(table) - constraints):
            yield f"its constraint {name} is gone"
        for name in sorted({str(index.name) for index in table.indexes} - indexes):
            yield f"its index {name} is gone"
    armed = connection.execute(_TRIGGERS, {**names, "refusal": tables.REFUSAL}).all()
    guards = {
        f"{table}_keep_{action}"
        for table in tables.GUARDED
        for action in ("update", "delete", "truncate")
    }
    for name in sorted(guards - {name for name, refuses in armed if refuses}):
        yield f"its trigger {name} is gone, or does nothing"
    for name in sorted({name for name, _ in armed} - guards):
        yield f"a trigger {name} that burner did not make"


def _changed_columns(connection: Connection, names: dict[str, list[str]]) -> Iterator[str]:
    found = {
        f"{table}.{name}": facts for table, name, *facts in connection.execute(_COLUMNS, names)
    }
    expected = {
        f"{table.name}.{column.name}": [
            column.type.compile(connection.dialect).lower(),
            not column.nullable,
        ]
        for table in tables.metadata.sorted_tables
        for column in table.columns
    }
    for name in sorted(expected.keys() | found.keys()):
        if name not in expected:
            yield f"a column {name} that burner did not make"
        elif found.get(name) != expected[name]:
            yield f"its column {name} is gone, or another one"


def _constraint_names(table: Table) -> set[str]:
    """As the server has them."""
    names = {f"{table.name}_pkey"}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            names.add(f"{table.name}_{'_'.join(constraint.columns.keys())}_key")
        elif isinstance(constraint, CheckConstraint):
            names.add(str(constraint.name))
    return {name for name in names if not name.endswith("_is_a_flag")}
