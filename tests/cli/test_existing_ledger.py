"""A manifest that is opened for a correction."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from burner.cli.existing_ledger import existing_ledger
from burner.cli.questions.secret_questions import Use
from burner.core.errors import BurnerError
from tests.manifest.records import a_ledger, open_batch


def test_a_manifest_whose_destinations_cannot_be_read_is_not_kept_open(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        path = ledger.writer.where.path
    assert path
    for before, after in (("events", "kinds"), ("kinds", "events")):
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"ALTER TABLE destinations RENAME COLUMN {before} TO {after}")
        if after == "kinds":
            with pytest.raises(BurnerError) as raised:
                existing_ledger(str(path), "desk", Use.RECORDS)
    existing_ledger(str(path), "desk", Use.RECORDS).close()
    assert raised.value.code == "E718"
