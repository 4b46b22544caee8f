"""A verifier key as it is given to a command: its text, or a file that holds it."""

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


def read_key(given: str, kind: KeyType = KeyType.ED25519) -> VerifierKey:
    """A verifier key from the command line.

    Args:
        given: the key itself, `name+id+base64`, or a path of a file that holds it in one line.
        kind: of which kind it must be: of a log, or of a witness.

    Raises:
        BurnerError: E747 for anything else, with what it is.
    """
    if not given.strip():
        raise BurnerError(Code.PUBLIC_KEY_INVALID, "an empty text")
    text = given if given.count("+") >= 2 and "\n" not in given else _read(Path(given))
    try:
        key = VerifierKey.parse(text)
    except NoteError as error:
        what = _what_is(text) or str(error)
        raise BurnerError(Code.PUBLIC_KEY_INVALID, f"{given}: {what}") from None
    if key.type is not kind:
        wanted = "a witness" if kind is KeyType.COSIGNATURE else "a log"
        raise BurnerError(
            Code.PUBLIC_KEY_INVALID,
            f"{key.name}: a key of another kind; expected is one of {wanted}",
        )
    return key


def _read(path: Path) -> str:
    try:
        return read_plain(path, LARGEST).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise BurnerError(Code.PUBLIC_KEY_INVALID, f"{path}: {why}") from None


def _what_is(text: str) -> str:
    """What a file holds that is no verifier key; empty where nothing better is known."""
    if not text.strip():
        return "an empty file"
    labels = _LABEL.findall(text)
    if any(label.endswith("PRIVATE KEY") for label in labels):
        return "a private key; only a verifier key is wanted"
    if labels:
        return f"PEM ({labels[0].lower()}), not a verifier key"
    return "a key in OpenSSH's form, not a verifier key" if text.startswith(_OPENSSH) else ""
