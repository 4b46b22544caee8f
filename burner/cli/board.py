"""The board: a tile a slot, the batch below. A reader of events that nothing waits for.

`draw` is a pure function of the view, the clock and the size. `Board` shows it in a thread of its
own; whatever happens to the screen ends the showing, never the burning.
"""

import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burner.cli.bigword import LINES, big, width_of
from burner.cli.view import RESTING, Tile, View
from burner.cli.words import STYLES, phrase, shape, state_word, step_word
from burner.errors import lookup
from burner.station import SlotIs, SlotState, StationEvent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

FRAME_S = 0.25
FOOTER_LINES = 6
LOUD = (SlotState.PASS, SlotState.KNOWN, SlotState.FAIL, SlotState.ERROR)


@dataclass(frozen=True)
class Form:
    """A size of tile: lines high, columns wide at least, with a gap below or not."""

    lines: int
    width: int
    gap: int


BIG = Form(lines=LINES + 3, width=23, gap=1)
NORMAL = Form(lines=3, width=9, gap=1)
TIGHT = Form(lines=2, width=9, gap=0)
SMALL = Form(lines=1, width=9, gap=0)


# -- drawing, pure ------------------------------------------------------------------------------


def draw(view: View, now: float, width: int, height: int, unicode: bool = True) -> "list[Text]":
    """The whole board as lines; never more than `height`, none wider than `width`."""
    footer = _footer(view, now, width, unicode)[: max(0, height - 2)]
    room = height - 1 - len(footer)
    lines = [_header(view, now), *_grid(view, now, width, room, unicode)[:room], *footer]
    for line in lines:
        line.truncate(width, overflow="ellipsis" if unicode else "crop")
        line.no_wrap = True
    return lines[:height]


def _header(view: View, now: float) -> "Text":
    from rich.text import Text

    title, language = view.title, view.language
    parts = [title.product]
    for what, value in (
        ("batch", title.batch),
        ("operator", title.operator),
        ("station", title.station),
    ):
        if value:
            parts.append(f"{phrase(what, language)} {value}")
    parts.append(_duration(now - view.started))
    return Text("  ".join(parts), style="bold")


