"""A database that was changed under the records: odd bytes, huge numbers, indexes, triggers."""

import resource
import sqlite3
from pathlib import Path

import pytest

from burner.errors import BurnerError
from burner.manifest.checks import structure
from burner.manifest.checks.verify import size, verify
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Reader
from burner.model import Outcome
from tests.manifest.hand import edit, lie, moved, rewrite, unguarded, without
from tests.manifest.records import Ticking, burned, open_batch

THIRD = "7c:df:a1:00:00:03"


@pytest.fixture
def made(path: Path) -> Path:
    """Five units, the third of them bad: batch 1, intents 2, 4 … 10."""
    with Ledger.open(path, "line1", Ticking()) as ledger:
        open_batch(ledger, planned=9)
        for unit in range(1, 6):
            burned(ledger, unit, Outcome.FAIL if unit == 3 else Outcome.PASS, batch="WO1")
    return path


def flaw(path: Path, *, thorough: bool = False) -> str:
    with Reader.open(path) as reader:
        return str(verify(reader, remember=False, thorough=thorough).flaw)


def test_a_record_with_a_huge_number_costs_no_memory(made: Path) -> None:
    edit(made, f"UPDATE records SET seq = {2**63 - 1} WHERE seq = 3")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Reader.open(made) as reader:
        assert size(reader) == 11
    assert flaw(made) == "station line1, record 4: record 3 is missing"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_numbers_far_apart_are_walked_by_rows(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burner.manifest.checks.walk.STRETCH", 3)
    monkeypatch.setattr("burner.manifest.checks.walkers.MOST", 1)
    edit(made, "UPDATE records SET seq = seq + 4611686018427387904 WHERE seq > 5")
    assert flaw(made) == "station line1, record 4611686018427387910: record 6 is missing"


ODD = {
    "a blob in a column": ("UPDATE records SET at = x'00' WHERE seq = 3", "record 3: cannot be"),
    "a column that is no text": (
        "UPDATE records SET unit_id = CAST(x'ff' AS TEXT) WHERE seq = 3",
        "record 3: cannot be read",
    ),
    "a body that is no text": (
        "UPDATE records SET body = CAST(x'7bff7d' AS TEXT) WHERE seq = 3",
        "record 3: does not fit",
    ),
    "a number that is text": (
        "UPDATE records SET seq = 'abc' WHERE seq = 3",
        "its last record has no number",
    ),
    "a hash that is a blob": (
        "UPDATE records SET hash = x'00' WHERE seq = 3",
        "record 3: does not fit",
    ),
    "a station that is a blob": ("UPDATE chains SET station = x'ff'", "has no station"),
    "half a body of a batch": (
        "UPDATE records SET body = '{' WHERE kind = 'batch'",
        "record 1: does not fit",
    ),
    "an empty body of a batch": (
        "UPDATE records SET body = '{}' WHERE kind = 'batch'",
        "record 1: does not fit",
    ),
    "an outcome that became a batch": (
        "UPDATE records SET kind = 'batch' WHERE seq = 3",
        "record 3: a column says something else",
    ),
    "an outcome that became a correction": (
        "UPDATE records SET kind = 'correction' WHERE seq = 3",
        "record 3: a column says something else",
    ),
    "a name that is a blob": ("UPDATE claims SET device_name = x'ff' WHERE rowid = 1", "did not"),
    "an ID that is a blob": ("INSERT INTO ids VALUES (x'ff', 'u', 1, 2)", "does not have the ID"),
    "an ID of no record": ("INSERT INTO ids VALUES ('86', 'u', 1, 999)", "table of IDs has 1"),
    "a count that is a blob": ("UPDATE batches SET planned = x'00'", "for something else"),
}


@pytest.mark.parametrize(("statement", "place"), ODD.values(), ids=ODD)
def test_what_burner_never_writes_is_a_bad_place_and_no_crash(
    made: Path, statement: str, place: str
) -> None:
    with unguarded(made) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute(statement)
    assert place in flaw(made)


def test_a_batch_that_says_nothing_is_a_bad_place_under_a_good_hash(made: Path) -> None:
    with unguarded(made) as database:
        rewrite(
            database,
            lambda body: body.update(data={} if body["head"]["seq"] == 1 else body["data"]),
        )
    assert flaw(made).startswith("station line1, record 1: ")


def test_an_intent_without_an_attempt_is_a_bad_place_under_a_good_hash(made: Path) -> None:
    with unguarded(made) as database:
        rewrite(
            database,
            lambda body: body.update(data={} if body["head"]["seq"] == 2 else body["data"]),
        )
    assert flaw(made) == "station line1, record 2: cannot be read: burner never wrote it so"


def test_a_version_that_is_no_number_is_told_as_damage(made: Path) -> None:
    edit(made, "UPDATE about SET value = 'x' WHERE key = 'schema'")
    with pytest.raises(BurnerError) as told:
        Reader.open(made)
    assert told.value.code == "E708"


# -- the schema ------------------------------------------------------------------------------------

CHANGED = {
    "a trigger that edits": (
        "CREATE TRIGGER tidy AFTER INSERT ON records BEGIN DELETE FROM places; END",
        "a trigger tidy that burner did not make",
    ),
    "a view": ("CREATE VIEW fine AS SELECT 1", "a view fine"),
    "an index": ("CREATE INDEX quick ON records (outcome)", "an index quick"),
    "a table gone": ("DROP TABLE ids", "index ids_by_value is gone"),
    "a column gone": ("ALTER TABLE batches DROP COLUMN state", "table batches is another one"),
    "an index gone": ("DROP INDEX attempts_by_time", "index attempts_by_time is gone"),
}


@pytest.mark.parametrize(("statement", "what"), CHANGED.values(), ids=CHANGED)
def test_a_changed_schema_is_found(made: Path, statement: str, what: str) -> None:
    with sqlite3.connect(made) as database:
        database.execute(statement)
    database.close()
    assert what.removeprefix("an ") in flaw(made)


@pytest.mark.parametrize("table", ["claims", "batches"])
def test_a_table_without_its_constraints_is_found(made: Path, table: str) -> None:
    edit(
        made,
        f"CREATE TABLE other AS SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE other RENAME TO {table}",
    )
    assert "the database was changed: its" in flaw(made)


INDEXES = ("attempts_by_time", "attempts_of_batch", "records_of_unit", "records_of_attempt")


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("most", [0, structure.READ_WHOLE])
def test_an_index_that_leaves_a_unit_out_is_found(
    made: Path, index: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(structure, "READ_WHOLE", most)
    lie(made, index, without(THIRD))
    assert f"the database is damaged: index {index} has" in flaw(made)


def test_an_index_that_says_another_batch_is_found_by_a_thorough_look(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lie(made, "attempts_of_batch", moved(THIRD))
    assert "the database is damaged" in flaw(made)
    monkeypatch.setattr(structure, "READ_WHOLE", 0)
    assert "the database is damaged" in flaw(made, thorough=True)
