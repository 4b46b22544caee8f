"""A verifier key as an argument of a command: its text, or a file that holds it."""

import re
from pathlib import Path

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import read_plain
from burner.manifest.log.note import KeyType, NoteError, VerifierKey

LARGEST = 64 << 10
"""Bytes of a key file; ours have about 100."""

_LABEL = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_OPENSSH = ("ssh-", "ecdsa-", "sk-")


def read_key(argument: str, kind: KeyType = KeyType.ED25519) -> VerifierKey:
    """A verifier key from the command line.

    Args:
        argument: the key itself, `name+id+base64`, or a path of a file that holds it in one line.
        kind: the kind it must have: of a log, or of a witness.

    Raises:
        BurnerError: E747 for anything else; the detail says what it is.
    """
    if not argument.strip():
        raise BurnerError(Code.PUBLIC_KEY_INVALID, "an empty text")
    text = argument if argument.count("+") >= 2 and "\n" not in argument else _read(Path(argument))
    try:
        key = VerifierKey.parse(text)
    except NoteError as error:
        content = _describe(text) or str(error)
        raise BurnerError(Code.PUBLIC_KEY_INVALID, f"{argument}: {content}") from None
    if key.type is not kind:
        expected = "a witness" if kind is KeyType.COSIGNATURE else "a log"
        raise BurnerError(
            Code.PUBLIC_KEY_INVALID,
            f"{key.name}: a key of another kind; expected is one of {expected}",
        )
    return key


def _read(path: Path) -> str:
    try:
        return read_plain(path, LARGEST).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise BurnerError(Code.PUBLIC_KEY_INVALID, f"{path}: {why}") from None


def _describe(text: str) -> str:
    """What a text is that is no verifier key; empty: unknown."""
    if not text.strip():
        return "an empty file"
    labels = _LABEL.findall(text)
    if any(label.endswith("PRIVATE KEY") for label in labels):
        return "a private key; only a verifier key is wanted"
    if labels:
        return f"PEM ({labels[0].lower()}), not a verifier key"
    return "a key in OpenSSH's form, not a verifier key" if text.startswith(_OPENSSH) else ""
