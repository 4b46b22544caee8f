"""Many slots over boards in memory: who waits for whom, what survives what."""

import queue
import threading
import time
from collections.abc import Iterator

import pytest

from burner.errors import BurnerError
from burner.model import Finished, Note, Outcome
from burner.station import SlotIs, SlotState, Station, StationEvent
from burner.station.boards import Boards, ByBench, ByHand, Count, OneEach
from burner.station.scanner import Scanner
from tests.fakes import FakeBoard, FakeDevice
from tests.station.units import BAUD, Burns, states

S = SlotState


def mac(number: int) -> str:
    return f"60:55:f9:00:00:{number:02x}"


def station_of(devices: dict[str, FakeDevice], boards: Boards | None = None) -> Station:
    return Station(devices, boards or OneEach(), BAUD)


def run(station: Station, burns: Burns) -> list[StationEvent]:
    return list(station.run(burns))


def test_one_board_in_each_slot_is_burned_once_and_the_run_ends() -> None:
    devices = {str(n): FakeDevice(FakeBoard(mac(n))) for n in (1, 2, 3)}
    burns = Burns()
    events = run(station_of(devices), burns)
    assert states(events, "2") == [S.SEEN, S.BURNING, S.PASS, S.CLOSED]
    assert sorted(r.attempt.unit_id for r in burns.records) == [mac(1), mac(2), mac(3)]


def test_a_slot_that_hangs_holds_nobody_up() -> None:
    devices = {"1": FakeDevice(FakeBoard(mac(1))), "2": FakeDevice(FakeBoard(mac(2)))}
    gate = devices["1"].holds("write")
    ended: list[str] = []
    for event in station_of(devices).run(Burns()):
        if isinstance(event, Finished):
            ended.append(event.slot)
            gate.set()
    assert ended == ["2", "1"]


def test_a_unit_whose_worker_died_is_tried_again() -> None:
    device = FakeDevice(FakeBoard())
    device.fails("write", "E902")
    burns = Burns()
    events = run(station_of({"1": device}), burns)
    assert [r.result.outcome for r in burns.records] == [Outcome.ERROR, Outcome.PASS]
    assert [r.attempt.try_number for r in burns.records] == [1, 2]
    assert states(events) == [S.SEEN, S.BURNING, S.BURNING, S.PASS, S.CLOSED]


def test_a_bad_unit_is_not_tried_for_ever() -> None:
    device = FakeDevice(FakeBoard(flips=(0x10010,)))
    burns = Burns()
    events = run(station_of({"1": device}), burns)
    assert [r.result.code for r in burns.records] == ["E601", "E601"]
    assert states(events)[-2:] == [S.FAIL, S.CLOSED]


def test_a_slower_rate_that_works_is_kept_for_the_next_board() -> None:
    device = FakeDevice(FakeBoard(mac(1), clean_up_to_baud=460_800))

    def swap(slot: str) -> bool:
        device.insert(FakeBoard(mac(2)))
        return True

    events = run(station_of({"1": device}, ByBench(Count(2), swap)), Burns())
    assert device.bauds == [921_600, 460_800, 460_800]
    assert [e for e in events if isinstance(e, Note)] == [Note("1", "E501", 2, 460800)]


def test_a_bad_unit_does_not_slow_its_slot() -> None:
    device = FakeDevice(FakeBoard(mac(1), flips=(0x10010,)))

    def swap(slot: str) -> bool:
        device.insert(FakeBoard(mac(2)))
        return True

    run(station_of({"1": device}, ByBench(Count(2), swap)), Burns())
    assert device.bauds == [921_600, 460_800, 921_600]


def test_a_bug_in_one_slot_is_that_slots_error_and_names_its_place_not_its_text() -> None:
    burns = Burns()
    burns.broken = ValueError("a secret could stand here")
    events = run(station_of({"1": FakeDevice(FakeBoard())}), burns)
    (error,) = (e.error for e in events if isinstance(e, SlotIs) and e.error)
    assert error.code == "E901"
    assert "secret" not in str(error)
    assert "units.py" in error.detail


def test_a_manifest_that_cannot_be_written_stops_every_slot() -> None:
    burns = Burns()
    burns.broken = BurnerError("E701", "disk full")
    devices = {str(n): FakeDevice(FakeBoard(mac(n))) for n in range(1, 4)}
    station = station_of(devices, ByBench(Count(100), lambda slot: True))
    run(station, burns)
    assert station.broken is not None
    assert station.broken.code == "E701"
    assert burns.records == []


def test_stop_lets_the_running_unit_finish_and_takes_no_other() -> None:
    device = FakeDevice(FakeBoard())
    gate = device.holds("write")
    station = station_of({"1": device}, ByBench(Count(10), lambda slot: True))
    burns = Burns()
    for event in station.run(burns):
        if states([event])[:1] == [S.BURNING]:
            station.stop()
            gate.set()
    assert [r.result.outcome for r in burns.records] == [Outcome.PASS]


def test_abort_ends_the_running_unit_aborted_at_once() -> None:
    device = FakeDevice(FakeBoard())
    device.holds("write")
    station = station_of({"1": device}, ByBench(Count(10), lambda slot: True))
    burns = Burns()
    started = time.monotonic()
    for event in station.run(burns):
        if isinstance(event, Finished):
            break
        if device.calls and device.calls[-1].startswith("write"):
            station.abort()
    assert [r.result.outcome for r in burns.records] == [Outcome.ABORTED]
    assert time.monotonic() - started < 5


