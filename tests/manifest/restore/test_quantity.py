"""The quantity of a release goes on counting in a log that continues a lost one."""

from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.manifest.fold.batches import limit_of_release
from burner.manifest.reading.batch_status import batch_status
from burner.manifest.restore.restore import restore
from burner.manifest.store.table_state import TableState
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import a_ledger, burned, flaws, open_batch


def put_back(manifest: Path, older: bytes) -> None:
    """Put an older copy back, and restore from it."""
    for leftover in manifest.parent.glob("manifest.db-*"):
        leftover.unlink()
    manifest.write_bytes(older)
    restore(str(manifest), "line1", operator="qa", reason="disk died")


def made(ledger: Ledger, batch: str) -> int:
    limit = batch_status(ledger.reader, batch).limit
    assert limit
    return limit.taken


def test_a_restored_log_takes_over_the_count_of_each_release(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.db"
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger, release_quantity=3)
        burned(ledger, 1, batch="WO1")
    older = manifest.read_bytes()
    with a_ledger(tmp_path) as ledger:
        burned(ledger, 2, batch="WO1")
    put_back(manifest, older)
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger, "WO2", release_quantity=3)
        assert made(ledger, "WO2") == 1
        burned(ledger, 1, batch="WO2")
        assert made(ledger, "WO2") == 1, "a unit of the lost log counts once"
        burned(ledger, 2, batch="WO2")
    older = manifest.read_bytes()
    with a_ledger(tmp_path) as ledger:
        burned(ledger, 3, batch="WO2")
    put_back(manifest, older)
    with a_ledger(tmp_path) as ledger:
        with ledger.reader.connection() as connection:
            limit = limit_of_release(TableState(connection), "S3EUVBRJLB plug-c3 1.2.0")
        assert limit, "it is known before the first batch"
        assert (limit.taken, limit.allowed) == (2, 3)
        with pytest.raises(BurnerError, match="held to 3 units, not 9"):
            open_batch(ledger, "WO3", release_quantity=9)
        open_batch(ledger, "WO3", release_quantity=3)
        for unit in (1, 2, 3):
            burned(ledger, unit, batch="WO3")
        with pytest.raises(BurnerError, match="E460"):
            burned(ledger, 4, batch="WO3")
        assert flaws(ledger.reader) == []
