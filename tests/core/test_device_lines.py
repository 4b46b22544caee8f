"""Lines that a device prints: whole however they arrive, and never without an end."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.burn import boot_lines, prove
from burner.core.device_lines import MAX_LINE, MAX_LINES, MAX_READ, LineSplitter
from burner.core.errors import BurnerError
from burner.devices.esp_worker import listening
from burner.profile.boot import BootSettings

MB = 1 << 20


def split(*chunks: bytes) -> list[bytes]:
    splitter = LineSplitter()
    lines = [line for chunk in chunks for line in splitter.feed(chunk)]
    return [*lines, *filter(None, [splitter.end()])]


@given(st.lists(st.binary(max_size=40)))
def test_lines_do_not_depend_on_how_they_arrive(chunks: list[bytes]) -> None:
    assert split(*chunks) == split(b"".join(chunks))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_every_line_end_ends_a_line(end: bytes) -> None:
    assert split(end.join([b"one", b"two", b""])) == [b"one", b"two"]


def test_a_line_too_long_is_cut_and_nothing_of_it_is_lost() -> None:
    pieces = split(b"x" * 400, b"y" * 2100, b"\nend")
    assert [len(piece) for piece in pieces] == [MAX_LINE, MAX_LINE, 500, 3]
    assert b"".join(pieces) == b"x" * 400 + b"y" * 2100 + b"end"


class Flood:
    """A port at which megabytes wait, and how much was taken at once."""

    def __init__(self, text: bytes, size: int) -> None:
        self.timeout: float | None = None
        self.in_waiting = size
        self.taken: list[int] = []
        self._text = text

    def read(self, size: int) -> bytes:
        size = min(size, self.in_waiting)
        self.in_waiting -= size
        self.taken.append(size)
        return (self._text * (size // len(self._text) + 1))[:size]


def test_megabytes_without_a_line_end_are_taken_in_small_bites_and_cut() -> None:
    port = Flood(b"x", 8 * MB)
    lines = list(listening.lines(port, 20.0, lambda: not port.in_waiting))
    assert max(map(len, lines)) == MAX_LINE
    assert sum(map(len, lines)) == 8 * MB
    assert max(port.taken) == MAX_READ


def test_lines_without_an_end_are_not_heard_for_ever() -> None:
    port = Flood(b"x\n", 100 * MB)
    assert len(list(listening.lines(port, 60.0, lambda: False))) == MAX_LINES
    assert sum(port.taken) < MB


def test_a_unit_that_printed_too_much_is_told_so() -> None:
    with pytest.raises(BurnerError, match="printed 10000 lines; later lines were not read"):
        prove.check_boot_log(BootSettings(expect=("ready",)), ["x"] * MAX_LINES, "name", "product")


def test_a_remark_repeats_the_beginning_of_a_long_line() -> None:
    with pytest.raises(BurnerError) as caught:
        prove.check_boot_log(BootSettings(expect=("ready",)), ["x" * MAX_LINE], "name", "product")
    assert caught.value.detail == f"no line matched 'ready'; last line was '{'x' * 120}…'"


class Once(Sequence[str]):
    """Lines that count how often they are looked at."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.looks = lines, 0

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        line = self.lines[at]
        self.looks += len(line) if isinstance(at, slice) else 1
        return line


def test_each_line_is_looked_at_once_however_many_come() -> None:
    lines = Once([])
    enough = boot_lines.AwaitedLines(("^ready$", "^done$"))
    for number in range(1000):
        lines.lines.append(f"line {number}")
        assert not enough(lines)
    lines.lines += ["ready", "done"]
    assert enough(lines)
    assert lines.looks == 1002
