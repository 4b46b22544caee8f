"""A unit that comes back: an ESP in memory, the real release, the real manifest."""

from dataclasses import replace
from pathlib import Path

import pytest

from burner.burn import comparison, verify
from burner.core.attempt import Outcome
from burner.core.secrets.secret import Secret
from burner.flash import otadata
from burner.manifest.writing.batch_terms import BatchTerms
from burner.manifest.writing.corrections import CorrectionKind
from burner.manifest.writing.ledger import Ledger
from burner.profile.profile import Reburn
from burner.release.opening import open_release
from burner.release.release import Release
from tests.burn.one_slot import (
    PASSED,
    PRODUCT,
    UNIT,
    Line,
    boot_lines,
    changed,
    cut_off,
    ended,
    holds,
    plug,
    put,
    say,
)
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.images import PRODUCT_ID, app_image, write_product

OTADATA, OTA_1 = 0x1D000, 0x1F0000


# -- no PASS: everything is written ----------------------------------------------------------------


def test_a_unit_that_holds_our_bytes_already_is_written_all_the_same(
    line: Line, board: FakeBoard, release: Release
) -> None:
    for segment in release.segments:
        board.flash.program(segment.offset, segment.data)
    record = line.burn(FakeDevice(board))
    assert (ended(record), record.result.written) == (PASSED, True)


def a_strangers(board: FakeBoard) -> None:
    """Other firmware in the second slot, selected, and somebody's Wi-Fi."""
    put(board, OTA_1, b"other firmware")
    put(board, OTADATA, otadata.ota_entry(2))
    put(board, 0xD000, b"my-wifi-password")


def test_what_a_stranger_left_where_the_firmware_writes_does_not_survive(
    line: Line, board: FakeBoard, release: Release, tmp_path: Path
) -> None:
    line.burn(FakeDevice(board))
    a_strangers(board)
    with Ledger.open(tmp_path / "other.db", "station-1") as other:
        record = Line(release, other).burn(FakeDevice(board))
    assert (ended(record), record.result.written) == (PASSED, True)
    assert holds(board, release.segments)


def test_a_void_unit_is_written_whole(line: Line, board: FakeBoard, release: Release) -> None:
    line.burn(FakeDevice(board))
    a_strangers(board)
    say(line, CorrectionKind.VOID, "a trial")
    assert line.burn(FakeDevice(board)).result.written
    assert holds(board, release.segments)


def test_a_burn_cut_short_stays_open_and_the_next_one_writes_all_again(
    line: Line, board: FakeBoard, release: Release
) -> None:
    cut_off(line, board)
    assert line.ledger.unit(UNIT, PRODUCT).open is not None
    record = line.burn(FakeDevice(board))
    assert (ended(record), record.result.written) == (PASSED, True)
    assert holds(board, release.segments)


# -- KNOWN -----------------------------------------------------------------------------------------


def test_a_known_unit_is_not_written_again_and_nothing_is_recorded(
    line: Line, board: FakeBoard
) -> None:
    first = line.burn(FakeDevice(board))
    device = FakeDevice(board)
    again = line.burn(device, slot="2")
    assert line.known
    assert (again.attempt.slot, again.seq) == ("1", first.seq)
    assert not [call for call in device.calls if call.startswith("write")]


def test_a_known_unit_is_told_with_the_work_order_of_its_pass(
    line: Line, board: FakeBoard, release: Release
) -> None:
    for batch in ("WO-1", "WO-2"):
        line.ledger.open_batch(
            batch, BatchTerms(profile="plug", release_digest=release.digest, product_id=PRODUCT)
        )
    line.job = replace(line.job, batch="WO-1")
    line.burn(FakeDevice(board))
    line.job = replace(line.job, batch="WO-2")
    assert line.burn(FakeDevice(board)).attempt.batch == "WO-1"
    assert line.known


