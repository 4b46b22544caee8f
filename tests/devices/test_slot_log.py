"""The log of a slot is keyed by attempt, rotates, and holds neither payload nor secret."""

import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.devices import slot_log, wire
from burner.devices.esp_worker.log import LINE_LIMIT, WorkerLog, discreet
from burner.devices.slot_log import SlotLog, check_file


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


def sent(up: io.BytesIO) -> list[str]:
    """The lines that went up the pipe."""
    up.seek(0)
    messages = iter(lambda: wire.receive(up), None)
    return [message["text"] for message in messages if message.kind == "log"]


def test_lines_are_keyed_by_attempt() -> None:
    up = io.BytesIO()
    log = WorkerLog(up)
    log.key("A17")
    logging.getLogger("esptool").info("Connecting")
    log.key("")
    logging.getLogger("esptool").info("idle")
    first, second = sent(up)
    assert first.endswith(" A17 Connecting")
    assert second.endswith(" - idle")


def test_an_error_gives_its_type_and_place_without_its_frames() -> None:
    up = io.BytesIO()
    WorkerLog(up)
    try:
        raise ValueError("inside")
    except ValueError as error:
        logging.getLogger("worker").warning("write: E901", exc_info=error)
    (line,) = sent(up)
    assert "[ValueError at test_slot_log.py:" in line
    assert "inside" not in line


def test_a_station_that_is_gone_stops_no_worker_by_its_log() -> None:
    up = io.BytesIO()
    WorkerLog(up)
    up.close()
    logging.getLogger("esptool").info("unheard")


def test_it_is_made_with_its_first_line_and_rotates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot_log, "FILE_SIZE", 500)
    log = SlotLog(tmp_path / "logs" / "slot-1.log")
    assert list((tmp_path / "logs").iterdir()) == []
    for n in range(60):
        log.write(f"line {n} is 100% as it was given")
    log.close()
    assert len(list((tmp_path / "logs").iterdir())) == 1 + slot_log.FILES_KEPT
    last = (tmp_path / "logs" / "slot-1.log").read_text().splitlines()[-1]
    assert last == "line 59 is 100% as it was given"


def test_a_place_that_is_there_or_can_be_made_is_in_order(tmp_path: Path) -> None:
    check_file(tmp_path / "new" / "logs" / "slot-1.log")
    (tmp_path / "slot-1.log").write_text("earlier")
    check_file(tmp_path / "slot-1.log")
    assert [path.name for path in tmp_path.iterdir()] == ["slot-1.log"]


def test_a_place_that_is_no_folder_or_no_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "logs" / "slot-1.log").mkdir(parents=True)
    for path, reason in (
        (tmp_path / "file" / "slot-1.log", f"{tmp_path / 'file'} is not a folder"),
        (tmp_path / "file" / "logs" / "slot-1.log", f"{tmp_path / 'file'} is not a folder"),
        (tmp_path / "logs" / "slot-1.log", "slot-1.log: a folder, not a plain file"),
    ):
        with pytest.raises(BurnerError) as refused:
            check_file(path)
        assert refused.value.code == "E317"
        assert reason in refused.value.detail


@pytest.mark.parametrize(
    ("make", "reason"),
    [(Path.symlink_to, "a link"), (Path.hardlink_to, "a file with a second name")],
)
def test_no_log_is_written_through_a_link(
    make: Callable[[Path, Path], None], reason: str, tmp_path: Path
) -> None:
    key, link = tmp_path / "station.age", tmp_path / "logs" / "slot-1.log"
    key.write_text("key")
    link.parent.mkdir()
    log = SlotLog(link)
    try:
        make(link, key)
    except OSError:
        pytest.skip("this account may not make links")
    with pytest.raises(BurnerError, match=rf"E317.*{reason}, not a plain file"):
        check_file(link)
    log.write("a line")
    log.close()
    assert key.read_text() == "key"


def test_a_log_that_cannot_be_written_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "slot.log", tmp_path / "taken" / "slot.log"):
        log = SlotLog(path)
        if path.parent.name == "taken":
            path.parent.rmdir()
        log.write("unheard")
        log.close()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "frame",
    [
        "Expected digest, got: 3858 7A6A 4E38 7266 6756 4744 544E 5455",
        "Expected digest, got: 38587a6a4e38726667564744544e545547617534736e41",
        "Unexpected response: b'8Xzj\\x00\\x01\\x02N8rfgFVGDTNTUGau4snA'",
    ],
)
def test_bytes_of_a_frame_that_slipped_are_struck_out(frame: str) -> None:
    line = discreet(frame)
    assert line.startswith(frame.split(":", maxsplit=1)[0])
    assert line.endswith("…")


def test_what_people_need_stays() -> None:
    text = "This chip is ESP32-C6, not ESP32-C3; MAC 60:55:f9:00:00:01; result was C100"
    assert discreet(text) == text


def test_a_line_is_short_and_one_line() -> None:
    assert len(discreet("word " * 1000)) <= LINE_LIMIT
    assert "\n" not in discreet("two\nlines")
