"""The keyboard while the display is drawn: characters as they come, none of them shown.

A scanner that acts as a keyboard types here too. So a key that would stop the program or freeze the
screen is a character like any other; only Ctrl-C keeps its meaning.
"""

import codecs
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

LOOK_S = 0.1
"""Seconds between two checks for an interruption."""
Read = Callable[[float], str | None]
"""Waits so many seconds at most; the characters that came, None when the keyboard is gone."""


@contextmanager
def keyboard() -> Iterator[Read | None]:
    """Read the terminal's keyboard until the block ends; None where there is no terminal."""
    if not sys.stdin.isatty():
        yield None
    elif sys.platform == "win32":
        yield _read_console
    else:
        with _terminal() as read:
            yield read


def wait_for_key(is_interrupted: Callable[[], bool]) -> None:
    """Wait for any key, or until Ctrl-C; return at once where there is no keyboard."""
    with keyboard() as read:
        if read is None:
            return
        while read(LOOK_S):  # what was typed before somebody could read that a key is wanted
            pass
        while not is_interrupted() and read(LOOK_S) == "":
            pass


if sys.platform == "win32":
    import msvcrt
    import signal

    def _read_console(timeout_s: float) -> str | None:
        ends, characters = time.monotonic() + timeout_s, ""
        while True:
            while msvcrt.kbhit():
                character = msvcrt.getwch()
                if character == "\x03":
                    signal.raise_signal(signal.SIGINT)
                elif character in "\0\xe0":
                    msvcrt.getwch()  # the rest of an arrow or function key
                else:
                    characters += character
            if characters or time.monotonic() >= ends:
                return characters
            time.sleep(0.01)

else:
    import select
    import termios

    @contextmanager
    def _terminal() -> Iterator[Read | None]:
        number = sys.stdin.fileno()
        try:
            before = termios.tcgetattr(number)
            nothing = bytes([os.fpathconf(number, "PC_VDISABLE") & 0xFF])
        except (OSError, ValueError, termios.error):
            yield None
            return
        attributes = termios.tcgetattr(number)
        attributes[0] &= ~(termios.IXON | termios.IXOFF)
        attributes[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
        attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0
        attributes[6][termios.VQUIT] = attributes[6][termios.VSUSP] = nothing
        decoder = codecs.getincrementaldecoder("utf-8")("replace")

        def read(timeout_s: float) -> str | None:
            try:
                if not select.select([number], [], [], timeout_s)[0]:
                    return ""
                data = os.read(number, 4096)
            except (OSError, ValueError):
                return None
            return decoder.decode(data) if data else None

        termios.tcsetattr(number, termios.TCSANOW, attributes)
        try:
            yield read
        finally:
            with suppress(termios.error):  # the terminal was closed
                termios.tcsetattr(number, termios.TCSANOW, before)
