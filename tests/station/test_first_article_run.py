"""A run whose batch has a first article: boards wait for its approval, or are refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from burner.burn import approval
from burner.burn.job import Job
from burner.core.attempt import Attempt
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.unit_events import ApprovalAwaited, ApprovalGiven, Finished, NotBegun
from burner.manifest.entries.release_kinds import FirstArticle
from burner.manifest.writing.approve_first_article import approve_first_article
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.open_batch import open_batch_for
from burner.release.release import Release
from burner.station.batch_run import BatchRun
from burner.station.events import FirstArticleChanged, FirstArticleStage, StationEvent
from burner.station.scanning.router import Router
from burner.station.slots.boards import Boards, OneBoardPerSlot, SwappedByBench, UnitLimit
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.release.envelope.signers import signer

BATCH = "WO-1"
MADE = FirstArticleChanged(FirstArticleStage.MADE, ("alice",))
ONE_BY_ALICE = FirstArticle(units=1, approvers={"alice": signer("alice").key.base64})


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approval, "PAUSE_S", 0.01)


def board(number: int) -> FakeBoard:
    name = f"6055F90000{number:02}"
    lines = ("ESP-ROM:fake", f"product_id=7QKX2MPD0C device_name={name}")
    return FakeBoard(mac=f"60:55:f9:00:00:{number:02}", prints=lambda _: lines)


def a_run(release: Release, ledger: Ledger, device: FakeDevice, boards: Boards) -> BatchRun:
    open_batch_for(ledger, release, BATCH, quantity=2, operator="li", first_article=ONE_BY_ALICE)
    return BatchRun(
        Job(release, "station-1", "li", BATCH, {"burner": "test"}),
        ledger,
        {"1": device},
        boards,
        router=Router(("1",)),
        takes_more=not isinstance(boards, OneBoardPerSlot),
    )


def board_after_board(release: Release, ledger: Ledger) -> tuple[BatchRun, FakeDevice]:
    device, further = FakeDevice(board(1)), iter(map(board, range(2, 10)))

    def swap(_slot: str) -> bool:
        device.board = next(further)
        return True

    return a_run(release, ledger, device, SwappedByBench(UnitLimit(), swap)), device


def events_of(run: BatchRun, on_wait: Callable[[], object]) -> list[StationEvent]:
    """All events; something happens as soon as a board waits."""
    seen: list[StationEvent] = []
    for event in run.events():
        seen.append(event)
        if isinstance(event, ApprovalAwaited):
            on_wait()
    return seen


def test_a_board_waits_untouched_and_goes_on_in_the_same_run_once_it_is_approved(
    release: Release, ledger: Ledger
) -> None:
    run, _ = board_after_board(release, ledger)

    def approve() -> None:
        row = ledger.reader.batch(BATCH)
        assert row is not None
        assert row.taken == 1
        approve_first_article(ledger, BATCH, lambda: signer("alice"), note="good")

    events = events_of(run, approve)
    kinds = (FirstArticleChanged, ApprovalAwaited, ApprovalGiven)
    assert [event for event in events if isinstance(event, kinds)] == [
        MADE,
        ApprovalAwaited("1", Code.FIRST_ARTICLE_NOT_APPROVED, f"batch {BATCH}: alice"),
        FirstArticleChanged(FirstArticleStage.APPROVED),
        ApprovalGiven("1"),
    ]
    assert run.batch_full() == 2
    assert run.tally.all_passed


def test_a_board_that_waited_is_asked_about_again_before_it_is_touched(
    release: Release, ledger: Ledger
) -> None:
    run, device = board_after_board(release, ledger)
    asked: list[str] = []

    def interlock(attempt: Attempt) -> None:
        asked.append(attempt.unit_id[-2:])
        if asked.count("02") >= 2:
            run.station.stop()  # here, in the thread of the slot: no further board comes
            raise BurnerError(Code.INTERLOCK_REFUSED, "mes: blocked meanwhile")

    run.job = replace(run.job, interlock=interlock)
    for event in run.events():
        if isinstance(event, ApprovalAwaited):
            approve_first_article(ledger, BATCH, lambda: signer("alice"), note="good")
    assert device.board is not None
    assert set(device.board.flash.bytes) == {0xFF}
    assert asked[:3] == ["01", "02", "02"]
    assert {*asked} == {"01", "02"}
    assert run.tally.units[1].code == Code.INTERLOCK_REFUSED


def test_a_station_that_stops_leaves_the_waiting_board_as_it_is(
    release: Release, ledger: Ledger
) -> None:
    run, device = board_after_board(release, ledger)
    events = events_of(run, run.station.stop)
    assert [type(e) for e in events if isinstance(e, Finished | NotBegun)] == [Finished, NotBegun]
    assert device.board is not None
    assert set(device.board.flash.bytes) == {0xFF}
    assert len(run.tally.units) == 1


def test_a_waiting_board_that_is_taken_out_is_not_on_record(
    release: Release, ledger: Ledger
) -> None:
    run, device = board_after_board(release, ledger)

    left: list[str] = []
    for event in run.events():
        if isinstance(event, ApprovalAwaited):
            device.remove()
        elif isinstance(event, NotBegun):
            left.append(event.unit_id)
            run.station.stop()
    assert left[0] == "60:55:f9:00:00:02"
    assert len(run.tally.units) == 1


def test_where_only_the_boards_are_burned_that_are_there_another_one_is_refused(
    release: Release, ledger: Ledger
) -> None:
    first = a_run(release, ledger, FakeDevice(board(1)), OneBoardPerSlot())
    assert MADE in list(first.events())
    second = a_run(release, ledger, FakeDevice(board(2)), OneBoardPerSlot())
    list(second.events())
    (unit,) = second.tally.units
    assert (unit.code, unit.written) == (Code.FIRST_ARTICLE_NOT_APPROVED, False)
    assert second.tally.without_place == 1
    assert not second.tally.all_passed


def test_a_first_unit_that_fails_later_is_no_approval(release: Release, ledger: Ledger) -> None:
    first = a_run(release, ledger, FakeDevice(board(1)), OneBoardPerSlot())
    assert MADE in list(first.events())
    again = a_run(release, ledger, FakeDevice(board(1)), OneBoardPerSlot())
    changes = [event for event in again.events() if isinstance(event, FirstArticleChanged)]
    assert again.tally.units[0].code == Code.FLASH_CHANGED_SINCE_PASS
    assert changes == [MADE, FirstArticleChanged(FirstArticleStage.INCOMPLETE)]
