"""Texts that go into statements on a release: none may hold its product secret."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.reference import SECRET_ABSENT, resolve
from burner.core.secrets.search import SecretSearch
from burner.core.secrets.secret import Secret
from burner.profile.profile import Profile


def refuse_secret(
    profile: Profile, index: Mapping[str, Any], folder: Path, texts: Mapping[str, str]
) -> None:
    """Refuse a text that holds the product secret, as far as it is known here.

    It is known where the profile's reference works on this computer. A sealed release has the
    fingerprint of its key: then each word of a text is tried against it.

    Args:
        profile: of the release.
        index: of the release.
        folder: where the reference's relative paths begin.
        texts: what it is → its text.

    Raises:
        BurnerError: E470; E153 the secret is here, in a file that others can read.
    """
    refuse_secrets(_search(profile, folder), texts)
    if fingerprint := index.get("sealed", {}).get("key", ""):
        for what, text in texts.items():
            words = (Secret(word.encode()) for word in _words(text))
            if any(word.fingerprint(profile.product.id) == fingerprint for word in words):
                raise BurnerError(Code.SECRET_IN_ENTERED_TEXT, what)


def refuse_secrets(search: SecretSearch, texts: Mapping[str, str]) -> None:
    """Refuse a text in which a secret is found.

    Args:
        search: knows the secrets.
        texts: what it is → its text.

    Raises:
        BurnerError: E470.
    """
    for what, text in texts.items():
        if search.spans(text):
            raise BurnerError(Code.SECRET_IN_ENTERED_TEXT, what)


def _search(profile: Profile, folder: Path) -> SecretSearch:
    try:
        return SecretSearch(resolve(profile.product.secret, folder))
    except BurnerError as error:
        if error.code not in SECRET_ABSENT:
            raise
        return SecretSearch()


def _words(text: str) -> Iterator[str]:
    """Words as they stand, and without the marks around them."""
    for word in text.split():
        yield word
        for letters in (r"[A-Za-z0-9]{8,}", r"[A-Za-z0-9+/=_-]{8,}"):
            yield from re.findall(letters, word)
