"""TC3-HMAC-SHA256, the signature of calls of Tencent Cloud's management API: its check. Pure."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from burner.cloud.gateway.management.api_call import ApiCallRefusedError
from burner.cloud.management.credentials import ApiCredentials
from burner.core.secrets.secret import Secret
from burner.platforms.registration import HttpRequest

ALGORITHM: Final = "TC3-HMAC-SHA256"
CLOCK_WINDOW_S: Final = 300
_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM} Credential=([^/,\s]+)/(\d{{4}}-\d\d-\d\d)/([a-z0-9]+)/tc3_request, ?"
    r"SignedHeaders=([a-z0-9-]+(?:;[a-z0-9-]+)*), ?Signature=([0-9a-f]{64})",
    re.ASCII,
)
_SIGNED_ALWAYS: Final = {"content-type", "host"}


def signed_service(request: HttpRequest, credentials: ApiCredentials, now: float) -> str:
    """The service for which a request is signed, such as `iotcloud`.

    Raises:
        ApiCallRefusedError: AuthFailure…, MissingParameter.
    """
    found = _AUTHORIZATION.fullmatch(request.header("Authorization").strip())
    if not found:
        raise _failure("InvalidAuthorization", f"Authorization is not that of {ALGORITHM}.")
    secret_id, date, service, signed, signature = found.groups()
    headers = signed.split(";")
    if not _SIGNED_ALWAYS.issubset(headers) or headers != sorted(set(headers)):
        raise _failure("InvalidAuthorization", "SignedHeaders lacks one, or is not in order.")
    if not hmac.compare_digest(secret_id.encode("utf-8", "replace"), credentials.key_id.reveal()):
        raise _failure("SecretIdNotFound", "The SecretId is not known.")
    seconds = _timestamp(request)
    if abs(seconds - now) > CLOCK_WINDOW_S:
        message = f"The clock is {seconds - now:+.0f} s off; {CLOCK_WINDOW_S} s are allowed."
        raise _failure("SignatureExpire", message)
    right = _signatures(request, headers, (date, service), credentials.key)
    dated = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%d")
    if date != dated or not any(hmac.compare_digest(signature, each) for each in right):
        raise _failure("SignatureFailure", "It is not the signature of this request and key.")
    token = credentials.token.reveal() if credentials.token else b""
    if not hmac.compare_digest(request.header("X-TC-Token").encode("utf-8", "replace"), token):
        raise _failure("TokenFailure", "The token is wrong.")
    return service


def _timestamp(request: HttpRequest) -> int:
    text = request.header("X-TC-Timestamp")
    if not text:
        raise ApiCallRefusedError("MissingParameter", "X-TC-Timestamp is missing.")
    if not (text.isascii() and text.isdecimal() and len(text) <= 11):
        raise ApiCallRefusedError("InvalidParameter", "X-TC-Timestamp is not in seconds.")
    return int(text)


def _signatures(
    request: HttpRequest, headers: Sequence[str], scope: tuple[str, str], secret_key: Secret
) -> Iterator[str]:
    """The right signatures: with the values of headers in lower case, and as they are.

    The documents say lower case; the SDKs take them as they are.
    """
    path, _, query = request.path.partition("?")
    body = hashlib.sha256(request.body).hexdigest()
    credential_scope = "/".join((*scope, "tc3_request"))
    signing_key = b"TC3" + secret_key.reveal()
    for text in (*scope, "tc3_request"):
        signing_key = hmac.digest(signing_key, text.encode(), "sha256")
    values = [request.header(name).strip() for name in headers]
    for each in (values, [value.lower() for value in values]):
        lines = "".join(f"{name}:{value}\n" for name, value in zip(headers, each, strict=True))
        canonical = "\n".join(("POST", path, query, lines, ";".join(headers), body))
        digest = hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()
        text = "\n".join((ALGORITHM, request.header("X-TC-Timestamp"), credential_scope, digest))
        yield hmac.digest(signing_key, text.encode(), "sha256").hex()


def _failure(kind: str, message: str) -> ApiCallRefusedError:
    return ApiCallRefusedError(f"AuthFailure.{kind}", message)
