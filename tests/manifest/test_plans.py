"""What a unit asks of the manifest is found by an index, however many records there are."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from burner.manifest.database import Prepared
from burner.manifest.desk import Correction, correct
from burner.manifest.ledger import Ledger
from burner.manifest.life import lives_of
from burner.model import Outcome
from tests.manifest.records import burned, unit_mac

FOUND_OTHERWISE = ("SCAN anon", "SCAN CONSTANT ROW", "SCAN about")
"""What a statement has gathered before, nothing, and a table of two rows."""


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Of each statement run meanwhile: how SQLite finds its rows."""
    found: dict[str, list[str]] = {}
    run = Prepared.run

    def explained(self: Prepared, connection: Connection, **values: Any) -> Any:
        cursor = run(self, connection, **values)
        text, defaults = self._compiled["sqlite"]
        if text not in found:
            asking = connection.connection.cursor()
            asking.execute(f"EXPLAIN QUERY PLAN {text}", {**defaults, **values})
            found[text] = [row[3] for row in asking.fetchall()]
        return cursor

    monkeypatch.setattr(Prepared, "run", explained)
    return found


def test_nothing_on_the_way_of_a_unit_reads_a_table_from_end_to_end(
    tmp_path: Path, plans: dict[str, list[str]]
) -> None:
    with Ledger.open(tmp_path / "manifest.db", "line1") as ledger:
        ledger.open_batch(
            "WO1",
            profile="plug 1.0.0",
            release_digest="ab" * 32,
            product_id="S3EUVBRJLB",
            quantity=10,
        )
        for outcome in (Outcome.FAIL, Outcome.PASS):
            burned(ledger, 1, outcome, batch="WO1", ids={"serial": "SN1"})
        said = {"product_id": "S3EUVBRJLB", "operator": "wang", "reason": "dropped"}
        correct(ledger.writer, Correction.SCRAP, str(unit_mac(1)), **said)
        ledger.unit(str(unit_mac(1)), "S3EUVBRJLB")
        assert lives_of(ledger.reader, "SN1")
    steps = [step for plan in plans.values() for step in plan]
    assert any(step.startswith("SEARCH first USING INDEX records_of_unit") for step in steps)
    assert [
        step for step in steps if step.startswith("SCAN") and not step.startswith(FOUND_OTHERWISE)
    ] == []
