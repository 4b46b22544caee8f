"""Whether tables, constraints, indexes and triggers are as burner made them.

A damaged index hides rows from every list while the records are whole; an added trigger could edit
rows at the next write.
"""

import re
from collections.abc import Iterator

from sqlalchemy import Connection, Table, bindparam, create_engine, text
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CheckConstraint, PrimaryKeyConstraint, UniqueConstraint

from burner.manifest.store import tables

READ_WHOLE = 200_000
"""Up to so many records SQLite compares indexes with their tables; beyond, only on request, since
it takes a third of the time of all other checks."""

_CONSTRAINTS = text(
    "SELECT k.conname, pg_get_constraintdef(k.oid) "
    "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
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
_RULES = text(
    "SELECT r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class "
    "WHERE c.relname IN :names AND pg_table_is_visible(c.oid)"
).bindparams(bindparam("names", expanding=True))
_TRIGGERS = text(
    "SELECT t.tgname, t.tgenabled IN ('O', 'A') AND p.prosrc = :refusal AND t.tgqual IS NULL "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE NOT t.tgisinternal AND c.relname IN :names AND pg_table_is_visible(c.oid)"
).bindparams(bindparam("names", expanding=True))


def structure_differences(
    connection: Connection, size: int, *, thorough: bool = False
) -> Iterator[str]:
    """Differences from the database as burner makes it.

    Args:
        connection: to the manifest.
        size: records in it.
        thorough: compare every index of SQLite with its table, however large they are.
    """
    if connection.dialect.name == "postgresql":
        yield from _changed_on_server(connection)
        return
    with create_engine("sqlite://", poolclass=NullPool).begin() as fresh:
        tables.create(fresh)
        expected = _schema(fresh)
    actual = _schema(connection)
    for kind, name in sorted(expected.keys() - actual.keys()):
        yield f"its {kind} {name} is gone"
    for kind, name in sorted(actual.keys() - expected.keys()):
        yield f"its {kind} {name} was not made by burner"
    for kind, name in sorted(expected.keys() & actual.keys()):
        if expected[kind, name] != actual[kind, name]:
            yield f"its {kind} {name} is different"
    if thorough or size <= READ_WHOLE:
        findings = connection.execute(text("PRAGMA integrity_check(3)")).scalars().all()
        if findings != ["ok"]:
            yield f"it is damaged: {'; '.join(findings)}"


def _schema(connection: Connection) -> dict[tuple[str, str], str]:
    """(kind, name) → definition, without statistics of SQLite."""
    query = text("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return {
        (row.type, row.name): f"{row.tbl_name}: {' '.join((row.sql or '').split())}"
        for row in connection.execute(query)
        if not str(row.name).startswith("sqlite_stat")
    }


def _changed_on_server(connection: Connection) -> Iterator[str]:
    """Indexes and constraints that the factory added are accepted: they are harmless."""
    names = {"names": [*tables.metadata.tables]}
    yield from _changed_columns(connection, names)
    for name in connection.execute(_RULES, names).scalars():
        yield f"its rule {name} was not made by burner"
    constraints = {name: _bare(what) for name, what in connection.execute(_CONSTRAINTS, names)}
    indexes = set(connection.execute(_INDEXES, names).scalars())
    for table in tables.metadata.sorted_tables:
        for name, what in sorted(_constraints(table).items()):
            if constraints.get(name) != _bare(what):
                yield f"its constraint {name} is gone or different"
        for name in sorted({str(index.name) for index in table.indexes} - indexes):
            yield f"its index {name} is gone"
    armed = connection.execute(_TRIGGERS, {**names, "refusal": tables.REFUSAL}).all()
    guards = {
        f"{table}_keep_{action}"
        for table in tables.GUARDED
        for action in ("update", "delete", "truncate")
    }
    for name in sorted(guards - {name for name, refuses in armed if refuses}):
        yield f"its trigger {name} is gone or has no effect"
    for name in sorted({name for name, _ in armed} - guards):
        yield f"its trigger {name} was not made by burner"


def _changed_columns(connection: Connection, names: dict[str, list[str]]) -> Iterator[str]:
    actual = {
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
    for name, facts in sorted(expected.items()):
        if actual.pop(name, None) != facts:
            yield f"its column {name} is gone or different"
    for name in sorted(actual):
        yield f"its column {name} was not made by burner"


def _constraints(table: Table) -> dict[str, str]:
    """Name → definition, as a server stores them."""
    definitions = {}
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            if not str(constraint.name).endswith("_is_a_flag"):  # a server has booleans
                definitions[str(constraint.name)] = f"CHECK ({constraint.sqltext})"
        elif isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            columns = [*constraint.columns.keys()]
            if isinstance(constraint, PrimaryKeyConstraint):
                definitions[f"{table.name}_pkey"] = f"PRIMARY KEY ({', '.join(columns)})"
            else:
                definitions[f"{table.name}_{'_'.join(columns)}_key"] = (
                    f"UNIQUE ({', '.join(columns)})"
                )
    return definitions


def _bare(definition: str) -> str:
    """Without white space, parentheses and quotes, of which a server writes more."""
    return re.sub(r"[\s()\"]", "", definition)
