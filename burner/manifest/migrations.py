"""From each older version of the tables to the next, in one transaction with the version itself."""

from collections.abc import Callable, Mapping
from uuid import uuid4

from sqlalchemy import insert, update
from sqlalchemy.engine import Connection

from burner.manifest import tables

Migration = Callable[[Connection], None]


def _quotas(connection: Connection) -> None:
    """Version 1 did not hold a release to its quantity; no batch of it said one."""
    tables.quotas.create(connection)
    tables.batches_of_release.create(connection)


def _batches_of_record(connection: Connection) -> None:
    """In version 2 a record cost the more the more batches there were."""
    tables.batches_of_record.create(connection)


MIGRATIONS: Mapping[int, Migration] = {1: _quotas, 2: _batches_of_record}
"""Version → what takes the tables from it to the next. Records themselves never change: a body
keeps the version (`v`) it was written in."""


def make(connection: Connection) -> None:
    """An empty manifest with an identity of its own."""
    tables.create(connection)
    facts = {
        "manifest": str(uuid4()),
        "schema": str(tables.SCHEMA),
    }
    rows = [{"key": key, "value": value} for key, value in facts.items()]
    connection.execute(insert(tables.about), rows)


def migrate(
    connection: Connection,
    version: int,
    target: int = tables.SCHEMA,
    steps: Mapping[int, Migration] = MIGRATIONS,
) -> None:
    """Bring the tables from `version` to `target`; nothing happens when they are there."""
    for step in range(version, target):
        steps[step](connection)
    if version < target:
        about = tables.about
        connection.execute(update(about).where(about.c.key == "schema").values(value=str(target)))
