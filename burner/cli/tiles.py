"""Drawing the board: a tile a slot, the batch below. A pure function of view, clock and size."""

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from burner.cli.bigword import LINES, big, width_of
from burner.cli.summary import behind_line
from burner.cli.view import RESTING, Tile, View
from burner.cli.words import STYLES, phrase, shape, state_word, step_word
from burner.errors import Fault
from burner.station import SlotState

if TYPE_CHECKING:
    from rich.text import Text

FOOTER_LINES = 8


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
        case SlotState.KNOWN if tile.known:
            parts = [f"{tile.known[0]} #{tile.known[1]}", tile.called]
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
    behind = behind_line(view.tally, view.language)
    if view.notice:
        lines.append(Text(view.notice, style="bold"))
    elif behind:
        lines.append(Text(behind, style="yellow"))
    elif view.note:
        lines.append(Text(view.note))
    if view.trouble is not None:
        slot, error = view.trouble
        row, language = error.row, view.language
        where = f"{phrase('slot', language)} {slot}"
        arrow = "→" if unicode else "->"
        given = f" ({error.detail})" if row.fault is Fault.INPUT and error.detail else ""
        said = f"{where}  {error.code} {row.sentence(language)}{given}"
        lines += [Text(line, style="bold red") for line in _wrapped(said, width)]
        lines += [Text(line) for line in _wrapped(f"{arrow} {row.remedy(language)}", width)]
    return lines[:FOOTER_LINES]


def _wrapped(text: str, width: int) -> list[str]:
    """What a person must read whole: at blanks, or anywhere where a script has none."""
    from rich.cells import chop_cells

    lines = wrap(text, width, break_long_words=False)
    return [part for line in lines for part in chop_cells(line, width)]


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
