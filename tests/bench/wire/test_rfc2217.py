"""RFC 2217 as telnet bytes, and with pyserial's own client."""

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.unit.unit_spec import TIME_OFF
from burner.bench.wire.line import SimLine
from burner.bench.wire.rfc2217 import BINARY, COM_PORT, DO, DONT, IAC, SB, SE, WILL, WONT, Rfc2217
from tests.bench.echo import Echo, Echoes, serving


class Session:
    """A server's side with everything it sent."""

    def __init__(self) -> None:
        self.echo = Echo()
        self.line = SimLine(self.echo, TIME_OFF)
        self.sent = b""
        self.dialect = Rfc2217(self.line, self._send)
        self.greeting, self.sent = self.sent, b""

    def _send(self, data: bytes) -> None:
        self.sent += data

    def says(self, *parts: bytes) -> bytes:
        """Feed bytes; what the server answers."""
        self.sent = b""
        for part in parts:
            self.dialect.feed(part)
        self.line.advance(0.0)
        return self.sent


def com(command: int, value: bytes) -> bytes:
    escaped = value.replace(b"\xff", b"\xff\xff")
    return bytes((IAC, SB, COM_PORT, command)) + escaped + bytes((IAC, SE))


@pytest.fixture
def session() -> Session:
    return Session()


def test_the_server_asks_for_a_line_of_eight_clean_bits(session: Session) -> None:
    assert session.greeting == bytes((IAC, WILL, BINARY, IAC, DO, BINARY))


def test_options_are_agreed_to_once_and_strange_ones_refused(session: Session) -> None:
    assert session.says(bytes((IAC, WILL, COM_PORT))) == bytes((IAC, DO, COM_PORT))
    assert session.says(bytes((IAC, WILL, COM_PORT))) == b""
    assert session.says(bytes((IAC, DO, 24))) == bytes((IAC, WONT, 24))
    assert session.says(bytes((IAC, WILL, 31))) == bytes((IAC, DONT, 31))


def test_an_option_that_was_given_up_can_be_agreed_to_again(session: Session) -> None:
    session.says(bytes((IAC, WILL, COM_PORT)))
    assert session.says(bytes((IAC, WONT, COM_PORT))) == b""
    assert session.says(bytes((IAC, WILL, COM_PORT))) == bytes((IAC, DO, COM_PORT))


def test_control_lines_reach_the_chip_one_by_one(session: Session) -> None:
    for value in (8, 11, 9, 12):
        assert session.says(com(5, bytes((value,)))) == com(105, bytes((value,)))
    assert session.echo.done == ["dtr=1 rts=0", "dtr=1 rts=1", "dtr=0 rts=1", "dtr=0 rts=0"]


@pytest.mark.parametrize(("asked", "answered"), [(0, 1), (4, 6), (7, 9), (10, 12), (13, 14)])
def test_questions_about_control_lines_are_answered(
    session: Session, asked: int, answered: int
) -> None:
    assert session.says(com(5, bytes((asked,)))) == com(105, bytes((answered,)))


def test_a_baud_rate_is_set_in_its_turn_and_confirmed(session: Session) -> None:
    rate = (921600).to_bytes(4, "big")
    assert session.says(b"a" + com(1, rate) + b"b") == com(101, rate)
    assert session.echo.log == [b"a", "baud=921600", b"b"]
    assert session.says(com(1, bytes(4))) == com(101, rate)


def test_a_baud_rate_with_a_byte_of_255_is_read_right(session: Session) -> None:
    rate = (0x1FF00).to_bytes(4, "big")
    assert session.says(com(1, rate)) == com(101, rate)
    assert session.line.baud == 0x1FF00


@pytest.mark.parametrize(
    ("command", "value"), [(2, 8), (3, 1), (4, 1), (12, 1), (12, 3), (11, 255)]
)
def test_settings_are_confirmed_as_they_came(session: Session, command: int, value: int) -> None:
    assert session.says(com(command, bytes((value,)))) == com(command + 100, bytes((value,)))


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=20))
def test_data_passes_whole_however_it_is_cut(data: bytes, size: int) -> None:
    session = Session()
    wire = data.replace(b"\xff", b"\xff\xff")
    session.says(*(wire[i : i + size] for i in range(0, len(wire), size)))
    assert session.echo.received == data
    session.sent = b""
    session.dialect.give(data)
    assert session.sent == wire


@given(st.binary(max_size=200))
def test_any_bytes_end_in_an_orderly_way(data: bytes) -> None:
    session = Session()
    try:
        session.says(bytes((IAC,)) + data)
    except ValueError:
        assert len(data) > 100


@pytest.mark.filterwarnings("ignore::DeprecationWarning:serial.rfc2217")
def test_pyserials_own_client_gets_along_with_it() -> None:
    echoes = Echoes()
    with serving("sim:1", echoes.build) as rig:
        host, number = rig.tcp()
        port = serial.serial_for_url(f"rfc2217://{host}:{number}", 921600, timeout=20)
        port.rts = False
        port.write(b"\xff\x00\xfa")
        assert port.read(3) == b"\xff\x00\xfa"
        port.close()
    assert echoes[1].done[:4] == ["plug", "baud=921600", "dtr=1 rts=0", "dtr=1 rts=1"]
