"""The board on the screen: a reader of events that nothing waits for.

It shows a view in a thread of its own, as tiles on a terminal, as lines elsewhere; whatever
happens to the screen ends the showing, never the burning.
"""

import queue
import threading
import time
from typing import TYPE_CHECKING

from burner.cli.board.completion import Completion
from burner.cli.board.tiles import draw
from burner.cli.board.troubles import Trouble
from burner.cli.board.view import RESTING, View
from burner.cli.board.words import phrase, state_word
from burner.core.unit_events import Finished, Note, Waiting
from burner.core.words.language import Language
from burner.core.words.visible_text import seen
from burner.station.events import (
    LabelScanned,
    Prompt,
    ReworkOrdered,
    ScannerIs,
    SlotIs,
    SlotState,
    StationEvent,
    Typing,
)

if TYPE_CHECKING:
    from rich.console import Console

FRAME_S = 0.25
"""Until a slot's new state is on the screen, at most."""
MOVING_S = 0.5
"""Between frames while only bars and times move: drawing is most of what a single slot costs."""
GOOD = (SlotState.PASS, SlotState.KNOWN)
Shown = StationEvent | Completion | str | int
"""What a board shows: an event, the end of the batch, a phrase that concerns all slots, how many
units of the batch are good."""
LOUD = (*GOOD, SlotState.OTHER_BATCH, SlotState.FAIL, SlotState.ERROR, SlotState.RESCAN)


def told(view: View, event: StationEvent) -> str | None:
    """One event as a line for a log or a pipe; None for what is not worth one."""
    if isinstance(event, Waiting) and event.code:
        trouble = view.trouble_of[event.slot]
        return f"{trouble.where(view.language)}  {_words(trouble, view.language)}"
    if isinstance(event, Note):
        return view.note
    if isinstance(event, LabelScanned | ReworkOrdered | Prompt | ScannerIs):
        return _of_input(view, event)
    if isinstance(event, Finished) and event.warnings:
        warned = (view.warned[event.slot, code] for code in event.warnings)
        return "\n".join(f"{t.where(view.language)}  {_words(t, view.language)}" for t in warned)
    if not isinstance(event, SlotIs) or event.state in (*RESTING, SlotState.BURNING):
        return None
    language, tile = view.language, view.tiles[event.slot]
    parts = [f"{phrase('slot', language)} {tile.slot}", state_word(event.state, language)]
    match event.state:
        case SlotState.KNOWN if tile.earlier:
            already = phrase("already", language, tile.earlier.when, tile.earlier.slot)
            parts += [tile.called, already]
        case _ if tile.slot in view.trouble_of:
            parts += [tile.called, _words(view.trouble_of[tile.slot], language)]
        case SlotState.SEEN:
            return None
        case SlotState.SCAN | SlotState.RESCAN:
            pass
        case _:
            tries = phrase("try", language, tile.tries) if tile.tries > 1 else ""
            parts += [tile.called, f"{tile.elapsed(0):.1f} s", tries]
    return "  ".join(part for part in parts if part)


def _of_input(view: View, event: LabelScanned | ReworkOrdered | Prompt | ScannerIs) -> str | None:
    """What came of a scan or a key, as a line."""
    match event:
        case LabelScanned(slot, label):
            return seen(f"{phrase('slot', view.language)} {slot}  {label}")
        case ReworkOrdered(slot, reason) if reason:
            rework = phrase("rework of", view.language, reason)
            return seen(f"{phrase('slot', view.language)} {slot}  {rework}")
        case Prompt(text, args, options) if text:
            choices = "".join(f"  {n} {option}" for n, option in enumerate(options, 1))
            return seen(phrase(text, view.language, *args) + choices)
        case ScannerIs(scanner) if scanner in view.trouble_of:
            trouble = view.trouble_of[scanner]
            return f"{trouble.where(view.language)}  {_words(trouble, view.language)}"
    return None


def _words(trouble: Trouble, language: Language) -> str:
    return seen(f"{trouble.error.code}  {trouble.says(language)}  → {trouble.do(language)}")


class Board:
    """Shows a view while events come; `show` never blocks and never raises."""

    def __init__(self, view: View, console: "Console", bell: bool = False) -> None:
        self._view = view
        self._console = console
        self._bell = bell
        self._unicode = console.encoding.startswith("utf")
        self._events: queue.SimpleQueue[tuple[Shown, float] | None]
        self._events = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)

    def start(self) -> None:
        """Begin to show."""
        self._thread.start()

    def show(self, event: StationEvent) -> None:
        """Take an event; it is drawn when the screen gets to it."""
        self._events.put((event, time.monotonic()))

    def say(self, what: str) -> None:
        """Show a phrase that concerns all slots, from any thread."""
        self._events.put((phrase(what, self._view.language), time.monotonic()))

    def count(self, passed: int) -> None:
        """Show how many units of the batch are good, from any thread."""
        self._events.put((passed, time.monotonic()))

    def complete(self, completion: Completion) -> None:
        """Show that the batch has all its units, over what stood there."""
        self._events.put((completion, time.monotonic()))

    def close(self, timeout_s: float = 2.0) -> None:
        """Show what is left and end; a screen that hangs is left behind."""
        self._events.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        for way in (self._live, self._lines):
            if way == self._live and not self._console.is_terminal:
                continue
            try:
                way()
            except Exception:  # noqa: S112 - the screen died; the line goes on without it
                continue
            return

    def _live(self) -> None:
        from rich.console import Group
        from rich.live import Live

        with Live(
            console=self._console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        ) as live:
            going = True
            while going:
                going = self._take(MOVING_S)
                size = self._console.size
                lines = draw(
                    self._view, time.monotonic(), size.width, size.height - 1, self._unicode
                )
                live.update(Group(*lines), refresh=True)

    def _take(self, seconds: float) -> bool:
        """Take what comes in for a frame's time; False at the end."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                item = self._events.get(timeout=left)
            except queue.Empty:
                break
            if item is None:
                return False
            self._add(*item)
            if isinstance(item[0], SlotIs | Prompt | Typing | Completion | str):
                until = min(until, time.monotonic() + FRAME_S)
        return True

    def _lines(self) -> None:
        while (item := self._events.get()) is not None:
            self._add(*item)
            if text := self._line(item[0]):
                self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _line(self, event: Shown) -> str | None:
        if isinstance(event, Completion):
            language = self._view.language
            return "\n".join((event.says(language), *event.steps(language)))
        if isinstance(event, int):
            return None
        return event if isinstance(event, str) else told(self._view, event)

    def _add(self, event: Shown, now: float) -> None:
        if isinstance(event, Completion):
            self._view.complete(event)
            return
        if isinstance(event, str):
            self._view.notice = event
            return
        if isinstance(event, int):
            self._view.passed = event
            return
        self._view.add(event, now)
        if self._bell and isinstance(event, SlotIs) and event.state in LOUD:
            self._console.file.write("\a" if event.state in GOOD else "\a\a")
