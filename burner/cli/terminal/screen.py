"""Output for people: sentences, tables, progress, wrapped lines. rich is used here and in `board`.

Everything for people goes to stderr except tables, which are a command's answer. rich is imported
on first use, so that help and `--json` do not wait for it.
"""

import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, lookup
from burner.core.words.error_details import detail_in
from burner.core.words.language import Language
from burner.core.words.visible_text import escape_invisible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from burner.cli.terminal.big_word import Large

Item = TypeVar("Item")
Advance = Callable[[int], None]
"""Tells a progress bar how much more is done."""

WIDE = "\u2e80-\uffef"
PIECES = re.compile(rf"[“《（]*(?:[{WIDE}]|[^\s{WIDE}]+)[，。；：、！？）》”]*\s*|\s+")
"""What a line is not broken within: a Chinese character or a word, with its marks."""
PIPE_WIDTH = 400
UNLIMITED_WIDTH = 10_000
ARROW = "→"


@cache
def console(stderr: bool = False) -> "Console":
    """The console of a stream. Colour only on a terminal; NO_COLOR is obeyed (rich does both).

    On a pipe a table is as wide as its content: its reader can cut the lines.
    """
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else PIPE_WIDTH)


def say(text: str = "") -> None:
    """Print a line of a command's answer, as it is."""
    sys.stdout.write(escape_invisible(text) + "\n")


def warn(text: str) -> None:
    """Print a line for the person, beside the answer."""
    _beside(text, "yellow")


def _beside(text: str, style: str = "", head: str = "") -> None:
    """Print a line on stderr.

    Text from outside is never read as rich's markup, here and in `table`.
    """
    from rich.text import Text

    line = Text.assemble(
        (head, "bold" if head == ARROW else "bold red"), (escape_invisible(text), style)
    )
    console(stderr=True).print(line)


def large(drawn: "Large", word: str, style: str) -> None:
    """Print a word in large letters and colour; on a pipe as a plain line."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    out = console()
    if not out.is_terminal:
        say(word)
        return
    lines = drawn.lines if out.encoding.startswith("utf") else (word,)
    width = max(map(cell_len, lines))
    for line in ("", *lines, ""):
        text = Text(f"  {set_cell_size(line, width)}  ", style=style)
        if drawn.plate:
            text.highlight_words([drawn.plate], "reverse")
        out.print(text, no_wrap=True, overflow="crop")


def say_beside(head: str, text: str) -> None:
    """A sentence of the answer behind a head, wrapped between words in the room beside it."""
    from rich.cells import cell_len

    for line in wrapped(text, max(20, console().width - cell_len(head))):
        say(f"{head}{line}")
        head = " " * cell_len(head)


def padded(text: str, width: int) -> str:
    """A head of a line, as wide as its column; a Chinese character takes two."""
    from rich.cells import set_cell_size

    return set_cell_size(text, width)


@lru_cache(maxsize=256)
def wrapped(text: str, width: int) -> tuple[str, ...]:
    """Lines no wider than `width`: broken at blanks and between Chinese characters.

    A closing mark stays with what stands before it; a word is broken only where it alone is wider.
    """
    from rich.cells import cell_len, chop_cells

    lines, line = [], ""
    for piece in PIECES.findall(text):
        if line and cell_len(line) + cell_len(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
        while cell_len(line.rstrip()) > width:
            first, *rest = chop_cells(line, width)
            lines.append(first)
            line = "".join(rest)
    return (*lines, line.rstrip()) if line.strip() else tuple(lines)


def middle(text: str, width: int) -> str:
    """Text in the middle of so many columns; nothing is added behind it."""
    from rich.cells import cell_len

    return " " * max(0, (width - cell_len(text)) // 2) + text


def packed(parts: Sequence[str], width: int, gap: int = 2) -> list[str]:
    """Lines with as many parts as have room; no part is broken."""
    from rich.cells import cell_len

    lines: list[str] = []
    for part in parts:
        if lines and cell_len(lines[-1]) + gap + cell_len(part) <= width:
            lines[-1] += " " * gap + part
        else:
            lines.append(part)
    return lines


def bar(share: float, width: int, unicode: bool) -> str:
    """A horizontal bar, so much of it full."""
    full = round(min(1.0, max(0.0, share)) * width)
    done, rest = ("█", "░") if unicode else ("#", ".")
    return done * full + rest * (width - full)


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    whole: Collection[str] = (),
    marked: Collection[int] = (),
) -> None:
    """Print rows as a table.

    Cells of the columns in `whole` are not wrapped; the rows in `marked`, from 0, are red.
    """
    console().print(_table(title, columns, rows, whole, marked))


def room_beside(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Columns of the terminal that such a table leaves free; negative where it is too wide."""
    out = console()
    unlimited = out.options.update_width(UNLIMITED_WIDTH)
    return out.width - out.measure(_table("", columns, rows), options=unlimited).maximum


