"""Drawing the display: a tile for each slot, batch and errors below. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burner.cli.board.display_view import DisplayView
from burner.cli.board.error_lines import error_lines, worst_lines
from burner.cli.board.header_and_footer import batch_full, below, header
from burner.cli.board.prompts import with_label
from burner.cli.board.tile import Tile
from burner.cli.board.words import STYLES, TileWords, shape, step_word, tile_words
from burner.cli.terminal.big_word import EMBLEMS, LINES, Large, in_letters, on_plate
from burner.cli.terminal.screen import bar, middle, wrapped
from burner.core.words.language import Language
from burner.core.words.phrases import phrase
from burner.station.events import (
    BAD,
    PASSED_EARLIER,
    RESTING,
    BoardInSlot,
    SlotState,
)

if TYPE_CHECKING:
    from rich.text import Text


@dataclass(frozen=True)
class TileSize:
    """A size of tile: its lines, its least columns, and the empty lines below it."""

    lines: int
    width: int
    gap: int


TILE_SIZES = (
    TileSize(lines=LINES + 4, width=23, gap=1),
    TileSize(lines=LINES + 2, width=19, gap=1),
    TileSize(lines=3, width=9, gap=1),
    TileSize(lines=2, width=9, gap=0),
    TileSize(lines=1, width=9, gap=0),
)
"""From large to small: with a large word, with a word, …"""
WAITING = ("WAIT", "QUEUE", "PRINT")
"""What a unit waits for, untouched, between two tests, or finished: `Tile.doing`."""
SHORTEST_END = 6
"""Columns of the end of a name that are worth showing."""


def draw(
    view: DisplayView, now: float, width: int, height: int, unicode: bool = True
) -> "list[Text]":
    """The whole display as lines: at most `height`, none wider than `width`."""
    top, footer = [header(view, now)], below(view, now, width, unicode)
    if view.full_batch:
        top, footer = batch_full(view, view.full_batch, now, width, unicode), []
    footer = footer[: max(0, height - 2)]
    room = max(0, height - len(top) - len(footer))
    size, columns, errors = _fit(view, width, room, unicode)
    tile_width = max(1, (width + 1) // columns - 1)
    tiles = [_tile(t, view, now, size, tile_width, unicode=unicode) for t in view.tiles.values()]
    lines = [*top, *_grid(tiles, columns, size.gap)[:room], *footer, *errors]
    for line in lines:
        line.truncate(width, overflow="ellipsis" if unicode else "crop")
        line.no_wrap = True
    return lines[:height]


# -- space ----------------------------------------------------------------------------------------


def _fit(
    view: DisplayView, width: int, room: int, unicode: bool
) -> "tuple[TileSize, int, list[Text]]":
    """The largest tile size that leaves room for all errors, the tiles in a row, and the errors.

    Where room is short, errors lose their sentence first, then tiles become smaller. An error
    keeps its code and what to do now; where even the smallest tiles leave no room for that, only
    the worst errors do.
    """
    troubles, count = view.troubles, len(view.tiles)
    texts = [[error_lines(trouble, view.language, width, unicode) for trouble in troubles]]
    texts.append([error_lines(t, view.language, width, unicode, sentence=False) for t in troubles])
    for size in TILE_SIZES:
        columns, left = _columns(size, count, width, room)
        for text in texts:
            lines = [line for part in text for line in part]
            if left >= len(lines):
                return size, columns, lines
    return size, columns, worst_lines(troubles, texts[-1], view.language, width, max(0, left))


def _columns(size: TileSize, count: int, width: int, room: int) -> tuple[int, int]:
    """How many tiles stand beside each other, and the lines that are left below them."""
    columns = max(1, (width + 1) // (size.width + 1))
    rows = -(-count // columns)
    return max(1, -(-count // max(1, rows))), room - rows * (size.lines + size.gap)


# -- tiles ----------------------------------------------------------------------------------------


def _grid(tiles: "Sequence[list[Text]]", columns: int, gap: int) -> "list[Text]":
    from rich.text import Text

    lines: list[Text] = []
    for start in range(0, len(tiles), columns):
        row = tiles[start : start + columns]
        lines += [Text(" ").join(parts) for parts in zip(*row, strict=True)]
        lines += [Text("")] * gap
    return lines


def _tile(
    tile: Tile, view: DisplayView, now: float, size: TileSize, width: int, *, unicode: bool
) -> "list[Text]":
    """A tile's lines, each exactly `width` columns wide."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    state = SlotState.SCAN if tile.scan_back else tile.state
    words = tile_words(state, view.language, doing=tile.doing, code=tile.code)
    shown = SlotState.SEEN if tile.doing in WAITING else state
    word = _word(words, width)
    mark = shape(shown, unicode)
    code = tile.code if tile.state in BAD else ""
    seconds = _seconds(tile, now)
    head = with_label(f" {tile.slot} {mark}", seconds, tile.label, width, unicode=unicode)
    foot = _foot(tile, view, now, unicode, width - 1)
    foot = f" {foot}" if cell_len(foot) < width else foot
    plate = ""
    match size.lines:
        case 1:
            texts = [f"{tile.slot:>2}{mark}{code or words.short}"]
        case 2:
            texts = [f" {tile.slot} {mark} {code}" if code else head, middle(word, width)]
        case 3:
            texts = [head, middle(word, width), foot]
        case _:
            space = [""] * ((size.lines - LINES - 2) // 2)
            large = _large(shown, words, view.language, width, unicode)
            texts = [head, *space, *(middle(line, width) for line in large.lines), *space, foot]
            plate = large.plate
    lines = [Text(set_cell_size(text, width), style=STYLES[shown]) for text in texts]
    if plate:
        lines[len(lines) // 2].highlight_words([plate], "reverse")
    return lines


def _large(
    state: SlotState, words: TileWords, language: Language, width: int, unicode: bool
) -> Large:
    """The tile's word three lines high, where it can be drawn and has room."""
    full, short = words
    if not unicode:
        drawn: Sequence[Large | None] = ()
    elif language == "zh":
        drawn = (on_plate(state, full) if state in EMBLEMS else None,)
    else:
        drawn = (in_letters(full), in_letters(short))
    plain = Large(("", _word(words, width), ""))
    return next((large for large in drawn if large and large.width <= width), plain)


def _word(words: TileWords, width: int) -> str:
    return words.full if _fits(words.full, width) else words.short


def _seconds(tile: Tile, now: float) -> str:
    if tile.state in (*RESTING, *PASSED_EARLIER):
        return ""
    elapsed = tile.elapsed(now)
    return f"{elapsed:.0f}s" if elapsed >= 100 else f"{elapsed:.1f}s"


def _foot(tile: Tile, view: DisplayView, now: float, unicode: bool, width: int) -> str:
    """The last line of a tile: progress, or why it failed, and who it is, where that fits."""
    slower = f"{tile.baud // 1000}k" if 0 < tile.baud < view.baud else ""
    again = phrase("try", view.language, tile.tries) if tile.tries > 1 else ""
    rework = view.rework.get(tile.slot, "")
    name = ""
    match tile.state:
        case SlotState.EMPTY if tile.silent_since is not None and not rework:
            seconds = f"{now - tile.silent_since:.0f}"
            full = phrase("no answer", view.language, seconds)
            return full if _fits(full, width) else phrase("short no answer", view.language)
        case _ if rework and tile.share is None:
            parts = [_first_words(phrase("rework of", view.language, rework), width, unicode)]
        case _ if tile.doing in WAITING or tile.scan_back:
            full, short = _awaited(tile, view.language)
            return full if _fits(full, width) else _end(short, width, unicode)
        case SlotState.BURNING if tile.share is not None:
            parts = [bar(tile.share, max(3, width - 7), unicode), f"{tile.share:4.0%}"]
        case SlotState.BURNING:
            step = step_word(tile.step, view.language) if tile.step else ""
            parts, name = [tile.test or step, again, slower], tile.called
        case SlotState.KNOWN if tile.earlier:
            parts, name = [f"{tile.earlier.when} #{tile.earlier.slot}"], tile.called
        case SlotState.OTHER_BATCH if tile.earlier:
            batch = _end(tile.earlier.batch, width, unicode)
            parts = [batch, f"{tile.earlier.when} #{tile.earlier.slot}"]
        case SlotState.RESCAN if tile.slot in view.trouble_of:
            parts = [view.trouble_of[tile.slot].error.code]
        case SlotState.FAIL | SlotState.ERROR | SlotState.ABORTED:
            parts, name = [tile.code, tile.bad], tile.called
        case _:
            parts = [_end(tile.called, width, unicode), again, slower]
    return _whole(parts, name, width, unicode)


def _awaited(tile: Tile, language: Language) -> tuple[str, str]:
    """What a unit waits for, and the same in fewer words. Of a printed label: whose."""
    if awaited := tile.scan_back:
        is_other = awaited.board is BoardInSlot.OTHER
        full = phrase("other board", language) if is_other else awaited.device_name
        return full, full
    if queue := tile.queue:
        full = phrase("waits for resource", language, queue.resource, queue.used_by)
        return full, f"{queue.resource} #{queue.used_by}"
    return phrase("waits for approval", language), phrase("short waits for approval", language)


def _fits(text: str, width: int) -> bool:
    from rich.cells import cell_len

    return cell_len(text) <= width


def _whole(parts: "Sequence[str]", name: str, width: int, unicode: bool) -> str:
    """The parts that fit, none of them cut, then the name, or its end, in the rest."""
    from rich.cells import cell_len

    text = ""
    for part in filter(None, parts):
        longer = f"{text} {part}" if text else part
        text = longer if _fits(longer, width) else text
    end = _end(name, width - cell_len(text) - 1, unicode)
    return f"{text} {end}" if text and end else text or end


def _end(name: str, width: int, unicode: bool) -> str:
    """The end of a name, where names of a batch differ; empty where too few characters fit."""
    if _fits(name, width):
        return name
    if width < SHORTEST_END:
        return ""
    cut = "…" if unicode else ""
    return next(end for n in range(len(name)) if _fits(end := f"{cut}{name[n:]}", width))


def _first_words(text: str, width: int, unicode: bool) -> str:
    """A sentence, or as many of its words as have room."""
    if _fits(text, width):
        return text
    cut = "…" if unicode else ""
    words = wrapped(text, max(1, width - len(cut)))
    return f"{words[0]}{cut}"
