"""The values in the answers of Tencent's management API. The SDK checks no type."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tencentcloud.common.abstract_model import AbstractModel

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.search import SecretSearch
from burner.core.secrets.secret import Secret
from burner.platforms.product_settings import CredentialKind, RegisterType

_KINDS: Final = {"1": CredentialKind.CERTIFICATE, "2": CredentialKind.KEY}
_SECRETS: Final = ("Secret", "Psk", "PrivateKey")
"""So end the names of fields that hold one."""
_STATES: Final = {1: True, 3: False}
_MILLISECONDS: Final = 100_000_000_000
"""A time above this number is in milliseconds: as seconds it would be the year 5138."""


def text(value: Any) -> str:
    """A text; empty where there is none."""
    if value is not None and not isinstance(value, str):
        raise _unreadable("a text")
    return value or ""


def name_in(value: Any) -> str:
    """The name of a device: a text that is not empty."""
    if not text(value):
        raise _unreadable("the name of a device")
    return text(value)


def number(value: Any) -> int | None:
    """A whole number that is not negative; None where there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _unreadable("a number")
    return value


def count_in(value: Any) -> int:
    """How many there are: a list without this number may be any part of it."""
    if (found := number(value)) is None:
        raise _unreadable("a number")
    return found


def flag(value: Any) -> bool | None:
    """0 or 1; None where there is none."""
    found = number(value)
    return None if found is None else found == 1


def moment(value: Any) -> datetime | None:
    """A time since 1970; None where there is none, which is 0 too."""
    seconds = number(value)
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(
            seconds / 1000 if seconds > _MILLISECONDS else seconds, tz=UTC
        )
    except (OverflowError, ValueError, OSError):
        raise _unreadable("a time") from None


def was_online(first_time: Any, state: Any) -> bool | None:
    """Whether a device was ever online; None: not told.

    Args:
        first_time: when it was online first; 0: never.
        state: 1 online, 3 never online; others say nothing about the past.
    """
    seconds = number(first_time)
    if seconds is not None:
        return seconds > 0
    known = number(state)
    return None if known is None else _STATES.get(known)


def sequence(value: Any) -> Sequence[Any]:
    """A list of the SDK's models; empty where there is none."""
    if value is not None and not isinstance(value, list):
        raise _unreadable("a list")
    return value or []


def credential_kind(value: Any) -> CredentialKind | None:
    """EncryptionType; None: another kind, or the answer has none."""
    return _KINDS.get(str(value))


def register_type(value: Any) -> RegisterType | None:
    """RegisterType; None: the answer has none."""
    found = number(value)
    try:
        return None if found is None else RegisterType(found)
    except ValueError:
        raise _unreadable("a RegisterType") from None


class SealedText(str):
    """Stands for a secret in a model of the SDK, whose text form shows all: an empty text."""

    secret: Secret


def _sealed(value: str) -> SealedText:
    sealed = SealedText()
    sealed.secret = Secret(value.encode("utf-8", "surrogatepass"))
    return sealed


def with_sealed_secrets(answer: Any) -> Any:
    """An answer of the SDK, each secret in it as a `SealedText`."""
    for name, value in vars(answer).items():
        if name.endswith(_SECRETS) and isinstance(value, str):
            setattr(answer, name, _sealed(value) if value else "")
        for inner in value if isinstance(value, list) else (value,):
            if isinstance(inner, AbstractModel):
                with_sealed_secrets(inner)
    return answer


def product_secret(value: Any, search: SecretSearch) -> Secret | None:
    """ProductSecret; None: the answer has none. From now on `search` finds it."""
    if not isinstance(value, SealedText):
        text(value)
        return None
    search.add(value.secret)
    return value.secret


def _unreadable(expected: str) -> BurnerError:
    return BurnerError(Code.API_ANSWER_UNREADABLE, f"something is not {expected}")
