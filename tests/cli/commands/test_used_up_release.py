"""A release of which all units are made: said before anybody is asked, and before a board is in."""

from pathlib import Path
from typing import Any

import pytest

from burner.core.attempt import Outcome
from burner.manifest.reading.release_room import check_units_left, units_left
from burner.manifest.writing.ledger import Ledger
from burner.release.opening import open_with_or_without_key
from tests.cli.desk import at_desk, refused, run
from tests.images import write_product
from tests.manifest.records import a_ledger, a_result, an_attempt, burned, open_batch

WHO = ("--operator", "li", "--station", "line1")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release of two units."""
    at_desk(tmp_path, monkeypatch)
    with a_ledger(tmp_path, simulated=True) as ledger:
        open_batch(ledger, "OTHER")
    return write_product(tmp_path, quantity="2")


def opened(source: Path, batch: str, *arguments: str) -> str:
    return run("batch", "open", str(source), "--batch", batch, *WHO, *arguments).output


def made(ledger: Ledger, unit: int, batch: str = "WO1") -> None:
    burned(ledger, unit, **of_batch(ledger, batch))


def of_batch(ledger: Ledger, batch: str) -> dict[str, Any]:
    row = ledger.reader.batch(batch)
    assert row
    return {
        "batch": batch,
        "release_digest": row.release_digest,
        "product_id": row.product_id,
        "profile": row.profile,
        "key": row.key,
    }


def test_a_batch_of_more_units_than_the_release_has_left_is_opened_with_a_warning(
    source: Path,
) -> None:
    assert "fewer units left, over all its batches: 2." in opened(source, "WO1", "--quantity", "3")
    with a_ledger(source.parent) as ledger:
        made(ledger, 1)
    assert "over all its batches: 1." in opened(source, "WO2", "--quantity", "2")
    assert "left" not in opened(source, "WO3", "--quantity", "1")


def test_no_batch_is_opened_and_nobody_asked_when_all_units_are_made(source: Path) -> None:
    opened(source, "WO1")
    with a_ledger(source.parent) as ledger:
        made(ledger, 1)
        made(ledger, 2)
    with refused("E460"):
        opened(source, "WO2", "--quantity", "5")
    with refused("E460"):
        run("burn", str(source), "--bench", "sim:1", "--manifest", "manifest.db", *WHO)
    opened(source, "WO1")  # it was opened before


def test_a_unit_in_work_may_still_fail(source: Path) -> None:
    opened(source, "WO1")
    release = open_with_or_without_key(source, "", None)
    with a_ledger(source.parent) as ledger:
        made(ledger, 1)
        attempt = an_attempt(2, **of_batch(ledger, "WO1"))
        ledger.begin(attempt)
        assert units_left(ledger.reader, release) == 0
        check_units_left(ledger.reader, release)
        ledger.finish(attempt, a_result(Outcome.FAIL))
        assert units_left(ledger.reader, release) == 1
