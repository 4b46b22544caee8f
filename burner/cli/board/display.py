"""The display of a run. Burning never waits for it.

A thread of its own shows the view: as tiles on a terminal, as lines elsewhere. An error of the
screen ends the display, never the burning.
"""

import queue
import threading
import time
from typing import TYPE_CHECKING

from burner.cli.board.batch_full import FullBatch
from burner.cli.board.display_view import DisplayView
from burner.cli.board.tiles import draw
from burner.cli.board.troubles import Trouble
from burner.cli.board.words import unit_word
from burner.core.unit_events import ApprovalAwaited, Finished, ManifestAway, RetryStarted
from burner.core.words.language import Language
from burner.core.words.phrases import phrase
from burner.core.words.visible_text import escape_invisible
from burner.station.events import (
    GOOD_IN_BATCH,
    RESTING,
    DeviceStateChanged,
    FirstArticleChanged,
    HookFailed,
    LabelRefused,
    LabelScanned,
    PrinterStateChanged,
    Prompt,
    ReworkOrdered,
    ScanBackAwaited,
    ScannerStateChanged,
    ScanRefused,
    SlotState,
    SlotStateChanged,
    StationEvent,
    StationNotice,
    Typing,
    UnitLabelChanged,
)

if TYPE_CHECKING:
    from rich.console import Console

FRAME_S = 0.25
"""A new state of a slot is on the screen within this time."""
MOVING_S = 0.5
"""Between frames while only bars and times change: drawing needs most of the CPU of a slot."""
Shown = StationEvent | FullBatch
"""An event, or the end of the batch."""
RINGS_ONCE = GOOD_IN_BATCH
RINGS_TWICE = (SlotState.OTHER_BATCH, SlotState.FAIL, SlotState.ERROR, SlotState.RESCAN)
"""States at which the bell rings: a person must do something other than the usual."""


def event_line(view: DisplayView, event: StationEvent) -> str | None:
    """An event as a line for a log or a pipe; None for events without a line."""
    if isinstance(event, ManifestAway | LabelRefused | ScanRefused | ApprovalAwaited):
        trouble = view.trouble_of[event.slot]
        return f"{trouble.where(view.language)}  {_error_text(trouble, view.language)}"
    if isinstance(event, RetryStarted):
        return view.note
    if isinstance(
        event,
        LabelScanned
        | ReworkOrdered
        | Prompt
        | DeviceStateChanged
        | UnitLabelChanged
        | ScanBackAwaited
        | FirstArticleChanged
        | StationNotice
        | HookFailed,
    ):
        return _input_line(view, event)
    if isinstance(event, Finished) and event.warnings:
        warned = (view.warned[event.slot, code] for code in event.warnings)
        return "\n".join(
            f"{t.where(view.language)}  {_error_text(t, view.language)}" for t in warned
        )
    if not isinstance(event, SlotStateChanged) or event.state in (*RESTING, SlotState.BURNING):
        return None
    language, tile = view.language, view.tiles[event.slot]
    word = unit_word(event.state, tile.code, language)
    parts = [f"{phrase('slot', language)} {tile.slot}", word]
    match event.state:
        case SlotState.KNOWN if tile.earlier:
            already = phrase("already", language, tile.earlier.when, tile.earlier.slot)
            parts += [tile.called, already]
        case _ if tile.slot in view.trouble_of:
            parts += [tile.called, _error_text(view.trouble_of[tile.slot], language)]
        case SlotState.SEEN:
            return None
        case SlotState.SCAN | SlotState.RESCAN:
            pass
        case _:
            tries = phrase("try", language, tile.tries) if tile.tries > 1 else ""
            parts += [tile.called, f"{tile.elapsed(0):.1f} s", tries]
    return "  ".join(part for part in parts if part)


