"""Questions for passphrases, PINs and secrets. Each names the owner and the purpose.

They are asked only on a terminal. Elsewhere an error says what to set.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

import click

from burner.cli.questions.work_order import is_person
from burner.cli.terminal.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.phrases import phrase

if TYPE_CHECKING:
    from burner.core.secrets.passphrase import PassphraseRequest, PromptPassphrase


TYPED = "burner.passphrases"
"""Where a command keeps the passphrases that were typed, so that none is asked for twice."""


class Use(StrEnum):
    """The purpose for which a key is unlocked: a phrase."""

    RECORDS = "it signs this station's records"
    BATCH = "it seals the batch"
    HEADS = "it cosigns the heads"
    NEXT_KEY = "it confirms the next key"
    RELEASES = "it opens sealed releases"
    STATEMENT = "it signs a statement"


def passphrase_prompt(use: Use) -> "PromptPassphrase | None":
    """The function that asks for a key's passphrase; None where there is no terminal."""
    return (lambda question: _passphrase(question, use)) if is_person() else None


def _passphrase(question: "PassphraseRequest", use: Use) -> str:
    from burner.core.secrets.passphrase import TRIES

    typed: dict[str, str] = click.get_current_context().find_root().meta.setdefault(TYPED, {})
    if question.attempt == 1 and question.owner in typed:
        return typed[question.owner]  # two keys of a station have one passphrase
    if question.attempt > 1:
        click.echo(phrase("wrong passphrase", language(), question.attempt, TRIES), err=True)
    why = phrase(use.value, language())
    typed[question.owner] = _hidden(phrase("ask passphrase", language(), question.owner, why))
    return typed[question.owner]


def new_passphrase(owner: str) -> str:
    """Ask twice for the passphrase of a new key.

    Raises:
        BurnerError: E749 where there is no terminal.
    """
    if not is_person():
        raise BurnerError(Code.PASSPHRASE_CANNOT_BE_ASKED, f"the new key of {owner}")
    while True:
        typed = _hidden(phrase("ask new passphrase", language(), owner))
        if typed == _hidden(phrase("The same once more", language())):
            return typed
        click.echo(phrase("The two passphrases differ.", language()), err=True)


def pin_prompt() -> Callable[[str], str] | None:
    """The function that asks for the PIN of a token; None where there is no terminal."""
    if not is_person():
        return None
    return lambda token: _hidden(phrase("ask pin", language(), token))


def product_secret_prompt(source: str) -> Callable[[], str] | None:
    """The function that asks for the ProductSecret (`prompt`); None where there is no terminal."""
    text = phrase("ask product secret", language(), source)
    return (lambda: _hidden(text)) if is_person() else None


def api_credentials_prompt() -> Callable[[], str] | None:
    """The function that asks for credentials of a management API; None without a terminal."""
    text = phrase("ask api credentials", language())
    return (lambda: _hidden(text)) if is_person() else None


def _hidden(text: str) -> str:
    return str(click.prompt(text, hide_input=True, err=True))