# boards that come and go by hand


@pytest.fixture
def by_hand() -> Iterator[tuple[FakeDevice, Station, list[StationEvent], Burns]]:
    device = FakeDevice(None)
    station = station_of({"1": device}, ByHand(Count(), pause_s=0.01))
    events: list[StationEvent] = []
    burns = Burns()

    def collect() -> None:
        events.extend(station.run(burns))

    thread = threading.Thread(target=collect)
    thread.start()
    yield device, station, events, burns
    station.stop()
    thread.join(10)
    assert not thread.is_alive()


def until(events: list[StationEvent], wanted: SlotState, times: int = 1) -> None:
    deadline = time.monotonic() + 10
    while states(events).count(wanted) < times:
        assert time.monotonic() < deadline, states(events)
        time.sleep(0.005)


def test_a_board_is_seen_burned_shown_removed_and_the_slot_armed_again(
    by_hand: tuple[FakeDevice, Station, list[StationEvent], Burns],
) -> None:
    device, _, events, _ = by_hand
    until(events, S.EMPTY)
    device.insert(FakeBoard(mac(1)))
    until(events, S.PASS)
    device.remove()
    until(events, S.EMPTY, 2)
    device.insert(FakeBoard(mac(2)))
    until(events, S.PASS, 2)
    assert states(events)[:5] == [S.EMPTY, S.SEEN, S.BURNING, S.PASS, S.EMPTY]


def test_a_board_left_in_the_slot_is_not_burned_twice(
    by_hand: tuple[FakeDevice, Station, list[StationEvent], Burns],
) -> None:
    device, _, events, burns = by_hand
    device.insert(FakeBoard(mac(1)))
    until(events, S.PASS)
    time.sleep(0.2)
    assert len(burns.records) == 1
    assert states(events)[-1] is S.PASS


def test_a_passed_board_that_comes_back_is_known_and_not_written(
    by_hand: tuple[FakeDevice, Station, list[StationEvent], Burns],
) -> None:
    device, _, events, burns = by_hand
    board = FakeBoard(mac(1))
    for again in (1, 2):
        until(events, S.EMPTY, again)
        device.insert(board)
        until(events, S.PASS if again == 1 else S.KNOWN)
        device.remove()
    assert len(burns.records) == 1


def test_a_count_ends_the_run_by_itself() -> None:
    devices = {str(n): FakeDevice(FakeBoard(mac(n))) for n in range(1, 5)}
    burns = Burns()
    run(station_of(devices, ByHand(Count(3), pause_s=0.01)), burns)
    assert len(burns.records) == 3


def test_a_place_taken_by_a_board_that_never_spoke_is_given_back() -> None:
    silent, good = FakeDevice(FakeBoard(mac(1))), FakeDevice(FakeBoard(mac(2)))
    silent.fails("identify", "E901", times=9)
    burns = Burns()
    run(station_of({"1": silent, "2": good}, ByHand(Count(1), pause_s=0.01)), burns)
    assert Outcome.PASS in [r.result.outcome for r in burns.records]


# labels


def test_each_slot_gets_a_label_of_its_own_and_keeps_it_for_a_retry() -> None:
    devices = {str(n): FakeDevice(FakeBoard(mac(n))) for n in (1, 2)}
    devices["1"].fails("write", "E902")
    burns = Burns()
    station = Station(devices, OneEach(), BAUD, Scanner(["A\n", "\n", "B\n"]))
    events = run(station, burns)
    assert sorted(set(burns.labels)) == ["A", "B"]
    assert len(burns.labels) == 3
    assert states(events)[:2] == [S.SEEN, S.SCAN]


def test_a_label_that_does_not_fit_is_scanned_again_and_the_right_one_kept_for_a_retry() -> None:
    device = FakeDevice(FakeBoard(mac(1)))
    device.fails("write", "E902")
    burns = Burns()
    burns.wrong = {"A"}
    scans: queue.SimpleQueue[str] = queue.SimpleQueue()
    station = Station({"1": device}, OneEach(), BAUD, Scanner(iter(scans.get, ""), by_hand=True))
    seen = []
    for event in station.run(burns):
        seen.append(event)
        if states([event]) == [S.SCAN]:
            scans.put("A" if len(seen) < 3 else "B")
    scans.put("")
    assert burns.labels == ["A", "B", "B"]
    assert states(seen)[:5] == [S.SEEN, S.SCAN, S.BURNING, S.SCAN, S.BURNING]
    assert states(seen)[5:] == [S.BURNING, S.PASS, S.CLOSED]


def test_a_prepared_list_has_one_label_a_board() -> None:
    burns = Burns()
    burns.wrong = {"A"}
    station = Station({"1": FakeDevice(FakeBoard())}, OneEach(), BAUD, Scanner(["A\n", "B\n"]))
    run(station, burns)
    assert burns.labels == ["A"]


def test_a_slot_that_waits_for_its_label_stops_without_a_record() -> None:
    station = Station({"1": FakeDevice(FakeBoard())}, OneEach(), BAUD, Scanner([]))
    burns = Burns()
    for event in station.run(burns):
        if states([event]) == [S.SCAN]:
            station.stop()
    assert burns.records == []
