"""The seal of a release: its product secret and confidential images, for named stations only.

Encrypted in the age format. Age does not say who encrypted, so the release's index commits itself
to what is inside: the index is what people sign.
"""

import binascii
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from burner.core.canonical_json import canonical
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets import core_dumps
from burner.core.secrets.secret import Secret
from burner.release import age
from burner.release.release_file import Contents

_COMMITMENT_LABEL: Final = b"burner seal commitment 1\0"
_CODE_LABEL: Final = b"burner sealed parts 1\0"


@dataclass(frozen=True)
class SealedInputs:
    """What is sealed."""

    secret: Secret
    images: Mapping[str, bytes] = field(repr=False)
    """The confidential ones, by name."""

    def code(self, digest: str, sealed: Iterable[bytes]) -> str:
        """That these sealed parts, in this order, are those of the release with this digest.

        Only who has the product secret can compute it. So a station notices a part that was
        changed, added or taken away, although it can open but its own.
        """
        message = _CODE_LABEL + bytes.fromhex(digest)
        message += b"".join(sha256(part).digest() for part in sealed)
        return hmac.digest(self.secret.reveal(), message, "sha256").hex()


def commitment(secret: Secret, product_id: str) -> dict[str, str]:
    """What the index says of a product secret: its fingerprint, as records hold it, and an
    HMAC-SHA256 keyed by it, whole. Equal secrets give equal bytes, and no other one fits.
    """
    message = _COMMITMENT_LABEL + product_id.encode() + b"\0" + secret.reveal()
    return {
        "key": secret.fingerprint(product_id),
        "product_secret": hmac.digest(secret.reveal(), message, "sha256").hex(),
    }


def add_seal(contents: Contents, inputs: SealedInputs, recipients: Sequence[str]) -> Contents:
    """The same release, with one more sealed part, of at most `MOST_NUMBERED`.

    Args:
        contents: whose index commits itself to the inputs.
        inputs: what is sealed.
        recipients: who can open the part: `age1…`.

    Raises:
        BurnerError: E213 one of `recipients` is not a recipient.
    """
    encrypted = age.encrypt(_plain(inputs), tuple(dict.fromkeys(recipients)))
    sealed = (*contents.sealed, encrypted)
    return replace(contents, sealed=sealed, seal_code=inputs.code(contents.digest, sealed))


def _plain(inputs: SealedInputs) -> Secret:
    """What is encrypted. A Secret, so that no traceback shows it."""
    return Secret(
        canonical(
            {
                "product_secret": b64encode(inputs.secret.reveal()).decode(),
                "parts": {name: b64encode(data).decode() for name, data in inputs.images.items()},
            }
        )
    )


def open_seal(
    contents: Contents, product_id: str, identities: Iterable[Secret], name: str
) -> SealedInputs:
    """Open the sealed parts in memory, and check all that the index says of them.

    Args:
        contents: of the release file.
        product_id: of its product.
        identities: private keys of this station.
        name: how to call the release in errors.

    Raises:
        BurnerError: E210 no part is for these keys, E211 what is in them is not what the index
            says, or a part was changed, added or taken away.
    """
    core_dumps.forbid()
    keys = tuple(identities)
    for number, sealed in enumerate(contents.sealed, 1):
        try:
            inputs = _parsed(age.decrypt(sealed, keys))
        except age.OtherRecipientError:
            continue
        if inputs is None:
            raise BurnerError(Code.SEAL_CHANGED, f"{name}: sealed/{number:02}.age is damaged")
        if other := other_inputs(contents.index, inputs, product_id):
            raise BurnerError(Code.SEAL_CHANGED, f"{name}: sealed/{number:02}.age has {other}")
        code = inputs.code(contents.digest, contents.sealed)
        if not hmac.compare_digest(code, contents.seal_code):
            why = "a sealed part was changed, added, moved or taken away"
            raise BurnerError(Code.SEAL_CHANGED, f"{name}: {why}")
        return inputs
    own = ", ".join(map(age.recipient_of, keys)) or "no key for sealed releases"
    raise BurnerError(Code.RELEASE_NOT_FOR_STATION, f"{name}; this station has {own}")


def _parsed(plain: Secret | None) -> SealedInputs | None:
    """None for what was never sealed here. An exception could carry the secret: there is none."""
    try:
        read = json.loads(plain.reveal() if plain else b"")
        return SealedInputs(
            Secret(b64decode(read["product_secret"], validate=True)),
            {str(n): b64decode(data, validate=True) for n, data in read["parts"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        return None


def other_inputs(index: Mapping[str, Any], inputs: SealedInputs, product_id: str) -> str:
    """Which of the inputs is not the one to which an index commits itself; empty if none."""
    if index["sealed"] != commitment(inputs.secret, product_id):
        return "another product secret"
    expected = {row["name"]: row["sha256"] for row in confidential_parts(index)}
    digests = {name: sha256(data).hexdigest() for name, data in inputs.images.items()}
    return "" if digests == expected else "other confidential images"


def confidential_parts(index: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The rows of the parts whose bytes are sealed."""
    return (row for row in index["parts"] if row.get("confidential"))
