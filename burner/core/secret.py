"""Where a secret comes from, and that it never gets out.

A profile names a secret by reference only: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` or
`prompt`. `resolve` turns the reference into a `Secret`, whose text forms, pickle and JSON give
nothing. Errors name the reference, never the value; a text that is no reference may be the secret
itself, so that one is not repeated either.
"""

import hmac
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Never, final

from burner.core import core_dumps
from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.files import without_waiting
from burner.core.plural import counted

PLACEHOLDERS: Final = frozenset(
    {
        "PRODUCT_ID",
        "DEVICE_NAME",
        "DEVICE_SECRET",
        "YOUR_PRODUCT_ID",
        "YOUR_PRODUCT_SECRET",
        "YOUR_DEVICE_NAME",
        "YOUR_DEV_NAME",
        "YOUR_DEVICE_SECRET",
        "YOUR_IOT_PSK",
        "IOT_PSK",
        "TCIOT_PSK",
        "PRODUCT_SECRETKEY",
    }
)
"""Stand-ins of Tencent's samples: never a value to burn."""
REGISTRATION_TRIGGERS: Final = frozenset({"YOUR_IOT_PSK", "IOT_PSK", "TCIOT_PSK"})
"""Those that Tencent's samples compare with to start dynamic registration: no mistake there."""

NO_SECRET: Final = frozenset(
    {
        *(Code.SECRET_REFERENCE_INVALID, Code.SECRET_VARIABLE_EMPTY, Code.SECRET_FILE_UNREADABLE),
        *(Code.SECRET_FILE_EXPOSED, Code.KEYRING_GIVES_NO_SECRET, Code.SECRET_NOT_TYPED),
        *(Code.SECRET_MALFORMED, Code.SECRET_IS_PLACEHOLDER),
    }
)
"""Errors that say: the product secret cannot be had here, or is none."""

_FINGERPRINT_LABEL: Final = b"burner key fingerprint 1\0"
_MAX_FILE_SIZE: Final = 4096
_ENV_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_USUAL_LENGTH: Final = 24
_USUAL: Final = re.compile(rb"[A-Za-z0-9]{%d}" % _USUAL_LENGTH)


@final
class Secret:
    """Bytes that show themselves to `reveal()` alone.

    Comparable in constant time, but with other secrets only; every secret has the same hash, so
    that the hash tells nothing. A copy is the same object.
    """

    __slots__ = ("reveal",)

    reveal: Callable[[], bytes]
    """The one way out. A closure, so that no attribute holds the bytes."""

    def __init__(self, value: bytes) -> None:
        object.__setattr__(self, "reveal", lambda: value)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a Secret does not change")

    def __repr__(self) -> str:
        return "Secret(…)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal(), other.reveal())

    def __hash__(self) -> int:
        return hash(Secret)

    def __bool__(self) -> bool:
        return True

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a Secret is not serialised")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def fingerprint(self, context: str) -> str:
        """16 hex digits that tell equal secrets from different ones, within one context.

        HMAC-SHA256 keyed by the secret, over a fixed label and the context (say, the ProductID),
        cut to 64 bits: a record may hold it.
        """
        return hmac.digest(self.reveal(), _FINGERPRINT_LABEL + context.encode(), "sha256").hex()[
            :16
        ]


class Source(StrEnum):
    """Where a reference points."""

    ENV = "env"
    FILE = "file"
    KEYRING = "keyring"
    PROMPT = "prompt"


@dataclass(frozen=True)
class Reference:
    """A parsed reference: `place` is a variable, a path, or `SERVICE/USER`; empty for prompt."""

    source: Source
    place: str = ""

    def __str__(self) -> str:
        return f"{self.source}:{self.place}" if self.place else self.source.value


def parse_reference(text: str) -> Reference:
    """Read `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` or `prompt`.

    Raises:
        BurnerError: E150 for anything else. The text is not repeated: it may be the secret.
    """
    if text == Source.PROMPT:
        return Reference(Source.PROMPT)
    scheme, colon, place = text.partition(":")
    allowed = {
        Source.ENV: bool(_ENV_NAME.fullmatch(place)),
        Source.FILE: bool(place) and "\0" not in place,
        Source.KEYRING: bool(re.fullmatch(r"[^/]+/.+", place)),
    }
    if colon and scheme in allowed and allowed[Source(scheme)]:
        return Reference(Source(scheme), place)
    raise BurnerError(Code.SECRET_REFERENCE_INVALID)


def resolve(reference: str, base: Path, ask: Callable[[], str] | None = None) -> Secret:
    """Fetch the secret a reference points at; no rule on its content but that it is not empty.

    A process that fetches one leaves no core dump from then on.

    Args:
        reference: one of the four forms.
        base: folder that a relative `file:` path starts from (the profile's).
        ask: asks a person without echo; None where nobody can be asked.

    Raises:
        BurnerError: E150 not a reference, E151 environment, E152 or E153 file, E154 keyring,
            E155 nobody to ask.
    """
    parsed = parse_reference(reference)
    core_dumps.forbid()
    match parsed.source:
        case Source.ENV:
            return _from_environment(parsed)
        case Source.FILE:
            return _from_file(parsed, base)
        case Source.KEYRING:
            return _from_keyring(parsed)
        case Source.PROMPT:
            return _from_person(ask)


def check_product_secret(secret: Secret, place: str) -> list[Finding]:
    """What is wrong with a ProductSecret; `place` is its reference. Never holds the value.

    16 to 32 printable characters, because registration takes the first 16 bytes as an AES key;
    every real one seen is 24 letters and digits.
    """
    length = len(secret.reveal())
    printable = all(0x21 <= byte <= 0x7E for byte in secret.reveal())
    if secret.reveal() in {text.encode() for text in PLACEHOLDERS}:
        return [
            Finding(
                Code.SECRET_IS_PLACEHOLDER,
                place,
                "a sample's placeholder",
                "the product's own secret",
            )
        ]
    if not 16 <= length <= 32 or not printable:
        shape = counted(length, "character") + ("" if printable else ", some blank or not ASCII")
        return [
            Finding(
                Code.SECRET_MALFORMED, place, shape, "16 to 32 printable characters without blanks"
            )
        ]
    if not _USUAL.fullmatch(secret.reveal()):
        found = f"found {counted(length, 'character')}"
        found += ", not all letters and digits" if length == _USUAL_LENGTH else ""
        return [
            Finding(
                Code.SECRET_UNUSUAL,
                place,
                found,
                f"wanted {_USUAL_LENGTH} letters and digits",
                True,
            )
        ]
    return []


def _secret(text: str | None) -> Secret:
    # surrogatepass never raises, so no exception can carry the text out.
    return Secret((text or "").encode("utf-8", "surrogatepass"))


def _from_environment(reference: Reference) -> Secret:
    secret = _secret(os.environ.get(reference.place))
    if not secret.reveal():
        state = "empty" if reference.place in os.environ else "not set"
        raise BurnerError(Code.SECRET_VARIABLE_EMPTY, f"{reference} is {state}")
    return secret


def _from_file(reference: Reference, base: Path) -> Secret:
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


def _from_keyring(reference: Reference) -> Secret:
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


def _from_person(ask: Callable[[], str] | None) -> Secret:
    if ask is None:
        raise BurnerError(Code.SECRET_NOT_TYPED)
    secret = _secret(ask())
    if not secret.reveal():
        raise BurnerError(Code.SECRET_NOT_TYPED, "nothing typed")
    return secret
