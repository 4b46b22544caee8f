"""What a line does in order and in time, and the frames between a `sim://` port and the bench."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.unit.unit_spec import TIME_OFF, UART_TIME
from burner.bench.wire import frames
from burner.bench.wire.client_protocols import SimFrames
from burner.bench.wire.frames import FrameError, FrameKind, FrameReader
from burner.bench.wire.line import PIECE_S, SimLine
from tests.bench.echo import Echo

PIECE_BYTES = int(PIECE_S * 11520)
FRAMES = st.lists(st.tuples(st.sampled_from(FrameKind), st.binary(max_size=40)))


@given(FRAMES, st.lists(st.integers(min_value=1, max_value=9), min_size=1))
def test_frames_come_out_as_they_went_in_however_the_bytes_are_cut(
    sent: list[tuple[FrameKind, bytes]], cuts: list[int]
) -> None:
    wire = b"".join(frames.pack(kind, payload) for kind, payload in sent)
    reader = FrameReader()
    received = []
    while wire:
        size = cuts[len(wire) % len(cuts)]
        received += reader.feed(wire[:size])
        wire = wire[size:]
    assert received == sent


@given(st.binary(min_size=5, max_size=100))
def test_bytes_that_are_no_frames_end_in_a_frame_error_or_wait_for_more(data: bytes) -> None:
    try:
        for kind, _ in FrameReader().feed(data):
            assert kind in FrameKind
    except FrameError:
        pass


@given(FRAMES)
def test_no_frame_of_a_client_breaks_a_line(sent: list[tuple[FrameKind, bytes]]) -> None:
    line = SimLine(Echo(), TIME_OFF)
    answers: list[bytes] = []
    dialect = SimFrames(line, answers.append)
    dialect.feed(b"".join(frames.pack(kind, payload) for kind, payload in sent))
    line.advance(1.0)
    dialect.settle()
    flushes = [kind for kind, _ in sent].count(FrameKind.FLUSH)
    assert [number for answer in answers for number, _ in FrameReader().feed(answer)] == [
        FrameKind.ANSWER,
        *[FrameKind.FLUSH] * flushes,
    ]


def test_without_modelled_time_everything_arrives_at_once_and_in_order() -> None:
    echo = Echo()
    line = SimLine(echo, TIME_OFF)
    line.set_lines(dtr=True, rts=False)
    line.write(b"one")
    line.set_baud(9600)
    line.write(b"two")
    assert line.advance(1.0) == b"onetwo"
    assert echo.log == ["dtr=1 rts=0", b"one", "baud=9600", b"two"]


def test_at_115200_baud_11520_bytes_leave_the_transmit_buffer_in_a_second() -> None:
    line = SimLine(Echo(), UART_TIME)
    line.write(bytes(23040))
    now = 0.0
    while (due := line.due()) is not None and now < 1.0:
        now = max(now, due)
        line.advance(now)
    assert line.taken == pytest.approx(11520, abs=2 * PIECE_BYTES)


def test_a_change_of_baud_waits_for_the_bytes_before_it() -> None:
    echo = Echo()
    line = SimLine(echo, UART_TIME)
    line.write(bytes(576))
    line.set_baud(921600)
    line.advance(0.0)
    assert echo.done == []
    line.advance(0.05)
    assert echo.done == ["baud=921600"]


def test_a_purge_drops_what_is_not_on_the_wire_yet_and_nothing_else() -> None:
    echo = Echo()
    line = SimLine(echo, UART_TIME)
    line.write(bytes(5000))
    line.set_lines(dtr=False, rts=True)
    line.advance(0.0)
    line.drop()
    line.advance(1.0)
    assert len(echo.received) == PIECE_BYTES
    assert echo.done == ["dtr=0 rts=1"]
    assert (line.waiting, line.taken) == (0, 5000)


def test_a_hang_up_to_zero_baud_changes_nothing() -> None:
    echo = Echo()
    line = SimLine(echo, UART_TIME)
    line.set_baud(0)
    line.advance(0.0)
    assert echo.log == []


@given(st.lists(st.binary(min_size=1, max_size=3000), max_size=8))
def test_no_byte_is_lost_or_turned_round_on_a_slow_line(writes: list[bytes]) -> None:
    echo = Echo()
    line = SimLine(echo, UART_TIME)
    for data in writes:
        line.write(data)
    now = 0.0
    while (due := line.due()) is not None:
        now = max(now, due)
        line.advance(now)
    assert echo.received == b"".join(writes)
