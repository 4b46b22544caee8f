"""Sealed folders for tests."""

from pathlib import Path

from burner.manifest import batches, desk
from burner.manifest.checks.verify import verify
from burner.manifest.desk import Correction
from burner.manifest.files.folder import write_folder
from burner.manifest.ledger import Ledger
from burner.manifest.signing.keys import Signer
from burner.model import Outcome
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch, unit_mac


def correct(ledger: Ledger, what: Correction, unit: int, batch: str = "WO1") -> None:
    words = {"product_id": "S3EUVBRJLB", "operator": "wang", "reason": "dropped"}
    desk.correct(ledger.writer, what, str(unit_mac(unit)), **words, batch=batch)


def sealed(ledger: Ledger, folder: Path, signer: Signer, batch: str = "WO1") -> Path:
    """Close the batch, unless it is closed, and write its folder."""
    if batches.closing(ledger.reader, batch) is None:
        batches.close(ledger.writer, ledger.reader, batch, "wang", with_open=True)
    desk.checkpoint(ledger.writer, signer, f"batch {batch}")
    write_folder(
        ledger.reader,
        batches.status(ledger.reader, batch),
        verify(ledger.reader),
        folder,
        signer=signer,
        station="line1",
        audited=["No sample audit was recorded."],
        extra={"report.json": "{}\n"},
    )
    return folder


def a_folder(place: Path, signer: Signer) -> Path:
    """A batch with rework, scrap, void, a late name, an open unit, and words that are formulas."""
    clock = Ticking()
    path = place / "manifest.db"
    with Ledger.open(path, "line1", clock) as one, Ledger.open(path, "line2", clock) as two:
        open_batch(one, planned=20)
        open_batch(one, "OTHER")
        for unit in range(1, 8):
            burned(one, unit, Outcome.FAIL if unit == 3 else Outcome.PASS, batch="WO1")
            burned(two, unit + 20, batch="WO1", station="line2", operator="=cmd|'/C calc'!A0")
            burned(one, unit + 40, batch="OTHER")
        burned(two, 3, batch="WO1", station="line2", rework="again\r\n+1")
        correct(one, Correction.SCRAP, 4)
        correct(two, Correction.VOID, 5)
        burned(two, 30, batch="WO1", station="line2", name="7cdfa1000005")
        correct(one, Correction.REWORK, 6)
        burned(one, 6, batch="OTHER", rework="for another")
        burned(one, 6, batch="WO1", rework="back")
        ended = an_attempt(8, batch="WO1")
        one.finish(ended, a_result(Outcome.ERROR, detail='-1, "x"\rnew\0'))
        one.begin(an_attempt(9, batch="WO1"))
        found = sealed(one, place / "WO1", signer)
        burned(two, 60, station="line2")
    return found
