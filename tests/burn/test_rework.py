"""Units that are scrapped, repaired, or left half-written: an ESP in memory, the real manifest."""

from pathlib import Path

from burner.core.attempt import Outcome, Record
from burner.manifest.writing.corrections import CorrectionKind
from burner.release.opening import open_release
from burner.release.release import Release
from tests.burn.one_slot import (
    PASSED,
    Line,
    boot_lines,
    changed,
    cut_off,
    ended,
    holds,
    say,
)
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.images import app_image, write_product

# -- scrapped --------------------------------------------------------------------------------------


def test_a_unit_that_was_scrapped_is_refused_with_the_reason(line: Line, board: FakeBoard) -> None:
    line.burn(FakeDevice(board))
    say(line, CorrectionKind.SCRAP, "burnt antenna")
    record = line.burn(FakeDevice(board))
    assert ended(record) == (Outcome.FAIL, "E464")
    assert record.result.detail == "anna: burnt antenna"
    say(line, CorrectionKind.VOID, "so that it counts as nothing")
    assert ended(line.burn(FakeDevice(board))) == (Outcome.FAIL, "E464")


def test_a_scrap_ends_with_a_rework_of_the_line(line: Line, board: FakeBoard) -> None:
    line.burn(FakeDevice(board))
    say(line, CorrectionKind.SCRAP, "burnt antenna")
    assert ended(line.burn(FakeDevice(board), rework="new antenna")) == PASSED
    line.burn(FakeDevice(board))
    assert line.known


def test_a_scrap_ends_with_a_rework_of_the_desk_and_its_reason_is_on_record(
    line: Line, board: FakeBoard
) -> None:
    line.burn(FakeDevice(board))
    say(line, CorrectionKind.SCRAP, "burnt antenna")
    say(line, CorrectionKind.REWORK, "antenna mended")
    record = line.burn(FakeDevice(board))
    assert (ended(record), record.attempt.rework) == (PASSED, "antenna mended")
    line.burn(FakeDevice(board))
    assert line.known


def test_a_failed_unit_that_was_scrapped_is_refused_too(line: Line, board: FakeBoard) -> None:
    device = FakeDevice(board)
    device.fails("write", "E601")
    line.burn(device)
    say(line, CorrectionKind.SCRAP, "bad flash")
    assert ended(line.burn(FakeDevice(board))) == (Outcome.FAIL, "E464")


def test_a_unit_that_another_product_scrapped_is_refused(
    line: Line, board: FakeBoard, tmp_path: Path
) -> None:
    line.burn(FakeDevice(board))
    say(line, CorrectionKind.SCRAP, "burnt antenna")
    other = Line(open_release(write_product(tmp_path)), line.ledger)
    assert ended(other.burn(FakeDevice(board))) == (Outcome.FAIL, "E464")


# -- rework, and what interrupts it ----------------------------------------------------------------


def test_a_declared_rework_is_written_whole(line: Line, board: FakeBoard) -> None:
    line.burn(FakeDevice(board))
    record = line.burn(FakeDevice(board), rework="new plastic")
    assert (ended(record), record.result.written) == (PASSED, True)
    assert record.attempt.rework == "new plastic"


def aborted(line: Line, board: FakeBoard) -> Record:
    device = FakeDevice(board)
    device.fails("write", "E902")
    board.flash.erase(0x20000, 0x1000)
    return line.burn(device, rework="new plastic", aborted="yes")


def test_a_rework_that_a_person_stopped_is_continued_as_one(line: Line, board: FakeBoard) -> None:
    line.burn(FakeDevice(board))
    assert ended(aborted(line, board)) == (Outcome.ABORTED, "E458")
    record = line.burn(FakeDevice(board))
    assert (ended(record), record.attempt.rework) == (PASSED, "new plastic")
    line.burn(FakeDevice(board))
    assert line.known


def test_a_rework_that_was_cut_off_is_continued_as_one(
    line: Line, board: FakeBoard, release: Release
) -> None:
    line.burn(FakeDevice(board))
    cut_off(line, board, rework="new plastic")
    board.flash.erase(0x20000, 0x1000)
    record = line.burn(FakeDevice(board))
    assert (ended(record), record.attempt.rework) == (PASSED, "new plastic")
    assert holds(board, release.segments)


def test_a_rework_that_was_stopped_before_its_first_byte_leaves_a_good_unit(
    line: Line, board: FakeBoard
) -> None:
    line.burn(FakeDevice(board))
    device = FakeDevice(board)
    device.fails("identify", "E902")
    line.burn(device, rework="new plastic", aborted="yes")
    line.burn(FakeDevice(board))
    assert line.known


def test_a_rework_into_another_product_that_was_cut_off_is_written_whole(
    line: Line, board: FakeBoard, tmp_path: Path
) -> None:
    line.burn(FakeDevice(board))
    other = Line(open_release(write_product(tmp_path)), line.ledger)
    device = FakeDevice(board)
    device.fails("write", "E902")
    assert other.burn(device, rework="sold as blinky", aborted="yes").result.code == "E458"
    # Its flash still agrees with the PASS; what the firmware may change is not compared.
    record = line.burn(FakeDevice(board))
    assert (ended(record), record.attempt.rework) == (PASSED, "sold as blinky")
    assert not line.known


def test_a_unit_whose_later_pass_as_another_product_is_void_is_written_whole(
    line: Line, board: FakeBoard, tmp_path: Path
) -> None:
    line.burn(FakeDevice(board))
    other = Line(open_release(write_product(tmp_path)), line.ledger)
    assert ended(other.burn(FakeDevice(board), rework="sold as blinky")) == PASSED
    say(line, CorrectionKind.VOID, "a trial", other.job.release.profile.product.id)
    assert ended(line.burn(FakeDevice(board))) == PASSED


def test_an_upgrade_that_was_cut_off_is_written_whole(
    line: Line, board: FakeBoard, tmp_path: Path
) -> None:
    changed(line, tmp_path, app=app_image("1.2.0")).burn(FakeDevice(board))
    new = changed(line, tmp_path, app=app_image("1.3.0"), reburn="upgrade")
    cut_off(new, board)
    board.flash.erase(0x10000, 0x1000)
    record = new.burn(FakeDevice(board))
    assert (ended(record), record.attempt.rework) == (PASSED, "")
    assert holds(board, new.job.release.segments)


def test_another_board_does_not_take_over_the_rework_of_a_known_unit(line: Line) -> None:
    board = FakeBoard(prints=boot_lines(), fingerprint="aa11")
    line.burn(FakeDevice(board))
    cut_off(line, board, rework="new plastic")
    twin = FakeBoard(prints=boot_lines(), fingerprint="bb22")
    assert ended(line.burn(FakeDevice(twin))) == (Outcome.FAIL, "E456")
    assert ended(line.burn(FakeDevice(board))) == PASSED


def test_a_new_flash_chip_is_a_rework_and_goes_on_as_one(line: Line) -> None:
    line.burn(FakeDevice(FakeBoard(prints=boot_lines(), fingerprint="aa11")))
    mended = FakeBoard(prints=boot_lines(), fingerprint="bb22")
    cut_off(line, mended, rework="new flash chip")
    record = line.burn(FakeDevice(mended))
    assert (ended(record), record.attempt.rework) == (PASSED, "new flash chip")
