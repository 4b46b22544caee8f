"""What the operator says once at the start: batch, operator, planned quantity."""

import getpass
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import click

from burner.cli import language
from burner.errors import Language
from burner.manifest.given import one_line

QUESTIONS: dict[str, dict[Language, str]] = {
    "batch": {"en": "Batch (work order)", "zh": "批次（工单号）"},
    "operator": {"en": "Operator", "zh": "操作员"},
    "quantity": {"en": "Planned quantity (0 = no limit)", "zh": "计划数量（0 = 不限）"},
}
NO_QUANTITY: dict[Language, str] = {
    "en": "Please answer with a number of units, such as 500, or with 0 for no limit.",
    "zh": "请输入台数，例如 500；不限数量请输入 0。",
}


@dataclass(frozen=True)
class Order:
    """For what work order the units are made, by whom, and how many."""

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
    ask: bool,
    is_new: Callable[[str], bool],
) -> Order:
    """What was given as options; the rest asked, or a default that `burn` says aloud.

    Args:
        product: the product's name, for the default batch: `plug-c3-2026-01-05`.
        batch: `--batch`.
        operator: `--operator`.
        quantity: `--quantity`.
        ask: whether a person is there to be asked.
        is_new: whether a batch is not in the manifest yet; only then a quantity is asked.
    """
    usual = f"{product}-{date.today():%Y-%m-%d}"
    batch = batch or (_ask("batch", usual) if ask else usual)
    # Nothing on Enter here: it would put the computer's login on record.
    operator = operator or (_ask("operator") if ask else _user())
    one_line(batch=batch, operator=operator)
    if quantity is None and ask and is_new(batch):
        quantity = _ask_quantity()
    return Order(batch, operator, quantity)


def is_person() -> bool:
    """Whether somebody can answer: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(what: str, default: str | None = None) -> str:
    return str(click.prompt(QUESTIONS[what][language()], default=default, err=True)).strip()


def _ask_quantity() -> int | None:
    while not re.fullmatch("[0-9]{1,7}", answer := _ask("quantity", "0")):
        click.echo(NO_QUANTITY[language()], err=True)
    return int(answer) or None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no account for this user id, as in containers
        return "operator"