def test_a_unit_that_has_run_and_written_its_own_values_is_known(
    line: Line, board: FakeBoard
) -> None:
    line.burn(FakeDevice(board))
    put(board, OTADATA, otadata.ota_entry(1, state=2))
    put(board, 0xD000, b"what registration returned")
    line.burn(FakeDevice(board))
    assert line.known


def test_a_unit_whose_key_was_erased_is_not_known(line: Line, board: FakeBoard) -> None:
    line.burn(FakeDevice(board))
    board.flash.erase(0x15000, 0x4000)
    assert ended(line.burn(FakeDevice(board))) == (Outcome.FAIL, "E453")


def test_a_known_unit_whose_flash_changed_is_stopped_and_the_region_is_named(
    line: Line, board: FakeBoard
) -> None:
    line.burn(FakeDevice(board))
    board.flash.erase(0x20000, 0x1000)
    record = line.burn(FakeDevice(board))
    assert ended(record) == (Outcome.FAIL, "E453")
    assert "app at 0x20000 differs" in record.result.detail
    assert line.burn(FakeDevice(board), rework="reflowed").result.written


def test_a_returned_unit_that_an_update_moved_to_its_other_slot_is_written_whole(
    line: Line, board: FakeBoard, release: Release
) -> None:
    line.burn(FakeDevice(board))
    put(board, OTA_1, app_image("update"))
    put(board, OTADATA, otadata.ota_entry(2))
    record = line.burn(FakeDevice(board))
    assert (ended(record), record.result.written, line.known) == (PASSED, True, False)
    assert holds(board, release.segments)


def test_a_returned_unit_that_was_updated_twice_is_burned_only_as_a_rework(
    line: Line, board: FakeBoard
) -> None:
    line.burn(FakeDevice(board))
    put(board, 0x20000, app_image("second update"))
    put(board, OTADATA + 0x1000, otadata.ota_entry(3))
    assert ended(line.burn(FakeDevice(board))) == (Outcome.FAIL, "E453")
    assert ended(line.burn(FakeDevice(board), rework="returned")) == PASSED


@pytest.mark.parametrize("state", [s for s in otadata.OtaState if s is not otadata.OtaState.VALID])
def test_a_unit_that_may_start_the_update_in_its_other_slot_is_written_whole(
    line: Line, board: FakeBoard, release: Release, state: otadata.OtaState
) -> None:
    """Which one starts depends on the bootloader, of which nothing is known."""
    line.burn(FakeDevice(board))
    put(board, OTA_1, app_image("update"))
    put(board, OTADATA, otadata.ota_entry(1, state=otadata.OtaState.VALID))
    put(board, OTADATA + 0x1000, otadata.ota_entry(2, state=state))
    assert ended(line.burn(FakeDevice(board))) == PASSED
    assert not line.known
    assert holds(board, release.segments)


def test_a_unit_whose_only_application_is_not_confirmed_is_known(
    line: Line, board: FakeBoard
) -> None:
    """Whatever the bootloader does with the entry, the first slot starts."""
    line.burn(FakeDevice(board))
    put(board, OTADATA, otadata.ota_entry(1, state=otadata.OtaState.PENDING_VERIFY))
    line.burn(FakeDevice(board))
    assert line.known


CARRIERS = {
    "nvs": "{kind: nvs, preset: esp-qcloud, MORE}",
    "raw": "{kind: raw, partition: store, fields: [{name: pid, type: 'char[11]', key: product_id},"
    " {name: secret, type: 'char[33]', key: product_secret}], MORE}",
}


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
def test_a_good_unit_with_another_key_in_a_mutable_partition_is_written(
    line: Line, board: FakeBoard, tmp_path: Path, carrier: str
) -> None:
    made = changed(line, tmp_path, carrier=carrier.replace("MORE", "class: mutable"))
    made.burn(FakeDevice(board))
    made.burn(FakeDevice(board))
    assert made.known
    at = board.flash.bytes.index(PRODUCT_ID.encode())
    board.flash.bytes[at] ^= 1
    assert made.burn(FakeDevice(board)).result.written
    assert holds(board, made.job.release.segments)


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
@pytest.mark.parametrize(("after_boot", "known"), [("moved", True), ("kept", False)])
def test_a_good_unit_without_its_key_is_known_where_the_firmware_moves_it(
    line: Line, board: FakeBoard, tmp_path: Path, carrier: str, after_boot: str, known: bool
) -> None:
    more = f"class: mutable, after_boot: {after_boot}"
    made = changed(line, tmp_path, carrier=carrier.replace("MORE", more))
    made.burn(FakeDevice(board))
    at = board.flash.bytes.index(PRODUCT_ID.encode())
    board.flash.erase(at, 0x1000)
    made.burn(FakeDevice(board))
    assert made.known is known


