"""`burner station`: a lesson board by board, and where every slot's port is today."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from burner.cli.commands.station import TerminalTeacher, station
from burner.devices.ports import Port
from burner.station.fixture.station_file import (
    PortPlace,
    ScannerPort,
    ScannerSettings,
    StationFile,
    load_station,
)
from burner.station.fixture.teach import Lesson, taught_before
from burner.station.fixture.todays_ports import todays_ports
from tests.cli.desk import refused, run
from tests.cli.station_with_policy import write_station


def port(number: int, serial: str = "") -> Port:
    return Port(f"/dev/ttyUSB{number}", "CP2102", f"1-1.{number}", serial, 0x10C4, 0xEA60)


def lesson_of(*looks: list[Port], **how: Any) -> Lesson:
    """A lesson on a machine that has these ports at each look."""
    script = iter(looks)
    return Lesson(
        lambda: next(script), TerminalTeacher(), settled_s=0.0, pause=lambda _: None, **how
    )


def test_each_board_is_the_next_slot(tmp_path: Path) -> None:
    boards = [port(1), port(2, "A1")]
    one = boards[:1]
    lesson = lesson_of([], one, one, one, one, boards, boards, boards, station="line-3")
    assert lesson.one_slot()
    assert lesson.one_slot()
    lesson.save(tmp_path / "line.yaml")
    read = load_station(tmp_path / "line.yaml")
    assert read.slots == {
        "1": {"esp": PortPlace(location="1-1.1")},
        "2": {"esp": PortPlace(serial="A1")},
    }
    assert [path.name for path in tmp_path.iterdir()] == ["line.yaml"]


def test_a_lesson_keeps_all_but_the_slots(tmp_path: Path) -> None:
    path = write_station(tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write("checkpoint_every: 50\nscanner: {quiet_ms: 300, ports: [{serial: S1}]}\n")
    before = load_station(path)
    lesson = lesson_of([], [port(1)], [port(1)], [port(1)], before=taught_before(path))
    assert lesson.one_slot()
    lesson.save(path)
    slots = {"1": {"esp": PortPlace(location="1-1.1")}}
    assert load_station(path) == before.model_copy(update={"slots": slots})


def test_a_station_file_with_mistakes_is_not_taught_anew(tmp_path: Path) -> None:
    path = write_station(tmp_path)
    text = path.read_text("utf-8") + "scaner: {}\n"
    path.write_text(text, "utf-8")
    with refused("E195"):
        run("station", "teach", "-o", str(path), "--slots", "1", "--timeout", "0")
    assert path.read_text("utf-8") == text


def test_the_port_of_a_scanner_is_not_a_slot(capsys: pytest.CaptureFixture[str]) -> None:
    esp = PortPlace(location="1-1.9")
    scanner = ScannerSettings(ports=(ScannerPort(serial="S1"),))
    before = StationFile(slots={"1": {"esp": esp}}, scanner=scanner)
    one, two = [port(1, "S1")], [port(1, "S1"), port(2)]
    lesson = lesson_of([], one, one, one, one, two, two, two, before=before)
    assert lesson.one_slot()
    assert lesson.slots["1"] == {"esp": PortPlace(location="1-1.2")}
    assert "serial S1 is a scanner already" in capsys.readouterr().err


def test_two_boards_at_once_are_refused_and_asked_for_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    both = [port(1), port(2)]
    lesson = lesson_of([], both, both, [], [], both[:1], both[:1], both[:1])
    assert lesson.one_slot()
    assert lesson.slots["1"] == {"esp": PortPlace(location="1-1.1")}
    assert "E198" in capsys.readouterr().err


def test_a_board_in_the_socket_of_another_slot_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, two = [port(1)], [port(1), port(2)]
    first = [[], one, one, one]
    same_again: list[list[Port]] = [[], one, one, one]
    another = [one, two, two, two]
    lesson = lesson_of(*first, *same_again, *another)
    assert lesson.one_slot()
    assert lesson.one_slot()
    assert lesson.slots["2"] == {"esp": PortPlace(location="1-1.2")}
    assert "slot 1 already" in capsys.readouterr().err


def test_a_modem_beside_the_chip_has_its_own_turn() -> None:
    one, two = [port(1)], [port(1), port(2)]
    lesson = lesson_of([], one, one, one, one, two, two, two, names=("esp", "modem"), by="location")
    assert lesson.one_slot()
    assert lesson.slots == {
        "1": {"esp": PortPlace(location="1-1.1"), "modem": PortPlace(location="1-1.2")}
    }


def test_a_lesson_ends_when_no_board_comes() -> None:
    assert not Lesson(list, TerminalTeacher(), timeout_s=0.0).one_slot()


def test_where_says_which_port_a_slot_is_today_or_why_none() -> None:
    line = StationFile(
        slots={"1": {"esp": PortPlace(location="1-1.1")}, "2": {"esp": PortPlace(serial="X")}}
    )
    first, second = todays_ports(line, [port(1)])
    assert first["port"] == "/dev/ttyUSB1"
    assert (second["port"], second["code"]) == ("", "E302")


def test_show_prints_json_and_ends_4_while_a_slot_has_no_port(tmp_path: Path) -> None:
    path = tmp_path / "line.yaml"
    path.write_text("slots: {a: {esp: {location: 99-1.2.3}}}", encoding="utf-8")
    result = CliRunner().invoke(station, ["show", str(path), "--json"], standalone_mode=False)
    assert result.return_value == 4
    assert [row["slot"] for row in json.loads(result.stdout)] == ["a"]
