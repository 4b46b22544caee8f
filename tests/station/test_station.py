"""Many slots over boards in memory: who waits for whom, what survives what."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from burner.core.attempt import Outcome
from burner.core.baud_rates import FASTEST
from burner.core.errors import BurnerError
from burner.core.silicon import Silicon
from burner.core.unit_events import Finished, RetryStarted
from burner.devices.device import ConnectPlan, Contact
from burner.identity.settings import IdentitySettings, LabelSettings
from burner.station.events import LabelScanned, SlotState, SlotStateChanged, StationEvent
from burner.station.scanning.label_list import LabelList
from burner.station.scanning.router import Router
from burner.station.slots.boards import (
    Boards,
    OneBoardPerSlot,
    SwappedByBench,
    SwappedByHand,
    UnitLimit,
)
from burner.station.slots.retry import RUNGS
from burner.station.station import Station
from burner.station.tally import Tally
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.station.units import BAUD, FakeBurnUnit, states

S = SlotState


def mac(number: int) -> str:
    return f"60:55:f9:00:00:{number:02x}"


def station_of(
    devices: dict[str, FakeDevice],
    boards: Boards | None = None,
    baud: int = BAUD,
    found_bauds: dict[str, int] | None = None,
) -> Station:
    return Station(devices, boards or OneBoardPerSlot(), baud, found_bauds=found_bauds)


def run(station: Station, burns: FakeBurnUnit) -> list[StationEvent]:
    return list(station.run(burns))


def test_one_board_in_each_slot_is_burned_once_and_the_run_ends() -> None:
    devices = {str(n): FakeDevice(FakeBoard(mac(n))) for n in (1, 2, 3)}
    burns = FakeBurnUnit()
    events = run(station_of(devices), burns)
    assert states(events, "2") == [S.SEEN, S.BURNING, S.PASS, S.CLOSED]
    assert sorted(r.attempt.unit_id for r in burns.records) == [mac(1), mac(2), mac(3)]


def test_a_slot_that_hangs_holds_nobody_up() -> None:
    devices = {"1": FakeDevice(FakeBoard(mac(1))), "2": FakeDevice(FakeBoard(mac(2)))}
    gate = devices["1"].holds("write")
    ended: list[str] = []
    for event in station_of(devices).run(FakeBurnUnit()):
        if isinstance(event, Finished):
            ended.append(event.slot)
            gate.set()
    assert ended == ["2", "1"]


def test_a_unit_whose_worker_died_is_tried_again() -> None:
    device = FakeDevice(FakeBoard())
    device.fails("write", "E902")
    burns = FakeBurnUnit()
    events = run(station_of({"1": device}), burns)
    assert [r.result.outcome for r in burns.records] == [Outcome.ERROR, Outcome.PASS]
    assert [r.attempt.try_number for r in burns.records] == [1, 2]
    assert states(events) == [S.SEEN, S.BURNING, S.BURNING, S.PASS, S.CLOSED]


def test_a_bad_unit_is_not_tried_for_ever() -> None:
    device = FakeDevice(FakeBoard(flips=(0x10010,)))
    burns = FakeBurnUnit()
    events = run(station_of({"1": device}), burns)
    assert [r.result.code for r in burns.records] == ["E601", "E601"]
    assert states(events)[-2:] == [S.FAIL, S.CLOSED]


def test_a_slower_rate_that_works_is_kept_for_the_next_board() -> None:
    device = FakeDevice(FakeBoard(mac(1), clean_up_to_baud=460_800))

    def swap(slot: str) -> bool:
        device.insert(FakeBoard(mac(2)))
        return True

    events = run(station_of({"1": device}, SwappedByBench(UnitLimit(2), swap)), FakeBurnUnit())
    assert device.bauds == [921_600, 460_800, 460_800]
    assert [e for e in events if isinstance(e, RetryStarted)] == [
        RetryStarted("1", "E501", 2, 460800)
    ]


@pytest.mark.parametrize("best", RUNGS)
def test_a_slot_that_looks_for_its_rate_has_the_best_one_after_one_unit(best: int) -> None:
    device = FakeDevice(FakeBoard(mac(1), clean_up_to_baud=best))

    def swap(slot: str) -> bool:
        device.insert(FakeBoard(mac(2), clean_up_to_baud=best))
        return True

    burns = FakeBurnUnit()
    boards = SwappedByBench(UnitLimit(2), swap)
    run(station_of({"1": device}, boards, FASTEST, found_bauds={}), burns)
    tried = RUNGS[: RUNGS.index(best) + 1]
    assert device.bauds == [*tried, best]
    assert [r.result.outcome for r in burns.records].count(Outcome.PASS) == 2


def test_a_slot_begins_with_the_rate_that_was_found_before() -> None:
    devices = {name: FakeDevice(FakeBoard(mac(int(name)))) for name in ("1", "2")}
    run(station_of(devices, baud=FASTEST, found_bauds={"2": 460_800}), FakeBurnUnit())
    assert [device.bauds for device in devices.values()] == [[FASTEST], [460_800]]


def test_a_bad_unit_is_tried_as_often_where_the_slot_looks_for_its_rate() -> None:
    device = FakeDevice(FakeBoard(flips=(0x10010,)))
    events = run(station_of({"1": device}, baud=FASTEST, found_bauds={}), FakeBurnUnit())
    assert device.bauds == [*RUNGS[:2]]
    assert states(events)[-2:] == [S.FAIL, S.CLOSED]


def test_a_slot_that_has_found_its_rate_looks_no_more() -> None:
    device = FakeDevice(FakeBoard(mac(1)))

    def swap(slot: str) -> bool:
        device.insert(FakeBoard(mac(2), clean_up_to_baud=RUNGS[-1]))
        return True

    boards = SwappedByBench(UnitLimit(2), swap)
    run(station_of({"1": device}, boards, FASTEST, found_bauds={}), FakeBurnUnit())
    assert device.bauds == [FASTEST, *RUNGS[:3]]


def test_a_bad_unit_does_not_slow_its_slot() -> None:
    device = FakeDevice(FakeBoard(mac(1), flips=(0x10010,)))

    def swap(slot: str) -> bool:
        device.insert(FakeBoard(mac(2)))
        return True

    run(station_of({"1": device}, SwappedByBench(UnitLimit(2), swap)), FakeBurnUnit())
    assert device.bauds == [921_600, 460_800, 921_600]


def test_a_board_from_which_nothing_is_read_counts_as_no_unit() -> None:
    device = FakeDevice(FakeBoard(mac(1)))
    coming = iter((None, FakeBoard(mac(2))))

    def swap(slot: str) -> bool:
        board = next(coming)
        if board is None:
            device.fails("identify", "E301", 9)
        else:
            device.succeeds()
            device.insert(board)
        return True

    burns = FakeBurnUnit()
    run(station_of({"1": device}, SwappedByBench(UnitLimit(2), swap)), burns)
    assert [r.attempt.unit_id for r in burns.records if r.result.outcome is Outcome.PASS] == [
        mac(1),
        mac(2),
    ]


def test_a_bug_in_one_slot_is_that_slots_error_and_names_its_place_not_its_text() -> None:
    burns = FakeBurnUnit()
    burns.broken = ValueError("a secret could stand here")
    events = run(station_of({"1": FakeDevice(FakeBoard())}), burns)
    (error,) = (e.error for e in events if isinstance(e, SlotStateChanged) and e.error)
    assert error.code == "E901"
    assert "secret" not in str(error)
    assert "units.py" in error.detail


def test_a_manifest_that_cannot_be_written_stops_every_slot() -> None:
    burns = FakeBurnUnit()
    burns.broken = BurnerError("E701", "disk full")
    devices = {str(n): FakeDevice(FakeBoard(mac(n))) for n in range(1, 4)}
    station = station_of(devices, SwappedByBench(UnitLimit(100), lambda slot: True))
    run(station, burns)
    assert station.broken is not None
    assert station.broken.code == "E701"
    assert burns.records == []


def test_stop_lets_the_running_unit_finish_and_takes_no_other() -> None:
    device = FakeDevice(FakeBoard())
    gate = device.holds("write")
    station = station_of({"1": device}, SwappedByBench(UnitLimit(10), lambda slot: True))
    burns = FakeBurnUnit()
    for event in station.run(burns):
        if states([event])[:1] == [S.BURNING]:
            station.stop()
            gate.set()
    assert [r.result.outcome for r in burns.records] == [Outcome.PASS]


def test_abort_ends_the_running_unit_aborted_at_once() -> None:
    device = FakeDevice(FakeBoard())
    device.holds("write")
    station = station_of({"1": device}, SwappedByBench(UnitLimit(10), lambda slot: True))
    burns = FakeBurnUnit()
    started = time.monotonic()
    for event in station.run(burns):
        if isinstance(event, Finished):
            break
        if device.calls and device.calls[-1].startswith("write"):
            station.abort()
    assert [r.result.outcome for r in burns.records] == [Outcome.ABORTED]
    assert time.monotonic() - started < 28  # the write itself would end after 30


# boards that come and go by hand


@pytest.fixture
def by_hand() -> Iterator[tuple[FakeDevice, Station, list[StationEvent], FakeBurnUnit]]:
    device = FakeDevice(None)
    station = station_of({"1": device}, SwappedByHand(UnitLimit(), pause_s=0.01))
    events: list[StationEvent] = []
    burns = FakeBurnUnit()

    def collect() -> None:
        events.extend(station.run(burns))

    thread = threading.Thread(target=collect)
    thread.start()
    yield device, station, events, burns
    station.stop()
    thread.join(60)
    assert not thread.is_alive()


def until(events: list[StationEvent], wanted: SlotState, times: int = 1) -> None:
    deadline = time.monotonic() + 60
    while states(events).count(wanted) < times:
        assert time.monotonic() < deadline, states(events)
        time.sleep(0.005)


def test_a_board_is_seen_burned_shown_removed_and_the_slot_armed_again(
    by_hand: tuple[FakeDevice, Station, list[StationEvent], FakeBurnUnit],
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
    by_hand: tuple[FakeDevice, Station, list[StationEvent], FakeBurnUnit],
) -> None:
    device, _, events, burns = by_hand
    device.insert(FakeBoard(mac(1)))
    until(events, S.PASS)
    time.sleep(0.2)
    assert len(burns.records) == 1
    assert states(events)[-1] is S.PASS


def test_a_passed_board_that_comes_back_is_known_and_not_written(
    by_hand: tuple[FakeDevice, Station, list[StationEvent], FakeBurnUnit],
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
    burns = FakeBurnUnit()
    run(station_of(devices, SwappedByHand(UnitLimit(3), pause_s=0.01)), burns)
    assert len(burns.records) == 3


def test_a_place_taken_by_a_board_that_never_spoke_is_given_back() -> None:
    silent, good = FakeDevice(FakeBoard(mac(1))), FakeDevice(FakeBoard(mac(2)))
    silent.fails("identify", "E901", times=9)
    burns = FakeBurnUnit()
    run(station_of({"1": silent, "2": good}, SwappedByHand(UnitLimit(1), pause_s=0.01)), burns)
    assert Outcome.PASS in [r.result.outcome for r in burns.records]


# labels

LABELLED = IdentitySettings(label=LabelSettings(pattern="SN[0-9]+( (?P<mac>[0-9A-F]{6}))?"))


def labelled(
    devices: dict[str, FakeDevice], boards: Boards | None = None, **how: Any
) -> tuple[Station, FakeBurnUnit]:
    burns = FakeBurnUnit()
    burns.labelled = True
    router = Router(tuple(devices), identity=LABELLED, **how)
    return Station(devices, boards or OneBoardPerSlot(), BAUD, router=router), burns


def test_each_slot_gets_a_label_of_its_own_and_keeps_it_for_a_retry() -> None:
    devices = {str(n): FakeDevice(FakeBoard(mac(n))) for n in (1, 2)}
    devices["1"].fails("write", "E902")
    station, burns = labelled(devices, labels=LabelList(["SN1\n", "SN2\n"], ("1", "2")))
    events = run(station, burns)
    assert burns.labels == {mac(1): ["SN1", "SN1"], mac(2): ["SN2"]}
    assert {e.label: e.slot for e in events if isinstance(e, LabelScanned)} == {
        "SN1": "1",
        "SN2": "2",
    }


class Swapped(FakeDevice):
    """Somebody changes the board between two tries."""

    def identify(self, plan: ConnectPlan) -> Silicon:
        if self.bauds:
            self.insert(FakeBoard(mac(2)))
        return super().identify(plan)


def test_a_retry_on_another_board_asks_for_that_boards_label() -> None:
    device = Swapped(FakeBoard(mac(1)))
    device.fails("write", "E902")
    lines = [f"SN{n} {mac(n).replace(':', '')[-6:].upper()}" for n in (1, 2)]
    station, burns = labelled({"1": device}, labels=LabelList(lines))
    run(station, burns)
    assert burns.labels == {mac(n): [line] for n, line in enumerate(lines, 1)}


def test_a_slot_that_waits_for_its_label_stops_without_a_record() -> None:
    station, burns = labelled({"1": FakeDevice(FakeBoard())})
    for event in station.run(burns):
        if states([event]) == [S.SCAN]:
            station.stop()
    assert burns.records == []


def test_boards_that_wait_for_their_labels_when_the_station_stops_are_counted() -> None:
    devices = {slot: FakeDevice(FakeBoard(mac(int(slot)))) for slot in ("1", "2")}
    station, burns = labelled(devices)
    tally = Tally()
    for event in station.run(burns):
        tally.add(event)
        if states([event]) == [S.SCAN]:
            station.stop()
    assert tally.not_begun == {"1": mac(1), "2": mac(2)}
    assert tally.units == []


def test_a_board_that_is_taken_out_before_its_label_is_no_board_that_waits() -> None:
    device = FakeDevice(FakeBoard(mac(1)))
    station, burns = labelled({"1": device})
    tally = Tally()
    for event in station.run(burns):
        tally.add(event)
        if states([event]) == [S.SCAN]:
            device.remove()
        elif states([event]) == [S.EMPTY]:
            station.stop()
    assert tally.not_begun == {}


def test_with_once_a_board_may_be_taken_out_to_look_for_its_label() -> None:
    device = FakeDevice(FakeBoard(mac(1)))
    station, burns = labelled({"1": device})
    seen: list[SlotState] = []
    for event in station.run(burns):
        seen += states([event])
        if states([event]) == [S.SCAN]:
            if seen.count(S.SCAN) == 1:
                device.remove()
            else:
                station.router.take_text("SN1")
        elif states([event]) == [S.EMPTY]:
            device.insert(FakeBoard(mac(1)))
    assert burns.labels == {mac(1): ["SN1"]}
    assert seen[-2:] == [S.PASS, S.CLOSED]


def test_a_board_that_is_swapped_while_its_label_is_looked_for_gets_its_own_question() -> None:
    device = FakeDevice(FakeBoard(mac(1)))
    station, burns = labelled({"1": device}, SwappedByHand(UnitLimit(1), pause_s=0.01))
    asked = 0
    for event in station.run(burns):
        if states([event]) == [S.SCAN]:
            asked += 1
            if asked == 1:
                device.remove()
            else:
                station.router.take_text("SN2")
        elif states([event]) == [S.EMPTY] and asked:
            device.insert(FakeBoard(mac(2)))
    assert burns.labels == {mac(2): ["SN2"]}
    assert [record.attempt.unit_id for record in burns.records] == [mac(2)]


# boards that do not answer


def watch(device: FakeDevice, pause_s: float = 0.01) -> tuple[Station, FakeBurnUnit]:
    return station_of({"1": device}, SwappedByHand(UnitLimit(), pause_s)), FakeBurnUnit()


def test_a_dead_board_that_the_operator_announces_is_an_error_on_record_as_with_once() -> None:
    device = FakeDevice(None)
    device.empty = Contact.SILENT
    station, burns = watch(device)
    seen = []
    for event in station.run(burns):
        seen += states([event])
        if states([event]) == [S.EMPTY]:
            station.router.take_text("1")
        elif states([event]) == [S.ERROR]:
            threading.Timer(0.1, station.stop).start()  # it stands until something changes
    assert [r.result.code for r in burns.records] == ["E301"]
    assert seen == [S.EMPTY, S.SEEN, S.BURNING, S.ERROR, S.CLOSED]


def test_a_board_that_garbles_is_tried_without_being_announced() -> None:
    device = FakeDevice(None)
    device.empty = Contact.GARBLED
    station, burns = watch(device)
    for event in station.run(burns):
        if states([event]) == [S.ERROR]:
            device.empty = Contact.SILENT  # it is taken out
        elif states([event]) == [S.EMPTY] and burns.records:
            station.stop()
    assert [r.result.code for r in burns.records] == ["E301"]


def test_a_dead_board_that_is_announced_again_is_tried_again() -> None:
    device = FakeDevice(None)
    device.empty = Contact.SILENT
    station, burns = watch(device)
    for event in station.run(burns):
        if states([event])[:1] in ([S.EMPTY], [S.ERROR]):
            station.router.take_text("1")
        if len(burns.records) == 2:
            station.stop()
    assert len(burns.records) == 2


def test_a_dead_board_leaves_its_error_until_the_next_one_answers() -> None:
    device = FakeDevice(None)
    device.empty = Contact.SILENT
    station, burns = watch(device)
    for event in station.run(burns):
        if states([event]) == [S.EMPTY] and not burns.records:
            station.router.take_text("1")
        elif states([event]) == [S.ERROR]:
            device.insert(FakeBoard(mac(1)))
        elif states([event]) == [S.PASS]:
            station.stop()
    assert [r.result.outcome for r in burns.records] == [Outcome.ERROR, Outcome.PASS]


def test_a_slot_without_its_port_stays_empty_and_nothing_is_said_of_it() -> None:
    device = FakeDevice(None)
    station, burns = watch(device)
    threading.Timer(0.3, station.stop).start()
    assert states(run(station, burns)) == [S.EMPTY, S.CLOSED]


# rework


def test_a_known_unit_in_its_slot_is_burned_again_for_a_reason_while_others_work() -> None:
    devices = {str(n): FakeDevice(FakeBoard(mac(n))) for n in (1, 2)}
    gate = devices["2"].holds("write")
    burns = FakeBurnUnit()
    station = station_of(devices, SwappedByHand(UnitLimit(), pause_s=0.01))
    for event in station.run(burns):
        if states([event], "1") == [S.PASS]:
            if len(burns.records) == 1:
                for text in ("r", "1", "new antenna"):
                    station.router.take_text(text)
            else:
                gate.set()
        elif states([event], "2") == [S.PASS]:
            station.stop()
    assert [r.attempt.unit_id for r in burns.records] == [mac(1), mac(1), mac(2)]
    assert burns.reworks == ["", "new antenna", ""]


def test_a_rework_ordered_for_an_empty_slot_is_for_one_unit_and_no_more() -> None:
    device = FakeDevice(None)
    station, burns = watch(device)
    coming = iter((1, 2))
    for event in station.run(burns):
        if states([event]) == [S.EMPTY]:
            if not burns.records:
                for text in ("r", "1", "new antenna"):
                    station.router.take_text(text)
            number = next(coming, 0)
            if not number:
                station.stop()
            device.insert(FakeBoard(mac(number)))
        elif states([event]) == [S.PASS]:
            device.remove()
    assert burns.reworks == ["new antenna", ""]