@pytest.mark.parametrize(
    ("prints", "boot"),
    [
        ((), r"{product_id: 'product_id=(\w+)', timeout_s: 1}"),
        (("product_id=QQQQQQQQQQ",), r"{product_id: 'product_id=(\w+)', timeout_s: 1}"),
        (("no key",), "{expect: [connected], timeout_s: 1}"),
    ],
)
def test_a_unit_that_moved_its_key_is_known_only_if_its_firmware_starts_with_it(
    line: Line, tmp_path: Path, prints: tuple[str, ...], boot: str
) -> None:
    carrier = CARRIERS["nvs"].replace("MORE", "after_boot: moved")
    made = changed(line, tmp_path, carrier=carrier, boot=boot)
    printed: list[tuple[str, ...]] = [(f"product_id={PRODUCT_ID}", "connected")]
    board = FakeBoard(prints=lambda _: printed[0])
    assert ended(made.burn(FakeDevice(board))) == PASSED
    at = board.flash.bytes.index(PRODUCT_ID.encode())
    board.flash.erase(at, 0x1000)
    made.burn(FakeDevice(board))
    assert made.known
    printed[0] = prints
    assert made.burn(FakeDevice(board)).result.written
    assert holds(board, made.job.release.segments)


# -- another part, key, release, name --------------------------------------------------------------


def test_another_board_with_the_mac_of_a_known_unit_is_stopped(line: Line) -> None:
    line.burn(FakeDevice(FakeBoard(prints=boot_lines(), fingerprint="aa11")))
    twin = FakeBoard(prints=boot_lines(), fingerprint="bb22")
    assert ended(line.burn(FakeDevice(twin))) == (Outcome.FAIL, "E456")


def with_secret(line: Line, secret: bytes) -> Line:
    return Line(plug(Secret(secret)), line.ledger)


def test_a_unit_that_passed_with_another_secret_gets_this_one_only_as_a_rework(
    line: Line, board: FakeBoard
) -> None:
    line.burn(FakeDevice(board))
    other = with_secret(line, b"Kq3anewProductKeyFor2ndX")
    record = other.burn(FakeDevice(board))
    assert ended(record) == (Outcome.FAIL, "E462")
    assert "with another secret" in record.result.detail
    assert ended(other.burn(FakeDevice(board), rework="new product key")) == PASSED
    assert holds(board, other.job.release.segments)


def test_a_unit_that_passed_as_another_product_becomes_this_one_only_as_a_rework(
    line: Line, board: FakeBoard, tmp_path: Path
) -> None:
    line.burn(FakeDevice(board))
    other = Line(open_release(write_product(tmp_path)), line.ledger)
    record = other.burn(FakeDevice(board))
    assert ended(record) == (Outcome.FAIL, "E462")
    assert f"as product {PRODUCT}" in record.result.detail
    assert ended(other.burn(FakeDevice(board), rework="sold as blinky")) == PASSED
    assert ended(line.burn(FakeDevice(board))) == (Outcome.FAIL, "E462")
    other.burn(FakeDevice(board))
    assert other.known


