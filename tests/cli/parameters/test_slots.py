"""Which slots a command means."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from burner.cli.parameters.slots import open_slots, parse_port, station_id
from burner.core.errors import BurnerError
from burner.devices.esp_worker.serial_port import open_port
from burner.devices.scanner import SerialScanner
from tests.in_process import run_burner
from tests.runs import PROFILE, burner


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("/dev/ttyUSB0", {"esp": "/dev/ttyUSB0"}),
        ("COM7", {"esp": "COM7"}),
        ("rfc2217://rack:4001?ign_set_control&timeout=3", None),
        ("socket://10.0.0.2:7777", None),
        ("esp=/dev/ttyUSB0,modem=/dev/ttyUSB1", {"esp": "/dev/ttyUSB0", "modem": "/dev/ttyUSB1"}),
        ("esp=rfc2217://rack:1?timeout=3", {"esp": "rfc2217://rack:1?timeout=3"}),
    ],
)
def test_a_port_is_a_name_a_url_or_several_named_ones(
    text: str, ports: dict[str, str] | None
) -> None:
    assert parse_port(text) == (ports or {"esp": text})


@pytest.mark.parametrize(
    "url", ["spy://{device}?file={file}", "SPY://{device}?file={file}", "hwgrep://.", "loop://"]
)
def test_a_url_that_may_write_a_file_is_no_port(tmp_path: Path, url: str) -> None:
    keep = tmp_path / "manifest.db"
    keep.write_text("records")
    named = url.format(device="loop://", file=keep)
    (tmp_path / "line.yaml").write_text(f"slots: {{a: {{esp: {{url: '{named}'}}}}}}")
    for how, code in (
        (("--port", named), "E302"),
        (("--port", f"esp=COM1,modem={named}"), "E302"),
        (("--station-file", "line.yaml"), "E195"),
    ):
        ran = run_burner(tmp_path, "identify", *how)
        assert code in ran.stderr
        assert "is no port" in " ".join(ran.stderr.split())
    ran = run_burner(tmp_path, "identify", "--lang", "zh", "--port", named)
    assert "不是端口；允许：设备名" in "".join(ran.stderr.split()), ran.stderr
    scanner = SerialScanner(lambda: named, 9600)
    for open_it in (lambda: open_port(named, 115200), lambda: scanner.read(0.1)):
        with pytest.raises(BurnerError, match="is no port"):
            open_it()
    assert keep.read_text() == "records"


def test_given_ports_are_slots_in_their_order() -> None:
    with open_slots(("COM3", "esp=COM4,modem=COM9"), None, None) as slots:
        assert list(slots.locate) == ["1", "2"]
        assert slots.locate["2"]("modem") == "COM9"
        with pytest.raises(BurnerError) as refused:
            slots.locate["1"]("modem")
    assert refused.value.code == "E312"


def test_no_slots_or_two_kinds_of_them_are_a_mistake_of_use() -> None:
    for ports, bench in ((), None), (("COM3",), "sim:1"):
        with pytest.raises(click.UsageError), open_slots(ports, None, bench):
            pass


def make_fifo(path: Path) -> None:
    if os.name != "posix":
        pytest.skip("a FIFO is of POSIX systems")
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("taken", "make"),
    [("logs", make_fifo), ("logs/slot-1.log", make_fifo), ("logs", Path.touch)],
)
def test_logs_that_cannot_be_kept_are_refused_before_anything_is_burned(
    tmp_path: Path, taken: str, make: Callable[[Path], None]
) -> None:
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    make(tmp_path / taken)
    burn = ("burn", str(PROFILE), "--bench", "sim:1", "--yes", "--logs", "logs")
    ran = burner(tmp_path, *burn)
    assert ran.returncode == 4
    assert "E317 The logs of the slots cannot be written to this folder." in ran.stderr
    assert taken in ran.stderr
    assert "--logs" in ran.stderr
    assert not (tmp_path / "manifest.db").exists()


def test_doctor_tells_that_the_logs_have_no_folder(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    checks = json.loads(burner(tmp_path, "doctor", "--json").stdout)
    assert [check["code"] for check in checks if check["what"] == "logs"] == ["E317"]


def test_a_bench_that_does_not_run_says_so() -> None:
    with pytest.raises(BurnerError) as refused, open_slots((), None, "127.0.0.1:1"):
        pass
    assert refused.value.code == "E194"


def test_a_station_file_gives_its_slots_its_name_and_its_checkpoints(tmp_path: Path) -> None:
    path = tmp_path / "line.yaml"
    slot = "slots: {A: {esp: {location: 99-9}}}"
    path.write_text(f"{{station: line-3, checkpoint_every: 50, {slot}}}", encoding="utf-8")
    with open_slots((), path, None) as slots:
        assert (slots.station, slots.checkpoint_every) == ("line-3", 50)
        with pytest.raises(BurnerError) as refused:
            slots.locate["A"]("esp")
    assert refused.value.code == "E302"


def test_a_bench_gets_as_many_boards_as_are_counted() -> None:
    with open_slots((), None, "sim:1", boards=2) as slots:
        assert slots.bench_control is not None
        assert [slots.bench_control.swap("1"), slots.bench_control.swap("1")] == [True, False]


def test_the_name_of_the_option_comes_before_the_one_in_the_station_file(tmp_path: Path) -> None:
    file = tmp_path / "line.yaml"
    file.write_text('station: line-3\nslots: {"1": {esp: {location: 1-1.4}}}\n')
    with open_slots((), file, None, station="line-4") as slots:
        assert slots.station == "line-4"
    with open_slots(("COM3",), None, None, station="line-5") as slots:
        assert slots.station == "line-5"


def test_a_station_is_called_by_its_computer_in_characters_an_id_may_have() -> None:
    assert station_id("Línea 3/a") == "L-nea-3-a"
    assert station_id()


def test_a_second_station_on_one_computer_gets_a_name_by_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BURNER_STATION", "line 2")
    assert station_id() == "line-2"
    assert station_id("line1") == "line1"
