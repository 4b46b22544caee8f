"""From a reference to the `Secret`: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` or `prompt`.

Errors name the reference, never the value. A text that is no reference may be the secret itself, so
errors do not repeat it.
"""

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import without_waiting
from burner.core.secrets import core_dumps
from burner.core.secrets.secret import Secret

NO_SECRET: Final = frozenset(
    {
        *(Code.SECRET_REFERENCE_INVALID, Code.SECRET_VARIABLE_EMPTY, Code.SECRET_FILE_UNREADABLE),
        *(Code.SECRET_FILE_EXPOSED, Code.KEYRING_GIVES_NO_SECRET, Code.SECRET_NOT_TYPED),
        *(Code.SECRET_MALFORMED, Code.SECRET_IS_PLACEHOLDER),
    }
)
"""Errors that say: the product secret cannot be had here, or is none."""
SECRET_ABSENT: Final = frozenset(
    {
        *(Code.SECRET_VARIABLE_EMPTY, Code.SECRET_FILE_UNREADABLE),
        *(Code.KEYRING_GIVES_NO_SECRET, Code.SECRET_NOT_TYPED),
    }
)
"""Those of them that say: no secret is there. One that is there and unusable is an error."""
_MAX_FILE_SIZE: Final = 4096
_ENV_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class SecretSource(StrEnum):
    """The kind of place to which a reference points."""

    ENV = "env"
    FILE = "file"
    KEYRING = "keyring"
    PROMPT = "prompt"


@dataclass(frozen=True)
class SecretReference:
    """A parsed reference: `place` is a variable, a path, or `SERVICE/USER`; empty for prompt."""

    source: SecretSource
    place: str = ""

    def __str__(self) -> str:
        return f"{self.source}:{self.place}" if self.place else self.source.value


def parse_reference(text: str) -> SecretReference:
    """Read `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` or `prompt`.

    Raises:
        BurnerError: E150 for anything else. The text is not repeated: it may be the secret.
    """
    if text == SecretSource.PROMPT:
        return SecretReference(SecretSource.PROMPT)
    scheme, colon, place = text.partition(":")
    allowed = {
        SecretSource.ENV: bool(_ENV_NAME.fullmatch(place)),
        SecretSource.FILE: bool(place) and "\0" not in place,
        SecretSource.KEYRING: bool(re.fullmatch(r"[^/]+/.+", place)),
    }
    if colon and scheme in allowed and allowed[SecretSource(scheme)]:
        return SecretReference(SecretSource(scheme), place)
    raise BurnerError(Code.SECRET_REFERENCE_INVALID)


def resolve(reference: str, base: Path, prompt_secret: Callable[[], str] | None = None) -> Secret:
    """Fetch the secret to which a reference points.

    Its content is not checked, but that it is not empty.

    A process that fetches a secret leaves no core dump from then on.

    Args:
        reference: one of the four forms.
        base: folder that a relative `file:` path starts from (the profile's).
        prompt_secret: asks a person without echo; None where nobody can be asked.

    Raises:
        BurnerError: E150 not a reference, E151 environment, E152 or E153 file, E154 keyring,
            E155 nobody to ask.
    """
    parsed = parse_reference(reference)
    core_dumps.forbid()
    match parsed.source:
        case SecretSource.ENV:
            return _from_environment(parsed)
        case SecretSource.FILE:
            return _from_file(parsed, base)
        case SecretSource.KEYRING:
            return _from_keyring(parsed)
        case SecretSource.PROMPT:
            return _from_person(prompt_secret)


def _secret(text: str | None) -> Secret:
    # surrogatepass never raises, so no exception can carry the text out.
    return Secret((text or "").encode("utf-8", "surrogatepass"))


def _from_environment(reference: SecretReference) -> Secret:
    secret = _secret(os.environ.get(reference.place))
    if not secret.reveal():
        state = "empty" if reference.place in os.environ else "not set"
        raise BurnerError(Code.SECRET_VARIABLE_EMPTY, f"{reference} is {state}")
    return secret


def _from_file(reference: SecretReference, base: Path) -> Secret:
    try:
        with open(base / Path(reference.place).expanduser(), "rb", opener=without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BurnerError(Code.SECRET_FILE_UNREADABLE, f"{reference}: not a plain file")
            if os.name == "posix" and status.st_mode & 0o077:
                raise BurnerError(
                    Code.SECRET_FILE_EXPOSED,
                    f"{reference}: mode {stat.S_IMODE(status.st_mode):04o}",
                )
            secret = Secret(file.read(_MAX_FILE_SIZE + 1).rstrip(b"\r\n"))
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise BurnerError(Code.SECRET_FILE_UNREADABLE, f"{reference}: {reason}") from None
    if not 0 < len(secret.reveal()) <= _MAX_FILE_SIZE:
        raise BurnerError(
            Code.SECRET_FILE_UNREADABLE,
            f"{reference}: {'too large' if secret.reveal() else 'empty'}",
        )
    return secret


def _from_keyring(reference: SecretReference) -> Secret:
    import keyring
    from keyring.errors import KeyringError

    service, _, user = reference.place.partition("/")
    try:
        secret = _secret(keyring.get_password(service, user))
    except (KeyringError, RuntimeError, OSError) as error:
        raise BurnerError(
            Code.KEYRING_GIVES_NO_SECRET, f"{reference}: {type(error).__name__}"
        ) from None
    if not secret.reveal():
        raise BurnerError(Code.KEYRING_GIVES_NO_SECRET, f"{reference}: nothing stored")
    return secret


def _from_person(prompt_secret: Callable[[], str] | None) -> Secret:
    if prompt_secret is None:
        raise BurnerError(Code.SECRET_NOT_TYPED)
    secret = _secret(prompt_secret())
    if not secret.reveal():
        raise BurnerError(Code.SECRET_NOT_TYPED, "nothing typed")
    return secret
