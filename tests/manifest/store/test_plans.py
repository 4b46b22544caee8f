"""Nothing on the way of a unit goes through a whole table: opening, burning, looking things up."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from burner.manifest.exchange.certificate import certificate
from burner.manifest.store import engine
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import a_ledger, burned, open_batch, unit_mac

WHOLE = re.compile(
    r"SCAN (records|attempts|units|names|confirmed_names|ids|members)|SEARCH \w+ .*\(log=\?\)$"
)
SMALL = re.compile(r"SEARCH (logs|keys|batches|limits|policies|withdrawn) ")


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every statement that SQLite runs, with its values."""
    statements: set[str] = set()
    attached = engine._attached

    def traced(path: str, *pragmas: str, uri: bool = False) -> sqlite3.Connection:
        connection = attached(path, *pragmas, uri=uri)
        connection.set_trace_callback(statements.add)
        return connection

    monkeypatch.setattr(engine, "_attached", traced)
    return statements


def plans(path: Path, statements: set[str]) -> set[str]:
    """How SQLite would find the rows of each."""
    indexes = set()
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
                rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
                indexes |= {f"{row[3]}: {statement[:300]}" for row in rows}
    return indexes


WAYS: dict[str, Callable[[Ledger], object]] = {
    "opening": lambda ledger: ledger.writer.size,
    "burning": lambda ledger: burned(ledger, 5, batch="WO1", ids={"mac": "x", "imei": "i-5"}),
    "burning without a name": lambda ledger: burned(ledger, 6, name=None, batch="WO1"),
    "a unit": lambda ledger: ledger.unit(str(unit_mac(2)), "S3EUVBRJLB"),
    "an ID": lambda ledger: ledger.reader.unit_overviews("imei-2"),
    "a certificate": lambda ledger: certificate(ledger.reader, unit_mac(2).octets.hex()),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_whole_table_is_read(
    tmp_path: Path, executed: set[str], way: Callable[[Ledger], object]
) -> None:
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger, release_quantity=40)
        for unit in range(4):
            burned(ledger, unit, batch="WO1", ids={"mac": "x", "imei": f"imei-{unit}"})
    executed.clear()
    with a_ledger(tmp_path) as ledger:
        way(ledger)
    used = plans(tmp_path / "manifest.db", executed)
    assert used
    assert [
        plan for plan in used if WHOLE.match(plan.partition(":")[0]) and not SMALL.match(plan)
    ] == []
