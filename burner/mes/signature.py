"""The signature of a request, as the Standard Webhooks specification has it. Pure.

`HMAC-SHA256(secret, id + "." + timestamp + "." + body)`: nobody without the secret can make a
request, change one, or send an old one again later.
"""

import binascii
import hmac
from base64 import b64decode, b64encode

from burner.core.secrets.secret import Secret

_ENCODED = b"whsec_"
"""Before a secret in base64."""


def signing_key(secret: Secret) -> Secret:
    """The key of a secret: the bytes after `whsec_`, which are base64; else the text as it is.

    Raises:
        ValueError: what follows `whsec_` is no base64, or the key is shorter than 16 bytes.
    """
    text = secret.reveal()
    try:
        if text.startswith(_ENCODED):
            text = b64decode(text.removeprefix(_ENCODED), validate=True)
    except binascii.Error:
        raise ValueError("not base64 after whsec_") from None
    if len(text) < 16:
        raise ValueError("shorter than 16 bytes")
    return Secret(text)


def signed_headers(
    key: Secret | None, message_id: str, seconds: int, body: bytes
) -> dict[str, str]:
    """The headers of a request: its id, the time, and the signature where there is a key."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(seconds)}
    if key is not None:
        content = f"{message_id}.{seconds}.".encode() + body
        digest = hmac.digest(key.reveal(), content, "sha256")
        headers["webhook-signature"] = f"v1,{b64encode(digest).decode()}"
    return headers
