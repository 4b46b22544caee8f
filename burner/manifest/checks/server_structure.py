"""The tables of a manifest on a PostgreSQL server, as its catalogues describe them.

The texts are those of `pg_get_indexdef` and `pg_get_constraintdef`. Indexes and constraints that
the factory added are let be: a server keeps every index true.
"""

import re
from collections.abc import Iterator

from sqlalchemy import bindparam, text
from sqlalchemy.engine import Connection

from burner.manifest.tables import metadata

_RECORD = "FOREIGN KEY (chain, seq) REFERENCES records(chain, seq) DEFERRABLE INITIALLY DEFERRED"
_PART = "WHERE (kind <> ALL (ARRAY['intent'::text, 'claim'::text, 'outcome'::text]))"
CONSTRAINTS = {
    ("about", "PRIMARY KEY (key)"),
    ("batches", _RECORD),
    ("batches", "PRIMARY KEY (batch)"),
    ("batches", "CHECK ((taken >= 0))"),
    ("batches", "CHECK (((planned IS NULL) OR (taken <= planned)))"),
    ("chains", "UNIQUE (manifest, station)"),
    ("chains", "PRIMARY KEY (chain)"),
    ("claims", _RECORD),
    ("claims", "UNIQUE (chain, seq)"),
    ("claims", "PRIMARY KEY (device_name, product_id)"),
    ("ids", _RECORD),
    ("ids", "PRIMARY KEY (chain, seq, value)"),
    ("places", "FOREIGN KEY (batch) REFERENCES batches(batch) DEFERRABLE INITIALLY DEFERRED"),
    ("places", _RECORD),
    ("places", "UNIQUE (chain, seq)"),
    ("places", "PRIMARY KEY (batch, unit_id)"),
    ("quotas", "CHECK ((taken >= 0))"),
    ("quotas", "CHECK ((taken <= allowed))"),
    ("quotas", "PRIMARY KEY (release_digest)"),
    ("records", "FOREIGN KEY (chain) REFERENCES chains(chain)"),
    ("records", "PRIMARY KEY (chain, seq)"),
}
INDEXES = {
    ("batches", "batches_of_record: btree (chain, seq)"),
    ("batches", "batches_of_release: btree (release_digest)"),
    ("ids", "ids_by_value: btree (value)"),
    ("records", "attempts_by_time: btree (at, chain, seq) WHERE (intent = seq)"),
    ("records", "attempts_of_batch: btree (batch, at, chain, seq) WHERE (intent = seq)"),
    ("records", f"rare_records: btree (chain, kind, seq) {_PART}"),
    ("records", "records_of_attempt: btree (chain, intent, seq)"),
    ("records", "records_of_unit: btree (unit_id)"),
}
_CONSTRAINTS = """
    SELECT c.relname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.convalidated AND c.relname IN :names AND pg_table_is_visible(c.oid)"""
_INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE i.indisvalid AND c.relname IN :names AND pg_table_is_visible(c.oid)"""
_TRIGGERS = """
    SELECT c.relname, t.tgname
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relname IN :names AND pg_table_is_visible(c.oid)"""
_TABLES = """
    SELECT c.relname
    FROM pg_class c
    WHERE (c.relkind <> 'r' OR c.relhasrules OR c.relrowsecurity OR c.relhassubclass)
    AND c.relname IN :names AND pg_table_is_visible(c.oid)"""


def changed_on_server(connection: Connection) -> Iterator[str]:
    """What is not as burner made it."""
    for table, what in sorted(CONSTRAINTS - set(_rows(connection, _CONSTRAINTS))):
        yield f"the database was changed: table {table} has lost its {what}"
    there = {(table, _short(what)) for table, what in _rows(connection, _INDEXES)}
    for table, what in sorted(INDEXES - there):
        yield f"the database was changed: table {table} has lost its index {what}"
    for table, name in _rows(connection, _TRIGGERS):
        if not re.fullmatch(r"(records|chains)_keep_(update|delete|truncate)", name):
            yield f"the database was changed: a trigger {name} on {table} that burner did not make"
    for (table,) in _rows(connection, _TABLES):
        yield f"the database was changed: {table} is not the plain table that burner made"


def _rows(connection: Connection, query: str) -> list[tuple[str, ...]]:
    ours = text(query).bindparams(bindparam("names", expanding=True))
    names = [*metadata.tables]
    return [tuple(row) for row in connection.execute(ours, {"names": names})]


def _short(definition: str) -> str:
    """`name: btree (columns) WHERE …`, whatever the schema."""
    found = re.fullmatch(r"CREATE (?:UNIQUE )?INDEX (\S+) ON \S+ USING (.*)", definition)
    return f"{found[1]}: {found[2]}" if found else definition
