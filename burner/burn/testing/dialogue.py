"""A dialogue with the started firmware: what is sent, which lines must come, what they say.

Only whole lines count: half a line could hold half a number. Whatever the firmware prints, each
line of the dialogue ends at its deadline, or after `MAX_HEARD` bytes.
"""

import re
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from typing import Final

from burner.burn.boot_lines import shown
from burner.burn.testing.answer import TestAnswer
from burner.core import regex
from burner.core.code import Code
from burner.core.device_lines import LineSplitter
from burner.core.errors import BurnerError
from burner.devices.device import Device, SerialLine
from burner.profile.tests import DialogueLine, SerialDialogue

MAX_HEARD: Final = 1_000_000
"""Bytes that the firmware may print while one line is awaited."""
_PORT_AWAY: Final = (Code.PORT_MISSING, Code.BOARD_REMOVED)
_PORT_BACK_S: Final = 3.0
"""A chip's own USB port goes away with the reset, and comes back within this time."""
_PAUSE_S: Final = 0.1
_PROMPT: Final = re.compile(rb"\S{0,32}[>#$] ?")
"""A line that has begun so is the prompt of a console: the answer may follow it."""


def hold_dialogue(
    device: Device,
    dialogue: SerialDialogue,
    console_baud: int,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> TestAnswer:
    """Hold a dialogue with a unit that has started.

    Args:
        device: the unit.
        dialogue: of the profile.
        console_baud: where the dialogue has no rate of its own.
        clock: gives seconds.
        pause: sleeps so many seconds.

    Raises:
        BurnerError: E3 the port.
    """
    baud = dialogue.baud or console_baud
    try:
        with closing(_open(device, dialogue.port, baud, clock, pause)) as line:
            return _Dialogue(line, clock).hold(dialogue)
    except BurnerError as error:
        if error.code not in _PORT_AWAY:
            raise
        _open(device, dialogue.port, baud, clock, pause).close()
        return TestAnswer(code=Code.TEST_DIALOGUE_FAILED, detail="its port went away and came back")


def _open(
    device: Device,
    port: str,
    baud: int,
    clock: Callable[[], float],
    pause: Callable[[float], None],
) -> SerialLine:
    ends = clock() + _PORT_BACK_S
    while True:
        try:
            return device.line(port, baud)
        except BurnerError as error:
            if error.code not in _PORT_AWAY or clock() + _PAUSE_S >= ends:
                raise
            pause(_PAUSE_S)


class _Dialogue:
    """One dialogue on an open line."""

    def __init__(self, line: SerialLine, clock: Callable[[], float]) -> None:
        self._line, self._clock = line, clock
        self._splitter = LineSplitter()
        self._unread: deque[str] = deque()
        """Lines that came and that no expectation has looked at."""
        self._last = ""

    def hold(self, dialogue: SerialDialogue) -> TestAnswer:
        values: dict[str, str] = {}
        for number, entry in enumerate(dialogue.lines, 1):
            if entry.send:
                self._forget_what_came()
                self._line.send(entry.send.encode())
            if entry.expect is None:
                continue
            match, why = self._await(entry)
            if match is None:
                what = f"line {number}: no line matched {shown(entry.expect)}; {why}"
                return TestAnswer(values, Code.TEST_DIALOGUE_FAILED, what)
            values |= {name: value for name, value in match.groupdict().items() if value}
        return TestAnswer(values)

    def _await(self, entry: DialogueLine) -> tuple[regex.Match | None, str]:
        """The match in the first line that has one; else None, and what came instead."""
        assert entry.expect is not None  # noqa: S101 - the caller has looked
        ends, heard = self._clock() + entry.within_s, 0
        while True:
            while self._unread:
                self._last = self._unread.popleft()
                if match := regex.search(entry.expect, self._last):
                    return match, ""
            left_s = ends - self._clock()
            if left_s <= 0:
                return None, self._what_came(heard)
            heard += self._hear(left_s)
            if heard > MAX_HEARD:
                return None, f"the unit printed more than {MAX_HEARD} bytes"

    def _forget_what_came(self) -> None:
        """What came before a question answers none, nor does the line that has begun."""
        heard = 0
        while heard <= MAX_HEARD and (data := self._line.receive(0.0)):
            heard += len(data)
            self._splitter.feed(data)
        self._unread.clear()
        if not _PROMPT.fullmatch(self._splitter.begun):
            self._splitter.skip_begun()

    def _hear(self, timeout_s: float) -> int:
        """Take in what comes within the time; how many bytes."""
        data = self._line.receive(timeout_s)
        lines = self._splitter.feed(data)
        self._unread += [line.decode("utf-8", errors="replace") for line in lines]
        return len(data)

    def _what_came(self, heard: int) -> str:
        if rest := self._splitter.end():
            return f"the last line has no end: {shown(rest.decode('utf-8', errors='replace'))}"
        if not self._last:
            return f"{heard} bytes came, no whole line" if heard else "nothing came"
        return f"last line was {shown(self._last)}" if heard else "nothing more came"