def _input_line(
    view: DisplayView,
    event: LabelScanned
    | ReworkOrdered
    | Prompt
    | DeviceStateChanged
    | UnitLabelChanged
    | ScanBackAwaited
    | FirstArticleChanged
    | StationNotice
    | HookFailed,
) -> str | None:
    """The answer to a scan or a key, or a notice, as a line."""
    match event:
        case StationNotice():
            return view.notice
        case FirstArticleChanged():
            return view.notice or view.note
        case LabelScanned(slot, label):
            return escape_invisible(f"{phrase('slot', view.language)} {slot}  {label}")
        case ReworkOrdered(slot, reason) if reason:
            rework = phrase("rework of", view.language, reason)
            return escape_invisible(f"{phrase('slot', view.language)} {slot}  {rework}")
        case Prompt(text, args, options) if text:
            choices = "".join(f"  {n} {option}" for n, option in enumerate(options, 1))
            return escape_invisible(phrase(text, view.language, *args) + choices)
        case ScanBackAwaited(slot, name) if event.needs_operator:
            return escape_invisible(phrase(event.phrase, view.language, slot, name))
        case HookFailed(hook, code=code):
            trouble = view.warned[hook, code]
            return f"{trouble.where(view.language)}  {_error_text(trouble, view.language)}"
        case ScannerStateChanged(at) | PrinterStateChanged(at) | UnitLabelChanged(_, at) if (
            at in view.trouble_of
        ):
            trouble = view.trouble_of[at]
            return f"{trouble.where(view.language)}  {_error_text(trouble, view.language)}"
    return None


def _error_text(trouble: Trouble, language: Language) -> str:
    return escape_invisible(
        f"{trouble.error.code}  {trouble.says(language)}  → {trouble.do(language)}"
    )


class Display:
    """Shows a view while events come; `show` never blocks and never raises."""

    def __init__(self, view: DisplayView, console: "Console", bell: bool = False) -> None:
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
        """Take an event; it is drawn later, in the thread of the display."""
        self._events.put((event, time.monotonic()))

    def say(self, what: str) -> None:
        """Show a phrase that concerns all slots, from any thread."""
        self.show(StationNotice(what))

    def batch_full(self, full_batch: FullBatch) -> None:
        """Show that the batch has all its units, over what stood there."""
        self._events.put((full_batch, time.monotonic()))

    def close(self, timeout_s: float = 2.0) -> None:
        """Show the events that are left, and end; a screen that hangs is not waited for."""
        self._events.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        for show in (self._live, self._lines):
            if show == self._live and not self._console.is_terminal:
                continue
            try:
                show()
            except Exception:  # noqa: S112 - the screen failed; burning goes on without it
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
            is_open = True
            while is_open:
                is_open = self._take(MOVING_S)
                size = self._console.size
                lines = draw(
                    self._view, time.monotonic(), size.width, size.height - 1, self._unicode
                )
                live.update(Group(*lines), refresh=True)

    def _take(self, seconds: float) -> bool:
        """Take the events that come within the time of one frame; False at the end."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                item = self._events.get(timeout=left)
            except queue.Empty:
                break
            if item is None:
                return False
            self._add(*item)
            if isinstance(item[0], SlotStateChanged | Prompt | Typing | FullBatch | StationNotice):
                until = min(until, time.monotonic() + FRAME_S)
        return True

    def _lines(self) -> None:
        while (item := self._events.get()) is not None:
            self._add(*item)
            if text := self._line(item[0]):
                self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _line(self, event: Shown) -> str | None:
        if isinstance(event, FullBatch):
            language = self._view.language
            return "\n".join((event.says(language), *event.steps(language)))
        return event_line(self._view, event)

    def _add(self, event: Shown, now: float) -> None:
        if isinstance(event, FullBatch):
            self._view.batch_full(event)
            return
        self._view.add(event, now)
        if (
            self._bell
            and isinstance(event, SlotStateChanged)
            and event.state in (*RINGS_ONCE, *RINGS_TWICE)
        ):
            self._console.file.write("\a" if event.state in RINGS_ONCE else "\a\a")
