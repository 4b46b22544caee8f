"""Drawing the board: a tile a slot, the batch and the errors below. Pure: of view, clock, size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burner.cli.asking import asked_lines, with_label
from burner.cli.bigword import EMBLEMS, LINES, Large, in_letters, on_plate
from burner.cli.screen import wrapped
from burner.cli.summary import behind_line
from burner.cli.troubles import Trouble, Weight, named
from burner.cli.view import PASSED_EARLIER, RESTING, Tile, View
from burner.cli.words import STYLES, phrase, shape, short_word, state_word, step_word
from burner.errors import Language
from burner.station import SlotState
from burner.visible import seen

if TYPE_CHECKING:
    from rich.text import Text

FOOTER_LINES = 6
ENDED_BADLY = (SlotState.FAIL, SlotState.ERROR, SlotState.ABORTED)
TROUBLE_STYLES = {
    Weight.ALL_SLOTS: "bold white on red",
    Weight.UNIT: "bold red",
    Weight.SLOT: "bold yellow",
    Weight.PLACE: "bold magenta",
}


@dataclass(frozen=True)
class Form:
    """A size of tile: lines high, columns wide at least, lines of gap below."""

    lines: int
    width: int
    gap: int


FORMS = (
    Form(lines=LINES + 4, width=23, gap=1),
    Form(lines=LINES + 2, width=19, gap=1),
    Form(lines=3, width=9, gap=1),
    Form(lines=2, width=9, gap=0),
    Form(lines=1, width=9, gap=0),
)
"""From large to small: with large words, with one word, and so on."""


def draw(view: View, now: float, width: int, height: int, unicode: bool = True) -> "list[Text]":
    """The whole board as lines; never more than `height`, none wider than `width`."""
    footer = _footer(view, now, width, unicode)[: max(0, height - 2)]
    room = height - 1 - len(footer)
    form, columns, errors = _fit(view, width, room, unicode)
    tile_width = max(1, (width + 1) // columns - 1)
    tiles = [_tile(t, view, now, form, tile_width, unicode=unicode) for t in view.tiles.values()]
    lines = [_header(view, now), *_grid(tiles, columns, form.gap)[:room]]
    lines += [*footer, *errors]
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


# -- space ----------------------------------------------------------------------------------------


def _fit(view: View, width: int, room: int, unicode: bool) -> "tuple[Form, int, list[Text]]":
    """The largest tiles that leave room for all errors, tiles beside each other, and the errors.

    An error gives up its sentence before a tile gives up its large word, but never its code nor
    what to do now; where not even the smallest tiles leave room for those, the worst keep theirs.
    """
    troubles, count = view.troubles, len(view.tiles)
    texts = [[_text(trouble, view.language, width, unicode) for trouble in troubles]]
    texts.append([_text(t, view.language, width, unicode, sentence=False) for t in troubles])
    for form in FORMS:
        columns, left = _columns(form, count, width, room)
        for text in texts:
            lines = [line for part in text for line in part]
            if left >= len(lines):
                return form, columns, lines
    return form, columns, _worst(troubles, texts[-1], view.language, width, max(0, left))


def _columns(form: Form, count: int, width: int, room: int) -> tuple[int, int]:
    """How many tiles stand beside each other, and the lines that are left below them."""
    columns = max(1, (width + 1) // (form.width + 1))
    rows = -(-count // columns)
    return max(1, -(-count // max(1, rows))), room - rows * (form.lines + form.gap)


def _worst(
    troubles: Sequence[Trouble],
    texts: "Sequence[list[Text]]",
    language: Language,
    width: int,
    room: int,
) -> "list[Text]":
    """As many errors as there is room for; of the others the code and the slots."""
    from rich.text import Text

    lines: list[Text] = []
    for many in reversed(range(len(troubles))):
        rest = [f"{t.error.code}: {named(t.slots)}" for t in troubles[many:]]
        lines = [line for text in texts[:many] for line in text]
        also = _packed([phrase("also", language), *rest], width)
        lines += [Text(line, style="bold") for line in also]
        if len(lines) <= room or not many:
            break
    return lines[:room]


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
    tile: Tile, view: View, now: float, form: Form, width: int, *, unicode: bool
) -> "list[Text]":
    """A tile's lines, each exactly `width` columns wide."""
    from rich.cells import set_cell_size
    from rich.text import Text

    word = _word(tile.state, view.language, width)
    mark = shape(tile.state, unicode)
    code = tile.code if tile.state in ENDED_BADLY else ""
    seconds = _seconds(tile, now)
    head = with_label(f" {tile.slot} {mark}", seconds, tile.label, width, unicode=unicode)
    foot = f" {_foot(tile, view, now, unicode, width - 2)}"
    plate = ""
    match form.lines:
        case 1:
            texts = [f"{tile.slot:>2}{mark}{code or short_word(tile.state, view.language)}"]
        case 2:
            texts = [f" {tile.slot} {mark} {code}" if code else head, _middle(word, width)]
        case 3:
            texts = [head, _middle(word, width), foot]
        case _:
            space = [""] * ((form.lines - LINES - 2) // 2)
            large = _large(tile.state, view.language, width, unicode)
            texts = [head, *space, *(_middle(line, width) for line in large.lines), *space, foot]
            plate = large.plate
    lines = [Text(set_cell_size(text, width), style=STYLES[tile.state]) for text in texts]
    if plate:
        line = lines[len(lines) // 2]
        start = line.plain.index(plate)
        line.stylize("reverse", start, start + len(plate))
    return lines


def _large(state: SlotState, language: Language, width: int, unicode: bool) -> Large:
    """The state's word three lines high, where it can be drawn and has room."""
    full, short = state_word(state, language), short_word(state, language)
    if not unicode:
        drawn: Sequence[Large | None] = ()
    elif language == "zh":
        drawn = (on_plate(state, full) if state in EMBLEMS else None,)
    else:
        drawn = (in_letters(full), in_letters(short))
    plain = Large(("", _word(state, language, width), ""))
    return next((large for large in drawn if large and large.width <= width), plain)


def _word(state: SlotState, language: Language, width: int) -> str:
    from rich.cells import cell_len

    word = state_word(state, language)
    return word if cell_len(word) <= width else short_word(state, language)


def _middle(text: str, width: int) -> str:
    from rich.cells import cell_len

    return " " * max(0, (width - cell_len(text)) // 2) + text


def _seconds(tile: Tile, now: float) -> str:
    if tile.state in (*RESTING, *PASSED_EARLIER):
        return ""
    elapsed = tile.elapsed(now)
    return f"{elapsed:.0f}s" if elapsed >= 100 else f"{elapsed:.1f}s"


def _foot(tile: Tile, view: View, now: float, unicode: bool, width: int) -> str:
    """The most useful thing that fits: progress, then why it failed, then who it is."""
    slower = f"{tile.baud // 1000}k" if 0 < tile.baud < view.baud else ""
    again = phrase("try", view.language, tile.tries) if tile.tries > 1 else ""
    rework = view.rework.get(tile.slot, "")
    match tile.state:
        case SlotState.EMPTY if tile.silent_since is not None and not rework:
            parts = [phrase("no answer", view.language, f"{now - tile.silent_since:.0f}")]
        case _ if rework and tile.share is None:
            parts = [phrase("rework of", view.language, rework)]
        case SlotState.BURNING if tile.share is not None:
            parts = [_bar(tile.share, max(3, width - 6), unicode), f"{tile.share:4.0%}"]
        case SlotState.BURNING:
            step = step_word(tile.step, view.language) if tile.step else ""
            parts = [step, again, slower, tile.called]
        case SlotState.KNOWN if tile.earlier:
            parts = [f"{tile.earlier.when} #{tile.earlier.slot}", tile.called]
        case SlotState.OTHER_BATCH if tile.earlier:
            parts = [tile.earlier.batch, f"{tile.earlier.when} #{tile.earlier.slot}"]
        case SlotState.RESCAN if tile.slot in view.standing:
            parts = [view.standing[tile.slot].error.code]
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


# -- errors ---------------------------------------------------------------------------------------


def _text(
    trouble: Trouble, language: Language, width: int, unicode: bool, *, sentence: bool = True
) -> "list[Text]":
    """Where, the code, what happened if there is room, and what to do now."""
    from rich.text import Text

    arrow = "→" if unicode else "->"
    head = f"{trouble.where(language)}  {trouble.error.code}"
    says, do = seen(trouble.says(language)), f"{arrow} {trouble.do(language)}"
    style = TROUBLE_STYLES[trouble.weight]
    if sentence:
        lines = [Text(line, style=style) for line in wrapped(f"{head} {says}", width)]
        return [*lines, *(Text(line) for line in wrapped(do, width))]
    lines = [
        Text(line) for line in wrapped(f"{head}{seen(trouble.bracketed(language))} {do}", width)
    ]
    lines[0].stylize(style, 0, len(head))
    return lines


# -- footer ---------------------------------------------------------------------------------------


def _footer(view: View, now: float, width: int, unicode: bool) -> "list[Text]":
    from rich.text import Text

    lines = [_batch(view, width, unicode), *_counts(view, now, width)]
    asked = asked_lines(view, now, width)
    if asked:
        lines += asked
    elif view.notice:
        lines += [Text(line, style="bold") for line in wrapped(view.notice, width)]
    elif behind := behind_line(view.tally, view.language):
        lines += [Text(line, style="yellow") for line in wrapped(behind, width)]
    elif view.note:
        lines += [Text(line) for line in wrapped(view.note, width)]
    return lines[: FOOTER_LINES + len(asked)]


def _batch(view: View, width: int, unicode: bool) -> "Text":
    from rich.text import Text

    planned = view.title.planned
    if not planned:
        return Text(f"{phrase('total', view.language)} {len(view.tally.units)}")
    said = f" {view.done}/{planned}"
    return Text(_bar(view.done / planned, max(1, width - len(said)), unicode) + said)


def _counts(view: View, now: float, width: int) -> "list[Text]":
    """How the units ended, yield and pace, in as many lines as that takes."""
    from rich.text import Text

    return [Text(line) for line in _packed(_counted(view, now), width)]


def _packed(parts: Sequence[str], width: int) -> list[str]:
    """As many parts on each line as there is room for, none of them broken."""
    from rich.cells import cell_len

    lines: list[str] = []
    for part in parts:
        if lines and cell_len(lines[-1]) + 2 + cell_len(part) <= width:
            lines[-1] += f"  {part}"
        else:
            lines.append(part)
    return lines


def _counted(view: View, now: float) -> list[str]:
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
    return parts


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
