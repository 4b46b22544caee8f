"""A batch run on boards in memory: what it counts, and when it stops by itself."""

from collections.abc import Sequence

from burner.burn.job import Job
from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.core.unit_events import Finished
from burner.manifest.writing.batch_terms import BatchTerms
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.open_batch import open_batch_for
from burner.release.release import Release
from burner.station.batch_run import BatchRun
from burner.station.events import BatchCount, StationEvent, StationNotice
from burner.station.scanning.router import Router
from burner.station.slots.boards import Boards, OneBoardPerSlot, SwappedByBench, UnitLimit
from tests.devices.esp_in_memory import FakeBoard, FakeDevice

BATCH = "WO-1"


def board(number: int) -> FakeBoard:
    name = f"6055F90000{number:02}"
    lines = ("ESP-ROM:fake", f"product_id=7QKX2MPD0C device_name={name}")
    return FakeBoard(mac=f"60:55:f9:00:00:{number:02}", prints=lambda _: lines)


def batch_run(
    release: Release, ledger: Ledger, device: FakeDevice, boards: Boards, *, quantity: int
) -> BatchRun:
    open_batch_for(ledger, release, BATCH, quantity=quantity, operator="li")
    job = Job(release, "station-1", "li", BATCH, {"burner": "test"})
    takes_more = not isinstance(boards, OneBoardPerSlot)
    router = Router(("1",))
    return BatchRun(job, ledger, {"1": device}, boards, router=router, takes_more=takes_more)


def counts(events: Sequence[StationEvent]) -> list[int]:
    return [event.passed for event in events if isinstance(event, BatchCount)]


def test_a_run_that_swaps_boards_ends_when_the_batch_has_all_its_units(
    release: Release, ledger: Ledger
) -> None:
    device, further = FakeDevice(board(1)), iter(map(board, range(2, 10)))

    def swap(_slot: str) -> bool:
        device.board = next(further)
        return True

    run = batch_run(release, ledger, device, SwappedByBench(UnitLimit(), swap), quantity=2)
    events = list(run.events())
    assert (run.planned, run.passed_before) == (2, 0)
    assert counts(events) == [1, 2]
    assert [event for event in events if isinstance(event, StationNotice)] == [
        StationNotice("complete")
    ]
    assert len(run.tally.units) == 2
    assert run.batch_full() == 2


def test_a_batch_that_needs_more_units_is_not_complete(release: Release, ledger: Ledger) -> None:
    run = batch_run(release, ledger, FakeDevice(board(1)), OneBoardPerSlot(), quantity=2)
    events = list(run.events())
    assert counts(events) == [1]
    assert not any(isinstance(event, StationNotice) for event in events)
    assert run.batch_full() is None


def test_an_error_of_a_slot_is_on_record_as_an_attempt_on_no_unit(
    release: Release, ledger: Ledger
) -> None:
    run = batch_run(release, ledger, FakeDevice(board(1)), OneBoardPerSlot(), quantity=2)
    (slot,) = run.station.slots
    recorded = slot.record("1", BurnerError("E315", "12 s"))
    assert isinstance(recorded, Finished)
    assert recorded.record.attempt.unit_id == ""
    assert (recorded.record.result.outcome, recorded.code) == (Outcome.ERROR, "E315")


def test_a_run_that_reaches_the_quantity_of_the_release_does_not_call_the_batch_complete(
    release: Release, ledger: Ledger
) -> None:
    device, further = FakeDevice(board(1)), iter(map(board, range(2, 10)))

    def swap(_slot: str) -> bool:
        device.board = next(further)
        return True

    title, product_id = release.profile.title, release.profile.product.id
    terms = BatchTerms(title, product_id, release.digest, 5, key=release.key_fingerprint)
    ledger.open_batch(BATCH, terms, release_quantity=1)
    run = batch_run(release, ledger, device, SwappedByBench(UnitLimit(), swap), quantity=5)
    events = list(run.events())
    notices = [event for event in events if isinstance(event, StationNotice)]
    assert notices == [StationNotice("release complete")]
    assert run.batch_full() is None
