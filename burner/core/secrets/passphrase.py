"""The passphrase of a private key: from the environment, else typed by a person."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from burner.core.code import Code
from burner.core.errors import BurnerError

PASSPHRASE = "BURNER_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
TOKEN_PIN = "BURNER_TOKEN_PIN"  # noqa: S105 - the name of a variable
TRIES = 3

Key = TypeVar("Key")


@dataclass(frozen=True)
class PassphraseRequest:
    """A passphrase is requested from a person."""

    owner: str
    attempt: int
    """1 to TRIES; above 1, the answer before was wrong."""


PromptPassphrase = Callable[[PassphraseRequest], str]


class WrongPassphraseError(Exception):
    """The passphrase does not open the key."""


def backend_reason(error: Exception) -> str:
    """Why a token or a service could not sign, for a person."""
    text = str(error) or type(error).__name__
    squeezed = text.replace("_", "").upper()
    if "PININCORRECT" in squeezed:
        return f"the PIN is wrong ({text}); most tokens lock after three wrong ones"
    if "PINLOCKED" in squeezed:
        return f"its PIN is locked after too many wrong ones ({text}); its owner unlocks it"
    return text


def unlocked(owner: str, load: Callable[[str], Key], prompt: PromptPassphrase | None) -> Key:
    """An encrypted key, opened with its passphrase.

    Args:
        owner: whose key it is, for the question and for errors.
        load: opens the key with a passphrase; raises WrongPassphraseError.
        prompt: asks a person; None: there is nobody to ask.

    Raises:
        BurnerError: E748 wrong passphrase, E749 no terminal to ask for it.
    """
    if passphrase := os.environ.get(PASSPHRASE):
        with suppress(WrongPassphraseError):
            return load(passphrase)
        raise BurnerError(
            Code.PASSPHRASE_WRONG, f"the key of {owner}; it was taken from {PASSPHRASE}"
        )
    if prompt is None:
        raise BurnerError(Code.PASSPHRASE_CANNOT_BE_ASKED, f"the key of {owner}")
    for attempt in range(1, TRIES + 1):
        with suppress(WrongPassphraseError):
            return load(prompt(PassphraseRequest(owner, attempt)))
    raise BurnerError(Code.PASSPHRASE_WRONG, f"the key of {owner}; asked {TRIES} times")
