"""ACS3-HMAC-SHA256, the signature of Alibaba Cloud's management API: the check of a request."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote

from burner.cloud.gateway.management.api_call import ApiCallRefusedError
from burner.cloud.management.credentials import ApiCredentials
from burner.platforms.registration import HttpRequest

ALGORITHM: Final = "ACS3-HMAC-SHA256"
CLOCK_WINDOW_S: Final = 900
_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM} Credential=([^,\s]+),SignedHeaders=([a-z0-9-]+(?:;[a-z0-9-]+)*),"
    r"Signature=([0-9a-f]{64})",
    re.ASCII,
)
_SIGNED_ALWAYS: Final = {
    *("host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"),
    "x-acs-version",
}
_DATE: Final = "%Y-%m-%dT%H:%M:%SZ"


def check_signature(request: HttpRequest, credentials: ApiCredentials, now: float) -> None:
    """Check who has signed a request, and when.

    Raises:
        ApiCallRefusedError: the platform's code.
    """
    found = _AUTHORIZATION.fullmatch(request.header("Authorization").strip())
    if not found:
        raise ApiCallRefusedError(
            "IncompleteSignature", f"Authorization is not that of {ALGORITHM}."
        )
    key_id, signed, signature = found.groups()
    headers = signed.split(";")
    if not _SIGNED_ALWAYS.issubset(headers) or headers != sorted(set(headers)):
        message = "SignedHeaders lacks one, or is not in order."
        raise ApiCallRefusedError("IncompleteSignature", message)
    if not hmac.compare_digest(key_id.encode("utf-8", "replace"), credentials.key_id.reveal()):
        raise ApiCallRefusedError("InvalidAccessKeyId.NotFound", "The access key is not known.")
    _check_clock(request.header("x-acs-date"), now)
    body = hashlib.sha256(request.body).hexdigest()
    right = _signature(request, headers, body, credentials)
    if request.header("x-acs-content-sha256") != body or not hmac.compare_digest(signature, right):
        message = "It is not the signature of this request and key."
        raise ApiCallRefusedError("SignatureDoesNotMatch", message)
    token = credentials.token.reveal() if credentials.token else b""
    sent = request.header("x-acs-security-token").encode("utf-8", "replace")
    if not hmac.compare_digest(sent, token):
        raise ApiCallRefusedError(
            "InvalidSecurityToken.MismatchWithAccessKey", "The token is wrong."
        )


def _check_clock(text: str, now: float) -> None:
    try:
        seconds = datetime.strptime(text, _DATE).replace(tzinfo=UTC).timestamp()
    except ValueError:
        message = f"x-acs-date has not the form {_DATE}."
        raise ApiCallRefusedError("InvalidTimeStamp.Format", message) from None
    if abs(seconds - now) > CLOCK_WINDOW_S:
        message = f"The clock is {seconds - now:+.0f} s off; {CLOCK_WINDOW_S} s are allowed."
        raise ApiCallRefusedError("InvalidTimeStamp.Expired", message)


def _signature(
    request: HttpRequest, headers: Sequence[str], body: str, credentials: ApiCredentials
) -> str:
    path, _, query = request.path.partition("?")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    ordered = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    lines = "".join(f"{name}:{request.header(name).strip()}\n" for name in headers)
    canonical = "\n".join(("POST", path, ordered, lines, ";".join(headers), body))
    digest = hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()
    text = f"{ALGORITHM}\n{digest}"
    return hmac.digest(credentials.key.reveal(), text.encode(), "sha256").hex()
