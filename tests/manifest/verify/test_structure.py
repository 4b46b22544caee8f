"""The database itself was changed: constraints, indexes, triggers, columns. `verify` names it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.ledger import Ledger
from tests.manifest.postgres import Server
from tests.manifest.records import burned, flaws, open_batch


def found_on_server(url: str, statement: str) -> str:
    with Ledger.open(url, "line1") as ledger:
        open_batch(ledger)
        burned(ledger, 1, batch="WO1")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(statement.encode())
    with ManifestReader.open(url) as reader:
        return "; ".join(flaws(reader))


def found_in_file(path: Path, change: Callable[[sqlite3.Connection], object]) -> str:
    with Ledger.open(path, "line1") as ledger:
        open_batch(ledger)
        burned(ledger, 1, batch="WO1")
    with closing(sqlite3.connect(path)) as connection:
        change(connection)
        connection.commit()
    with ManifestReader.open(path) as reader:
        return "; ".join(flaws(reader))


def without_unique_names(connection: sqlite3.Connection) -> None:
    """The same table with the same rows; its primary key is gone."""
    (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'names'").fetchone()
    head, _, _ = sql.rpartition("PRIMARY KEY")
    connection.execute("ALTER TABLE names RENAME TO before")
    connection.execute(f"{head.rstrip().rstrip(',')})")
    connection.execute("INSERT INTO names SELECT * FROM before")
    connection.execute("DROP TABLE before")
    connection.execute("CREATE INDEX names_of_unit ON names (unit_id)")


def without_quantity(connection: sqlite3.Connection) -> None:
    """Past SQLite's own commands: the text of the table, edited."""
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_master SET sql = replace(sql, 'taken <= planned', 'taken <= taken') "
        "WHERE name = 'batches'"
    )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("DROP INDEX names_of_unit", "its index names_of_unit is gone"),
        ("DROP TRIGGER records_keep_DELETE", "its trigger records_keep_DELETE is gone"),
        ("ALTER TABLE names RENAME COLUMN unit_id TO unit", "names"),
        ("ALTER TABLE records ADD COLUMN remark TEXT", "its table records is different"),
        ("ALTER TABLE names RENAME TO old_names", "names"),
        ("CREATE TABLE more (one TEXT)", "its table more was not made by burner"),
        ("CREATE VIEW more AS SELECT 1", "its view more was not made by burner"),
        (
            "CREATE TRIGGER more AFTER INSERT ON records BEGIN DELETE FROM names; END",
            "its trigger more was not made by burner",
        ),
        (
            "CREATE UNIQUE INDEX names_of_unit2 ON names (unit_id)",
            "its index names_of_unit2 was not made by burner",
        ),
        (without_unique_names, "its index sqlite_autoindex_names_1 is gone"),
        (without_quantity, "its table batches is different"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_verify_names_what_was_changed_in_a_file(
    tmp_path: Path, change: str | Callable[[sqlite3.Connection], object], place: str
) -> None:
    statement = change
    if isinstance(statement, str):
        text = statement
        assert place in found_in_file(tmp_path / "m.db", lambda c: c.execute(text))
    else:
        assert place in found_in_file(tmp_path / "m.db", statement)


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("DROP INDEX names_of_unit", "its index names_of_unit is gone"),
        ("DROP TRIGGER records_keep_delete ON records", "its trigger records_keep_delete is gone"),
        ("ALTER TABLE records DISABLE TRIGGER ALL", "its trigger records_keep_delete is gone"),
        ("ALTER TABLE names DROP CONSTRAINT names_pkey", "its constraint names_pkey is gone"),
        (
            "ALTER TABLE imported DROP CONSTRAINT imported_origin_key",
            "its constraint imported_origin_key is gone",
        ),
        (
            "ALTER TABLE batches DROP CONSTRAINT batches_keep_their_quantity",
            "its constraint batches_keep_their_quantity is gone",
        ),
        ("ALTER TABLE names RENAME COLUMN unit_id TO unit", "its column names.unit_id is gone"),
        ("ALTER TABLE units ALTER COLUMN passed TYPE TEXT", "its column units.passed"),
        ("ALTER TABLE units ALTER COLUMN status DROP NOT NULL", "its column units.status"),
        ("ALTER TABLE units ADD COLUMN more TEXT", "its column units.more was not made by burner"),
        ("ALTER TABLE names RENAME TO old_names", "its column names.device_name is gone"),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
            "CREATE TRIGGER more BEFORE INSERT ON names FOR EACH ROW EXECUTE FUNCTION f()",
            "its trigger more was not made by burner",
        ),
        (
            "CREATE OR REPLACE FUNCTION burner_append_only() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN OLD; END'",
            "its trigger checkpoints_keep_delete is gone or has no effect",
        ),
        (
            "CREATE RULE more AS ON INSERT TO names DO INSTEAD NOTHING",
            "its rule more was not made by burner",
        ),
        ("ALTER TABLE names ENABLE ROW LEVEL SECURITY", "its column names.device_name"),
        (
            "ALTER TABLE batches DROP CONSTRAINT batches_keep_their_quantity, ADD CONSTRAINT "
            "batches_keep_their_quantity CHECK (taken >= 0)",
            "its constraint batches_keep_their_quantity",
        ),
        (
            "ALTER TABLE names DROP CONSTRAINT names_pkey, ADD CONSTRAINT names_pkey "
            "PRIMARY KEY (log, product_id, device_name, unit_id)",
            "its constraint names_pkey",
        ),
    ],
)
def test_verify_names_what_was_changed_on_a_server(
    server: Server, statement: str, place: str
) -> None:
    assert place in found_on_server(server.database(), statement)


def test_every_connection_that_a_check_opens_is_closed_again(tmp_path: Path) -> None:
    """Python 3.13 warns about one that nobody closed, and our settings make that an error."""
    opened: list[object] = []
    closed: list[object] = []
    note = {"connect": lambda driver, _: opened.append(driver)}
    note["close"] = lambda driver, _: closed.append(driver)
    for name, function in note.items():
        event.listen(Pool, name, function)
    try:
        assert found_in_file(tmp_path / "m.db", lambda _: None) == ""
    finally:
        for name, function in note.items():
            event.remove(Pool, name, function)
    assert opened
    assert {id(handle) for handle in opened} == {id(handle) for handle in closed}
