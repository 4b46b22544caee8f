"""The station's challenge: a unit proves that it holds this key and uses this name. Pure.

One line of text each way, each with a CRC-32. docs/firmware.md has the protocol, and
`firmware/identity` the device's half.
"""

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from burner.provisioning.key_config import KeyConfig

VERSION: Final = "1"
NONCE_SIZE: Final = 16
"""Bytes."""
WITHIN_S: Final = 10.0
"""A firmware answers in the first seconds after a reset only."""
QUESTION: Final = "BURNER-CHALLENGE"
RESPONSE: Final = "BURNER-RESPONSE"
"""The first word of each line. An image that can answer holds the second."""

_PURPOSE: Final = b"burner challenge v1"
_LONGEST: Final = 160
"""Bytes; no response is longer."""
_CRC: Final = rb"([0-9A-Fa-f]{8})"
_QUESTION: Final = re.compile(rb"(%s 1 (.*)) %s" % (QUESTION.encode(), _CRC), re.DOTALL)
_RESPONSE: Final = re.compile(
    rb"(%s 1 (?:([0-9A-Fa-f]{64})|refused ([a-z]{1,16}))) %s" % (RESPONSE.encode(), _CRC)
)


class Refusal(StrEnum):
    """Why a firmware gives no answer."""

    NONCE = "nonce"
    """The nonce is not one of 16 bytes."""
    LATE = "late"
    """The reset is too long ago."""
    ANSWERED = "answered"
    """It has answered since the reset."""
    REGISTERED = "registered"
    """The device has registered with the cloud."""
    KEY = "key"
    """It has no key, or no name."""


@dataclass(frozen=True)
class Response:
    """What a firmware responds: an answer, or why it gives none."""

    answer: bytes = b""
    refusal: str = ""
    """A `Refusal`, or the word of a newer firmware; empty with an answer."""


def question(nonce: bytes) -> bytes:
    """The line that asks a unit."""
    return _with_crc(f"{QUESTION} {VERSION} {nonce.hex()}") + b"\r\n"


def answer(key: KeyConfig, device_name: str, nonce: bytes) -> bytes:
    """The answer of a unit that holds `key` and uses `device_name`.

    It is made with a key of its own: no nonce makes a device sign a registration.
    """
    derived = hmac.digest(key.product_secret.reveal(), _PURPOSE, "sha256")
    configuration = hashlib.sha256(_fields(key.product_id, key.device_name)).digest()
    message = _fields(VERSION, nonce, key.product_id, device_name, configuration)
    return hmac.digest(derived, message, "sha256")


def nonce_in(line: bytes) -> str | None:
    """What stands for the nonce in a line that ends in a question; None in any other line."""
    found = _QUESTION.fullmatch(line, max(0, line.rfind(QUESTION.encode())))
    return found[2].decode("latin-1") if found and _is_sound(found[1], found[3]) else None


def response(content: str) -> bytes:
    """The line with an answer, or with `refused` and a `Refusal`."""
    return b"\r\n" + _with_crc(f"{RESPONSE} {VERSION} {content}") + b"\r\n"


class ResponseSearch:
    """Finds responses in what a unit sends, whatever stands around them, line ends or not."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Response]:
        """The sound responses that these bytes complete."""
        text, end, found = self._rest + data, 0, []
        for match in _RESPONSE.finditer(text):
            end = match.end()
            if _is_sound(match[1], match[4]):
                digits, refusal = (match[2] or b"").decode(), (match[3] or b"").decode()
                found.append(Response(bytes.fromhex(digits), refusal))
        self._rest = text[max(end, len(text) - _LONGEST) :]
        return found


def _fields(*fields: str | bytes) -> bytes:
    """Fields, each behind its length in two bytes, big endian."""
    raw = (field.encode() if isinstance(field, str) else field for field in fields)
    return b"".join(len(field).to_bytes(2, "big") + field for field in raw)


def _with_crc(text: str) -> bytes:
    return f"{text} {zlib.crc32(text.encode()):08x}".encode()


def _is_sound(text: bytes, crc: bytes) -> bool:
    return zlib.crc32(text) == int(crc, 16)
