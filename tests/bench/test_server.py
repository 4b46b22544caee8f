"""A bench as clients see it: `sim://`, plain TCP, boards that come and go."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from serial import SerialException, SerialTimeoutException

from burner.bench import server
from burner.bench.bench_file import read_spec
from burner.bench.download_mode import slip
from burner.bench.download_mode.commands import SYNC_PAYLOAD, Op
from burner.bench.server import Bench
from burner.bench.unit.unit_spec import UART_TIME
from burner.bench.wire import frames
from burner.bench.wire.client_protocols import GREETING
from burner.bench.wire.protocol_sim import SimSerialPort
from burner.core.errors import BurnerError
from tests.bench.echo import Echoes, RunningBench, becomes_true, serving
from tests.bench.host import request, words


@pytest.fixture
def echoes() -> Echoes:
    return Echoes()


@pytest.fixture
def rig(echoes: Echoes) -> Iterator[RunningBench]:
    with serving("sim:2,boards=3", echoes.build) as served:
        yield served


@pytest.fixture
def port(rig: RunningBench) -> Iterator[SimSerialPort]:
    with opened(rig.url()) as serial:
        yield serial


def opened(address: str, timeout: float | None = 20.0) -> SimSerialPort:
    serial = SimSerialPort(timeout=timeout)
    serial.port = address
    serial.open()
    return serial


def test_what_is_written_reaches_the_chip_and_its_answer_comes_back(port: SimSerialPort) -> None:
    assert port.write(b"hello") == 5
    assert port.read(5) == b"hello"


def test_esptool_takes_the_port_for_one_whose_lines_are_set_one_by_one(port: SimSerialPort) -> None:
    assert port.name.startswith("rfc2217:")
    assert str(port.port).startswith("sim://")


def test_lines_baud_and_bytes_arrive_in_the_order_they_were_sent(
    port: SimSerialPort, echoes: Echoes
) -> None:
    port.write(b"a")
    port.dtr = False
    port.baudrate = 921600
    port.rts = False
    port.write(b"b")
    port.flush()
    order = ["plug", "baud=9600", "dtr=1 rts=1", b"a", "dtr=0 rts=1", "baud=921600"]
    assert echoes[1].log == [*order, "dtr=0 rts=0", b"b"]


def test_a_setting_that_does_not_change_is_not_sent_again(
    port: SimSerialPort, echoes: Echoes
) -> None:
    for timeout in (1, 2, 3):
        port.timeout = timeout
        port.dtr = True
    port.flush()
    assert echoes[1].done == ["plug", "baud=9600", "dtr=1 rts=1"]


def test_reading_gives_what_is_there_when_the_timeout_ends(port: SimSerialPort) -> None:
    port.write(b"abc")
    assert becomes_true(lambda: port.in_waiting == 3)
    port.timeout = 0.05
    start = time.monotonic()
    assert port.read(10) == b"abc"
    assert 0.04 < time.monotonic() - start < 60


def test_a_timeout_of_zero_never_waits(port: SimSerialPort) -> None:
    port.timeout = 60
    port.timeout = 0
    start = time.monotonic()
    assert port.read(1) == b""
    assert time.monotonic() - start < 30


def test_in_waiting_counts_without_taking(port: SimSerialPort) -> None:
    port.write(b"abc")
    assert becomes_true(lambda: port.in_waiting == 3)
    assert port.read_all() == b"abc"


def test_the_input_buffer_can_be_dropped(port: SimSerialPort) -> None:
    port.write(b"old")
    assert becomes_true(lambda: port.in_waiting == 3)
    port.reset_input_buffer()
    port.write(b"new")
    assert port.read(3) == b"new"


def test_closing_lets_both_lines_go(port: SimSerialPort, echoes: Echoes) -> None:
    port.close()
    assert becomes_true(lambda: echoes[1].done[-1] == "dtr=0 rts=0")


def test_a_second_host_finds_the_port_busy(rig: RunningBench, port: SimSerialPort) -> None:
    with pytest.raises(SerialException, match="busy"):
        opened(rig.url())


def test_a_port_can_be_had_again_after_its_host_left(
    rig: RunningBench, port: SimSerialPort
) -> None:
    for _ in range(3):
        port.close()
        port.open()
    port.write(b"x")
    assert port.read(1) == b"x"


def test_a_port_that_nobody_serves_does_not_open() -> None:
    with socket.socket() as taken:  # so that nobody else serves it meanwhile
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(SerialException, match="could not open port"):
            opened(f"sim://127.0.0.1:{taken.getsockname()[1]}")


@pytest.mark.parametrize("address", ["sim://", "sim://127.0.0.1", "sim://:80x"])
def test_an_address_that_is_none_does_not_open(address: str) -> None:
    with pytest.raises((SerialException, ValueError)):
        opened(address)


def test_a_closed_port_says_so(port: SimSerialPort) -> None:
    port.close()
    with pytest.raises(SerialException, match="not open"):
        port.read(1)


def test_writing_blocks_when_the_transmit_buffer_is_full() -> None:
    with serving("sim:1", Echoes(UART_TIME).build) as rig, opened(rig.url()) as port:
        port.baudrate = 9600
        port.write_timeout = 0.2
        with pytest.raises(SerialTimeoutException):
            port.write(bytes(frames.WINDOW + 20_000))


def test_a_write_returns_at_the_pace_of_the_wire() -> None:
    with serving("sim:1", Echoes(UART_TIME).build) as rig, opened(rig.url()) as port:
        port.baudrate = 921600
        start = time.monotonic()
        port.write(bytes(frames.WINDOW + 64 * 1024))
        assert 0.5 < time.monotonic() - start < 60


def test_flush_waits_until_the_last_byte_is_out() -> None:
    with serving("sim:1", Echoes(UART_TIME).build) as rig, opened(rig.url()) as port:
        port.baudrate = 115200
        start = time.monotonic()
        port.write(bytes(2304))
        port.flush()
        assert 0.19 < time.monotonic() - start < 60


def test_megabytes_pass_whole_in_both_directions(port: SimSerialPort) -> None:
    data = bytes(range(256)) * 8192
    writer = threading.Thread(target=port.write, args=(data,))
    writer.start()
    assert port.read(len(data)) == data
    writer.join()


# unplugging


def test_a_port_that_vanishes_ends_a_read_that_waits(
    rig: RunningBench, port: SimSerialPort
) -> None:
    port.timeout = None
    hand = threading.Timer(0.1, rig.hand.unplug, ["1"])
    hand.start()
    with pytest.raises(SerialException, match="unplugged"):
        port.read(1)
    hand.join()  # the bench answers it before it goes


def test_a_chip_whose_port_vanishes_by_itself_is_gone_for_the_host(
    port: SimSerialPort, echoes: Echoes
) -> None:
    echoes[1].connected = False
    port.write(b"x")
    with pytest.raises(SerialException, match="unplugged"):
        port.read(100)


def test_an_unplugged_port_does_not_open_until_it_is_plugged(
    rig: RunningBench, echoes: Echoes
) -> None:
    rig.hand.unplug("1")
    with pytest.raises(SerialException, match="No such file"):
        opened(rig.url())
    rig.hand.plug("1")
    opened(rig.url()).close()


# boards


def test_a_swap_puts_the_next_board_into_the_slot(rig: RunningBench, echoes: Echoes) -> None:
    assert rig.hand.swap("1")
    with opened(rig.url()) as port:
        port.write(b"third")
        assert port.read(5) == b"third"
    assert (echoes[3].received, echoes[1].done) == (b"third", ["plug", "unplug"])
    assert not rig.hand.swap("1")
    assert rig.hand.status()["slots"]["1"]["board"] is None


def test_a_board_from_the_shelf_comes_back_as_it_was(rig: RunningBench, echoes: Echoes) -> None:
    rig.hand.remove("1")
    assert rig.hand.status()["shelf"] == [1]
    assert rig.hand.insert("1", board=1)
    assert rig.hand.status()["slots"]["1"]["board"]["number"] == 1
    assert echoes[1].done == ["plug", "unplug", "plug"]


def test_a_full_slot_takes_no_second_board(rig: RunningBench) -> None:
    assert not rig.hand.insert("1", board=7)
    rig.hand.remove("1")
    assert not rig.hand.insert("1", board=7)


def test_a_renumbered_port_comes_back_under_another_address(rig: RunningBench) -> None:
    before = rig.url()
    rig.hand.renumber("1")
    with pytest.raises(SerialException):
        opened(before)
    assert becomes_true(lambda: "esp" in rig.hand.slots()["1"])
    now = rig.hand.slots()["1"]["esp"]
    assert now != before
    opened(now).close()


def test_the_control_port_says_what_it_does_not_understand(rig: RunningBench) -> None:
    for do, slot in (("dance", "1"), ("swap", "9"), ("", "")):
        with pytest.raises(ValueError, match=r"slot|one of"):
            rig.hand.ask(do, slot)


@pytest.mark.parametrize(
    "line", [b"[]", b"{", b"3", b"[" * 5000, b'{"do": "swap", "slot": []}', b"\xff"]
)
def test_nonsense_on_the_control_port_is_answered_and_harms_nobody(
    rig: RunningBench, line: bytes
) -> None:
    with socket.create_connection(address(rig.control)) as caller:
        caller.sendall(line + b"\n")
        assert b'"ok": false' in caller.recv(4096)


def reset(port: SimSerialPort, download: bool) -> None:
    """What esptool does with the lines."""
    port.baudrate = 115200
    port.dtr, port.rts = False, True
    port.dtr, port.rts = download, False
    port.dtr = False


def call(port: SimSerialPort, *requests: bytes) -> None:
    """Into download mode, and these commands; all their answers are heard."""
    reset(port, download=True)
    port.read_until(b"download\r\n")
    for packet in (request(Op.SYNC, SYNC_PAYLOAD), *requests):
        port.write(slip.encode(packet))
        assert port.read_until(slip.END, 100)
    port.timeout = 0.05
    port.read(1000)


def number(rig: RunningBench) -> int:
    """Of the board in the slot; 0 = none."""
    board = rig.hand.status()["slots"]["1"]["board"]
    return int(board["number"]) if board else 0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GAP_S", 0.05)
    monkeypatch.setattr(server, "UNANSWERED_S", 0.3)


def flashed_and_started(rig: RunningBench) -> None:
    with opened(rig.url()) as port:
        reset(port, download=True)
        assert b"waiting for download" in port.read_until(b"download\r\n")
        reset(port, download=False)
        assert b"boot:" in port.read_until(b"boot:")


@pytest.mark.usefixtures("quick")
def test_a_finished_board_makes_way_for_the_next_by_itself() -> None:
    with serving("sim:1,boards=2,swap=0.05") as rig:
        first = rig.hand.status()["slots"]["1"]["board"]
        flashed_and_started(rig)
        assert becomes_true(lambda: rig.hand.slots()["1"] == {})
        assert becomes_true(lambda: rig.hand.slots()["1"])
        second = rig.hand.status()["slots"]["1"]["board"]
    assert (first["number"], second["number"]) == (1, 2)
    assert first["mac"] != second["mac"]


@pytest.mark.usefixtures("quick")
def test_a_board_that_fails_before_it_starts_makes_way_once_the_port_is_free() -> None:
    with serving("sim:1,boards=2,swap=0") as rig:
        with opened(rig.url()) as port:
            call(port, request(Op.READ_REG, words(0x40001000)))
            assert number(rig) == 1
        assert becomes_true(lambda: number(rig) == 2)


@pytest.mark.usefixtures("quick")
def test_a_board_that_was_only_looked_for_stays_in_its_slot() -> None:
    with serving("sim:1,boards=2,swap=0") as rig:
        with opened(rig.url()) as port:
            call(port)
        time.sleep(0.5)
        assert number(rig) == 1


@pytest.mark.usefixtures("quick")
def test_a_board_that_never_answers_makes_way_too(tmp_path: Path) -> None:
    bench_file = tmp_path / "bench.yaml"
    dead = "slots: 1\nboards: 2\nswap: 0\nunits: [{faults: [{kind: dead}]}, {}]"
    bench_file.write_text(dead, encoding="utf-8")
    with serving(str(bench_file)) as rig:
        with opened(rig.url(), timeout=0.05) as port:
            port.write(slip.encode(request(Op.SYNC, SYNC_PAYLOAD)))
            assert port.read(1) == b""
        assert number(rig) == 1
        assert becomes_true(lambda: number(rig) == 2)


def test_a_board_that_only_boots_stays_in_its_slot() -> None:
    with serving("sim:1,boards=2,swap=0") as rig, opened(rig.url()) as port:
        reset(port, download=False)
        port.read_until(b"boot:")
        assert rig.hand.status()["slots"]["1"]["board"]["number"] == 1


def test_a_board_can_come_back_under_another_port_and_what_it_said_waits_there(
    tmp_path: Path,
) -> None:
    bench_file = tmp_path / "bench.yaml"
    bench_file.write_text("slots: 1\nusb: 600K\nunits: [{renumbers: true}]", encoding="utf-8")
    with serving(str(bench_file)) as rig:
        before = rig.url()
        with opened(before) as port:
            reset(port, download=True)
            port.read_until(b"download\r\n")
            reset(port, download=False)
            with pytest.raises(SerialException, match="unplugged"):
                port.read(1000)
        assert becomes_true(lambda: rig.hand.slots()["1"].get("esp", before) != before)
        with opened(rig.hand.slots()["1"]["esp"]) as port:
            assert b"boot:" in port.read_until(b"boot:")


# plain TCP


def test_a_plain_byte_stream_is_a_serial_line_too(rig: RunningBench) -> None:
    with socket.create_connection(rig.tcp(), 60) as caller:
        caller.sendall(b"AT\r")
        assert caller.recv(10) == b"AT\r"


def test_a_byte_stream_that_greets_the_rom_wakes_the_chip_in_download_mode(
    rig: RunningBench, echoes: Echoes
) -> None:
    with socket.create_connection(rig.tcp(), 60) as caller:
        for data in (GREETING, GREETING, b"other talk", GREETING):
            caller.sendall(data)
            assert caller.recv(20) == data
    wakes = ["plug", "download", GREETING, GREETING, b"other talk", "download", GREETING]
    assert echoes[1].log[:7] == wakes


def test_a_client_that_only_listens_hears_the_chip() -> None:
    with (
        serving("sim:1", Echoes(greeting=b"boot").build) as rig,
        socket.create_connection(rig.tcp(), 60) as caller,
    ):
        assert caller.recv(10) == b"boot"


def test_a_hello_in_pieces_is_still_a_hello(rig: RunningBench) -> None:
    with socket.create_connection(rig.tcp(), 60) as caller:
        for byte in frames.HELLO:
            caller.sendall(bytes((byte,)))
            time.sleep(0.002)
        assert caller.recv(100) == frames.pack(frames.FrameKind.ANSWER, b"ok")


def test_broken_frames_end_the_connection_and_nothing_else(rig: RunningBench) -> None:
    with socket.create_connection(rig.tcp(), 60) as caller:
        caller.sendall(frames.HELLO + b"\xff" * 20)
        caller.recv(100)
        assert caller.recv(100) == b""
    opened(rig.url()).close()


def test_a_port_that_is_taken_is_named(rig: RunningBench) -> None:
    number = rig.tcp()[1]
    with pytest.raises(BurnerError) as refused:
        Bench(read_spec("sim:1"), base_port=number)
    assert refused.value.code == "E193"


def address(text: str) -> tuple[str, int]:
    host, _, number = text.rpartition(":")
    return host, int(number)
