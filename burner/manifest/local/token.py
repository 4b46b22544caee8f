"""Keys in a PKCS #11 token (a smart card, an HSM). The token enrols a run key that is valid for a
day. The run key, in memory, signs the heads: the token is never used in a commit.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.passphrase import TOKEN_PIN, backend_reason
from burner.manifest.entries.values import utc
from burner.manifest.log.note import NoteSigner, VerifierKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SCHEME = "pkcs11:"
RUN_LENGTH = timedelta(hours=24)
RENEWED_BEFORE = timedelta(hours=1)


@dataclass(frozen=True)
class TokenSigner:
    """A key in a token, under the name of a log; the token is opened for each signature."""

    name: str
    uri: str
    """RFC 7512: `pkcs11:token=LABEL;object=LABEL?module-path=/…/library.so`."""
    public: bytes

    @property
    def key(self) -> VerifierKey:
        """Its public half."""
        return VerifierKey(self.name, self.public)

    def sign(self, message: bytes) -> bytes:
        """64 bytes, RFC 8032.

        Raises:
            BurnerError: E722 the token cannot be used.
        """
        with _session(self.uri) as (session, label):
            from pkcs11 import Mechanism, ObjectClass

            key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
            return bytes(key.sign(message, mechanism=Mechanism.EDDSA))


@dataclass(frozen=True)
class RunSigner:
    """A key in memory that a token enrols for a day."""

    name: str
    private: "Ed25519PrivateKey"
    sponsor: NoteSigner
    until: str

    @property
    def key(self) -> VerifierKey:
        """Its public half."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """64 bytes, RFC 8032."""
        return self.private.sign(message)

    def ends_soon(self, now: datetime) -> bool:
        """Whether it ends within the hour."""
        return utc(now + RENEWED_BEFORE) > self.until


def run_signer(origin: str, uri: str, public: bytes, now: datetime | None = None) -> RunSigner:
    """A new run key for a log, to be enrolled by the key in the token.

    Args:
        origin: name of the log.
        uri: of the key in the token.
        public: its public half.
        now: for tests.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    until = utc((now or datetime.now(UTC)) + RUN_LENGTH)
    sponsor = TokenSigner(origin, uri, public)
    return RunSigner(origin, Ed25519PrivateKey.generate(), sponsor, until)


def public_key(uri: str) -> bytes:
    """The 32 bytes of the Ed25519 key that a URI names.

    Raises:
        BurnerError: E720, E722.
    """
    with _session(uri) as (session, label):
        from pkcs11 import Attribute, ObjectClass

        key = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)
        point = bytes(key[Attribute.EC_POINT])
    # An OCTET STRING of DER, or the bytes themselves.
    raw = point[2:] if len(point) == 34 and point[:2] == b"\x04\x20" else point
    if len(raw) != 32:
        raise BurnerError(Code.SIGNING_KEY_UNUSABLE, f"{uri}: not an Ed25519 key")
    return raw


@contextmanager
def _session(uri: str) -> Iterator[tuple[Any, str]]:
    try:
        import pkcs11
    except ImportError:
        raise BurnerError(
            Code.DATABASE_KIND_UNKNOWN, "tokens need: pip install burner[token]"
        ) from None
    path, _, query = uri.removeprefix(SCHEME).partition("?")
    parts = dict(part.split("=", 1) for part in path.split(";") if "=" in part)
    module = parse_qs(query).get("module-path", [""])[0]
    if not uri.startswith(SCHEME) or not {"token", "object"} <= parts.keys() or not module:
        raise BurnerError(
            Code.SIGNING_KEY_UNUSABLE,
            f"{uri}: expected is pkcs11:token=T;object=O?module-path=LIBRARY",
        )
    try:
        token = pkcs11.lib(module).get_token(token_label=unquote(parts["token"]))
        with token.open(user_pin=os.environ.get(TOKEN_PIN) or None) as session:
            yield session, unquote(parts["object"])
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        what = f"the token of {uri.partition('?')[0]}: {backend_reason(error)}"
        raise BurnerError(Code.SIGNING_KEY_UNUSABLE, what) from None
