"""The last comparison with the platform that was of a unit too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.manifest.entries.cloud_kinds import ReconciledDifference
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.unit_on_platform import last_reconciliation_of_unit
from burner.manifest.store.tables import OWN
from burner.manifest.writing.cloud_records import record_reconciliation
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import Ticking, a_ledger, burned, open_batch, unit_mac

UNIT = str(unit_mac(1))
PRODUCT = "S3EUVBRJLB"


def compare(ledger: Ledger, batch: str = "", product_id: str = PRODUCT) -> int:
    return record_reconciliation(
        *(ledger, product_id),
        platform="tencent-hub",
        source="api",
        compared={"burned": 1},
        differences={"missing": 1},
        table="ab" * 32,
        first=[ReconciledDifference(kind="missing", unit_id=UNIT)],
        batch=batch,
    )


def last_of(ledger: Ledger) -> tuple[bool, int] | None:
    """Whether it is of our log, and its number."""
    with ledger.reader.connection() as connection:
        found = last_reconciliation_of_unit(connection, UNIT)
    return (found[0] == OWN, found[1]) if found else None


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, "line1", Ticking()) as opened:
        yield opened


def test_it_is_of_the_batch_in_which_the_unit_passed_or_of_all(ledger: Ledger) -> None:
    for batch in ("WO1", "WO2", "WO3"):
        open_batch(ledger, batch)
    burned(ledger, 1, batch="WO1")
    compare(ledger, "WO3")
    compare(ledger, product_id="OTHER")
    assert last_of(ledger) is None
    of_first_batch = compare(ledger, "WO1")
    assert last_of(ledger) == (True, of_first_batch)
    burned(ledger, 1, batch="WO2", rework="label")
    assert last_of(ledger) is None
    of_second_batch = compare(ledger, "WO2")
    compare(ledger, "WO1")
    assert last_of(ledger) == (True, of_second_batch)
    of_all = compare(ledger)
    assert last_of(ledger) == (True, of_all)


def test_that_of_an_imported_log_counts_for_its_units_until_ours_has_one(
    tmp_path: Path, ledger: Ledger
) -> None:
    with a_ledger(tmp_path / "far", "far") as far:
        open_batch(far, "WO1")
        burned(far, 1, batch="WO1")
        of_far = compare(far)
        file = tmp_path / "far.log"
        file.write_text("".join(export_log(far.reader)), encoding="utf-8")
        key = VerifierKey.parse(far.writer.origin_key)
    import_log(ledger, file, far.origin, key, operator="li")
    assert last_of(ledger) == (False, of_far)
    ours = compare(ledger)
    assert last_of(ledger) == (True, ours)
