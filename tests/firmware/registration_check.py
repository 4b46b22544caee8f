"""Dynamic registration from the cloud's side, written from Tencent's description alone."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


@dataclass(frozen=True)
class Registered:
    """Whom a request registers."""

    product_id: str
    device_name: str


def accepted(request: bytes, secret: bytes, host: str) -> Registered | None:
    """Whom a request registers at a host; None where it is refused."""
    head, _, body = request.partition(b"\r\n\r\n")
    try:
        first, *lines = head.decode("ascii").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        values = json.loads(body)
    except ValueError:
        return None
    if headers.get("Host") != host or headers.get("Content-Length") != str(len(body)):
        return None
    if not isinstance(values, dict):
        return None
    match first:
        case "POST /device/register HTTP/1.1":
            return _current(headers, body, values, secret)
        case "POST /register/dev HTTP/1.1":
            return _older(values, secret)
    return None


def _current(
    headers: Mapping[str, str], body: bytes, values: Mapping[str, object], secret: bytes
) -> Registered | None:
    algorithm = headers.get("X-TC-Algorithm", "")
    if algorithm not in ("hmacsha1", "hmacsha256"):
        return None
    hashed = hashlib.new(algorithm.removeprefix("hmac"), body).hexdigest()
    stamp, nonce = headers.get("X-TC-Timestamp", ""), headers.get("X-TC-Nonce", "")
    host = headers["Host"]
    lines = ("POST", host, "/device/register", "", algorithm, stamp, nonce, hashed)
    signature = signed("\n".join(lines), secret, algorithm)
    if headers.get("X-TC-Signature") != signature:
        return None
    if body != json.dumps(values, separators=(",", ":")).encode():
        return None
    return _registered(values, "ProductId", "DeviceName")


def signed(text: str, secret: bytes, algorithm: str) -> str:
    """The signature of the current API."""
    digest = hmac.digest(secret, text.encode(), algorithm.removeprefix("hmac"))
    return base64.b64encode(digest).decode()


def _older(values: Mapping[str, object], secret: bytes) -> Registered | None:
    numbers = (values.get("nonce"), values.get("timestamp"))
    if not all(isinstance(number, int) for number in numbers):
        return None
    signature = older_signature(values, secret)
    names = {"deviceName", "nonce", "productId", "timestamp", "signature"}
    if set(values) != names or values.get("signature") != signature:
        return None
    return _registered(values, "productId", "deviceName")


def older_signature(values: Mapping[str, object], secret: bytes) -> str:
    """The signature of the older API: over the hex text of the HMAC."""
    names = ("deviceName", "nonce", "productId", "timestamp")
    text = "&".join(f"{name}={values.get(name)}" for name in names)
    digits = hmac.digest(secret, text.encode(), "sha1").hex()
    return base64.b64encode(digits.encode()).decode()


def _registered(values: Mapping[str, object], *names: str) -> Registered | None:
    product_id, device_name = (values.get(name) for name in names)
    if not isinstance(product_id, str) or not isinstance(device_name, str):
        return None
    return Registered(product_id, device_name)


def sealed(payload: Mapping[str, object], secret: bytes) -> tuple[int, str]:
    """The payload of an answer: its length, and its encrypted text."""
    plain = json.dumps(payload).encode()
    padded = plain + bytes(-len(plain) % 16)
    cipher = Cipher(algorithms.AES(secret[:16]), modes.CBC(b"0" * 16)).encryptor()
    return len(plain), base64.b64encode(cipher.update(padded)).decode()
