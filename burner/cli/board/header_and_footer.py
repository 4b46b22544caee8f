"""The lines above and below the tiles: who works on what, and the counts so far. Pure."""

from typing import TYPE_CHECKING

from burner.cli.board.batch_full import FullBatch, banner, next_steps
from burner.cli.board.display_view import DisplayView
from burner.cli.board.prompts import asked_lines
from burner.cli.board.summary import behind_line, ends_counted
from burner.cli.terminal.screen import bar, packed, wrapped
from burner.core.words.phrases import phrase
from burner.station.events import SlotState

if TYPE_CHECKING:
    from rich.text import Text

FOOTER_LINES = 6


def header(view: DisplayView, now: float) -> "Text":
    """Product, batch, operator, station and the time so far."""
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


def batch_full(
    view: DisplayView, done: FullBatch, now: float, width: int, unicode: bool
) -> "list[Text]":
    """The lines above the tiles when the batch has all its units."""
    from rich.text import Text

    language = view.language
    time = f"{phrase('time', language)} {_duration(now - view.started)}"
    counts = [phrase("this run", language), *_ends(view), time]
    lines = [*banner(done, language, width, unicode)]
    lines += [Text(line) for line in packed(counts, width)]
    return [*lines, *next_steps(done, language, width, unicode), Text("")]


def below(view: DisplayView, now: float, width: int, unicode: bool) -> "list[Text]":
    """The batch, its counts, and one of these: a question, a notice, slow slots, a remark."""
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


def _batch(view: DisplayView, width: int, unicode: bool) -> "Text":
    from rich.text import Text

    planned = view.title.planned
    if not planned:
        return Text(f"{phrase('total', view.language)} {len(view.tally.units)}")
    count = f" {view.done}/{planned}"
    return Text(bar(view.done / planned, max(1, width - len(count)), unicode) + count)


def _counts(view: DisplayView, now: float, width: int) -> "list[Text]":
    """Counts, yield and pace."""
    from rich.text import Text

    return [Text(line) for line in packed(_counted(view, now), width)]


def _ends(view: DisplayView) -> list[str]:
    """How the units of this run ended, and the first-pass yield."""
    tally, language = view.tally, view.language
    parts = ends_counted(tally, language, always=(SlotState.PASS, SlotState.FAIL))
    if tally.silent:
        parts.append(f"{phrase('silent', language)} {len(tally.silent)}")
    if tally.first_pass_yield is not None:
        parts.append(f"{phrase('first pass', language)} {tally.first_pass_yield:.1%}")
    return parts


def _counted(view: DisplayView, now: float) -> list[str]:
    language, parts = view.language, _ends(view)
    if pace := view.tally.per_hour(now - view.started):
        parts.append(f"{pace:.0f} {phrase('an hour', language)}")
    if (left := view.seconds_left(now)) is not None:
        parts.append(f"{_duration(left)} {phrase('left', language)}")
    return parts


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
