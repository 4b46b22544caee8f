"""The operator's answers at the start: batch, operator, planned quantity."""

import getpass
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from burner.cli.terminal.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.error_details import detail_in
from burner.core.words.phrases import phrase
from burner.manifest.writing.operator_text import check_one_line

if TYPE_CHECKING:
    from burner.manifest.reading.open_batches import OpenBatch


@dataclass(frozen=True)
class WorkOrder:
    """The batch, the operator, and the planned quantity."""

    batch: str
    operator: str
    quantity: int | None
    """None: no limit, or whatever the batch was opened with."""


def take_order(
    product: str,
    batch: str | None,
    operator: str | None,
    quantity: int | None,
    *,
    interactive: bool,
    is_new: Callable[[str], bool],
    check_batch: Callable[[str], None] = lambda _: None,
    going_on: "Sequence[OpenBatch]" = (),
    holds_secret: Callable[[str], bool] = lambda _: False,
) -> WorkOrder:
    """The work order from options, from answers, or from defaults that `burn` prints.

    Args:
        product: the product's name, for a batch of the day: `plug-c3-2026-01-05`.
        batch: `--batch`.
        operator: `--operator`.
        quantity: `--quantity`.
        interactive: whether a person is there to be asked.
        is_new: whether a batch is not in the manifest yet; only then a quantity is asked.
        check_batch: refuses the id of a batch that takes no unit of the release.
        going_on: the batches that this station may go on with, the one it used last first.
        holds_secret: whether a text holds the product secret; a scanner may have typed it.

    Raises:
        BurnerError: E240 the release does not allow the batch; E459 it is closed; E470 batch or
            operator holds the product secret; E738 more than a line of text; E751 nobody can be
            asked which batch goes on.
    """
    from burner.manifest.writing.open_batch import batch_of_day, unused_batch

    of_day = batch_of_day(product)
    used = [batch for batch in going_on if batch.last_used]
    if not batch and interactive:
        usual = used[0].batch if used else unused_batch(of_day, is_new)
        batch = _ask_batch(usual, going_on, check_batch)
    elif not batch:
        batch = _only(used) or of_day
    check_batch(batch)
    # Nothing on Enter here: it would put the computer's login on record.
    operator = operator or (_ask("ask operator") if interactive else _user())
    check_one_line(batch=batch, operator=operator)
    for what, text in {"batch": batch, "operator": operator}.items():
        if holds_secret(text):
            raise BurnerError(Code.SECRET_IN_ENTERED_TEXT, what)
    if quantity is None and interactive and is_new(batch):
        quantity = _ask_quantity(batch)
    return WorkOrder(batch, operator, quantity)


def is_person() -> bool:
    """Whether somebody can answer: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _only(used: "Sequence[OpenBatch]") -> str:
    """The batch to go on with where nobody can be asked; empty where there is none."""
    if len(used) > 1:
        raise BurnerError(Code.SEVERAL_BATCHES_OPEN, ", ".join(batch.batch for batch in used))
    return used[0].batch if used else ""


def _ask_batch(
    usual: str, going_on: "Sequence[OpenBatch]", check_batch: Callable[[str], None]
) -> str:
    """Ask until the batch takes units of the release."""
    if len(going_on) > 1 or (going_on and not going_on[0].last_used):
        _say("open batches")
        for open_batch in going_on:
            progress = f"{_progress(open_batch)}, {_last_use(open_batch)}"
            click.echo(f"  {open_batch.batch}  {progress}", err=True)
    default = None if _refusal(check_batch, usual) else usual
    while refusal := _refusal(check_batch, batch := _ask("ask batch", default)):
        detail = phrase("brackets", language(), detail_in(language(), refusal.detail))
        click.echo(refusal.row.sentence(language()) + detail, err=True)
    return batch


def _refusal(check: Callable[[str], None], batch: str) -> BurnerError | None:
    try:
        check(batch)
    except BurnerError as refusal:
        return refusal
    return None


def _progress(batch: "OpenBatch") -> str:
    if batch.planned is None:
        return phrase("no limit", language(), batch.passed)
    return phrase("of planned", language(), batch.passed, batch.planned)


def _last_use(batch: "OpenBatch") -> str:
    if batch.last_used is None:
        return phrase("not used here", language())
    return phrase("used here", language(), f"{batch.last_used.astimezone():%Y-%m-%d %H:%M}")


def _ask_quantity(batch: str) -> int | None:
    """Ask for the quantity. Enter alone is no answer: for a batch without a limit type 0."""
    _say("new batch", batch)
    while not re.fullmatch("[0-9]{1,7}", answer := _ask("ask quantity", "", show_default=False)):
        _say("no number")
    return int(answer) or None


def _ask(what: str, default: str | None = None, *, show_default: bool = True) -> str:
    text = phrase(what, language())
    answer = click.prompt(text, default=default, show_default=show_default, err=True)
    return str(answer).strip()


def _say(what: str, *values: object) -> None:
    click.echo(phrase(what, language(), *values), err=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no account for this user id, as in containers
        return "operator"
