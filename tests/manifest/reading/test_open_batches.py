"""Which batches a station may go on with."""

from pathlib import Path

from burner.core.attempt import Outcome
from burner.manifest.reading.open_batches import OpenBatch, open_batches
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch

FACTS = {
    "profile": "plug-c3 1.2.0",
    "release_digest": "ab" * 32,
    "product_id": "S3EUVBRJLB",
}


def seen(ledger: Ledger, station: str = "line1", **facts: str) -> list[tuple[str, int, bool]]:
    """Batch, good units and whether the station used it."""
    batches = open_batches(ledger.reader, station, **{**FACTS, **facts})
    return [(batch.batch, batch.passed, batch.last_used is not None) for batch in batches]


def test_the_batch_that_was_used_last_comes_first_and_those_of_others_last(path: Path) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock) as one, Ledger.open(path, "line2", clock) as two:
        open_batch(two, "AA")
        for batch in ("WO1", "WO2", "WO3"):
            open_batch(one, batch, quantity=2)
        burned(one, 1, batch="WO1")
        assert seen(one) == [("WO1", 1, True), ("WO3", 0, True), ("WO2", 0, True), ("AA", 0, False)]
        assert seen(two, "line2")[0] == ("AA", 0, True)
        last = an_attempt(2, batch="WO2")
        one.begin(last)  # a power cut: OPEN
        assert seen(one)[0] == ("WO2", 0, True)


def test_a_full_batch_is_none_unless_a_unit_of_it_is_open(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        open_batch(ledger, "WO1", quantity=1)
        attempt = an_attempt(1, batch="WO1")
        ledger.begin(attempt)
        assert seen(ledger) == [("WO1", 0, True)]
        ledger.finish(attempt, a_result(Outcome.PASS))
        assert seen(ledger) == []


def test_a_batch_of_another_release_or_product_is_none(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        open_batch(ledger, "WO1")
        for key in FACTS:
            assert seen(ledger, **{key: "another"}) == []
        (batches,) = open_batches(ledger.reader, "line1", **FACTS)
        assert batches == OpenBatch("WO1", None, 0, batches.last_used)
