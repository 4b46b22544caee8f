"""The log of a slot is keyed by attempt, rotates, and holds neither payload nor secret."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.devices.esp_worker import log as slot_log
from burner.devices.esp_worker.log import LINE_LIMIT, SlotLog, discreet


@pytest.fixture(autouse=True)
def _root_logger_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = list(root.handlers), root.level, logging.raiseExceptions
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.raiseExceptions = raising


def test_lines_are_keyed_by_attempt(tmp_path: Path) -> None:
    log = SlotLog(tmp_path / "logs" / "slot-1.log")
    log.key("A17")
    logging.getLogger("esptool").info("Connecting")
    log.key("")
    logging.getLogger("esptool").info("idle")
    first, second = (tmp_path / "logs" / "slot-1.log").read_text().splitlines()
    assert first.endswith(" A17 Connecting")
    assert second.endswith(" - idle")


def test_an_error_gives_its_type_and_place_without_its_frames(tmp_path: Path) -> None:
    SlotLog(tmp_path / "slot.log")
    try:
        raise ValueError("inside")
    except ValueError as error:
        logging.getLogger("worker").warning("write: E901", exc_info=error)
    line = (tmp_path / "slot.log").read_text()
    assert "[ValueError at test_slot_log.py:" in line
    assert line.count("\n") == 1


def test_it_rotates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_log, "FILE_SIZE", 500)
    SlotLog(tmp_path / "slot.log")
    for n in range(60):
        logging.getLogger("esptool").info("line %d", n)
    assert len(list(tmp_path.iterdir())) == 1 + slot_log.FILES_KEPT


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    SlotLog(tmp_path / "file" / "slot.log")
    logging.getLogger("esptool").info("unheard")


@pytest.mark.parametrize(
    "frame",
    [
        "Expected digest, got: 3858 7A6A 4E38 7266 6756 4744 544E 5455",
        "Expected digest, got: 38587a6a4e38726667564744544e545547617534736e41",
        "Unexpected response: b'8Xzj\\x00\\x01\\x02N8rfgFVGDTNTUGau4snA'",
    ],
)
def test_bytes_of_a_frame_that_slipped_are_struck_out(frame: str) -> None:
    said = discreet(frame)
    assert said.startswith(frame.split(":", maxsplit=1)[0])
    assert said.endswith("…")


def test_what_people_need_stays() -> None:
    text = "This chip is ESP32-C6, not ESP32-C3; MAC 60:55:f9:00:00:01; result was C100"
    assert discreet(text) == text


def test_a_line_is_short_and_one_line() -> None:
    assert len(discreet("word " * 1000)) <= LINE_LIMIT
    assert "\n" not in discreet("two\nlines")
