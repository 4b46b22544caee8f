"""A unit whose name comes only after the boot: written, booted, named, written again, proved."""

from collections.abc import Callable, Sequence

import pytest

from burner.burn.burn import burn
from burner.burn.job import AttemptRequest, Job
from burner.core.attempt import Outcome, Record, Step
from burner.core.silicon import Silicon
from burner.core.unit_events import Event, Finished, StepStarted
from burner.devices.device import ConnectPlan
from burner.manifest.writing.ledger import Ledger
from burner.release.opening import open_release
from burner.release.placement.payload import BLOCK_SIZE
from burner.release.release import Release
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.images import PRODUCT_ID, app_image, write_product

IMEI = "490154203237518"
ARRAYS = ("PRODUCT_ID", "YOUR_PRODUCT_SECRET" + "\0" * 13, "YOUR_DEV_NAME" + "\0" * 35)
AROUND = "code" * (BLOCK_SIZE // 2)
PLACEHOLDERS = "{device_name: {text: YOUR_DEV_NAME}}"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Its application has two blocks before the arrays and two behind them."""
    path = write_product(
        tmp_path_factory.mktemp("late"),
        app=app_image(AROUND, *ARRAYS, AROUND),
        carrier=f"{{kind: patch, image: app, placeholders: {PLACEHOLDERS}}}",
        name='{template: "{imei}"}',
        identity="{imei: {port: esp, when: after, settle_s: 0.01, answer_s: 0.1}}",
        boot=r"{device_name: 'name=(\w+)', timeout_s: 30}",
    )
    return open_release(path)


def prints_its_key(board: FakeBoard) -> Sequence[str]:
    burned = PRODUCT_ID.encode() in board.flash.bytes
    return ("ESP-ROM:fake", f"name={IMEI}" if burned else "no configuration")


def answers(sent: bytes) -> bytes:
    replies = {b"AT\r\n": b"\r\nOK\r\n", b"AT+CGSN\r\n": f"\r\n{IMEI}\r\n\r\nOK\r\n".encode()}
    return replies.get(sent, b"\r\nERROR\r\n")


class Slot(FakeDevice):
    """Keeps how long each boot was to be listened to."""

    def __init__(self, board: FakeBoard) -> None:
        super().__init__(board, {"esp": answers})
        self.waits: list[float] = []

    def boot(
        self, timeout_s: float, until: Callable[[Sequence[str]], bool], baud: int = 115200
    ) -> tuple[str, ...]:
        self.waits.append(timeout_s)
        return super().boot(timeout_s, until, baud)


def burned(release: Release, ledger: Ledger, device: FakeDevice) -> tuple[Record, list[Event]]:
    job = Job(release, "station-1", "li", "", {})
    events = list(burn(job, device, ledger, AttemptRequest("1", 921600)))
    assert isinstance(events[-1], Finished)
    return events[-1].record, events


def test_the_name_is_claimed_before_the_second_write(release: Release, ledger: Ledger) -> None:
    record, events = burned(release, ledger, Slot(FakeBoard(prints=prints_its_key)))
    assert (record.result.outcome, record.attempt.device_name) == (Outcome.PASS, IMEI)
    first = [Step.IDENTIFY, Step.PAYLOAD, Step.CLAIM, Step.WRITE, Step.VERIFY, Step.RESET]
    second = [Step.NAME, Step.CLAIM, Step.PAYLOAD, Step.WRITE, Step.VERIFY, Step.RESET]
    steps = [event.step for event in events if isinstance(event, StepStarted)]
    assert steps == [*first, *second, Step.PROVE, Step.RECORD]


def test_the_first_boot_waits_for_nothing_that_cannot_come(
    release: Release, ledger: Ledger
) -> None:
    device = Slot(FakeBoard(prints=prints_its_key))
    burned(release, ledger, device)
    assert device.waits == [0.0, 30.0]


def test_the_second_write_is_of_the_blocks_that_hold_the_key(
    release: Release, ledger: Ledger
) -> None:
    device = Slot(FakeBoard(prints=prints_its_key))
    record, _ = burned(release, ledger, device)
    again = device.calls.index("identify", 1)
    rewritten = [call for call in device.calls[again:] if call.startswith("write")]
    own = [s for s in release.payload(IMEI) if s.confidential]
    assert rewritten == [f"write {segment.name}" for segment in own]
    assert sum(len(segment.data) for segment in own) <= 2 * BLOCK_SIZE
    assert record.attempt.regions == tuple(s.region() for s in release.payload(IMEI))


def test_another_board_put_in_between_gets_no_key(release: Release, ledger: Ledger) -> None:
    other = FakeBoard(mac="60:55:f9:00:00:02")

    class Swapped(Slot):
        def identify(self, plan: ConnectPlan) -> Silicon:
            if "identify" in self.calls:
                self.insert(other)
            return super().identify(plan)

    record, _ = burned(release, ledger, Swapped(FakeBoard(prints=prints_its_key)))
    assert record.result.code == "E457"
    assert set(other.flash.bytes) == {0xFF}


def test_a_unit_named_late_is_known_afterwards(release: Release, ledger: Ledger) -> None:
    board = FakeBoard(prints=prints_its_key)
    burned(release, ledger, Slot(board))
    device = Slot(board)
    _, events = burned(release, ledger, device)
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.known
    assert not [call for call in device.calls if call.startswith("write")]