def _table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    whole: Collection[str] = (),
    marked: Collection[int] = (),
) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    heading = Text(escape_invisible(title), style="table.title") if title else None
    drawn = Table(title=heading, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        drawn.add_column(Text(escape_invisible(column)), overflow="fold", no_wrap=column in whole)
    for at, row in enumerate(rows):
        style = "red" if at in marked else ""
        drawn.add_row(*(Text(escape_invisible(str(cell))) for cell in row), style=style)
    return drawn


def error(problem: BurnerError, language: Language = "en") -> None:
    """Print what happened, what to do now and the code; also every finding of a refused input."""
    row = problem.row
    _beside(f" {row.sentence(language)}", head=problem.code)
    for finding in problem.findings:
        _beside(f"  {finding.line(language)}")
    if problem.detail and not problem.findings:
        _beside(f"  {detail_in(language, problem.detail)}")
    _beside(f" {row.remedy(language)}", head=ARROW)
    others = [finding for finding in problem.findings if finding.code != problem.code]
    for line in meanings(others, language):
        _beside(line)


def findings(
    problems: Sequence[Finding], language: Language, out: Callable[[str], None] = say
) -> None:
    """Print each finding with its place; then, once for each code, what it means and what to do
    now.
    """
    for line in (*(finding.line(language) for finding in problems), *meanings(problems, language)):
        out(line)


def meanings(problems: Sequence[Finding], language: Language) -> Iterator[str]:
    """A line for each code among the findings: what it means → what to do now."""
    for code in dict.fromkeys(finding.code for finding in problems if not finding.accepted):
        row = lookup(code)
        yield f"{code}  {row.sentence(language)} → {row.remedy(language)}"


def bug(problem: Exception, language: Language = "en") -> None:
    """Print a sentence about a bug of burner, and write the traceback into a file for the report.

    The file has types and places of errors. Their messages and local variables could hold a secret.
    """
    text = "\nthen\n\n".join(_traceback(error) for error in reversed(_chain(problem)))
    with tempfile.NamedTemporaryFile(
        "w", prefix="burner-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as log:
        log.write(text)
    error(
        BurnerError(
            Code.UNEXPECTED_ERROR, f"{type(problem).__name__}; traceback in {Path(log.name)}"
        ),
        language,
    )


def _traceback(problem: BaseException) -> str:
    return "".join((*traceback.format_tb(problem.__traceback__), type(problem).__name__, "\n"))


def _chain(problem: BaseException) -> list[BaseException]:
    """An error and what led to it, the first cause last."""
    chain: list[BaseException] = []
    link: BaseException | None = problem
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return chain


def track(items: Iterable[Item], label: str, total: int | None = None) -> Iterable[Item]:
    """Pass items through, with a progress bar if a person is looking."""
    if not console(stderr=True).is_terminal:
        return items
    from rich.markup import escape
    from rich.progress import track as rich_track

    return rich_track(items, description=escape(label), total=total, console=console(stderr=True))


@contextmanager
def progress(label: str, total: int) -> Iterator[Advance]:
    """A bar for work that reports how much it has done, if a person is looking."""
    if not console(stderr=True).is_terminal:
        yield lambda _: None
        return
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(escape(label), total=total)
        yield lambda done: bar.advance(task, done)
