"""A board that is swapped while its slot waits for the scan of a printed label."""

from collections.abc import Callable, Iterator

from burner.burn.job import AttemptRequest
from burner.core.unit_events import Event, Finished
from burner.devices.device import Device
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.station.events import BoardInSlot, ScanBackAwaited, SlotState
from burner.station.slots.boards import SwappedByHand, UnitLimit
from burner.station.station import Station
from burner.station.unit_labels.scan_back import ScanBack
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.station.units import BAUD, FakeBurnUnit, states

S = SlotState
FIRST, SECOND = "60:55:f9:00:00:01", "60:55:f9:00:00:02"


class Line:
    """A slot whose units all get a printed label, and an operator who swaps too early."""

    def __init__(self) -> None:
        self.device, self.burns = FakeDevice(FakeBoard(FIRST)), FakeBurnUnit()
        self.station = Station(
            {"1": self.device},
            SwappedByHand(UnitLimit(), pause_s=0.01),
            BAUD,
            wait_for_scan_back=lambda slot, look: self.back.wait(slot, lambda _: False, look),
        )
        self.back = ScanBack(lambda _row: None, self.station.tell)
        self.station.router.scan_back = self.back

    def burn(
        self, device: Device, request: AttemptRequest, aborted: Callable[[], bool]
    ) -> Iterator[Event]:
        for event in self.burns(device, request, aborted):
            if isinstance(event, Finished):
                unit_id = event.record.attempt.unit_id
                row = UnitLabelRow("P", unit_id, "WO1", unit_id, 4, "l", "c", "sent", "", 7, 1)
                self.back.unit_passed("1", unit_id)
                self.back.label_out("1", row, (unit_id,))
            yield event


def test_a_board_that_comes_before_the_scan_is_said_and_burned_after_it() -> None:
    line, awaited, shown = Line(), list[ScanBackAwaited](), list[SlotState]()
    for event in line.station.run(line.burn):
        shown += states([event])
        if not isinstance(event, ScanBackAwaited):
            continue
        awaited.append(event)
        match event:
            case ScanBackAwaited(device_name=name, board=BoardInSlot.BURNED) if name == FIRST:
                line.device.remove()
            case ScanBackAwaited(board=BoardInSlot.GONE):
                line.device.insert(FakeBoard(SECOND))
            case ScanBackAwaited(board=BoardInSlot.OTHER):
                assert [r.attempt.unit_id for r in line.burns.records] == [FIRST]
                assert shown[-1] is S.EMPTY
                line.station.router.take_text(FIRST)
            case ScanBackAwaited(device_name=name) if name == SECOND:
                line.station.stop()
                line.station.router.take_text(SECOND)
    boards = [(event.device_name, event.board) for event in awaited if event.device_name]
    assert boards[:3] == [(FIRST, board) for board in BoardInSlot]
    assert [r.attempt.unit_id for r in line.burns.records] == [FIRST, SECOND]
    assert shown == [
        *(S.EMPTY, S.SEEN, S.BURNING, S.PASS, S.EMPTY),
        *(S.EMPTY, S.SEEN, S.BURNING, S.PASS, S.CLOSED),
    ]
