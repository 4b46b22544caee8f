"""Ctrl-C in a long piece of work: once, it ends after the step in flight; twice, it ends now.

A closed terminal is as the first one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from burner.cli.run.signals import handled
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.words.phrases import phrase

WARNING = "stop request"
"""Name of the thread that says so."""


class StopRequest:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self._requested = False

    def __call__(self) -> bool:
        """Whether to stop after the step in flight."""
        return self._requested

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Handle signals until the block ends."""
        with handled(self._interrupt, self._hang_up):
            yield

    def _hang_up(self, _number: int, _frame: FrameType | None) -> None:
        self._requested = True

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._requested:
            raise KeyboardInterrupt
        self._requested = True
        # In a thread: the main thread may hold the lock of the stream.
        words = phrase("stopping after chunk", language())
        threading.Thread(target=screen.warn, args=(words,), name=WARNING, daemon=True).start()
