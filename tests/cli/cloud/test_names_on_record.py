from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.cli.cloud.names_on_record import names_on_record
from burner.cloud.reconciliation import NameOnRecord, NameStatus
from burner.core.attempt import Outcome
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import START, a_ledger, burned, open_batch, unit_mac

PRODUCT = "S3EUVBRJLB"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened:
        open_batch(opened)
        yield opened


def on_record(ledger: Ledger) -> dict[str, NameOnRecord]:
    found = list(names_on_record(ledger.reader, PRODUCT))
    by_name = {one.name: one for one in found}
    assert len(by_name) == len(found)
    return by_name


def correction(ledger: Ledger, kind: CorrectionKind, unit: int) -> None:
    correct(
        *(ledger, kind, str(unit_mac(unit))), product_id=PRODUCT, operator="qa", reason="dropped"
    )


def test_a_good_unit_has_its_name_since_its_first_attempt(ledger: Ledger) -> None:
    burned(ledger, 1, Outcome.FAIL, batch="WO1", name="plug-1")
    burned(ledger, 1, batch="WO1", name="plug-1", rework="again")
    record = on_record(ledger)["plug-1"]
    assert (record.status, record.unit_id, record.batch) == (
        *(NameStatus.GOOD, str(unit_mac(1))),
        "WO1",
    )
    assert record.burned == START
    assert record.passed is not None
    assert record.passed >= START


def test_a_name_that_the_unit_had_before_is_a_former_one(ledger: Ledger) -> None:
    burned(ledger, 1, batch="WO1", name="old-name")
    burned(ledger, 1, batch="WO1", name="new-name", rework="label")
    names = on_record(ledger)
    assert names["old-name"].status is NameStatus.FORMER
    assert names["new-name"].status is NameStatus.GOOD


def test_names_of_units_that_are_not_good_are_there_too(ledger: Ledger) -> None:
    for unit in (2, 3):
        burned(ledger, unit, batch="WO1", name=f"plug-{unit}")
    burned(ledger, 4, Outcome.FAIL, batch="WO1", name="plug-4")
    correction(ledger, CorrectionKind.SCRAP, 2)
    correction(ledger, CorrectionKind.VOID, 3)
    names = on_record(ledger)
    assert {name: one.status for name, one in names.items()} == {
        "plug-2": NameStatus.SCRAPPED,
        "plug-3": NameStatus.VOIDED,
        "plug-4": NameStatus.NOT_PASSED,
    }
    assert {one.batch for one in names.values()} == {"WO1"}


def test_a_name_that_was_voided_and_that_another_unit_has_now_is_there_once_as_good(
    ledger: Ledger,
) -> None:
    burned(ledger, 1, batch="WO1", name="plug-1")
    correction(ledger, CorrectionKind.VOID, 1)
    burned(ledger, 2, batch="WO1", name="plug-1")
    assert on_record(ledger)["plug-1"].unit_id == str(unit_mac(2))