def test_a_unit_of_another_release_stays_as_it_is_whatever_the_operator_says(
    line: Line, board: FakeBoard, tmp_path: Path
) -> None:
    changed(line, tmp_path, app=app_image("old")).burn(FakeDevice(board))
    new = changed(line, tmp_path, app=app_image("new"))
    record = new.burn(FakeDevice(board))
    assert ended(record) == (Outcome.FAIL, "E455")
    assert "with blinky 1.2.0" in record.result.detail
    assert ended(new.burn(FakeDevice(board), rework="please")) == (Outcome.FAIL, "E455")


def images_with(app_class: str) -> str:
    return (
        "[{name: bootloader, file: bootloader.bin, offset: 0},"
        f" {{name: app, file: app.bin, partition: ota_0{app_class}}}]"
    )


def test_a_good_unit_whose_application_may_change_is_known_only_with_the_recorded_one(
    line: Line, board: FakeBoard, tmp_path: Path
) -> None:
    """Found by the campaign: a stranger's application in a mutable region was KNOWN."""
    made = changed(line, tmp_path, images=images_with(", class: mutable"))
    first = made.burn(FakeDevice(board))
    made.burn(FakeDevice(board))
    assert made.known
    put(board, 0x10000, app_image("another"))
    checks = verify.compare_with_record(FakeDevice(board), board.silicon, first, made.job.release)
    assert [c.why for c in checks if not comparison.all_match([c])] == ["app in ota_0 is different"]
    record = made.burn(FakeDevice(board))
    assert (ended(record), record.result.written) == (PASSED, True)
    assert holds(board, made.job.release.segments)


@pytest.mark.parametrize("image_class", ["", ", class: mutable"])
def test_a_release_that_upgrades_writes_a_good_unit_whole(
    line: Line, board: FakeBoard, tmp_path: Path, image_class: str
) -> None:
    images = images_with(image_class)
    changed(line, tmp_path, app=app_image("1.2.0"), images=images).burn(FakeDevice(board))
    new = changed(line, tmp_path, app=app_image("1.3.0"), images=images, reburn="upgrade")
    assert new.job.release.profile.reburn is Reburn.UPGRADE
    assert ended(new.burn(FakeDevice(board))) == PASSED
    assert holds(board, new.job.release.segments)
    new.burn(FakeDevice(board))
    assert new.known


def labelled(line: Line, folder: Path) -> Line:
    label = r"{pattern: '(?P<serial>SN\d{4})'}"
    identity = f"{{label: {label}, serial: {{source: label, pattern: 'SN[0-9]{{4}}'}}}}"
    return changed(line, folder, name='{template: "{serial}"}', identity=identity)


def test_a_unit_that_passed_under_another_name_gets_this_one_only_as_a_rework(
    line: Line, board: FakeBoard, tmp_path: Path
) -> None:
    named = labelled(line, tmp_path)
    assert ended(named.burn(FakeDevice(board), ask_label=lambda _unit, _ids: "SN0001")) == PASSED
    record = named.burn(FakeDevice(board), ask_label=lambda _unit, _ids: "SN0002")
    assert ended(record) == (Outcome.FAIL, "E465")
    assert "as SN0001, now SN0002" in record.result.detail
    named.burn(FakeDevice(board), ask_label=lambda _unit, _ids: "SN0001")
    assert named.known
    record = named.burn(
        FakeDevice(board), ask_label=lambda _unit, _ids: "SN0002", rework="new label"
    )
    assert (ended(record), record.attempt.device_name) == (PASSED, "SN0002")


# -- otadata that nobody writes --------------------------------------------------------------------


def test_a_unit_that_would_start_what_was_not_burned_fails(
    line: Line, board: FakeBoard, tmp_path: Path
) -> None:
    product = changed(line, tmp_path, blank="[nvs]")
    put(board, 0xD000, otadata.ota_entry(2))
    record = product.burn(FakeDevice(board))
    assert ended(record) == (Outcome.FAIL, "E621")
    assert "burned was ota_0, selected is ota_1" in record.result.detail
    board.flash.erase(0xD000, 0x2000)
    assert ended(product.burn(FakeDevice(board))) == PASSED
