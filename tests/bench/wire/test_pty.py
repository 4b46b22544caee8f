"""The PTY beside a port: opening it is plugging the board in with its button held."""

import time
from collections.abc import Iterator

import pytest
import serial

from burner.bench.unit.unit_spec import UART_TIME
from burner.bench.wire import pty
from tests.bench.echo import Echoes, RunningBench, becomes_true, serving

pytestmark = pytest.mark.skipif(not pty.AVAILABLE, reason="PTYs are for POSIX")


@pytest.fixture
def echoes() -> Echoes:
    return Echoes()


@pytest.fixture
def rig(echoes: Echoes) -> Iterator[RunningBench]:
    with serving("sim:1", echoes.build, with_pty=True) as served:
        yield served


def path(rig: RunningBench) -> str:
    own = rig.bench.slots["1"].ports["esp"].pty
    assert own is not None
    return own.path


def test_what_is_written_reaches_the_chip_and_its_answer_comes_back(rig: RunningBench) -> None:
    with serial.Serial(path(rig), 115200, timeout=20, exclusive=True) as port:
        port.write(b"\x00\x03\x11\x13\xff\r\n")
        assert port.read(7) == b"\x00\x03\x11\x13\xff\r\n"


def test_opening_it_wakes_the_chip_in_download_mode(rig: RunningBench, echoes: Echoes) -> None:
    with serial.Serial(path(rig), 115200, timeout=20):
        assert becomes_true(lambda: "download" in echoes[1].done)


def test_every_opening_is_a_new_power_up(rig: RunningBench, echoes: Echoes) -> None:
    for count in (1, 2):
        with serial.Serial(path(rig), 115200, timeout=20) as port:
            port.write(b"x")
            assert port.read(1) == b"x"
        assert becomes_true(lambda: not rig.bench.slots["1"].ports["esp"].busy)
        assert echoes[1].done.count("download") == count


@pytest.mark.parametrize("baud", [115200, 921600, 750000])
def test_the_baud_rate_set_on_it_is_seen(rig: RunningBench, echoes: Echoes, baud: int) -> None:
    with serial.Serial(path(rig), baud, timeout=20) as port:
        port.write(b"x")
        assert port.read(1) == b"x"
    assert rig.bench.slots["1"].ports["esp"].line is not None
    assert baud == 115200 or f"baud={baud}" in echoes[1].done


def test_while_it_is_open_the_tcp_port_is_busy(rig: RunningBench) -> None:
    with serial.Serial(path(rig), 115200, timeout=20) as port:
        port.write(b"x")
        port.read(1)
        assert rig.hand.status()["slots"]["1"]["ports"]["esp"]["open"]


def test_a_slow_line_blocks_the_writer(echoes: Echoes) -> None:
    with (
        serving("sim:1", Echoes(UART_TIME).build, with_pty=True) as rig,
        serial.Serial(path(rig), 9600, timeout=20, write_timeout=0.3) as port,
    ):
        start = time.monotonic()
        with pytest.raises(serial.SerialTimeoutException):
            port.write(bytes(200_000))
        assert time.monotonic() - start < 60  # the whole would take 208 s


def test_an_idle_bench_with_ptys_costs_next_to_nothing() -> None:
    with serving("sim:8", Echoes().build, with_pty=True):
        before = time.process_time()
        time.sleep(0.5)
        assert time.process_time() - before < 0.1  # a fifth of one processor