def _grid(view: View, now: float, width: int, room: int, unicode: bool) -> "list[Text]":
    from rich.text import Text

    tiles = list(view.tiles.values())
    form, columns = _fit(len(tiles), width, room)
    tile_width = max(1, (width + 1) // columns - 1)
    lines: list[Text] = []
    for start in range(0, len(tiles), columns):
        row = [
            _tile(tile, view, now, form, tile_width, unicode=unicode)
            for tile in tiles[start : start + columns]
        ]
        lines += [Text(" ").join(parts) for parts in zip(*row, strict=True)]
        lines += [Text("")] * form.gap
    return lines


def _fit(count: int, width: int, room: int) -> tuple[Form, int]:
    """The largest form in which all tiles fit, and how many stand beside each other."""
    for form in (BIG, NORMAL, TIGHT, SMALL):
        columns = max(1, (width + 1) // (form.width + 1))
        rows = -(-count // columns)
        if rows * (form.lines + form.gap) <= room:
            break
    return form, max(1, -(-count // max(1, rows)))


def _tile(
    tile: Tile, view: View, now: float, form: Form, width: int, *, unicode: bool
) -> "list[Text]":
    """A tile's lines, each exactly `width` columns wide."""
    from rich.cells import set_cell_size
    from rich.text import Text

    word = state_word(tile.state, view.language)
    mark = shape(tile.state, unicode)
    head = f" {tile.slot} {mark} {_seconds(tile, now)}"
    foot = _foot(tile, view, unicode, width - 2)
    match form.lines:
        case 1:
            texts = [f"{tile.slot:>2}{mark}{word}"]
        case 2:
            texts = [head, _middle(word, width)]
        case 3:
            texts = [head, _middle(word, width), f" {foot}"]
        case _:
            texts = [head, "", *_big_word(tile.state.value, word, width, unicode), f" {foot}"]
    return [Text(set_cell_size(text, width), style=STYLES[tile.state]) for text in texts]


def _big_word(word: str, said: str, width: int, unicode: bool) -> list[str]:
    letters = big(word) if unicode and width_of(word) <= width else None
    return [_middle(line, width) for line in letters or ("", said, "")]


def _middle(text: str, width: int) -> str:
    from rich.cells import cell_len

    return " " * max(0, (width - cell_len(text)) // 2) + text


def _seconds(tile: Tile, now: float) -> str:
    if tile.state in RESTING or tile.state is SlotState.KNOWN:
        return ""
    elapsed = tile.elapsed(now)
    return f"{elapsed:.0f}s" if elapsed >= 100 else f"{elapsed:.1f}s"


def _foot(tile: Tile, view: View, unicode: bool, width: int) -> str:
    """The most useful thing that fits: progress, then why it failed, then who it is."""
    slower = f"{tile.baud // 1000}k" if 0 < tile.baud < view.baud else ""
    again = phrase("try", view.language).format(tile.tries) if tile.tries > 1 else ""
    match tile.state:
        case SlotState.BURNING if tile.share is not None:
            parts = [_bar(tile.share, max(3, width - 6), unicode), f"{tile.share:4.0%}"]
        case SlotState.BURNING:
            step = step_word(tile.step, view.language) if tile.step else ""
            parts = [step, again, slower, tile.called]
        case SlotState.KNOWN:
            parts = [tile.known.replace("in slot ", "#"), tile.called]
        case SlotState.FAIL | SlotState.ERROR | SlotState.ABORTED:
            parts = [tile.code, tile.called]
        case _:
            parts = [_tail(tile.called, width), again, slower]
    return " ".join(part for part in parts if part)


def _tail(name: str, width: int) -> str:
    """Names of a batch differ at their end."""
    return name[-max(1, width) :]


def _bar(share: float, width: int, unicode: bool) -> str:
    full = round(min(1.0, max(0.0, share)) * width)
    done, rest = ("█", "░") if unicode else ("#", ".")
    return done * full + rest * (width - full)


def _footer(view: View, now: float, width: int, unicode: bool) -> "list[Text]":
    from rich.text import Text

    lines = [_batch(view, width, unicode), _counts(view, now)]
    behind = view.tally.behind()
    if behind:
        slots = ", ".join(f"{slot} {phrase(why, view.language)}" for slot, why in behind.items())
        lines.append(Text(f"{phrase('falls behind', view.language)}: {slots}", style="yellow"))
    elif view.note:
        lines.append(Text(view.note))
    if view.trouble is not None:
        slot, error = view.trouble
        row, language = error.row, view.language
        where = f"{phrase('slot', language)} {slot}"
        arrow = "→" if unicode else "->"
        lines.append(Text(f"{where}  {error.code} {row.sentence(language)}", style="bold red"))
        lines.append(Text(f"{arrow} {row.remedy(language)}"))
    return lines[:FOOTER_LINES]


def _batch(view: View, width: int, unicode: bool) -> "Text":
    from rich.text import Text

    planned = view.title.planned
    if not planned:
        return Text(f"{phrase('total', view.language)} {len(view.tally.units)}")
    said = f" {view.done}/{planned}"
    return Text(_bar(view.done / planned, max(1, width - len(said)), unicode) + said)


def _counts(view: View, now: float) -> "Text":
    from rich.text import Text

    tally, language = view.tally, view.language
    parts = [
        f"{state_word(state, language)} {number}"
        for state, number in tally.counts.items()
        if number or state in (SlotState.PASS, SlotState.FAIL)
    ]
    if tally.silent:
        parts.append(f"{phrase('silent', language)} {len(tally.silent)}")
    if tally.first_pass_yield is not None:
        parts.append(f"{phrase('first pass', language)} {tally.first_pass_yield:.1%}")
    if pace := tally.per_hour(now - view.started):
        parts.append(f"{pace:.0f} {phrase('an hour', language)}")
    if (left := view.seconds_left(now)) is not None:
        parts.append(f"{_duration(left)} {phrase('left', language)}")
    return Text("  ".join(parts))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


# -- lines, for a screen that is no terminal ---------------------------------------------------


def told(view: View, event: StationEvent) -> str | None:
    """One event as a line for a log or a pipe; None for what is not worth one."""
    if not isinstance(event, SlotIs) or event.state in (*RESTING, SlotState.BURNING):
        return None
    language, tile = view.language, view.tiles[event.slot]
    parts = [f"{phrase('slot', language)} {tile.slot}", state_word(event.state, language)]
    match event.state:
        case SlotState.KNOWN:
            parts += [tile.called, f"already PASS at {tile.known}"]
        case SlotState.FAIL | SlotState.ERROR | SlotState.ABORTED if tile.code:
            row = lookup(tile.code)
            parts += [tile.called, tile.code, row.sentence(language), f"→ {row.remedy(language)}"]
        case SlotState.SEEN:
            return None
        case _:
            tries = phrase("try", language).format(tile.tries) if tile.tries > 1 else ""
            parts += [tile.called, f"{tile.elapsed(0):.1f} s", tries]
    return "  ".join(part for part in parts if part)


# -- showing --------------------------------------------------------------------------------------


class Board:
    """Shows a view while events come; `show` never blocks and never raises."""

    def __init__(self, view: View, console: "Console", bell: bool = False) -> None:
        self._view = view
        self._console = console
        self._bell = bell
        self._unicode = console.encoding.startswith("utf")
        self._events: queue.SimpleQueue[tuple[StationEvent, float] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)

    def start(self) -> None:
        """Begin to show."""
        self._thread.start()

    def show(self, event: StationEvent) -> None:
        """Take an event; it is drawn when the screen gets to it."""
        self._events.put((event, time.monotonic()))

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
                going = self._take(FRAME_S)
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
        return True

    def _lines(self) -> None:
        while (item := self._events.get()) is not None:
            self._add(*item)
            if text := told(self._view, item[0]):
                self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _add(self, event: StationEvent, now: float) -> None:
        self._view.add(event, now)
        if self._bell and isinstance(event, SlotIs) and event.state in LOUD:
            good = event.state in (SlotState.PASS, SlotState.KNOWN)
            self._console.file.write("\a" if good else "\a\a")
