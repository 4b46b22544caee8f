"""What comes in from another manifest is checked as it is read, and changes nothing of ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from burner.errors import BurnerError
from burner.manifest import desk
from burner.manifest.audits import draws, record_draw
from burner.manifest.batches import close, closing, status
from burner.manifest.canonical import dumps
from burner.manifest.checks.offline import check_file
from burner.manifest.checks.verify import verify
from burner.manifest.desk import Correction
from burner.manifest.files.chainfile import export_chain
from burner.manifest.files.imports import import_chain
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Filter
from burner.manifest.signing.keys import PublicKey, Signer, make
from burner.model import Outcome
from burner.report.of_manifest import report
from tests.manifest.forging import Body, bodies, forged
from tests.manifest.records import Ticking, an_attempt, burned, open_batch, unit_mac

PRODUCT = "S3EUVBRJLB"
Lines = list[str]


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return make("far1", "open sesame")


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """Where the file of another factory lies."""
    return tmp_path / "far.chain.jsonl"


def exported(
    far: Path, fill: Callable[[Ledger], None], batch: str = "", clock: Ticking | None = None
) -> Lines:
    """What station far1 of another manifest exports."""
    with Ledger.open(far.with_name("far.db"), "far1", clock or Ticking()) as ledger:
        open_batch(ledger)
        fill(ledger)
        lines = list(export_chain(ledger.reader, batch))
    far.write_text("".join(lines), encoding="utf-8")
    return lines


def correct(ledger: Ledger, what: Correction, unit: int) -> None:
    said = {"product_id": PRODUCT, "operator": "wang", "reason": "dropped"}
    desk.correct(ledger.writer, what, str(unit_mac(unit)), **said, batch="WO1")


def far_unit(ledger: Ledger, unit: int, outcome: Outcome = Outcome.PASS, **changes: Any) -> None:
    burned(ledger, unit, outcome, batch="WO1", station="far1", **changes)


def test_a_batch_of_the_same_id_elsewhere_is_not_counted_into_ours(
    ledger: Ledger, far: Path
) -> None:
    def fill(there: Ledger) -> None:
        for unit in range(10, 16):
            far_unit(there, unit)
        correct(there, Correction.SCRAP, 15)
        close(there.writer, there.reader, "WO1", "qa", with_open=False)
        record_draw(
            there.writer, "WO1", [], operator="qa", seed="1", lot_size=6, plan={"sample_size": 1}
        )

    exported(far, fill)
    burned(ledger, 1, batch="WO1")
    import_chain(ledger.writer, far, "wang")
    found = status(ledger.reader, "WO1")
    assert (found.state, found.attempts) == ("open", 1)
    assert found.sum() == "3 planned = 1 pass + 0 scrap + 2 missing"
    assert closing(ledger.reader, "WO1") is None
    assert draws(ledger.reader, "WO1") == []
    assert report(ledger.reader, Filter(batch="WO1")).units.passed == 1
    ours = ledger.reader.meant(Filter(batch="WO1"))
    assert len(list(ledger.reader.elements(ours))) == 1
    assert close(ledger.writer, ledger.reader, "WO1", "qa", with_open=False).missing == 2
    assert verify(ledger.reader).flaw is None


def test_a_batch_that_only_came_in_is_reported_by_its_id(ledger: Ledger, far: Path) -> None:
    def fill(there: Ledger) -> None:
        open_batch(there, "WO9", planned=2)
        for unit in (7, 8):
            burned(there, unit, batch="WO9", station="far1")

    exported(far, fill)
    import_chain(ledger.writer, far, "wang")
    assert report(ledger.reader, Filter(batch="WO9")).units.passed == 2
    with refused("E733"):
        report(ledger.reader, Filter(batch="WO8"))


def test_a_void_elsewhere_frees_no_name_of_ours(ledger: Ledger, far: Path) -> None:
    def fill(there: Ledger) -> None:
        far_unit(there, 1, name="plug-1")
        correct(there, Correction.VOID, 1)

    exported(far, fill)
    burned(ledger, 1, name="plug-1", batch="WO1")
    imported = import_chain(ledger.writer, far, "wang")
    assert imported.duplicates == [], "one unit is no duplicate of itself"
    with refused("E450"):
        ledger.begin(an_attempt(2, name="plug-1", batch="WO1"))
    history = ledger.unit(str(unit_mac(1)), PRODUCT)
    assert history.passed is not None, "what they voided are their attempts"
    assert history.passed.attempt.station == "line1"
    assert status(ledger.reader, "WO1").passed == (str(unit_mac(1)),)
    assert verify(ledger.reader).flaw is None


def test_a_later_void_elsewhere_frees_no_name_that_a_unit_took_up_here(
    ledger: Ledger, far: Path
) -> None:
    clock = Ticking()
    exported(far, lambda there: far_unit(there, 1, name="plug-1"), clock=clock)
    import_chain(ledger.writer, far, "wang")
    burned(ledger, 1, name="plug-1", batch="WO1", rework="new flash")
    exported(far, lambda there: correct(there, Correction.VOID, 1), clock=clock)
    import_chain(ledger.writer, far, "wang")
    with refused("E450"):
        ledger.begin(an_attempt(2, name="plug-1", batch="WO1"))
    assert verify(ledger.reader).flaw is None
    assert check_file(export_chain(ledger.reader)).flaw is None
    correct(ledger, Correction.VOID, 1)
    burned(ledger, 2, name="plug-1", batch="WO1")
    assert verify(ledger.reader).flaw is None
    assert check_file(export_chain(ledger.reader)).flaw is None


def test_a_word_of_ours_counts_for_what_came_in_too(ledger: Ledger, far: Path) -> None:
    exported(far, lambda there: far_unit(there, 7))
    import_chain(ledger.writer, far, "wang")
    assert ledger.unit(str(unit_mac(7)), PRODUCT).passed is not None
    correct(ledger, Correction.SCRAP, 7)
    assert ledger.unit(str(unit_mac(7)), PRODUCT).passed is None


def test_a_file_that_begins_behind_a_record_does_not_come_in(ledger: Ledger, far: Path) -> None:
    lines = exported(far, lambda there: far_unit(there, 7))
    import_chain(ledger.writer, far, "wang")
    for of_batch in ({}, {"batch": "WO1"}):
        head = {"burner": "chain 1", "hash": "0" * 64, "manifest": "", "seq": 1, "station": "far1"}
        head |= of_batch
        head["manifest"] = bodies(lines)[0]["head"]["manifest"]
        far.write_text("".join(forged([dumps(head) + "\n", *lines[2:]], list)), encoding="utf-8")
        with pytest.raises(BurnerError, match=r"^E7(13|24):"):
            import_chain(ledger.writer, far, "wang")
    assert verify(ledger.reader).flaw is None


def test_an_export_of_one_batch_does_not_come_in(ledger: Ledger, far: Path) -> None:
    exported(far, lambda there: far_unit(there, 7), batch="WO1")
    with refused("E724"):
        import_chain(ledger.writer, far, "wang")


def test_records_of_another_form_do_not_come_in(ledger: Ledger, far: Path) -> None:
    lines = exported(far, lambda there: far_unit(there, 7))

    def without_attempt(records: list[Body]) -> list[Body]:
        del records[1]["data"]["attempt"]
        return records

    def bad_number(records: list[Body]) -> list[Body]:
        records[1]["data"]["nth"] = "first"
        return records

    def half_a_check(records: list[Body]) -> list[Body]:
        head = {**records[2]["head"], "kind": "audit", "outcome": "", "seq": 4, "intent": 4}
        return [*records, {"data": {"check": {"good": True}}, "head": head}]

    for edit in (without_attempt, bad_number, half_a_check):
        far.write_text("".join(forged(lines, edit)), encoding="utf-8")
        with pytest.raises(BurnerError, match=r"^E7(13|24):"):
            import_chain(ledger.writer, far, "wang")
    assert list(ledger.reader.elements()) == []


def test_a_file_exchanged_after_it_was_checked_does_not_come_in(ledger: Ledger, far: Path) -> None:
    lines = exported(far, lambda there: far_unit(there, 7))
    other = far.with_name("other.jsonl")

    def failed(records: list[Body]) -> list[Body]:
        records[2]["head"]["outcome"] = "FAIL"
        return records

    other.write_text("".join(forged(lines, failed)), encoding="utf-8")

    def exchange(_: int) -> None:
        if other.exists():
            other.replace(far)

    with refused("E724"):
        import_chain(ledger.writer, far, "wang", progress=exchange)
    assert list(ledger.reader.elements()) == []


def test_with_a_key_an_unsigned_file_does_not_come_in(
    ledger: Ledger, far: Path, signer: Signer
) -> None:
    exported(far, lambda there: far_unit(there, 7))
    trusted: dict[str, PublicKey] = {signer.public.id: signer.public}
    with refused("E713"):
        import_chain(ledger.writer, far, "wang", trusted)
    signed = far.parent / "signed" / far.name
    signed.parent.mkdir()

    def sign(there: Ledger) -> None:
        desk.checkpoint(there.writer, signer, "on demand")

    exported(signed, sign)
    assert import_chain(ledger.writer, signed, "wang", trusted).records > 0
