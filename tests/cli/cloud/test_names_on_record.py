from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.cli.cloud.names_on_record import names_on_record
from burner.cloud.reconciliation import NameOnRecord, NameStatus
from burner.core.attempt import Outcome
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.attempt_filter import AttemptFilter
from burner.manifest.reading.batch_status import batch_status
from burner.manifest.reading.cloud_records import burned_devices, name_holders
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import (
    START,
    a_ledger,
    a_result,
    an_attempt,
    burned,
    open_batch,
    unit_mac,
)

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


def refused_again(ledger: Ledger, unit: int, batch: str) -> None:
    """The unit comes again, and is refused before it is written (E453)."""
    attempt = an_attempt(unit, batch=batch, product_id=PRODUCT, name=f"plug-{unit}")
    ledger.finish(attempt, a_result(Outcome.FAIL, code="E453"))


def test_a_unit_that_passed_and_was_refused_in_a_later_batch_stays_good_in_its_own(
    ledger: Ledger,
) -> None:
    burned(ledger, 1, batch="WO1", name="plug-1")
    burned(ledger, 2, batch="WO1", name="plug-2")
    open_batch(ledger, "WO2")
    refused_again(ledger, 1, "WO2")
    names = on_record(ledger)
    assert [(one.status, one.failed_since) for one in names.values()] == [
        (NameStatus.GOOD, True),
        (NameStatus.GOOD, False),
    ]
    assert names["plug-1"].is_of("WO1")
    holders = name_holders(ledger.reader, PRODUCT)
    assert [holder.is_good for holder in holders.values()] == [True, True]
    assert not names["plug-1"].is_of("WO2")
    passed = batch_status(ledger.reader, "WO1").passed
    assert tuple(one.unit_id for one in burned_devices(ledger.reader, PRODUCT, "WO1")) == passed
    chosen = ledger.reader.with_log_of_batch(AttemptFilter(batch="WO1"))
    exported = [row.device_name for row in ledger.reader.passing_attempts(chosen)]
    assert exported == ["plug-1", "plug-2"]
    assert list(burned_devices(ledger.reader, PRODUCT, "WO2")) == []


def test_a_unit_that_passed_in_two_batches_is_good_in_both(ledger: Ledger) -> None:
    burned(ledger, 1, batch="WO1", name="plug-1")
    open_batch(ledger, "WO2")
    burned(ledger, 1, batch="WO2", name="plug-1", rework="again")
    for batch in ("WO1", "WO2"):
        assert [one.name for one in burned_devices(ledger.reader, PRODUCT, batch)] == ["plug-1"]
    assert on_record(ledger)["plug-1"].batches == {"WO1", "WO2"}


def test_a_unit_that_a_person_scrapped_after_it_was_refused_is_not_good(ledger: Ledger) -> None:
    burned(ledger, 1, batch="WO1", name="plug-1")
    open_batch(ledger, "WO2")
    refused_again(ledger, 1, "WO2")
    correction(ledger, CorrectionKind.SCRAP, 1)
    assert list(burned_devices(ledger.reader, PRODUCT)) == []
    assert on_record(ledger)["plug-1"].status is NameStatus.SCRAPPED


def test_a_unit_of_an_imported_log_stays_good_where_our_station_only_refused_it(
    tmp_path: Path, ledger: Ledger
) -> None:
    burned(ledger, 1, batch="WO1", name="plug-1")
    file = tmp_path / "line1.log"
    file.write_text("".join(export_log(ledger.reader)), encoding="utf-8")
    (tmp_path / "desk").mkdir()
    with a_ledger(tmp_path / "desk") as desk:
        open_batch(desk, "WO9")
        key = VerifierKey.parse(ledger.writer.origin_key)
        import_log(desk, file, ledger.origin, key, operator="li")
        refused_again(desk, 1, "WO9")
        (device,) = burned_devices(desk.reader, PRODUCT, "WO1")
        assert device.name == "plug-1"
        assert name_holders(desk.reader, PRODUCT)["plug-1"].is_good
        correction(desk, CorrectionKind.VOID, 1)
        assert list(burned_devices(desk.reader, PRODUCT, "WO1")) == []
        assert not name_holders(desk.reader, PRODUCT)["plug-1"].is_good
