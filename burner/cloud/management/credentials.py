"""The credentials of a management API: from their text, never back to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.search import SecretSearch
from burner.core.secrets.secret import Secret

CREDENTIAL_REMOVED: Final = "[credential or secret removed]"
"""In what a platform answers: it may repeat the product secret as well."""
_SHORTEST, _LONGEST_TOKEN = 8, 4096


@dataclass(frozen=True)
class ApiCredentials:
    """What proves to a platform that a program may call its management API.

    Tencent: SecretId and SecretKey. Alibaba: AccessKeyId and AccessKeySecret.
    """

    key_id: Secret
    key: Secret
    token: Secret | None = None
    """Of temporary credentials."""

    def search(self) -> SecretSearch:
        """Finds them in a text."""
        token = (self.token,) if self.token else ()
        return SecretSearch(self.key_id, self.key, *token, removed=CREDENTIAL_REMOVED)


def api_credentials(text: Secret) -> ApiCredentials:
    """Credentials from `ID:KEY` or `ID:KEY:TOKEN`.

    Raises:
        BurnerError: E831, with the part that is wrong, never with its text.
    """
    key_id, key, *rest = _parts(text)
    return ApiCredentials(key_id, key, *rest)


def _parts(text: Secret) -> Sequence[Secret]:
    parts = text.reveal().strip().split(b":", 2)
    if len(parts) < 2:
        raise BurnerError(Code.API_CREDENTIALS_MALFORMED, "there is no colon in it")
    for number, part, name in zip(count(1), parts, ("ID", "KEY", "TOKEN"), strict=False):
        if not _SHORTEST <= len(part) <= _LONGEST_TOKEN or not _is_printable(part):
            allowed = f"{_SHORTEST} printable characters or more"
            raise BurnerError(
                Code.API_CREDENTIALS_MALFORMED, f"part {number}, the {name}, must be {allowed}"
            )
    return [Secret(part) for part in parts]


def _is_printable(part: bytes) -> bool:
    return all(0x21 <= byte < 0x7F for byte in part)
