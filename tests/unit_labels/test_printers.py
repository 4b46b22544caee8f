"""Printers on the network and in files: what left, and what did not."""

import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from burner.bench.printer.faults import PrinterFaults
from burner.bench.printer.printer import SimulatedPrinter
from burner.core.errors import BurnerError
from burner.station.doctor import check_printer
from burner.station.health import HealthState
from burner.unit_labels.printer import NothingSentError, PrintDoubtfulError
from burner.unit_labels.printers import printer_at
from burner.unit_labels.tcp_printer import TcpPrinter
from burner.unit_labels.zpl import to_zpl
from tests.unit_labels.labels import TEXTS, a_label

ZPL = to_zpl(a_label())


def send(url: str, timeout_s: float = 10.0) -> None:
    connection = printer_at(url, timeout_s).connect()
    try:
        connection.send(ZPL)
    finally:
        connection.close()


def test_a_label_that_the_printer_took_whole_is_sent() -> None:
    with SimulatedPrinter() as printer:
        send(printer.url)
        assert [label.codes for label in printer.labels] == [TEXTS[2:]]
    assert printer.errors == []


def test_a_printer_that_refuses_is_away_and_nothing_was_sent() -> None:
    with SimulatedPrinter(PrinterFaults(away=((0, 60.0),))) as printer:
        with pytest.raises(BurnerError) as error:
            printer_at(printer.url).connect()
        assert error.value.code == "E337"
        assert printer.url in error.value.detail


@pytest.mark.parametrize(
    ("faults", "timeout_s", "printed"),
    [(PrinterFaults(cut=(1,)), 10.0, 0), (PrinterFaults(stuck=(1,)), 0.3, 1)],
    ids=["cut in the middle", "no orderly close"],
)
def test_a_cut_or_a_close_that_does_not_come_is_doubtful(
    faults: PrinterFaults, timeout_s: float, printed: int
) -> None:
    match = f"of {len(ZPL)} bytes sent"
    with SimulatedPrinter(faults) as printer, pytest.raises(PrintDoubtfulError, match=match):
        send(printer.url, timeout_s)
    assert len(printer.labels) == printed


def test_a_printer_that_hangs_up_before_the_first_byte_got_nothing() -> None:
    with SimulatedPrinter() as printer:
        connection = printer_at(printer.url).connect()
    # It has ended: its connections are closed.
    with pytest.raises((NothingSentError, PrintDoubtfulError)):
        connection.send(ZPL)
    connection.close()
    assert printer.labels == []


def test_a_device_file_gets_the_label_at_its_end(tmp_path: Path) -> None:
    device = tmp_path / "lp0"
    device.write_bytes(b"")
    send(str(device))
    send(str(device))
    assert device.read_bytes() == ZPL * 2


def test_a_device_that_is_not_there_is_away(tmp_path: Path) -> None:
    for path in (tmp_path / "lp0", tmp_path):
        with pytest.raises(BurnerError) as error:
            printer_at(str(path)).connect()
        assert error.value.code == "E337"
    assert not (tmp_path / "lp0").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFO")
def test_a_device_whose_open_blocks_is_away_and_is_opened_once(tmp_path: Path) -> None:
    fifo = tmp_path / "lp0"
    os.mkfifo(fifo)
    printer, before = printer_at(str(fifo), timeout_s=0.05), threading.active_count()
    for _ in range(2):
        with pytest.raises(BurnerError, match="timed out") as error:
            printer.connect()
        assert error.value.code == "E337"
    assert threading.active_count() == before + 1
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)  # now it opens
    printer_at(str(fifo)).connect().close()
    os.close(reader)


def test_a_printer_that_closes_its_side_before_the_end_of_the_label_leaves_it_doubtful() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take_ten_bytes() -> None:
            taken, _ = server.accept()
            with taken:
                taken.recv(10)
                taken.shutdown(socket.SHUT_WR)
                taken.recv(1)  # until the other side has ended

        thread = threading.Thread(target=take_ten_bytes)
        thread.start()
        connection = TcpPrinter("127.0.0.1", server.getsockname()[1], 60.0, look_s=60.0).connect()
        with pytest.raises(PrintDoubtfulError, match="closed the connection"):
            connection.send(ZPL)
        connection.close()
        thread.join(60)


@pytest.mark.parametrize("place", ["", " ", "http://host", "tcp://", "tcp://host:x", "tcp://h/x"])
def test_a_text_that_names_no_printer_is_refused(place: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of urlsplit, or ours
        printer_at(place)


@pytest.mark.parametrize(
    ("place", "name"),
    [("tcp://zebra", "tcp://zebra:9100"), ("tcp://[::1]:91", "tcp://[::1]:91"), ("LPT1", "LPT1")],
)
def test_a_printer_is_named_as_it_is_reached(place: str, name: str) -> None:
    assert printer_at(place).name == name


def test_the_doctor_says_whether_the_printer_answers() -> None:
    with SimulatedPrinter() as printer:
        good = check_printer(printer_at(printer.url))
    assert (good.state, good.detail) == (HealthState.OK, printer.url)
    bad = check_printer(printer_at("/no/such/printer"))
    assert (bad.state, bad.code) == (HealthState.FAIL, "E337")
    assert printer.labels == []
