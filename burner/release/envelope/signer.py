"""The signer for a URI: a key file, a PKCS #11 token, or a key in a cloud service.

securesystemslib signs. A key file is opened here, because it is encrypted. A cloud service must not
be asked which key it has: the public key is named beside it.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import read_plain
from burner.core.secrets.passphrase import (
    TOKEN_PIN,
    PromptPassphrase,
    WrongPassphraseError,
    backend_reason,
    unlocked,
)
from burner.release.envelope.dsse import EnvelopeSigner, check_name
from burner.release.envelope.public_key import PublicKey

MAX_KEY_FILE = 64 << 10
"""Bytes of a private key's file."""
FILE, TOKEN = "file2", "hsm"
PIP_EXTRAS = {
    TOKEN: "token",
    "awskms": "awskms",
    "azurekms": "azurekms",
    "gcpkms": "gcpkms",
    "hv": "vault",
}
"""What `pip install burner[…]` must name, by scheme of the URI."""
TOKEN_LIBRARY = "PYKCS11LIB"  # noqa: S105 - the variable from which securesystemslib takes it
PromptPin = Callable[[str], str]
"""Asks a person for the PIN of a token; the argument is whose."""


def signer_for(
    uri: str,
    name: str = "",
    public: PublicKey | None = None,
    *,
    prompt_passphrase: PromptPassphrase | None = None,
    prompt_pin: PromptPin | None = None,
) -> EnvelopeSigner:
    """Who signs.

    Args:
        uri: `alice.pem` or `file2:alice.pem`; `hsm:2?label=TOKEN&module-path=LIBRARY`; `awskms:…`,
            `azurekms:…`, `gcpkms:…`, `hv:…` as securesystemslib has them.
        name: of who signs; left out: the key file's name without its ending.
        public: the public key; needed with a cloud service, else read from the file or token.
        prompt_passphrase: asks a person; BURNER_KEY_PASSPHRASE goes before.
        prompt_pin: asks a person; BURNER_TOKEN_PIN goes before.

    Raises:
        BurnerError: E221 the key cannot be used, E245 it is of a kind that burner does not use,
            E748 wrong passphrase, E749 no terminal to ask for it.
    """
    scheme, _, rest = uri.partition(":")
    if scheme not in (FILE, *PIP_EXTRAS):
        scheme, rest = FILE, uri
    name = name or (Path(rest).stem if scheme == FILE else "")
    if not name:
        raise BurnerError(Code.SIGNER_UNUSABLE, f"{uri}: say who signs with --name")
    try:
        check_name(name)
    except ValueError as error:
        raise BurnerError(Code.SIGNER_UNUSABLE, str(error)) from None
    if scheme == FILE:
        return _of_file(Path(rest), name, public, prompt_passphrase)
    try:
        if scheme == TOKEN:
            return _of_token(uri, name, public, prompt_pin)
        return _of_service(uri, name, public)
    except BurnerError:
        raise
    except Exception as error:  # each backend has its own errors: a token, a network, a library
        raise BurnerError(Code.SIGNER_UNUSABLE, f"{uri}: {_reason(error, scheme)}") from None


def _of_file(
    path: Path, name: str, public: PublicKey | None, prompt: PromptPassphrase | None
) -> EnvelopeSigner:
    from securesystemslib.signer import CryptoSigner

    try:
        pem = read_plain(path, MAX_KEY_FILE)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise BurnerError(Code.SIGNER_UNUSABLE, f"{path}: {why}") from None
    if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" not in pem:
        is_key = b"PRIVATE KEY-----" in pem
        found = "a private key that is not encrypted" if is_key else "no private key"
        raise BurnerError(
            Code.SIGNER_UNUSABLE, f"{path}: {found}; wanted: BEGIN ENCRYPTED PRIVATE KEY (PKCS #8)"
        )
    private = unlocked(name, lambda typed: _load(pem, typed), prompt)
    key = PublicKey.from_key(private.public_key(), str(path))
    if public not in (None, key):
        raise BurnerError(Code.SIGNER_UNUSABLE, f"{path}: not the key of --public-key")
    return EnvelopeSigner(name, key, CryptoSigner(private, key.verifier))


def _load(pem: bytes, passphrase: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(pem, passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise WrongPassphraseError from error


def _of_token(
    uri: str, name: str, public: PublicKey | None, prompt: PromptPin | None
) -> EnvelopeSigner:
    from securesystemslib.signer import HSMSigner

    number, _, query = uri.removeprefix(f"{TOKEN}:").partition("?")
    options = parse_qs(query)
    label = options.get("label", [""])[0]
    if library := options.get("module-path", [""])[0]:
        os.environ[TOKEN_LIBRARY] = library
    if not os.environ.get(TOKEN_LIBRARY):
        raise BurnerError(
            Code.SIGNER_UNUSABLE,
            f"{uri}: which PKCS #11 library? Add module-path=/…/library.so, or set {TOKEN_LIBRARY}",
        )

    def pin(_what: str) -> str:
        if typed := os.environ.get(TOKEN_PIN):
            return typed
        if prompt is None:
            raise BurnerError(
                Code.SIGNER_UNUSABLE, f"{uri}: set {TOKEN_PIN}, or start burner in a terminal"
            )
        return prompt(label or name)

    if public is None:
        if number and not number.isdecimal():
            raise ValueError("expected is hsm:ID?label=TOKEN, where ID is a number (CKA_ID)")
        _, token_key = HSMSigner.import_(int(number) if number else None, label or None, pin)
        public = PublicKey.from_pem(token_key.keyval["public"], uri)
    return EnvelopeSigner(name, public, HSMSigner.from_priv_key_uri(uri, public.verifier, pin))


def _of_service(uri: str, name: str, public: PublicKey | None) -> EnvelopeSigner:
    from securesystemslib.signer import Signer

    if public is None:
        raise BurnerError(Code.SIGNER_UNUSABLE, f"{uri}: name its public key with --public-key")
    # It logs what it raises too: to the terminal, where nobody else takes it.
    logging.getLogger("securesystemslib").addHandler(logging.NullHandler())
    backend: Signer = Signer.from_priv_key_uri(uri, public.verifier)
    return EnvelopeSigner(name, public, backend)


def _reason(error: Exception, scheme: str) -> str:
    from securesystemslib.exceptions import UnsupportedLibraryError

    if isinstance(error, UnsupportedLibraryError):
        return f"it needs more packages: pip install burner[{PIP_EXTRAS[scheme]}]"
    return backend_reason(error)
